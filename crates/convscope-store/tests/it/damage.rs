use std::{fs, io::Write, path::Path};

use convscope_store::{Flaw, Store};

use crate::samples::{
    exact, exact_of, files, job, keep, keep_and_finish, only_file, record, store,
};

#[test]
fn a_segment_cut_anywhere_keeps_all_earlier_records() {
    let (_folder, store) = store();
    let records = [record(1), record(2), record(3)];
    keep(&store, &records);
    let segment = only_file(&store, "segments");
    let whole = fs::read(&segment).unwrap();
    // Header, then two lines for each record.
    let ends: Vec<usize> = whole
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at + 1)
        .collect();
    assert_eq!(ends.len(), 7);
    for length in 0..=whole.len() {
        overwrite(&segment, &whole[..length]);
        let contents = store.read().unwrap();
        let finished = ends.iter().filter(|end| **end <= length).count();
        let expected = finished.saturating_sub(1) / 2;
        assert_eq!(exact(&contents), exact_of(&records[..expected]), "cut at {length}");
        let cut_in_a_line = length > 0 && !ends.contains(&length);
        assert_eq!(contents.faults.len(), usize::from(cut_in_a_line), "cut at {length}");
        if let Some(fault) = contents.faults.first() {
            assert_eq!((&fault.flaw, fault.line), (&Flaw::Unfinished, Some(finished + 1)));
        }
    }
}

#[test]
fn a_flipped_bit_in_a_segment_is_named_and_costs_one_record_at_most() {
    let (_folder, store) = store();
    let records = [record(1), record(2)];
    keep(&store, &records);
    let segment = only_file(&store, "segments");
    let name = segment.strip_prefix(store.folder()).unwrap();
    let whole = fs::read(&segment).unwrap();
    let wanted = exact_of(&records);
    for bit in 0..whole.len() * 8 {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        overwrite(&segment, &damaged);
        let contents = store.read().unwrap();
        assert!(!contents.faults.is_empty(), "bit {bit} went unnoticed");
        assert!(contents.faults.iter().all(|fault| fault.file == name && fault.line.is_some()));
        let read = exact(&contents);
        assert!(read.len() + 1 >= records.len(), "bit {bit} cost {:?}", contents.faults);
        assert!(read.iter().all(|record| wanted.contains(record)), "bit {bit} changed a record");
    }
}

#[test]
fn a_damaged_line_says_where_and_why() {
    let (_folder, store) = store();
    keep(&store, &[record(1), record(2)]);
    let segment = only_file(&store, "segments");
    let text = fs::read_to_string(&segment).unwrap().replace("0.51", "0.99");
    fs::write(&segment, text).unwrap();
    let contents = store.read().unwrap();
    assert_eq!(exact(&contents), exact_of(&[record(2)]));
    let fault = contents.faults[0].to_string();
    assert!(fault.starts_with("segments/") && fault.contains(".jsonl, line 3: damaged"), "{fault}");
    assert!(fault.contains("checksum"), "{fault}");
}

#[test]
fn a_record_outlives_the_damage_of_its_provenance() {
    let (_folder, store) = store();
    keep(&store, &[record(1)]);
    let segment = only_file(&store, "segments");
    let text = fs::read_to_string(&segment).unwrap().replace("avx2", "avx9");
    fs::write(&segment, text).unwrap();
    let contents = store.read().unwrap();
    assert_eq!(exact(&contents), exact_of(&[record(1)]));
    assert!(contents.provenance.is_empty());
    assert_eq!(contents.faults.len(), 1);
}

#[test]
fn parquet_with_a_flipped_bit_is_named_and_left_out() {
    for family in ["records", "outcomes"] {
        let (_folder, store) = store();
        keep_and_finish(&store, &[record(1)]);
        keep(&store, &[record(2)]);
        let file = only_file(&store, family);
        let whole = fs::read(&file).unwrap();
        for at in (0..whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            expect_left_out(&store, family, &damaged);
        }
        for length in (0..whole.len()).step_by(13) {
            expect_left_out(&store, family, &whole[..length]);
        }
    }
}

fn expect_left_out(store: &Store, family: &str, content: &[u8]) {
    overwrite(&only_file(store, family), content);
    let contents = store.read().unwrap();
    assert_eq!(contents.records.keys().collect::<Vec<_>>(), [&job(2)]);
    assert!(contents.faults.iter().any(|fault| fault.to_string().starts_with(family)));
}

/// Some file systems sync a file that is emptied and written again; this one is not emptied.
fn overwrite(file: &Path, content: &[u8]) {
    let mut file = fs::File::options().write(true).open(file).unwrap();
    file.write_all(content).unwrap();
    file.set_len(content.len() as u64).unwrap();
}

#[test]
fn numbers_whose_outcomes_are_gone_are_missed() {
    let (_folder, store) = store();
    keep_and_finish(&store, &[record(1)]);
    fs::remove_file(only_file(&store, "outcomes")).unwrap();
    let contents = store.read().unwrap();
    assert!(contents.records.is_empty());
    let fault = contents.faults[0].to_string();
    assert!(fault.contains("no file in outcomes/ names it"), "{fault}");
}

#[test]
fn outcomes_whose_numbers_are_gone_are_missed() {
    let (_folder, store) = store();
    keep_and_finish(&store, &[record(1)]);
    fs::remove_file(only_file(&store, "records")).unwrap();
    let contents = store.read().unwrap();
    assert!(contents.records.is_empty());
    let fault = &contents.faults[0];
    assert!(matches!(fault.flaw, Flaw::Unreadable { .. }) && fault.file.starts_with("records"));
}

#[test]
fn what_is_half_published_is_not_seen() {
    let (_folder, store) = store();
    keep_and_finish(&store, &[record(1)]);
    for (family, ending) in [("records", "parquet"), ("outcomes", "parquet")] {
        fs::write(store.folder().join(family).join(format!(".x.{ending}")), "half").unwrap();
        fs::write(store.folder().join(family).join(".x.aside"), "half").unwrap();
    }
    assert_eq!(store.read().unwrap().faults, []);
    assert_eq!(files(&store, "records").len(), 3);
}
