//! Edits on planted weights.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod removed;
mod rivals;
mod rounded;
mod shrunk;
mod snapped;
mod trained;
mod transplanted;

use convscope_core::registry::find;
use convscope_core::{Seed, SettingError};
use convscope_edit::{Donor, EDITS, Edit, Edited, Subject};
use convscope_model::{NETS, Net, Shape};
use serde_json::{Value, json};

/// Builds an edit.
fn edit(id: &str, settings: Value) -> Result<Box<dyn Edit>, SettingError> {
    (find(EDITS, "edit", id).unwrap().build)(settings)
}

/// A transplant from three or more models across an axis.
fn transplant(more: &Value) -> Box<dyn Edit> {
    let mut settings = json!({ "from": "specialist", "across": "noise" });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    edit("transplant", settings).unwrap()
}

fn two_conv() -> Net {
    let entry = find(NETS, "net", "two-conv").unwrap();
    (entry.build)(json!({})).unwrap().net(Shape::image(1, 28, 28), 10).unwrap()
}

fn random(net: &Net, seed: Seed) -> Vec<f32> {
    let mut stream = seed.stream();
    (0..net.number_count()).map(|_| stream.normal() as f32).collect()
}

fn donors(weights: &[Vec<f32>]) -> Vec<Donor> {
    let names = ["a", "b", "c", "d", "e", "f"];
    let donor = |(name, weights): (&&str, &Vec<f32>)| Donor {
        name: (*name).to_owned(),
        weights: weights.clone(),
    };
    names.iter().zip(weights).map(donor).collect()
}

fn apply(edit: &dyn Edit, net: &Net, donors: &[Donor], weights: &[f32]) -> Edited {
    let subject = Subject { net, donors, fresh: &[], calibration: None, seed: Seed::root(7) };
    edit.apply(&subject, weights.to_vec()).unwrap()
}
