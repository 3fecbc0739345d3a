//! What a model would take of memory is known before it is run.

use std::path::Path;

use convscope_onnx::{Batch, Computed, Network, Numbers};

/// A whole number in digits of seven bits.
fn whole(mut number: u64) -> Vec<u8> {
    let mut digits = Vec::new();
    while number > 0x7f {
        digits.push(number as u8 | 0x80);
        number >>= 7;
    }
    digits.push(number as u8);
    digits
}

/// A field that is a text, a message or a row.
fn field(number: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [whole(number << 3 | 2), whole(value.len() as u64), value.to_vec()].concat()
}

fn number(field: u64, value: i64) -> Vec<u8> {
    [whole(field << 3), whole(value.cast_unsigned())].concat()
}

/// A setting of a node: whole numbers, one of them, floats, a text, or a graph.
enum Set<'s> {
    One(i64),
    Wholes(&'s [i64]),
    Reals(&'s [f32]),
    Text(&'s str),
    Graph(Vec<u8>),
}

fn attribute(name: &str, set: &Set<'_>) -> Vec<u8> {
    let (kind, value) = match set {
        Set::One(value) => (2, number(3, *value)),
        Set::Wholes(list) => (7, list.iter().flat_map(|value| number(8, *value)).collect()),
        Set::Reals(list) => {
            let row: Vec<u8> = list.iter().flat_map(|value| value.to_le_bytes()).collect();
            (6, field(7, row))
        }
        Set::Text(text) => (3, field(4, text)),
        Set::Graph(graph) => (5, field(6, graph)),
    };
    [field(1, name), value, number(20, kind)].concat()
}

fn node(op: &str, inputs: &[&str], output: &str, set: &[(&str, Set<'_>)]) -> Vec<u8> {
    let mut node: Vec<u8> = inputs.iter().flat_map(|input| field(1, input)).collect();
    node.extend(field(2, output));
    node.extend(field(4, op));
    node.extend(set.iter().flat_map(|(name, set)| field(5, attribute(name, set))));
    node
}

/// Whole numbers under a name.
fn wholes(name: &str, numbers: &[i64]) -> Vec<u8> {
    let raw: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    [number(1, numbers.len() as i64), number(2, 7), field(8, name), field(9, raw)].concat()
}

/// Floats of some dimensions under a name.
fn floats(name: &str, dimensions: &[i64]) -> Vec<u8> {
    let count = dimensions.iter().product::<i64>() as usize;
    let raw: Vec<u8> = (0..count).flat_map(|i| (i as f32 + 1.0).to_le_bytes()).collect();
    let sizes = dimensions.iter().flat_map(|size| number(1, *size));
    [sizes.collect(), number(2, 1), field(8, name), field(9, raw)].concat()
}

/// A model that takes `x`, floats of free dimensions.
fn model(rank: usize, nodes: &[Vec<u8>], weights: &[Vec<u8>]) -> Vec<u8> {
    let free = field(1, field(2, "n"));
    let tensor = [number(1, 1), field(2, free.repeat(rank))].concat();
    let input = [field(1, "x"), field(2, field(1, tensor))].concat();
    let mut graph: Vec<u8> = nodes.iter().flat_map(|node| field(1, node)).collect();
    graph.extend(weights.iter().flat_map(|weight| field(5, weight)));
    graph.extend(field(11, input));
    graph.extend(field(12, field(1, "y")));
    [number(1, 8), field(7, graph), field(8, number(2, 18))].concat()
}

/// Runs a model on an `x` of some dimensions up to `y`.
fn computed(model: &[u8], dimensions: &[usize], memory: u64) -> Result<Computed, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, model).unwrap();
    let network = Network::open(&path, 1).map_err(|error| error.to_string())?;
    let count = dimensions.iter().product();
    let numbers = Numbers::Floats((0..count).map(|i| i as f32).collect());
    let batch = Batch { input: "x".into(), dimensions: dimensions.to_vec(), numbers };
    let mut made = network.with_memory(memory).run(vec![batch], &["y"])?;
    Ok(made.remove(0))
}

const GIGABYTE: u64 = 1_000_000_000;

/// One node each that makes `y` of `x` and weights: with small numbers and with large ones.
struct Case {
    op: &'static str,
    x: &'static [usize],
    inputs: &'static [&'static str],
    set: fn(i64) -> Vec<(&'static str, Set<'static>)>,
    weights: fn(i64) -> Vec<Vec<u8>>,
    /// The dimensions of `y` for the small number.
    made: &'static [usize],
}

const SMALL: i64 = 3;
const LARGE: i64 = 1_000_000;

fn nothing(_: i64) -> Vec<(&'static str, Set<'static>)> {
    Vec::new()
}

fn no_weights(_: i64) -> Vec<Vec<u8>> {
    Vec::new()
}

fn cases() -> Vec<Case> {
    let shape = |size: i64| vec![wholes("s", &[size, size])];
    vec![
        Case {
            op: "ConstantOfShape",
            x: &[1],
            inputs: &["s"],
            set: nothing,
            weights: shape,
            made: &[3, 3],
        },
        Case {
            op: "Expand",
            x: &[1, 1],
            inputs: &["x", "s"],
            set: nothing,
            weights: shape,
            made: &[3, 3],
        },
        Case {
            op: "Tile",
            x: &[2, 4],
            inputs: &["x", "s"],
            set: nothing,
            weights: shape,
            made: &[6, 12],
        },
        Case {
            op: "Resize",
            x: &[1, 1, 2, 2],
            inputs: &["x", "", "", "s"],
            set: |_| vec![("mode", Set::Text("nearest"))],
            weights: |size| vec![wholes("s", &[1, 1, size, size])],
            made: &[1, 1, 3, 3],
        },
        Case {
            op: "Pad",
            x: &[2, 4],
            inputs: &["x", "s"],
            set: nothing,
            weights: |size| vec![wholes("s", &[size, 0, 0, size])],
            made: &[5, 7],
        },
        Case {
            op: "Range",
            x: &[1],
            inputs: &["a", "b", "c"],
            set: nothing,
            weights: |size| {
                let scalar = |name: &str, value: i64| {
                    let raw = value.to_le_bytes();
                    [number(2, 7), field(8, name), field(9, raw)].concat()
                };
                // A step of one, up to two billions.
                vec![scalar("a", 0), scalar("b", size * size / 500), scalar("c", 1)]
            },
            made: &[0],
        },
        Case {
            op: "Conv",
            x: &[1, 1, 4, 4],
            inputs: &["x", "w"],
            set: |size| {
                vec![
                    ("pads", Set::Wholes([size; 4].to_vec().leak())),
                    ("strides", Set::Wholes(&[1, 1])),
                    ("dilations", Set::Wholes(&[1, 1])),
                ]
            },
            weights: |_| vec![floats("w", &[2, 1, 3, 3])],
            made: &[1, 2, 8, 8],
        },
        Case {
            op: "MaxPool",
            x: &[1, 1, 4, 4],
            inputs: &["x"],
            set: |size| {
                vec![
                    ("kernel_shape", Set::Wholes(&[4, 4])),
                    ("strides", Set::Wholes(&[1, 1])),
                    ("pads", Set::Wholes([size; 4].to_vec().leak())),
                ]
            },
            weights: no_weights,
            made: &[1, 1, 7, 7],
        },
        Case {
            op: "ConvTranspose",
            x: &[1, 1, 2, 2],
            inputs: &["x", "w"],
            set: |size| {
                vec![
                    ("strides", Set::Wholes([size; 2].to_vec().leak())),
                    ("dilations", Set::Wholes(&[1, 1])),
                    ("pads", Set::Wholes(&[0; 4])),
                ]
            },
            weights: |_| vec![floats("w", &[1, 2, 2, 2])],
            made: &[1, 2, 5, 5],
        },
    ]
}

impl Case {
    fn run(&self, size: i64) -> Result<Computed, String> {
        let node = node(self.op, self.inputs, "y", &(self.set)(size));
        computed(&model(self.x.len(), &[node], &(self.weights)(size)), self.x, GIGABYTE)
    }
}

#[test]
fn small_models_that_ask_for_large_values_are_refused_with_both_sizes() {
    for case in cases() {
        let made = case.run(SMALL).unwrap_or_else(|why| panic!("{}: {why}", case.op));
        assert_eq!(made.dimensions, case.made, "{}", case.op);
        let said = case.run(LARGE).unwrap_err();
        let wanted = format!("`y`: this `{}` wants up to ", case.op);
        assert!(said.starts_with(&wanted), "{}: {said}", case.op);
        assert!(said.contains("more than the 1000000000 there are"), "{}: {said}", case.op);
    }
}

#[test]
fn values_that_grow_step_by_step_are_refused_where_there_is_no_more_room() {
    // Twenty times four times as many, none of them by a number that is large.
    let names: Vec<String> = (0..21).map(|i| format!("v{i}")).collect();
    let mut nodes = vec![node("Identity", &["x"], "v0", &[])];
    for pair in names.windows(2) {
        nodes.push(node("Concat", &[pair[0].as_str(); 4], &pair[1], &[("axis", Set::One(1))]));
    }
    nodes.push(node("Identity", &["v20"], "y", &[]));
    let said = computed(&model(2, &nodes, &[]), &[2, 4], 1_000_000).unwrap_err();
    assert!(said.starts_with("`v8`: this `Concat` wants up to 2097152 bytes"), "{said}");
    // Two dimensions of a thousand each make a million over each other, and so on.
    let nodes = [
        node("Transpose", &["x"], "t", &[]),
        node("Add", &["x", "t"], "square", &[]),
        node("Reshape", &["square", "column"], "c", &[]),
        node("Reshape", &["square", "row"], "r", &[]),
        node("Mul", &["c", "r"], "y", &[]),
    ];
    let weights = [wholes("column", &[-1, 1]), wholes("row", &[1, -1])];
    let model = model(2, &nodes, &weights);
    assert_eq!(computed(&model, &[1, 10], GIGABYTE).unwrap().dimensions, [100, 100]);
    let said = computed(&model, &[1, 1000], GIGABYTE).unwrap_err();
    assert!(said.contains("this `Mul` wants up to 4000000000000 bytes beside the 8"), "{said}");
}

#[test]
fn what_is_no_longer_needed_does_not_count() {
    let mut nodes = vec![node("Identity", &["x"], "v0", &[])];
    for i in 0..50 {
        nodes.push(node("Relu", &[&format!("v{i}")], &format!("v{}", i + 1), &[]));
    }
    nodes.push(node("Neg", &["v50"], "y", &[]));
    let model = model(2, &nodes, &[]);
    // A value and the next one, of 4,000 bytes each.
    let made = computed(&model, &[10, 100], 8_000).unwrap();
    assert_eq!(made.numbers.unwrap()[999], -999.0);
    assert!(
        computed(&model, &[10, 100], 7_999).unwrap_err().contains("4000 bytes beside the 4000")
    );
}

#[test]
fn graphs_within_nodes_are_run_only_where_they_cannot_grow() {
    let branch = |op: &str, set: &[(&str, Set<'_>)]| {
        let inner = node(op, &["x"], "inner", set);
        Set::Graph([field(1, inner), field(12, field(1, "inner"))].concat())
    };
    let condition = [number(2, 9), field(8, "c"), field(9, [1])].concat();
    let choice = |op: &str| {
        let branches = [("then_branch", branch(op, &[])), ("else_branch", branch("Neg", &[]))];
        computed(
            &model(2, &[node("If", &["c"], "y", &branches)], &[condition.clone()]),
            &[2, 2],
            999,
        )
    };
    assert_eq!(choice("Identity").unwrap().numbers, Some(vec![0.0, 1.0, 2.0, 3.0]));
    assert!(choice("Tile").unwrap_err().contains("this `If` wants cannot be told"));
    let body = Set::Graph(field(1, node("Identity", &["x"], "inner", &[])));
    let repeat = node("Loop", &["", "c", "x"], "y", &[("body", body)]);
    let looped = computed(&model(2, &[repeat], &[condition]), &[2, 2], GIGABYTE);
    assert!(looped.is_err(), "{looped:?}");
    let mut graph = field(1, node("Identity", &["x"], "inner", &[]));
    for _ in 0..2000 {
        graph = field(1, node("If", &["c"], "inner", &[("then_branch", Set::Graph(graph))]));
    }
    let deep = model(2, &[node("If", &["c"], "y", &[("then_branch", Set::Graph(graph))])], &[]);
    assert!(computed(&deep, &[2, 2], GIGABYTE).unwrap_err().contains("more than 16 deep"));
}

#[test]
fn names_and_settings_that_two_readers_could_take_differently_are_refused() {
    let twice = [node("Relu", &["x"], "y", &[]), node("Neg", &["x"], "y", &[])];
    let said = computed(&model(1, &twice, &[]), &[1], GIGABYTE).unwrap_err();
    assert!(said.contains("two nodes compute `y`"), "{said}");
    let shapes = [("shape", Set::Wholes(&[1])), ("shape", Set::Wholes(&[LARGE, LARGE]))];
    let said = computed(&model(1, &[node("RandomNormal", &[], "y", &shapes)], &[]), &[1], GIGABYTE);
    assert!(said.unwrap_err().contains("two settings `shape`"));
    let circle = [node("Add", &["x", "y"], "z", &[]), node("Neg", &["z"], "y", &[])];
    let said = computed(&model(1, &circle, &[]), &[1], GIGABYTE).unwrap_err();
    assert!(said.contains("is needed to compute itself"), "{said}");
    let scales = [("scales", Set::Reals(&[2.0, 2.0]))];
    let odd = node("Upsample", &["x"], "y", &scales);
    assert!(computed(&model(3, &[odd], &[]), &[1, 1, 1], GIGABYTE).is_err());
}

#[test]
fn weights_elsewhere_are_held_against_their_file_before_memory_is_taken() {
    let pairs = [("location", "w.data"), ("offset", "0"), ("length", "4000000000000")];
    let pairs: Vec<u8> = pairs
        .iter()
        .flat_map(|(key, value)| field(13, [field(1, key), field(2, value)].concat()))
        .collect();
    let weight = [number(1, 1_000_000_000_000), number(2, 1), field(8, "w"), pairs, number(14, 1)];
    let model = model(1, &[node("Add", &["x", "w"], "y", &[])], &[weight.concat()]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, model).unwrap();
    std::fs::write(folder.path().join("w.data"), [0; 16]).unwrap();
    let said = Network::open(Path::new(&path), 1).map(|_| ()).unwrap_err().to_string();
    assert!(said.contains("4000000000000 bytes from 0 on were wanted of `w.data`"), "{said}");
}

#[test]
fn sizes_that_a_file_says_and_that_are_out_of_date_change_nothing() {
    // Made for one sample, then the input's size was made free by hand.
    let size = |size: i64| field(1, number(1, size));
    let said = |name: &str| {
        let tensor = [number(1, 1), field(2, [size(1), size(4)].concat())].concat();
        [field(1, name), field(2, field(1, tensor))].concat()
    };
    let nodes = [node("Relu", &["x"], "v", &[]), node("Neg", &["v"], "y", &[])];
    let whole = model(2, &nodes, &[]);
    let mut graph: Vec<u8> = nodes.iter().flat_map(|node| field(1, node)).collect();
    let free = field(1, field(2, "n"));
    let tensor = [number(1, 1), field(2, free.repeat(2))].concat();
    graph.extend(field(11, [field(1, "x"), field(2, field(1, tensor))].concat()));
    graph.extend(field(12, said("y")));
    graph.extend(field(13, said("v")));
    let outdated = [number(1, 8), field(7, graph), field(8, number(2, 18))].concat();
    let of = |model: &[u8]| computed(model, &[3, 4], GIGABYTE).unwrap();
    assert_eq!(of(&outdated), of(&whole));
}
