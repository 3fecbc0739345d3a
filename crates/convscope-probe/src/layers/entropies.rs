//! The variance entropy of kernels of a layer's own numbers in random places.

use convscope_core::Stream;
use rayon::prelude::*;

use super::components::{Components, eigen, entropy};
use super::nulls::own;
use super::wishart::Wishart;
use super::{DRAWS, seed};
use crate::Size;

/// A layer is put into random order as it is where that and its covariance take fewer steps than this, or where it
/// has fewer kernels than so many times their numbers.
const STEPS: usize = 1 << 20;
const MANY: usize = 16;

const PURPOSE: &str = "components";

/// How many steps it takes to move a number.
const MOVE: usize = 16;

/// Kernels of more numbers than this have 50 draws, and of more than that none.
const WIDE: usize = 49;
const WIDEST: usize = 225;
const FEWER: u64 = 50;

/// Draws the variance entropy of kernels of some numbers, which are those of all kernels, in random places.
pub(super) fn of_own(numbers: &[f64], size: Size) -> Result<Vec<f64>, &'static str> {
    let width = size.count();
    if width > WIDEST {
        return Err("not drawn of kernels of more than 225 numbers");
    }
    let draws = if width > WIDE { FEWER } else { DRAWS };
    let few = numbers.len() / width < MANY * width;
    if few || numbers.len() * (width + MOVE) <= STEPS {
        return Ok(moved(numbers, size, draws));
    }
    let large = Large::new(numbers, width);
    let seed = seed().child(PURPOSE).child("permuted");
    let draws = (0..draws).into_par_iter();
    Ok(draws.map(|draw| large.draw(&mut seed.nth(draw).stream())).collect())
}

/// Moves all numbers, draw by draw.
fn moved(numbers: &[f64], size: Size, draws: u64) -> Vec<f64> {
    let draws = (0..draws).into_par_iter();
    let entropies = draws.filter_map(|draw| {
        let moved = own(numbers, PURPOSE, draw, numbers.len());
        Components::new(moved.chunks_exact(size.count()), size).entropy()
    });
    entropies.collect()
}

/// So many of the numbers furthest from the mean are put into random places one by one.
const FAR: usize = 1024;

/// Numbers of very many kernels, of which sums of products are drawn as a whole.
///
/// Sums of products of many numbers in random places are normal: those of unlike places of a kernel have the variance that
/// they have of normal numbers with this mean square, and those of squares (κ − 1)/2 of it, κ = E x⁴/(E x²)² (Browne
/// 1984). So a Wishart matrix with its diagonal stretched stands for all but the numbers furthest from the mean, which few
/// sums hold, and for whose squares κ would not do. What is left out is of the order 1/kernels, beside 1/√kernels.
struct Large {
    kernels: usize,
    width: usize,
    far: Vec<f64>,
    /// The mean square of the others, each from the mean of all.
    square: f64,
    /// How far the diagonal is stretched.
    stretch: f64,
}

impl Large {
    fn new(numbers: &[f64], width: usize) -> Self {
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        // At a size that can be raised to the fourth power; shares do not depend on it.
        let largest = numbers.iter().fold(0.0, |most: f64, value| most.max((value - mean).abs()));
        let mut apart: Vec<f64> = numbers.iter().map(|value| (value - mean) / largest).collect();
        let far = FAR.min(apart.len() / width);
        let further = |a: &f64, b: &f64| b.abs().total_cmp(&a.abs()).then(a.total_cmp(b));
        apart.select_nth_unstable_by(far, further);
        let (far, near) = apart.split_at_mut(far);
        far.sort_unstable_by(further);
        let moment = |power: i32| {
            near.iter().map(|value| value.powi(power)).sum::<f64>() / near.len() as f64
        };
        let square = moment(2);
        let tailed = if square > 0.0 { moment(4) / square.powi(2) } else { 1.0 };
        Self {
            kernels: numbers.len() / width,
            width,
            far: far.to_vec(),
            square,
            stretch: ((tailed - 1.0) / 2.0).sqrt(),
        }
    }

    fn draw(&self, draws: &mut Stream) -> f64 {
        let (width, all) = (self.width, self.kernels * self.width);
        let near = all - self.far.len();
        let count = (near / width - 1) as f64;
        let mut sums = Wishart { width, count: near / width - 1 }.product(draws);
        for place in (0..sums.len()).step_by(width + 1) {
            sums[place] = count + self.stretch * (sums[place] - count);
        }
        for sum in &mut sums {
            *sum *= self.square;
        }
        let squares = self.add_far(&mut sums, draws);
        for (a, square) in squares.iter().enumerate() {
            for (b, other) in squares.iter().enumerate().take(a) {
                // Numbers far from the mean beside others in their kernels.
                let beside = (self.square * (square + other)).sqrt() * draws.normal();
                sums[a * width + b] += beside;
                sums[b * width + a] += beside;
            }
            sums[a * width + a] += square;
        }
        let (values, _) = eigen(&sums, width);
        let whole: f64 = values.iter().sum();
        entropy(&values.iter().map(|value| value / whole).collect::<Vec<_>>())
    }

    /// Puts the numbers furthest from the mean into places, adds the products of those in one kernel, and returns
    /// for each place of a kernel the sum of their squares.
    fn add_far(&self, sums: &mut [f64], draws: &mut Stream) -> Vec<f64> {
        let (width, all) = (self.width, (self.kernels * self.width) as u64);
        let mut placed: Vec<(usize, f64)> =
            self.far.iter().map(|value| (draws.below(all) as usize, *value)).collect();
        placed.sort_by_key(|(place, _)| *place);
        let mut squares = vec![0.0; width];
        for group in placed.chunk_by(|(a, _), (b, _)| a / width == b / width) {
            for (at, (place, value)) in group.iter().enumerate() {
                squares[place % width] += value * value;
                // Two in one place cannot be; they are as rare as not to matter.
                for (other, beside) in group[..at].iter().filter(|(other, _)| other != place) {
                    sums[place % width * width + other % width] += value * beside;
                    sums[other % width * width + place % width] += value * beside;
                }
            }
        }
        squares
    }
}
