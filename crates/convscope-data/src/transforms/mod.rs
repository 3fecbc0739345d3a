//! What is done to images before a net sees them, one file for each kind.
//!
//! A [`Transform`] makes one image of one image. Its random numbers come from a seed that belongs to
//! this one image and this one step, so that nothing depends on which other images there are. A
//! [`Chain`] applies several in order, to one image or to all of a set.
//!
//! Names, parameters and defaults are those of torchvision's `transforms.v2` where it has the
//! transform, and what it does in silence (a fill, an interpolation, a clip) is a setting. Every
//! image draws its own parameters; torchvision draws once for a whole batch.

mod affine;
mod affine_map;
mod blur;
mod chain;
mod channels;
mod color_jitter;
mod elastic;
mod gaussian_blur;
mod gaussian_noise;
#[cfg(test)]
mod golden;
mod horizontal_flip;
mod mnist_c;
mod normalize;
mod pad;
mod perspective;
mod plane;
mod random_crop;
mod random_erasing;
mod rotation;
mod scratch;
mod settings;
mod shift;
mod warp;

use convscope_core::registry::{self, Entry, SettingError, Settings};
use convscope_core::{Seed, Shape};

pub use chain::{Chain, Worker};
pub use plane::View;
pub use scratch::Scratch;

/// Every transform that a study can name.
///
/// ```
/// use convscope_core::registry::find;
/// use convscope_data::TRANSFORMS;
/// use serde_json::json;
///
/// let noise = find(TRANSFORMS, "transform", "gaussian-noise")?;
/// let refused = (noise.build)(json!({ "sigma": -1 })).err().expect("a negative deviation");
/// assert_eq!(refused.path, ["sigma"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub static TRANSFORMS: &[Entry<dyn Transform>] = &[
    normalize::ENTRY,
    pad::ENTRY,
    channels::ENTRY,
    random_crop::ENTRY,
    horizontal_flip::ENTRY,
    shift::ENTRY,
    rotation::ENTRY,
    affine::ENTRY,
    perspective::ENTRY,
    elastic::ENTRY,
    gaussian_blur::ENTRY,
    gaussian_noise::ENTRY,
    random_erasing::ENTRY,
    color_jitter::ENTRY,
    mnist_c::SHOT_NOISE,
    mnist_c::IMPULSE_NOISE,
    mnist_c::GLASS_BLUR,
    mnist_c::MOTION_BLUR,
    mnist_c::SHEAR,
    mnist_c::SCALE,
    mnist_c::ROTATE,
    mnist_c::BRIGHTNESS,
    mnist_c::TRANSLATE,
    mnist_c::STRIPE,
    mnist_c::FOG,
    mnist_c::SPATTER,
    mnist_c::DOTTED_LINE,
    mnist_c::ZIGZAG,
    mnist_c::CANNY_EDGES,
];

/// One image in, one image out.
pub trait Transform: Send + Sync {
    /// Checks the settings against each other.
    ///
    /// # Errors
    /// A [`SettingError`] at the setting that is out of its range.
    fn check(&self) -> Result<(), SettingError>;

    /// Returns the shape that images of a shape have afterwards.
    ///
    /// # Errors
    /// A [`SettingError`] that says why images of this shape cannot be transformed.
    fn shape(&self, of: Shape) -> Result<Shape, SettingError>;

    /// Writes the transformed image to `to`, whatever that held before.
    ///
    /// All randomness comes from `seed`, which is this image's own. Takes no new memory once
    /// `scratch` and `to` have held an image of the same shape.
    ///
    /// # Panics
    /// When [`shape`](Self::shape) refuses the shape of the image: who builds a [`Chain`] has asked.
    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>);
}

const fn entry<T: Transform + Settings + 'static>(
    id: &'static str,
    about: &'static str,
    source: &'static str,
) -> Entry<dyn Transform> {
    Entry {
        id,
        about,
        source,
        build: |settings| {
            let transform: T = registry::read(settings)?;
            transform.check()?;
            Ok(Box::new(transform))
        },
        canonical: registry::canonical::<T>,
        schema: T::json_schema,
    }
}
