//! Names of devices.

use convscope_burn::{DeviceError, KINDS, device};

#[test]
fn an_unknown_device_is_refused_with_those_there_are() {
    for name in ["gpu", "", "cuda:x", "wgpu:1", "flex:0", "cuda:-1", "CUDA"] {
        let error = device(name).unwrap_err();
        assert_eq!(error, DeviceError::Unknown { name: name.into() });
        let said = error.to_string();
        assert!(KINDS.iter().all(|kind| said.contains(kind.example)), "{said}");
    }
}

#[test]
fn a_device_that_was_not_built_in_says_how_to_get_it() {
    for kind in KINDS.iter().filter(|kind| !kind.is_built_in()) {
        let error = device(kind.example).unwrap_err();
        assert_eq!(error, DeviceError::NotBuiltIn { kind: kind.name });
        assert!(error.to_string().contains(&format!("--features {}", kind.name)));
    }
}

#[test]
#[cfg(feature = "flex")]
fn the_processor_is_always_there() {
    assert!(device("flex").is_ok());
}
