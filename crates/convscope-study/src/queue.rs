//! What waits to be done.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};

use convscope_core::{Identity, Seed};

use crate::groups::Group;
use crate::job::{Job, Work};

/// Groups of jobs that wait, those whose parents are done in front, the longest first.
pub(crate) struct Queue<'j> {
    state: Mutex<State<'j>>,
    changed: Condvar,
}

struct State<'j> {
    waiting: Vec<Group<'j>>,
    unfinished: BTreeSet<&'j Identity>,
    /// By kind: how many jobs at most are done together, since more of them were too many.
    most: Vec<usize>,
    closed: bool,
}

impl<'j> Queue<'j> {
    pub(crate) fn of(mut waiting: Vec<Group<'j>>) -> Self {
        // Of equally long ones those that share a set of images follow each other, then identity decides, so
        // that the order is the same in every run.
        waiting.sort_by_cached_key(|group| {
            let job = group.jobs[0];
            (group.cost().to_bits(), Reverse((images(job), job.id.clone())))
        });
        let unfinished = waiting.iter().flat_map(|group| &group.jobs).map(|job| &job.id).collect();
        let kinds = waiting.iter().map(|group| group.kind + 1).max().unwrap_or(0);
        let most = vec![usize::MAX; kinds];
        Self {
            state: Mutex::new(State { waiting, unfinished, most, closed: false }),
            changed: Condvar::new(),
        }
    }

    /// Waits for the next group; there is none when all jobs are finished, or nothing is to begin.
    pub(crate) fn next(&self, interrupt: &AtomicBool) -> Option<Group<'j>> {
        let mut state = self.state();
        loop {
            let over = state.closed || state.unfinished.is_empty();
            if over || interrupt.load(Ordering::Relaxed) {
                return None;
            }
            let ready = |group: &Group<'_>| {
                let mut before = group.jobs.iter().flat_map(|job| &job.after);
                before.all(|id| !state.unfinished.contains(id))
            };
            if let Some(place) = state.waiting.iter().rposition(ready) {
                return Some(state.take(place));
            }
            state = self.changed.wait(state).expect("no thread panics while it holds the queue");
        }
    }

    pub(crate) fn finished(&self, id: &Identity) {
        self.state().unfinished.remove(id);
        self.changed.notify_all();
    }

    /// Takes back a group that was too large, to be done in halves, as are all of its kind from now on;
    /// returns how many are done together at most.
    pub(crate) fn halve(&self, group: Group<'j>) -> usize {
        let mut state = self.state();
        let most = state.most[group.kind].min(group.jobs.len().div_ceil(2));
        state.most[group.kind] = most;
        state.waiting.push(group);
        self.changed.notify_all();
        most
    }

    /// Takes back the jobs of a group, each to be done alone.
    pub(crate) fn part(&self, group: &Group<'j>) {
        let alone = |&job: &&'j Job| Group { jobs: vec![job], kind: group.kind };
        self.state().waiting.extend(group.jobs.iter().map(alone));
        self.changed.notify_all();
    }

    /// Lets nothing begin any more.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State<'j>> {
        self.state.lock().expect("no thread panics while it holds the queue")
    }
}

/// Returns what tells the images that a job trains on from those of others.
fn images(job: &Job) -> Option<(Seed, String)> {
    let Work::Train { training, seed, .. } = &job.work else { return None };
    Some((*seed, training.data.settings.to_string()))
}

impl<'j> State<'j> {
    /// Takes a group, or as many of it as may be done together.
    fn take(&mut self, place: usize) -> Group<'j> {
        let group = &mut self.waiting[place];
        let most = self.most[group.kind];
        if group.jobs.len() <= most {
            return self.waiting.remove(place);
        }
        let rest = group.jobs.split_off(most);
        Group { jobs: std::mem::replace(&mut group.jobs, rest), kind: group.kind }
    }
}
