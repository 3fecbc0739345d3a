//! How often planted structure is found, and how often structure that is not there.

use convscope_core::{Seed, Stream};
use convscope_probe::{Catalogue, Grid, PROBES, Size, Workbench};

const KERNELS: usize = 400;

/// Returns the share of kernels beyond the 95th percentile of a probe by chance, when a structure is
/// planted under noise of a deviation relative to it.
fn found(workbench: &Workbench, [probe, structure]: [&str; 2], noise: Option<f64>) -> f64 {
    let place = PROBES.iter().position(|known| known.id == probe).unwrap();
    let high = workbench.gaussian()[place].as_ref().unwrap().quantile(0.95);
    let mut draws = Seed::root(71).child(structure).stream();
    let beyond = (0..KERNELS).filter(|_| {
        let kernel = planted(workbench.catalogue(), structure, noise, &mut draws);
        workbench.value(place, &kernel, 1.0).unwrap() > high
    });
    beyond.count() as f64 / KERNELS as f64
}

/// Draws a kernel of a structure at a mean square of 1, with noise; nothing but noise if none is given.
fn planted(
    catalogue: &Catalogue,
    structure: &str,
    noise: Option<f64>,
    draws: &mut Stream,
) -> Vec<f64> {
    let count = catalogue.size().count();
    let mut normal = || -> Vec<f64> { (0..count).map(|_| draws.normal()).collect() };
    let Some(noise) = noise else { return normal() };
    let drawn = normal();
    let all = catalogue.descriptions(&drawn, Grid::of(&drawn, 8));
    let ideal = all.into_iter().find(|d| d.structure.id == structure).unwrap().ideal;
    let square = ideal.iter().map(|value| value * value).sum::<f64>() / count as f64;
    let pairs = ideal.iter().zip(normal());
    pairs.map(|(ideal, error)| ideal / square.sqrt() + noise * error).collect()
}

const PLANTED: [[&str; 2]; 5] = [
    ["score-left-right", "mirror-left-right"],
    ["in-all-flips", "all-flips"],
    ["in-identical-columns", "identical-columns"],
    ["separability", "separable"],
    ["edge", "first-order-steerable"],
];

#[test]
fn noise_alone_is_found_as_often_as_was_asked_for() {
    for k in [3, 5] {
        let workbench = Workbench::new(Size::square(k));
        for pair in PLANTED {
            let share = found(&workbench, pair, None);
            // Four and a half standard errors, of the kernels and of a drawn null.
            let error = (0.05 * 0.95 * (1.0 / KERNELS as f64 + 1.0 / 4096.0)).sqrt();
            assert!((share - 0.05).abs() < 4.5 * error, "{pair:?} at {k}: {share}");
        }
    }
}

#[test]
fn planted_structure_is_found_the_surer_the_larger_the_kernel_and_the_less_noise() {
    for pair in PLANTED {
        let mut before = [1.0; 3];
        for k in [3, 5] {
            let workbench = Workbench::new(Size::square(k));
            let power = [0.1, 0.5, 1.0].map(|noise| found(&workbench, pair, Some(noise)));
            assert!(power[0] > 0.97, "{pair:?} at {k}: {power:?}");
            assert!(power[0] >= power[1] && power[1] > power[2], "{pair:?} at {k}: {power:?}");
            if k == 5 {
                assert!(power[2] > before[2], "{pair:?}: {power:?} after {before:?}");
            }
            before = power;
        }
    }
}

#[test]
fn descriptions_leave_noise_free_and_know_what_is_ideal() {
    for k in [3, 5, 7] {
        let catalogue = Catalogue::new(Size::square(k));
        let mut draws = Seed::root(72).stream();
        let mut described = |structure: &str, noise| {
            let kernel = planted(&catalogue, structure, noise, &mut draws);
            catalogue.describe(&kernel, Grid::of(&kernel, 8)).structure
        };
        let free = (0..KERNELS).filter(|_| described("free", None).is_free()).count();
        // At 3 × 3 noise is near some structure now and then.
        assert!(free as f64 > [0.9, 0.99, 0.999][(k - 3) / 2] * KERNELS as f64, "{free} at {k}");
        for structure in ["all-flips", "identical-columns", "mirror-both"] {
            let found =
                (0..50).filter(|_| described(structure, Some(1e-3)).id == structure).count();
            assert!(found > 45, "{structure} at {k}: {found}");
        }
    }
}
