//! What the sources of images promise.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod array_files;
mod diagonals;
mod edges;
mod facts;
mod jpeg;
mod mnist_c_draws;
mod own;
mod pictures;
mod pinned;
mod published;
mod refusals;
mod splits;
mod transform_draws;
mod transform_refusals;
mod transforms;

use convscope_core::{Seed, registry::find};
use convscope_data::{Draw, Images, Library, SOURCES, Set};
use serde_json::Value;

fn draw() -> Draw {
    Draw { seed: Seed::root(10).child("data") }
}

fn source(settings: Value) -> Box<dyn Set> {
    let source = (find(SOURCES, "data source", "edges").unwrap().build)(settings).unwrap();
    source.open(&Library::default()).unwrap()
}

fn images(settings: Value) -> Images {
    source(settings).load(draw()).unwrap()
}

/// The brightness of each pixel, from 0 to 255.
fn levels(images: &Images, sample: usize) -> Vec<u8> {
    images.sample(sample).iter().map(|pixel| (pixel * 255.0).round() as u8).collect()
}

/// The rows of an image of one channel.
fn rows(images: &Images, sample: usize) -> Vec<Vec<u8>> {
    levels(images, sample).chunks(images.shape().width).map(<[u8]>::to_vec).collect()
}

fn columns(images: &Images, sample: usize) -> Vec<Vec<u8>> {
    let rows = rows(images, sample);
    (0..images.shape().width).map(|column| rows.iter().map(|row| row[column]).collect()).collect()
}

/// Which lines of pixels an edge covers: backgrounds end at level 51, edges begin at 63.
fn covered(lines: &[Vec<u8>]) -> Vec<usize> {
    (0..lines.len()).filter(|line| lines[*line].iter().all(|level| *level > 57)).collect()
}
