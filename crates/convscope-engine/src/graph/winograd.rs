//! Convolutions of 3 × 3 with fewer products.

mod correlate;
mod form;
mod tiles;
mod weights;

use std::marker::PhantomData;

use convscope_model::Shape;

use self::correlate::Correlate;
use self::form::{Form, Four, Two};
use self::tiles::Tiling;
use self::weights::Weights;
use super::scratch::Crew;
use crate::simd::Simd;
use crate::tensor::Tensor;

/// The side of a tile of outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// F(2 × 2, 3 × 3): 16 products where there were 36.
    Two,
    /// F(4 × 4, 3 × 3): 36 products where there were 144.
    Four,
}

/// Convolutions with kernels of 3 × 3, a step of one, and one row and column of zeros around, by
/// Winograd's minimal filtering (Lavin and Gray, 2016).
///
/// Results do not depend on threads or levels.
///
/// # Errors of rounding
/// The largest difference from sums in double precision, as a share of the largest value, for
/// normal numbers, 16 samples and 16 filters, from 64 channels of 32 × 32 pixels to 512 of 4 × 4:
/// outputs 2 to 3 · 10⁻⁷ in tiles of 2 × 2 and 4 to 7 · 10⁻⁶ in tiles of 4 × 4; slopes by inputs
/// 2 · 10⁻⁷ and 4 · 10⁻⁶; slopes by weights 5 · 10⁻⁷ and 3 to 5 · 10⁻⁶.
///
/// # Cost
/// Kernels are brought to their factors on every call. The scratch holds them (16 or 36 numbers
/// for each kernel) and, for each thread, the factors and products of some tiles.
#[derive(Debug, Clone)]
pub(crate) struct Winograd {
    side: Side,
    channels: usize,
    filters: usize,
    shape: Shape,
    blocks: usize,
}

impl Winograd {
    /// Plans convolutions of images of so many channels and some height and width, in whichever
    /// tiles take fewer products.
    pub(crate) fn new(channels: usize, filters: usize, shape: Shape, blocks: usize) -> Self {
        let products = |tile: usize| (tile + 2).pow(2) * Tiling { shape, tile }.count();
        let side = if products(4) < products(2) { Side::Four } else { Side::Two };
        Self::with(side, channels, filters, shape, blocks)
    }

    pub(super) fn with(
        side: Side,
        channels: usize,
        filters: usize,
        shape: Shape,
        blocks: usize,
    ) -> Self {
        Self { side, channels, filters, shape, blocks }
    }

    /// Writes the outputs; what stands on the border of `output` stays.
    pub(crate) fn forward<S: Simd>(
        &self,
        crew: &mut Crew<'_, S>,
        kernels: &[f32],
        bias: Option<&[f32]>,
        input: &Tensor,
        output: &mut Tensor,
    ) {
        match self.side {
            Side::Two => self.correlate::<Two>(kernels, bias).run(crew, input, output),
            Side::Four => self.correlate::<Four>(kernels, bias).run(crew, input, output),
        }
    }

    /// Writes the slopes by the inputs; what stands on the border of `back` stays.
    ///
    /// They are a convolution of the slopes by the outputs with kernels turned by half a turn.
    pub(crate) fn input_slopes<S: Simd>(
        &self,
        crew: &mut Crew<'_, S>,
        kernels: &[f32],
        slope: &Tensor,
        back: &mut Tensor,
    ) {
        match self.side {
            Side::Two => self.correlate::<Two>(kernels, None).turned().run(crew, slope, back),
            Side::Four => self.correlate::<Four>(kernels, None).turned().run(crew, slope, back),
        }
    }

    /// Writes the slopes by the weights, in the order of filters, channels, rows and columns.
    pub(crate) fn weight_slopes<S: Simd>(
        &self,
        crew: &mut Crew<'_, S>,
        input: &Tensor,
        slope: &Tensor,
        gradients: &mut [f32],
    ) {
        match self.side {
            Side::Two => self.weights::<Two>().run(crew, input, slope, gradients),
            Side::Four => self.weights::<Four>().run(crew, input, slope, gradients),
        }
    }

    fn correlate<'a, F: Form>(
        &self,
        kernels: &'a [f32],
        bias: Option<&'a [f32]>,
    ) -> Correlate<'a, F> {
        Correlate {
            form: PhantomData,
            tiling: Tiling { shape: self.shape, tile: F::TILE },
            blocks: self.blocks,
            from: self.channels,
            to: self.filters,
            kernels,
            bias,
            back: false,
        }
    }

    fn weights<F: Form>(&self) -> Weights<F> {
        Weights {
            form: PhantomData,
            tiling: Tiling { shape: self.shape, tile: F::TILE },
            blocks: self.blocks,
            channels: self.channels,
            filters: self.filters,
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_model::Shape;
    use convscope_model::layer::Conv;

    use super::{Side, Winograd};
    use crate::Level;
    use crate::graph::scratch::{Crew, Scratch};
    use crate::graph::trial::{
        drawn, error, input_slopes, outputs, values, weight_slopes, weights,
    };
    use crate::simd::{EachLevel, Lanes, Simd, run_at};
    use crate::tensor::{Grid, Tensor};

    struct Trial<'a> {
        plan: &'a Winograd,
        threads: usize,
        kernels: &'a [f32],
        bias: &'a [f32],
        input: &'a Tensor,
        slope: &'a Tensor,
    }

    impl EachLevel for Trial<'_> {
        type Output = [Vec<f32>; 3];

        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let Self { plan, threads, kernels, bias, input, slope } = self;
            let mut scratch = Scratch::default();
            // What others left in the scratch must not matter.
            scratch.take(50_000).fill(Lanes([f32::NAN; 16]));
            let mut crew = Crew { simd, threads, scratch: &mut scratch };
            let tensor = |like: &Tensor, border| {
                Tensor::images(Grid::new(like.grid.shape, border), like.values.len() / like.step)
            };
            let (mut output, mut back) = (tensor(slope, 2), tensor(input, 0));
            plan.forward(&mut crew, kernels, Some(bias), input, &mut output);
            plan.input_slopes(&mut crew, kernels, slope, &mut back);
            let mut gradients = vec![f32::NAN; kernels.len()];
            plan.weight_slopes(&mut crew, input, slope, &mut gradients);
            [values(&output), values(&back), gradients]
        }
    }

    #[test]
    fn tiles_are_those_of_fewer_products() {
        for (size, side) in [(2, Side::Two), (4, Side::Four), (5, Side::Two), (32, Side::Four)] {
            assert_eq!(Winograd::new(1, 1, Shape::image(1, size, size), 1).side, side, "{size}");
        }
    }

    #[test]
    #[ignore = "prints errors"]
    fn errors() {
        for (channels, size) in [(64, 32), (128, 16), (256, 8), (512, 4)] {
            let conv = Conv { filters: 16, padding: 1, ..Conv::default() };
            let shape = Shape::image(channels, size, size);
            let input = drawn(shape, 1, 1, 1);
            let slope = drawn(Shape::image(16, size, size), 0, 1, 2);
            let (kernels, bias) = (weights(16 * channels * 9, 3), [0.0; 16]);
            let expected = [
                outputs(&conv, &kernels, &bias, &input),
                input_slopes(&conv, &kernels, shape, &slope),
                weight_slopes(&conv, &input, &slope),
            ];
            for side in [Side::Two, Side::Four] {
                let plan = Winograd::with(side, channels, 16, shape, 1);
                let trial = Trial {
                    plan: &plan,
                    threads: 1,
                    kernels: &kernels,
                    bias: &bias,
                    input: &input,
                    slope: &slope,
                };
                let found = run_at(Level::detect(), trial);
                let [a, b, c] = std::array::from_fn(|i| error(&found[i], &expected[i]));
                println!("{shape} {side:?}: {a:.1e} {b:.1e} {c:.1e}");
            }
        }
    }

    #[test]
    fn winograd_is_the_plain_convolution_on_every_level_and_any_threads() {
        for (channels, filters, height, width, blocks) in [
            (3, 5, 5, 7, 2),
            (70, 6, 9, 4, 2),
            (16, 66, 4, 4, 3),
            (20, 12, 8, 8, 1),
            (2, 3, 1, 2, 4),
        ] {
            let conv = Conv { filters, padding: 1, ..Conv::default() };
            let shape = Shape::image(channels, height, width);
            let input = drawn(shape, 1, blocks, 1);
            let slope = drawn(Shape::image(filters, height, width), 0, blocks, 2);
            let kernels = weights(filters * channels * 9, 3);
            let bias = weights(filters, 4);
            let expected = [
                outputs(&conv, &kernels, &bias, &input),
                input_slopes(&conv, &kernels, shape, &slope),
                weight_slopes(&conv, &input, &slope),
            ];
            for (side, most) in [(Side::Two, 1e-6), (Side::Four, 1e-5)] {
                let plan = Winograd::with(side, channels, filters, shape, blocks);
                let mut first: Option<[Vec<f32>; 3]> = None;
                for level in Level::available() {
                    for threads in [1, 2, 3, 8] {
                        let trial = Trial {
                            plan: &plan,
                            threads,
                            kernels: &kernels,
                            bias: &bias,
                            input: &input,
                            slope: &slope,
                        };
                        let found = run_at(level, trial);
                        for (found, expected) in found.iter().zip(&expected) {
                            let error = error(found, expected);
                            assert!(error < most, "{side:?} {shape:?} {level} {threads}: {error}");
                        }
                        let first = first.get_or_insert_with(|| found.clone());
                        let same = |a: &[f32], b: &[f32]| {
                            a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
                        };
                        let equal = first.iter().zip(&found).all(|(a, b)| same(a, b));
                        assert!(equal, "{side:?} {shape:?} {level} {threads} threads");
                    }
                }
            }
        }
    }
}
