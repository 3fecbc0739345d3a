//! Invented numbers that look like trainings.

use convscope_core::Seed;

/// The validation accuracy that an invented model ends with.
pub(crate) fn accuracy(model: &str, images: u32, seed: u32) -> f64 {
    let (best, half) = if model == "mlp" { (0.95, 28.0) } else { (0.998, 9.0) };
    let reached = 0.34 + (best - 0.34) * (1.0 - (-f64::from(images) / half).exp());
    let wobble = noise("accuracy", model, images, seed) * 0.6 / f64::from(images).sqrt();
    (reached + 0.25 * wobble).clamp(0.30, 1.0)
}

/// One epoch of an invented learning curve: loss and accuracy.
pub(crate) fn epoch(model: &str, split: &str, seed: u32, epoch: u32) -> (f64, f64) {
    let along = f64::from(epoch);
    let speed = if model == "mlp" { 45.0 } else { 70.0 };
    let plateau = match (model, split) {
        (_, "train") => 0.0,
        ("mlp", _) => 0.42,
        _ => 0.06,
    };
    let slow = 1.0 + 0.25 * noise("speed", model, 0, seed);
    let learnt = 1.0 / (1.0 + (-(along - speed * slow) / 18.0).exp());
    let jitter = 0.015 * noise(split, model, epoch, seed);
    let loss = (1.10 * (1.0 - learnt) + plateau * learnt + jitter).max(0.001);
    (loss, (0.33 + (0.99 - plateau * 0.3 - 0.33) * learnt + jitter).clamp(0.2, 1.0))
}

/// A number around 0, always the same for the same names.
pub(crate) fn noise(what: &str, model: &str, place: u32, seed: u32) -> f64 {
    Seed::root(seed.into()).child(what).child(model).child(&place.to_string()).stream().normal()
}
