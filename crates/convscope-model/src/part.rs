//! The smallest named parts of a net's weights: kernels, and rows of linear layers.

use std::ops::Range;

use crate::{Net, Op, Role};

/// A list of neighbouring weights that belong together.
///
/// A convolution of f filters on c channels has f · c kernels, a linear layer one row for each of its
/// outputs. Names count from 0, output first: `conv1[0,1]`, `fc1[3]`.
///
/// ```
/// use convscope_core::registry::find;
/// use convscope_model::{NETS, Shape, part};
/// use serde_json::json;
///
/// let net = (find(NETS, "net", "two-conv")?.build)(json!({}))?.net(Shape::image(1, 28, 28), 10)?;
/// let kernels = part::kernels(&net);
/// assert_eq!(kernels.len(), 2 + 4 * 2);
/// assert_eq!(kernels[3].name, "conv2[0,1]");
/// assert_eq!(kernels[3].sides, Some([3, 3]));
/// assert_eq!(part::rows(&net).len(), 16 + 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name, such as `conv2[0,1]`.
    pub name: String,
    /// The index of its layer.
    pub layer: usize,
    /// The output that it leads to.
    pub output: usize,
    /// Where it stands among the model's numbers.
    pub range: Range<usize>,
    /// Its rows and columns, if it is a kernel.
    pub sides: Option<[usize; 2]>,
}

/// Returns every kernel of a net, layer by layer, filter by filter, channel by channel.
pub fn kernels(net: &Net) -> Vec<Part> {
    parts(net, |op| matches!(op, Op::Conv(_)))
}

/// Returns every row of a net's linear layers, layer by layer.
pub fn rows(net: &Net) -> Vec<Part> {
    parts(net, |op| matches!(op, Op::Linear(_)))
}

fn parts(net: &Net, of: impl Fn(&Op) -> bool) -> Vec<Part> {
    let weights = net.parameters().iter().filter(|own| own.role == Role::Weight);
    let weights = weights.filter(|own| of(&net.layers()[own.layer].op));
    weights.flat_map(|own| of_layer(&net.layers()[own.layer].name, own)).collect()
}

fn of_layer<'a>(layer: &'a str, own: &'a crate::Parameter) -> impl Iterator<Item = Part> + 'a {
    let (channels, sides) = match own.dimensions[..] {
        [_, channels, rows, columns] => (channels, Some([rows, columns])),
        _ => (1, None),
    };
    let each =
        sides.map_or_else(|| own.len() / own.dimensions[0], |[rows, columns]| rows * columns);
    (0..own.dimensions[0] * channels).map(move |place| {
        let (output, channel) = (place / channels, place % channels);
        let start = own.offset + place * each;
        let name = match sides {
            Some(_) => format!("{layer}[{output},{channel}]"),
            None => format!("{layer}[{output}]"),
        };
        Part { name, layer: own.layer, output, range: start..start + each, sides }
    })
}
