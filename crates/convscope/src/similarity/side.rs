//! One file of activations: its layers, and what is wrong with it.

use std::path::Path;

use convscope_arrays::names::{matches, natural};
use convscope_arrays::{Array, Arrays, SAMPLE_IDS, SampleIds};
use convscope_core::registry::nearest;
use convscope_measure::maps::Maps;

use super::Asked;
use super::layout::Layout;
use crate::complaint::Complaint;

/// Under this name a file may hold the right answers.
pub(crate) const LABELS: &str = "labels";

/// A file of activations.
pub(crate) struct Side {
    /// As it was typed.
    pub(crate) file: String,
    pub(crate) arrays: Arrays<'static>,
    pub(crate) layers: Vec<Layer>,
    /// How many samples every layer has.
    pub(crate) samples: usize,
    pub(crate) ids: Option<SampleIds>,
    pub(crate) labels: Option<Vec<usize>>,
    pub(crate) notes: Vec<String>,
}

/// A layer, whose numbers are still in the file.
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) array: Array,
    /// Of a layer of maps: which dimension is what.
    pub(crate) layout: Option<Layout>,
}

impl Layer {
    /// Returns the form of one sample, if it is one of maps.
    pub(crate) fn maps(&self) -> Option<Maps> {
        Some(self.layout.as_ref()?.maps(self.array.dimensions()))
    }

    /// Returns how many numbers one sample has.
    pub(crate) fn width(&self) -> usize {
        self.array.dimensions()[1..].iter().product()
    }
}

impl Side {
    /// Opens a file and finds its layers.
    pub(crate) fn open(path: &Path, asked: &Asked) -> Result<Self, Complaint> {
        let file = path.display().to_string();
        let wrong = |message: String, help: &str| Complaint::Usage {
            message: format!("{file}: {message}"),
            help: (!help.is_empty()).then(|| help.into()),
        };
        let arrays = Arrays::open(path).map_err(|error| wrong(error.to_string(), ""))?;
        let ids = arrays.sample_ids().map_err(|why| wrong(why, ""))?;
        let labels = labels(&arrays).map_err(|why| wrong(why, ""))?;
        let chosen = chosen(path, &arrays, asked).map_err(|(why, help)| wrong(why, &help))?;
        let mut notes = arrays.notes().to_vec();
        let mut layers = Vec::new();
        for (name, array) in chosen {
            let dimensions = array.dimensions();
            if !array.is_float() {
                let came = array.kind();
                return Err(wrong(
                    format!("the layer `{name}` holds {came}; F32, F64, F16 and BF16 are read"),
                    "store activations as floats, or leave the array out with --layers",
                ));
            }
            if dimensions.is_empty() || array.count() == 0 {
                return Err(wrong(
                    format!(
                        "the layer `{name}` has dimensions {dimensions:?}, which hold no samples"
                    ),
                    "leave it out with --layers",
                ));
            }
            let layout = Layout::for_dimensions(&asked.layouts, dimensions.len());
            if layout.is_none() && dimensions.len() > 2 {
                notes.push(format!(
                    "`{name}` of {dimensions:?} was flattened: no --layout says what its \
                     dimensions are"
                ));
            }
            layers.push(Layer { name, array, layout });
        }
        let samples = one_count(&layers).map_err(|why| wrong(why, "leave out with --layers"))?;
        let fit = |what: &str, count: usize| {
            let why = format!("`{what}` has {count} entries for {samples} samples");
            if count == samples { Ok(()) } else { Err(wrong(why, "")) }
        };
        ids.as_ref().and_then(SampleIds::count).map_or(Ok(()), |count| fit(SAMPLE_IDS, count))?;
        labels.as_ref().map_or(Ok(()), |labels| fit(LABELS, labels.len()))?;
        let held: u64 = layers.iter().map(|layer| layer.array.bytes()).sum();
        if held > arrays.source().length_with_beside() {
            return Err(wrong(
                "several layers lie in one place, so that together they hold more than the file"
                    .into(),
                "save copies, such as `tensor.clone()`, or choose some with --layers",
            ));
        }
        Ok(Self { file, arrays, layers, samples, ids, labels, notes })
    }
}

/// Returns the arrays that are layers, in the order in which they were saved where that is known.
fn chosen(
    path: &Path,
    arrays: &Arrays<'_>,
    asked: &Asked,
) -> Result<Vec<(String, Array)>, (String, String)> {
    let lone = path.file_stem().map_or_else(String::new, |stem| stem.display().to_string());
    let is_other =
        |name: &str, array: &Array| name == SAMPLE_IDS || name == LABELS && !array.is_float();
    let all = arrays.names().filter_map(|name| {
        let array = arrays.get(name).filter(|array| !is_other(name, array))?;
        let name = if name.is_empty() { lone.clone() } else { name.to_owned() };
        Some((name, array.clone()))
    });
    let mut all: Vec<(String, Array)> = all.collect();
    if arrays.format().in_order {
        all.sort_by_key(|(_, array)| array.place());
    } else {
        all.sort_by_cached_key(|(name, _)| natural(name));
    }
    let names: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
    for pattern in &asked.layers {
        if !names.iter().any(|name| matches(pattern, name)) {
            let help = match nearest(pattern, names.iter().map(String::as_str)) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("it has {}", shortened(&names)),
            };
            return Err((format!("no layer fits `{pattern}`"), help));
        }
    }
    let wanted = |name: &str| {
        asked.layers.is_empty() || asked.layers.iter().any(|pattern| matches(pattern, name))
    };
    all.retain(|(name, _)| wanted(name));
    if all.is_empty() {
        return Err(("it holds no layers".into(), String::new()));
    }
    Ok(all)
}

/// Returns how many samples all layers have.
fn one_count(layers: &[Layer]) -> Result<usize, String> {
    let count = |layer: &Layer| layer.array.dimensions()[0];
    let first = &layers[0];
    match layers.iter().find(|layer| count(layer) != count(first)) {
        None => Ok(count(first)),
        Some(other) => Err(format!(
            "the layer `{}` has {} samples and `{}` has {}: samples must stand along the first \
             dimension of every layer",
            first.name,
            count(first),
            other.name,
            count(other)
        )),
    }
}

fn labels(arrays: &Arrays<'_>) -> Result<Option<Vec<usize>>, String> {
    let Some(array) = arrays.get(LABELS).filter(|array| !array.is_float()) else { return Ok(None) };
    let words = arrays.words(array)?.unwrap_or_default();
    let numbers: Option<Vec<usize>> = words.iter().map(|word| word.parse().ok()).collect();
    match numbers {
        Some(numbers) if array.dimensions().len() == 1 => Ok(Some(numbers)),
        _ => Err(format!(
            "`{LABELS}` holds {} {:?}; one list of classes from 0 on was wanted",
            array.kind(),
            array.dimensions()
        )),
    }
}

/// How many names a message gives.
const NAMED: usize = 12;

fn shortened(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(NAMED).cloned().collect();
    if names.len() > NAMED {
        shown.push(format!("{} more", names.len() - NAMED));
    }
    shown.join(", ")
}
