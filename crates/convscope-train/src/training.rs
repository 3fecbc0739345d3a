//! What is to be trained, checked at the door.

use convscope_core::{Seed, SettingError, Shape};
use convscope_data::Images;
use convscope_data::transforms::Chain;
use convscope_engine::Level;
use convscope_model::{Net, NetError};

use crate::{CheckpointError, ComputeError, Form, Handling, Recipe};

/// One training: everything but the first weights.
#[derive(Clone, Copy)]
pub struct Training<'a> {
    /// The net.
    pub net: &'a Net,
    /// What it is trained on.
    pub images: &'a Images,
    /// What is done to each image anew in every epoch; what is measured at the end is measured without it.
    pub augment: Option<&'a Chain>,
    /// What it is watched on after every epoch.
    pub valid: Option<&'a Images>,
    /// What it is tested on, once, at the end.
    pub test: Option<&'a Images>,
    /// How it is trained.
    pub recipe: &'a Recipe,
    /// What is different about a parameter, one handling for each of [`Net::parameters`].
    pub handling: &'a [Handling],
    /// The randomness of the order of images.
    pub seed: Seed,
    /// The instructions that the engine uses.
    pub level: Level,
    /// How many threads compute a layer, where layers are computed for whole batches.
    pub threads: usize,
}

/// A training that cannot begin, or go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The net does not leave one number for each class.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Images of a shape that the net was not made for.
    #[error("the net takes images of {wanted}, but those of the {set} set are {came}")]
    ImageShape {
        /// Which set.
        set: &'static str,
        /// The net's input.
        wanted: Shape,
        /// The images' shape.
        came: Shape,
    },
    /// Images whose shape would change from epoch to epoch.
    #[error("images are drawn anew as {came} in every epoch, but the net takes {wanted}")]
    Augment {
        /// The shape of the images.
        wanted: Shape,
        /// The shape after they are drawn anew.
        came: Shape,
    },
    /// Sets whose labels mean different things.
    #[error("the classes of the {set} set are {came:?}, but those trained on are {wanted:?}")]
    Classes {
        /// Which set.
        set: &'static str,
        /// The classes of the training set.
        wanted: Vec<String>,
        /// The classes of this one.
        came: Vec<String>,
    },
    /// First weights of another count.
    #[error("the net has {wanted} weights, but training was to start from {came}")]
    Weights {
        /// The net's count of numbers.
        wanted: usize,
        /// How many came.
        came: usize,
    },
    /// First weights that are infinite or NaN.
    #[error(
        "training was to start from a weight of {came} in `{parameter}`; weights must be finite"
    )]
    WeightNotFinite {
        /// The parameter.
        parameter: String,
        /// The weight.
        came: f32,
    },
    /// Handlings of another count.
    #[error("the net has {wanted} parameters, but {came} handlings say what is done with each")]
    Handlings {
        /// How many parameters the net has.
        wanted: usize,
        /// How many handlings came.
        came: usize,
    },
    /// A handling that its parameter cannot have.
    #[error("`{parameter}` cannot be handled so: {why}")]
    Handling {
        /// The parameter.
        parameter: String,
        /// What was wanted and what came.
        why: String,
    },
    /// A pattern of the recipe that no parameter matches.
    #[error("the recipe does not fit the net: {0}")]
    Recipe(#[from] SettingError),
    /// Instructions that this machine does not have.
    #[error("this machine has no {0} instructions")]
    Level(Level),
    /// A checkpoint from which this training cannot go on.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A computation elsewhere that gave no result.
    #[error("training ended without a result: {0}")]
    Compute(#[from] ComputeError),
}

impl Training<'_> {
    /// Puts images into the order of an epoch, the first being 1; it does not depend on the orders
    /// before it.
    pub fn shuffle(&self, epoch: u32, order: &mut [u32]) {
        for (place, image) in order.iter_mut().enumerate() {
            *image = place as u32;
        }
        self.seed.child("order").nth(u64::from(epoch) - 1).stream().shuffle(order);
    }

    /// Returns what must be alike for others to take their steps together with it.
    pub fn form(&self) -> Form<'_> {
        let sets = [Some(self.images), self.valid, self.test];
        let counts = sets.map(|images| images.map(Images::len));
        Form { net: self.net, recipe: self.recipe, handling: self.handling, counts }
    }

    /// Returns how many numbers it can choose freely: not those that are frozen or masked, and of pieces that
    /// are kept in a form as many as the form has dimensions.
    pub fn freedom(&self) -> usize {
        let parameters = self.net.parameters().iter().zip(self.handling);
        parameters.map(|(parameter, own)| own.freedom(parameter.len())).sum()
    }

    /// Returns where the draws of a step come from, the first being 0.
    pub fn noise(&self, step: u64) -> Seed {
        self.seed.child("noise").nth(step)
    }

    /// Checks that everything fits together, so that the loop need not.
    pub(crate) fn check(&self, weights: &[f32]) -> Result<(), TrainError> {
        self.net.classifies(self.images.classes().len())?;
        for (set, images) in self.sets() {
            let (wanted, came) = (self.net.input(), images.shape());
            if wanted != came {
                return Err(TrainError::ImageShape { set, wanted, came });
            }
            let (wanted, came) = (self.images.classes(), images.classes());
            if wanted != came {
                let (wanted, came) = (wanted.to_vec(), came.to_vec());
                return Err(TrainError::Classes { set, wanted, came });
            }
        }
        if let Some(chain) = self.augment {
            let wanted = self.images.shape();
            let other = [chain.input(), chain.shape()].into_iter().find(|shape| *shape != wanted);
            if let Some(came) = other {
                return Err(TrainError::Augment { wanted, came });
            }
        }
        self.check_weights(weights)?;
        self.check_handling()?;
        self.recipe.fits(self.net)?;
        if self.level.is_available() { Ok(()) } else { Err(TrainError::Level(self.level)) }
    }

    /// Returns the sets of images by name.
    pub(crate) fn sets(&self) -> impl Iterator<Item = (&'static str, &Images)> {
        let sets = [("train", Some(self.images)), ("valid", self.valid), ("test", self.test)];
        sets.into_iter().filter_map(|(set, images)| Some((set, images?)))
    }

    fn check_weights(&self, weights: &[f32]) -> Result<(), TrainError> {
        let (wanted, came) = (self.net.number_count(), weights.len());
        if wanted != came {
            return Err(TrainError::Weights { wanted, came });
        }
        for parameter in self.net.tensors() {
            let mut own = weights[parameter.range()].iter();
            if let Some(&came) = own.find(|weight| !weight.is_finite()) {
                let parameter = parameter.name.clone();
                return Err(TrainError::WeightNotFinite { parameter, came });
            }
        }
        Ok(())
    }

    fn check_handling(&self) -> Result<(), TrainError> {
        let (wanted, came) = (self.net.parameters().len(), self.handling.len());
        if wanted != came {
            return Err(TrainError::Handlings { wanted, came });
        }
        for (parameter, handling) in self.net.parameters().iter().zip(self.handling) {
            if let Some(why) = handling.misfit(parameter) {
                let parameter = parameter.name.clone();
                return Err(TrainError::Handling { parameter, why });
            }
        }
        Ok(())
    }
}
