//! A part of an image, from anywhere.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pad::{Mode, padded_shape};
use super::settings::PerChannel;
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<RandomCrop>(
    "random-crop",
    "pads an image and cuts a part of it out, from anywhere",
    "torchvision 0.29, transforms.v2.RandomCrop",
);

/// A part of so many rows and columns of the padded image, all places equally likely, as
/// torchvision's `RandomCrop`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct RandomCrop {
    /// Rows and columns of the part; without it, those of the image before it is padded.
    size: Option<[u32; 2]>,
    /// How many pixels are put on each side before.
    padding: u32,
    /// What they hold.
    mode: Mode,
    /// Their value in mode `constant`: a number, or one for each channel.
    fill: PerChannel,
}

impl Default for RandomCrop {
    fn default() -> Self {
        Self { size: None, padding: 0, mode: Mode::Constant, fill: PerChannel::All(0.0) }
    }
}

impl RandomCrop {
    fn size(&self, of: Shape) -> [usize; 2] {
        self.size.map_or([of.height, of.width], |size| size.map(|side| side as usize))
    }

    /// Returns the last row and the last column of the padded image at which a part may begin.
    fn last_corner(&self, of: Shape) -> [usize; 2] {
        let [height, width] = self.size(of);
        let padding = 2 * self.padding as usize;
        [of.height + padding - height, of.width + padding - width]
    }
}

impl Transform for RandomCrop {
    fn check(&self) -> Result<(), SettingError> {
        if self.size.is_some_and(|size| size.contains(&0)) {
            return Err(SettingError::at("size", "at least one row and one column are wanted"));
        }
        self.fill.check("fill")
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        self.fill.fits("fill", of.channels)?;
        let padded = padded_shape(self.padding, self.mode, of)
            .map_err(|why| SettingError::at("padding", why))?;
        let [height, width] = self.size(of);
        if height > padded.height || width > padded.width {
            let message = format!(
                "parts of {height}×{width} do not fit in images of {}×{} after padding",
                padded.height, padded.width
            );
            return Err(SettingError::at("size", message));
        }
        Ok(Shape { height, width, ..of })
    }

    fn apply(&self, image: View<'_>, seed: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        let mut draws = seed.stream();
        let corner = self.last_corner(image.shape()).map(|last| draws.below(last as u64 + 1));
        self.cropped(image, corner.map(|at| at as usize), to);
    }
}

impl RandomCrop {
    /// Cuts the part out that begins at a row and a column of the padded image.
    fn cropped(&self, image: View<'_>, [top, left]: [usize; 2], to: &mut Vec<f32>) {
        let shape = image.shape();
        let [height, width] = self.size(shape);
        let padding = self.padding as isize;
        to.clear();
        for (channel, plane) in image.planes().enumerate() {
            let fill = self.fill.of(channel);
            for row in top..top + height {
                let Some(row) = self.mode.folded(row as isize - padding, shape.height) else {
                    to.extend(std::iter::repeat_n(fill, width));
                    continue;
                };
                let row = &plane[row * shape.width..][..shape.width];
                let beside = |column: usize| {
                    let column = self.mode.folded(column as isize - padding, shape.width);
                    column.map_or(fill, |column| row[column])
                };
                // What lies on the image is copied as one piece.
                let padding = self.padding as usize;
                let first = left.max(padding).min(left + width);
                let end = (left + width).min(padding + shape.width).max(first);
                to.extend((left..first).map(beside));
                let from = first.saturating_sub(padding).min(shape.width);
                to.extend_from_slice(&row[from..][..end - first]);
                to.extend((end..left + width).map(beside));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RandomCrop;
    use crate::transforms::golden;

    #[test]
    fn parts_equal_those_of_torchvision() {
        let count = golden::compared("random-crop", |image, case, _, to| {
            let crop = RandomCrop {
                size: Some(case.read("size")),
                padding: case.read("padding"),
                mode: case.read("mode"),
                fill: case.fill(),
            };
            crop.cropped(image, case.read("corner"), to);
        });
        assert_eq!(count, 8);
    }
}
