//! Which net a list of tensors belongs to.

use std::collections::{BTreeMap, BTreeSet};

use convscope_core::Shape;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::layer::Op;
use crate::{Architecture, NETS, Net, Role};

/// The dimensions of tensors by their names.
pub type Dimensions<'a> = BTreeMap<&'a str, &'a [usize]>;

/// A named net that has exactly the tensors that were looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// Its name in [`NETS`].
    pub id: &'static str,
    /// The settings that differ from its usual ones.
    pub settings: Value,
    /// The net. Where tensors do not tell the size of an image, a usual one was taken.
    pub net: Net,
}

/// Sides of images, the usual ones first.
const USUAL_SIDES: [usize; 9] = [32, 28, 224, 64, 96, 16, 8, 48, 128];
const LARGEST_SIDE: usize = 256;

/// Finds the first of [`NETS`] that has exactly these tensors.
///
/// Tried are every choice of a setting that is a choice, and the tensors' own dimensions for settings
/// that are counts. What leaves no trace in the tensors (kinds of pools and activations, padding, often the
/// size of images) is taken as usual: two nets may have the same tensors and compute different things.
/// Running counts (`num_batches_tracked`) are passed over. Cost: some milliseconds.
pub fn recognise(tensors: &Dimensions<'_>) -> Option<Recognised> {
    let tensors = without_counters(tensors);
    NETS.iter().find_map(|entry| {
        let schema = Value::from((entry.schema)(&mut generator()));
        let settings = schema["properties"].as_object().cloned().unwrap_or_default();
        let (choices, counts): (Vec<_>, Vec<_>) = settings
            .iter()
            .map(|(key, schema)| (key, values(schema, &tensors)))
            .partition(|(_, values)| values.first().is_none_or(Value::is_string));
        let named = |chosen: &Map<String, Value>| {
            let architecture = (entry.build)(Value::Object(chosen.clone())).ok()?;
            has_names(&*architecture, &tensors).then(|| chosen.clone())
        };
        combinations(&choices).iter().filter_map(named).find_map(|chosen| {
            combinations(&counts).into_iter().find_map(|mut settings| {
                settings.extend(chosen.clone());
                let settings = Value::Object(settings);
                let architecture = (entry.build)(settings.clone()).ok()?;
                let net = fitted(&*architecture, &tensors)?;
                let settings = (entry.canonical)(settings).ok()?;
                Some(Recognised { id: entry.id, settings, net })
            })
        })
    })
}

/// Finds the image shape and the count of classes for which an architecture has exactly these tensors.
pub fn fitted(architecture: &dyn Architecture, tensors: &Dimensions<'_>) -> Option<Net> {
    let tensors = without_counters(tensors);
    let of_rank = |rank: usize, axis: usize| -> BTreeSet<usize> {
        tensors.values().filter(|own| own.len() == rank).map(|own| own[axis]).collect()
    };
    let (classes, channels, features) = (of_rank(2, 0), of_rank(4, 1), of_rank(2, 1));
    for &classes in &classes {
        for &features in &features {
            let net = architecture.net(Shape::flat(features), classes).ok();
            if let Some(net) = net.filter(|net| fit(net, &tensors) == Fit::Whole) {
                return Some(net);
            }
        }
        for &channels in &channels {
            for side in USUAL_SIDES.into_iter().chain(1..=LARGEST_SIDE) {
                let shape = Shape::image(channels, side, side);
                let Ok(net) = architecture.net(shape, classes) else { continue };
                match fit(&net, &tensors) {
                    Fit::Whole => return Some(net),
                    Fit::OtherSize => {}
                    Fit::None => break,
                }
            }
        }
    }
    None
}

/// How a net's tensors agree with those that are looked at.
#[derive(PartialEq)]
enum Fit {
    Whole,
    /// Only linear layers take another count of features, as with images of another size.
    OtherSize,
    None,
}

fn fit(net: &Net, tensors: &Dimensions<'_>) -> Fit {
    if net.tensors().count() != tensors.len() {
        return Fit::None;
    }
    let mut fit = Fit::Whole;
    for own in net.tensors() {
        let Some(came) = tensors.get(own.name.as_str()) else { return Fit::None };
        if **came == own.dimensions[..] {
            continue;
        }
        let linear = matches!(net.layers()[own.layer].op, Op::Linear(_));
        let taken = linear && own.role == Role::Weight && came.len() == 2;
        if !taken || came[0] != own.dimensions[0] {
            return Fit::None;
        }
        fit = Fit::OtherSize;
    }
    fit
}

fn without_counters<'a>(tensors: &Dimensions<'a>) -> Dimensions<'a> {
    let counts = |name: &str| name.rsplit('.').next() == Some("num_batches_tracked");
    tensors.iter().filter(|(name, _)| !counts(name)).map(|(name, own)| (*name, *own)).collect()
}

fn has_names(architecture: &dyn Architecture, tensors: &Dimensions<'_>) -> bool {
    let shapes = [Shape::image(3, 32, 32), Shape::image(3, 224, 224), Shape::flat(784)];
    let mut nets = shapes.into_iter().filter_map(|shape| architecture.net(shape, 10).ok());
    nets.next().is_some_and(|net| {
        net.tensors().count() == tensors.len()
            && net.tensors().all(|own| tensors.contains_key(own.name.as_str()))
    })
}

fn generator() -> schemars::SchemaGenerator {
    SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true).into_generator()
}

/// Returns the values of a setting that are tried: all of a choice, the tensors' dimensions for counts.
fn values(schema: &Value, tensors: &Dimensions<'_>) -> Vec<Value> {
    let counts = || -> BTreeSet<usize> {
        tensors.values().flat_map(|dimensions| dimensions.iter().copied()).collect()
    };
    if let Some(choices) = schema["enum"].as_array() {
        return choices.clone();
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let name = |choice: &Value| choice.get("const").or(choice["enum"].get(0)).cloned();
        return choices.iter().filter_map(name).collect();
    }
    match schema["type"].as_str() {
        Some("integer") => counts().into_iter().map(Value::from).collect(),
        Some("array") if schema["maxItems"] == 2 => {
            let pairs = |first: usize| counts().into_iter().map(move |second| [first, second]);
            counts().into_iter().flat_map(pairs).map(|pair| json!(pair)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns every choice of one value for each setting; a setting may also stay as usual.
fn combinations(settings: &[(&String, Vec<Value>)]) -> Vec<Map<String, Value>> {
    let mut all = vec![Map::new()];
    for (key, values) in settings {
        let with = |value: &Value| {
            let key = (*key).clone();
            let value = value.clone();
            move |chosen: &Map<String, Value>| {
                let mut chosen = chosen.clone();
                chosen.insert(key.clone(), value.clone());
                chosen
            }
        };
        let longer: Vec<Map<String, Value>> =
            values.iter().flat_map(|value| all.iter().map(with(value))).collect();
        all.extend(longer);
    }
    all
}
