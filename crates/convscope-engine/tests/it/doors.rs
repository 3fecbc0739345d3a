//! What is refused, and how.

use convscope_core::Seed;
use convscope_engine::{Executor, Level, Samples, update};

use crate::nets::{linear, net};
use convscope_model::{Net, Shape};

fn small() -> Net {
    net(Shape::flat(2), &[linear(3)])
}

fn gradients(weights: usize, pixels: usize, labels: &[u16], batch: &[u32]) {
    let mut executor = Executor::new(&small(), 2, Level::detect());
    let pixels = vec![0.0; pixels];
    let samples = Samples { pixels: &pixels, labels };
    let (weights, gradients) = (vec![0.0; weights], &mut [0.0; 9]);
    executor.gradients(&weights, samples, batch, Seed::root(1), gradients);
}

#[test]
fn what_fits_is_computed() {
    gradients(9, 4, &[0, 2], &[0, 1]);
}

#[test]
#[should_panic(expected = "one number for each of a model")]
fn weights_must_fit() {
    gradients(8, 4, &[0, 2], &[0, 1]);
}

#[test]
#[should_panic(expected = "all whole")]
fn samples_must_be_whole() {
    gradients(9, 3, &[0, 2], &[0]);
}

#[test]
#[should_panic(expected = "batches were to have 1 to 2 samples")]
fn a_batch_must_not_be_empty() {
    gradients(9, 4, &[0, 2], &[]);
}

#[test]
#[should_panic(expected = "batches were to have 1 to 2 samples")]
fn a_batch_must_be_as_planned() {
    gradients(9, 4, &[0, 2], &[0, 1, 0]);
}

#[test]
#[should_panic(expected = "sample 2 of 2")]
fn a_batch_must_name_samples_that_exist() {
    gradients(9, 4, &[0, 2], &[0, 2]);
}

#[test]
#[should_panic(expected = "label 3 with 3 logits")]
fn a_label_must_have_a_logit() {
    gradients(9, 4, &[0, 3], &[0, 1]);
}

#[test]
#[should_panic(expected = "one flag for each parameter")]
fn flags_must_fit() {
    Executor::new(&small(), 2, Level::detect()).freeze(&[true]);
}

#[test]
#[should_panic(expected = "differ in length")]
fn memory_must_fit() {
    update::sgd(Level::detect(), &update::Sgd::default(), &mut [0.0], &[0.0], &mut []);
}

#[test]
#[should_panic(expected = "instructions")]
fn a_level_must_be_there() {
    let missing = Level::ALL.into_iter().find(|level| !level.is_available());
    Executor::new(&small(), 2, missing.expect("no machine has the instructions of two"));
}

#[test]
fn a_misspelt_level_has_a_nearest_name() {
    let error = "avx51".parse::<Level>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no instruction level called `avx51`; did you mean `avx512`?"
    );
}
