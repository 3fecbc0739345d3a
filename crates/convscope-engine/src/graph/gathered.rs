//! Convolutions as products of matrices, for many channels.

mod product;
mod windows;

use convscope_model::layer::{Conv, PadWith};

use self::product::{Finish, Product};
use super::blocks::{Back, Way, over_blocks};
use super::direct::hand_on;
use super::scratch::Crew;
use crate::simd::{LANES, Simd};
use crate::tensor::{Grid, Tensor, fold};

/// Convolutions whose windows are gathered before they are multiplied.
///
/// ```text
/// output[f][pixel] = Σ over channels, taps of kernel[f][channel, tap] · input[channel][pixel, tap]
/// ```
///
/// The values that some pixels need are brought side by side once, panel of channels after panel,
/// and meet all filters there. Slopes by inputs are the same sums the other way round, cut into
/// phases that have the same taps where the stride is more than one. Each sum is one chain of
/// additions for every panel, and one of those: neither threads nor levels change it.
///
/// # Cost
/// Two operations for each weight, output pixel and sample; one copy of every value for each tap
/// and each share of filters; one copy of the kernels on every call.
#[derive(Debug, Clone)]
pub(crate) struct Gathered {
    conv: Conv,
    /// Channels before and after, of a group.
    seen: usize,
    made: usize,
}

impl Gathered {
    /// Plans a convolution of images of so many channels.
    pub(crate) fn new(conv: &Conv, channels: usize) -> Self {
        let (seen, made) = (channels / conv.groups, conv.filters / conv.groups);
        Self { conv: conv.clone(), seen, made }
    }

    /// Computes the outputs; `start` is what each filter begins from.
    pub(crate) fn forward<S: Simd>(
        &self,
        crew: &mut Crew<'_, S>,
        blocks: usize,
        (kernels, start): (&[f32], &[f32]),
        (input, positive): (&Tensor, bool),
        output: &mut Tensor,
    ) {
        let (source, phases) = windows::outputs(&self.conv, input.grid, output.grid);
        let product = Product {
            conv: self,
            kernels,
            before: self.seen,
            after: self.made,
            back: false,
            source,
            phases,
            finish: Finish { start: Some(start), positive, add: false },
        };
        product.run(crew, blocks, input, output);
    }

    /// Passes slopes on.
    pub(crate) fn input_slopes<S: Simd>(
        &self,
        crew: &mut Crew<'_, S>,
        blocks: usize,
        kernels: &[f32],
        slope: &Tensor,
        Back { to, add }: Back<'_>,
    ) {
        let product = |grid, add| {
            let (source, phases) = windows::input_slopes(&self.conv, slope.grid, grid);
            let finish = Finish { start: None, positive: false, add };
            let (before, after) = (self.made, self.seen);
            Product { conv: self, kernels, before, after, back: true, source, phases, finish }
        };
        if self.conv.pad_with == PadWith::Zero || self.conv.padding == 0 {
            let grid = Grid { border: 0, ..to.grid };
            return product(grid, add).run(crew, blocks, slope, to);
        }
        let grid = Grid::new(to.grid.shape, self.conv.padding);
        let mut mirrored = Tensor::images(grid, blocks);
        product(grid, false).run(crew, blocks, slope, &mut mirrored);
        let way = Way { threads: crew.threads, count: blocks * LANES };
        let simd = crew.simd;
        over_blocks(way, &mut mirrored, |_, image| fold(simd, image));
        over_blocks(way, to, |block, image| hand_on(simd, mirrored.image(block), image, add));
    }
}

#[cfg(test)]
mod tests {
    use convscope_model::Shape;
    use convscope_model::layer::{Conv, PadWith};

    use super::Gathered;
    use crate::Level;
    use crate::graph::blocks::{Back, Way, over_blocks};
    use crate::graph::direct::Direct;
    use crate::graph::scratch::{Crew, Scratch};
    use crate::graph::trial::{after, drawn, error, input_slopes, outputs, values, weights};
    use crate::simd::{EachLevel, Lanes, Simd, run_at};
    use crate::tensor::{Grid, Tensor, reflect};

    struct Trial<'a> {
        plan: &'a Gathered,
        threads: usize,
        kernels: &'a [f32],
        start: &'a [f32],
        positive: bool,
        input: &'a Tensor,
        slope: &'a Tensor,
        /// What slopes by the inputs are added to.
        before: Option<&'a Tensor>,
    }

    impl EachLevel for Trial<'_> {
        type Output = [Vec<f32>; 2];

        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let Self { plan, threads, kernels, start, positive, input, slope, before } = self;
            let mut scratch = Scratch::default();
            // What others left in the scratch must not matter.
            scratch.take(50_000).fill(Lanes([f32::NAN; 16]));
            let mut crew = Crew { simd, threads, scratch: &mut scratch };
            let tensor = |like: &Tensor, border| {
                let grid = Grid::new(like.grid.shape, border);
                let mut tensor = Tensor::images(grid, like.values.len() / like.step);
                tensor.values.fill(Lanes([f32::NAN; 16]));
                tensor
            };
            let blocks = input.values.len() / input.step;
            let mut output = tensor(slope, 2);
            plan.forward(&mut crew, blocks, (kernels, start), (input, positive), &mut output);
            let mut back = before.cloned().unwrap_or_else(|| tensor(input, 0));
            let to = Back { to: &mut back, add: before.is_some() };
            plan.input_slopes(&mut crew, blocks, kernels, slope, to);
            [values(&output), values(&back)]
        }
    }

    fn conv(filters: usize, kernel: usize, stride: usize, padding: usize) -> Conv {
        Conv { filters, kernel, stride, padding, ..Conv::default() }
    }

    /// Runs a trial on every level and some numbers of threads, all of which must agree.
    fn agreed(trial: impl Fn(usize) -> [Vec<f32>; 2], what: &str) -> [Vec<f32>; 2] {
        let first = trial(1);
        for threads in [2, 3, 8] {
            let found = trial(threads);
            same(&first, &found, &format!("{what}, {threads} threads"));
        }
        first
    }

    fn same(a: &[Vec<f32>; 2], b: &[Vec<f32>; 2], what: &str) {
        for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
            assert_eq!(a.to_bits(), b.to_bits(), "{what}");
        }
    }

    #[test]
    fn products_are_the_plain_convolution_on_every_level_and_any_threads() {
        for (conv, shape, border, blocks) in [
            (conv(5, 3, 2, 1), Shape::image(3, 5, 7), 1, 3),
            (conv(7, 3, 1, 1), Shape::image(70, 9, 4), 2, 2),
            (conv(33, 3, 2, 1), Shape::image(20, 9, 8), 1, 2),
            (conv(70, 3, 3, 0), Shape::image(9, 11, 8), 1, 1),
            (conv(18, 1, 2, 0), Shape::image(67, 5, 8), 0, 3),
            (conv(66, 1, 1, 0), Shape::image(17, 3, 7), 1, 2),
            (conv(6, 7, 2, 3), Shape::image(3, 12, 13), 3, 2),
            (conv(4, 5, 4, 2), Shape::image(2, 3, 2), 2, 2),
            (conv(19, 3, 2, 1), Shape::image(18, 1, 2), 1, 5),
            (Conv { dilation: 2, groups: 2, ..conv(6, 3, 1, 2) }, Shape::image(32, 6, 5), 2, 2),
            (Conv { dilation: 3, ..conv(8, 3, 2, 1) }, Shape::image(5, 9, 10), 1, 2),
            (Conv { groups: 3, ..conv(12, 3, 2, 1) }, Shape::image(6, 5, 5), 1, 3),
            (conv(16, 3, 2, 1), Shape::image(32, 16, 16), 1, 8),
        ] {
            let shape_after = after(&conv, shape);
            let input = drawn(shape, border, blocks, 1);
            let slope = drawn(shape_after, 0, blocks, 2);
            let before = drawn(shape, 0, blocks, 5);
            let kernels =
                weights(conv.filters * shape.channels / conv.groups * conv.kernel.pow(2), 3);
            let bias = weights(conv.filters, 4);
            let mut expected = [
                outputs(&conv, &kernels, &bias, &input),
                input_slopes(&conv, &kernels, shape, &slope),
            ];
            let plan = Gathered::new(&conv, shape.channels);
            for add in [false, true] {
                if add {
                    expected[0].iter_mut().for_each(|x| *x = x.max(0.0));
                    let before = values(&before);
                    expected[1].iter_mut().zip(before).for_each(|(x, b)| *x += f64::from(b));
                }
                let mut plain: Option<[Vec<f32>; 2]> = None;
                let (plan, kernels, start, positive) = (&plan, &kernels[..], &bias[..], add);
                let (input, slope, before) = (&input, &slope, add.then_some(&before));
                for level in Level::available() {
                    let what = format!("{conv:?} {shape} {level}");
                    let trial = |threads| {
                        run_at(
                            level,
                            Trial { plan, threads, kernels, start, positive, input, slope, before },
                        )
                    };
                    let found = agreed(trial, &what);
                    for (found, expected) in found.iter().zip(&expected) {
                        let error = error(found, expected);
                        assert!(error < 1e-6, "{what}: {error}");
                    }
                    let plain = plain.get_or_insert_with(|| found.clone());
                    same(plain, &found, &what);
                }
            }
        }
    }

    /// The same by definition, from images whose border mirrors them.
    struct Plain<'a> {
        conv: &'a Conv,
        kernels: &'a [f32],
        start: &'a [f32],
        input: &'a Tensor,
        slope: &'a Tensor,
    }

    impl EachLevel for Plain<'_> {
        type Output = [Vec<f32>; 2];

        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let Self { conv, kernels, start, input, slope } = self;
            let blocks = input.values.len() / input.step;
            let way = Way { threads: 1, count: blocks * 16 };
            let mut output = Tensor::images(slope.grid, blocks);
            let mut back = Tensor::images(Grid::new(input.grid.shape, 0), blocks);
            let mut direct = Direct::new::<S>(conv, input.grid, output.grid, true);
            direct.prepare(kernels);
            direct.forward(simd, way, (input, start), false, &mut output);
            direct.backward(simd, way, slope, Back { to: &mut back, add: false });
            [values(&output), values(&back)]
        }
    }

    #[test]
    fn mirrored_borders_are_looked_at_and_folded_back() {
        for (conv, shape) in
            [(conv(20, 3, 1, 1), Shape::image(30, 7, 6)), (conv(9, 5, 2, 2), Shape::image(8, 8, 9))]
        {
            let conv = Conv { pad_with: PadWith::Reflect, ..conv };
            let blocks = 3;
            let mut input = drawn(shape, conv.padding, blocks, 1);
            let way = Way { threads: 1, count: blocks * 16 };
            over_blocks(way, &mut input, |_, image| reflect(crate::simd::Plain, image));
            let slope = drawn(after(&conv, shape), 0, blocks, 2);
            let kernels = weights(conv.filters * shape.channels * conv.kernel.pow(2), 3);
            let start = weights(conv.filters, 4);
            let (input, slope, kernels, start) = (&input, &slope, &kernels[..], &start[..]);
            let expected =
                run_at(Level::Plain, Plain { conv: &conv, kernels, start, input, slope });
            let expected = expected.map(|x| x.into_iter().map(f64::from).collect::<Vec<_>>());
            let plan = &Gathered::new(&conv, shape.channels);
            for level in Level::available() {
                let trial = |threads| {
                    let (positive, before) = (false, None);
                    run_at(
                        level,
                        Trial { plan, threads, kernels, start, positive, input, slope, before },
                    )
                };
                let found = agreed(trial, &format!("{conv:?} {level}"));
                for (found, expected) in found.iter().zip(&expected) {
                    let error = error(found, expected);
                    assert!(error < 2e-6, "{conv:?} {level}: {error}");
                }
            }
        }
    }
}
