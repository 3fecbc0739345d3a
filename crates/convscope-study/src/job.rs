//! Jobs: what has to be computed, each named by its content.

use std::collections::BTreeSet;
use std::sync::Arc;

use convscope_core::{Identity, Seed, Shape};
use convscope_data::transforms::Chain;
use convscope_data::{DataError, Draw, Images, Permutation, Set};
use convscope_edit::Edit;
use convscope_model::{Init, InitError, Net};
use convscope_train::{Constraints, Handling, NothingLeft, Recipe, constrain_start};
use serde_json::Value;

use crate::measure::Measurement;
use crate::settings::Settings;
use crate::start::{FileError, FileStart};

/// One thing to compute: its settings are its identity.
#[derive(Clone)]
pub struct Job {
    /// The hash of the settings.
    pub id: Identity,
    /// What the hash is of.
    pub settings: Settings,
    /// The jobs whose files it reads.
    pub after: Vec<Identity>,
    /// Multiply-adds that it takes, for the order of work and the estimate of time.
    pub cost: f64,
    /// What to do.
    pub work: Work,
    /// Which of its weights some figure or later job reads.
    pub keep: BTreeSet<Kept>,
}

/// What a job does, and the randomness of its replicate.
#[derive(Clone)]
pub enum Work {
    /// Makes one model.
    Train {
        /// What all replicates share.
        training: Arc<Training>,
        /// The job whose final weights are the start, if it is one.
        parent: Option<Identity>,
        /// For each edit the jobs of its donors, each with what tells it from the others.
        donors: Vec<Vec<(String, Identity)>>,
        /// The randomness.
        seed: Seed,
    },
    /// Compares models.
    Measure {
        /// What all replicates share.
        measurement: Arc<Measurement>,
        /// The models, each with its name.
        subjects: Vec<(String, Identity, Kept)>,
    },
    /// Draws a few images for a figure.
    Sample {
        /// The data set.
        data: Arc<Drawn>,
        /// How many of each class.
        per_class: u32,
        /// The randomness.
        seed: Seed,
    },
}

/// Which weights of a training are kept in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// Those before the first step.
    Initial,
    /// Those after the last step.
    Final,
}

impl Kept {
    /// Returns the file's name in the job's folder.
    pub fn file(self) -> &'static str {
        match self {
            Self::Initial => "epoch-0000.safetensors",
            Self::Final => "weights.safetensors",
        }
    }
}

/// The file from which a training that was interrupted goes on; there is none of one that is finished.
pub(crate) const CHECKPOINT_FILE: &str = "checkpoint.safetensors";

/// The file of the images that a sampling job leaves.
pub const SAMPLES_FILE: &str = "samples.json";

/// How the models of one arm are made, at one point of the sweep.
pub struct Training {
    /// The net, checked against the shape of the data.
    pub net: Net,
    /// What sets its random start and order apart from those of other models of a replicate.
    pub draw: Option<String>,
    /// How its weights start, unless they are those of another job or a file.
    pub init: Box<dyn Init>,
    /// The file whose weights are the start, if it is one.
    pub start: Option<FileStart>,
    /// What is done to the start.
    pub edits: Vec<Box<dyn Edit>>,
    /// For each edit the images that it looks at.
    pub calibrations: Vec<Option<Calibrating>>,
    /// Which parameters stay as they are, one flag for each.
    pub frozen: Vec<bool>,
    /// What kernels are kept in.
    pub constraints: Constraints,
    /// What it is trained on.
    pub data: Drawn,
    /// What it is watched on.
    pub valid: Option<Drawn>,
    /// What it is tested on.
    pub test: Option<Drawn>,
    /// How it is trained.
    pub recipe: Recipe,
}

/// Images that an edit looks at.
pub struct Calibrating {
    /// The set.
    pub data: Drawn,
    /// How many of its images, spread evenly over it.
    pub samples: usize,
}

impl Calibrating {
    /// Takes these images out of all of the set.
    pub(crate) fn of(&self, all: &Images) -> Result<Images, DataError> {
        let count = self.samples.min(all.len());
        let chosen = (0..count).map(|place| place * all.len() / count);
        Images::new(
            all.shape(),
            chosen.clone().flat_map(|image| all.sample(image)).copied().collect(),
            chosen.map(|image| all.labels()[image]).collect(),
            all.classes().to_vec(),
        )
    }
}

/// A model that cannot begin.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StartError {
    /// The initialiser has no weights for the net.
    #[error(transparent)]
    Init(#[from] InitError),
    /// The file that it starts from has none for it.
    #[error(transparent)]
    File(#[from] FileError),
    /// The form that kernels are kept in leaves nothing of them.
    #[error(transparent)]
    Form(#[from] NothingLeft),
}

/// A data set before its images are drawn.
pub struct Drawn {
    /// What makes its identity: canonical settings, and what its images are.
    pub settings: Value,
    /// Where its images come from.
    pub set: Box<dyn Set>,
    /// What is done to each image.
    pub transforms: Chain,
    /// What is done to each image anew in every epoch of a training.
    pub augment: Chain,
}

impl Drawn {
    /// Returns the shape of its images after all transforms.
    pub fn shape(&self) -> Shape {
        self.transforms.shape()
    }

    /// Draws its images and transforms them.
    ///
    /// `seed` is that of a replicate: all its data sets draw from children of it.
    ///
    /// # Errors
    /// [`DataError`] when images are not what was promised, or a transform leaves one that is not finite.
    pub fn load(&self, seed: Seed) -> Result<Images, DataError> {
        let images = self.untransformed(seed)?;
        if self.transforms.is_empty() {
            return Ok(images);
        }
        self.transforms.apply(&images, seed.child("transform"), |place| place as u64)
    }

    /// Draws its images as they are before any transform.
    ///
    /// # Errors
    /// [`DataError`] when images are not what was promised.
    pub fn untransformed(&self, seed: Seed) -> Result<Images, DataError> {
        self.set.load(Draw { seed: seed.child("data") })
    }

    /// Returns how the pixels of every image were permuted when it was drawn, if they were.
    pub fn permutation(&self, seed: Seed) -> Option<Permutation> {
        self.set.permutation(Draw { seed: seed.child("data") })
    }
}

impl Training {
    /// Returns the randomness of its start and its training, from that of the replicate.
    ///
    /// Images are drawn from the replicate itself, the same for all draws.
    pub fn seed(&self, replicate: Seed) -> Seed {
        self.draw.as_ref().map_or(replicate, |draw| replicate.child("draw").child(draw))
    }

    /// Returns how each parameter is handled, `seed` being [that of the model](Self::seed).
    pub fn handling(&self, seed: Seed) -> Vec<Handling> {
        let mut handling = self.constraints.handling(&self.net, seed.child("constrain"));
        handling.iter_mut().zip(&self.frozen).for_each(|(own, frozen)| own.frozen = *frozen);
        handling
    }

    /// Draws the weights of a model that is just begun, in the form that its kernels are kept in.
    ///
    /// # Errors
    /// [`StartError`] when the initialiser has none for the net, or the form leaves nothing of them.
    pub fn begin(&self, seed: Seed, handling: &[Handling]) -> Result<Vec<f32>, StartError> {
        let mut weights = self.init.weights(&self.net, seed.child("init"))?;
        constrain_start(&self.net, handling, &mut weights)?;
        Ok(weights)
    }
}

/// Returns the randomness of a replicate.
///
/// Arms of one replicate share it: the same images, and the same start for the same net, so that
/// their differences can be paired.
pub fn replicate_seed(root: u64, replicate: u32) -> Seed {
    Seed::root(root).child("replicate").nth(u64::from(replicate))
}

/// Counts the multiply-adds of one sample through a net.
pub fn multiply_adds(net: &Net) -> f64 {
    net.parameters()
        .iter()
        .filter(|parameter| parameter.dimensions.len() > 1)
        .map(|parameter| {
            let after = net.shape_after(parameter.layer);
            parameter.len() as f64 * (after.height * after.width) as f64
        })
        .sum()
}
