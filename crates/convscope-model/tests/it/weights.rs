use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_model::formats::WeightsError;
use convscope_model::formats::safetensors::{read, write};
use convscope_model::layer::Linear;
use convscope_model::{INITS, Layer, Net, Op, Shape};
use serde_json::json;

use crate::net;

/// A net of one linear layer of two outputs.
fn small(name: &str, inputs: usize) -> Net {
    let linear = Linear { outputs: 2, bias: true };
    Net::new(Shape::flat(inputs), vec![Layer::new(name, Op::Linear(linear))])
        .expect("it takes flat samples")
}

/// A safetensors file by hand: the header's length, the header, the numbers.
fn file(header: &str, numbers: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(numbers);
    bytes
}

#[test]
fn what_is_written_is_read_bit_for_bit() {
    for name in ["simple-cnn", "three-layer-mlp"] {
        let net = net(name, json!({}), 3);
        let init =
            (find(INITS, "initialiser", "kaiming-normal").unwrap().build)(json!({})).unwrap();
        let weights = init.weights(&net, Seed::root(1)).unwrap();
        let bytes = write(&net, &weights).unwrap();
        assert_eq!(bytes, write(&net, &weights).unwrap());
        let read = read(&net, &bytes).unwrap();
        assert!(read.iter().zip(&weights).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}");
    }
}

#[test]
fn tensors_lie_in_the_file_under_their_names() {
    let bytes = write(&small("fc", 1), &[1.0, 2.0, 3.0, 4.0]).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    assert_eq!(
        header,
        json!({
            "fc.bias": { "dtype": "F32", "shape": [2], "data_offsets": [0, 8] },
            "fc.weight": { "dtype": "F32", "shape": [2, 1], "data_offsets": [8, 16] },
        })
    );
    assert_eq!(bytes[8 + length..][..4], 3.0_f32.to_le_bytes());
}

#[test]
fn the_order_of_tensors_in_the_file_does_not_matter() {
    let header = r#"{"fc.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},
        "fc.bias":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#;
    let numbers: Vec<u8> = [5.0_f32, 6.0, 7.0, 8.0].iter().flat_map(|n| n.to_le_bytes()).collect();
    assert_eq!(read(&small("fc", 1), &file(header, &numbers)).unwrap(), [5.0, 6.0, 7.0, 8.0]);
}

#[test]
fn tensors_that_do_not_belong_are_named() {
    let bytes = write(&small("fc", 3), &[0.5; 8]).unwrap();
    let said = |net: &Net| read(net, &bytes).unwrap_err().to_string();
    assert_eq!(
        said(&small("linear", 3)),
        "the file does not fit the net: it lacks `linear.weight` [2, 3], `linear.bias` [2]; the net \
         has no `fc.bias` [2], `fc.weight` [2, 3]"
    );
    assert_eq!(
        said(&small("fc", 4)),
        "the file does not fit the net: `fc.weight` is [2, 3] where the net wants [2, 4]"
    );
    let bare = Linear { outputs: 2, bias: false };
    let bare = Net::new(Shape::flat(3), vec![Layer::new("fc", Op::Linear(bare))]).unwrap();
    assert_eq!(said(&bare), "the file does not fit the net: the net has no `fc.bias` [2]");
}

#[test]
fn other_numbers_than_finite_floats_are_refused() {
    let net = small("fc", 1);
    let header = r#"{"fc.bias":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},
        "fc.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]}}"#;
    let error = read(&net, &file(header, &[0; 12])).unwrap_err();
    assert!(
        matches!(&error, WeightsError::Numbers { name, came } if name == "fc.bias" && came == "I16"),
        "{error}"
    );
    let bytes = write(&net, &[1.0, f32::NAN, 3.0, 4.0]).unwrap();
    let error = read(&net, &bytes).unwrap_err();
    assert!(
        matches!(&error, WeightsError::NotFinite { name, index: 1, .. } if name == "fc.weight"),
        "{error}"
    );
}

#[test]
fn damaged_files_are_errors() {
    let net = small("fc", 1);
    let whole = write(&net, &[1.0; 4]).unwrap();
    for length in 0..whole.len() {
        assert!(
            matches!(read(&net, &whole[..length]), Err(WeightsError::Format { .. })),
            "{length}"
        );
    }
    let huge = file(
        r#"{"fc.weight":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}"#,
        &[0; 8],
    );
    assert!(matches!(read(&net, &huge), Err(WeightsError::Format { .. })));
    assert!(matches!(
        read(&net, b"\xff\xff\xff\xff\xff\xff\xff\xff{}"),
        Err(WeightsError::Format { .. })
    ));
}

#[test]
fn weights_of_another_count_are_not_written() {
    let error = write(&small("fc", 1), &[0.0; 5]).unwrap_err();
    assert_eq!(error, WeightsError::Count { wanted: 4, came: 5 });
}
