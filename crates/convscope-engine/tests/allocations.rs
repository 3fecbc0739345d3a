//! The training loop takes no memory. A binary of its own, because the allocator counts for the
//! whole of it.

use allocation_counter::measure;
use convscope_core::Seed;
use convscope_engine::update::{Adam, Sgd, adam, sgd};
use convscope_engine::{Executor, Level, Samples};
use convscope_model::layer::{Conv, Linear, PadWith, Pool};
use convscope_model::{Layer, Net, Op, Shape};

/// Every kind of step: read as images and as rows, convolution with and without a pool, pools
/// alone.
fn nets() -> [Net; 3] {
    let conv =
        |filters, pad_with| Op::Conv(Conv { filters, padding: 1, pad_with, ..Conv::default() });
    let linear = |outputs| Op::Linear(Linear { outputs, bias: true });
    let pool = Pool::default();
    let overlapping = Pool { size: 3, stride: Some(2), padding: 0 };
    let build = |ops: Vec<Op>| {
        let layers = ops.into_iter().enumerate().map(|(i, op)| Layer::new(format!("l{i}"), op));
        Net::new(Shape::image(1, 12, 12), layers.collect()).expect("the layers fit each other")
    };
    [
        build(vec![Op::Flatten, linear(20), Op::Relu, linear(3)]),
        build(vec![
            conv(3, PadWith::Reflect),
            Op::Relu,
            Op::MaxPool(pool.clone()),
            conv(3, PadWith::Reflect),
            Op::Relu,
            Op::GlobalAveragePool,
            linear(3),
        ]),
        build(vec![
            conv(2, PadWith::Zero),
            Op::AveragePool(pool),
            Op::Relu,
            Op::MaxPool(overlapping),
            Op::Flatten,
            linear(4),
            conv(3, PadWith::Zero),
        ]),
    ]
}

#[test]
fn training_and_evaluation_take_no_memory() {
    let labels: Vec<u16> = (0..40).map(|i| i % 3).collect();
    let pixels: Vec<f32> = (0..40 * 144).map(|i| (i % 17) as f32 / 17.0).collect();
    let samples = Samples { pixels: &pixels, labels: &labels };
    let batch: Vec<u32> = (0..33).collect();
    for (net, level) in nets().iter().flat_map(each_level) {
        let count = net.parameter_count();
        let (mut weights, mut gradients) = (vec![0.1; count], vec![0.0; count]);
        let (mut first, mut second) = (vec![0.0; count], vec![0.0; count]);
        let mut executor = Executor::new(net, 33, level);
        let mut seen = 0;
        let taken = measure(|| {
            for size in [33, 10, 1, 17] {
                let batch = &batch[..size];
                executor.gradients(&weights, samples, batch, Seed::root(1), &mut gradients);
                sgd(level, &Sgd::default(), &mut weights, &gradients, &mut first);
                let memory = (&mut first[..], &mut second[..]);
                adam(level, &Adam::default(), 1, &mut weights, &gradients, memory);
                executor.evaluate(&weights, samples, |_, logits| seen += logits.len());
            }
        });
        assert_eq!(taken.count_total, 0, "on {level}");
        assert_eq!(seen, 4 * 40 * 3);
    }
}

fn each_level(net: &Net) -> impl Iterator<Item = (&Net, Level)> {
    Level::available().into_iter().map(move |level| (net, level))
}
