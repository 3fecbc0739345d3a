//! What filters do with colours.

use super::filters::{first_share, unit};
use crate::{Layer, Size};

/// What filters on red, green and blue do with colours.
///
/// Of filters of independent normal numbers each of the three axes has a third of the energy, as
/// Beta(n/2, n).
#[derive(Debug, Clone, PartialEq)]
pub struct Colour {
    /// For each output, the shares of the energy along three axes of colour; nothing of zeros.
    ///
    /// ```text
    /// light (R + G + B)/√3,   red against blue (R − B)/√2,   green against magenta (R − 2G + B)/√6
    /// ```
    ///
    /// The first is how grey the filter is: 1 where all its kernels are the same. They add up to 1.
    pub axes: Vec<Option<[f64; 3]>>,
    /// For each output, the share of the energy in one pattern times one colour, σ₁² / Σσ² of 3 × n.
    pub separability: Vec<Option<f64>>,
    /// The mean of the shares over outputs that have them.
    pub mean_axes: Option<[f64; 3]>,
}

const AXES: [[f64; 3]; 3] = [[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -2.0, 1.0]];

impl Colour {
    pub(super) fn new(layer: &Layer) -> Option<Self> {
        if layer.inputs() != 3 {
            return None;
        }
        let count = layer.size().count();
        let filters = (0..layer.outputs()).map(|output| unit(layer.filter(output)));
        let filters: Vec<Option<Vec<f64>>> = filters.collect();
        let along = |filter: &[f64], axis: [f64; 3]| {
            let square: f64 = axis.iter().map(|share| share * share).sum();
            let at = |place: usize| -> f64 {
                (0..3).map(|input| axis[input] * filter[input * count + place]).sum()
            };
            (0..count).map(|place| at(place).powi(2)).sum::<f64>() / square
        };
        let axes: Vec<Option<[f64; 3]>> = filters
            .iter()
            .map(|filter| filter.as_ref().map(|filter| AXES.map(|axis| along(filter, axis))))
            .collect();
        let shape = Size { rows: 3, columns: count };
        let separability =
            filters.iter().map(|filter| first_share(filter.as_ref()?, shape)).collect();
        let known: Vec<[f64; 3]> = axes.iter().flatten().copied().collect();
        let mean =
            |axis: usize| known.iter().map(|shares| shares[axis]).sum::<f64>() / known.len() as f64;
        let mean_axes = (!known.is_empty()).then(|| [mean(0), mean(1), mean(2)]);
        Some(Self { axes, separability, mean_axes })
    }
}
