//! The local executor: a pool of threads or some devices, the longest job first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;

use convscope_core::Identity;
use convscope_engine::Level;
use convscope_store::{Contents, Outcome, Provenance, Record, Store, StoreError, Writer};
use convscope_train::Trainer;

use crate::groups::{singles, together};
use crate::job::Job;
use crate::kept::is_whole;
use crate::queue::Queue;
use crate::shelf::Shelf;
use crate::work::{By, Done};
use crate::worker::{Told, work};

/// How jobs are run.
pub struct Run<'a> {
    /// Where records go.
    pub store: &'a Store,
    /// How many threads the engine computes on: a job each, or several a job where jobs are few.
    pub threads: usize,
    /// The instructions that the engine uses.
    pub level: Level,
    /// The devices that train in the engine's place, if any: each a group of jobs at a time.
    pub trainers: &'a [&'a dyn Trainer],
    /// Set to stop at the next epoch; finished jobs stay, the rest is done by the next run.
    pub interrupt: &'a AtomicBool,
    /// Told of every step, from one thread.
    pub watch: &'a mut dyn FnMut(Event<'_>),
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
    /// A device begins to train some models at once.
    Together {
        /// The device.
        device: &'a str,
        /// How many models.
        models: usize,
    },
    /// A device could not train so many models at once; they begin anew in smaller groups.
    Split {
        /// The device.
        device: &'a str,
        /// How many models.
        models: usize,
        /// How many of them are trained at once from now on, at most.
        most: usize,
        /// What went wrong.
        reason: &'a str,
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

/// Returns the jobs without a record, or without a whole file that some figure or job reads.
///
/// Reads those files.
pub fn missing<'j>(
    jobs: &'j BTreeMap<Identity, Job>,
    store: &Store,
    contents: &Contents,
) -> Vec<&'j Job> {
    let missing = |job: &&Job| {
        let done = contents.records.get(&job.id).is_some_and(|record| !failed(record));
        !done || !is_whole(job, store)
    };
    jobs.values().filter(missing).collect()
}

fn failed(record: &Record) -> bool {
    matches!(record.outcome, Outcome::Failed { .. })
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
    let mut summary = Summary::before(jobs, &missing, &contents);
    let cost = missing.iter().map(|job| job.cost).sum();
    (run.watch)(Event::Started { jobs: missing.len(), before: summary.before, cost });
    if missing.is_empty() {
        return Ok(summary);
    }
    let mut writer = run.store.writer()?;
    let Run { store, level, trainers, interrupt, .. } = *run;
    let groups = if trainers.is_empty() { singles(&missing) } else { together(&missing, trainers) };
    // Few jobs share the threads that would have none.
    let workers = run.threads.clamp(1, missing.len());
    let threads = run.threads.max(1) / workers;
    let shelf = &Shelf::default();
    let engine = By { level, threads, trainer: None, shelf };
    let device = |&trainer| By { level, threads: 1, trainer: Some(trainer), shelf };
    let workers = if trainers.is_empty() {
        vec![engine; workers]
    } else {
        trainers.iter().map(device).collect()
    };
    let queue = Queue::of(groups);
    let (send, receive) = mpsc::channel();
    let kept = std::thread::scope(|scope| {
        for by in workers {
            let (send, queue) = (send.clone(), &queue);
            scope.spawn(move || work(queue, store, by, interrupt, &send));
        }
        drop(send);
        let mut kept = Ok(());
        for told in receive {
            if let Some(event) = told.event() {
                (run.watch)(event);
            }
            let Told::Done { job, done, provenance } = told else { continue };
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
    /// Counts the jobs that are not missing.
    fn before(jobs: &BTreeMap<Identity, Job>, missing: &[&Job], contents: &Contents) -> Self {
        let mut summary = Self { before: jobs.len() - missing.len(), ..Self::default() };
        let left: BTreeSet<&Identity> = missing.iter().map(|job| &job.id).collect();
        let finished = jobs.keys().filter(|id| !left.contains(id));
        finished.filter_map(|id| contents.records.get(id)).for_each(|record| summary.count(record));
        summary
    }

    fn count(&mut self, record: &Record) {
        self.diverged += usize::from(matches!(record.outcome, Outcome::Diverged { .. }));
        self.failed += usize::from(failed(record));
    }
}

/// Files are published before the record: a record never promises a file that is not there.
fn keep(
    store: &Store,
    writer: &mut Writer,
    job: &Job,
    done: &Done,
    provenance: &Provenance,
) -> Result<(), StoreError> {
    for (file, bytes) in &done.files {
        store.publish(&job.id, file, bytes)?;
    }
    writer.keep(&done.record, provenance)
}
