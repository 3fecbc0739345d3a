//! That the nearest wave under a bell is found with the bits of the plain way there: every wave at every place, every
//! slope anew at every step.

use std::f64::consts::PI;

use convscope_core::Seed;
use convscope_probe::{Gabor, Size, Workbench};

/// Direction, and logarithms of wavelength, deviation and aspect.
type Numbers = [f64; 4];

struct Plain<'k> {
    size: Size,
    kernel: &'k [f64],
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn without_mean(values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.into_iter().map(|value| value - mean).collect()
}

fn normalised(values: Vec<f64>) -> Vec<f64> {
    let length = dot(&values, &values).sqrt();
    values.into_iter().map(|value| if length > 1e-9 { value / length } else { 0.0 }).collect()
}

impl Plain<'_> {
    fn waves(&self, [direction, wavelength, deviation, aspect]: Numbers) -> [Vec<f64>; 2] {
        let (sin, cos) = direction.sin_cos();
        let width = deviation.exp();
        let middle = |count: usize| (count - 1) as f64 / 2.0;
        let wave = |odd: bool| {
            let at = |place: usize| {
                let down = (place / self.size.columns) as f64 - middle(self.size.rows);
                let right = (place % self.size.columns) as f64 - middle(self.size.columns);
                let along = right * cos + down * sin;
                let across = (down * cos - right * sin) * aspect.exp();
                let bell = (-(along * along + across * across) / (2.0 * width * width)).exp();
                let turns = 2.0 * PI / wavelength.exp() * along;
                bell * if odd { turns.sin() } else { turns.cos() }
            };
            without_mean((0..self.size.count()).map(at).collect())
        };
        [wave(false), wave(true)]
    }

    fn orthonormal(&self, numbers: Numbers) -> [Vec<f64>; 2] {
        let [even, odd] = self.waves(numbers);
        let even = normalised(even);
        let along = dot(&even, &odd);
        let odd = odd.iter().zip(&even).map(|(odd, even)| odd - along * even).collect();
        [even, normalised(odd)]
    }

    fn left(&self, numbers: Numbers) -> Vec<f64> {
        let mut left = self.kernel.to_vec();
        for wave in self.orthonormal(numbers) {
            let along = dot(&wave, self.kernel);
            left.iter_mut().zip(wave).for_each(|(left, wave)| *left -= along * wave);
        }
        left
    }

    /// Returns what is left after up to 40 damped steps, and how many were better than what was before.
    fn led(&self, start: Numbers, bounds: [[f64; 2]; 4]) -> (f64, Numbers, usize) {
        let energy = |at: Numbers| dot(&self.left(at), &self.left(at));
        let (mut at, mut damping, mut better) = (start, 1e-3, 0);
        for _ in 0..40 {
            let slopes: [Vec<f64>; 4] = std::array::from_fn(|number| {
                let mut near = at;
                near[number] += 1e-6;
                let pairs = self.left(near).into_iter().zip(self.left(at));
                pairs.map(|(moved, left)| (moved - left) / 1e-6).collect()
            });
            let mut table = slopes.each_ref().map(|a| slopes.each_ref().map(|b| dot(a, b)));
            for (i, row) in table.iter_mut().enumerate() {
                row[i] += damping * row[i].max(1e-9);
            }
            let step = solved(table, slopes.each_ref().map(|slope| -dot(slope, &self.left(at))));
            let next = std::array::from_fn(|i| (at[i] + step[i]).clamp(bounds[i][0], bounds[i][1]));
            let gained = energy(at) - energy(next);
            if energy(next) < energy(at) {
                (at, damping, better) = (next, f64::max(damping / 9.0, 1e-12), better + 1);
                if gained < 1e-14 {
                    break;
                }
            } else if damping > 1e6 {
                break;
            } else {
                damping *= 8.0;
            }
        }
        (energy(at), at, better)
    }

    /// Returns adjusted R², wavelength, deviation and aspect of the best, and how many steps were better.
    fn best(&self) -> ([f64; 4], usize) {
        let (rows, columns) = (self.size.rows as f64, self.size.columns as f64);
        let (least, most) = (rows.min(columns), rows.max(columns));
        let free = [f64::NEG_INFINITY, f64::INFINITY];
        let aspect = [-(4.0_f64.ln()), 4.0_f64.ln()];
        let bounds =
            [free, [2.0_f64.ln(), (4.0 * most).ln()], [(least / 8.0).ln(), most.ln()], aspect];
        let mut starts = Vec::new();
        for turn in 0..8 {
            for wavelength in [2.5, 0.5 * most, 0.8 * most, 1.6 * most] {
                for deviation in [least / 5.0, least / 3.0] {
                    starts.push([PI * f64::from(turn) / 8.0, wavelength.ln(), deviation.ln(), 0.0]);
                }
            }
        }
        let gain = |start: &Numbers| -> f64 {
            self.orthonormal(*start).iter().map(|wave| dot(wave, self.kernel).powi(2)).sum()
        };
        starts.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
        let led: Vec<_> = starts[..3].iter().map(|start| self.led(*start, bounds)).collect();
        let (left, [_, wavelength, deviation, aspect], _) =
            led.iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        let n = self.kernel.len() as f64;
        let fit = 1.0 - left * (n - 1.0) / (n - 7.0);
        let better = led.iter().map(|led| led.2).sum();
        ([fit, wavelength.exp(), deviation.exp(), aspect.exp()], better)
    }
}

/// Solves a symmetric system by elimination; an unknown that depends on those before is 0.
fn solved(mut table: [[f64; 4]; 4], mut right: [f64; 4]) -> [f64; 4] {
    let scale = (0..4).map(|i| table[i][i]).fold(0.0, f64::max);
    let mut used = [true; 4];
    for i in 0..4 {
        used[i] = table[i][i] > 1e-12 * scale;
        for j in i + 1..4 {
            if used[i] {
                let share = table[j][i] / table[i][i];
                (0..4).for_each(|k| table[j][k] -= share * table[i][k]);
                right[j] -= share * right[i];
            }
        }
    }
    for i in (0..4).rev() {
        let later: f64 = (i + 1..4).map(|j| table[i][j] * right[j]).sum();
        right[i] = if used[i] { (right[i] - later) / table[i][i] } else { 0.0 };
    }
    right
}

#[test]
fn waves_are_fitted_with_the_bits_of_the_plain_way() {
    let mut stream = Seed::root(31).child("waves").stream();
    let sizes = [[5, 5], [5, 7], [6, 8], [7, 7], [8, 5]];
    for [rows, columns] in sizes {
        let size = Size { rows, columns };
        let workbench = Workbench::new(size);
        let mut better = 0;
        for number in 0..12 {
            let mut kernel: Vec<f64> = (0..size.count()).map(|_| stream.normal()).collect();
            if number % 3 == 0 {
                // Few values, the same on either side of the middle: sums that are exactly 0.
                let count = kernel.len();
                for at in 0..count {
                    kernel[count - 1 - at] = kernel[at].round();
                }
            }
            let largest = kernel.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
            let unit = kernel.iter().map(|value| value / largest).collect();
            let centred = without_mean(unit);
            let length = dot(&centred, &centred).sqrt();
            let centred: Vec<f64> = centred.iter().map(|value| value / length).collect();
            let (wanted, steps) = Plain { size, kernel: &centred }.best();
            better += steps;
            let Gabor { fit, wavelength, deviation, aspect, .. } =
                workbench.details(&kernel).gabor.unwrap();
            let found = [fit, wavelength, deviation, aspect];
            assert_eq!(found.map(f64::to_bits), wanted.map(f64::to_bits), "{found:?} {wanted:?}");
        }
        // Twelve kernels, three starts of each.
        assert!(better > 12 * 3 * 4, "{size}: hardly a step was taken: {better}");
    }
}
