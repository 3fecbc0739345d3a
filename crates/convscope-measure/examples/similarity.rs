//! Times the measures on the sizes of `bench/similarity`, one JSON line a row.
//!
//! Run: cargo run --release -p convscope-measure --example similarity -- [ROW]…
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and may stop")]

use std::time::Instant;

use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_measure::{Activations, MEASURES, Measure, Pair, Prepared, Streaming, scores};
use faer::Mat;
use rayon::prelude::*;
use serde_json::json;

/// Widths that fifty layers take in turn.
const WIDTHS: [usize; 5] = [256, 512, 1024, 2048, 8192];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let asked = |row: &str| wanted.is_empty() || wanted.iter().any(|name| name == row);
    if asked("cka-matrix") {
        cka_matrix();
    }
    for row in ["mean-cca", "pwcca", "svcca", "nbs", "squared-procrustes"] {
        if asked(row) {
            one_pair(row, row, json!({}), 4096, 512);
        }
    }
    if asked("rsa") {
        one_pair("rsa", "rsa", json!({ "dissimilarity": "euclidean" }), 2000, 512);
    }
    if asked("rsa-matrix") {
        rsa_matrix();
    }
    if asked("distance-correlation") {
        let id = "debiased-distance-correlation";
        one_pair("distance-correlation", id, json!({}), 2000, 512);
    }
    if asked("knn") {
        one_pair("knn", "mutual-knn", json!({ "near": "euclidean" }), 10_000, 64);
    }
    if asked("soft-matching") {
        one_pair("soft-matching", "soft-matching-distance", json!({}), 4096, 512);
    }
    for (row, how) in [("minibatch-cka", Streaming::Batches(256)), ("streaming", Streaming::Sums)] {
        if asked(row) {
            streaming(row, how);
        }
    }
}

/// Fifty layers against themselves at n = 2,048; layers are checked and centred in the time.
fn cka_matrix() {
    let raw: Vec<Mat<f64>> =
        (0..50).map(|i| normal(&format!("layer {i}"), 2048, WIDTHS[i % WIDTHS.len()])).collect();
    let start = Clock::start();
    let layers: Vec<Prepared> =
        raw.into_par_iter().map(|m| Prepared::from(Activations::from_matrix(m).unwrap())).collect();
    let all: Vec<&Prepared> = layers.iter().collect();
    let table = scores(&*measure("debiased-cka", json!({})), &all, &all).unwrap();
    report("cka-matrix", start, table[3][4].value.number().unwrap());
}

/// Twelve layers against themselves at n = 1,000, p = 512.
fn rsa_matrix() {
    let raw: Vec<Mat<f64>> = (0..12).map(|i| normal(&format!("layer {i}"), 1000, 512)).collect();
    let start = Clock::start();
    let layers: Vec<Prepared> =
        raw.into_par_iter().map(|m| Prepared::from(Activations::from_matrix(m).unwrap())).collect();
    let all: Vec<&Prepared> = layers.iter().collect();
    let measure = measure("rsa", json!({ "dissimilarity": "euclidean" }));
    let table = scores(&*measure, &all, &all).unwrap();
    report("rsa-matrix", start, table[3][4].value.number().unwrap());
}

/// Two layers from their numbers to the value.
fn one_pair(row: &str, id: &str, settings: serde_json::Value, n: usize, p: usize) {
    let (x, y) = (normal("x", n, p), normal("y", n, p));
    let y = y + &x;
    let measure = measure(id, settings);
    let start = Clock::start();
    let [x, y] = [x, y].map(|m| Prepared::from(Activations::from_matrix(m).unwrap()));
    let value = measure.score(Pair::new(&x, &y).unwrap()).value.number().unwrap();
    report(row, start, value);
}

/// A million samples of 512 units, in parts that are drawn before the clock starts.
fn streaming(row: &str, how: Streaming) {
    let parts: Vec<[Mat<f64>; 2]> = (0..2)
        .map(|i| {
            let x = normal(&format!("x {i}"), 4000, 512);
            let y = &x + normal(&format!("y {i}"), 4000, 512);
            [x, y]
        })
        .collect();
    let start = Clock::start();
    let mut stream = how.start([512, 512]);
    for part in 0..250 {
        let [x, y] = &parts[part % 2];
        stream.add(x.as_ref(), y.as_ref());
    }
    let score = stream.score(String::new(), Vec::new());
    report(row, start, score.value.number().unwrap());
}

fn measure(id: &str, settings: serde_json::Value) -> Box<dyn Measure> {
    (find(MEASURES, "measure", id).unwrap().build)(settings).unwrap()
}

fn report(row: &str, start: Clock, value: f64) {
    let (seconds, processor) = (start.wall.elapsed().as_secs_f64(), processor_time());
    let line = json!({
        "who": "convscope",
        "row": row,
        "seconds": seconds,
        "processor": processor - start.processor,
        "peak_mb": peak_megabytes(),
        "value": value,
    });
    println!("{line}");
}

/// When a row began, and what the process had computed until then.
#[derive(Clone, Copy)]
struct Clock {
    wall: Instant,
    processor: f64,
}

impl Clock {
    fn start() -> Self {
        Self { wall: Instant::now(), processor: processor_time() }
    }
}

/// Seconds that all threads have computed, of which a busy machine does not make more (Linux).
fn processor_time() -> f64 {
    // Of the process as a whole only hundredths of a second are told.
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of_thread = |thread: std::fs::DirEntry| {
        let told = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        let first = told.split_whitespace().next().and_then(|n| n.parse::<f64>().ok());
        first.unwrap_or(f64::NAN)
    };
    threads.map(of_thread).sum::<f64>() / 1e9
}

/// The most memory that the process has held, what it drew included (Linux).
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|line| line.split_whitespace().next());
    kilobytes.and_then(|n| n.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

fn normal(seed: &str, rows: usize, columns: usize) -> Mat<f64> {
    let seed = Seed::root(1).child(seed);
    let columns: Vec<Vec<f64>> = (0..columns as u64)
        .into_par_iter()
        .map(|column| {
            let mut draws = seed.nth(column).stream();
            (0..rows).map(|_| draws.normal()).collect()
        })
        .collect();
    Mat::from_fn(rows, columns.len(), |i, j| columns[j][i])
}
