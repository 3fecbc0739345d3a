//! A model while it is run, node by node.

use std::collections::BTreeMap;

use rten::{Dimension, NodeId, RunOptions, Sequence, Value, ValueOrView, ValueView};
use rten_tensor::prelude::*;

use crate::graph::Node;
use crate::network::{Network, caught};
use crate::wants::{self, Call, FEW, Given};

/// The values that are still to be read.
pub(crate) struct Running<'n> {
    network: &'n Network,
    values: BTreeMap<String, Value>,
    /// How many nodes are still to read a value; those that were asked for are read at the end.
    readers: BTreeMap<&'n str, usize>,
}

/// How many bytes a number takes: the runtime computes in 32 bits.
const WIDTH: u128 = 4;

impl<'n> Running<'n> {
    /// Starts with values of the inputs.
    pub(crate) fn new(
        network: &'n Network,
        nodes: &[&'n Node],
        names: &[&'n str],
        inputs: impl IntoIterator<Item = (String, Value)>,
    ) -> Self {
        let mut readers = BTreeMap::new();
        let reads = nodes.iter().flat_map(|node| node.reads());
        for name in reads.chain(names.iter().copied()) {
            *readers.entry(name).or_insert(0) += 1;
        }
        Self { network, values: inputs.into_iter().collect(), readers }
    }

    /// Computes what a node makes, if there is room for it.
    ///
    /// # Errors
    /// What was wanted and what there is, or what the runtime says.
    pub(crate) fn step(&mut self, node: &'n Node) -> Result<(), String> {
        let shown = || node.outputs.first().map_or("", String::as_str);
        let most = self.room(node).map_err(|why| format!("`{}`: {why}", shown()))?;
        let reads = node.reads();
        let mut inputs = Vec::new();
        for name in &reads {
            let left = self.readers.get_mut(name).map_or(0, |left| {
                *left -= 1;
                *left
            });
            if left == 0
                && let Some(value) = self.values.remove(*name)
            {
                inputs.push((self.id(name)?, ValueOrView::Value(value)));
            }
        }
        for name in &reads {
            if let Some(value) = self.values.get(*name) {
                inputs.push((self.id(name)?, ValueOrView::View(value.as_view())));
            }
        }
        let wanted = |name: &str| self.readers.get(name).is_some_and(|left| *left > 0);
        let names: Vec<&String> = node.outputs.iter().filter(|name| wanted(name)).collect();
        let ids = names.iter().map(|name| self.id(name)).collect::<Result<Vec<_>, _>>()?;
        let made = self.computed(inputs, &ids)?;
        let count: u128 = made.iter().map(count_of).sum();
        debug_assert!(count <= most, "a `{}` makes {count} numbers and not {most}", node.op);
        self.values.extend(names.into_iter().cloned().zip(made));
        Ok(())
    }

    /// Takes a value that was asked for.
    pub(crate) fn take(&mut self, name: &str) -> Result<Value, String> {
        self.values.remove(name).ok_or_else(|| format!("no node computes `{name}`"))
    }

    /// Makes sure that what a node makes fits beside what there is; returns how many numbers at most.
    fn room(&self, node: &'n Node) -> Result<u128, String> {
        let given = node.inputs.iter().map(|name| self.given(name)).collect::<Result<_, _>>()?;
        let held: Vec<u128> = self.values.values().map(count_of).collect();
        let weights = if node.inner.is_empty() { 0 } else { self.network.model().total_params() };
        let largest_known = held.iter().copied().fold(weights as u128, u128::max);
        let numbers = wants::numbers(&Call { node, given, largest_known })?;
        let wanted = numbers.saturating_mul(WIDTH);
        let held = held.iter().sum::<u128>().saturating_mul(WIDTH);
        let most = self.network.memory();
        if held.saturating_add(wanted) > u128::from(most) {
            let op = &node.op;
            return Err(format!(
                "this `{op}` wants up to {wanted} bytes beside the {held} of values in use, more than \
                 the {most} there are for values"
            ));
        }
        Ok(numbers)
    }

    /// Returns what a node is given under a name.
    fn given(&self, name: &str) -> Result<Option<Given>, String> {
        if name.is_empty() {
            return Ok(None);
        }
        if let Some(value) = self.values.get(name) {
            return Ok(Some(of_value(value)));
        }
        let id = self.id(name)?;
        let shape = self.network.model().node_info(id).and_then(|info| info.shape());
        let fixed = |size: Dimension| match size {
            Dimension::Fixed(size) => Some(size),
            Dimension::Symbolic(_) => None,
        };
        let sizes = |shape: Vec<Dimension>| shape.into_iter().map(fixed).collect();
        let dimensions: Option<Vec<usize>> = shape.and_then(sizes);
        let dimensions = dimensions.ok_or_else(|| format!("nothing gives its input `{name}`"))?;
        let count =
            dimensions.iter().fold(1, |count: u128, size| count.saturating_mul(*size as u128));
        let numbers = match usize::try_from(count) {
            Ok(..=FEW) => {
                let value = self.computed(Vec::new(), &[id])?.pop();
                value.as_ref().and_then(|value| of_value(value).numbers)
            }
            _ => None,
        };
        Ok(Some(Given { dimensions, count, numbers }))
    }

    fn id(&self, name: &str) -> Result<NodeId, String> {
        self.network.model().node_id(name).map_err(|error| error.to_string())
    }

    fn computed(
        &self,
        inputs: Vec<(NodeId, ValueOrView<'_>)>,
        ids: &[NodeId],
    ) -> Result<Vec<Value>, String> {
        let options = RunOptions::default().with_thread_pool(Some(self.network.pool()));
        let run = || self.network.model().run(inputs, ids, Some(options));
        caught(|| run().map_err(|error| error.to_string()))
    }
}

fn count_of(value: &Value) -> u128 {
    match value {
        Value::Sequence(sequence) => of_sequence(sequence),
        value => value.len() as u128,
    }
}

fn of_sequence(sequence: &Sequence) -> u128 {
    sequence.iter().map(|tensor| tensor.len() as u128).sum()
}

fn of_value(value: &Value) -> Given {
    if let Value::Sequence(sequence) = value {
        return Given { count: of_sequence(sequence), ..Given::default() };
    }
    let few = value.len() <= FEW;
    let numbers = match value.as_view() {
        ValueView::FloatTensor(tensor) if few => {
            Some(tensor.iter().map(|x| f64::from(*x)).collect())
        }
        ValueView::Int32Tensor(tensor) if few => {
            Some(tensor.iter().map(|x| f64::from(*x)).collect())
        }
        _ => None,
    };
    Given { dimensions: value.shape().to_vec(), count: value.len() as u128, numbers }
}
