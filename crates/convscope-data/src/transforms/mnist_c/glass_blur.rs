//! Frosted glass.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::smooth::smooth;
use super::{SOURCE, Scratch, Severity, Transform, View, entry, grey, unit};
use crate::transforms::pad::Mode;

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> = entry::<GlassBlur>(
    "mnist-c-glass-blur",
    "blurs, exchanges pixels with neighbours, and blurs again",
    SOURCE,
);

/// A blur, a cut to 256 levels towards 0, walks from the lower right in which every second pixel is
/// exchanged with one nearby, and the blur once more.
///
/// The authors call `gaussian(x, multichannel=True)` on images without channels, whose columns then count
/// as channels: images are blurred downwards alone. So it is here. Neighbours are up to d to the left
/// or above but only d − 1 to the right or below, as in the authors' code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct GlassBlur {
    /// Sets blur, reach and walks: 0.7, 1, 2; 0.9, 2, 1; 1, 2, 3; 1.1, 3, 2; or 1.5, 4, 2.
    severity: Severity,
}

impl Default for GlassBlur {
    fn default() -> Self {
        Self { severity: Severity(1) }
    }
}

impl Transform for GlassBlur {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, seed: Seed, scratch: &mut Scratch, to: &mut Vec<f32>) {
        let glass = self.glass();
        glass.applied(image, &mut exchanges(glass.reach, seed), scratch, to);
    }
}

/// Draws with which other pixel the next one is exchanged, if it is: how far that lies to the right and down.
fn exchanges(reach: usize, seed: Seed) -> impl FnMut() -> Option<[isize; 2]> {
    let (mut coin, mut draws) = (seed.child("coin").stream(), seed.stream());
    let mut near = move || draws.below(2 * reach as u64) as isize - reach as isize;
    move || (coin.below(2) == 0).then(|| [near(), near()])
}

impl GlassBlur {
    fn glass(&self) -> Glass {
        let (sigma, reach, walks) =
            self.severity.of([(0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2)]);
        Glass { sigma, reach, walks }
    }
}

#[derive(Clone, Copy)]
struct Glass {
    sigma: f64,
    /// How far away exchanged pixels are.
    reach: usize,
    walks: usize,
}

impl Glass {
    /// Applies it; `exchange` says how far to the right and down the other pixel is, if there is one.
    fn applied(
        self,
        image: View<'_>,
        exchange: &mut impl FnMut() -> Option<[isize; 2]>,
        scratch: &mut Scratch,
        to: &mut Vec<f32>,
    ) {
        let Shape { height, width, .. } = image.shape();
        let [plane, held, _] = &mut scratch.wide;
        plane.clear();
        plane.extend(image.pixels().iter().map(|pixel| f64::from(*pixel)));
        smooth(plane, width, [self.sigma, 0.0], Mode::Edge, held);
        for value in plane.iter_mut() {
            // A level that the filter leaves as it is stays, whatever the last digit of its sum.
            *value = f64::from((*value * 255.0 + 1e-9) as u8) / 255.0;
        }
        for _ in 0..self.walks {
            for row in (self.reach + 1..=height - self.reach).rev() {
                for column in (self.reach + 1..=width - self.reach).rev() {
                    if let Some([right, down]) = exchange() {
                        let row_there = row.saturating_add_signed(down);
                        let column_there = column.saturating_add_signed(right);
                        plane.swap(row * width + column, row_there * width + column_there);
                    }
                }
            }
        }
        smooth(plane, width, [self.sigma, 0.0], Mode::Edge, held);
        to.clear();
        to.extend(plane.iter().map(|value| unit(*value)));
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;

    use super::{GlassBlur, Severity, exchanges};
    use crate::transforms::golden;

    /// Bounds are five standard errors.
    #[test]
    fn every_second_pixel_is_exchanged_with_any_of_its_neighbours() {
        let (reach, n) = (3, 20_000);
        let mut exchange = exchanges(reach, Seed::root(1));
        let (mut exchanged, mut moves) = (0, [[0; 6]; 2]);
        for [right, down] in (0..n).filter_map(|_| exchange()) {
            exchanged += 1;
            moves[0][(right + 3) as usize] += 1;
            moves[1][(down + 3) as usize] += 1;
        }
        let near = |count: i32, of: i32, share: f64| {
            let error = (share * (1.0 - share) / f64::from(of)).sqrt();
            assert!(
                (f64::from(count) / f64::from(of) - share).abs() < 5.0 * error,
                "{count} of {of}"
            );
        };
        near(exchanged, n, 0.5);
        moves.as_flattened().iter().for_each(|count| near(*count, exchanged, 1.0 / 6.0));
    }

    #[test]
    fn glass_equals_that_of_scipy() {
        let count = golden::mnist_c("glass-blur", |image, case, scratch, to| {
            let glass = GlassBlur { severity: Severity(case.read("severity")) }.glass();
            let mut numbers = golden::formula(case.read("first"), usize::MAX);
            let mut next = || numbers.next().unwrap();
            let span = 2.0 * glass.reach as f64;
            let mut exchange = || {
                let coin = next() < 0.5;
                let both = [next(), next()];
                coin.then(|| both.map(|u| (u * span) as isize - glass.reach as isize))
            };
            glass.applied(image, &mut exchange, scratch, to);
        });
        assert_eq!(count, 5);
    }
}
