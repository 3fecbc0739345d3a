//! Which arrays of a model are kernels.

use convscope_arrays::{Arrays, Source};
use convscope_onnx::{Convolutions, Use};

use crate::golden;

/// A field that holds bytes: a text, or a message.
fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = content.len();
    while length > 127 {
        field.push((length & 127) as u8 | 128);
        length >>= 7;
    }
    field.push(length as u8);
    [field, content.to_vec()].concat()
}

fn node(op: &str, inputs: &[&str], output: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut node: Vec<u8> = inputs.iter().flat_map(|input| bytes(1, input.as_bytes())).collect();
    node.extend(bytes(2, output.as_bytes()));
    node.extend(bytes(4, op.as_bytes()));
    node.extend(attributes.iter().flat_map(|attribute| bytes(5, attribute)));
    bytes(1, &node)
}

fn whole(name: &str, value: u8) -> Vec<u8> {
    [bytes(1, name.as_bytes()), vec![3 << 3, value]].concat()
}

fn packed(name: &str, values: &[u8]) -> Vec<u8> {
    [bytes(1, name.as_bytes()), bytes(8, values)].concat()
}

fn one_by_one(name: &str, values: &[u8]) -> Vec<u8> {
    let values = values.iter().flat_map(|value| [8 << 3, *value]);
    [bytes(1, name.as_bytes()), values.collect()].concat()
}

fn read(nodes: &[Vec<u8>]) -> Result<Convolutions, String> {
    // A version, a graph, and the operators that it is made of.
    let model = [vec![0x08, 9], bytes(7, &nodes.concat()), bytes(8, &[0x10, 17])].concat();
    Convolutions::read(&Source::Memory(&model))
}

#[test]
fn kernels_are_found_by_what_uses_them() {
    let found = read(&[
        node("Conv", &["x", "plain"], "a", &[]),
        node("Conv", &["a", "deep"], "b", &[whole("group", 8)]),
        node("ConvTranspose", &["b", "up"], "c", &[]),
        node("Identity", &["own"], "other", &[]),
        node("Conv", &["c", "other"], "d", &[]),
        node("Gemm", &["d", "dense"], "e", &[]),
        node("Conv", &["e", "plain"], "f", &[whole("group", 3)]),
    ]);
    let found = found.unwrap();
    let plain = Use { transposed: false, groups: 1, axes: None };
    let wanted = [
        ("deep", Use { groups: 8, ..plain.clone() }),
        ("own", plain.clone()),
        ("plain", plain.clone()),
        ("up", Use { transposed: true, ..plain }),
    ];
    let wanted = wanted.map(|(name, used)| (name.to_owned(), used));
    assert_eq!(found.kernels.into_iter().collect::<Vec<_>>(), wanted);
    assert!(found.computed.is_empty());
}

#[test]
fn kernels_in_the_order_of_tensorflow_are_followed_through_their_transposition() {
    for perm in [packed("perm", &[3, 2, 0, 1]), one_by_one("perm", &[3, 2, 0, 1])] {
        let nodes = [
            node("Transpose", &["keras"], "moved", &[perm]),
            node("Conv", &["x", "moved"], "y", &[]),
        ];
        let found = read(&nodes).unwrap();
        assert_eq!(found.kernels["keras"].axes, Some(vec![3, 2, 0, 1]));
    }
}

#[test]
fn kernels_that_the_graph_computes_are_named() {
    let nodes = [
        node("Mul", &["weight", "mask"], "masked", &[]),
        node("Conv", &["x", "masked"], "y", &[]),
        node("DequantizeLinear", &["small", "scale"], "wide", &[]),
        node("Transpose", &["wide"], "moved", &[packed("perm", &[3, 2, 0, 1])]),
        node("Conv", &["y", "moved"], "z", &[]),
        node("Conv", &["z"], "none", &[]),
    ];
    let found = read(&nodes).unwrap();
    assert!(found.kernels.is_empty());
    assert_eq!(found.computed, ["masked", "moved"]);
}

#[test]
fn what_exporters_write_is_read_and_what_is_damaged_is_refused() {
    let path = golden("residual.onnx");
    let arrays = Arrays::open(&path).unwrap();
    let found = Convolutions::read(arrays.source()).unwrap();
    let groups: Vec<u64> = found.kernels.values().map(|used| used.groups).collect();
    assert_eq!(groups, [2, 1], "block, stem: {found:?}");
    assert!(found.kernels.keys().all(|name| arrays.get(name).is_some()));
    let file = std::fs::read(&path).unwrap();
    for end in (0..file.len()).step_by(7) {
        let _ = Convolutions::read(&Source::Memory(&file[..end]));
    }
    assert!(Convolutions::read(&Source::Memory(&file[..file.len() - 40])).is_err());
    let odd = node("Conv", &["x", "w"], "y", &[vec![0x1a, 0xff]]);
    assert!(read(&[odd]).is_err());
}
