//! Initialisers of ONNX models.

use convscope_arrays::Arrays;

const KINDS: &[u8] = include_bytes!("../../../../golden/onnx_models/kinds.onnx");
const LENET: &[u8] = include_bytes!("../../../../golden/onnx_models/lenet.onnx");

#[test]
fn numbers_of_every_type_and_way_of_writing() {
    let arrays = Arrays::read(KINDS).unwrap();
    let of = |name: &str| {
        let array = arrays.get(name).unwrap();
        let numbers = array.numbers::<f64>(arrays.source()).unwrap();
        (array.kind(), array.dimensions().to_vec(), numbers)
    };
    let numbers = Some(vec![1.5, -2.0, 0.25, 3.0]);
    assert_eq!(of("raw.float32"), ("F32", vec![4], numbers.clone()));
    assert_eq!(of("raw.float64"), ("F64", vec![4], numbers.clone()));
    assert_eq!(of("raw.float16"), ("F16", vec![4], numbers.clone()));
    assert_eq!(of("listed.float32"), ("F32", vec![2, 2], numbers.clone()));
    assert_eq!(of("listed.float64"), ("F64", vec![2, 2], numbers));
    assert_eq!(of("brain"), ("BF16", vec![2], Some(vec![1.5, -2.0])));
    assert_eq!(of("scalar"), ("F32", vec![], Some(vec![0.5])));
    assert_eq!(of("empty"), ("F32", vec![0, 3], Some(vec![])));
    let whole = arrays.get("raw.int64").unwrap();
    assert_eq!(whole.whole_rows(arrays.source(), 1..4), Ok(Some(vec![-2, 0, 3])));
    assert_eq!(arrays.notes(), ["left out: `listed.int64`; I64 written one by one are not read"]);
}

#[test]
fn weights_are_those_of_the_model_that_was_exported() {
    let arrays = Arrays::read(LENET).unwrap();
    let saved = include_bytes!("../../../../golden/state_dicts/lenet.safetensors");
    let saved = Arrays::read(saved).unwrap();
    let numbers = |arrays: &Arrays<'_>, name: &str| {
        let array = arrays.get(name).unwrap();
        (array.dimensions().to_vec(), array.numbers::<f32>(arrays.source()).unwrap())
    };
    assert_eq!(saved.names().count(), 10);
    for name in saved.names() {
        assert_eq!(numbers(&arrays, name), numbers(&saved, name), "{name}");
    }
    let mut names: Vec<&str> = arrays.names().collect();
    names.sort_by_key(|name| arrays.get(name).unwrap().place());
    assert_eq!(names[..2], ["conv1.weight", "conv1.bias"], "in the order of the file");
}

#[test]
fn what_does_not_hold_together_is_refused() {
    let said = |bytes: &[u8]| Arrays::read(bytes).unwrap_err().to_string();
    let elsewhere = include_bytes!("../../../../golden/onnx_models/lenet-elsewhere.onnx");
    let error = said(elsewhere);
    assert!(error.contains("`conv1.weight`: its numbers stand in another file"), "{error}");
    assert!(error.contains("onnx.save("), "{error}");
    // One number less of `raw.float32`, in a row that still says four: message by message.
    let tensor = |dimension: u8| {
        let mut tensor = vec![0x08, dimension, 0x10, 1, 0x42, 1, b'w', 0x4a, 8];
        tensor.extend([0; 8]);
        tensor
    };
    let model = |tensors: &[Vec<u8>]| {
        let graph: Vec<u8> = tensors
            .iter()
            .flat_map(|tensor| [&[0x2a, tensor.len() as u8], tensor.as_slice()].concat())
            .collect();
        [&[0x08, 8, 0x3a, graph.len() as u8], graph.as_slice(), &[0x42, 2, 0x10, 18]].concat()
    };
    assert!(Arrays::read(&model(&[tensor(2)])).is_ok());
    let error = said(&model(&[tensor(3)]));
    assert!(error.contains("`w`: [3] are more numbers than the 2"), "{error}");
    let error = said(&model(&[tensor(1)]));
    assert!(error.contains("`w`: [1] F32 take 4 bytes, and 8 stand there"), "{error}");
    let error = said(&model(&[tensor(2), tensor(2)]));
    assert!(error.contains("two initialisers have this name"), "{error}");
    let whole = model(&[tensor(2)]);
    assert!(said(&whole[..whole.len() - 4]).contains("copied whole"));
    assert!(said(&[&whole[..], &whole[2..]].concat()).contains("two graphs"));
}
