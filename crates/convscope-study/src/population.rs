//! What a device does: trainings, several at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use convscope_store::Store;
use convscope_train::{ComputeError, Member, TrainError, Trained, Trainer};

use crate::job::Job;
use crate::shelf::Shelved;
use crate::work::{By, Left, Ready, WorkError, bug, failed, go_on};

/// How the trainings of a group ended.
pub(crate) enum Ended<'j> {
    /// Each with what it left.
    Done(Vec<(&'j Job, Left)>),
    /// There is no memory for so many.
    TooMany {
        /// What the device says.
        reason: String,
    },
    /// Something is wrong with one of them, or with all.
    Wrong {
        /// What is.
        reason: String,
    },
}

/// Trains a group; one that fails alone is done, with its reason.
pub(crate) fn train_group<'j>(
    jobs: &[&'j Job],
    store: &Store,
    by: By<'_>,
    trainer: &dyn Trainer,
    interrupt: &AtomicBool,
) -> Ended<'j> {
    let (mut ready, mut done) = (Vec::new(), Vec::new());
    for &job in jobs {
        match caught(|| Ready::of(job, store, by)) {
            Ok(training) => ready.push(training),
            Err(reason) => done.push((job, Left::Done(failed(job, reason)))),
        }
    }
    if ready.is_empty() {
        return Ended::Done(done);
    }
    share(&mut ready);
    let reason = match train(&ready, by, trainer, interrupt) {
        Ok(trained) => {
            done.extend(ready.iter().zip(trained).map(|(ready, trained)| {
                let left = caught(|| ready.leave(trained, by));
                (ready.job, left.unwrap_or_else(|reason| Left::Done(failed(ready.job, reason))))
            }));
            return Ended::Done(done);
        }
        Err(WorkError::Train(TrainError::Compute(ComputeError::Memory { reason, .. })))
            if ready.len() > 1 =>
        {
            return Ended::TooMany { reason };
        }
        Err(error) => error.to_string(),
    };
    if jobs.len() > 1 {
        return Ended::Wrong { reason };
    }
    done.extend(jobs.iter().map(|&job| (job, Left::Done(failed(job, reason.clone())))));
    Ended::Done(done)
}

fn train(
    ready: &[Ready<'_>],
    by: By<'_>,
    trainer: &dyn Trainer,
    interrupt: &AtomicBool,
) -> Result<Vec<Trained>, WorkError> {
    let member =
        |ready| Member { training: Ready::describe(ready, by), weights: ready.start.clone() };
    let members: Vec<Member<'_>> = ready.iter().map(member).collect();
    let trained =
        catch_unwind(AssertUnwindSafe(|| trainer.train(&members, &mut |_, _| go_on(interrupt))));
    Ok(trained.unwrap_or_else(|panic| Err(ComputeError::Failed(bug(&*panic)).into()))?)
}

/// Lets equal sets of images be one, which a device then keeps once.
fn share(ready: &mut [Ready<'_>]) {
    let mut known: Vec<Arc<Shelved>> = Vec::new();
    for training in ready {
        let Ready { images, valid, test, .. } = training;
        for images in [Some(images), valid.as_mut(), test.as_mut()].into_iter().flatten() {
            match known.iter().find(|known| known.images == images.images) {
                Some(known) => *images = Arc::clone(known),
                None => known.push(Arc::clone(images)),
            }
        }
    }
}

/// Returns what failed in words, a panic included.
fn caught<T>(work: impl FnOnce() -> Result<T, WorkError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(bug(&*panic)),
    }
}
