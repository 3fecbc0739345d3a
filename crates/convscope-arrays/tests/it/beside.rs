//! Numbers of an ONNX model in files beside it.

use std::path::Path;

use convscope_arrays::{Arrays, ArraysError};
use convscope_core::Seed;
use tempfile::TempDir;

const MODEL: &[u8] = include_bytes!("../../../../golden/onnx_models/lenet-elsewhere.onnx");
const DATA: &[u8] = include_bytes!("../../../../golden/onnx_models/lenet-elsewhere.onnx.data");
const DATA_NAME: &str = "lenet-elsewhere.onnx.data";

fn folder(model: &[u8], data: &[u8]) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("model.onnx"), model).unwrap();
    std::fs::write(folder.path().join(DATA_NAME), data).unwrap();
    folder
}

fn opened(folder: &TempDir) -> Result<Arrays<'static>, ArraysError> {
    Arrays::open(&folder.path().join("model.onnx"))
}

/// Makes a message of protocol buffers of fields that are texts or messages.
fn message(fields: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, value) in fields {
        assert!(value.len() < 1 << 14);
        bytes.extend([number << 3 | 2, value.len() as u8 | 0x80, (value.len() >> 7) as u8]);
        bytes.extend(*value);
    }
    bytes
}

/// Makes a model of one array `w` of two floats with pairs that say where they are.
fn pointing(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut tensor = vec![0x08, 2, 0x10, 1, 0x70, 1];
    tensor.extend(message(&[(8, b"w")]));
    for (key, value) in pairs {
        let pair = message(&[(1, key.as_bytes()), (2, value.as_bytes())]);
        tensor.extend(message(&[(13, &pair)]));
    }
    let graph = message(&[(5, &tensor)]);
    [&[0x08, 8], message(&[(7, &graph), (8, &[0x10, 18])]).as_slice()].concat()
}

/// Opens a model of one array and returns its numbers.
fn numbers(folder: &Path) -> Result<Vec<f32>, String> {
    let arrays = Arrays::open(&folder.join("model.onnx")).map_err(|error| error.to_string())?;
    let array = arrays.get("w").unwrap();
    assert!(array.bytes() <= arrays.source().length_with_beside());
    Ok(array.numbers(arrays.source())?.unwrap())
}

#[test]
fn numbers_are_those_of_the_model_in_one_file() {
    let whole = include_bytes!("../../../../golden/onnx_models/lenet.onnx");
    let whole = Arrays::read(whole).unwrap();
    let here = folder(MODEL, DATA);
    let apart = opened(&here).unwrap();
    assert_eq!(apart.source().length(), MODEL.len() as u64);
    assert_eq!(apart.source().length_with_beside(), (MODEL.len() + DATA.len()) as u64);
    let mut names = 0;
    for name in whole.names() {
        let of = |arrays: &Arrays<'_>| {
            let array = arrays.get(name).unwrap();
            (array.dimensions().to_vec(), array.numbers::<f32>(arrays.source()).unwrap())
        };
        assert_eq!(of(&apart), of(&whole), "{name}");
        names += 1;
    }
    assert!(names >= 10);
}

#[test]
fn a_part_of_the_other_file_is_never_taken_for_the_whole() {
    for length in 0..DATA.len() {
        let said = opened(&folder(MODEL, &DATA[..length])).unwrap_err().to_string();
        assert!(said.contains(&format!("wanted of `{DATA_NAME}`, which has {length}")), "{said}");
    }
    let gone = folder(MODEL, DATA);
    std::fs::remove_file(gone.path().join(DATA_NAME)).unwrap();
    let said = opened(&gone).unwrap_err().to_string();
    assert!(said.contains(&format!("`{DATA_NAME}`, which cannot be read")), "{said}");
    // Cut off after it was opened.
    let cut = folder(MODEL, DATA);
    let arrays = opened(&cut).unwrap();
    std::fs::write(cut.path().join(DATA_NAME), b"").unwrap();
    let read = arrays.get("conv1.weight").unwrap().numbers::<f32>(arrays.source());
    assert!(read.unwrap_err().contains(DATA_NAME));
}

#[test]
fn pairs_must_say_a_place_that_is_there() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    let bytes: Vec<u8> = [0.5_f32, -1.0, 3.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(here.join("w.bin"), &bytes).unwrap();
    std::fs::create_dir(here.join("inner")).unwrap();
    std::fs::write(here.join("inner/w"), &bytes).unwrap();
    let of = |pairs: &[(&str, &str)]| {
        std::fs::write(here.join("model.onnx"), pointing(pairs)).unwrap();
        numbers(here)
    };
    assert_eq!(of(&[("location", "w.bin")]), Ok(vec![0.5, -1.0]));
    assert_eq!(of(&[("location", "./w.bin"), ("offset", "4")]), Ok(vec![-1.0, 3.0]));
    let whole = [("location", "inner/w"), ("offset", "0"), ("length", "8"), ("checksum", "?")];
    assert_eq!(of(&whole), Ok(vec![0.5, -1.0]));
    let said = |pairs: &[(&str, &str)], part: &str| {
        let said = of(pairs).unwrap_err();
        assert!(said.contains("`w`: ") && said.contains(part), "`{part}`: {said}");
    };
    let at = |offset| [("location", "w.bin"), ("offset", offset)];
    said(&at("5"), "8 bytes from 5 on were wanted of `w.bin`, which has 12; was it copied whole?");
    said(&at("18446744073709551615"), "8 bytes from 18446744073709551615 on were wanted");
    said(&at("-4"), "the offset of its numbers is `-4`, no whole number");
    said(&at("0x4"), "no whole number");
    let long = [("location", "w.bin"), ("length", "12")];
    said(&long, "[2] F32 take 8 bytes, and 12 stand in `w.bin`");
    said(&[("length", "99999999999999999999")], "no whole number");
    said(&[("offset", "0")], "stand in another file without a name");
    said(&[("location", "model.onnx.data")], "cannot be read");
    said(&[("location", "inner")], "cannot be read: it is no file");
    said(&[("location", "w\0bin")], "cannot be read");
}

#[test]
fn paths_that_leave_the_folder_are_refused() {
    let outer = TempDir::new().unwrap();
    let here = outer.path().join("models");
    std::fs::create_dir(&here).unwrap();
    std::fs::write(outer.path().join("secret"), [0; 64]).unwrap();
    let absolute = outer.path().join("secret").display().to_string();
    std::fs::create_dir(here.join("inner")).unwrap();
    let mut locations =
        vec!["../secret", "inner/../../secret", "..", "/", ".", "", &absolute, "/dev/zero"];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../secret", here.join("link")).unwrap();
        std::os::unix::fs::symlink("..", here.join("up")).unwrap();
        locations.extend(["link", "up/secret"]);
    }
    for location in locations {
        std::fs::write(here.join("model.onnx"), pointing(&[("location", location)])).unwrap();
        let said = numbers(&here).unwrap_err();
        let wanted = format!("`{location}`, outside of the model's folder");
        assert!(said.contains(&wanted), "{location}: {said}");
    }
}

#[test]
fn numbers_here_and_there_are_refused() {
    let mut model = pointing(&[("location", "w.bin")]);
    // Eight bytes of numbers in the model too, and lengths that hold them.
    let extra = message(&[(9, &[0; 8])]);
    let graph_length = model.len() - 2 - 3 - 5;
    let tensor_length = graph_length - 3;
    for (place, length) in [(3, graph_length), (6, tensor_length)] {
        let longer = length + extra.len();
        model[place] = longer as u8 | 0x80;
        model[place + 1] = (longer >> 7) as u8;
    }
    let end = model.len() - 5;
    model.splice(end..end, extra);
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("model.onnx"), model).unwrap();
    std::fs::write(folder.path().join("w.bin"), [0; 8]).unwrap();
    let said = numbers(folder.path()).unwrap_err();
    assert!(said.contains("`w`: it has numbers here and in another file"), "{said}");
}

#[test]
fn damaged_models_are_survived_and_take_little_memory() {
    let mut draws = Seed::root(6).child("flips").stream();
    let here = folder(MODEL, DATA);
    let mut errors = 0;
    for _ in 0..1500 {
        let mut damaged = MODEL.to_vec();
        for _ in 0..=draws.below(3) {
            let place = draws.below(MODEL.len() as u64) as usize;
            damaged[place] ^= 1 << draws.below(8);
        }
        std::fs::write(here.path().join("model.onnx"), &damaged).unwrap();
        let taken = allocation_counter::measure(|| match opened(&here) {
            Err(error) => {
                assert!(!error.to_string().is_empty());
                errors += 1;
            }
            Ok(arrays) => {
                for name in arrays.names() {
                    let array = arrays.get(name).unwrap();
                    assert!(array.bytes() <= arrays.source().length_with_beside());
                    let _ = array.numbers::<f64>(arrays.source()).unwrap();
                }
            }
        });
        assert!(taken.bytes_max < 400 * (MODEL.len() + DATA.len()) as u64, "{}", taken.bytes_max);
    }
    assert!((50..1450).contains(&errors), "{errors}");
}
