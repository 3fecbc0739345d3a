//! The nodes of a model: what each reads, what it makes, and how it is set.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use convscope_arrays::Source;
use convscope_arrays::onnx;
use convscope_arrays::protobuf::{Field, Message, Value};

/// The nodes of a model, constants left out.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
}

/// A node.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) op: String,
    /// What it is given, by name; an empty name is nothing.
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// The nodes of graphs within it.
    pub(crate) inner: Vec<Node>,
}

/// A setting of a node; of other kinds nothing is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Attribute {
    pub(crate) whole: Option<i64>,
    pub(crate) wholes: Vec<i64>,
    pub(crate) reals: Vec<f32>,
    pub(crate) text: String,
}

/// How deep graphs may stand within nodes of graphs; the runtime reads them by recursion.
const DEEPEST: usize = 16;

impl Graph {
    /// Reads the nodes of a model.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    ///
    /// Source: onnx.proto of ONNX 1.23.
    pub(crate) fn read(source: &Source<'_>) -> Result<Self, String> {
        let nodes = nodes(source, onnx::graph(source)?, 0)?;
        let mut made = BTreeSet::new();
        let names = nodes.iter().flat_map(|node| &node.outputs).filter(|name| !name.is_empty());
        for name in names {
            // The runtime could take the other one.
            if !made.insert(name) {
                return Err(format!("two nodes compute `{name}`"));
            }
        }
        Ok(Self { nodes })
    }

    /// Returns the nodes that make some values, each after those that it needs.
    ///
    /// # Errors
    /// That a value needs itself, in words.
    pub(crate) fn order(&self, names: &[&str]) -> Result<Vec<&Node>, String> {
        let mut makers: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, node) in self.nodes.iter().enumerate() {
            makers.extend(node.outputs.iter().map(|name| (name.as_str(), place)));
        }
        let maker = |name: &str| makers.get(name).copied();
        let (mut order, mut begun) = (Vec::new(), BTreeSet::new());
        let mut done = vec![false; self.nodes.len()];
        // Not by recursion: a file may hold a chain of any length.
        let mut stack: Vec<usize> = names.iter().rev().filter_map(|name| maker(name)).collect();
        while let Some(&place) = stack.last() {
            let needed = || self.nodes[place].reads().into_iter().filter_map(maker);
            if done[place] {
                stack.pop();
            } else if begun.insert(place) {
                stack.extend(needed().filter(|needed| !done[*needed]));
            } else if needed().all(|needed| done[needed]) {
                stack.pop();
                done[place] = true;
                order.push(&self.nodes[place]);
            } else {
                let name = self.nodes[place].outputs.join("`, `");
                return Err(format!("`{name}` is needed to compute itself"));
            }
        }
        Ok(order)
    }
}

impl Node {
    /// Returns the names of what it and the graphs within it read, each once.
    pub(crate) fn reads(&self) -> BTreeSet<&str> {
        let mut reads = BTreeSet::new();
        let mut left = vec![self];
        while let Some(node) = left.pop() {
            reads.extend(node.inputs.iter().map(String::as_str).filter(|name| !name.is_empty()));
            left.extend(&node.inner);
        }
        reads
    }
}

fn nodes(source: &Source<'_>, range: Range<u64>, depth: usize) -> Result<Vec<Node>, String> {
    if depth > DEEPEST {
        return Err(format!("graphs stand within graphs, more than {DEEPEST} deep"));
    }
    let mut graph = Message::new(source, range)?;
    let mut nodes = Vec::new();
    while let Some(Field { number, value }) = graph.field()? {
        if number == 1 {
            nodes.push(node(source, value.range()?, depth)?);
        }
    }
    nodes.retain(|node| node.op != "Constant");
    Ok(nodes)
}

fn node(source: &Source<'_>, range: Range<u64>, depth: usize) -> Result<Node, String> {
    let mut message = Message::new(source, range)?;
    let mut node = Node::default();
    while let Some(Field { number, value }) = message.field()? {
        match number {
            1 => node.inputs.push(value.text(source)?),
            2 => node.outputs.push(value.text(source)?),
            4 => node.op = value.text(source)?,
            5 => {
                let (name, own, inner) = attribute(source, value.range()?, depth)?;
                if node.attributes.contains_key(&name) {
                    return Err(format!("a node of `{}` has two settings `{name}`", node.op));
                }
                node.attributes.insert(name, own);
                node.inner.extend(inner);
            }
            _ => {}
        }
    }
    Ok(node)
}

type Named = (String, Attribute, Vec<Node>);

fn attribute(source: &Source<'_>, range: Range<u64>, depth: usize) -> Result<Named, String> {
    let mut message = Message::new(source, range)?;
    let (mut name, mut own, mut inner) = (String::new(), Attribute::default(), Vec::new());
    while let Some(Field { number, value }) = message.field()? {
        match (number, &value) {
            (1, _) => name = value.text(source)?,
            (3, Value::Whole(number)) => own.whole = Some(number.cast_signed()),
            (4, Value::Bytes(_)) => own.text = value.text(source).unwrap_or_default(),
            (5 | 10, Value::Bytes(tensor)) => within(source, tensor.clone())?,
            (6 | 11, Value::Bytes(graph)) => {
                inner.extend(nodes(source, graph.clone(), depth + 1)?);
            }
            (7, _) => own.reals.extend(value.singles(source)?),
            (8, Value::Whole(number)) => own.wholes.push(number.cast_signed()),
            (8, Value::Bytes(row)) => {
                let mut row = Message::new(source, row.clone())?;
                while let Some(number) = row.element()? {
                    own.wholes.push(number.cast_signed());
                }
            }
            _ => {}
        }
    }
    Ok((name, own, inner))
}

/// Makes sure that a constant stands within its node.
fn within(source: &Source<'_>, tensor: Range<u64>) -> Result<(), String> {
    let mut tensor = Message::new(source, tensor)?;
    while let Some(Field { number, value }) = tensor.field()? {
        if number == 13 || number == 14 && value != Value::Whole(0) {
            return Err("the numbers of a constant within a node stand in another file".into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Graph, Node};

    fn node(inputs: &[&str], output: &str) -> Node {
        let inputs = inputs.iter().map(|name| (*name).to_owned()).collect();
        Node { inputs, outputs: vec![output.to_owned()], ..Node::default() }
    }

    #[test]
    fn nodes_come_after_those_they_need_and_others_not_at_all() {
        let nodes = vec![
            node(&["b", "x"], "c"),
            node(&["x"], "a"),
            node(&["a", "", "a"], "b"),
            node(&["c"], "unneeded"),
        ];
        let order = Graph { nodes };
        let of = |names: &[&str]| {
            let order = order.order(names).unwrap();
            order.iter().map(|node| node.outputs[0].clone()).collect::<Vec<_>>()
        };
        assert_eq!(of(&["c", "a"]), ["a", "b", "c"]);
        assert_eq!(of(&["x"]), Vec::<String>::new());
        let circle = Graph { nodes: vec![node(&["b"], "a"), node(&["a"], "b")] };
        assert!(circle.order(&["a"]).unwrap_err().contains("is needed to compute itself"));
    }

    #[test]
    fn chains_of_any_length_have_an_order() {
        let nodes = (0..200_000).map(|i| node(&[&format!("{i}")], &format!("{}", i + 1))).collect();
        assert_eq!(Graph { nodes }.order(&["200000"]).unwrap().len(), 200_000);
    }
}
