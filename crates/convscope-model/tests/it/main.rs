//! What the crate promises, seen from outside.

mod architectures;
mod freezing;
mod geometry;
mod initial;
mod listed;
mod recognised;
mod state_dicts;
mod symmetry;
mod weights;
mod zoo;

use convscope_core::registry::find;
use convscope_model::{NETS, Net, Shape};
use serde_json::Value;

const GRAY: Shape = Shape { channels: 1, height: 28, width: 28 };

/// Makes a named net for gray images of 28 × 28.
fn net(name: &str, settings: Value, classes: usize) -> Net {
    named(name, settings, GRAY, classes)
}

/// Makes a named net.
fn named(name: &str, settings: Value, input: Shape, classes: usize) -> Net {
    let entry = find(NETS, "net", name).expect("the net is in the family");
    let architecture = (entry.build)(settings).expect("the settings fit");
    architecture.net(input, classes).expect("the net fits the images")
}

/// The names of a net's parameters, in order.
fn names(net: &Net) -> Vec<&str> {
    net.parameters().iter().map(|parameter| parameter.name.as_str()).collect()
}
