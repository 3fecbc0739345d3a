//! Images that other packages transformed, and how ours compare.

use std::collections::BTreeMap;

use convscope_core::Shape;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::settings::PerChannel;
use super::warp::Interpolation;
use super::{Scratch, View};

const TORCHVISION: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden/transforms.json"));

const MNIST_C: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../golden/mnist_c.json"));

#[derive(Deserialize)]
struct Golden {
    images: BTreeMap<String, Image>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Image {
    shape: [usize; 3],
    levels: String,
}

/// One image transformed with given parameters.
#[derive(Deserialize)]
pub(super) struct Case {
    transform: String,
    image: String,
    parameters: Value,
    shape: [usize; 3],
    /// 255 times each result, clipped to 0..1 and rounded; two hexadecimal digits each.
    levels: String,
    /// Every `stride`-th result.
    values: Vec<f64>,
    stride: usize,
}

impl Case {
    pub(super) fn read<T: DeserializeOwned>(&self, key: &str) -> T {
        serde_json::from_value(self.parameters[key].clone()).unwrap()
    }

    pub(super) fn number(&self, key: &str) -> f64 {
        self.read(key)
    }

    pub(super) fn how(&self) -> Interpolation {
        self.read("interpolation")
    }

    pub(super) fn fill(&self) -> PerChannel {
        self.read("fill")
    }
}

/// Compares all cases of a transform of torchvision: equal in 8 bits, and to 1e-5 in 32 bits.
/// Returns how many there were.
pub(super) fn compared(
    transform: &str,
    ours: impl Fn(View<'_>, &Case, &mut Scratch, &mut Vec<f32>),
) -> usize {
    compared_in(TORCHVISION, transform, ours)
}

/// Compares all cases of a corruption of MNIST-C in the same way.
pub(super) fn mnist_c(
    corruption: &str,
    ours: impl Fn(View<'_>, &Case, &mut Scratch, &mut Vec<f32>),
) -> usize {
    compared_in(MNIST_C, corruption, ours)
}

/// Returns numbers in 0..1 that the scripts make by the same formula.
pub(super) fn formula(first: u32, count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |place| {
        let bits = first.wrapping_add(place as u32).wrapping_mul(2_654_435_761);
        f64::from(bits >> 8) / 16_777_216.0
    })
}

fn compared_in(
    file: &str,
    transform: &str,
    ours: impl Fn(View<'_>, &Case, &mut Scratch, &mut Vec<f32>),
) -> usize {
    let golden: Golden = serde_json::from_str(file).unwrap();
    let cases = golden.cases.iter().filter(|case| case.transform == transform);
    // Used again from case to case, so that what one leaves behind would show in the next.
    let (mut scratch, mut to) = (Scratch::default(), vec![f32::NAN; 7]);
    cases
        .inspect(|case| {
            let image = &golden.images[&case.image];
            let pixels: Vec<f32> = bytes(&image.levels).map(|level| level / 255.0).collect();
            let [channels, height, width] = image.shape;
            let view = View::new(Shape::image(channels, height, width), &pixels);
            ours(view, case, &mut scratch, &mut to);
            let about = format!("{transform} of {}: {}", case.image, case.parameters);
            assert_eq!(to.len(), case.shape.iter().product::<usize>(), "{about}");
            for (at, (value, level)) in to.iter().zip(bytes(&case.levels)).enumerate() {
                let here = (value.clamp(0.0, 1.0) * 255.0).round_ties_even();
                assert!((here - level).abs() < 0.5, "{about}: pixel {at}: {here}, not {level}");
            }
            assert_eq!(case.levels.len(), 2 * to.len(), "{about}");
            assert_eq!(case.values.len(), to.len().div_ceil(case.stride), "{about}");
            for (at, (here, there)) in to.iter().step_by(case.stride).zip(&case.values).enumerate()
            {
                let off = (f64::from(*here) - there).abs();
                assert!(off <= 1e-5, "{about}: value {at}: {here}, not {there}");
            }
        })
        .count()
}

fn bytes(hexadecimal: &str) -> impl Iterator<Item = f32> {
    let places = (0..hexadecimal.len()).step_by(2);
    places.map(|place| f32::from(u8::from_str_radix(&hexadecimal[place..place + 2], 16).unwrap()))
}
