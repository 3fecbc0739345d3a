//! What the crate promises, on Burn's processor backend or, where `CONVSCOPE_TEST_DEVICE` names
//! one, on another device.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod devices;
#[cfg(any(feature = "flex", feature = "cuda", feature = "wgpu"))]
mod on_a_device;
