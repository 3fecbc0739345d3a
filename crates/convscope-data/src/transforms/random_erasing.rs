//! Images with a rectangle missing.

use convscope_core::draws::normals;
use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scratch::sized;
use super::settings::{PerChannel, ordered, probability};
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<RandomErasing>(
    "random-erasing",
    "paints a rectangle over some images",
    "Zhong, Zheng, Kang, Li, Yang 2017, arXiv:1708.04896; torchvision 0.29, transforms.v2.RandomErasing",
);

/// With probability `p`: an area drawn evenly as a share of the image, an aspect drawn evenly in its
/// logarithm, sides rounded to whole pixels, a place drawn evenly.
///
/// As torchvision's `RandomErasing`: a rectangle as high or as wide as the image is drawn again, ten
/// times at most; then the image stays. So fewer images than `p` are changed where shares are large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct RandomErasing {
    /// With what probability an image is changed.
    p: f64,
    /// The lowest and the highest share of the image's area.
    scale: [f64; 2],
    /// The lowest and the highest ratio of height to width.
    ratio: [f64; 2],
    /// What the rectangle holds: a number, one for each channel, or `random` for normal noise.
    value: Paint,
}

/// What a rectangle holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "wanted a number, a list with one for each channel, or `random`")]
enum Paint {
    Noise(Noise),
    Even(PerChannel),
}

/// The word for noise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Noise {
    /// Independent draws from the normal distribution of mean 0 and variance 1.
    Random,
}

impl Default for RandomErasing {
    fn default() -> Self {
        Self {
            p: 0.5,
            scale: [0.02, 0.33],
            ratio: [0.3, 3.3],
            value: Paint::Even(PerChannel::All(0.0)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rectangle {
    top: usize,
    left: usize,
    height: usize,
    width: usize,
}

const TRIES: usize = 10;

impl RandomErasing {
    /// Draws which rectangle is painted over, if any.
    fn drawn(&self, of: Shape, seed: Seed) -> Option<Rectangle> {
        let mut draws = seed.stream();
        if draws.uniform() >= self.p {
            return None;
        }
        let [lowest, highest] = self.ratio.map(libm::log);
        for _ in 0..TRIES {
            let share = draws.uniform_in(self.scale[0], self.scale[1]);
            let area = (of.height * of.width) as f64 * share;
            let aspect = libm::exp(draws.uniform_in(lowest, highest));
            let height = libm::rint(libm::sqrt(area * aspect)) as usize;
            let width = libm::rint(libm::sqrt(area / aspect)) as usize;
            if height < of.height && width < of.width {
                let top = draws.below((of.height - height + 1) as u64) as usize;
                let left = draws.below((of.width - width + 1) as u64) as usize;
                return Some(Rectangle { top, left, height, width });
            }
        }
        None
    }
}

impl Transform for RandomErasing {
    fn check(&self) -> Result<(), SettingError> {
        probability("p", self.p)?;
        ordered("scale", self.scale)?;
        self.scale.into_iter().try_for_each(|share| probability("scale", share))?;
        ordered("ratio", self.ratio)?;
        if self.ratio[0] as f32 <= 0.0 {
            let message = format!("ratios above 0 are wanted; came {}", self.ratio[0]);
            return Err(SettingError::at("ratio", message));
        }
        match &self.value {
            Paint::Even(value) => value.check("value"),
            Paint::Noise(_) => Ok(()),
        }
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        if let Paint::Even(value) = &self.value {
            value.fits("value", of.channels)?;
        }
        Ok(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        to.clear();
        to.extend_from_slice(image.pixels());
        let Some(rectangle) = self.drawn(image.shape(), seed) else {
            return;
        };
        match &self.value {
            Paint::Even(value) => {
                painted(to, image.shape(), rectangle, |channel, row| row.fill(value.of(channel)));
            }
            Paint::Noise(_) => {
                let count = image.shape().channels * rectangle.height * rectangle.width;
                let noise = sized(&mut scratch.plane, count);
                normals(seed.child("noise"), &mut scratch.bits, noise);
                let mut rows = noise.chunks_exact(rectangle.width.max(1));
                painted(to, image.shape(), rectangle, |_, row| {
                    if let Some(noise) = rows.next() {
                        row.copy_from_slice(noise);
                    }
                });
            }
        }
    }
}

/// Paints the rows of a rectangle in every channel.
fn painted(
    pixels: &mut [f32],
    shape: Shape,
    rectangle: Rectangle,
    mut paint: impl FnMut(usize, &mut [f32]),
) {
    let planes = pixels.chunks_exact_mut(shape.height * shape.width);
    for (channel, plane) in planes.enumerate() {
        let rows = plane.chunks_exact_mut(shape.width);
        for row in rows.skip(rectangle.top).take(rectangle.height) {
            paint(channel, &mut row[rectangle.left..][..rectangle.width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rectangle, painted};
    use crate::transforms::golden;

    #[test]
    fn erased_images_equal_those_of_torchvision() {
        let count = golden::compared("random-erasing", |image, case, _, to| {
            let [top, left, height, width] = case.read("rectangle");
            let rectangle = Rectangle { top, left, height, width };
            to.clear();
            to.extend_from_slice(image.pixels());
            let fill = case.fill();
            painted(to, image.shape(), rectangle, |channel, row| row.fill(fill.of(channel)));
        });
        assert_eq!(count, 8);
    }
}
