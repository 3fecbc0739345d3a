//! Rotation, translation, scale and shear together.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::affine_map::AffineMap;
use super::settings::{PerChannel, Span, ordered, probability};
use super::warp::{Interpolation, warped};
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<Affine>(
    "affine",
    "turns, moves, scales and shears an image about its centre",
    "torchvision 0.29, transforms.v2.RandomAffine",
);

/// All four drawn evenly, as torchvision's `RandomAffine`; by default nothing moves.
///
/// Angles are clockwise here and anticlockwise in `rotation`, as in torchvision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Affine {
    /// Degrees: the largest to both sides, or the lowest and the highest.
    degrees: Span,
    /// The largest move to both sides, as shares of width and height; rounded to whole pixels.
    translate: [f64; 2],
    /// The lowest and the highest scale.
    scale: [f64; 2],
    /// Degrees of shear along x, in the same form.
    shear: Span,
    /// Degrees of shear along y.
    shear_y: Span,
    /// How a value between pixels is found.
    interpolation: Interpolation,
    /// What comes from outside: a number, or one for each channel.
    fill: PerChannel,
}

impl Default for Affine {
    fn default() -> Self {
        Self {
            degrees: Span::Around(0.0),
            translate: [0.0; 2],
            scale: [1.0; 2],
            shear: Span::Around(0.0),
            shear_y: Span::Around(0.0),
            interpolation: Interpolation::Nearest,
            fill: PerChannel::All(0.0),
        }
    }
}

impl Affine {
    /// Draws a map for images of so many columns and rows.
    fn drawn(&self, shape: Shape, seed: Seed) -> AffineMap {
        let mut draws = seed.stream();
        let angle = self.degrees.drawn(0.0, &mut draws);
        let mut moved = |share: f64, length: usize| {
            let most = share * length as f64;
            libm::rint(draws.uniform_in(-most, most))
        };
        let translate =
            [moved(self.translate[0], shape.width), moved(self.translate[1], shape.height)];
        let scale = draws.uniform_in(self.scale[0], self.scale[1]);
        let shear = [self.shear.drawn(0.0, &mut draws), self.shear_y.drawn(0.0, &mut draws)];
        AffineMap { angle, translate, scale, shear }
    }
}

impl Transform for Affine {
    fn check(&self) -> Result<(), SettingError> {
        self.degrees.check("degrees")?;
        self.translate.into_iter().try_for_each(|share| probability("translate", share))?;
        ordered("scale", self.scale)?;
        if self.scale[0] as f32 <= 0.0 {
            let message = format!("scales above 0 are wanted; came {}", self.scale[0]);
            return Err(SettingError::at("scale", message));
        }
        for (key, shear) in [("shear", self.shear), ("shear-y", self.shear_y)] {
            shear.check(key)?;
            if shear.ends(0.0).into_iter().any(|end| end.abs() >= 90.0) {
                return Err(SettingError::at(
                    key,
                    "less than 90 degrees to either side are wanted",
                ));
            }
        }
        self.fill.check("fill")
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        self.fill.fits("fill", of.channels)?;
        Ok(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        self.drawn(image.shape(), seed).places(image.shape(), scratch);
        warped(image, scratch, self.interpolation, &self.fill, to);
    }
}

#[cfg(test)]
mod tests {
    use crate::transforms::affine_map::AffineMap;
    use crate::transforms::golden;
    use crate::transforms::warp::warped;

    #[test]
    fn affine_maps_equal_those_of_torchvision() {
        let count = golden::compared("affine", |image, case, scratch, to| {
            let map = AffineMap {
                angle: case.number("angle"),
                translate: case.read("translate"),
                scale: case.number("scale"),
                shear: case.read("shear"),
            };
            map.places(image.shape(), scratch);
            warped(image, scratch, case.how(), &case.fill(), to);
        });
        assert_eq!(count, 12);
    }
}
