//! Edges alone.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::smooth::smooth;
use super::{SOURCE, Scratch, Transform, View, entry, grey};
use crate::transforms::pad::Mode;

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> = entry::<CannyEdges>(
    "mnist-c-canny-edges",
    "leaves the edges of an image, white on black",
    SOURCE,
);

/// Canny's detector with σ = 1 and thresholds 0.1 and 0.2, as scikit-image's `feature.canny` in its
/// version 0.26; where two neighbours are equally strong, the version of the data set may have chosen
/// otherwise. There is but one severity.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct CannyEdges {}

impl Transform for CannyEdges {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, _: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        edges(image, scratch, to);
    }
}

/// Gradients from here on may be edges; those from the second on are.
const LOW: f64 = 0.1;
const HIGH: f64 = 0.2;

fn edges(image: View<'_>, scratch: &mut Scratch, to: &mut Vec<f32>) {
    let Shape { height, width, .. } = image.shape();
    let [plane, held, weight] = &mut scratch.wide;
    plane.clear();
    plane.extend(image.pixels().iter().map(|pixel| f64::from(*pixel)));
    smooth(plane, width, [1.0; 2], Mode::Constant, held);
    // How much of the filter lies on the image.
    weight.clear();
    weight.resize(height * width, 1.0);
    smooth(weight, width, [1.0; 2], Mode::Constant, held);
    for (value, weight) in plane.iter_mut().zip(weight.iter()) {
        *value /= weight + f64::EPSILON;
    }
    let slopes = Slopes { plane, height, width };
    let strength = weight;
    for row in 0..height {
        for column in 0..width {
            let [down, right] = slopes.at(row, column);
            strength[row * width + column] = libm::sqrt(down * down + right * right);
        }
    }
    to.clear();
    to.resize(height * width, 0.0);
    for row in 1..height - 1 {
        for column in 1..width - 1 {
            let at = row * width + column;
            if strength[at] >= LOW && is_ridge(strength, width, at, slopes.at(row, column)) {
                to[at] = if strength[at] >= HIGH { STRONG } else { WEAK };
            }
        }
    }
    keep_what_touches_strong(to, width);
}

/// Marks while edges are being followed.
const WEAK: f32 = 0.25;
const STRONG: f32 = 0.5;

struct Slopes<'a> {
    plane: &'a [f64],
    height: usize,
    width: usize,
}

impl Slopes<'_> {
    /// Returns Sobel's differences down and to the right, the border pixels repeated beyond it.
    fn at(&self, row: usize, column: usize) -> [f64; 2] {
        let rows = [row.saturating_sub(1), row, (row + 1).min(self.height - 1)];
        let columns = [column.saturating_sub(1), column, (column + 1).min(self.width - 1)];
        let pixel =
            |row: usize, column: usize| self.plane[rows[row] * self.width + columns[column]];
        let down = |column: usize| pixel(2, column) - pixel(0, column);
        let right = |row: usize| pixel(row, 2) - pixel(row, 0);
        [2.0 * down(1) + (down(0) + down(2)), 2.0 * right(1) + (right(0) + right(2))]
    }
}

/// Returns whether no gradient before or behind, along the slope, is larger; between pixels straight.
fn is_ridge(strength: &[f64], width: usize, at: usize, [down, right]: [f64; 2]) -> bool {
    let (steep, flat) = (down.abs(), right.abs());
    let same_sign = (down > 0.0) == (right > 0.0);
    // Along the axis that the slope is nearer to, and along the diagonal beside it.
    let diagonal = if same_sign { width + 1 } else { width - 1 };
    let upright = if same_sign { steep > flat } else { steep >= flat };
    let (axis, share) = if upright { (width, flat / steep) } else { (1, steep / flat) };
    // Of slopes of unlike sign, a step along a row goes up the other diagonal.
    let turned = !same_sign && !upright;
    let between = |ahead: bool| {
        let near = if ahead { at + axis } else { at - axis };
        let far = if ahead == turned { at - diagonal } else { at + diagonal };
        strength[far] * share + strength[near] * (1.0 - share)
    };
    between(true) <= strength[at] && between(false) <= strength[at]
}

/// Makes white what touches a strong edge, directly or through weak ones, and black all else.
fn keep_what_touches_strong(marks: &mut [f32], width: usize) {
    let mut grown = true;
    while grown {
        grown = false;
        for at in width + 1..marks.len() - width - 1 {
            if marks[at] == WEAK {
                let rows = [at - width, at, at + width];
                if rows.into_iter().any(|row| marks[row - 1..=row + 1].contains(&STRONG)) {
                    marks[at] = STRONG;
                    grown = true;
                }
            }
        }
    }
    for mark in marks {
        *mark = if *mark == STRONG { 1.0 } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use crate::transforms::golden;

    #[test]
    fn edges_equal_those_of_scikit_image() {
        let count = golden::mnist_c("canny-edges", |image, _, scratch, to| {
            super::edges(image, scratch, to);
        });
        assert_eq!(count, 8);
    }
}
