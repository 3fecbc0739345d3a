//! Kernels of zeros, constants and NaN; files that hold no kernels, and files that lie.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{CLEAN, kernels, layer, put};
use crate::similarity::{array, bytes_64, normal, npy, npz, safetensors};
use crate::typed::{complaint, printed};

/// A layer of six 3 × 3 kernels: zeros, one number, NaN, infinity, and two drawn ones.
fn odd() -> Vec<f64> {
    let mut numbers = normal("odd", 54);
    numbers[..9].fill(0.0);
    numbers[9..18].fill(-0.25);
    numbers[18 + 5] = f64::NAN;
    numbers[27] = f64::INFINITY;
    numbers
}

#[test]
fn zeros_constants_and_nan_are_counted_and_no_crash() {
    let folder = TempDir::new().unwrap();
    let arrays = [
        array("odd.weight", &[3, 2, 3, 3], odd()),
        array("dead.weight", &[2, 1, 3, 3], vec![0.0; 18]),
        array("lost.weight", &[2, 1, 3, 3], vec![f64::NAN; 18]),
        array("good.weight", &[2, 1, 3, 3], normal("good", 18)),
    ];
    put(folder.path(), "a.npz", &npz(&arrays, &[]));
    let found = kernels(folder.path(), &["a.npz", "--out", "page.html"]);
    let own = layer(&found, "odd.weight");
    let count = |key: &str| own[key].as_u64().unwrap();
    assert_eq!(["looked-at", "zeros", "constant"].map(count), [4, 1, 1]);
    let unfit = json!([
        { "output": 1, "input": 0, "why": "holds NaN at row 1, column 2" },
        { "output": 1, "input": 1, "why": "holds inf at row 0, column 0" },
    ]);
    assert_eq!(own["unfit"], unfit);
    let all = own["kernels"].as_array().unwrap();
    let places = all.iter().map(|own| ["output", "input"].map(|key| own[key].as_u64().unwrap()));
    assert_eq!(places.collect::<Vec<_>>(), [[0, 0], [0, 1], [2, 0], [2, 1]]);
    let zero = &all[0];
    assert_eq!(
        (&zero["zero"], &zero["structure"], &zero["energy"]),
        (&json!(true), &json!("zero"), &Value::Null)
    );
    assert_eq!(
        zero["scores"]["separability"],
        json!({
            "value": null, "gaussian": null, "permuted": null, "why": "all numbers are 0",
        })
    );
    assert_eq!((&all[1]["structure"], &all[1]["zero"]), (&json!("constant"), &json!(false)));
    assert_eq!(layer(&found, "dead.weight")["zeros"], 2);
    let lost = layer(&found, "lost.weight");
    assert_eq!(
        (&lost["looked-at"], &lost["kernels"], &lost["median-energy"]),
        (&json!(0), &json!([]), &Value::Null)
    );
    assert_eq!(lost["unfit"].as_array().unwrap().len(), 2);
    let said = printed(folder.path(), &["kernels", "a.npz"]);
    assert!(
        said.contains("12 kernels in 4 layers, 3 of zeros, 1 constant, 4 that cannot be looked at"),
        "{said}"
    );
    assert!(
        said.contains(
            "odd.weight: 2 of 6 kernels cannot be looked at: filter 1, input 0 holds NaN"
        ),
        "{said}"
    );
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(!page.contains("role=\"note\"") && !page.contains("NaN</"), "a page without holes");
}

#[test]
fn a_file_without_convolutions_says_what_it_holds() {
    let folder = TempDir::new().unwrap();
    let said = |name: &str, bytes: &[u8]| {
        put(folder.path(), name, bytes);
        complaint(folder.path(), &["kernels", name])
    };
    let net = [
        array("fc1.weight", &[20, 30], normal("fc1", 600)),
        array("fc1.bias", &[20], normal("bias", 20)),
        array("mix.weight", &[4, 20, 1, 1], normal("mix", 80)),
    ];
    let net = said("net.safetensors", &safetensors(&net, &json!({})));
    for part in [
        "net.safetensors holds no kernels of convolutions that can be looked at",
        "1 array (fc1.weight [20, 30]): a matrix, such as that of a linear layer",
        "1 array (fc1.bias [20])",
        "1 array (mix.weight [4, 20, 1, 1]): 1 × 1",
        "--layout",
    ] {
        assert!(net.replace('\n', " ").contains(part), "`{part}`: {net}");
    }
    let whole = said("labels.npy", &npy("<i8", &[2, 3, 3], &[0; 144]));
    assert!(whole.contains("holds I64, no floats"), "{whole}");
    assert!(said("empty.npy", &npy("<f8", &[0, 3, 3], &[])).contains("empty"));
    assert!(said("none.npz", &npz(&[], &[])).contains("none.npz"));
    let one = said("one.npy", &npy("<f8", &[1, 1], &bytes_64(&[2.0])));
    assert!(one.contains("1 × 1"), "{one}");
}

#[test]
fn slips_are_named() {
    let folder = TempDir::new().unwrap();
    let arrays = [array("conv1.weight", &[2, 1, 3, 3], normal("slips", 18))];
    put(folder.path(), "a.npz", &npz(&arrays, &[]));
    let said = |words: &[&str]| complaint(folder.path(), &[&["kernels"], words].concat());
    assert!(said(&["a.npz", "--layer", "conv2.weight"]).contains("did you mean `conv1.weight`?"));
    assert!(said(&["a.npz", "--layer", "zzz*"]).contains("it has conv1.weight"));
    assert!(said(&["a.npz", "--layout", "nchw"]).contains("`nchw` is no layout of kernels"));
    assert!(said(&["a.npz", "--layout", "oirc,rcio"]).contains("both layouts of 4 dimensions"));
    assert!(said(&["nowhere.pt"]).contains("nowhere.pt: "));
    assert!(said(&["."]).contains("it is no file"));
    assert!(said(&[]).contains("<FILE>"));
    let there = std::process::Command::new(env!("CARGO_BIN_EXE_convscope"))
        .args(["kernels", "a.npz", "--out", "no/such/folder.html"])
        .current_dir(folder.path())
        .env("XDG_CACHE_HOME", crate::typed::NO_CACHE)
        .output()
        .unwrap();
    let said = String::from_utf8(there.stderr).unwrap();
    assert!(
        there.status.code() == Some(1) && said.contains("cannot write no/such/folder.html"),
        "{said}"
    );
}

#[test]
fn a_pattern_is_not_ignored_where_the_array_has_no_name() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "a.npy", &npy("<f8", &[5, 5], &bytes_64(&CLEAN.concat())));
    let said = complaint(folder.path(), &["kernels", "a.npy", "--layer", "conv1"]);
    assert!(said.contains("a.npy: no array fits `conv1`"), "{said}");
    assert!(said.contains("its only array has no name: leave --layer out"), "{said}");
    // What fits anything fits it.
    assert_eq!(kernels(folder.path(), &["a.npy", "--layer", "*"])["layers"][0]["looked-at"], 1);
}

#[test]
fn files_that_lie_are_refused() {
    let folder = TempDir::new().unwrap();
    let said = |bytes: &[u8]| {
        put(folder.path(), "b", bytes);
        let said = complaint(folder.path(), &["kernels", "b"]);
        assert!(said.contains("b: ") && !said.contains("panicked"), "{said}");
        said
    };
    said(b"these are no weights at all");
    said(b"");
    let header = |shape: &str, end: usize| {
        let header =
            format!(r#"{{"a.weight":{{"dtype":"F32","shape":{shape},"data_offsets":[0,{end}]}}}}"#);
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; end]].concat()
    };
    said(&header("[4294967296,4294967296,3,3]", 72));
    said(&header("[3,1,3,3]", 72));
    said(&header("[9223372036854775808,2,3,3]", 72));
    let golden = |name: &str| {
        std::fs::read(format!("{}/../../golden/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    let mut damaged = golden("state_dicts/lenet.pt");
    said(&damaged[..damaged.len() - 10]);
    damaged[200] ^= 1;
    said(&damaged);
    let onnx = golden("onnx_models/residual.onnx");
    said(&onnx[..onnx.len() - 40]);
    said(&golden("state_dicts/compressed.npz"));
}

#[test]
fn numbers_whose_squares_have_no_place_are_counted() {
    let folder = TempDir::new().unwrap();
    let found = |factor: f64| {
        let numbers: Vec<f64> = CLEAN.concat().iter().map(|value| value * factor).collect();
        put(folder.path(), "a.npy", &npy("<f8", &[5, 5], &bytes_64(&numbers)));
        kernels(folder.path(), &["a.npy", "--out", "page.html"])["layers"][0].clone()
    };
    for factor in [1e-25, 1.0, 1e25] {
        let kernel = &found(factor)["kernels"][0];
        assert_eq!(kernel["structure"], "identical-columns-mirrored", "{factor}: {kernel}");
        assert!((kernel["energy"].as_f64().unwrap() - 1.0).abs() < 1e-9, "{factor}");
    }
    for (factor, why) in [
        (5e-324, "holds nothing but numbers below 1e-30"),
        (1e-200, "holds nothing but numbers below 1e-30"),
        (1e300, "holds 1e300 at row 1, column 0, beyond 1e30"),
    ] {
        let own = found(factor);
        assert_eq!((&own["looked-at"], &own["unfit"][0]["why"]), (&json!(0), &json!(why)));
    }
}
