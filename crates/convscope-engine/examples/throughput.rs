//! Measures how many images a second nets are trained on, with the optimiser's step.
//!
//! `cargo run --release -p convscope-engine --example throughput [-- ARGUMENTS]`, where the arguments are
//!
//! * nothing: every net on one core, and what share of the core's peak that is;
//! * `--json NET`: lines for one and two threads, medians over windows long enough to be set beside
//!   those of others (`bench/engine` reads them), what share of the cores' peak that is, and the
//!   memory that the process took at most;
//! * `--profile NET`: how long each layer takes, forward and back, computed layer by layer.
//!
//! Small nets take two threads with a model on each, large ones with both in one model.
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_engine::update::{Adam, Sgd, adam, sgd};
use convscope_engine::{Executor, Level, Samples, peak};
use convscope_model::{INITS, NETS, Net, Op, Shape};
use serde_json::json;

/// A training whose speed is stated.
struct Case {
    net: &'static str,
    input: Shape,
    classes: usize,
    batch: usize,
    adam: bool,
    /// Whether threads share one model.
    large: bool,
}

const GRAY: Shape = Shape { channels: 1, height: 28, width: 28 };
const COLOUR: Shape = Shape { channels: 3, height: 32, width: 32 };

const CASES: &[Case] = &[
    Case { net: "simple-cnn", input: GRAY, classes: 3, batch: 10, adam: false, large: false },
    Case { net: "simple-cnn", input: GRAY, classes: 3, batch: 32, adam: false, large: false },
    Case { net: "three-layer-mlp", input: GRAY, classes: 3, batch: 32, adam: false, large: false },
    Case { net: "two-conv", input: GRAY, classes: 10, batch: 64, adam: true, large: false },
    Case { net: "lenet-5", input: GRAY, classes: 10, batch: 64, adam: false, large: false },
    Case { net: "vgg-11-bn", input: COLOUR, classes: 10, batch: 64, adam: false, large: true },
    Case { net: "resnet-18", input: COLOUR, classes: 10, batch: 64, adam: false, large: true },
];

/// Images in the data set that batches are drawn from.
const IMAGES: usize = 512;
/// The windows behind a line of `--json`, and the least that each of them lasts in seconds.
const WINDOWS: usize = 5;
const WINDOW: f64 = 0.5;
/// A net's best rate is sought for so long, and a window of it lasts about as long as others on the
/// machine leave a core alone.
const SEARCH: f64 = 1.6;
const GLIMPSE: f64 = 0.004;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["--json", net] => print_lines(net),
        ["--profile", net] => print_profile(net),
        [] => print_table(),
        _ => println!("throughput [--json NET | --profile NET]"),
    }
}

/// Prints every net's best rate on one core.
fn print_table() {
    let level = Level::detect();
    let peak = peak_of_a_core(level);
    println!("level {level}, peak {:.1} GFLOP/s", peak / 1e9);
    println!("{:16} {:>6} {:>12} {:>10} {:>7}", "net", "batch", "images/s", "GFLOP/s", "share");
    for case in CASES {
        let mut training = Training::new(case, 1);
        let rate = best(|| training.step(case));
        let flops = rate * operations(&training.net);
        let share = 100.0 * flops / peak;
        println!(
            "{:16} {:>6} {rate:>12.0} {:>10.1} {share:>6.1}%",
            case.net,
            case.batch,
            flops / 1e9
        );
    }
}

/// Prints one line of JSON for each batch size of a net and number of threads.
fn print_lines(net: &str) {
    let peak = peak_of_a_core(Level::detect());
    for case in CASES.iter().filter(|case| case.net == net) {
        for threads in [1, 2] {
            let mut rates: Vec<f64> = (0..WINDOWS).map(|_| window(case, threads)).collect();
            rates.sort_by(f64::total_cmp);
            let rate = rates[WINDOWS / 2];
            let flops = rate * operations(&Training::new(case, 1).net);
            let line = json!({
                "who": "convscope",
                "net": net,
                "batch": case.batch,
                "threads": threads,
                "models": if case.large { 1 } else { threads },
                "images_per_second": rate,
                "share_of_peak": flops / (peak * threads as f64),
                "peak_mib": peak_mib(),
            });
            println!("{line}");
        }
    }
}

/// Prints how long each layer takes for a batch.
fn print_profile(net: &str) {
    const PASSES: u32 = 5;
    let Some(case) = CASES.iter().find(|case| case.net == net) else {
        return println!("no case is called {net}");
    };
    let mut training = Training::new(case, 1);
    training.executor = Executor::layer_by_layer(&training.net, case.batch, Level::detect());
    training.step(case);
    let mut times: BTreeMap<usize, [f64; 2]> = BTreeMap::new();
    let batch = training.order[..case.batch].to_vec();
    for _ in 0..PASSES {
        let mut last = Instant::now();
        let samples = Samples { pixels: &training.pixels, labels: &training.labels };
        let (weights, gradients) = (&training.weights, &mut training.gradients);
        let mut done = |turn: convscope_engine::Turn| {
            let now = Instant::now();
            let own = times.entry(turn.layer).or_default();
            own[usize::from(turn.backward)] += (now - last).as_secs_f64();
            last = now;
        };
        let noise = Seed::root(1);
        training.executor.gradients_by_turns(weights, samples, &batch, noise, gradients, &mut done);
    }
    println!("{:28} {:>12} {:>12}", "layer", "forward, ms", "back, ms");
    for (layer, [forward, back]) in times {
        let name = &training.net.layers()[layer].name;
        let scale = 1e3 / f64::from(PASSES);
        println!("{name:28} {:>12.2} {:>12.2}", forward * scale, back * scale);
    }
}

/// Returns the most multiplications and additions that one core does in a second.
fn peak_of_a_core(level: Level) -> f64 {
    best(|| {
        let (done, result) = peak::multiply_add(level, 50_000_000);
        black_box(result);
        done as f64
    })
}

/// Returns how many images a second some threads train on together.
fn window(case: &Case, threads: usize) -> f64 {
    let one = |within: usize| {
        let mut training = Training::new(case, within);
        training.step(case);
        let (start, mut done) = (Instant::now(), 0.0);
        while start.elapsed().as_secs_f64() < WINDOW {
            done += training.step(case);
        }
        done / start.elapsed().as_secs_f64()
    };
    if case.large {
        return one(threads);
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| one(1))).collect();
        running.into_iter().map(|thread| thread.join().expect("a training that ends")).sum()
    })
}

/// Returns the most that `work` ever did in a second.
fn best(mut work: impl FnMut() -> f64) -> f64 {
    let (begin, mut most) = (Instant::now(), 0.0_f64);
    while begin.elapsed().as_secs_f64() < SEARCH {
        let (start, mut done) = (Instant::now(), 0.0);
        while start.elapsed().as_secs_f64() < GLIMPSE {
            done += work();
        }
        most = most.max(done / start.elapsed().as_secs_f64());
    }
    most
}

/// A model and what its training needs.
struct Training {
    net: Net,
    level: Level,
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
    fn new(case: &Case, threads: usize) -> Self {
        let architecture = find(NETS, "net", case.net).expect("a net of the family");
        let architecture = (architecture.build)(json!({})).expect("defaults fit");
        let net = architecture.net(case.input, case.classes).expect("the net fits its images");
        let init = find(INITS, "initialiser", "pytorch").expect("an initialiser of the family");
        let init = (init.build)(json!({})).expect("defaults fit");
        let level = Level::detect();
        let mut executor = Executor::new(&net, case.batch, level);
        executor.use_threads(threads);
        let mut stream = Seed::root(1).stream();
        let mut order: Vec<u32> = (0..IMAGES as u32).collect();
        stream.shuffle(&mut order);
        let count = net.parameter_count();
        Self {
            executor,
            level,
            weights: init.weights(&net, Seed::root(1)).expect("the net can be started"),
            gradients: vec![0.0; count],
            memory: [vec![0.0; count], vec![0.0; if case.adam { count } else { 0 }]],
            pixels: (0..IMAGES * case.input.len()).map(|_| stream.uniform() as f32).collect(),
            labels: (0..IMAGES).map(|i| (i % case.classes) as u16).collect(),
            order,
            steps: 0,
            net,
        }
    }

    /// Takes a step on the next batch and returns the count of images.
    fn step(&mut self, case: &Case) -> f64 {
        let batches = IMAGES / case.batch;
        let first = self.steps as usize % batches * case.batch;
        let batch = &self.order[first..first + case.batch];
        self.steps += 1;
        let samples = Samples { pixels: &self.pixels, labels: &self.labels };
        let noise = Seed::root(self.steps);
        let gradients = &mut self.gradients;
        black_box(self.executor.gradients(&self.weights, samples, batch, noise, gradients));
        let trained = &mut self.weights[..self.gradients.len()];
        let [first, second] = &mut self.memory;
        if case.adam {
            let (step, memory) = (Adam::default(), (&mut first[..], &mut second[..]));
            adam(self.level, &step, self.steps, trained, &self.gradients, memory);
        } else {
            let step = Sgd { lr: 0.01, momentum: 0.9, nesterov: false, weight_decay: 1e-4 };
            sgd(self.level, &step, trained, &self.gradients, first);
        }
        self.executor.track_statistics(&mut self.weights);
        case.batch as f64
    }
}

/// Counts the multiplications and additions that training on one image takes by definition.
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

/// Returns the most memory that this process ever took, where the system tells.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
