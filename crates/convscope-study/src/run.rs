//! The local executor: a pool of threads, the longest job first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Condvar, Mutex};
use std::time::Instant;

use convscope_core::Identity;
use convscope_engine::Level;
use convscope_model::Net;
use convscope_store::{Contents, Outcome, Provenance, Record, Store, StoreError};
use convscope_train::Compute;

use crate::job::{Job, Kept, SAMPLES_FILE, Work};
use crate::work::{By, Done, do_job};

/// How jobs are run.
pub struct Run<'a> {
    /// Where records go.
    pub store: &'a Store,
    /// How many threads compute: a job each, or several a job where jobs are few.
    pub threads: usize,
    /// The instructions that the engine uses.
    pub level: Level,
    /// Who computes the nets, if not the engine.
    pub elsewhere: Option<Elsewhere<'a>>,
    /// Set to stop at the next epoch; finished jobs stay, the rest is done by the next run.
    pub interrupt: &'a AtomicBool,
    /// Told of every step, from one thread.
    pub watch: &'a mut dyn FnMut(Event<'_>),
}

/// A device that computes nets in the engine's place.
///
/// Its results agree with the engine's to rounding, not to the bit; the provenance of a record says
/// who computed it.
#[derive(Clone, Copy)]
pub struct Elsewhere<'a> {
    /// Its name.
    pub name: &'a str,
    /// Prepares it for a net.
    pub prepare: &'a (dyn Fn(&Net) -> Box<dyn Compute> + Sync),
}

/// A step of a run.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// Work begins: how many jobs are to be done, how many were done before.
    Started {
        /// To be done.
        jobs: usize,
        /// Found in the store.
        before: usize,
        /// Multiply-adds of the jobs to be done.
        cost: f64,
    },
    /// A job ended and its record is kept.
    Finished {
        /// Its record.
        record: &'a Record,
        /// Its multiply-adds.
        cost: f64,
        /// How long it took.
        seconds: f64,
    },
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Jobs done in this run.
    pub done: usize,
    /// Jobs found in the store.
    pub before: usize,
    /// Jobs whose training diverged, in this run or before.
    pub diverged: usize,
    /// Jobs that failed, in this run or before.
    pub failed: usize,
    /// Jobs left because the run was interrupted.
    pub left: usize,
}

/// Returns the jobs without a record, or without a file that some figure or job reads.
pub fn missing<'j>(
    jobs: &'j BTreeMap<Identity, Job>,
    store: &Store,
    contents: &Contents,
) -> Vec<&'j Job> {
    let missing = |job: &&Job| {
        let done = contents.records.get(&job.id).is_some_and(|record| !failed(record));
        !done || files(job).any(|file| !store.job_file(&job.id, file).exists())
    };
    jobs.values().filter(missing).collect()
}

fn failed(record: &Record) -> bool {
    matches!(record.outcome, Outcome::Failed { .. })
}

fn files(job: &Job) -> impl Iterator<Item = &'static str> {
    let sampled = matches!(job.work, Work::Sample { .. }).then_some(SAMPLES_FILE);
    job.keep.iter().map(|kept: &Kept| kept.file()).chain(sampled)
}

/// Runs every job that the store lacks.
///
/// A job's record is on disk before the next job of its thread begins: a kill loses at most the
/// jobs in flight, and the next run does them again with the same result.
///
/// # Errors
/// [`StoreError`] when records cannot be kept, such as on a full disk; those kept before stay.
pub fn run(jobs: &BTreeMap<Identity, Job>, run: &mut Run<'_>) -> Result<Summary, StoreError> {
    let contents = run.store.read()?;
    let missing = missing(jobs, run.store, &contents);
    let mut summary = Summary { before: jobs.len() - missing.len(), ..Summary::default() };
    let finished = jobs.keys().filter(|id| !missing.iter().any(|job| job.id == **id));
    for record in finished.filter_map(|id| contents.records.get(id)) {
        summary.count(record);
    }
    let cost = missing.iter().map(|job| job.cost).sum();
    (run.watch)(Event::Started { jobs: missing.len(), before: summary.before, cost });
    if missing.is_empty() {
        return Ok(summary);
    }
    let mut writer = run.store.writer()?;
    let queue = Queue::of(&missing);
    let (send, receive) = mpsc::channel();
    let (interrupt, store, threads) = (run.interrupt, run.store, run.threads.max(1));
    // Few jobs share the threads that would have none.
    let workers = threads.min(missing.len());
    let by = By { level: run.level, threads: threads / workers, elsewhere: run.elsewhere };
    let kept = std::thread::scope(|scope| {
        for _ in 0..workers {
            let (send, queue) = (send.clone(), &queue);
            scope.spawn(move || work(queue, store, by, interrupt, &send));
        }
        drop(send);
        let mut kept = Ok(());
        for Ended { job, done, provenance } in receive {
            if kept.is_err() {
                continue;
            }
            kept = keep(store, &mut writer, job, &done, &provenance);
            if kept.is_err() {
                // Nothing more can be kept: let the threads come to an end.
                queue.close();
                continue;
            }
            summary.done += 1;
            summary.count(&done.record);
            queue.finished(&job.id);
            let seconds = provenance.wall_seconds;
            (run.watch)(Event::Finished { record: &done.record, cost: job.cost, seconds });
        }
        kept
    });
    let finished = writer.finish();
    kept?;
    finished?;
    summary.left = missing.len() - summary.done;
    Ok(summary)
}

impl Summary {
    fn count(&mut self, record: &Record) {
        self.diverged += usize::from(matches!(record.outcome, Outcome::Diverged { .. }));
        self.failed += usize::from(failed(record));
    }
}

struct Ended<'j> {
    job: &'j Job,
    done: Done,
    provenance: Provenance,
}

/// Files are published before the record: a record never promises a file that is not there.
fn keep(
    store: &Store,
    writer: &mut convscope_store::Writer,
    job: &Job,
    done: &Done,
    provenance: &Provenance,
) -> Result<(), StoreError> {
    for (file, bytes) in &done.files {
        store.publish(&job.id, file, bytes)?;
    }
    writer.keep(&done.record, provenance)
}

fn work<'j>(
    queue: &Queue<'j>,
    store: &Store,
    by: By<'_>,
    interrupt: &AtomicBool,
    send: &Sender<Ended<'j>>,
) {
    while let Some(job) = queue.next(interrupt) {
        let begun = Instant::now();
        let Some(done) = do_job(job, store, by, interrupt) else {
            queue.close();
            return;
        };
        let provenance = Provenance {
            job: job.id.clone(),
            tool: env!("CARGO_PKG_VERSION").into(),
            level: by.to_string(),
            threads: by.threads as u32,
            wall_seconds: begun.elapsed().as_secs_f64(),
            peak_memory_bytes: peak_memory_bytes(),
            data: done.data.clone(),
        };
        if send.send(Ended { job, done, provenance }).is_err() {
            return;
        }
    }
}

/// Jobs that wait, those whose parents are done in front, the longest first.
struct Queue<'j> {
    state: Mutex<State<'j>>,
    changed: Condvar,
}

struct State<'j> {
    waiting: Vec<&'j Job>,
    unfinished: BTreeSet<&'j Identity>,
    closed: bool,
}

impl<'j> Queue<'j> {
    fn of(missing: &[&'j Job]) -> Self {
        let mut waiting = missing.to_vec();
        // Ties are broken by identity, so that the order is the same in every run.
        waiting.sort_by(|a, b| a.cost.total_cmp(&b.cost).then_with(|| b.id.cmp(&a.id)));
        let unfinished = missing.iter().map(|job| &job.id).collect();
        Self {
            state: Mutex::new(State { waiting, unfinished, closed: false }),
            changed: Condvar::new(),
        }
    }

    fn next(&self, interrupt: &AtomicBool) -> Option<&'j Job> {
        let mut state = self.state.lock().expect("no thread panics while it holds the queue");
        loop {
            if state.closed || state.waiting.is_empty() || interrupt.load(Ordering::Relaxed) {
                return None;
            }
            let ready = |job: &&Job| job.after.iter().all(|id| !state.unfinished.contains(id));
            if let Some(place) = state.waiting.iter().rposition(ready) {
                return Some(state.waiting.remove(place));
            }
            state = self.changed.wait(state).expect("no thread panics while it holds the queue");
        }
    }

    fn finished(&self, id: &Identity) {
        let mut state = self.state.lock().expect("no thread panics while it holds the queue");
        state.unfinished.remove(id);
        self.changed.notify_all();
    }

    fn close(&self) {
        let mut state = self.state.lock().expect("no thread panics while it holds the queue");
        state.closed = true;
        self.changed.notify_all();
    }
}

/// The most memory that the process has held so far, as the system counts it; 0 where it does not.
fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
