//! Measures how many images a second one thread transforms.
//!
//! `cargo run --release -p convscope-data --example transforms [-- --json] [ROW…]`, where a row is one
//! that `bench/transforms_peer.py` also has, or the name of a transform, then with its defaults.
//! Images lie in memory; 28×28 grey, or 32×32 in colour where the row says so.
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::hint::black_box;
use std::time::Instant;

use convscope_core::{Seed, Shape};
use convscope_data::TRANSFORMS;
use convscope_data::transforms::Chain;
use serde_json::{Value, json};

const GREY: Shape = Shape { channels: 1, height: 28, width: 28 };
const COLOUR: Shape = Shape { channels: 3, height: 32, width: 32 };

/// Images in memory, so that they come from the caches as in a training.
const IMAGES: usize = 64;
/// The best rate is sought for so long, in windows of about as long as others on the machine leave a
/// core alone; both in seconds.
const SEARCH: f64 = 1.0;
const WINDOW: f64 = 0.004;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let as_json = arguments.iter().any(|argument| argument == "--json");
    let wanted: Vec<&String> = arguments.iter().filter(|word| *word != "--json").collect();
    let with_peers = rows().into_iter();
    let alone = TRANSFORMS.iter().map(|entry| (entry.id, GREY, vec![json!(entry.id)]));
    let alone = alone.filter(|(name, ..)| name.starts_with("mnist-c-"));
    for (name, shape, steps) in with_peers.chain(alone) {
        if !wanted.is_empty() && wanted.iter().all(|row| *row != name) {
            continue;
        }
        let chain = match Chain::build(&steps, shape) {
            Ok(chain) => chain,
            Err(error) => return println!("{name}: {error}"),
        };
        let rate = rate(&chain);
        if as_json {
            println!("{}", json!({ "who": "convscope", "row": name, "images_per_second": rate }));
        } else {
            println!("{name:32} {rate:>12.0} images/s {:>8.2} µs", 1e6 / rate);
        }
    }
}

/// What is timed beside torchvision: a name, the shape of images, the steps.
fn rows() -> Vec<(&'static str, Shape, Vec<Value>)> {
    let jitter = json!({ "color-jitter": {
        "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1,
    } });
    let mean = json!({ "normalize": {
        "mean": [0.4914, 0.4822, 0.4465], "sd": [0.247, 0.2435, 0.2616],
    } });
    let crop = json!({ "random-crop": { "padding": 4 } });
    vec![
        ("normalize", GREY, vec![json!("normalize")]),
        ("pad", GREY, vec![json!({ "pad": { "amount": 2 } })]),
        ("channels", GREY, vec![json!("channels")]),
        ("random-crop", COLOUR, vec![crop.clone()]),
        ("horizontal-flip", COLOUR, vec![json!("horizontal-flip")]),
        (
            "perspective",
            GREY,
            vec![json!({ "perspective": { "distortion": 0.3, "p": 1, "fill": -1 } })],
        ),
        ("gaussian-blur", GREY, vec![json!({ "gaussian-blur": { "sigma": [1, 2] } })]),
        (
            "gaussian-noise",
            GREY,
            vec![json!({ "gaussian-noise": { "sigma": 0.5, "clip": "none" } })],
        ),
        ("random-erasing", GREY, vec![json!({ "random-erasing": { "p": 1, "value": -1 } })]),
        ("elastic", GREY, vec![json!("elastic")]),
        ("rotation", GREY, vec![json!({ "rotation": { "degrees": [0, 30] } })]),
        (
            "rotation, bilinear",
            GREY,
            vec![json!({ "rotation": { "degrees": [0, 30], "interpolation": "bilinear" } })],
        ),
        (
            "affine",
            GREY,
            vec![json!({ "affine": {
            "degrees": 15, "translate": [0.1, 0.1], "scale": [0.9, 1.1], "shear": 10,
            "interpolation": "bilinear",
        } })],
        ),
        ("color-jitter", COLOUR, vec![jitter]),
        ("crop, flip, normalize", COLOUR, vec![crop, json!("horizontal-flip"), mean]),
    ]
}

/// Returns the best rate over short windows, in images a second on one thread.
fn rate(chain: &Chain) -> f64 {
    let mut draws = Seed::root(1).stream();
    let length = chain.input().len();
    let pixels: Vec<f32> = (0..IMAGES * length).map(|_| draws.uniform() as f32).collect();
    let (mut worker, mut to) = (chain.worker(Seed::root(2)), Vec::new());
    let mut images = (0..).zip(pixels.chunks_exact(length).cycle());
    let (search, mut best) = (Instant::now(), 0.0_f64);
    while search.elapsed().as_secs_f64() < SEARCH {
        let (start, mut done) = (Instant::now(), 0.0);
        while start.elapsed().as_secs_f64() < WINDOW {
            for (sample, image) in images.by_ref().take(8) {
                worker.apply(sample, image, &mut to);
                black_box(&to);
                done += 1.0;
            }
        }
        best = best.max(done / start.elapsed().as_secs_f64());
    }
    best
}
