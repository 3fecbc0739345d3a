//! One of those who work: a thread of this processor, or a device.

use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{SendError, Sender};
use std::time::Instant;

use convscope_store::{Provenance, Store};

use crate::groups::Group;
use crate::job::{Job, Work};
use crate::population::{Ended, train_group};
use crate::queue::Queue;
use crate::run::Event;
use crate::work::{By, Done, do_job};

/// What a worker tells.
pub(crate) enum Told<'j> {
    /// Models are trained together.
    Together { device: &'j str, models: usize },
    /// They were not; smaller groups of them wait.
    Split { device: &'j str, models: usize, most: usize, reason: String },
    /// A job is done.
    Done { job: &'j Job, done: Box<Done>, provenance: Provenance },
}

impl Told<'_> {
    /// Returns what those who watch are shown at once; a job that is done must be kept before.
    pub(crate) fn event(&self) -> Option<Event<'_>> {
        match self {
            Self::Together { device, models } => Some(Event::Together { device, models: *models }),
            Self::Split { device, models, most, reason } => {
                Some(Event::Split { device, models: *models, most: *most, reason })
            }
            Self::Done { .. } => None,
        }
    }
}

/// A job and what it left; nothing when it was interrupted.
type Finished<'j> = (&'j Job, Option<Done>);

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
        let Ok(done) = do_group(queue, group, store, by, interrupt, send) else { return };
        let wall_seconds = begun.elapsed().as_secs_f64();
        for (job, done) in done {
            let Some(done) = done else {
                queue.close();
                continue;
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
        return Ok(jobs.iter().map(|&job| (job, do_job(job, store, by, interrupt))).collect());
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

/// The most memory that the process has held so far, as the system counts it; 0 where it does not.
fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
