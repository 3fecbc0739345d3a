//! Several transforms in order.

use convscope_core::registry::{self, SettingError};
use convscope_core::{Seed, Shape};
use rayon::prelude::*;
use serde_json::Value;

use super::{Scratch, TRANSFORMS, Transform, View};
use crate::{DataError, Images};

/// Images that one thread transforms before it takes more.
const BLOCK: usize = 64;

/// Transforms in order, for images of one shape.
///
/// The random numbers of a step come from `seed / name / how many steps of this name came before /
/// sample`: they stay the same when steps of other names come or go, and whichever other images
/// there are. For images drawn anew in each epoch, hand down a seed for each epoch.
///
/// ```
/// use convscope_core::{Seed, Shape};
/// use convscope_data::transforms::Chain;
/// use serde_json::json;
///
/// let steps = [json!({ "pad": { "amount": 2 } }), json!("normalize")];
/// let chain = Chain::build(&steps, Shape::image(1, 28, 28))?;
/// assert_eq!(chain.shape(), Shape::image(1, 32, 32));
///
/// let mut worker = chain.worker(Seed::root(10).child("augment").nth(0));
/// let mut image = Vec::new();
/// worker.apply(17, &[0.5; 784], &mut image);
/// assert_eq!((image.len(), image[0], image[16 * 32 + 16]), (1024, -1.0, 0.0));
/// # Ok::<(), convscope_core::SettingError>(())
/// ```
pub struct Chain {
    steps: Vec<Step>,
    input: Shape,
}

struct Step {
    transform: Box<dyn Transform>,
    /// The settings that differ from their defaults, under the name.
    canonical: Value,
    name: String,
    /// How many steps of this name come before.
    before: u64,
    /// The shape afterwards.
    shape: Shape,
}

impl Chain {
    /// Builds the steps that a study lists, each a name or a table of one name and its settings.
    ///
    /// # Errors
    /// A [`SettingError`] below the place in the list for unknown names, settings that do not fit,
    /// and steps that cannot take the shape that they get.
    pub fn build(steps: &[Value], input: Shape) -> Result<Self, SettingError> {
        let mut chain = Self { steps: Vec::with_capacity(steps.len()), input };
        for (place, written) in steps.iter().enumerate() {
            chain.push(written).map_err(|error| error.below(&place.to_string()))?;
        }
        Ok(chain)
    }

    /// Returns the shape of images before.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// Returns the shape of images afterwards.
    pub fn shape(&self) -> Shape {
        self.steps.last().map_or(self.input, |step| step.shape)
    }

    /// Returns whether images stay as they are.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns the steps as tables of one name and those settings that differ from their defaults.
    pub fn canonical(&self) -> Vec<Value> {
        self.steps.iter().map(|step| step.canonical.clone()).collect()
    }

    /// Starts to transform images one by one.
    pub fn worker(&self, seed: Seed) -> Worker<'_> {
        let mut worker = Worker {
            chain: self,
            seeds: Vec::new(),
            scratch: Scratch::default(),
            held: Vec::new(),
        };
        worker.restart(seed);
        worker
    }

    /// Transforms all images; `id` names the sample at each place.
    ///
    /// As many threads work as rayon has here; the result does not depend on it.
    ///
    /// # Errors
    /// [`DataError`] when images have another shape than the chain is for, or a result is not finite.
    pub fn apply(
        &self,
        images: &Images,
        seed: Seed,
        id: impl Fn(usize) -> u64 + Sync,
    ) -> Result<Images, DataError> {
        if images.shape() != self.input {
            return Err(DataError::Shape { wanted: self.input, came: images.shape() });
        }
        let length = self.shape().len();
        let mut pixels = vec![0.0; images.len() * length];
        pixels.par_chunks_mut(BLOCK * length).enumerate().for_each_init(
            || (self.worker(seed), Vec::new()),
            |(worker, image), (block, to)| {
                for (place, to) in to.chunks_exact_mut(length).enumerate() {
                    let sample = block * BLOCK + place;
                    worker.apply(id(sample), images.sample(sample), image);
                    to.copy_from_slice(image);
                }
            },
        );
        Images::new(self.shape(), pixels, images.labels().to_vec(), images.classes().to_vec())
    }

    fn push(&mut self, written: &Value) -> Result<(), SettingError> {
        let (transform, canonical) = registry::build(TRANSFORMS, "transform", written)?;
        let named = canonical.as_object().and_then(|table| table.keys().next());
        let name = named.cloned().unwrap_or_default();
        let in_table = |error: SettingError| {
            if written.is_object() { error.below(&name) } else { error }
        };
        let shape = transform.shape(self.shape()).map_err(in_table)?;
        let before = self.steps.iter().filter(|step| step.name == name).count() as u64;
        self.steps.push(Step { transform, canonical, name, before, shape });
        Ok(())
    }
}

/// Transforms images one by one, with its own memory; one for each thread.
pub struct Worker<'a> {
    chain: &'a Chain,
    /// One for each step.
    seeds: Vec<Seed>,
    scratch: Scratch,
    /// The image between two steps.
    held: Vec<f32>,
}

impl Worker<'_> {
    /// Goes on with another seed, such as that of the next epoch.
    pub fn restart(&mut self, seed: Seed) {
        let steps = self.chain.steps.iter();
        self.seeds.clear();
        self.seeds.extend(steps.map(|step| seed.child(&step.name).nth(step.before)));
    }

    /// Writes the transformed image to `to`; `sample` is the id that its random numbers come from.
    ///
    /// Takes no new memory after the first image.
    ///
    /// # Panics
    /// When the image has another count of pixels than the chain takes.
    pub fn apply(&mut self, sample: u64, image: &[f32], to: &mut Vec<f32>) {
        let mut shape = self.chain.input;
        assert_eq!(image.len(), shape.len(), "caller's bug: the image is not of {shape}");
        to.clear();
        to.extend_from_slice(image);
        for (step, seed) in self.chain.steps.iter().zip(&self.seeds) {
            let view = View::new(shape, to);
            step.transform.apply(view, seed.nth(sample), &mut self.scratch, &mut self.held);
            std::mem::swap(to, &mut self.held);
            shape = step.shape;
        }
    }
}
