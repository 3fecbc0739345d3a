//! What is wrong with files of activations is named; nothing is computed from it in silence.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{array, bytes_32, bytes_64, normal, npy, npz, safetensors, similarity, table};
use crate::typed::{complaint, convscope};

/// A folder with a good `y.npy` of 20 × 3.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let bytes = npy("<f8", &[20, 3], &bytes_64(&normal("y", 60)));
    std::fs::write(folder.path().join("y.npy"), bytes).unwrap();
    folder
}

/// Compares a file of these bytes with the good one and returns the complaint.
#[track_caller]
fn refused(bytes: &[u8]) -> String {
    let folder = folder();
    std::fs::write(folder.path().join("x"), bytes).unwrap();
    complaint(folder.path(), &["similarity", "x", "y.npy"])
}

#[track_caller]
fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
}

#[test]
fn holes_and_infinities_are_placed() {
    let with = |odd: f64| {
        let mut numbers = normal("x", 60);
        numbers[7 * 3 + 2] = odd;
        refused(&npy("<f8", &[20, 3], &bytes_64(&numbers)))
    };
    says(&with(f64::NAN), &["`x`: sample 7, unit 2 is NaN"]);
    says(&with(f64::NEG_INFINITY), &["sample 7, unit 2 is -inf"]);
    says(&with(1e200), &["rescale it"]);
}

#[test]
fn too_few_or_unlike_samples_are_counted() {
    says(
        &refused(&npy("<f8", &[19, 3], &bytes_64(&normal("x", 57)))),
        &["x has 19 samples and y.npy has 20"],
    );
    let folder = folder();
    let three = npy("<f8", &[3, 5], &bytes_64(&normal("x", 15)));
    std::fs::write(folder.path().join("x.npy"), three).unwrap();
    says(
        &complaint(folder.path(), &["similarity", "x.npy", "x.npy"]),
        &["wanted at least 4 samples, got 3"],
    );
    let unlike =
        npz(&[array("a", &[20, 2], normal("a", 40)), array("b", &[10, 4], normal("b", 40))], &[]);
    says(&refused(&unlike), &["`a` has 20 samples and `b` has 10", "--layers"]);
    says(&refused(&npy("<f8", &[], &bytes_64(&[1.0]))), &["dimensions [], which hold no samples"]);
    says(&refused(&npy("<f8", &[20, 0], &[])), &["dimensions [20, 0]"]);
}

#[test]
fn constant_layers_have_reasons_and_constant_units_caveats() {
    let folder = folder();
    let mut dead = normal("x", 60);
    dead.iter_mut().skip(1).step_by(3).for_each(|x| *x = 0.25);
    let layers = [array("dead", &[20, 3], dead), array("flat", &[20, 2], vec![1.0; 40])];
    std::fs::write(folder.path().join("x.npz"), npz(&layers, &[])).unwrap();
    let found = similarity(folder.path(), &["x.npz", "y.npy", "--measure", "cka"]);
    let scores = &table(&found, "cka")["scores"];
    assert_eq!(scores[0][0]["caveats"], json!(["1 units are constant over all samples"]));
    assert!(scores[0][0]["value"].is_number());
    says(scores[1][0]["why"]["value"].as_str().unwrap(), &["`flat`", "the layer is constant"]);
    assert!(scores[1][0]["value"].is_null());
    says(&refused(&npy("<f8", &[20, 2], &bytes_64(&[1.0; 40]))), &["the layer is constant"]);
}

#[test]
fn canonical_correlations_of_wide_layers_are_refused_in_their_cells() {
    let folder = folder();
    let wide = npy("<f8", &[20, 30], &bytes_64(&normal("wide", 600)));
    std::fs::write(folder.path().join("x.npy"), wide).unwrap();
    let found = similarity(folder.path(), &["x.npy", "y.npy"]);
    for measure in ["mean-cca", "squared-cca"] {
        let cell = &table(&found, measure)["scores"][0][0];
        assert_eq!(cell["value"], Value::Null);
        says(cell["why"]["value"].as_str().unwrap(), &["every canonical correlation is 1"]);
    }
    let cka = &table(&found, "cka")["scores"][0][0];
    assert!(cka["value"].is_number());
    says(cka["caveats"][0].as_str().unwrap(), &["biased: with as many units as samples"]);
}

#[test]
fn types_that_are_no_floats_are_refused_by_name() {
    let whole: Vec<u8> = (0..60_i64).flat_map(i64::to_le_bytes).collect();
    says(
        &refused(&npy("<i8", &[20, 3], &whole)),
        &["`x` holds I64; F32, F64, F16 and BF16 are read"],
    );
    says(&refused(&npy(">f4", &[20, 3], &whole[..240])), &["it holds `>f4`"]);
    says(&refused(&npy("|O", &[20, 3], &whole)), &["it holds `|O`, which is not read"]);
    says(&refused(&npy("<c8", &[20, 3], &whole)), &["`x` holds C64"]);
    let tensor = r#"{"act":{"dtype":"I32","shape":[20,3],"data_offsets":[0,240]}}"#;
    let mut file = (tensor.len() as u64).to_le_bytes().to_vec();
    file.extend(tensor.bytes());
    file.extend(&whole[..240]);
    says(&refused(&file), &["`act` holds I32", "--layers"]);
}

#[test]
fn hostile_files_are_refused() {
    says(
        &refused(b"GIF89a"),
        &["this is no file of arrays", ".npy, .npz, .onnx, .pt, .pth, .safetensors"],
    );
    says(&refused(b""), &["this is no file of arrays"]);
    let whole = npy("<f4", &[20, 3], &bytes_32(&normal("x", 60)));
    says(&refused(&whole[..whole.len() - 1]), &["[20, 3] are more numbers than the 59"]);
    says(&refused(&whole[..100]), &["header", "longer"]);
    let huge = npy("<f4", &[1 << 40, 1 << 40], &[0; 8]);
    says(&refused(&huge), &["are not in its storage"]);
    let mut long = safetensors(&[array("a", &[20, 3], normal("x", 60))], &json!({}));
    says(&refused(&long[..200]), &["bytes of numbers"]);
    long[6] = 1;
    says(&refused(&long), &["header of", "longer than the file"]);
    let golden = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden/state_dicts/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    };
    says(&refused(&golden("compressed.npz")), &["is compressed", "numpy.savez"]);
    says(&refused(&golden("opaque.pt")), &["without running `torch.nn.modules.activation.ReLU`"]);
    let archive = npz(&[array("a", &[20, 3], normal("x", 60))], &[]);
    says(&refused(&archive[..archive.len() - 10]), &["its end is missing"]);
    let mut damaged = archive.clone();
    damaged[400] ^= 1;
    says(&refused(&damaged), &["`a.npy` is damaged: the checksum differs"]);
}

#[test]
fn fewer_than_four_samples_are_refused_by_number() {
    let folder = TempDir::new().unwrap();
    for count in 1..=3 {
        let bytes = npy("<f8", &[count, 5], &bytes_64(&normal("x", count * 5)));
        std::fs::write(folder.path().join("x.npy"), bytes).unwrap();
        let said = complaint(folder.path(), &["similarity", "x.npy", "x.npy"]);
        says(&said, &[&format!("wanted at least 4 samples, got {count}")]);
    }
}

#[test]
fn bombs_overflows_and_code_are_refused() {
    // A thousand names for one megabyte: what is unpacked is never more than the file.
    let zeros = npy("|u1", &[1_000_000], &vec![0; 1_000_000]);
    let mut bomb = npz(&[], &[("a", zeros)]);
    let end = bomb.split_off(bomb.len() - 22);
    let start = u32::from_le_bytes(end[16..20].try_into().unwrap()) as usize;
    let line = bomb[start..].to_vec();
    (1..1000).for_each(|_| bomb.extend(&line));
    bomb.extend([&end[..8], &[0xe8, 3, 0xe8, 3]].concat());
    bomb.extend((1000 * line.len() as u32).to_le_bytes());
    bomb.extend(&end[16..]);
    says(&refused(&bomb), &["its entries are longer than the whole file"]);
    // 2^32 · 2^32 · 2 numbers are none in 64 bits.
    let sizes = |dtype: &str, shape: &str| {
        let header =
            format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,8]}}}}"#);
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 8]].concat()
    };
    says(&refused(&sizes("F32", "[4294967296,4294967296,2]")), &["safetensors cannot be read"]);
    says(&refused(&sizes("F64", "[-1]")), &["safetensors cannot be read"]);
    let wrapping = npy("<f4", &[1 << 62, 4], &[0; 16]);
    says(&refused(&wrapping), &["are not in its storage"]);
    // A whole pickle that asks to run os.system, as torch.save wrote it before version 1.6.
    let mut pickles = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    pickles.extend(b"\x80\x02M\xe9\x03.\x80\x02}X\x0d\x00\x00\x00little_endian\x88s.");
    pickles.extend(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00echo\x85R.\x80\x02].");
    says(&refused(&pickles), &["without running `os.system`", "nothing in a file is run"]);
    says(&refused(&pickles[..pickles.len() - 9]), &["cannot be read"]);
}

#[test]
fn what_was_typed_wrong_is_named() {
    let folder = folder();
    let said = |words: &[&str]| {
        complaint(folder.path(), &[&["similarity", "y.npy", "y.npy"], words].concat())
    };
    says(
        &said(&["--measure", "debiased-ckr"]),
        &["no measure called `debiased-ckr`", "`debiased-cka`"],
    );
    says(&said(&["--measure", "rbf-cka.width=1"]), &["unknown field `width`"]);
    says(&said(&["--layers", "z"]), &["no layer fits `z`", "y.npy"]);
    says(&said(&["--memory", "0"]), &["gigabytes above 0"]);
    says(&said(&["--permutations", "0"]), &["permutations"]);
    let missing = complaint(folder.path(), &["similarity", "none.npz", "y.npy"]);
    says(&missing, &["none.npz: it cannot be read"]);
    says(&complaint(folder.path(), &["similarity", ".", "y.npy"]), &["cannot be read"]);
    assert_eq!(convscope(folder.path(), &["similarity", "y.npy"]).status.code(), Some(2));
}

#[test]
fn a_model_is_no_file_of_activations() {
    let folder = folder();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden/state_dicts/lenet.pt");
    let said = complaint(folder.path(), &["similarity", golden, golden]);
    says(&said, &["samples must stand along the first dimension"]);
}

#[test]
fn settings_without_sense_are_refused_and_those_that_do_not_fit_have_reasons() {
    let folder = folder();
    let typed =
        |measure: &str| ["similarity", "y.npy", "y.npy", "--measure", measure].map(String::from);
    for (measure, words) in [
        ("rbf-cka.bandwidth=-1", "rbf-cka.bandwidth: wanted a bandwidth above 0, got -1"),
        ("mean-cca.ridge=-1", "mean-cca.ridge: wanted a ridge of at least 0, got -1"),
        (
            "svcca.variance=0",
            "svcca.variance: wanted a share of variance above 0 and up to 1, got 0",
        ),
        ("mutual-knn.k=0", "mutual-knn.k: wanted at least 1 neighbour, got 0"),
    ] {
        says(&complaint(folder.path(), &typed(measure).each_ref().map(String::as_str)), &[words]);
    }
    let output =
        convscope(folder.path(), &typed("mutual-knn.k=1000").each_ref().map(String::as_str));
    let said =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    says(&said, &["no value of mutual-knn (k 1000)", "wanted 1 to 19 neighbours of 20 samples"]);
}

#[test]
fn little_memory_is_told_in_the_unit_that_fits() {
    let folder = folder();
    let words = ["similarity", "y.npy", "y.npy", "--memory", "1e-7"];
    let output = convscope(folder.path(), &words);
    let said =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    says(&said, &["more than the 100 B of --memory"]);
    assert!(!said.contains("0.00"), "{said}");
}
