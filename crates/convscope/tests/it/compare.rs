//! Two models beside each other, with structure that was planted.

use std::path::Path;

use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_engine::update::{Sgd, sgd};
use convscope_engine::{Executor, Level, Samples};
use convscope_measure::filters::{Flip, Motion};
use convscope_model::formats::safetensors;
use convscope_model::{NETS, Net, Role, Shape, Symmetry};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::typed::{complaint, convscope, printed};

const GRAY: Shape = Shape { channels: 1, height: 28, width: 28 };

fn net(name: &str, input: Shape) -> Net {
    let architecture = (find(NETS, "net", name).unwrap().build)(json!({})).unwrap();
    architecture.net(input, 10).unwrap()
}

/// Draws a model as it starts, with biases and batch norms that are not all alike.
fn drawn(net: &Net, seed: u64) -> Vec<f32> {
    let mut draws = Seed::root(seed).child("model").stream();
    let mut weights = Vec::with_capacity(net.number_count());
    for tensor in net.tensors() {
        weights.extend((0..tensor.len()).map(|_| {
            let normal = draws.normal();
            (match tensor.role {
                Role::Weight => normal * (2.0 / tensor.fan_in as f64).sqrt(),
                Role::Scale | Role::Variance => 1.0 + 0.1 * normal.tanh(),
                Role::Bias | Role::Shift | Role::Mean => 0.1 * normal,
            }) as f32
        }));
    }
    weights
}

fn write(folder: &Path, name: &str, net: &Net, weights: &[f32]) {
    let bytes = safetensors::write(net, weights).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// Compares two models of a net by the command.
fn compared(net: &Net, a: &[f32], b: &[f32]) -> Value {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "a.safetensors", net, a);
    write(folder.path(), "b.safetensors", net, b);
    let said = printed(folder.path(), &["compare", "a.safetensors", "b.safetensors", "--json"]);
    serde_json::from_str(&said).unwrap()
}

fn parameters(compared: &Value) -> &Vec<Value> {
    compared["parameters"].as_array().unwrap()
}

fn parameter<'c>(compared: &'c Value, name: &str) -> &'c Value {
    parameters(compared).iter().find(|parameter| parameter["name"] == name).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn shuffled(net: &Net, seed: u64) -> Vec<Vec<usize>> {
    let draw = |(order, of): (usize, &convscope_model::Order)| {
        let mut places: Vec<usize> = (0..of.members).collect();
        Seed::root(seed).nth(order as u64).stream().shuffle(&mut places);
        places
    };
    Symmetry::of(net).orders().iter().enumerate().map(draw).collect()
}

#[test]
fn a_model_is_no_distance_from_itself() {
    let net = net("lenet-5", GRAY);
    let weights = drawn(&net, 1);
    let same = compared(&net, &weights, &weights);
    assert_eq!(same["net"]["name"], "lenet-5");
    assert_eq!(same["net"]["input"], json!([1, 28, 28]));
    for parameter in parameters(&same) {
        assert_eq!(parameter["distances"]["frobenius"]["value"], 0.0, "{parameter}");
        assert!((number(&parameter["distances"]["cosine"]["value"]) - 1.0).abs() < 1e-12);
        assert_eq!(parameter["in"], "both");
        assert_eq!(parameter["a"], parameter["b"]);
    }
    for pair in parameter(&same, "conv2.weight")["twins"]["pairs"].as_array().unwrap() {
        assert_eq!((&pair["twin"], &pair["words"]), (&pair["filter"], &json!("as it is")));
    }
    let alignment = &same["alignment"];
    assert_eq!(
        (&alignment["before"]["distance"], &alignment["after"]["distance"]),
        (&json!(0.0), &json!(0.0))
    );
    for order in alignment["orders"].as_array().unwrap() {
        let members = order["members"].as_u64().unwrap();
        assert_eq!(order["places"], json!((0..members).collect::<Vec<_>>()));
    }
    assert!(number(&alignment["shuffled"]["cosine"]) < 0.7, "a shuffled model is none of its own");
}

#[test]
fn a_reordered_model_is_found_to_be_the_same() {
    for (name, input) in [("lenet-5", GRAY), ("resnet-20", Shape::image(3, 32, 32))] {
        let net = net(name, input);
        let weights = drawn(&net, 2);
        let planted = shuffled(&net, 3);
        let reordered = Symmetry::of(&net).reordered(&weights, &planted);
        let found = compared(&net, &weights, &reordered);
        let alignment = &found["alignment"];
        assert!(number(&alignment["before"]["distance"]) > 1.0);
        assert_eq!(alignment["after"]["distance"], 0.0, "{name}");
        for (order, planted) in alignment["orders"].as_array().unwrap().iter().zip(&planted) {
            for (unit, place) in order["places"].as_array().unwrap().iter().enumerate() {
                assert_eq!(planted[place.as_u64().unwrap() as usize], unit, "{name}");
            }
        }
        for parameter in parameters(&found) {
            assert_eq!(parameter["aligned"]["frobenius"]["value"], 0.0, "{name}: {parameter}");
        }
    }
}

#[test]
fn flipped_turned_and_negated_filters_are_found_with_their_motion() {
    let net = net("lenet-5", GRAY);
    let weights = drawn(&net, 4);
    let tensor = net.parameters().iter().find(|tensor| tensor.name == "conv1.weight").unwrap();
    let motions = [
        (Motion { negated: true, ..Motion::NONE }, "negated"),
        (Motion { flip: Flip::LeftRight, ..Motion::NONE }, "left-right flip"),
        (Motion { flip: Flip::Half, negated: true, shift: [0, 0] }, "half turn, negated"),
        (Motion { flip: Flip::Quarter, ..Motion::NONE }, "quarter turn right"),
        (Motion::NONE, "as it is"),
        (Motion { flip: Flip::Transpose, ..Motion::NONE }, "transpose"),
    ];
    let mut moved = weights.clone();
    for (filter, (motion, _)) in motions.iter().enumerate() {
        let own = &mut moved[tensor.offset + 25 * filter..][..25];
        let wide: Vec<f64> = own.iter().map(|weight| f64::from(*weight)).collect();
        for (to, from) in own.iter_mut().zip(motion.apply(&wide, 5)) {
            *to = from as f32;
        }
    }
    let found = compared(&net, &weights, &moved);
    let twins = &parameter(&found, "conv1.weight")["twins"];
    for (filter, (_, words)) in motions.iter().enumerate() {
        let pair = &twins["pairs"][filter];
        assert_eq!((&pair["filter"], &pair["twin"]), (&json!(filter), &json!(filter)));
        assert_eq!(pair["words"], *words);
        assert!((number(&pair["cosine"]) - 1.0).abs() < 1e-6);
    }
    assert!(number(&twins["mean"]["z"]) > 5.0);
}

#[test]
fn unrelated_models_are_at_chance() {
    for (name, input) in [("lenet-5", GRAY), ("vgg-svhn", Shape::image(3, 32, 32))] {
        let net = net(name, input);
        let apart = compared(&net, &drawn(&net, 5), &drawn(&net, 6));
        for parameter in parameters(&apart).iter().filter(|own| own["twins"].is_object()) {
            for measure in ["frobenius", "cosine", "pearson", "nearest"] {
                let z = number(&parameter["distances"][measure]["z"]);
                assert!(z.abs() < 4.5, "{name}, {}, {measure}: {z}", parameter["name"]);
            }
            let frobenius = number(&parameter["distances"]["frobenius"]["value"]);
            assert!((frobenius - 2.0_f64.sqrt()).abs() < 0.25, "{name}: {frobenius}");
        }
        // A matching raises the cosine of unrelated models too, as much as that of a shuffled one.
        let cosine = |state: &str| number(&apart["alignment"][state]["cosine"]);
        assert!(cosine("after") > cosine("before"));
        assert!((cosine("after") - cosine("shuffled")).abs() < 0.05, "{name}");
    }
}

#[test]
fn two_trainings_of_one_start_are_above_chance() {
    let net = net("lenet-5", GRAY);
    let start = drawn(&net, 7);
    let trained = |seed: u64| {
        let mut draws = Seed::root(seed).child("images").stream();
        let pixels: Vec<f32> = (0..32 * GRAY.len()).map(|_| draws.normal() as f32).collect();
        let labels: Vec<u16> = (0..32).map(|image| image % 10).collect();
        let samples = Samples { pixels: &pixels, labels: &labels };
        let level = Level::detect();
        let mut executor = Executor::new(&net, 32, level);
        let mut weights = start.clone();
        let (mut gradients, mut velocity) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
        let step = Sgd { lr: 0.02, momentum: 0.9, ..Sgd::default() };
        let order: Vec<u32> = (0..32).collect();
        for _ in 0..30 {
            executor.gradients(&weights, samples, &order, Seed::root(0), &mut gradients);
            sgd(level, &step, &mut weights, &gradients, &mut velocity);
        }
        weights
    };
    let (a, b) = (trained(8), trained(9));
    assert_ne!(a, b);
    let found = compared(&net, &a, &b);
    // Of n filters, perfect agreement has a z of about n − 1.
    let layers = [("conv1.weight", 6.0), ("conv2.weight", 16.0), ("fc1.weight", 120.0)];
    for (name, filters) in layers {
        let cosine = &parameter(&found, name)["distances"]["cosine"];
        assert!(number(&cosine["z"]) > filters / 2.0, "{name}: {cosine}");
        assert!(number(&cosine["value"]) < 1.0);
    }
    let cosine = |state: &str| number(&found["alignment"][state]["cosine"]);
    assert!(cosine("after") >= cosine("before") && cosine("before") > cosine("shuffled"));
}

#[test]
fn missing_extra_and_misshaped_tensors_are_listed() {
    let folder = TempDir::new().unwrap();
    let (gray, colour) = (net("lenet-5", GRAY), net("resnet-20", Shape::image(3, 32, 32)));
    write(folder.path(), "a.safetensors", &gray, &drawn(&gray, 1));
    write(folder.path(), "b.safetensors", &colour, &drawn(&colour, 1));
    let words = ["compare", "a.safetensors", "b.safetensors"];
    let said = printed(folder.path(), &[&words[..], &["--json"]].concat());
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(found["net"], Value::Null);
    let why = found["net-missing"].as_str().unwrap();
    assert!(why.contains("A is a lenet-5, but B does not fit"), "{why}");
    assert!(found["alignment-missing"].as_str().unwrap().contains("net is not known"));
    let conv = parameter(&found, "conv1.weight");
    assert_eq!((&conv["in"], &conv["distances"]), (&json!("other-shape"), &Value::Null));
    assert_eq!(conv["distances-missing"], "the two have other shapes");
    assert_eq!(parameter(&found, "fc3.bias")["in"], "only-a");
    assert_eq!(parameter(&found, "bn1.running_var")["in"], "only-b");
    let names: std::collections::BTreeSet<&str> =
        gray.tensors().chain(colour.tensors()).map(|own| own.name.as_str()).collect();
    assert_eq!(parameters(&found).len(), names.len(), "no tensor is dropped");
    let said = printed(folder.path(), &words);
    assert!(said.contains("only in A") && said.contains("not aligned"), "{said}");
}

#[test]
fn a_model_that_diverged_is_shown_with_its_nan() {
    let net = net("lenet-5", GRAY);
    let mut broken = drawn(&net, 1);
    broken[7] = f32::NAN;
    let found = compared(&net, &drawn(&net, 1), &broken);
    let conv = parameter(&found, "conv1.weight");
    assert_eq!(conv["distances-missing"], "that of B holds NaN at index 7");
    assert_eq!(
        (&conv["b"]["norm"], &conv["b"]["norm-missing"]),
        (&Value::Null, &json!("holds NaN at index 7"))
    );
    assert!(conv["a"]["norm"].is_number());
    assert_eq!(found["alignment-missing"], "`conv1.weight` of B holds NaN at index 7");
    assert_eq!(parameter(&found, "fc1.weight")["distances"]["frobenius"]["value"], 0.0);
}

#[test]
fn nets_are_given_by_name_or_as_a_list_of_layers() {
    let folder = TempDir::new().unwrap();
    let lenet = net("lenet-5", GRAY);
    write(folder.path(), "a.safetensors", &lenet, &drawn(&lenet, 1));
    let list = "net = [{ conv = { filters = 6, kernel = 5, name = \"conv1\" } }, \"relu\", { max-pool = 2 },
        { conv = { filters = 16, kernel = 5, name = \"conv2\" } }, \"relu\", { max-pool = 2 }, \"flatten\",
        { linear = 120 }, \"relu\", { linear = 84 }, \"relu\", { linear = \"classes\" }]";
    std::fs::write(folder.path().join("mine.toml"), list).unwrap();
    let with =
        |net: &str| ["compare", "a.safetensors", "a.safetensors", "--net", net].map(str::to_owned);
    let words = |all: &[String]| -> Vec<String> { all.to_vec() };
    let typed = |net: &str| {
        let all = words(&with(net));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        printed(folder.path(), &all)
    };
    assert!(typed("lenet-5").contains("net lenet-5 for 1×28×28, as given"));
    assert!(typed("mine.toml").contains("net mine.toml"));
    let refused = |net: &str| {
        let all = words(&with(net));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        complaint(folder.path(), &all)
    };
    let said = refused("resnet-20");
    assert!(
        said.contains("a.safetensors is no model of resnet-20: it lacks `bn1.weight`"),
        "{said}"
    );
    assert!(refused("lenet").contains("did you mean `lenet-5`"));
    assert!(refused("nowhere.toml").contains("cannot read nowhere.toml"));
    std::fs::write(folder.path().join("empty.toml"), "seeds = 3").unwrap();
    assert!(refused("empty.toml").contains("has no `net`"));
    std::fs::write(folder.path().join("odd.toml"), "net = [{ konv = 3 }]").unwrap();
    assert!(refused("odd.toml").contains("konv"));
}

#[test]
fn what_is_no_model_is_refused() {
    let folder = TempDir::new().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let lenet = net("lenet-5", GRAY);
    write(folder.path(), "a.safetensors", &lenet, &drawn(&lenet, 1));
    let refused = |name: &str| complaint(folder.path(), &["compare", "a.safetensors", name]);
    put("note.txt", b"these are no weights at all");
    let said = refused("note.txt");
    assert!(said.contains("note.txt") && said.contains("no file of weights"), "{said}");
    put("empty.pt", b"");
    assert!(refused("empty.pt").contains("no file of weights"));
    put("short.safetensors", b"\xff\xff\xff\xff\0\0\0\0{\"a\":");
    assert!(refused("short.safetensors").contains("safetensors cannot be read"));
    put("none.safetensors", b"\x02\0\0\0\0\0\0\0{}");
    assert!(refused("none.safetensors").contains("holds no tensor"));
    // What torch.save wrote before version 1.6, of an object that asks to run os.system.
    let mut pickles = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    pickles.extend(b"\x80\x02M\xe9\x03.\x80\x02}X\x0d\x00\x00\x00little_endian\x88s.");
    pickles.extend(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00echo\x85R.\x80\x02].");
    put("whole.pt", &pickles);
    let said = refused("whole.pt");
    assert!(said.contains("os.system") && said.contains("model.state_dict()"), "{said}");
    assert!(refused("nowhere.pt").contains("cannot read nowhere.pt"));
}

#[test]
fn hostile_models_are_refused() {
    let folder = TempDir::new().unwrap();
    let lenet = net("lenet-5", GRAY);
    write(folder.path(), "a.safetensors", &lenet, &drawn(&lenet, 1));
    let refused = |bytes: &[u8]| {
        std::fs::write(folder.path().join("b"), bytes).unwrap();
        let said = complaint(folder.path(), &["compare", "a.safetensors", "b"]);
        assert!(said.contains("b: "), "the file is named: {said}");
        said
    };
    let says = |said: String, part: &str| assert!(said.contains(part), "`{part}`: {said}");
    let golden = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    };
    says(refused(&golden("state_dicts/compressed.npz")), "is compressed");
    let mut damaged = golden("state_dicts/lenet.pt");
    says(refused(&damaged[..damaged.len() - 10]), "its end is missing");
    damaged[200] ^= 1;
    says(refused(&damaged), "the checksum differs");
    let onnx = golden("onnx_models/lenet.onnx");
    says(refused(&onnx[..onnx.len() - 40]), "is longer than the");
    let sizes = |shape: &str| {
        let header = format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":[0,8]}}}}"#);
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 8]].concat()
    };
    says(refused(&sizes("[4294967296,4294967296,2]")), "safetensors cannot be read");
    says(refused(&sizes("[3]")), "safetensors cannot be read");
}

#[test]
fn dead_constant_and_infinite_weights_have_reasons() {
    let lenet = net("lenet-5", GRAY);
    let (a, mut b) = (drawn(&lenet, 1), drawn(&lenet, 1));
    let named = |name: &str| lenet.tensors().find(|own| own.name == name).unwrap().range();
    b[named("conv1.weight")].fill(0.0);
    b[named("fc1.bias")].fill(0.5);
    b[named("fc2.weight").start] = f32::INFINITY;
    let found = compared(&lenet, &a, &b);
    let conv = &parameter(&found, "conv1.weight")["distances"];
    assert!((number(&conv["frobenius"]["value"]) - 2.0_f64.sqrt()).abs() < 1e-12);
    assert_eq!(conv["cosine"]["value"], Value::Null);
    assert_eq!(conv["cosine"]["value-missing"], "weights of zeros have no direction");
    let bias = &parameter(&found, "fc1.bias")["distances"];
    assert_eq!(bias["pearson"]["value-missing"], "equal weights have no correlation");
    assert_eq!(bias["frobenius"]["z-missing"], "every order of the filters gives the same");
    let infinite = &parameter(&found, "fc2.weight")["distances-missing"];
    assert_eq!(infinite, "that of B holds inf at index 0");
}

#[test]
fn a_page_shows_kernels_distances_and_orders() {
    let folder = TempDir::new().unwrap();
    let lenet = net("lenet-5", GRAY);
    write(folder.path(), "first.safetensors", &lenet, &drawn(&lenet, 1));
    write(folder.path(), "second.safetensors", &lenet, &drawn(&lenet, 2));
    let words = ["compare", "first.safetensors", "second.safetensors", "--out", "page.html"];
    let output = convscope(folder.path(), &words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    for part in
        ["first beside second", "B, twins", "conv2.weight", "Where the hidden units of B go"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("cannot be drawn") && !page.contains("Nothing to show"));
    let again = convscope(folder.path(), &words);
    assert_eq!(output.stdout, again.stdout);
    assert_eq!(page, std::fs::read_to_string(folder.path().join("page.html")).unwrap());
    assert!(complaint(folder.path(), &["compare", "first.safetensors"]).contains("<B>"));
}

#[test]
fn units_are_matched_by_what_they_do_on_samples() {
    let folder = TempDir::new().unwrap();
    let resnet = net("resnet-20", Shape::image(3, 32, 32));
    let weights = drawn(&resnet, 10);
    let reordered = Symmetry::of(&resnet).reordered(&weights, &shuffled(&resnet, 11));
    write(folder.path(), "a.safetensors", &resnet, &weights);
    write(folder.path(), "b.safetensors", &resnet, &reordered);
    // Images of another size than the net was taken to have.
    let mut draws = Seed::root(12).stream();
    let pixels: Vec<u8> =
        (0..24 * 768).flat_map(|_| (draws.normal() as f32).to_le_bytes()).collect();
    let (shape, end) = ([24, 3, 16, 16], pixels.len());
    let header = json!({ "x": { "dtype": "F32", "shape": shape, "data_offsets": [0, end] } });
    let header = header.to_string();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &pixels].concat();
    std::fs::write(folder.path().join("images.safetensors"), bytes).unwrap();
    let words =
        ["compare", "a.safetensors", "b.safetensors", "--samples", "images.safetensors", "--json"];
    let found: Value = serde_json::from_str(&printed(folder.path(), &words)).unwrap();
    let activations = &found["alignment"]["activations"];
    assert_eq!(activations["samples"], 24, "{}", found["alignment"]["activations-missing"]);
    assert_eq!(activations["after"]["distance"], 0.0);
    let orders = found["alignment"]["orders"].as_array().unwrap();
    let units: u64 = orders.iter().map(|order| order["members"].as_u64().unwrap()).sum();
    assert_eq!(activations["agree"], units);
    let words =
        ["compare", "a.safetensors", "b.safetensors", "--samples", "a.safetensors", "--json"];
    let found: Value = serde_json::from_str(&printed(folder.path(), &words)).unwrap();
    let why = found["alignment"]["activations-missing"].as_str().unwrap();
    assert!(why.contains("samples are one"), "{why}");
}
