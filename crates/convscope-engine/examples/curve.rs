//! Trains a net for one epoch from given weights, images and order, and prints the loss of every
//! step and, last, how many images a second that were.
//!
//! `bench/curve.py` writes the files that it reads, trains the same in PyTorch and compares.
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_engine::update::{Sgd, sgd};
use convscope_engine::{Executor, Level, Samples};
use convscope_model::{NETS, Shape, formats};
use serde_json::json;

const BATCH: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("curve FOLDER THREADS")?;
    let threads: usize = std::env::args().nth(2).ok_or("curve FOLDER THREADS")?.parse()?;
    let read = |name: &str| std::fs::read(Path::new(&folder).join(name));
    let architecture = (find(NETS, "net", "resnet-18")?.build)(json!({}))?;
    let net = architecture.net(Shape::image(3, 32, 32), 10)?;
    let mut weights = formats::read(&read("start.safetensors")?)?.weights(&net)?.weights;
    let pixels: Vec<f32> =
        read("pixels")?.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let labels: Vec<u16> = read("labels")?.iter().map(|&label| label.into()).collect();
    let order: Vec<u32> =
        read("order")?.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect();

    let level = Level::detect();
    let mut executor = Executor::new(&net, BATCH, level);
    executor.use_threads(threads);
    let mut gradients = vec![0.0; net.parameter_count()];
    let mut velocity = gradients.clone();
    let step = Sgd { lr: 0.01, momentum: 0.9, nesterov: false, weight_decay: 5e-4 };
    let samples = Samples { pixels: &pixels, labels: &labels };
    let start = Instant::now();
    for (index, batch) in order.chunks(BATCH).enumerate() {
        let noise = Seed::root(index as u64);
        let score = executor.gradients(&weights, samples, batch, noise, &mut gradients);
        sgd(level, &step, &mut weights[..gradients.len()], &gradients, &mut velocity);
        executor.track_statistics(&mut weights);
        println!("{}", score.loss_sum / batch.len() as f64);
    }
    println!("{}", order.len() as f64 / start.elapsed().as_secs_f64());
    Ok(())
}
