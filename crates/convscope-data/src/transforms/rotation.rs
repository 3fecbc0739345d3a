//! Rotation about the centre.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::affine_map::AffineMap;
use super::settings::{PerChannel, Span};
use super::warp::{Interpolation, warped};
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<Rotation>(
    "rotation",
    "turns an image about its centre by a random angle",
    "torchvision 0.29, transforms.v2.RandomRotation",
);

/// An angle drawn evenly, anticlockwise, as torchvision's `RandomRotation`, which has no default of it.
///
/// The default fill is 0: black before, but mid-grey after normalisation to −1..1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Rotation {
    /// Degrees: the largest to both sides, or the lowest and the highest.
    degrees: Span,
    /// How a value between pixels is found.
    interpolation: Interpolation,
    /// What comes from outside: a number, or one for each channel.
    fill: PerChannel,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            degrees: Span::Around(30.0),
            interpolation: Interpolation::Nearest,
            fill: PerChannel::All(0.0),
        }
    }
}

impl Transform for Rotation {
    fn check(&self) -> Result<(), SettingError> {
        self.degrees.check("degrees")?;
        self.fill.check("fill")
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        self.fill.fits("fill", of.channels)?;
        Ok(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let degrees = self.degrees.drawn(0.0, &mut seed.stream());
        rotated(image, degrees, self.interpolation, &self.fill, scratch, to);
    }
}

/// Turns by an angle in degrees, anticlockwise; quarter turns of what they map to itself are exact.
pub(super) fn rotated(
    image: View<'_>,
    degrees: f64,
    how: Interpolation,
    fill: &PerChannel,
    scratch: &mut Scratch,
    to: &mut Vec<f32>,
) {
    let Shape { height, width, .. } = image.shape();
    let degrees = degrees.rem_euclid(360.0);
    let quarters = degrees / 90.0;
    let exact = height == width || (quarters as usize).is_multiple_of(2);
    if quarters.fract() == 0.0 && exact {
        return turned_by_quarters(image, quarters as usize, to);
    }
    AffineMap::rotation(degrees).places(image.shape(), scratch);
    warped(image, scratch, how, fill, to);
}

fn turned_by_quarters(image: View<'_>, quarters: usize, to: &mut Vec<f32>) {
    let Shape { height, width, .. } = image.shape();
    to.clear();
    for plane in image.planes() {
        for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column)))
        {
            let (from_row, from_column) = match quarters {
                0 => (row, column),
                1 => (column, width - 1 - row),
                2 => (height - 1 - row, width - 1 - column),
                _ => (height - 1 - column, row),
            };
            to.push(plane[from_row * width + from_column]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn rotations_equal_those_of_torchvision() {
        let count = golden::compared("rotation", |image, case, scratch, to| {
            super::rotated(image, case.number("angle"), case.how(), &case.fill(), scratch, to);
        });
        assert_eq!(count, 16);
    }
}
