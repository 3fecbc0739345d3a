//! The forms that kernels can be brought to, on a grid.

use std::sync::Arc;

use convscope_core::Subspace;
use convscope_probe::{Grid, Size};
use convscope_train::Piece;

use super::rank::{of_rank, product};

/// What the numbers of a unit may be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Form {
    /// Anything.
    Free,
    /// A point of the subspace of a structure.
    Within { structure: &'static str, subspace: Subspace },
    /// A sum of so many products of a column and a row; of one where it is a structure.
    Rank { structure: Option<&'static str>, rank: usize },
    /// 0 where the flag is not set.
    Masked(Arc<[bool]>),
    /// One of a few numbers.
    Levels(Arc<[f64]>),
    /// These numbers, by a filter that has a name.
    Given { filter: &'static str, numbers: Arc<[f64]> },
}

impl Form {
    /// Returns the nearest numbers of the form that a file with the grid's precision can hold.
    pub(crate) fn nearest(&self, numbers: &[f64], size: Size, grid: Grid) -> Vec<f64> {
        let round = |value: f64| rounded(value, grid);
        match self {
            Self::Free => numbers.iter().copied().map(round).collect(),
            Self::Within { subspace, .. } => within(subspace, numbers, grid),
            Self::Rank { structure: Some(_), .. } => product(numbers, size, grid),
            Self::Rank { rank, .. } => of_rank(*rank, numbers, size, grid),
            Self::Masked(mask) => {
                let kept = numbers.iter().zip(&**mask);
                kept.map(|(value, kept)| if *kept { round(*value) } else { 0.0 }).collect()
            }
            Self::Levels(levels) => {
                numbers.iter().map(|value| nearest_level(levels, *value)).collect()
            }
            Self::Given { numbers, .. } => numbers.iter().copied().map(round).collect(),
        }
    }

    /// Returns its name for readers.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Free => "free".into(),
            Self::Within { structure, .. } | Self::Rank { structure: Some(structure), .. } => {
                (*structure).into()
            }
            Self::Rank { rank, .. } => format!("rank-{rank}"),
            Self::Masked(_) => "pruned".into(),
            Self::Levels(levels) => format!("{}-levels", levels.len()),
            Self::Given { filter, .. } => (*filter).into(),
        }
    }

    /// Returns whether numbers have the form, to the digits that 32 bits leave.
    pub(crate) fn holds(&self, numbers: &[f64], size: Size) -> bool {
        let near = self.nearest(numbers, size, Grid { step: 0.0, precision: EXACT });
        let left: f64 = numbers.iter().zip(&near).map(|(value, near)| (value - near).powi(2)).sum();
        left <= HELD * dot(numbers, numbers)
    }

    pub(crate) fn is_free(&self) -> bool {
        matches!(self, Self::Free)
    }

    /// Returns whether numbers may be any that are as few.
    pub(crate) fn is_codebook(&self) -> bool {
        matches!(self, Self::Levels(_) | Self::Given { filter: MIXTURE, .. })
    }

    /// Returns the form that numbers have which took the places of a codebook's, on another grid; nothing where they are
    /// more, or this is no codebook.
    pub(crate) fn renewed(&self, numbers: &[f64], grid: Grid) -> Option<Self> {
        let renewed: Vec<f64> = numbers.iter().map(|number| rounded(*number, grid)).collect();
        match self {
            Self::Levels(levels) if different(numbers).len() <= levels.len() => {
                Some(Self::Levels(different(&renewed).into()))
            }
            Self::Given { filter: filter @ MIXTURE, numbers: own }
                if different(numbers).len() <= different(own).len() =>
            {
                Some(Self::Given { filter, numbers: renewed.into() })
            }
            _ => None,
        }
    }

    /// Returns what keeps a kernel in its form while training goes on, where training can.
    pub(crate) fn kept(&self, size: Size) -> Option<Piece> {
        match self {
            Self::Free => Some(Piece::Free),
            Self::Within { subspace, .. } => Some(Piece::Within(subspace.clone())),
            Self::Rank { rank: 1, .. } => Some(Piece::Separable(size)),
            _ => None,
        }
    }
}

/// The name of a codebook of which each weight has not the nearest number.
pub(crate) const MIXTURE: &str = "mixture";

/// Returns the different ones among numbers, in rising order.
fn different(numbers: &[f64]) -> Vec<f64> {
    let mut different: Vec<f64> = numbers.iter().map(|number| number + 0.0).collect();
    different.sort_by(f64::total_cmp);
    different.dedup_by(|a, b| a.to_bits() == b.to_bits());
    different
}

/// The share of a kernel's sum of squares by which it may miss a form that it has: ten thousand times what
/// rounding to 32 bits leaves.
const HELD: f64 = 1e-10;

/// A precision at which numbers stay as they are.
pub(crate) const EXACT: u32 = 32;

pub(super) fn rounded(value: f64, grid: Grid) -> f64 {
    if grid.precision >= EXACT { value } else { grid.round(value) }
}

/// Rounds the coordinates along each vector of the basis.
///
/// A coordinate reaches as far as it can for numbers within the grid, Σ |vector| times the largest of them,
/// in as many steps as they have. Where a structure ties numbers to each other this rounds these numbers.
fn within(subspace: &Subspace, numbers: &[f64], grid: Grid) -> Vec<f64> {
    let mut near = vec![0.0; numbers.len()];
    for vector in subspace.basis() {
        let along: f64 = vector.iter().zip(numbers).map(|(a, b)| a * b).sum();
        let reach: f64 = vector.iter().map(|value| value.abs()).sum();
        let along = rounded(along, Grid { step: grid.step * reach, ..grid });
        near.iter_mut().zip(vector).for_each(|(near, value)| *near += along * value);
    }
    near
}

pub(crate) fn nearest_level(levels: &[f64], value: f64) -> f64 {
    let nearer = |best: f64, level: &f64| {
        if (level - value).abs() < (best - value).abs() { *level } else { best }
    };
    levels.iter().fold(f64::INFINITY, nearer)
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
