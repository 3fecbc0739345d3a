//! Damaged files are errors or other numbers, never a panic, and take no more memory than they have.

use convscope_arrays::Arrays;
use convscope_core::Seed;

use crate::{bytes_of, npy, npz, safetensors};

/// One valid file of each kind, by name.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let numbers: Vec<f32> = (0..60).map(|i| i as f32 / 7.0).collect();
    let array = |shape: &str| npy("<f4", "False", shape, &bytes_of(&numbers));
    let ids = npy("|S2", "False", "(5,)", b"a1b2c3d4e5");
    let tensors = r#"{"__metadata__":{"sample_ids":"[1,2,3,4,5]"},"conv":{"dtype":"F32","shape":[5,3,2,2],"data_offsets":[0,240]},"fc":{"dtype":"F16","shape":[5,2],"data_offsets":[240,260]}}"#;
    let golden = |bytes: &[u8]| bytes.to_vec();
    vec![
        ("npy", array("(5, 12)")),
        ("npy, columns first", npy("<f4", "True", "(5, 12)", &bytes_of(&numbers))),
        (
            "npz",
            npz(&[("conv", array("(5, 3, 2, 2)")), ("fc", array("(5, 12)")), ("sample_ids", ids)]),
        ),
        ("safetensors", safetensors(tensors, &[bytes_of(&numbers), vec![0x3c; 20]].concat())),
        ("pt", golden(include_bytes!("../../../../golden/state_dicts/lenet.pt"))),
        ("activations", golden(include_bytes!("../../../../golden/state_dicts/activations.pt"))),
        ("whole pt", golden(include_bytes!("../../../../golden/state_dicts/lenet-whole.pt"))),
        ("strided pt", golden(include_bytes!("../../../../golden/state_dicts/resnet-strided.pt"))),
        ("legacy", golden(include_bytes!("../../../../golden/state_dicts/lenet-legacy.pth"))),
    ]
}

/// Reads whatever came as far as it goes, and returns whether it is a file of arrays.
fn survives(bytes: &[u8]) -> bool {
    let Ok(arrays) = Arrays::read(bytes) else { return false };
    let _ = arrays.sample_ids();
    for name in arrays.names() {
        let array = arrays.get(name).unwrap();
        assert!(array.bytes() <= bytes.len() as u64, "more numbers than bytes");
        if let Some(numbers) = array.numbers::<f64>(arrays.source()).unwrap() {
            assert_eq!(numbers.len(), array.count());
        }
        let rows = array.dimensions().first().copied().unwrap_or(1);
        for row in 0..rows.min(3) {
            let _ = array.rows::<f32>(arrays.source(), row..row + 1).unwrap();
        }
        let _ = arrays.words(array).unwrap();
    }
    true
}

/// Reads and holds the peak of memory against the size of the file.
fn survives_within(bytes: &[u8]) -> bool {
    let mut read = false;
    let taken = allocation_counter::measure(|| read = survives(bytes));
    // Numbers of 8 bits make 64-bit floats; a text has a word of its own; a byte of a pickle makes
    // at most one object.
    let most = 400 * bytes.len() as u64 + 65_536;
    assert!(taken.bytes_max < most, "{} of memory for {} bytes", taken.bytes_max, bytes.len());
    read
}

#[test]
fn no_beginning_of_a_file_is_taken_for_the_whole() {
    for (name, bytes) in files() {
        assert!(survives_within(&bytes), "{name} is valid");
        for length in 0..bytes.len() {
            assert!(!survives_within(&bytes[..length]), "{name}: {length} of {}", bytes.len());
        }
    }
}

#[test]
fn flipped_bits_are_survived() {
    let mut draws = Seed::root(1).child("flips").stream();
    let mut errors = 0;
    for (_, bytes) in files() {
        for round in 0..1500 {
            let mut damaged = bytes.clone();
            for _ in 0..=round % 4 {
                let place = draws.below(bytes.len() as u64) as usize;
                damaged[place] ^= 1 << draws.below(8);
            }
            errors += u32::from(!survives_within(&damaged));
        }
    }
    assert!(errors > 2000, "{errors}");
}

#[test]
fn other_numbers_in_headers_are_survived() {
    // Digits and signs of lengths, places and shapes: what a hostile header would play with.
    let mut draws = Seed::root(2).child("headers").stream();
    for (_, bytes) in files() {
        for _ in 0..1500 {
            let mut damaged = bytes.clone();
            for _ in 0..=draws.below(3) {
                let place = draws.below(bytes.len().min(400) as u64) as usize;
                let from = b"0123456789(),:-\xff\x00\x7f\x80";
                damaged[place] = from[draws.below(from.len() as u64) as usize];
            }
            survives_within(&damaged);
        }
    }
}

#[test]
fn pieces_put_elsewhere_are_survived() {
    let mut draws = Seed::root(3).child("pieces").stream();
    for (_, bytes) in files() {
        for _ in 0..500 {
            let mut damaged = bytes.clone();
            let length = draws.below(64) as usize + 1;
            let from = draws.below((bytes.len() - length) as u64) as usize;
            let to = draws.below((bytes.len() - length) as u64) as usize;
            damaged[to..to + length].copy_from_slice(&bytes[from..from + length]);
            survives_within(&damaged);
        }
    }
}
