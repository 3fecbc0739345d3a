//! Which arrays of a file are kernels of convolutions.

use std::collections::BTreeMap;

use convscope_arrays::names::{matches, natural};
use convscope_arrays::{Array, Arrays};
use convscope_core::registry::nearest;
use convscope_onnx::{Convolutions, Use};

use super::Asked;
use super::layout::{Hint, Layout, MOST, fits, hint};
use super::skipped::{Skipped, by_reason, named};
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

/// An array that may be kernels, or why it is not.
type Taken = Result<(Layout, &'static str), String>;

/// Finds the kernels of a file.
pub(crate) fn find(arrays: &Arrays<'_>, asked: &Asked) -> Result<Found, Complaint> {
    let file = asked.path.display().to_string();
    let graph = graph(arrays).map_err(|why| Complaint::usage(format!("{file}: {why}")))?;
    let mut notes = arrays.notes().to_vec();
    if let Some(graph) = graph.as_ref().filter(|graph| !graph.computed.is_empty()) {
        notes.push(format!(
            "the kernels of {} convolutions are computed by the graph and are not looked at: {}",
            graph.computed.len(),
            graph.computed.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
        ));
    }
    let (chosen, mut skipped) = chosen(arrays, asked, &file)?;
    let readings = Readings::of(arrays, asked, graph.as_ref(), &chosen);
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
                notes.extend(readings.note(&name, &array, &layout, how));
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
    if layers.is_empty() {
        return Err(nothing(&file, &skipped));
    }
    let held: u64 = layers.iter().map(|layer| layer.array.bytes()).sum();
    if held > arrays.source().length() {
        return Err(Complaint::Usage {
            message: format!(
                "{file}: several arrays of kernels lie in one place, so that together they hold more \
                 than the file"
            ),
            help: Some("save copies, such as `tensor.clone()`, or choose some with --layer".into()),
        });
    }
    Ok(Found { layers, skipped, notes })
}

/// Reads what an ONNX model does with its arrays.
fn graph(arrays: &Arrays<'_>) -> Result<Option<Convolutions>, String> {
    let is_graph = arrays.format().extensions.contains(&"onnx");
    is_graph.then(|| Convolutions::read(arrays.source())).transpose()
}

/// Returns the arrays that were asked for, in the order in which they were saved where that is known.
fn chosen(
    arrays: &Arrays<'_>,
    asked: &Asked,
    file: &str,
) -> Result<(Vec<(String, Array)>, Vec<Skipped>), Complaint> {
    let all = arrays.names().filter_map(|name| Some((name.to_owned(), arrays.get(name)?.clone())));
    let mut all: Vec<(String, Array)> = all.collect();
    if arrays.format().in_order {
        all.sort_by_key(|(_, array)| array.place());
    } else {
        all.sort_by_cached_key(|(name, _)| natural(name));
    }
    let fits = |pattern: &String, name: &str| name.is_empty() || matches(pattern, name);
    for pattern in &asked.patterns {
        if !all.iter().any(|(name, _)| fits(pattern, name)) {
            let names = all.iter().map(|(name, _)| name.as_str());
            return Err(Complaint::Usage {
                message: format!("{file}: no array fits `{pattern}`"),
                help: Some(match nearest(pattern, names.clone()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("it has {}", first(names)),
                }),
            });
        }
    }
    let wanted = |name: &str| {
        asked.patterns.is_empty() || asked.patterns.iter().any(|pattern| fits(pattern, name))
    };
    let (chosen, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| wanted(name));
    let unasked = others.into_iter().map(|(name, array)| Skipped {
        name,
        dimensions: array.dimensions().to_vec(),
        kind: array.kind(),
        why: "not asked for by --layer".into(),
    });
    Ok((chosen, unasked.collect()))
}

/// Lists the first names.
fn first<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const NAMED: usize = 12;
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// Says that there are no kernels, and what there is.
fn nothing(file: &str, skipped: &[Skipped]) -> Complaint {
    let held = by_reason(skipped).into_iter().map(|(why, arrays)| {
        let count = arrays.len();
        let arrays_of = if count == 1 { "array" } else { "arrays" };
        format!("{count} {arrays_of} ({}): {why}", named(&arrays))
    });
    let held: Vec<String> = held.collect();
    let held = if held.is_empty() { "no array at all".into() } else { held.join("; ") };
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

/// How the arrays of one file are read.
struct Readings<'a> {
    asked: &'a Asked,
    graph: Option<&'a Convolutions>,
    /// Whether the file is one of `PyTorch`, which has only one layout.
    is_pytorch: bool,
    /// Whether arrays have no names.
    is_nameless: bool,
    /// Whether all arrays are matrices and lists of matrices of a size that kernels have.
    is_bare: bool,
    /// Whether most arrays whose sizes tell have kernels first.
    kernels_first: bool,
}

/// How a layout was found.
const GIVEN: &str = "as --layout says";
const GRAPH: &str = "as the model's graph uses it";
const PYTORCH: &str = "PyTorch's order";
const BY_NAME: &str = "by its name";
const BY_SIZE: &str = "by its dimensions";
const BY_OTHERS: &str = "as the other arrays of the file";
const USUAL: &str = "either order would fit; PyTorch's was taken";
const ALONE: &str = "kernels alone";

/// The longest side of a matrix that is taken for a kernel unasked.
const SIDE: usize = 15;

impl<'a> Readings<'a> {
    fn of(
        arrays: &Arrays<'_>,
        asked: &'a Asked,
        graph: Option<&'a Convolutions>,
        chosen: &[(String, Array)],
    ) -> Self {
        let extensions = arrays.format().extensions;
        let floats = || chosen.iter().map(|(_, array)| array).filter(|array| array.is_float());
        let bare = |array: &Array| match *array.dimensions() {
            [rows, columns] | [_, rows, columns] => rows.max(columns) <= SIDE,
            _ => false,
        };
        let hints = floats().filter_map(|array| Some(hint(array.dimensions().try_into().ok()?)));
        let mut votes = [0_usize; 2];
        for hint in hints {
            votes[0] += usize::from(hint == Hint::Last);
            votes[1] += usize::from(hint == Hint::First);
        }
        Self {
            asked,
            graph,
            is_pytorch: extensions.contains(&"pt"),
            is_nameless: !arrays.format().named,
            is_bare: extensions.contains(&"npz") && floats().all(bare),
            kernels_first: votes[1] > votes[0],
        }
    }

    /// Returns the layout of an array of kernels, or why it is none.
    fn take(&self, name: &str, array: &Array) -> Taken {
        let dimensions = array.dimensions();
        if !array.is_float() {
            return Err(format!("holds {}, no floats", array.kind()));
        }
        if dimensions.contains(&0) {
            return Err("empty".into());
        }
        let given = self.asked.layouts.iter().find(|layout| layout.rank() == dimensions.len());
        let taken = match (given, self.graph) {
            (Some(layout), _) => Ok((layout.clone(), GIVEN)),
            (None, Some(graph)) => by_graph(graph, name, dimensions),
            (None, None) => self.guessed(name, dimensions),
        };
        let (layout, how) = taken?;
        let size = layout.size(dimensions);
        match size.count() {
            1 => Err("1 × 1: a kernel of one number has no structure".into()),
            count if count > MOST => Err(format!(
                "kernels of {size} have more than the {MOST} numbers that are looked at"
            )),
            _ => Ok((layout, how)),
        }
    }

    fn guessed(&self, name: &str, dimensions: &[usize]) -> Taken {
        let last = name.rsplit(['.', '/']).next().unwrap_or_default().to_lowercase();
        let (last, _) = last.split_once(':').unwrap_or((&last, ""));
        let asked_for = self.asked.patterns.iter().any(|pattern| matches(pattern, name));
        if !asked_for && is_of_optimiser(name) {
            return Err("the state of an optimiser".into());
        }
        match *dimensions {
            [] | [_] => Err("a list of numbers, such as a bias or a norm".into()),
            [_, _] if self.is_nameless || self.is_bare => Ok((Layout::known("rc"), ALONE)),
            [_, _] => Err("a matrix, such as that of a linear layer".into()),
            [_, _, _] if self.is_nameless || self.is_bare && last != "weight" => {
                Ok((Layout::known("orc"), ALONE))
            }
            [_, _, _] if last.ends_with("kernel") => Ok((Layout::known("cio"), BY_NAME)),
            [_, _, _] if last.starts_with("weight") || asked_for => Ok((
                Layout::known(if is_transposed(name) { "ioc" } else { "oic" }),
                if self.is_pytorch { PYTORCH } else { BY_NAME },
            )),
            [_, _, _] => {
                Err("three dimensions, and not called weight or kernel; --layer with its \
                              name takes it as a convolution of one dimension"
                    .into())
            }
            [a, b, c, d] => self.of_four(name, last, [a, b, c, d]),
            _ => Err(format!(
                "{} dimensions; kernels of more than rows and columns are not looked at",
                dimensions.len()
            )),
        }
    }

    fn of_four(&self, name: &str, last: &str, dimensions: [usize; 4]) -> Taken {
        let torch = Layout::known(if is_transposed(name) { "iorc" } else { "oirc" });
        // Keras' depthwise kernels are one for each channel, or some.
        let swapped = is_transposed(name) || last.starts_with("depthwise");
        let keras = Layout::known(if swapped { "rcoi" } else { "rcio" });
        if self.is_pytorch {
            return Ok((torch, PYTORCH));
        }
        Ok(match hint(dimensions) {
            // Sizes that leave no choice are believed before names.
            Hint::Neither => {
                return Err(format!(
                    "kernels would have more than the {MOST} numbers that are looked at"
                ));
            }
            Hint::First if last != "weight" => (keras, BY_SIZE),
            Hint::First if !fits(dimensions[2], dimensions[3]) => (keras, BY_SIZE),
            Hint::Last if !last.ends_with("kernel") => (torch, BY_SIZE),
            Hint::Last if !fits(dimensions[0], dimensions[1]) => (torch, BY_SIZE),
            _ if last.ends_with("kernel") => (keras, BY_NAME),
            _ if last == "weight" => (torch, BY_NAME),
            _ if self.kernels_first => (keras, BY_OTHERS),
            _ => (torch, USUAL),
        })
    }

    /// Says how an array is read where a reader would not take it for granted.
    fn note(&self, name: &str, array: &Array, layout: &Layout, how: &str) -> Option<String> {
        let name = if name.is_empty() { "the array" } else { name };
        let usual = matches!(layout.letters(), "oirc" | "rc");
        let told = !matches!(how, GIVEN | GRAPH | PYTORCH) && !usual || how == USUAL;
        told.then(|| {
            format!(
                "`{name}` {:?} is read as {} ({how}); --layout says otherwise",
                array.dimensions(),
                layout.letters()
            )
        })
    }
}

/// Whether a name is one that transposed convolutions usually have.
fn is_transposed(name: &str) -> bool {
    let name = name.to_lowercase();
    ["transpose", "deconv", "upconv", "up_conv"].iter().any(|part| name.contains(part))
}

/// Whether a name is one under which optimisers keep what they remember.
fn is_of_optimiser(name: &str) -> bool {
    ["exp_avg", "momentum_buffer", "square_avg", "optimizer_state"]
        .iter()
        .any(|part| name.contains(part))
}

fn by_graph(graph: &Convolutions, name: &str, dimensions: &[usize]) -> Taken {
    let Some(used) = graph.kernels.get(name) else {
        return Err("no convolution of the model uses it".into());
    };
    let letters = match (dimensions.len(), used.transposed) {
        (3, false) => "oic",
        (3, true) => "ioc",
        (4, false) => "oirc",
        (4, true) => "iorc",
        (count, _) => {
            let more = "kernels of more than rows and columns are not looked at";
            return Err(format!("{count} dimensions; {more}"));
        }
    };
    let mut own: Vec<char> = letters.chars().collect();
    if let Some(axes) = &used.axes {
        let places: BTreeMap<u64, char> = axes.iter().copied().zip(letters.chars()).collect();
        let moved: Option<Vec<char>> =
            (0..dimensions.len()).map(|axis| places.get(&(axis as u64)).copied()).collect();
        own = moved.ok_or("the graph takes dimensions that it does not have")?;
    }
    Ok((Layout::known(&own.into_iter().collect::<String>()), GRAPH))
}
