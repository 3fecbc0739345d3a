//! Pixels around an image.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::PerChannel;
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<Pad>(
    "pad",
    "puts pixels of one value, or a mirror image, around an image",
    "torchvision 0.29, transforms.v2.Pad",
);

/// The same count of pixels on all four sides, as torchvision's `Pad`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Pad {
    /// How many pixels on each side.
    amount: u32,
    /// What the new pixels hold.
    mode: Mode,
    /// The value of new pixels in mode `constant`: a number, or one for each channel.
    fill: PerChannel,
}

/// What pixels beyond the border hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    /// One value.
    Constant,
    /// The image mirrored at its outermost pixels, which are not repeated.
    Reflect,
    /// The nearest pixel of the image.
    Edge,
    /// The image mirrored at its border: the outermost pixels are repeated.
    Symmetric,
}

impl Default for Pad {
    fn default() -> Self {
        Self { amount: 2, mode: Mode::Constant, fill: PerChannel::All(0.0) }
    }
}

impl Transform for Pad {
    fn check(&self) -> Result<(), SettingError> {
        self.fill.check("fill")
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        self.fill.fits("fill", of.channels)?;
        padded_shape(self.amount, self.mode, of).map_err(|why| SettingError::at("amount", why))
    }

    fn apply(&self, image: View<'_>, _: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        padded(image, self.amount as usize, self.mode, &self.fill, to);
    }
}

/// Returns the shape with pixels around it, or why there cannot be so many.
pub(super) fn padded_shape(amount: u32, mode: Mode, of: Shape) -> Result<Shape, String> {
    let shorter = of.height.min(of.width);
    let most = match mode {
        Mode::Constant | Mode::Edge => MOST,
        Mode::Reflect => shorter - 1,
        Mode::Symmetric => shorter,
    };
    let amount = amount as usize;
    if amount > most {
        return Err(format!("at most {most} pixels fit around images of {of} so; came {amount}"));
    }
    Ok(Shape { height: of.height + 2 * amount, width: of.width + 2 * amount, ..of })
}

/// More pixels than that on a side are a slip of the pen.
const MOST: usize = 1 << 12;

/// Writes the image with `amount` pixels around it.
pub(super) fn padded(
    image: View<'_>,
    amount: usize,
    mode: Mode,
    fill: &PerChannel,
    to: &mut Vec<f32>,
) {
    let Shape { height, width, .. } = image.shape();
    to.clear();
    for (channel, plane) in image.planes().enumerate() {
        let fill = fill.of(channel);
        for row in 0..height + 2 * amount {
            let Some(row) = mode.folded(row as isize - amount as isize, height) else {
                to.extend(std::iter::repeat_n(fill, width + 2 * amount));
                continue;
            };
            let row = &plane[row * width..][..width];
            let beside = |column: isize| mode.folded(column, width).map_or(fill, |at| row[at]);
            to.extend((0..amount).map(|at| beside(at as isize - amount as isize)));
            to.extend_from_slice(row);
            to.extend((0..amount).map(|at| beside((width + at) as isize)));
        }
    }
}

impl Mode {
    /// Returns the pixel of the image that a place holds, if it is one; the place is less than a
    /// length beyond the border where pixels are mirrored.
    pub(super) fn folded(self, place: isize, length: usize) -> Option<usize> {
        let last = length as isize - 1;
        if (0..=last).contains(&place) {
            return Some(place as usize);
        }
        let folded = match self {
            Self::Constant => return None,
            Self::Edge => place.clamp(0, last),
            Self::Reflect => last - (last - place.abs()).abs(),
            Self::Symmetric if place < 0 => -1 - place,
            Self::Symmetric => 2 * last + 1 - place,
        };
        Some(folded as usize)
    }
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn padded_images_equal_those_of_torchvision() {
        let count = golden::compared("pad", |image, case, _, to| {
            super::padded(image, case.read("amount"), case.read("mode"), &case.fill(), to);
        });
        assert_eq!(count, 10);
    }
}
