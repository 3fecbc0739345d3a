//! Values beside those of ONNX Runtime.

use std::collections::BTreeMap;

use convscope_arrays::{Arrays, SampleIds, Writer};
use convscope_onnx::{Normalisation, Settings};

use crate::{batches_of, captured, file, golden, numbers};

/// Holds everything that was captured against the golden values, relative to the largest of each.
#[track_caller]
fn agrees(found: &Arrays<'_>, wanted: &Arrays<'_>) -> usize {
    for name in found.names() {
        let (found_of, wanted_of) = (found.get(name).unwrap(), wanted.get(name).unwrap());
        assert_eq!(found_of.dimensions(), wanted_of.dimensions(), "{name}");
        let (found, wanted) = (numbers(found, name), numbers(wanted, name));
        let largest = wanted.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!((found - wanted).abs() <= 1e-5 * largest, "{name}: {found} {wanted}");
        }
    }
    found.names().count()
}

#[test]
fn every_value_is_that_of_another_runtime() {
    for (model, values) in [("lenet", 12), ("residual", 11), ("two-inputs", 5)] {
        let wanted = Arrays::open(&golden(&format!("{model}-values.safetensors"))).unwrap();
        let data = [golden(&format!("{model}-inputs.npz"))];
        for batch in [1, 2, 3, 7, 100] {
            let onnx = format!("{model}.onnx");
            let (captured, found) = captured(&onnx, &data, &["*"], &batches_of(batch)).unwrap();
            assert_eq!(agrees(&found, &wanted), values, "{model} in batches of {batch}");
            assert_eq!(captured.layers.len(), values);
        }
    }
}

#[test]
fn patterns_choose_values_by_their_name_or_module() {
    let data = [golden("lenet-inputs.npz")];
    let names = |patterns: &[&str]| {
        let (captured, _) = captured("lenet.onnx", &data, patterns, &Settings::default()).unwrap();
        captured.layers.into_iter().map(|layer| layer.value.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&["relu_1", "conv2d*"]), ["conv2d", "conv2d_1", "relu_1"]);
    assert_eq!(names(&["conv2", "fc*"]), ["conv2d_1", "linear", "linear_1", "logits"]);
}

#[test]
fn weights_may_lie_in_another_file_and_batches_have_one_size() {
    let wanted = Arrays::open(&golden("lenet-values.safetensors")).unwrap();
    let data = [golden("lenet-inputs.npz")];
    let of = |model: &str| captured(model, &data, &["*"], &Settings::default()).unwrap();
    assert_eq!(agrees(&of("lenet-elsewhere.onnx").1, &wanted), 12);
    // Seven samples in batches of two, the last filled up.
    let (captured, found) = of("lenet-batch-2.onnx");
    assert_eq!((captured.batch, captured.samples), (2, 7));
    assert_eq!(agrees(&found, &wanted), 12);
}

#[test]
fn samples_may_come_in_several_files_with_their_names() {
    let wanted = Arrays::open(&golden("lenet-values.safetensors")).unwrap();
    let images = Arrays::open(&golden("lenet-inputs.npz")).unwrap();
    let images = numbers(&images, "image");
    let folder = tempfile::tempdir().unwrap();
    // In an order in which only numbers count, and so that batches cross the files' ends.
    let pieces = [("part-2.safetensors", 0..4), ("part-10.safetensors", 4..7)];
    for (name, rows) in pieces {
        let ids: Vec<String> = rows.clone().map(|row| format!("image {row}")).collect();
        let ids = SampleIds::Names(ids).listed().unwrap();
        let metadata = BTreeMap::from([("sample_ids".to_owned(), ids)]);
        let sizes = [("pixels".to_owned(), vec![rows.len(), 1, 12, 12])];
        let mut writer = Writer::create(&folder.path().join(name), &sizes, &metadata).unwrap();
        writer.write("pixels", &images[rows.start * 144..rows.end * 144]).unwrap();
        writer.finish().unwrap();
    }
    let data = [folder.path().to_owned()];
    let (_, found) = captured("lenet.onnx", &data, &["*"], &batches_of(3)).unwrap();
    assert_eq!(agrees(&found, &wanted), 12);
    let ids = found.sample_ids().unwrap().unwrap();
    let names = (0..7).map(|row| format!("image {row}")).collect();
    assert_eq!(ids, SampleIds::Names(names));
}

#[test]
fn raw_images_are_scaled_before_the_model_sees_them() {
    let wanted = Arrays::open(&golden("lenet-values.safetensors")).unwrap();
    let images = Arrays::open(&golden("lenet-inputs.npz")).unwrap();
    // (x · 4 − 0.5) / 2 is the image.
    let raw: Vec<f32> =
        numbers(&images, "image").iter().map(|pixel| (pixel * 2.0 + 0.5) / 4.0).collect();
    let folder = tempfile::tempdir().unwrap();
    let data = [file(folder.path(), "raw.safetensors", &[("x", &[7, 1, 12, 12], &raw)])];
    let normal = Normalisation { scale: 4.0, mean: vec![0.5], sd: vec![2.0] };
    let settings = Settings { normalisation: Some(normal), ..Settings::default() };
    let (_, found) = captured("lenet.onnx", &data, &["*"], &settings).unwrap();
    assert_eq!(agrees(&found, &wanted), 12);
}

#[test]
fn what_depends_on_the_batch_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let numbers: Vec<f32> = (0..8).map(|number| (number * number) as f32).collect();
    let data = [file(folder.path(), "x.safetensors", &[("x", &[4, 2], &numbers)])];
    for batch in [1, 4] {
        let (captured, _) =
            captured("across.onnx", &data, &["centred"], &batches_of(batch)).unwrap();
        assert!(captured.notes[0].starts_with("`centred` of a sample depends"), "{captured:?}");
    }
    let data = [golden("residual-inputs.npz")];
    let (captured, _) = captured("residual.onnx", &data, &["*"], &Settings::default()).unwrap();
    assert_eq!(captured.notes, [""; 0]);
}

#[test]
fn what_is_not_finite_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = [1.0; 8];
    numbers[5] = f32::NAN;
    let data = [file(folder.path(), "x.safetensors", &[("x", &[4, 2], &numbers)])];
    let (captured, _) = captured("across.onnx", &data, &["centred"], &batches_of(1)).unwrap();
    let said = "`centred` is not finite, first at sample 2".to_owned();
    assert!(captured.notes.contains(&said), "{captured:?}");
}
