use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use convscope_store::{Flaw, Store};

use crate::samples::{exact, exact_of, job, provenance, record, store};

#[test]
fn writers_at_once_lose_nothing_and_double_nothing() {
    let (folder, store) = store();
    thread::scope(|scope| {
        for start in 0..4 {
            let folder = folder.path();
            scope.spawn(move || {
                // Each opens the store anew, as another process would; neighbours overlap by half.
                let mut writer = Store::create(folder).unwrap().writer().unwrap();
                for number in start * 10..start * 10 + 20 {
                    writer.keep(&record(number), &provenance(&job(number))).unwrap();
                }
                if start % 2 == 0 {
                    writer.finish().unwrap();
                }
            });
        }
    });
    let contents = store.read().unwrap();
    let all: Vec<_> = (0..50).map(record).collect();
    assert_eq!(exact(&contents), exact_of(&all));
    assert_eq!(contents.faults, []);
}

#[test]
fn threads_share_a_writer_behind_a_lock() {
    let (_folder, store) = store();
    let writer = Mutex::new(store.writer().unwrap());
    thread::scope(|scope| {
        for start in 0..4 {
            let writer = &writer;
            scope.spawn(move || {
                for number in start * 10..start * 10 + 10 {
                    writer
                        .lock()
                        .unwrap()
                        .keep(&record(number), &provenance(&job(number)))
                        .unwrap();
                }
            });
        }
    });
    writer.into_inner().unwrap().finish().unwrap();
    let all: Vec<_> = (0..40).map(record).collect();
    assert_eq!(exact(&store.read().unwrap()), exact_of(&all));
}

#[test]
fn a_reader_sees_every_kept_record_while_writers_come_and_go() {
    let (_folder, store) = store();
    let (kept, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..30 {
                let mut writer = store.writer().unwrap();
                for number in round * 3..round * 3 + 3 {
                    writer.keep(&record(number), &provenance(&job(number))).unwrap();
                    kept.fetch_add(1, Ordering::SeqCst);
                }
                writer.finish().unwrap();
            }
            done.store(true, Ordering::SeqCst);
        });
        while !done.load(Ordering::SeqCst) {
            let before = kept.load(Ordering::SeqCst);
            let contents = store.read().unwrap();
            assert!(contents.records.len() >= before, "{} of {before}", contents.records.len());
            // A line may be half there; nothing else may look wrong.
            assert!(contents.faults.iter().all(|fault| fault.flaw == Flaw::Unfinished));
        }
    });
    assert_eq!(store.read().unwrap().records.len(), 90);
}

#[test]
fn no_two_writers_have_one_name() {
    let (_folder, store) = store();
    let writers: Vec<_> = (0..50).map(|_| store.writer().unwrap()).collect();
    let names: std::collections::BTreeSet<_> =
        writers.iter().map(|w| w.name().to_owned()).collect();
    assert_eq!(names.len(), 50);
}
