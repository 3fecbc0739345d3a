//! What filters do with colours.

use super::Ranked;
use super::filters::{first_share, one_pattern_by_chance, unit};
use super::nulls::{Nulls, of_own};
use crate::{Chance, Layer, Share, Size};

/// What filters on red, green and blue do with colours.
#[derive(Debug, Clone, PartialEq)]
pub struct Colour {
    /// For each of three axes of colour the share of each output's energy along it; nothing of zeros.
    ///
    /// ```text
    /// light (R + G + B)/√3,   red against blue (R − B)/√2,   green against magenta (R − 2G + B)/√6
    /// ```
    ///
    /// The first is how grey the filter is: 1 where all its kernels are the same. The three add up to 1. Of filters of
    /// independent normal numbers each axis has a third of the energy, as Beta(n/2, n). Misleads where the inputs are not red,
    /// green and blue, or were scaled apart: a channel of small values has large weights.
    pub axes: [Ranked; 3],
    /// For each output the share of its energy in one pattern times one colour, σ₁² / Σσ² of 3 × n.
    ///
    /// Three rows are few: chance alone gives 0.58 at 3 × 3 and 0.43 at 7 × 7.
    pub separability: Ranked,
}

const AXES: [[f64; 3]; 3] = [[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -2.0, 1.0]];

impl Colour {
    /// The names of the axes.
    pub const AXES: [&str; 3] = ["light", "red against blue", "green against magenta"];

    /// Looks at a layer of three inputs; nothing of others.
    pub(super) fn new(layer: &Layer, nulls: &Nulls) -> Option<Self> {
        if layer.inputs() != 3 {
            return None;
        }
        let count = layer.size().count();
        let of = |filter: &[f64]| shares(filter, count);
        let own: Vec<Option<[f64; 4]>> =
            (0..layer.outputs()).map(|output| of(layer.filter(output))).collect();
        let permuted = of_own(layer, "colours", 3 * count, of);
        let third = Share { dimension: count, whole: 3 * count, from: 0.0, to: 1.0 };
        let ranked = |which: usize, gaussian: Chance| {
            let values = own.iter().map(|shares| Some(shares.as_ref()?[which])).collect();
            Ranked::new(values, gaussian, permuted.iter().map(|shares| shares[which]))
        };
        let separable = one_pattern_by_chance(nulls, Size { rows: 3, columns: count });
        Some(Self {
            axes: [0, 1, 2].map(|axis| ranked(axis, Chance::Closed(third))),
            separability: ranked(3, Chance::drawn(separable)?),
        })
    }
}

/// Returns the shares of a filter's energy along the axes, and in one pattern times one colour; nothing of zeros.
fn shares(filter: &[f64], count: usize) -> Option<[f64; 4]> {
    let filter = unit(filter)?;
    let along = |axis: [f64; 3]| {
        let square: f64 = axis.iter().map(|share| share * share).sum();
        let at = |place: usize| -> f64 {
            (0..3).map(|input| axis[input] * filter[input * count + place]).sum()
        };
        (0..count).map(|place| at(place).powi(2)).sum::<f64>() / square
    };
    let [light, red, green] = AXES.map(along);
    Some([light, red, green, first_share(&filter, Size { rows: 3, columns: count })?])
}
