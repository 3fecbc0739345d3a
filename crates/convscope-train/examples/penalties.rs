//! Measures what penalties on kernels and forms of kernels cost: images a second that lenet-5 is trained on, on
//! one core, in batches of 64 gray images of 28 × 28.
//!
//! `cargo run --release -p convscope-train --example penalties`
//!
//! Each line is the best of several trainings, and its share of the speed without anything. All are taken in turn, so
//! that what else the machine does falls on each of them alike. Of seventy each, on a machine that others used too,
//! the best were (2026-11-28): nothing 59,000, unique-values 0.95 of it, kernel-entropy 0.72, nearest-structure 0.68,
//! soft-weight-sharing 0.56, mirror-both 0.96, separable 0.85; l1, which costs next to nothing, came to 0.78, so that a
//! fifth is within what the others' work did.
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::time::Instant;

use convscope_core::registry::find;
use convscope_core::{Seed, Shape};
use convscope_data::Images;
use convscope_engine::Level;
use convscope_model::{INITS, NETS};
use convscope_train::{Constraints, Continue, Handling, Recipe, Training, train};
use serde_json::{Value, json};

const IMAGES: usize = 2048;
const ROUNDS: usize = 7;

fn main() {
    let mut cases = vec![("nothing", json!([]), Value::Null)];
    for id in ["l1", "kernel-entropy", "unique-values", "nearest-structure", "soft-weight-sharing"]
    {
        cases.push((id, json!([{ id: { "on": ["conv*.weight"] } }]), Value::Null));
    }
    for form in ["mirror-both", "separable"] {
        cases.push((form, json!([]), json!(form)));
    }
    let images = noise();
    let mut best = vec![f64::INFINITY; cases.len()];
    for _ in 0..ROUNDS {
        for (best, (_, regularizers, form)) in best.iter_mut().zip(&cases) {
            *best = best.min(seconds(&images, regularizers, form));
        }
    }
    for ((name, ..), seconds) in cases.iter().zip(&best) {
        let (rate, share) = (IMAGES as f64 / seconds, 100.0 * best[0] / seconds);
        println!("{name:<20} {rate:>8.0} images/s {share:>6.1} %");
    }
}

/// Trains for one epoch and takes the time of it.
fn seconds(images: &Images, regularizers: &Value, form: &Value) -> f64 {
    let net = (find(NETS, "net", "lenet-5").expect("it is in the family").build)(json!({}));
    let net = net.expect("defaults fit").net(images.shape(), 10).expect("it takes gray images");
    let init =
        (find(INITS, "initialiser", "pytorch").expect("it is in the family").build)(json!({}));
    let weights = init.expect("it has no settings").weights(&net, Seed::root(1));
    let written = json!({ "batch": 64, "epochs": 1, "regularizers": regularizers });
    let recipe = Recipe::read(written).expect("the recipe can be read");
    let handling = if form.is_null() {
        vec![Handling::default(); net.parameters().len()]
    } else {
        let written = [json!({ "on": "conv*.weight", "to": form })];
        Constraints::read(&net, &written)
            .expect("it has such kernels")
            .handling(&net, Seed::root(2))
    };
    let training = Training {
        net: &net,
        images,
        augment: None,
        valid: None,
        test: None,
        recipe: &recipe,
        handling: &handling,
        seed: Seed::root(3),
        level: Level::detect(),
        threads: 1,
    };
    let begun = Instant::now();
    let mut seconds = 0.0;
    let watch = &mut |_: &_, _: &[f32]| {
        seconds = begun.elapsed().as_secs_f64();
        Continue::Yes
    };
    train(&training, weights.expect("every net can start so"), watch).expect("everything fits");
    seconds
}

fn noise() -> Images {
    let mut draws = Seed::root(4).stream();
    let pixels = (0..IMAGES * 784).map(|_| draws.uniform() as f32).collect();
    let labels = (0..IMAGES).map(|image| (image % 10) as u16).collect();
    let classes = (0..10).map(|class| class.to_string()).collect();
    Images::new(Shape::image(1, 28, 28), pixels, labels, classes).expect("the images are whole")
}
