//! One of those who work: a thread of this processor, or a device.

use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{SendError, Sender};
use std::time::Instant;

use convscope_store::{Fault, Provenance, Store};
use convscope_train::Checkpoint;

use crate::groups::Group;
use crate::job::{Job, Work};
use crate::kept::kept_checkpoint;
use crate::population::{Ended, train_group};
use crate::queue::Queue;
use crate::run::Event;
use crate::work::{By, Done, Left, do_job};

/// What a worker tells.
pub(crate) enum Told<'j> {
    /// Models are trained together.
    Together { device: &'j str, models: usize },
    /// They were not; smaller groups of them wait.
    Split { device: &'j str, models: usize, most: usize, reason: String },
    /// A training goes on after this epoch.
    Resumed { epoch: u32 },
    /// It does not: what was kept of it cannot be used.
    Anew { fault: Fault },
    /// A job was interrupted; it can go on, where there is a checkpoint.
    Stopped { job: &'j Job, checkpoint: Option<Checkpoint> },
    /// A job is done.
    Done { job: &'j Job, done: Box<Done>, provenance: Provenance },
}

impl Told<'_> {
    /// Returns what those who watch are shown at once; what a job left must be kept before.
    pub(crate) fn event(&self) -> Option<Event<'_>> {
        match self {
            Self::Together { device, models } => Some(Event::Together { device, models: *models }),
            Self::Split { device, models, most, reason } => {
                Some(Event::Split { device, models: *models, most: *most, reason })
            }
            Self::Resumed { epoch } => Some(Event::Resumed { epoch: *epoch }),
            Self::Anew { fault } => Some(Event::Anew { fault }),
            Self::Stopped { .. } | Self::Done { .. } => None,
        }
    }
}

/// A job and what it left.
type Finished<'j> = (&'j Job, Left);

type NobodyListens<'j> = Box<SendError<Told<'j>>>;

/// Works until there is nothing to begin, or nobody listens.
pub(crate) fn work<'j>(
    queue: &Queue<'j>,
    store: &Store,
    by: By<'j>,
    interrupt: &AtomicBool,
    send: &Sender<Told<'j>>,
) {
    while let Some(group) = queue.next(interrupt) {
        let begun = Instant::now();
        let Ok(finished) = do_group(queue, group, store, by, interrupt, send) else { return };
        let wall_seconds = begun.elapsed().as_secs_f64();
        for (job, left) in finished {
            let done = match left {
                Left::Done(done) => done,
                Left::Stopped(checkpoint) => {
                    queue.close();
                    if send.send(Told::Stopped { job, checkpoint }).is_err() {
                        return;
                    }
                    continue;
                }
            };
            let provenance = Provenance {
                job: job.id.clone(),
                tool: env!("CARGO_PKG_VERSION").into(),
                level: by.to_string(),
                threads: by.threads as u32,
                wall_seconds,
                peak_memory_bytes: peak_memory_bytes(),
                data: done.data.clone(),
            };
            if send.send(Told::Done { job, done: Box::new(done), provenance }).is_err() {
                return;
            }
        }
    }
}

/// Does a group; what could not be done together goes back to the queue.
fn do_group<'j>(
    queue: &Queue<'j>,
    group: Group<'j>,
    store: &Store,
    by: By<'j>,
    interrupt: &AtomicBool,
    send: &Sender<Told<'j>>,
) -> Result<Vec<Finished<'j>>, NobodyListens<'j>> {
    let jobs = &group.jobs;
    let (Some(trainer), Work::Train { .. }) = (by.trainer, &jobs[0].work) else {
        let mut finished = Vec::new();
        for &job in jobs {
            let from = checkpoint(job, store, send)?;
            finished.push((job, do_job(job, from.as_ref(), store, by, interrupt)));
        }
        return Ok(finished);
    };
    let (device, models) = (trainer.name(), jobs.len());
    if models > 1 {
        send.send(Told::Together { device, models })?;
    }
    let (most, reason) = match train_group(jobs, store, by, trainer, interrupt) {
        Ended::Done(done) => return Ok(done),
        Ended::TooMany { reason } => (queue.halve(group), reason),
        Ended::Wrong { reason } => {
            queue.part(&group);
            (1, reason)
        }
    };
    send.send(Told::Split { device, models, most, reason })?;
    Ok(Vec::new())
}

/// Finds where a training that was interrupted goes on, and tells of it.
fn checkpoint<'j>(
    job: &Job,
    store: &Store,
    send: &Sender<Told<'j>>,
) -> Result<Option<Checkpoint>, NobodyListens<'j>> {
    let Work::Train { .. } = job.work else { return Ok(None) };
    match kept_checkpoint(store, &job.id) {
        Ok(Some(checkpoint)) => {
            send.send(Told::Resumed { epoch: checkpoint.epoch() })?;
            Ok(Some(checkpoint))
        }
        Ok(None) => Ok(None),
        Err(fault) => {
            send.send(Told::Anew { fault })?;
            Ok(None)
        }
    }
}

/// The most memory that the process has held so far, as the system counts it; 0 where it does not.
fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
