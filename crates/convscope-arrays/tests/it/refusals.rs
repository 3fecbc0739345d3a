//! Files that say what is not so.

use convscope_arrays::{Arrays, ArraysError};

use crate::{npy, npz, safetensors};

#[track_caller]
fn refused(bytes: &[u8], words: &str) {
    let error = Arrays::read(bytes).unwrap_err().to_string();
    assert!(error.contains(words), "`{words}` is not in: {error}");
}

#[test]
fn sizes_are_held_against_the_file() {
    refused(
        &npy("<f4", "False", "(3,)", &[0; 8]),
        "[3] are more numbers than the 2 of its storage",
    );
    let huge = "(4294967296, 4294967296, 4294967296)";
    refused(&npy("<f4", "False", huge, &[0; 8]), "are not in its storage");
    refused(&npy("<f4", "False", "(18446744073709551616,)", &[0; 8]), "is none of an array");
    refused(&npy("<f4", "False", &format!("({})", "1,".repeat(17)), &[0; 4]), "17 dimensions");
    let mut long = npy("<f4", "False", "(1,)", &[0; 4]);
    long[8..10].copy_from_slice(&[0xff, 0xff]);
    refused(&long, "its header of 65535 bytes is longer than it is");
    refused(&safetensors("{}", &[0; 3]), "its header tells of 0 bytes of numbers, but 3 follow");
    let mut long = safetensors("{}", &[]);
    long[7] = 0x7f;
    refused(&long, "bytes is longer than the file");
    let wide = r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}"#;
    refused(&safetensors(wide, &[0; 8]), "safetensors cannot be read");
    let apart = r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#;
    refused(&safetensors(apart, &[0; 2]), "safetensors cannot be read");
}

#[test]
fn types_that_are_not_read_are_named() {
    refused(&npy(">f4", "False", "(1,)", &[0; 4]), "it holds `>f4`, which is not read");
    refused(&npy("|O", "False", "(1,)", &[0; 8]), "it holds `|O`, which is not read");
    let arrays = npy("<i4", "False", "(1,)", &[0; 4]);
    let arrays = Arrays::read(&arrays).unwrap();
    let array = arrays.get("").unwrap();
    assert_eq!((array.kind(), array.is_float()), ("I32", false));
    assert_eq!(array.numbers::<f64>(arrays.source()), Ok(None));
}

#[test]
fn archives_are_no_bombs() {
    let compressed = include_bytes!("../../../../golden/state_dicts/compressed.npz");
    refused(compressed, "not `numpy.savez_compressed`");
    // A thousand names for one megabyte.
    let array = npy("|u1", "False", "(1000000,)", &vec![0; 1_000_000]);
    let mut file = npz(&[("a", array)]);
    let end = file.split_off(file.len() - 22);
    let start = u32::from_le_bytes(end[16..20].try_into().unwrap()) as usize;
    let line = file[start..].to_vec();
    for _ in 1..1000 {
        file.extend(&line);
    }
    file.extend(&end[..8]);
    file.extend([0xe8, 3, 0xe8, 3]);
    file.extend((1000 * line.len() as u32).to_le_bytes());
    file.extend(&end[16..]);
    refused(&file, "its entries are longer than the whole file");
}

#[test]
fn what_is_no_file_is_no_file() {
    assert_eq!(Arrays::read(b"").unwrap_err(), ArraysError::Unknown);
    let folder = tempfile::tempdir().unwrap();
    let of = |path: &std::path::Path| Arrays::open(path).unwrap_err();
    assert!(matches!(of(folder.path()), ArraysError::File(_)));
    assert!(matches!(of(&folder.path().join("none.npz")), ArraysError::File(_)));
    #[cfg(unix)]
    {
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(of(&pipe), ArraysError::File(_)), "nobody waits for a pipe");
    }
    let said = ArraysError::Unknown.to_string();
    assert!(said.ends_with("what is read is .npy, .npz, .onnx, .pt, .pth, .safetensors"), "{said}");
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    std::fs::write(&path, npy("<f4", "False", "(1000,)", &[0; 4000])).unwrap();
    let arrays = Arrays::open(&path).unwrap();
    std::fs::write(&path, b"").unwrap();
    let array = arrays.get("").unwrap();
    assert!(array.numbers::<f32>(arrays.source()).unwrap_err().contains("reading it failed"));
}
