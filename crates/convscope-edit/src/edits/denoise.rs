//! Kernels smoothed as images are.

use convscope_core::registry::{Entry, SettingError};
use convscope_probe::{Grid, Size};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::simplify::{
    Bank, Form, Method, Offer, Offers, Shared, Simplification, State, Target, Then, simplification,
    wide,
};
use super::{Edit, entry};

pub(super) const ENTRY: Entry<dyn Edit> = entry::<Denoise>(
    "denoise",
    "kernels blurred, brought to a lower rank, or smoothed by total variation",
    "Jaderberg et al. 2014, arXiv:1405.3866; Chambolle 2004, An algorithm for total variation minimization",
);

/// How kernels are smoothed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Way {
    /// A mean with a Gaussian's weights. It saves no bits.
    Blur,
    /// The nearest kernel of rank r, for each kernel one: r (rows + columns − r) numbers and which columns they
    /// stand for.
    LowRank,
    /// The kernel of least total variation near the kernel; a kernel of U different numbers takes U · precision
    /// bits for them and log₂ U for each place.
    TotalVariation,
}

simplification! {
    /// Kernels smoothed as images are.
    struct Denoise {
        /// How kernels are smoothed.
        by: Way = Way::LowRank,
        /// The blur's width, in rows.
        sigma: f64 = 0.5,
    }
}

impl Simplification for Denoise {
    fn method(&self) -> impl Method {
        Smoothing(self)
    }

    fn check_own(&self) -> Result<(), SettingError> {
        let wrong = |key: &str, message: &str| Err(SettingError::at(key, message));
        if !(self.sigma > 0.0 && self.sigma.is_finite()) {
            return wrong("sigma", "a width is a finite number above 0");
        }
        match (self.by, self.common().target()) {
            (Way::Blur, Target::Bits(_)) => wrong(
                "bits",
                "a blurred kernel has as many numbers as before: blur by a `budget`, or all",
            ),
            (Way::LowRank | Way::TotalVariation, Target::Choice) => {
                wrong("bits", "this wants a target: `bits` or `budget`")
            }
            _ if self.then == Then::Keep => {
                wrong("then", "training cannot keep kernels so: `free` or `freeze`")
            }
            _ => Ok(()),
        }
    }

    fn words(&self) -> String {
        let by = match self.by {
            Way::Blur => format!("a blur of {}", self.sigma),
            Way::LowRank => "lower rank".into(),
            Way::TotalVariation => "total variation".into(),
        };
        format!("denoise kernels by {by}")
    }
}

struct Smoothing<'a>(&'a Denoise);

impl Method for Smoothing<'_> {
    fn free_bits(&self, bank: &Bank, precision: u32) -> f64 {
        let numbers = bank.size.count() as f64 * f64::from(precision);
        match self.0.by {
            Way::Blur => numbers,
            Way::LowRank => (ranks(bank.size) as f64).log2() + numbers,
            Way::TotalVariation => (bank.size.count() as f64).log2() + numbers,
        }
    }

    fn offers(&self, state: &State, unit: usize) -> Offers {
        let size = state.bank(unit).size;
        let kernel = wide(&state.exact[state.range(unit)]);
        let given = |filter, numbers: Vec<f64>| Form::Given { filter, numbers: numbers.into() };
        match self.0.by {
            Way::Blur => {
                let form = given("blurred", blurred(&kernel, size, self.0.sigma));
                let chosen = Offer { form, bits: state.bits[unit] };
                let first = state.forms[unit].is_free();
                Offers { chosen: first.then_some(chosen), ..Offers::default() }
            }
            Way::LowRank => {
                let offer = |rank: usize| Offer {
                    form: Form::Rank { structure: None, rank },
                    bits: rank_bits(rank, size, state.precision()),
                };
                Offers { further: (1..ranks(size)).map(offer).collect(), ..Offers::default() }
            }
            Way::TotalVariation => {
                let offer = |weight: f64| {
                    let smooth = smoothed(&kernel, size, weight);
                    let levels = different(&smooth, state.grid(unit));
                    let bits = levels_bits(levels, size.count(), state.precision());
                    Offer { form: given("total-variation", smooth), bits }
                };
                let rms = (kernel.iter().map(|v| v * v).sum::<f64>() / kernel.len() as f64).sqrt();
                let weights = (0..10).map(|power| rms * 2.0_f64.powi(power - 6));
                Offers { further: weights.map(offer).collect(), ..Offers::default() }
            }
        }
    }
}

fn ranks(size: Size) -> usize {
    size.rows.min(size.columns)
}

/// Returns the bits of a kernel of a rank: which rank, which columns are written down, and the numbers.
fn rank_bits(rank: usize, size: Size, precision: u32) -> f64 {
    let places: f64 =
        (0..rank).map(|k| ((size.columns - k) as f64).log2() - ((k + 1) as f64).log2()).sum();
    let numbers = rank * (size.rows + size.columns - rank);
    (ranks(size) as f64).log2() + places + numbers as f64 * f64::from(precision)
}

/// Returns the bits of n numbers that take so many levels: how many, which, and which is where.
fn levels_bits(levels: usize, n: usize, precision: u32) -> f64 {
    let (levels, n) = (levels as f64, n as f64);
    n.log2() + levels * f64::from(precision) + n * levels.log2()
}

/// Counts the different numbers on a grid.
fn different(numbers: &[f64], grid: Grid) -> usize {
    let mut rounded: Vec<f64> = numbers.iter().map(|value| grid.round(*value)).collect();
    rounded.sort_by(f64::total_cmp);
    rounded.dedup_by(|a, b| (*a - *b).abs() <= 0.5 * grid.step);
    rounded.len()
}

/// Returns the means of a kernel with a Gaussian's weights, which sum to 1 within the kernel.
fn blurred(kernel: &[f64], size: Size, sigma: f64) -> Vec<f64> {
    let weight = |a: usize, b: usize| {
        let apart = a as f64 - b as f64;
        (-apart * apart / (2.0 * sigma * sigma)).exp()
    };
    let place = |at: usize| (at / size.columns, at % size.columns);
    let mean = |at: usize| {
        let (r, c) = place(at);
        let (mut sum, mut whole) = (0.0, 0.0);
        for (other, value) in kernel.iter().enumerate() {
            let (row, column) = place(other);
            let weight = weight(r, row) * weight(c, column);
            (sum, whole) = (sum + weight * value, whole + weight);
        }
        sum / whole
    };
    (0..kernel.len()).map(mean).collect()
}

/// Steps towards the kernel of least total variation.
const STEPS: usize = 400;

/// Returns the kernel x that minimises ½ ‖x − kernel‖² + weight · Σ |differences of neighbours|.
///
/// Projected gradients of the dual, in which each difference has a number of at most `weight`: x is the kernel
/// less what these numbers push at each place.
fn smoothed(kernel: &[f64], size: Size, weight: f64) -> Vec<f64> {
    let right = (0..kernel.len()).filter(|at| at % size.columns + 1 < size.columns);
    let below = (0..kernel.len()).filter(|at| at / size.columns + 1 < size.rows);
    let pairs: Vec<[usize; 2]> =
        right.map(|at| [at, at + 1]).chain(below.map(|at| [at, at + size.columns])).collect();
    let mut pushes = vec![0.0_f64; pairs.len()];
    let pushed = |pushes: &[f64]| {
        let mut smooth = kernel.to_vec();
        for ([a, b], push) in pairs.iter().zip(pushes) {
            smooth[*a] += push;
            smooth[*b] -= push;
        }
        smooth
    };
    for _ in 0..STEPS {
        let smooth = pushed(&pushes);
        // A place has at most four neighbours: steps of 1/8 go down.
        for ([a, b], push) in pairs.iter().zip(&mut pushes) {
            *push = (*push + (smooth[*b] - smooth[*a]) / 8.0).clamp(-weight, weight);
        }
    }
    pushed(&pushes)
}

#[cfg(test)]
mod tests {
    use convscope_probe::Size;

    use super::{blurred, different, levels_bits, rank_bits, smoothed};

    #[test]
    fn bits_of_a_rank_count_its_numbers_and_its_columns() {
        // Of 5 columns 2: 10 choices; 2 · (5 + 5 − 2) numbers; one of five ranks.
        let wanted = 5.0_f64.log2() + 10.0_f64.log2() + 16.0 * 8.0;
        assert!((rank_bits(2, Size::square(5), 8) - wanted).abs() < 1e-12);
        assert!(
            (levels_bits(3, 9, 8) - (9.0_f64.log2() + 24.0 + 9.0 * 3.0_f64.log2())).abs() < 1e-12
        );
    }

    #[test]
    fn a_blur_keeps_flat_kernels_and_smooths_others() {
        let flat = blurred(&[2.0; 9], Size::square(3), 0.7);
        assert!(flat.iter().all(|value| (value - 2.0).abs() < 1e-12));
        let mut peak = [0.0; 9];
        peak[4] = 1.0;
        let smooth = blurred(&peak, Size::square(3), 0.7);
        assert!(smooth[4] < 0.7 && smooth[0] > 0.0 && smooth[1] > smooth[0]);
    }

    #[test]
    fn total_variation_makes_plateaus_of_noise_and_keeps_the_mean() {
        let noisy = [1.1, 0.9, 1.0, 0.1, -0.1, 0.0, -1.0, -0.9, -1.1];
        let size = Size::square(3);
        let smooth = smoothed(&noisy, size, 0.1);
        let mean = |list: &[f64]| list.iter().sum::<f64>() / 9.0;
        assert!((mean(&smooth) - mean(&noisy)).abs() < 1e-12);
        let spread = |list: &[f64]| (list[0] - list[1]).abs() + (list[3] - list[4]).abs();
        assert!(spread(&smooth) < 0.25 * spread(&noisy), "{smooth:?}");
        let grid = convscope_probe::Grid::of(&noisy, 6);
        assert_eq!(different(&smooth, grid), 3, "{smooth:?}");
        let flat = smoothed(&noisy, size, 100.0);
        assert!(flat.iter().all(|value| (value - mean(&noisy)).abs() < 1e-6), "{flat:?}");
    }
}
