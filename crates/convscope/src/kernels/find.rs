//! Which arrays of a file are kernels of convolutions.

use std::collections::BTreeMap;

use convscope_arrays::names::{matches, natural};
use convscope_arrays::{Array, Arrays};
use convscope_core::registry::nearest;
use convscope_onnx::{Convolutions, Use};

use super::layout::Layout;
use super::reading::{GIVEN, Readings, is_transposed, is_unusual, tells_itself};
use super::skipped::Skipped;
use super::sought::Sought;
use crate::complaint::Complaint;

/// The arrays of a file: kernels, and others.
pub(crate) struct Found {
    pub(crate) layers: Vec<Layer>,
    pub(crate) skipped: Vec<Skipped>,
    /// How arrays were read where that is not plain to see, one sentence each.
    pub(crate) notes: Vec<String>,
}

/// An array of kernels, whose numbers are still in the file.
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) array: Array,
    pub(crate) layout: Layout,
    /// How the layout was found.
    pub(crate) how: &'static str,
    /// What the model does with the kernels, where that is known.
    pub(crate) used: Option<Use>,
    /// Whether they are of a transposed convolution, as the graph or the name says.
    pub(crate) transposed: bool,
}

impl Layer {
    /// Returns whether the array alone, with its name, would be read so.
    pub(crate) fn tells_its_layout(&self) -> bool {
        tells_itself(self.how)
    }
}

impl Found {
    /// Opens a file and finds its kernels; none at all is a slip.
    pub(crate) fn open(sought: &Sought) -> Result<(Arrays<'static>, Self), Complaint> {
        let (arrays, found) = Self::look(sought)?;
        if found.layers.is_empty() {
            return Err(nothing(&sought.path.display().to_string(), &found.skipped));
        }
        Ok((arrays, found))
    }

    /// Opens a file and looks for kernels, of which there may be none.
    pub(crate) fn look(sought: &Sought) -> Result<(Arrays<'static>, Self), Complaint> {
        let arrays = Arrays::open(&sought.path)
            .map_err(|error| Complaint::usage(format!("{}: {error}", sought.path.display())))?;
        let found = find(&arrays, sought)?;
        Ok((arrays, found))
    }
}

fn find(arrays: &Arrays<'_>, sought: &Sought) -> Result<Found, Complaint> {
    let file = sought.path.display().to_string();
    let graph = graph(arrays).map_err(|why| Complaint::usage(format!("{file}: {why}")))?;
    let mut notes = arrays.notes().to_vec();
    if let Some(graph) = graph.as_ref().filter(|graph| !graph.computed.is_empty()) {
        notes.push(format!(
            "the kernels of {} convolutions are computed by the graph and are not looked at: {}",
            graph.computed.len(),
            graph.computed.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
        ));
    }
    let (chosen, mut skipped) = chosen(arrays, sought, &file)?;
    let readings = Readings::of(arrays, sought, graph.as_ref(), &chosen);
    let mut layers: Vec<Layer> = Vec::new();
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    for (name, array) in chosen {
        let twin = places.get(&array.place()).map(|place| &layers[*place]);
        let twin = twin.filter(|twin| twin.array == array);
        let taken = match twin {
            Some(twin) => Err(format!("the same numbers as `{}`", twin.name)),
            None => readings.take(&name, &array),
        };
        match taken {
            Ok((layout, how)) => {
                let used = graph.as_ref().and_then(|graph| graph.kernels.get(&name)).cloned();
                let by_name = || how != GIVEN && is_transposed(&name);
                let transposed = used.as_ref().map_or_else(by_name, |used| used.transposed);
                places.entry(array.place()).or_insert(layers.len());
                layers.push(Layer { name, array, layout, how, used, transposed });
            }
            Err(why) => skipped.push(Skipped {
                name,
                dimensions: array.dimensions().to_vec(),
                kind: array.kind(),
                why,
            }),
        }
    }
    notes.extend(unusual(&layers));
    let held: u64 = layers.iter().map(|layer| layer.array.bytes()).sum();
    if held > arrays.source().length_with_beside() {
        return Err(Complaint::Usage {
            message: format!(
                "{file}: several arrays of kernels lie in one place, so that together they hold more \
                 than the file"
            ),
            help: Some(format!(
                "save copies, such as `tensor.clone()`, or choose some with {}",
                sought.option
            )),
        });
    }
    Ok(Found { layers, skipped, notes })
}

/// Reads what an ONNX model does with its arrays.
fn graph(arrays: &Arrays<'_>) -> Result<Option<Convolutions>, String> {
    let is_graph = arrays.format().extensions.contains(&"onnx");
    is_graph.then(|| Convolutions::read(arrays.source())).transpose()
}

/// An array and its name.
pub(super) type Named = (String, Array);

/// Returns the arrays that were asked for, in the order in which they were saved where that is known.
fn chosen(
    arrays: &Arrays<'_>,
    sought: &Sought,
    file: &str,
) -> Result<(Vec<Named>, Vec<Skipped>), Complaint> {
    let all = arrays.names().filter_map(|name| Some((name.to_owned(), arrays.get(name)?.clone())));
    let mut all: Vec<Named> = all.collect();
    if arrays.format().in_order {
        all.sort_by_key(|(_, array)| array.place());
    } else {
        all.sort_by_cached_key(|(name, _)| natural(name));
    }
    for pattern in sought.patterns.iter().filter(|_| sought.strict) {
        if !all.iter().any(|(name, _)| matches(pattern, name)) {
            let names = all.iter().map(|(name, _)| name.as_str());
            return Err(Complaint::Usage {
                message: format!("{file}: no array fits `{pattern}`"),
                help: Some(if !arrays.format().named {
                    format!("its only array has no name: leave {} out", sought.option)
                } else if let Some(nearest) = nearest(pattern, names.clone()) {
                    format!("did you mean `{nearest}`?")
                } else {
                    format!("it has {}", first(names))
                }),
            });
        }
    }
    let (chosen, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(name, _)| sought.wants(name));
    let unasked = others.into_iter().map(|(name, array)| Skipped {
        name,
        dimensions: array.dimensions().to_vec(),
        kind: array.kind(),
        why: format!("not asked for by {}", sought.option),
    });
    Ok((chosen, unasked.collect()))
}

/// Lists the first names.
pub(super) fn first<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const NAMED: usize = 12;
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// Says how arrays are read where a reader would not take it for granted, once for each way.
fn unusual(layers: &[Layer]) -> Vec<String> {
    let mut ways: Vec<(&str, &str)> = Vec::new();
    for layer in layers.iter().filter(|layer| is_unusual(&layer.layout, layer.how)) {
        let way = (layer.layout.letters(), layer.how);
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    let told = |(letters, how): &(&str, &str)| {
        let of = |layer: &&Layer| layer.layout.letters() == *letters && layer.how == *how;
        let names: Vec<&str> = layers.iter().filter(of).map(|layer| layer.name.as_str()).collect();
        let first = layers.iter().find(of).map_or(&[][..], |layer| layer.array.dimensions());
        let name = if names[0].is_empty() { "the array" } else { names[0] };
        let more = match names.len() {
            1 => " is".to_owned(),
            2 => " and one more array are".to_owned(),
            count => format!(" and {} more arrays are", count - 1),
        };
        format!("`{name}` {first:?}{more} read as {letters} ({how}); --layout says otherwise")
    };
    ways.iter().map(told).collect()
}

/// Says that there are no kernels, and what there is.
fn nothing(file: &str, skipped: &[Skipped]) -> Complaint {
    let held = if skipped.is_empty() { "no array at all".into() } else { Skipped::told(skipped) };
    Complaint::Usage {
        message: format!("{file} holds no kernels of convolutions that can be looked at. It holds {held}"),
        help: Some(
            "kernels are floats of four dimensions [outputs, inputs, rows, columns], or as --layout \
             says: rcio for TensorFlow's order, oic for convolutions of one dimension, orc for a list \
             of kernels, rc for a kernel alone"
                .into(),
        ),
    }
}
