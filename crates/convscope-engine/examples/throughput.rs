//! Prints how many images a second some nets are trained on by one core, with the optimiser's step,
//! and what share that is of the core's peak.
//!
//! `cargo run --release -p convscope-engine --example throughput [LEVEL [NET]]`
//!
//! With `--json` it prints instead, for one and two threads with a model on each, medians over
//! windows long enough to be set beside those of others: `bench/engine` reads these lines.
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::hint::black_box;
use std::time::Instant;

use convscope_core::Seed;
use convscope_engine::update::{Adam, Sgd, adam, sgd};
use convscope_engine::{Executor, Level, Samples, peak};
use convscope_model::layer::{Conv, Linear, PadWith, Pool};
use convscope_model::{Layer, Net, Op, Shape};

/// Images in the data set that batches are drawn from.
const IMAGES: usize = 512;
/// How long each measurement takes, about as long as others on the machine leave a core alone.
const SECONDS: f64 = 0.004;
/// How many measurements are made of each; the best one is printed, for others use the machine too.
const REPEATS: usize = 400;

enum Optimizer {
    Sgd,
    Adam,
}

/// The windows behind a line of `--json`, and how long each of them is in seconds.
const WINDOWS: usize = 5;
const WINDOW: f64 = 0.5;

fn main() {
    if std::env::args().nth(1).is_some_and(|word| word == "--json") {
        return print_lines(Level::detect());
    }
    let named = std::env::args().nth(1);
    let level = named.map_or(Level::detect(), |name| name.parse().expect("the name of a level"));
    let peak = best(|| {
        let (done, result) = peak::multiply_add(level, 50_000_000);
        black_box(result);
        done as f64
    });
    println!("level {level}, peak {:.1} GFLOP/s", peak / 1e9);
    println!(
        "{:16} {:>6} {:>6} {:>12} {:>10} {:>7}",
        "net", "batch", "step", "images/s", "GFLOP/s", "share"
    );
    let image = Shape::image(1, 28, 28);
    for (name, net, batch, optimizer) in [
        ("simple-cnn", net(image, &simple_cnn()), 10, Optimizer::Sgd),
        ("simple-cnn", net(image, &simple_cnn()), 32, Optimizer::Sgd),
        ("mlp", net(image, &mlp()), 10, Optimizer::Sgd),
        ("mlp", net(image, &mlp()), 32, Optimizer::Sgd),
        ("mlp", net(image, &mlp()), 32, Optimizer::Adam),
        ("lenet", net(image, &lenet()), 64, Optimizer::Sgd),
        ("two-conv", net(image, &two_conv()), 64, Optimizer::Adam),
    ] {
        if std::env::args().nth(2).is_some_and(|wanted| wanted != name) {
            continue;
        }
        let mut training = Training::new(&net, batch, level);
        let rate = best(|| training.pass(batch, level, &optimizer));
        let flops = rate * operations(&net);
        let step = if matches!(optimizer, Optimizer::Sgd) { "sgd" } else { "adam" };
        println!(
            "{name:16} {batch:>6} {step:>6} {rate:>12.0} {:>10.1} {:>6.1}%",
            flops / 1e9,
            100.0 * flops / peak
        );
    }
}

/// Prints one line of JSON for each net, batch size and number of threads.
fn print_lines(level: Level) {
    let image = Shape::image(1, 28, 28);
    let (cnn, mlp) = (net(image, &simple_cnn()), net(image, &mlp()));
    for (name, net, batch) in
        [("simple-cnn", &cnn, 10), ("simple-cnn", &cnn, 32), ("three-layer-mlp", &mlp, 32)]
    {
        for threads in [1, 2] {
            let mut rates: Vec<f64> =
                (0..WINDOWS).map(|_| together(net, batch, threads, level)).collect();
            rates.sort_by(f64::total_cmp);
            let rate = rates[WINDOWS / 2];
            println!(
                r#"{{"who":"convscope","net":"{name}","batch":{batch},"threads":{threads},"images_per_second":{rate:.0}}}"#
            );
        }
    }
}

/// Returns how many images a second some threads train on together, each with a model of its own.
fn together(net: &Net, batch: usize, threads: usize, level: Level) -> f64 {
    let one = || {
        let mut training = Training::new(net, batch, level);
        let (start, mut done) = (Instant::now(), 0.0);
        while start.elapsed().as_secs_f64() < WINDOW {
            done += training.pass(batch, level, &Optimizer::Sgd);
        }
        done / start.elapsed().as_secs_f64()
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        running.into_iter().map(|thread| thread.join().expect("a training that ends")).sum()
    })
}

/// Returns the most that `work` ever did in a second.
fn best(mut work: impl FnMut() -> f64) -> f64 {
    let once = |work: &mut dyn FnMut() -> f64| {
        let (start, mut done) = (Instant::now(), 0.0);
        while start.elapsed().as_secs_f64() < SECONDS {
            done += work();
        }
        done / start.elapsed().as_secs_f64()
    };
    (0..REPEATS).map(|_| once(&mut work)).fold(0.0, f64::max)
}

/// A model and what its training needs.
struct Training {
    executor: Executor,
    weights: Vec<f32>,
    gradients: Vec<f32>,
    memory: [Vec<f32>; 2],
    pixels: Vec<f32>,
    labels: Vec<u16>,
    order: Vec<u32>,
    steps: u64,
}

impl Training {
    fn new(net: &Net, batch: usize, level: Level) -> Self {
        let mut stream = Seed::root(1).stream();
        let mut weights = vec![0.0; net.parameter_count()];
        for parameter in net.parameters() {
            let bound = 1.0 / (parameter.fan_in as f64).sqrt();
            weights[parameter.range()].fill_with(|| stream.uniform_in(-bound, bound) as f32);
        }
        let mut order: Vec<u32> = (0..IMAGES as u32).collect();
        stream.shuffle(&mut order);
        Self {
            executor: Executor::new(net, batch, level),
            gradients: vec![0.0; weights.len()],
            memory: [vec![0.0; weights.len()], vec![0.0; weights.len()]],
            pixels: (0..IMAGES * net.input().len()).map(|_| stream.uniform() as f32).collect(),
            labels: (0..IMAGES).map(|i| (i % net.output().len()) as u16).collect(),
            weights,
            order,
            steps: 0,
        }
    }

    /// Trains for one pass over the data and returns the count of images.
    fn pass(&mut self, batch: usize, level: Level, optimizer: &Optimizer) -> f64 {
        let samples = Samples { pixels: &self.pixels, labels: &self.labels };
        for batch in self.order.chunks_exact(batch) {
            self.steps += 1;
            let score = self.executor.gradients(
                &self.weights,
                samples,
                batch,
                Seed::root(1),
                &mut self.gradients,
            );
            black_box(score);
            let [first, second] = &mut self.memory;
            match optimizer {
                Optimizer::Sgd => {
                    let step = Sgd { lr: 0.01, momentum: 0.9, nesterov: false, weight_decay: 1e-4 };
                    sgd(level, &step, &mut self.weights, &self.gradients, first);
                }
                Optimizer::Adam => {
                    let step = Adam { lr: 1e-3, ..Adam::default() };
                    adam(
                        level,
                        &step,
                        self.steps,
                        &mut self.weights,
                        &self.gradients,
                        (first, second),
                    );
                }
            }
        }
        (self.order.len() / batch * batch) as f64
    }
}

/// Counts the multiplications and additions that training on one image cannot do without.
fn operations(net: &Net) -> f64 {
    let mut products = 0;
    let mut first = true;
    for (index, layer) in net.layers().iter().enumerate() {
        let (before, after) = (net.shape_before(index), net.shape_after(index));
        let forward = match &layer.op {
            Op::Conv(conv) => {
                after.len() * before.channels / conv.groups * conv.kernel * conv.kernel
            }
            Op::Linear(_) => before.len() * after.len(),
            _ => continue,
        };
        products += forward * if first { 2 } else { 3 };
        first = false;
    }
    2.0 * products as f64
}

fn net(input: Shape, ops: &[Op]) -> Net {
    let layers = ops.iter().enumerate().map(|(i, op)| Layer::new(format!("layer{i}"), op.clone()));
    Net::new(input, layers.collect()).expect("the layers fit each other")
}

fn conv(filters: usize, kernel: usize, padding: usize, pad_with: PadWith) -> Op {
    Op::Conv(Conv { filters, kernel, padding, pad_with, ..Conv::default() })
}

fn linear(outputs: usize) -> Op {
    Op::Linear(Linear { outputs, bias: true })
}

fn simple_cnn() -> Vec<Op> {
    let conv = || conv(3, 7, 3, PadWith::Reflect);
    let pool = Op::MaxPool(Pool::default());
    vec![conv(), Op::Relu, pool, conv(), Op::Relu, Op::GlobalAveragePool, linear(3)]
}

fn mlp() -> Vec<Op> {
    vec![Op::Flatten, linear(50), Op::Relu, linear(10), Op::Relu, linear(3)]
}

fn lenet() -> Vec<Op> {
    let pool = || Op::MaxPool(Pool::default());
    let body = [conv(6, 5, 2, PadWith::Zero), Op::Relu, pool(), conv(16, 5, 0, PadWith::Zero)];
    let head = [Op::Relu, pool(), Op::Flatten, linear(120), Op::Relu, linear(84), Op::Relu];
    [&body[..], &head, &[linear(10)]].concat()
}

fn two_conv() -> Vec<Op> {
    let pool = || Op::MaxPool(Pool::default());
    let conv = |filters| conv(filters, 3, 1, PadWith::Zero);
    vec![conv(2), Op::Relu, pool(), conv(4), Op::Relu, pool(), Op::Flatten, linear(10)]
}
