//! Which jobs a device does together.

use std::collections::BTreeMap;

use convscope_core::Identity;
use convscope_model::Net;
use convscope_train::{Form, Handling, Trainer};

use crate::job::{Drawn, Job, Training, Work};

/// The most models that are trained together: what a device gains by more of them is little, and what a
/// kill loses is all of them.
const MODELS: usize = 64;

/// The most numbers that a group's images and a step of all its models take by a rough count: 4 GiB
/// of 32 bits each. Where a device has less, groups are halved.
const NUMBERS: usize = 1 << 30;

/// Jobs that are done together: one, or trainings of one form.
#[derive(Clone)]
pub(crate) struct Group<'j> {
    /// At least one.
    pub(crate) jobs: Vec<&'j Job>,
    /// Trainings of one form are of one kind.
    pub(crate) kind: usize,
}

impl Group<'_> {
    pub(crate) fn cost(&self) -> f64 {
        self.jobs.iter().map(|job| job.cost).sum()
    }
}

/// Leaves every job alone.
pub(crate) fn singles<'j>(jobs: &[&'j Job]) -> Vec<Group<'j>> {
    jobs.iter().enumerate().map(|(kind, &job)| Group { jobs: vec![job], kind }).collect()
}

/// Puts together what can be trained together, in groups of one size for all of some devices.
///
/// No job of a group waits for another of it, nor for one of a group that waits for this one: all of
/// them have as many jobs before them.
pub(crate) fn together<'j>(jobs: &[&'j Job], trainers: &[&dyn Trainer]) -> Vec<Group<'j>> {
    let generations = generations(jobs);
    let mut kinds: Vec<Kind<'j>> = Vec::new();
    for &job in jobs {
        let kind = Kind::of(job, generations[&job.id], trainers);
        match kinds.iter_mut().find(|known| known.takes(&kind)) {
            Some(known) => known.jobs.push(job),
            None => kinds.push(kind),
        }
    }
    let groups = kinds.into_iter().enumerate().flat_map(|(kind, Kind { jobs, .. })| {
        let most = most(&jobs).min(jobs.len().div_ceil(trainers.len().max(1)));
        // As even as can be: 65 are 33 and 32.
        let size = jobs.len().div_ceil(jobs.len().div_ceil(most));
        let chunks: Vec<_> = jobs.chunks(size).map(<[_]>::to_vec).collect();
        chunks.into_iter().map(move |jobs| Group { jobs, kind })
    });
    groups.collect()
}

/// Jobs that can be done together.
struct Kind<'j> {
    jobs: Vec<&'j Job>,
    /// None where a job is done alone.
    training: Option<(&'j Training, Vec<Handling>)>,
    generation: usize,
}

impl<'j> Kind<'j> {
    fn of(job: &'j Job, generation: usize, trainers: &[&dyn Trainer]) -> Self {
        let training = if let Work::Train { training, seed, .. } = &job.work {
            Some((&**training, training.handling(training.seed(*seed))))
        } else {
            None
        };
        // What an edit says of later training is not known before it is done.
        let known = |training: &Training| !training.edits.iter().any(|edit| edit.handles());
        let training = training.filter(|(training, handling)| {
            let form = form(training, handling);
            known(training) && trainers.iter().all(|trainer| trainer.alone(&form).is_none())
        });
        Self { jobs: vec![job], training, generation }
    }

    fn takes(&self, other: &Self) -> bool {
        let (Some((own, handling)), Some((training, others))) = (&self.training, &other.training)
        else {
            return false;
        };
        self.generation == other.generation
            && form(own, handling).differs(&form(training, others)).is_none()
    }
}

fn form<'a>(training: &'a Training, handling: &'a [Handling]) -> Form<'a> {
    let count = |drawn: &Drawn| drawn.set.len();
    let Training { net, recipe, data, valid, test, .. } = training;
    let counts = [Some(data), valid.as_ref(), test.as_ref()].map(|drawn| drawn.map(count));
    Form { net, recipe, handling, counts }
}

/// Returns how many jobs of a kind have room together, at least one.
fn most(jobs: &[&Job]) -> usize {
    let Work::Train { training, .. } = &jobs[0].work else { return 1 };
    let Training { net, recipe, data, valid, test, .. } = &**training;
    let images = [Some(data), valid.as_ref(), test.as_ref()].into_iter().flatten();
    let pixels: usize = images.map(|drawn| drawn.set.len() * drawn.shape().len()).sum();
    let step = recipe.batch().min(data.set.len()) * values(net);
    // Weights, gradients and two numbers that an optimiser remembers of each.
    let one = pixels + step + 4 * net.number_count();
    (NUMBERS / one.max(1)).clamp(1, MODELS)
}

/// Counts the values that all layers leave of a sample.
fn values(net: &Net) -> usize {
    (0..net.layers().len()).map(|layer| net.shape_after(layer).len()).sum()
}

/// Counts for each job how many others, one after another, must be done before it.
fn generations(jobs: &[&Job]) -> BTreeMap<Identity, usize> {
    let mut generations: BTreeMap<Identity, usize> =
        jobs.iter().map(|job| (job.id.clone(), 0)).collect();
    loop {
        let mut changed = false;
        for job in jobs {
            let before = job.after.iter().filter_map(|id| generations.get(id)).max();
            let wanted = before.map_or(0, |before| before + 1);
            let own = generations.get_mut(&job.id).expect("every job has one");
            changed |= std::mem::replace(own, wanted) != wanted;
        }
        if !changed {
            return generations;
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_data::Library;
    use convscope_train::{Continue, Epoch, Form, Member, TrainError, Trained, Trainer};

    use super::together;
    use crate::{Plan, Text};

    /// A device that is asked nothing but what it trains alone.
    struct Idle;

    impl Trainer for Idle {
        fn name(&self) -> &'static str {
            "idle"
        }

        fn alone(&self, _: &Form<'_>) -> Option<&'static str> {
            None
        }

        fn train(
            &self,
            _: &[Member<'_>],
            _: &mut dyn FnMut(usize, &Epoch) -> Continue,
        ) -> Result<Vec<Trained>, TrainError> {
            unreachable!("nothing is trained")
        }
    }

    /// Returns the sizes of groups for twelve seeds, some images of each of three classes, some devices.
    fn sizes(images: u32, net: &str, devices: usize) -> Vec<usize> {
        let study = format!(
            "question = \"?\"\nseeds = 12\n[data.train]\nsource = {{ edges = {{ per-class = {images} }} }}\n\
             [model.only]\nnet = {net}\ndata = \"train\"\nrecipe = {{ batch = 32, epochs = 1 }}"
        );
        let plan = Plan::of("study", Text::parse(&study).unwrap(), &Library::default()).unwrap();
        let jobs: Vec<_> = plan.jobs.values().collect();
        let groups = together(&jobs, &vec![&Idle as &dyn Trainer; devices]);
        groups.iter().map(|group| group.jobs.len()).collect()
    }

    #[test]
    fn groups_are_bounded_by_images_and_steps_and_shared_by_devices() {
        assert_eq!(sizes(10, "\"simple-cnn\"", 1), [12]);
        assert_eq!(sizes(10, "\"simple-cnn\"", 5), [3; 4]);
        assert_eq!(sizes(10, "\"simple-cnn\"", 13), [1; 12]);
        // 3 · 80,000 · 28 · 28 numbers are 188 million, of 1,074: five models have room.
        assert_eq!(sizes(80_000, "\"simple-cnn\"", 1), [4; 3]);
        // 32 images leave 51 million values in it, and it has 4 · 11 million: eleven have room.
        assert_eq!(sizes(100, "\"resnet-18\"", 1), [6; 2]);
    }
}
