//! Images moved by whole pixels.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::PerChannel;
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<Shift>(
    "shift",
    "moves an image by whole pixels, down and to the right",
    "convscope; with mode `wrap` numpy.roll",
);

/// Whole moves drawn with equal chances from two ranges, both ends possible; two equal ends move
/// every image alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Shift {
    /// The lowest and the highest move downwards, in pixels.
    rows: [i32; 2],
    /// The lowest and the highest move to the right, in pixels.
    columns: [i32; 2],
    /// What comes in from outside.
    mode: Outside,
    /// Its value in mode `constant`: a number, or one for each channel.
    fill: PerChannel,
}

/// What comes in from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Outside {
    /// One value.
    Constant,
    /// The nearest pixel of the image.
    Edge,
    /// What leaves on the other side.
    Wrap,
}

impl Default for Shift {
    fn default() -> Self {
        Self {
            rows: [-2, 2],
            columns: [-2, 2],
            mode: Outside::Constant,
            fill: PerChannel::All(0.0),
        }
    }
}

impl Transform for Shift {
    fn check(&self) -> Result<(), SettingError> {
        for (key, [low, high]) in [("rows", self.rows), ("columns", self.columns)] {
            if low > high {
                let message =
                    format!("the lowest move first, then the highest; came {low} and {high}");
                return Err(SettingError::at(key, message));
            }
        }
        self.fill.check("fill")
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        self.fill.fits("fill", of.channels)?;
        Ok(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        let mut draws = seed.stream();
        let mut drawn = |[low, high]: [i32; 2]| {
            let count = i64::from(high) - i64::from(low) + 1;
            i64::from(low) + draws.below(count as u64) as i64
        };
        let moves = [drawn(self.rows), drawn(self.columns)];
        self.moved(image, moves, to);
    }
}

impl Shift {
    /// Moves an image down and to the right.
    fn moved(&self, image: View<'_>, [down, right]: [i64; 2], to: &mut Vec<f32>) {
        let Shape { height, width, .. } = image.shape();
        to.clear();
        for (channel, plane) in image.planes().enumerate() {
            let fill = self.fill.of(channel);
            for row in 0..height as i64 {
                let row = self.mode.folded(row - down, height);
                to.extend((0..width as i64).map(|column| {
                    let column = self.mode.folded(column - right, width);
                    row.zip(column).map_or(fill, |(row, column)| plane[row * width + column])
                }));
            }
        }
    }
}

impl Outside {
    /// Returns which of so many pixels a place holds, if it is one.
    fn folded(self, place: i64, length: usize) -> Option<usize> {
        let length = length as i64;
        match self {
            Self::Constant => (0..length).contains(&place).then_some(place as usize),
            Self::Edge => Some(place.clamp(0, length - 1) as usize),
            Self::Wrap => Some(place.rem_euclid(length) as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Shape;

    use super::{Outside, Shift};
    use crate::transforms::View;

    #[test]
    fn an_image_moves_down_and_right_and_what_comes_in_is_said() {
        let view = View::new(Shape::image(1, 2, 3), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let mut to = Vec::new();
        for (mode, moves, wanted) in [
            (Outside::Constant, [1, 0], [0.0, 0.0, 0.0, 1.0, 2.0, 3.0]),
            (Outside::Constant, [0, -1], [2.0, 3.0, 0.0, 5.0, 6.0, 0.0]),
            (Outside::Edge, [0, 2], [1.0, 1.0, 1.0, 4.0, 4.0, 4.0]),
            (Outside::Edge, [-9, 0], [4.0, 5.0, 6.0, 4.0, 5.0, 6.0]),
            (Outside::Wrap, [1, 1], [6.0, 4.0, 5.0, 3.0, 1.0, 2.0]),
            (Outside::Wrap, [-2, 7], [3.0, 1.0, 2.0, 6.0, 4.0, 5.0]),
        ] {
            Shift { mode, ..Shift::default() }.moved(view, moves, &mut to);
            assert_eq!(to, wanted, "{mode:?} {moves:?}");
        }
    }
}
