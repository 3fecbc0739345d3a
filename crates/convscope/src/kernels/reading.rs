//! Whether an array is kernels, and what its dimensions are.

use std::collections::BTreeMap;

use convscope_arrays::{Array, Arrays};
use convscope_onnx::Convolutions;

use super::find::Named;
use super::layout::{Hint, Layout, MOST, fits, hint};
use super::sought::Sought;

/// The layout of an array of kernels and how it is known, or why the array is none.
pub(super) type Taken = Result<(Layout, &'static str), String>;

/// How the arrays of one file are read.
pub(super) struct Readings<'a> {
    sought: &'a Sought,
    graph: Option<&'a Convolutions>,
    file: Kind,
    /// Whether most arrays whose sizes tell have kernels first.
    kernels_first: bool,
}

/// What a file says of its arrays by being what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `PyTorch` has only one layout.
    Pytorch,
    /// One array without a name.
    Nameless,
    /// Nothing but matrices and lists of matrices of a size that kernels have.
    Bare,
    /// Anything.
    Named,
}

/// How a layout was found.
pub(super) const GIVEN: &str = "as --layout says";
const GRAPH: &str = "as the model's graph uses it";
const PYTORCH: &str = "PyTorch's order";
const BY_NAME: &str = "by its name";
const BY_SIZE: &str = "by its dimensions";
const BY_OTHERS: &str = "as the other arrays of the file";
const USUAL: &str = "either order would fit; PyTorch's was taken";
const ALONE: &str = "the file holds nothing but matrices";
const NAMELESS: &str = "the file holds one array";

/// The longest side of a matrix that is taken for a kernel unasked.
const SIDE: usize = 15;

impl<'a> Readings<'a> {
    /// Looks at all arrays that were asked for.
    pub(super) fn of(
        arrays: &Arrays<'_>,
        sought: &'a Sought,
        graph: Option<&'a Convolutions>,
        chosen: &[Named],
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
        let file = if extensions.contains(&"pt") {
            Kind::Pytorch
        } else if !arrays.format().named {
            Kind::Nameless
        } else if extensions.contains(&"npz") && floats().all(bare) {
            Kind::Bare
        } else {
            Kind::Named
        };
        Self { sought, graph, file, kernels_first: votes[1] > votes[0] }
    }

    /// Returns the layout of an array of kernels, or why it is none.
    pub(super) fn take(&self, name: &str, array: &Array) -> Taken {
        let dimensions = array.dimensions();
        if !array.is_float() {
            return Err(format!("holds {}, no floats", array.kind()));
        }
        if dimensions.contains(&0) {
            return Err("empty".into());
        }
        let given = self.sought.layouts.iter().find(|layout| layout.rank() == dimensions.len());
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
        let asked_for = self.sought.names(name);
        if !asked_for && is_of_optimiser(name) {
            return Err("the state of an optimiser".into());
        }
        match *dimensions {
            [] | [_] => Err("a list of numbers, such as a bias or a norm".into()),
            [_, _] if self.file == Kind::Nameless => Ok((Layout::known("rc"), NAMELESS)),
            [_, _] if self.file == Kind::Bare => Ok((Layout::known("rc"), ALONE)),
            [_, _] => Err("a matrix, such as that of a linear layer".into()),
            [_, _, _] if self.file == Kind::Nameless => Ok((Layout::known("orc"), NAMELESS)),
            [_, _, _] if self.file == Kind::Bare && last != "weight" => {
                Ok((Layout::known("orc"), ALONE))
            }
            [_, _, _] if last.ends_with("kernel") => Ok((Layout::known("cio"), BY_NAME)),
            [_, _, _] if last.starts_with("weight") || asked_for => Ok((
                Layout::known(if is_transposed(name) { "ioc" } else { "oic" }),
                if self.file == Kind::Pytorch { PYTORCH } else { BY_NAME },
            )),
            [_, _, _] => Err(format!(
                "three dimensions, and not called weight or kernel; {} with its name takes it as \
                     a convolution of one dimension",
                self.sought.option
            )),
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
        if self.file == Kind::Pytorch {
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
}

/// Whether an array alone, with its name, would be read so.
pub(super) fn tells_itself(how: &str) -> bool {
    !matches!(how, GIVEN | ALONE | NAMELESS)
}

/// Whether a reader would not take it for granted that an array is read so.
pub(super) fn is_unusual(layout: &Layout, how: &str) -> bool {
    let usual = layout.letters() == "oirc" || how == NAMELESS && layout.letters() == "rc";
    !matches!(how, GIVEN | GRAPH | PYTORCH) && !usual || how == USUAL
}

/// Whether a name is one that transposed convolutions usually have.
pub(super) fn is_transposed(name: &str) -> bool {
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
