//! What does not fit is named: the input or value, what was wanted, what came.

use std::path::Path;

use convscope_onnx::{CaptureError, Network, Settings};

use crate::{batches_of, captured, file, golden, tokens_and_features};

/// Captures everything of a model on one array and returns why not.
fn refused(model: &str, arrays: &[(&str, &[usize], &[f32])]) -> (String, Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let data = [file(folder.path(), "x.safetensors", arrays)];
    let error = captured(model, &data, &["*"], &Settings::default()).map(|_| ()).unwrap_err();
    let help = match &error {
        CaptureError::Samples { help, .. } => help.clone(),
        _ => None,
    };
    (error.to_string(), help)
}

#[track_caller]
fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }
}

#[test]
fn other_shapes_are_refused_with_both() {
    let zeros = [0.0; 1200];
    let of =
        |sizes: &[usize]| refused("lenet.onnx", &[("x", sizes, &zeros[..sizes.iter().product()])]);
    let taken = "the input `image` takes F32 [batch, 1, 12, 12]";
    let (said, help) = of(&[2, 1, 12, 13]);
    says(&said, &["x.safetensors", taken, "F32 [2, 1, 12, 13] was given"]);
    assert_eq!(help, None);
    let (said, help) = of(&[2, 12, 12, 1]);
    says(&said, &[taken]);
    says(&help.unwrap(), &["moveaxis"]);
    let (said, help) = of(&[1, 12, 12]);
    says(&said, &[taken, "F32 [1, 12, 12] was given"]);
    says(&help.unwrap(), &["x[None]"]);
    says(&of(&[0, 1, 12, 12]).0, &["it holds no samples"]);
    let (said, _) = refused("across.onnx", &[("x", &[3, 5], &zeros[..15])]);
    says(&said, &["`x` takes F32 [n, 2], and F32 [3, 5] was given"]);
    let (said, _) = refused("kinds.onnx", &[("x", &[3, 4], &zeros[..12])]);
    says(&said, &["kinds.onnx: it cannot be loaded", "unsupported data type BFLOAT16"]);
}

#[test]
fn other_types_and_names_are_refused_with_both() {
    let zeros = [0.0; 12];
    let (said, help) = refused("two-inputs.onnx", &[("features", &[4, 2], &zeros[..8])]);
    says(&said, &["no array is called `tokens`", "I64 [n, 3]", "there is `features`"]);
    says(&help.unwrap(), &["an array for each input"]);
    let both: [(&str, &[usize], &[f32]); 2] =
        [("tokens", &[4, 3], &zeros), ("features", &[4, 2], &zeros[..8])];
    says(&refused("two-inputs.onnx", &both).0, &["`tokens` takes I64 [n, 3], and F32 [4, 3]"]);
}

#[test]
fn whole_numbers_must_fit_and_inputs_agree_about_the_samples() {
    let folder = tempfile::tempdir().unwrap();
    let of = |tokens: &[i64], features: &[f32]| {
        let data = [tokens_and_features(folder.path(), tokens, features)];
        captured("two-inputs.onnx", &data, &["*"], &batches_of(1))
            .map(|(captured, _)| captured.samples)
            .map_err(|error| error.to_string())
    };
    assert_eq!(of(&[0, 1, 2, 3, 4, 0], &[0.0; 4]), Ok(2));
    says(&of(&[0; 6], &[0.0; 6]).unwrap_err(), &["`tokens` has 2 samples and `features` has 3"]);
    let wide = of(&[0, 1, 2, 3, 1 << 31, 0], &[0.0; 4]).unwrap_err();
    says(&wide, &["sample 1: 2147483648 does not fit `tokens`, which takes I64"]);
    // Five rows are in the table.
    let beyond = of(&[0, 1, 2, 3, 9, 0], &[0.0; 4]).unwrap_err();
    says(&beyond, &["computing samples 0 to 1: ", "9"]);
}

#[test]
fn settings_must_fit_the_model() {
    let data = [golden("lenet-inputs.npz")];
    let said = |patterns: &[&str], batch: usize| {
        captured("lenet-batch-2.onnx", &data, patterns, &batches_of(batch)).map(|_| ()).unwrap_err()
    };
    says(&said(&["*"], 3).to_string(), &["takes batches of 2 samples, not of 3", "--batch"]);
    let unknown = said(&["conv2d", "rel_1"], 2);
    let nearest = Some("relu_1".to_owned());
    assert_eq!(unknown, CaptureError::Pattern { pattern: "rel_1".into(), nearest });
}

#[test]
fn values_that_are_no_rows_of_samples_are_left_out_or_refused() {
    let data = [golden("two-inputs-inputs.npz")];
    let of = |patterns: &[&str]| captured("two-inputs.onnx", &data, patterns, &batches_of(3));
    let (all, _) = of(&["*"]).unwrap();
    assert_eq!(all.layers.len(), 5, "{all:?}");
    // Three classes for batches of three samples: only another batch tells.
    says(
        &all.notes.join("\n"),
        &[
            "`/Transpose_output_0` was left out: it is [3, 3] for 3 samples",
            "`class` was left out: it holds no 32-bit floats",
        ],
    );
    says(&of(&["class"]).map(|_| ()).unwrap_err().to_string(), &["`class` holds no 32-bit floats"]);
    let transposed = of(&["/Transpose_output_0"]).map(|_| ()).unwrap_err().to_string();
    says(&transposed, &["do not stand along its first dimension"]);
}

#[test]
fn files_that_are_no_models_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Network::open(&path, 1).map(|_| ()).unwrap_err().to_string()
    };
    let lenet = std::fs::read(golden("lenet.onnx")).unwrap();
    says(&of("x.onnx", b""), &["x.onnx: this is no ONNX model", "copied whole"]);
    says(&of("x.onnx", b"GIF89a"), &["this is no ONNX model"]);
    says(&of("x.onnx", &lenet[..lenet.len() / 2]), &["is longer than the"]);
    says(&of("x.bin", &lenet), &["must be called .onnx"]);
    let elsewhere = std::fs::read(golden("lenet-elsewhere.onnx")).unwrap();
    says(&of("x.onnx", &elsewhere), &["cannot be loaded", "lenet-elsewhere.onnx.data"]);
    let none = Network::open(Path::new("none.onnx"), 1).map(|_| ()).unwrap_err().to_string();
    says(&none, &["none.onnx: "]);
}
