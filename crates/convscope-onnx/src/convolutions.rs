//! Which arrays of a model are the kernels of its convolutions.

use std::collections::BTreeMap;
use std::ops::Range;

use convscope_arrays::Source;
use convscope_arrays::onnx;
use convscope_arrays::protobuf::{Field, Message, Value};

/// The kernels of a model's convolutions, by the names of their arrays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Convolutions {
    /// What each array is used as; where several convolutions share one, as by the first.
    pub kernels: BTreeMap<String, Use>,
    /// Names of kernels that the graph computes, so that no array may hold them.
    pub computed: Vec<String>,
}

/// How a convolution uses an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Whether the convolution is a transposed one, whose kernels stand by inputs and then by outputs.
    pub transposed: bool,
    /// In how many groups channels are.
    pub groups: u64,
    /// The order in which the graph takes the array's dimensions, where that is not their own.
    pub axes: Option<Vec<u64>>,
}

impl Convolutions {
    /// Reads the nodes of a model, and nothing of its weights.
    ///
    /// Kernels are followed through nodes that only hand them on: `Identity` and `Transpose`, as
    /// converters of TensorFlow write them.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    ///
    /// Source: onnx.proto of ONNX 1.23; operators Conv-22 and ConvTranspose-22.
    pub fn read(source: &Source<'_>) -> Result<Self, String> {
        let mut graph = Message::new(source, onnx::graph(source)?)?;
        let mut nodes = Vec::new();
        while let Some(Field { number, value }) = graph.field()? {
            if number == 1 {
                nodes.push(Node::read(source, value.range()?)?);
            }
        }
        let handed: BTreeMap<&str, &Node> =
            nodes.iter().filter_map(|node| Some((node.outputs.first()?.as_str(), node))).collect();
        let mut found = Self::default();
        for node in nodes.iter().filter(|node| matches!(&*node.op, "Conv" | "ConvTranspose")) {
            let Some(name) = node.inputs.get(1) else { continue };
            match origin(name, &handed) {
                Some((array, axes)) => {
                    let transposed = node.op == "ConvTranspose";
                    let groups = node.groups.unwrap_or(1);
                    let used = Use { transposed, groups, axes };
                    found.kernels.entry(array.to_owned()).or_insert(used);
                }
                None => found.computed.push(name.clone()),
            }
        }
        Ok(found)
    }
}

/// Follows kernels to where they come from; nothing where the graph computes them.
fn origin<'n>(
    name: &'n str,
    handed: &BTreeMap<&str, &'n Node>,
) -> Option<(&'n str, Option<Vec<u64>>)> {
    let Some(node) = handed.get(name) else { return Some((name, None)) };
    let input = node.inputs.first()?;
    match (&*node.op, handed.get(input.as_str())) {
        ("Identity", None) => Some((input, None)),
        ("Transpose", None) => Some((input, node.axes.clone())),
        _ => None,
    }
}

/// What is read of a node.
#[derive(Default)]
struct Node {
    inputs: Vec<String>,
    outputs: Vec<String>,
    op: String,
    groups: Option<u64>,
    axes: Option<Vec<u64>>,
}

impl Node {
    fn read(source: &Source<'_>, range: Range<u64>) -> Result<Self, String> {
        let mut node = Self::default();
        let mut message = Message::new(source, range)?;
        while let Some(Field { number, value }) = message.field()? {
            match number {
                1 => node.inputs.push(value.text(source)?),
                2 => node.outputs.push(value.text(source)?),
                4 => node.op = value.text(source)?,
                5 => node.attribute(source, value.range()?)?,
                _ => {}
            }
        }
        Ok(node)
    }

    fn attribute(&mut self, source: &Source<'_>, range: Range<u64>) -> Result<(), String> {
        let mut message = Message::new(source, range)?;
        let (mut name, mut whole, mut wholes) = (String::new(), None, Vec::new());
        while let Some(Field { number, value }) = message.field()? {
            match (number, &value) {
                (1, _) => name = value.text(source)?,
                (3, _) => whole = Some(value.whole()?),
                (8, Value::Bytes(row)) => {
                    let mut row = Message::new(source, row.clone())?;
                    while let Some(element) = row.element()? {
                        wholes.push(element);
                    }
                }
                (8, _) => wholes.push(value.whole()?),
                _ => {}
            }
        }
        match name.as_str() {
            "group" => self.groups = whole,
            "perm" => self.axes = Some(wholes),
            _ => {}
        }
        Ok(())
    }
}
