//! Damaged models are errors or other numbers, never a panic that gets out.

use convscope_core::Seed;
use convscope_onnx::{Network, Samples, Settings, capture};

use crate::golden;

/// Reads a model, and captures everything in it as far as it goes.
fn survives(bytes: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, bytes).unwrap();
    let Ok(network) = Network::open(&path, 1) else { return false };
    let data = [golden("two-inputs-inputs.npz")];
    let Ok(samples) = Samples::open(&data, &network) else { return false };
    let out = folder.path().join("acts.safetensors");
    capture(&network, &samples, &["*".into()], &Settings::default(), &out).is_ok()
}

#[test]
fn damaged_models_are_survived() {
    // The runtime's panics are caught; what they print would drown the test's own words.
    std::panic::set_hook(Box::new(|_| ()));
    let whole = std::fs::read(golden("two-inputs.onnx")).unwrap();
    assert!(survives(&whole));
    let mut lengths = 0..whole.len();
    assert!(lengths.all(|length| !survives(&whole[..length])), "a part is taken for the whole");
    let mut draws = Seed::root(4).child("flips").stream();
    let mut errors = 0;
    for _ in 0..500 {
        let mut damaged = whole.clone();
        for _ in 0..=draws.below(3) {
            let place = draws.below(whole.len() as u64) as usize;
            damaged[place] ^= 1 << draws.below(8);
        }
        errors += u32::from(!survives(&damaged));
    }
    let _ = std::panic::take_hook();
    assert!(errors > 200, "{errors}");
}
