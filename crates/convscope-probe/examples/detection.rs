//! Tells how often planted structure is found under noise, and how often noise is taken for structure.
//!
//! `cargo run --release --workspace --exclude convscope-burn --example detection`
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use convscope_core::{Seed, Stream};
use convscope_probe::{Catalogue, Chance, Grid, PROBES, Size, Workbench};

const KERNELS: usize = 2000;
/// Noise relative to what is planted; the last is noise alone.
const NOISES: [f64; 6] = [0.0, 0.1, 0.25, 0.5, 1.0, f64::INFINITY];

fn main() {
    println!("| planted | probe | size | {} |", NOISES.map(|noise| format!("{noise}")).join(" | "));
    println!("|---|---|---|{}", "---|".repeat(NOISES.len()));
    for (structure, probe) in [
        ("mirror-left-right", "score-left-right"),
        ("all-flips", "in-all-flips"),
        ("identical-columns", "in-identical-columns"),
        ("separable", "separability"),
        ("first-order-steerable", "edge"),
        ("second-order-steerable", "line"),
    ] {
        for side in [3, 5, 7] {
            let workbench = Workbench::new(Size::square(side));
            let Some(place) = PROBES.iter().position(|known| known.id == probe) else { return };
            let Some(chance) = &workbench.gaussian()[place] else { return };
            let shares =
                NOISES.map(|noise| percent(beyond(&workbench, place, chance, structure, noise)));
            println!("| {structure} | {probe} | {side} | {} |", shares.join(" | "));
        }
    }
    println!("\nDescribed by the planted structure, or a simpler one:\n");
    println!("| planted | size | {} |", NOISES.map(|noise| format!("{noise}")).join(" | "));
    println!("|---|---|{}", "---|".repeat(NOISES.len()));
    for structure in ["mirror-left-right", "all-flips", "identical-columns", "separable"] {
        for side in [3, 5, 7] {
            let catalogue = Catalogue::new(Size::square(side));
            let shares = NOISES.map(|noise| percent(described(&catalogue, structure, noise)));
            println!("| {structure} | {side} | {} |", shares.join(" | "));
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// Returns the share of kernels beyond the 95th percentile by chance.
fn beyond(
    workbench: &Workbench,
    probe: usize,
    chance: &Chance,
    structure: &str,
    noise: f64,
) -> f64 {
    let (high, mut draws) = (chance.quantile(0.95), Seed::root(1).child(structure).stream());
    let found = (0..KERNELS).filter(|_| {
        let kernel = planted(workbench.catalogue(), structure, noise, &mut draws);
        workbench.value(probe, &kernel, 1.0).is_ok_and(|value| value > high)
    });
    found.count() as f64 / KERNELS as f64
}

/// Returns the share of kernels whose shortest description is no longer than the planted structure.
fn described(catalogue: &Catalogue, structure: &str, noise: f64) -> f64 {
    let mut draws = Seed::root(2).child(structure).stream();
    let dimension = catalogue.structures().find(|(known, _)| known.id == structure);
    let dimension = dimension.map_or(0, |(_, dimension)| dimension);
    let found = (0..KERNELS).filter(|_| {
        let kernel = planted(catalogue, structure, noise, &mut draws);
        catalogue.describe(&kernel, Grid::of(&kernel, 8)).dimension <= dimension
    });
    found.count() as f64 / KERNELS as f64
}

fn planted(catalogue: &Catalogue, structure: &str, noise: f64, draws: &mut Stream) -> Vec<f64> {
    let count = catalogue.size().count();
    let mut normal = || -> Vec<f64> { (0..count).map(|_| draws.normal()).collect() };
    let (drawn, error) = (normal(), normal());
    if noise == f64::INFINITY {
        return error;
    }
    let all = catalogue.descriptions(&drawn, Grid::of(&drawn, 8));
    let ideal = all.into_iter().find(|description| description.structure.id == structure);
    let ideal = ideal.map_or(drawn, |description| description.ideal);
    let square = ideal.iter().map(|value| value * value).sum::<f64>() / count as f64;
    ideal.iter().zip(error).map(|(ideal, error)| ideal / square.sqrt() + noise * error).collect()
}
