//! What the crate promises, seen from outside.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod augment;
mod checkpoints;
mod divergence;
mod door;
mod golden;
mod handling;
mod penalties;
mod recipes;
mod schedules;
mod training;

use convscope_core::registry::find;
use convscope_core::{Seed, Shape, Value};
use convscope_data::Images;
use convscope_engine::Level;
use convscope_model::{INITS, NETS, Net};
use convscope_train::{Continue, Handling, Recipe, Trained, Training, train};
use serde_json::json;

const SIDE: usize = 8;

/// Images of a bright row, a bright column or neither, in noise: a problem that can be learned.
fn planted(count: usize, seed: u64) -> Images {
    let mut draws = Seed::root(seed).stream();
    let mut pixels = Vec::new();
    let labels: Vec<u16> = (0..count).map(|i| (i % 3) as u16).collect();
    for &label in &labels {
        let line = draws.below(SIDE as u64) as usize;
        for i in 0..SIDE * SIDE {
            let lit = [i / SIDE == line, i % SIDE == line, false][usize::from(label)];
            pixels.push(if lit { 1.0 } else { draws.uniform_in(0.0, 0.3) as f32 });
        }
    }
    let classes = ["row", "column", "none"].map(str::to_owned).to_vec();
    Images::new(Shape::image(1, SIDE, SIDE), pixels, labels, classes).expect("the images are whole")
}

fn net(name: &str) -> Net {
    let entry = find(NETS, "net", name).expect("the net is in the family");
    let settings = if name.contains("cnn") { json!({ "kernel": 3 }) } else { json!({}) };
    let architecture = (entry.build)(settings).expect("the settings fit");
    architecture.net(Shape::image(1, SIDE, SIDE), 3).expect("the net fits the planted images")
}

fn start(net: &Net, seed: u64) -> Vec<f32> {
    let entry = find(INITS, "initialiser", "pytorch").expect("the initialiser is in the family");
    let init = (entry.build)(json!({})).expect("it has no settings");
    init.weights(net, Seed::root(seed)).expect("every net can start so")
}

fn recipe(written: serde_json::Value) -> Recipe {
    Recipe::read(written).expect("the recipe can be read")
}

/// A training of nothing frozen, without validation.
fn training<'a>(
    net: &'a Net,
    images: &'a Images,
    recipe: &'a Recipe,
    handling: &'a [Handling],
) -> Training<'a> {
    let (seed, level) = (Seed::root(7), Level::detect());
    let threads = 1;
    Training {
        net,
        images,
        augment: None,
        valid: None,
        test: None,
        recipe,
        handling,
        seed,
        level,
        threads,
    }
}

/// Trains to the end without watching.
fn trained(training: &Training<'_>, weights: Vec<f32>) -> Trained {
    train(training, weights, &mut |_, _| Continue::Yes).expect("everything fits together")
}

fn value<'t>(trained: &'t Trained, name: &str) -> &'t Value {
    let named = trained.values.iter().find(|(own, _)| own == name);
    &named.unwrap_or_else(|| panic!("there is no value {name}")).1
}

fn curve<'t>(trained: &'t Trained, name: &str) -> &'t [Value] {
    let named = trained.curves.iter().find(|curve| curve.name == name);
    &named.unwrap_or_else(|| panic!("there is no curve {name}")).values
}

fn bits(weights: &[f32]) -> Vec<u32> {
    weights.iter().map(|weight| weight.to_bits()).collect()
}
