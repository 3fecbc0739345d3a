//! The local executor: a pool of threads or some devices, the longest job first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;

use convscope_core::Identity;
use convscope_engine::Level;
use convscope_store::{Contents, Fault, Outcome, Provenance, Record, Store, StoreError, Writer};
use convscope_train::{Checkpoint, Trainer};

use crate::groups::{singles, together};
use crate::job::{CHECKPOINT_FILE, Job, Work};
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
    /// A training that was interrupted goes on.
    Resumed {
        /// After this epoch, the first being 1.
        epoch: u32,
    },
    /// A training that was interrupted begins anew.
    Anew {
        /// Why it cannot go on.
        fault: &'a Fault,
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
    /// How many of them are trainings of which the epochs so far are kept.
    pub begun: usize,
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
/// jobs in flight, and the next run does them again with the same result. Of trainings that are
/// [interrupted](Run::interrupt) the epochs so far are kept, and the next run goes on from there; those that a
/// device trains together begin anew.
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
    let Run { store, threads, level, trainers, interrupt, .. } = *run;
    let groups = if trainers.is_empty() { singles(&missing) } else { together(&missing, trainers) };
    let shelf = Shelf::default();
    let workers = if trainers.is_empty() {
        on_threads(threads, missing.len(), level, &shelf)
    } else {
        on_devices(trainers, level, &shelf)
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
            if kept.is_err() {
                continue;
            }
            kept = match &told {
                Told::Done { job, done, provenance } => {
                    keep(store, &mut writer, job, done, provenance)
                }
                Told::Stopped { job, checkpoint: Some(checkpoint) } => {
                    keep_epochs(store, job, checkpoint).map(|()| summary.begun += 1)
                }
                _ => Ok(()),
            };
            if kept.is_err() {
                // Nothing more can be kept: let the threads come to an end.
                queue.close();
                continue;
            }
            let Told::Done { job, done, provenance } = told else { continue };
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

/// Shares threads among so many jobs; few jobs get several each.
fn on_threads(threads: usize, jobs: usize, level: Level, shelf: &Shelf) -> Vec<By<'_>> {
    let workers = threads.clamp(1, jobs);
    let threads = threads.max(1) / workers;
    vec![By { level, threads, trainer: None, shelf }; workers]
}

fn on_devices<'a>(trainers: &[&'a dyn Trainer], level: Level, shelf: &'a Shelf) -> Vec<By<'a>> {
    let device = |&trainer| By { level, threads: 1, trainer: Some(trainer), shelf };
    trainers.iter().map(device).collect()
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
    writer.keep(&done.record, provenance)?;
    if let Work::Train { .. } = job.work {
        store.withdraw(&job.id, CHECKPOINT_FILE)?;
    }
    Ok(())
}

/// Keeps where a training can go on.
fn keep_epochs(store: &Store, job: &Job, checkpoint: &Checkpoint) -> Result<(), StoreError> {
    store.publish(&job.id, CHECKPOINT_FILE, &checkpoint.to_bytes()).map(|_| ())
}
