//! Measures how many 3 × 3 kernels a second are scanned from a file.
//!
//! `cargo run --release --workspace --exclude convscope-burn --example kernels -- FILE LARGEST [--threads N] [--json]`, where
//! FILE holds 32-bit little-endian floats, nine a kernel, and LARGEST is the largest of them without
//! its sign. The file is read in blocks; memory does not grow with it.
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::sync::Mutex;
use std::time::Instant;

use convscope_probe::{Scan, Scanner};
use rayon::prelude::*;
use serde_json::{Map, Value, json};

/// How many kernels are read at a time.
const BLOCK: usize = 1 << 14;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, largest, ..] = arguments.as_slice() else {
        return Err("wanted FILE LARGEST".into());
    };
    let largest: f32 = largest.parse()?;
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1))
    };
    let threads = after("--threads").map_or(Ok(1), |count| count.parse())?;
    let scanner = Scanner::new();
    let start = Instant::now();
    let whole = scan(&scanner, path, largest, threads)?;
    let seconds = start.elapsed().as_secs_f64();
    let rate = whole.kernels as f64 / seconds;
    if arguments.iter().any(|argument| argument == "--json") {
        let means = whole.tallies().map(|(probe, tally)| (probe.id.clone(), json!(tally.mean())));
        println!(
            "{}",
            json!({
                "who": "convscope", "threads": threads, "kernels": whole.kernels, "seconds": seconds,
                "peak_megabytes": peak_megabytes(), "means": Map::from_iter(means.collect::<Vec<(String, Value)>>()),
            })
        );
    } else {
        println!(
            "{} kernels in {seconds:.2} s: {:.1} million a minute",
            whole.kernels,
            rate * 60e-6
        );
        println!("{} MB at most", peak_megabytes());
        for (structure, count) in whole.structures() {
            println!("{:28} {:8.4} %", structure.id, 100.0 * count as f64 / whole.kernels as f64);
        }
    }
    Ok(())
}

fn scan(
    scanner: &Scanner,
    path: &str,
    largest: f32,
    threads: usize,
) -> Result<Scan, Box<dyn Error>> {
    let file = Mutex::new(File::open(path)?);
    // Each thread reads a block and scans it; merging is exact, so that order does not matter.
    let work = || -> std::io::Result<Scan> {
        let mut whole = Scan::new();
        let (mut bytes, mut numbers) = (vec![0; BLOCK * 36], Vec::with_capacity(BLOCK * 9));
        loop {
            let held = {
                let mut file = file.lock().map_err(|_| std::io::Error::other("a reader failed"))?;
                fill(&mut file, &mut bytes)?
            };
            if held == 0 {
                return Ok(whole);
            }
            numbers.clear();
            let (words, _) = bytes[..held].as_chunks::<4>();
            numbers.extend(words.iter().map(|word| f32::from_le_bytes(*word)));
            whole.merge(&scanner.scan(&numbers, largest));
        }
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let parts: Vec<Scan> =
        pool.install(|| (0..threads).into_par_iter().map(|_| work()).collect::<Result<_, _>>())?;
    let mut whole = Scan::new();
    for part in &parts {
        whole.merge(part);
    }
    Ok(whole)
}

/// Reads until the bytes are full or the file ends.
fn fill(file: &mut File, bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut held = 0;
    while held < bytes.len() {
        match file.read(&mut bytes[held..])? {
            0 => break,
            read => held += read,
        }
    }
    Ok(held)
}

/// Returns the most memory that this process took, on Linux.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kilobytes.map_or(0.0, |kilobytes| kilobytes / 1024.0)
}
