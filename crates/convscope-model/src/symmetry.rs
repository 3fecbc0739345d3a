//! The orders of hidden channels that make no difference to what a net computes.

use crate::layer::Op;
use crate::net::{Net, Parameter, Role, Source};

/// Which axes of which tensors may be reordered, and which of them only together.
///
/// A hidden channel has no place of its own: if the filters of a layer change places, and the
/// channels of every layer that takes them change places likewise, the net computes the same. The
/// layers that write and read one list of channels share one *order*. A sum ties the orders of both its
/// terms into one; what works on each channel by itself (batch norms, activations, pools)
/// passes an order on, flattening turns each channel into a block of features, and a convolution in
/// groups keeps channels in blocks as large as its groups. The channels of a sample and the outputs of
/// the last layer have meanings, and stay.
///
/// Every reordering counted here leaves the net's function as it is, up to rounding. There may be
/// more: channels within a group of a convolution, positive factors between two layers with ReLU,
/// signs with tanh. Hecht-Nielsen 1990, doi:10.1016/B978-0-444-88400-8.50019-4.
///
/// ```
/// use convscope_core::registry::find;
/// use convscope_model::{NETS, Shape, Symmetry};
/// use serde_json::json;
///
/// let lenet = (find(NETS, "net", "lenet-5")?.build)(json!({}))?.net(Shape::image(1, 28, 28), 10)?;
/// let symmetry = Symmetry::of(&lenet);
/// let members: Vec<usize> = symmetry.orders().iter().map(|order| order.members).collect();
/// assert_eq!(members, [6, 16, 120, 84], "the filters of conv1 and conv2, the units of fc1 and fc2");
/// // `fc1.weight` takes the 16 channels of conv2 as blocks of 4 × 4 features.
/// assert_eq!(symmetry.axes("fc1.weight"), [Some(2), Some(1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symmetry {
    orders: Vec<Order>,
    /// For each tensor its name and dimensions, and the order that each of its axes follows.
    tensors: Vec<(Parameter, Vec<Option<usize>>)>,
    /// The order that the channels of each layer's output follow.
    outputs: Vec<Option<usize>>,
}

/// One list of hidden channels that are reordered together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// How many members change places: channels, or blocks of channels that stay together.
    pub members: usize,
    /// The layers with weights that write these channels, by index; several where a sum ties them.
    pub layers: Vec<usize>,
}

impl Symmetry {
    /// Finds the orders of a net.
    pub fn of(net: &Net) -> Self {
        let mut ties = Ties::default();
        // The one member of a fixed list can only stay where it is.
        let sample = ties.add(1);
        let mut outputs: Vec<usize> = Vec::with_capacity(net.layers().len());
        let mut inputs: Vec<usize> = Vec::with_capacity(net.layers().len());
        for (index, layer) in net.layers().iter().enumerate() {
            let list = |source: &Source| match source {
                Source::Sample => sample,
                Source::Layer(layer) => outputs[*layer],
            };
            let sources = net.sources(index);
            let input = list(&sources[0]);
            outputs.push(match &layer.op {
                Op::Conv(conv) if conv.groups == 1 => ties.add(conv.filters),
                Op::Conv(conv) => {
                    let groups = ties.add(conv.groups);
                    ties.tie(groups, input);
                    groups
                }
                Op::Linear(linear) => ties.add(linear.outputs),
                Op::Add(_) => {
                    ties.tie(input, list(&sources[1]));
                    input
                }
                _ => input,
            });
            inputs.push(input);
        }
        if let Some(last) = outputs.last() {
            ties.tie(*last, sample);
        }
        Self::gather(net, &ties, &inputs, &outputs)
    }

    /// Numbers the orders that have more than one member, as the layers come.
    fn gather(net: &Net, ties: &Ties, inputs: &[usize], outputs: &[usize]) -> Self {
        let mut orders: Vec<Order> = Vec::new();
        let mut numbers: Vec<Option<usize>> = vec![None; ties.parents.len()];
        for (layer, list) in outputs.iter().enumerate() {
            let root = ties.root(*list);
            if ties.members[root] < 2 || net.tensor(layer, Role::Weight).is_none() {
                continue;
            }
            let number = *numbers[root].get_or_insert_with(|| {
                orders.push(Order { members: ties.members[root], layers: Vec::new() });
                orders.len() - 1
            });
            orders[number].layers.push(layer);
        }
        let order = |list: usize| numbers[ties.root(list)];
        let tensors = net.tensors().map(|tensor| {
            let (written, read) = (order(outputs[tensor.layer]), order(inputs[tensor.layer]));
            let within_groups =
                matches!(&net.layers()[tensor.layer].op, Op::Conv(conv) if conv.groups > 1);
            let mut axes = vec![None; tensor.dimensions.len()];
            axes[0] = written;
            if tensor.role == Role::Weight && !within_groups {
                axes[1] = read;
            }
            (tensor.clone(), axes)
        });
        let tensors = tensors.collect();
        Self { tensors, outputs: outputs.iter().map(|list| order(*list)).collect(), orders }
    }

    /// Returns the orders, as the layers that write them come.
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// Returns for each axis of a tensor the order that it follows; nothing for an unknown name.
    ///
    /// An axis of length L that follows an order of m members has one block of L / m entries for each.
    pub fn axes(&self, tensor: &str) -> &[Option<usize>] {
        let found = self.tensors.iter().find(|(parameter, _)| parameter.name == tensor);
        found.map_or(&[], |(_, axes)| axes)
    }

    /// Returns the order that the channels of a layer's output follow.
    ///
    /// # Panics
    /// When there is no such layer: a caller's bug.
    pub fn order_after(&self, layer: usize) -> Option<usize> {
        self.outputs[layer]
    }

    /// Returns a model's numbers with every order's member i replaced by its member `places[order][i]`.
    ///
    /// The net computes the same from them, up to the rounding of sums in another order. Cost: one pass
    /// over the numbers for each axis.
    ///
    /// # Panics
    /// When the numbers are not those of the net, or `places` are no reorderings of the orders: a caller's
    /// bug.
    pub fn reordered(&self, numbers: &[f32], places: &[Vec<usize>]) -> Vec<f32> {
        let wanted = self.tensors.iter().map(|(tensor, _)| tensor.range().end).max().unwrap_or(0);
        assert_eq!(
            numbers.len(),
            wanted,
            "caller's bug: one number for each of a model of the net"
        );
        assert_eq!(places.len(), self.orders.len(), "caller's bug: one reordering for each order");
        for (order, places) in self.orders.iter().zip(places) {
            let mut sorted = places.clone();
            sorted.sort_unstable();
            let whole = sorted.iter().copied().eq(0..order.members);
            assert!(whole, "caller's bug: {places:?} are no {} places", order.members);
        }
        let mut reordered = numbers.to_vec();
        for (tensor, axes) in &self.tensors {
            for (axis, order) in axes.iter().enumerate() {
                let Some(order) = *order else { continue };
                let inner = tensor.dimensions[axis..].iter().product::<usize>();
                let places = &places[order];
                let step = inner / places.len();
                let own = &mut reordered[tensor.range()];
                for run in own.chunks_exact_mut(inner) {
                    let before = run.to_vec();
                    for (to, from) in run.chunks_exact_mut(step).zip(places) {
                        to.copy_from_slice(&before[from * step..(from + 1) * step]);
                    }
                }
            }
        }
        reordered
    }
}

/// Lists of channels, some of them tied to each other.
#[derive(Debug, Default)]
struct Ties {
    parents: Vec<usize>,
    members: Vec<usize>,
}

impl Ties {
    fn add(&mut self, members: usize) -> usize {
        self.parents.push(self.parents.len());
        self.members.push(members);
        self.parents.len() - 1
    }

    fn root(&self, mut list: usize) -> usize {
        while self.parents[list] != list {
            list = self.parents[list];
        }
        list
    }

    /// Lets two lists share one order, whose blocks are whole blocks of both.
    fn tie(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let members = greatest_common_divisor(self.members[a], self.members[b]);
        self.parents[a.max(b)] = a.min(b);
        self.members[a.min(b)] = members;
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
