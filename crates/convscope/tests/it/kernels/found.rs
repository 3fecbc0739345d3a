//! Which arrays are kernels, and in which order of dimensions.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{kernels, layer, put, why};
use crate::similarity::{Array, array, bytes_64, normal, npy, npz, safetensors};
use crate::typed::{complaint, convscope, printed};

/// Kernels of three inputs for four outputs, in the order output, input, row, column.
fn four_of_three() -> Vec<f64> {
    normal("layouts", 4 * 3 * 9)
}

/// The same numbers with dimensions in another order.
pub(crate) fn moved(numbers: &[f64], from: [usize; 4], to: [usize; 4]) -> Vec<f64> {
    let stride = |axis: usize| from[axis + 1..].iter().product::<usize>();
    let mut moved = Vec::new();
    for a in 0..from[to[0]] {
        for b in 0..from[to[1]] {
            for c in 0..from[to[2]] {
                for d in 0..from[to[3]] {
                    let places = [a, b, c, d].into_iter().zip(to);
                    let place: usize = places.map(|(at, axis)| at * stride(axis)).sum();
                    moved.push(numbers[place]);
                }
            }
        }
    }
    moved
}

#[test]
fn kernels_are_the_same_in_every_layout() {
    let folder = TempDir::new().unwrap();
    let numbers = four_of_three();
    let torch = [array("conv.weight", &[4, 3, 3, 3], numbers.clone())];
    put(folder.path(), "torch.safetensors", &safetensors(&torch, &json!({})));
    let keras = moved(&numbers, [4, 3, 3, 3], [2, 3, 1, 0]);
    let arrays = [array("conv/kernel:0", &[3, 3, 3, 4], keras.clone())];
    put(folder.path(), "keras.npz", &npz(&arrays, &[]));
    put(folder.path(), "bare.npy", &npy("<f8", &[3, 3, 3, 4], &bytes_64(&keras)));
    let transposed = moved(&numbers, [4, 3, 3, 3], [1, 0, 2, 3]);
    let arrays = [array("up.conv_transpose.weight", &[3, 4, 3, 3], transposed)];
    put(folder.path(), "up.npz", &npz(&arrays, &[]));
    let wanted = kernels(folder.path(), &["torch.safetensors"]);
    let wanted = layer(&wanted, "conv.weight");
    assert_eq!(wanted["kernels"].as_array().unwrap().len(), 12);
    for (words, letters) in [
        (vec!["keras.npz"], "rcio"),
        (vec!["bare.npy"], "rcio"),
        (vec!["up.npz"], "iorc"),
        (vec!["bare.npy", "--layout", "rcio,oic"], "rcio"),
    ] {
        let found = kernels(folder.path(), &words);
        let own = &found["layers"][0];
        assert_eq!(
            (&own["layout"], &own["outputs"], &own["inputs"]),
            (&json!(letters), &json!(4), &json!(3))
        );
        for (a, b) in
            own["kernels"].as_array().unwrap().iter().zip(wanted["kernels"].as_array().unwrap())
        {
            let place = |kernel: &Value| (kernel["output"].clone(), kernel["input"].clone());
            assert_eq!(place(a), place(b), "{words:?}");
            let (a, b) = (a["code-length"].as_f64().unwrap(), b["code-length"].as_f64().unwrap());
            assert!((a - b).abs() < 1e-4, "{words:?}: {a} and {b}");
        }
    }
}

#[test]
fn an_unusual_layout_is_said_aloud() {
    let folder = TempDir::new().unwrap();
    let say = |name: &str, arrays: &[Array]| {
        put(folder.path(), "a.npz", &npz(arrays, &[]));
        let output = convscope(folder.path(), &["kernels", "a.npz"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{name}: {said}");
        said
    };
    let keras = [array("w", &[3, 3, 1, 8], normal("keras", 72))];
    let said = say("keras", &keras);
    assert!(said.contains("`w` [3, 3, 1, 8] is read as rcio (by its dimensions)"), "{said}");
    let either = [array("w", &[3, 3, 3, 3], normal("either", 81))];
    assert!(say("either", &either).contains("either order would fit; PyTorch's was taken"));
    // What one array of a file says holds for those that say nothing.
    let both = [keras, either].into_iter().flatten().zip(["a", "b"]);
    let both: Vec<Array> = both.map(|(own, name)| Array { name, ..own }).collect();
    assert!(say("both", &both).contains("`b` [3, 3, 3, 3] is read as rcio (as the other arrays"));
    let torch = [array("conv.weight", &[8, 1, 3, 3], normal("torch", 72))];
    assert_eq!(say("torch", &torch), "");
}

#[test]
fn every_kind_of_convolution_is_found_and_every_other_array_counted() {
    let folder = TempDir::new().unwrap();
    let of = |name: &'static str, shape: &[usize]| {
        array(name, shape, normal(name, shape.iter().product()))
    };
    let arrays = [
        of("stem.weight", &[8, 3, 3, 3]),
        of("stem.bias", &[8]),
        of("depthwise.weight", &[8, 1, 3, 3]),
        of("grouped.weight", &[8, 2, 3, 5]),
        of("pointwise.weight", &[4, 8, 1, 1]),
        of("row.weight", &[4, 4, 1, 7]),
        of("sound.weight", &[4, 2, 9]),
        of("volume.weight", &[2, 2, 3, 3, 3]),
        of("up.deconv.weight", &[8, 4, 4, 4]),
        of("fc.weight", &[10, 20]),
        of("position", &[1, 16, 8]),
        of("huge.weight", &[2, 1, 40, 40]),
        of("optimizer.exp_avg.0", &[8, 3, 3, 3]),
    ];
    put(folder.path(), "a.safetensors", &safetensors(&arrays, &json!({})));
    let found = kernels(folder.path(), &["a.safetensors"]);
    let sizes = |name: &str| {
        let own = layer(&found, name);
        ["outputs", "inputs", "rows", "columns"].map(|key| own[key].as_u64().unwrap())
    };
    assert_eq!(sizes("stem.weight"), [8, 3, 3, 3]);
    assert_eq!(sizes("depthwise.weight"), [8, 1, 3, 3]);
    assert_eq!(sizes("grouped.weight"), [8, 2, 3, 5]);
    assert_eq!(sizes("row.weight"), [4, 4, 1, 7]);
    assert_eq!(sizes("sound.weight"), [4, 2, 1, 9]);
    assert_eq!(sizes("up.deconv.weight"), [4, 8, 4, 4]);
    for (name, part) in [
        ("stem.bias", "such as a bias"),
        ("pointwise.weight", "1 × 1"),
        ("volume.weight", "5 dimensions"),
        ("fc.weight", "a matrix"),
        ("position", "three dimensions, and not called weight or kernel"),
        ("huge.weight", "more than the 961 numbers"),
        ("optimizer.exp_avg.0", "optimiser"),
    ] {
        assert!(why(&found, name).contains(part), "{name}: {}", why(&found, name));
    }
    let both = |key: &str| found[key].as_array().unwrap().len();
    assert_eq!(both("layers") + both("skipped"), arrays.len(), "no array is dropped");
    for own in found["layers"].as_array().unwrap() {
        let count = own["outputs"].as_u64().unwrap() * own["inputs"].as_u64().unwrap();
        assert_eq!(own["kernels"].as_array().unwrap().len() as u64, count);
        assert_eq!(own["looked-at"], count);
        let counted = own["structures"].as_array().unwrap().iter();
        assert_eq!(counted.map(|of| of["count"].as_u64().unwrap()).sum::<u64>(), count);
    }
    let said = printed(folder.path(), &["kernels", "a.safetensors"]);
    assert!(said.contains("7 arrays were not looked at"), "{said}");
    assert!(
        said.contains("1  1 × 1: a kernel of one number has no structure: pointwise.weight"),
        "{said}"
    );
}

#[test]
fn what_is_asked_for_by_name_is_taken() {
    let folder = TempDir::new().unwrap();
    let arrays = [
        array("stem.weight", &[2, 1, 3, 3], normal("stem", 18)),
        array("position", &[1, 4, 8], normal("position", 32)),
        array("optimizer.exp_avg.0", &[2, 1, 3, 3], normal("state", 18)),
    ];
    put(folder.path(), "a.safetensors", &safetensors(&arrays, &json!({})));
    let asked = kernels(folder.path(), &["a.safetensors", "--layer", "position,optim*"]);
    assert_eq!(layer(&asked, "position")["layout"], "oic");
    assert_eq!(asked["layers"].as_array().unwrap().len(), 2);
    assert_eq!(why(&asked, "stem.weight"), "not asked for by --layer");
}

#[test]
fn matrices_are_kernels_where_a_file_holds_nothing_else() {
    let folder = TempDir::new().unwrap();
    let list = normal("list", 75);
    put(folder.path(), "list.npy", &npy("<f8", &[3, 5, 5], &bytes_64(&list)));
    let found = kernels(folder.path(), &["list.npy"]);
    assert_eq!(
        (&found["layers"][0]["layout"], &found["layers"][0]["outputs"]),
        (&json!("orc"), &json!(3))
    );
    let square = array("a", &[5, 5], list[..25].to_vec());
    put(folder.path(), "one.npz", &npz(&[square], &[]));
    assert_eq!(kernels(folder.path(), &["one.npz"])["layers"][0]["layout"], "rc");
    // A multilayer perceptron has biases, and a linear layer is no kernel.
    let net = [
        array("fc.weight", &[5, 5], list[..25].to_vec()),
        array("fc.bias", &[5], list[..5].to_vec()),
    ];
    put(folder.path(), "net.npz", &npz(&net, &[]));
    let said = complaint(folder.path(), &["kernels", "net.npz"]);
    assert!(
        said.contains("fc.weight [5, 5]")
            && said.contains("a matrix, such as that of a linear layer"),
        "{said}"
    );
    let asked = kernels(folder.path(), &["net.npz", "--layout", "rc"]);
    assert_eq!(layer(&asked, "fc.weight")["kernels"].as_array().unwrap().len(), 1);
}

#[test]
fn a_graph_says_which_arrays_are_kernels() {
    let folder = TempDir::new().unwrap();
    let golden =
        |name: &str| format!("{}/../../golden/onnx_models/{name}", env!("CARGO_MANIFEST_DIR"));
    let found = kernels(folder.path(), &[&golden("residual.onnx")]);
    let layers = found["layers"].as_array().unwrap();
    let groups: Vec<&Value> = layers.iter().map(|layer| &layer["groups"]).collect();
    assert_eq!(groups, [&json!(1), &json!(2)], "{layers:?}");
    let grouped = &layers[1];
    assert_eq!((&grouped["outputs"], &grouped["inputs"]), (&json!(4), &json!(2)));
    assert!(layers.iter().all(|layer| layer["layout-from"] == "as the model's graph uses it"));
    let skipped = found["skipped"].as_array().unwrap();
    let floats: Vec<&Value> = skipped.iter().filter(|one| one["kind"] == "F32").collect();
    assert!(floats.len() > 4, "norms and linear layers");
    assert!(floats.iter().all(|one| one["why"] == "no convolution of the model uses it"));
}

#[test]
fn weights_of_pytorch_and_of_others_say_the_same() {
    let folder = TempDir::new().unwrap();
    let golden =
        |name: &str| format!("{}/../../golden/state_dicts/{name}", env!("CARGO_MANIFEST_DIR"));
    let wanted = kernels(folder.path(), &[&golden("lenet.safetensors")]);
    for name in ["lenet.pt", "lenet-legacy.pth", "lenet.npz"] {
        let found = kernels(folder.path(), &[&golden(name)]);
        for own in wanted["layers"].as_array().unwrap() {
            let other = layer(&found, own["name"].as_str().unwrap());
            assert_eq!(own["kernels"], other["kernels"], "{name}");
        }
    }
}

#[test]
fn shared_arrays_are_looked_at_once() {
    let folder = TempDir::new().unwrap();
    let tied = format!("{}/../../golden/state_dicts/tied.pt", env!("CARGO_MANIFEST_DIR"));
    let tied = kernels(folder.path(), &[&tied]);
    assert_eq!(layer(&tied, "a.weight")["kernels"].as_array().unwrap().len(), 2);
    assert_eq!(why(&tied, "b.weight"), "the same numbers as `a.weight`");
}
