//! Prints how fast the kernels are, in operations of the direct algorithm.
//!
//! `cargo test --release -p convscope-engine --lib graph::speed -- --ignored --nocapture`

use std::time::Instant;

use convscope_model::Shape;
use convscope_model::layer::Conv;

use super::blocks::{Back, Way};
use super::direct::Direct;
use super::gathered::Gathered;
use super::scratch::{Crew, Scratch};
use super::trial::{after, drawn};
use super::weight_products::WeightProducts;
use super::winograd::{Side, Winograd};
use crate::Level;
use crate::simd::{EachLevel, Simd, run_at};
use crate::tensor::{Grid, Tensor};

const THREADS: [usize; 2] = [1, 2];

const BLOCKS: usize = 4;
/// How many billion operations are timed at once.
const REPEATS: f64 = 10.0;

/// Returns the operations a second of the best of some runs, in billions: of one thread by the time
/// that it had a core, since others use the machine too, and of several by the clock.
fn best(operations: f64, threads: usize, mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    let now = || match std::fs::read_to_string("/proc/thread-self/schedstat") {
        Ok(line) if threads == 1 => {
            line.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0.0) / 1e9
        }
        _ => start.elapsed().as_secs_f64(),
    };
    let mut seconds = f64::INFINITY;
    // The time that a thread had is only brought up to date now and then.
    let runs = (REPEATS * 1e9 / operations) as usize + 1;
    for _ in 0..4 {
        let before = now();
        (0..runs).for_each(|_| run());
        seconds = seconds.min(now() - before);
    }
    operations * runs as f64 / seconds / 1e9
}

struct Case {
    conv: Conv,
    shape: Shape,
}

impl EachLevel for Case {
    type Output = ();

    #[expect(clippy::too_many_lines, reason = "one measurement after another")]
    fn run<S: Simd>(self, simd: S) {
        let Self { conv, shape } = self;
        let shape_after = after(&conv, shape);
        let input = drawn(shape, conv.padding, BLOCKS, 1);
        let slope = drawn(shape_after, 0, BLOCKS, 2);
        let mut gradients =
            vec![0.0; conv.filters * shape.channels / conv.groups * conv.kernel.pow(2)];
        let kernels = super::trial::weights(gradients.len(), 3);
        let pixels = shape_after.height * shape_after.width * BLOCKS * 16;
        let operations = 2.0 * (gradients.len() * pixels) as f64;
        let plan = WeightProducts::new(&conv, input.grid, shape_after, BLOCKS);
        let mut scratch = Scratch::default();
        let name = format!("{shape} {} {}/{}", conv.filters, conv.kernel, conv.stride);
        print!("{name:21}");
        for threads in THREADS {
            let mut crew = Crew { simd, threads, scratch: &mut scratch };
            let speed =
                best(operations, threads, || plan.run(&mut crew, &input, &slope, &mut gradients));
            print!(" w{threads} {speed:5.0}");
        }
        let mut output = Tensor::images(Grid::new(shape_after, 1), BLOCKS);
        let mut back = Tensor::images(Grid::new(shape, 0), BLOCKS);
        let start = vec![0.0; conv.filters];
        let way = Way { threads: 1, count: BLOCKS * 16 };
        let mut direct = Direct::new::<S>(&conv, input.grid, output.grid, true);
        direct.prepare(&kernels);
        let forward = best(operations, 1, || {
            direct.forward(simd, way, (&input, &start), false, &mut output);
        });
        let passed = best(operations, 1, || {
            direct.backward(simd, way, &slope, Back { to: &mut back, add: false });
        });
        print!(" direct: f {forward:4.0} b {passed:4.0}");
        let plan = Gathered::new(&conv, shape.channels);
        print!(" gathered:");
        for threads in THREADS {
            let mut crew = Crew { simd, threads, scratch: &mut scratch };
            let forward = best(operations, threads, || {
                let from = (&kernels[..], &start[..]);
                plan.forward(&mut crew, BLOCKS, from, (&input, false), &mut output);
            });
            let passed = best(operations, threads, || {
                let to = Back { to: &mut back, add: false };
                plan.input_slopes(&mut crew, BLOCKS, &kernels, &slope, to);
            });
            print!(" f{threads} {forward:4.0} b{threads} {passed:4.0}");
        }
        if (conv.kernel, conv.stride) == (3, 1) {
            for side in [Side::Two, Side::Four] {
                let plan = Winograd::with(side, shape.channels, conv.filters, shape, BLOCKS);
                print!(" {side:?}:");
                for threads in THREADS {
                    let mut crew = Crew { simd, threads, scratch: &mut scratch };
                    let forward = best(operations, threads, || {
                        plan.forward(&mut crew, &kernels, None, &input, &mut output);
                    });
                    let back = best(operations, threads, || {
                        plan.input_slopes(&mut crew, &kernels, &slope, &mut back);
                    });
                    let weights = best(operations, threads, || {
                        plan.weight_slopes(&mut crew, &input, &slope, &mut gradients);
                    });
                    print!(
                        " f{threads} {forward:4.0} b{threads} {back:4.0} w{threads} {weights:4.0}"
                    );
                }
            }
        }
        let peak = best(20e6, 1, || {
            std::hint::black_box(crate::peak::multiply_add(Level::detect(), 20_000_000));
        });
        println!("  peak {peak:.1}");
    }
}

#[test]
#[ignore = "prints speeds"]
fn speeds() {
    let conv = |filters, kernel, stride| Conv {
        filters,
        kernel,
        stride,
        padding: kernel / 2,
        bias: false,
        ..Conv::default()
    };
    for (conv, shape) in [
        (conv(64, 3, 1), Shape::image(64, 32, 32)),
        (conv(128, 3, 1), Shape::image(128, 16, 16)),
        (conv(256, 3, 1), Shape::image(256, 8, 8)),
        (conv(512, 3, 1), Shape::image(512, 4, 4)),
        (conv(64, 3, 1), Shape::image(3, 32, 32)),
        (conv(128, 3, 2), Shape::image(64, 32, 32)),
        (conv(64, 3, 2), Shape::image(32, 32, 32)),
        (conv(64, 3, 2), Shape::image(64, 32, 32)),
        (conv(256, 3, 2), Shape::image(128, 16, 16)),
        (conv(512, 3, 2), Shape::image(256, 8, 8)),
        (conv(128, 1, 2), Shape::image(64, 32, 32)),
        (conv(256, 1, 2), Shape::image(128, 16, 16)),
        (conv(512, 1, 2), Shape::image(256, 8, 8)),
        (conv(64, 1, 1), Shape::image(64, 16, 16)),
        (conv(256, 1, 1), Shape::image(64, 16, 16)),
        (conv(64, 1, 1), Shape::image(256, 16, 16)),
        (conv(64, 7, 2), Shape::image(3, 32, 32)),
        (conv(64, 5, 1), Shape::image(64, 16, 16)),
        (conv(128, 5, 1), Shape::image(128, 16, 16)),
        (conv(512, 1, 1), Shape::image(4096, 1, 1)),
    ] {
        run_at(Level::detect(), Case { conv, shape });
    }
}
