//! The forms that kernels can be brought to, on a grid.

use std::sync::Arc;

use convscope_core::Subspace;
use convscope_probe::{Grid, Size, singular};
use convscope_train::Piece;

/// What the numbers of a unit may be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Form {
    /// Anything.
    Free,
    /// A point of the subspace of a structure.
    Within { structure: &'static str, subspace: Subspace },
    /// A sum of so many products of a column and a row.
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

/// The share of a kernel's sum of squares by which it may miss a form that it has: ten thousand times what
/// rounding to 32 bits leaves.
const HELD: f64 = 1e-10;

/// A precision at which numbers stay as they are.
pub(crate) const EXACT: u32 = 32;

fn rounded(value: f64, grid: Grid) -> f64 {
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

/// Rounds the factors of the nearest kernel of a rank.
///
/// The kernel is written as `rank` of its columns, on the grid, times how each column is made of them. Of all
/// choices of columns that of the largest volume is taken: all shares then lie within −1..1, on a grid of the
/// same precision.
fn of_rank(rank: usize, numbers: &[f64], size: Size, grid: Grid) -> Vec<f64> {
    let near = singular(numbers, size).sum(rank);
    let column =
        |c: usize| -> Vec<f64> { (0..size.rows).map(|r| near[r * size.columns + c]).collect() };
    let mut best: Option<(f64, Vec<usize>)> = None;
    each_choice(size.columns, rank, &mut |chosen| {
        let volume = volume(chosen.iter().map(|c| column(*c)).collect());
        if best.as_ref().is_none_or(|(most, _)| volume > *most) {
            best = Some((volume, chosen.to_vec()));
        }
    });
    let Some((volume, chosen)) = best else { return near };
    if volume <= 0.0 {
        // A kernel of lower rank: fewer columns make it.
        return if rank > 1 {
            of_rank(rank - 1, numbers, size, grid)
        } else {
            vec![0.0; near.len()]
        };
    }
    let columns: Vec<Vec<f64>> = chosen.iter().map(|c| column(*c)).collect();
    let shares: Vec<Vec<f64>> = (0..size.columns).map(|c| shares(&columns, &column(c))).collect();
    let unit = Grid { step: 1.0 / (2.0_f64.powi(grid.precision as i32 - 1) - 1.0), ..grid };
    let mut sum = vec![0.0; near.len()];
    for (place, value) in sum.iter_mut().enumerate() {
        let (r, c) = (place / size.columns, place % size.columns);
        for (k, own) in columns.iter().enumerate() {
            let whole = if chosen[k] == c { 1.0 } else { 0.0 };
            let share = if chosen.contains(&c) { whole } else { rounded(shares[c][k], unit) };
            *value += rounded(own[r], grid) * share;
        }
    }
    sum
}

/// Shows every choice of `rank` of so many columns, in order.
fn each_choice(columns: usize, rank: usize, show: &mut dyn FnMut(&[usize])) {
    let mut chosen: Vec<usize> = (0..rank).collect();
    loop {
        show(&chosen);
        let movable = |&place: &usize| chosen[place] < columns - rank + place;
        let Some(place) = (0..rank).rev().find(movable) else { return };
        chosen[place] += 1;
        for later in place + 1..rank {
            chosen[later] = chosen[later - 1] + 1;
        }
    }
}

/// Returns the volume that some columns span, 0 where one nearly depends on those before.
fn volume(mut columns: Vec<Vec<f64>>) -> f64 {
    let mut volume = 1.0;
    for place in 0..columns.len() {
        let (before, after) = columns.split_at_mut(place);
        let own = &mut after[0];
        let whole = dot(own, own).sqrt();
        for _ in 0..2 {
            for known in &*before {
                let along = dot(known, own);
                own.iter_mut().zip(known).for_each(|(value, known)| *value -= along * known);
            }
        }
        let length = dot(own, own).sqrt();
        if length <= 1e-9 * whole {
            return 0.0;
        }
        for value in own.iter_mut() {
            *value /= length;
        }
        volume *= length;
    }
    volume
}

/// Returns how a column is made of some that are independent: least squares by orthogonalising.
fn shares(columns: &[Vec<f64>], column: &[f64]) -> Vec<f64> {
    let rank = columns.len();
    let (mut q, mut r): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), vec![vec![0.0; rank]; rank]);
    for (place, own) in columns.iter().enumerate() {
        let mut rest = own.clone();
        for _ in 0..2 {
            for (k, known) in q.iter().enumerate() {
                let along = dot(known, &rest);
                r[k][place] += along;
                rest.iter_mut().zip(known).for_each(|(value, known)| *value -= along * known);
            }
        }
        let length = dot(&rest, &rest).sqrt();
        r[place][place] = length;
        q.push(rest.iter().map(|value| value / length).collect());
    }
    let mut shares: Vec<f64> = q.iter().map(|known| dot(known, column)).collect();
    for place in (0..rank).rev() {
        for later in place + 1..rank {
            shares[place] -= r[place][later] * shares[later];
        }
        shares[place] /= r[place][place];
    }
    shares
}

pub(crate) fn nearest_level(levels: &[f64], value: f64) -> f64 {
    let nearer = |best: f64, level: &f64| {
        if (level - value).abs() < (best - value).abs() { *level } else { best }
    };
    levels.iter().fold(f64::INFINITY, nearer)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
