//! What probes say by chance.

use convscope_core::Seed;
use convscope_probe::{Chance, Layer, PROBES, Size, Workbench};

const DRAWS: usize = 4000;

fn normal(size: Size, draws: usize) -> Vec<Vec<f64>> {
    let mut stream = Seed::root(21).child("normal").stream();
    (0..draws).map(|_| (0..size.count()).map(|_| stream.normal()).collect()).collect()
}

#[test]
fn closed_forms_are_what_is_drawn() {
    let mut tested = 0;
    for k in 2..=7 {
        let size = Size::square(k);
        let workbench = Workbench::new(size);
        let kernels = normal(size, DRAWS);
        let chances = PROBES.iter().enumerate().zip(workbench.closed_forms());
        for ((place, probe), chance) in chances {
            let Some(Chance::Closed(share)) = chance else { continue };
            let mut values: Vec<f64> =
                kernels.iter().map(|k| workbench.value(place, k, 1.0).unwrap()).collect();
            values.sort_by(f64::total_cmp);
            let chance = Chance::Closed(share);
            // Kolmogorov and Smirnov: exceeded by chance once in 10⁵ times.
            let count = values.len() as f64;
            let apart = values.iter().enumerate().map(|(below, value)| {
                let share = chance.share_below(*value);
                (share - below as f64 / count).abs().max((share - (below + 1) as f64 / count).abs())
            });
            let apart = apart.fold(0.0, f64::max) * count.sqrt();
            assert!(apart < 2.5, "{} at {k}: {apart}", probe.id);
            let mean = values.iter().sum::<f64>() / count;
            let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
            let z = (mean - chance.mean()) / (spread / count).sqrt();
            assert!(z.abs() < 4.8, "{} at {k}: {z}", probe.id);
            tested += 1;
        }
    }
    assert!(tested > 200, "{tested}");
}

#[test]
fn a_wrong_closed_form_would_be_found() {
    // One dimension more than the mirror has.
    let size = Size::square(5);
    let workbench = Workbench::new(size);
    let place = PROBES.iter().position(|probe| probe.id == "in-mirror-left-right").unwrap();
    let Some(Chance::Closed(mut share)) = workbench.closed_forms()[place].clone() else { panic!() };
    share.dimension += 1;
    let kernels = normal(size, DRAWS);
    let below = |x: f64| {
        let those = kernels.iter().filter(|k| workbench.value(place, k, 1.0).unwrap() < x);
        those.count() as f64 / DRAWS as f64
    };
    let median = Chance::Closed(share).quantile(0.5);
    assert!((below(median) - 0.5).abs() * (DRAWS as f64).sqrt() > 2.5);
}

/// Means and 95th percentiles that were drawn elsewhere, by another program, to three digits or fewer.
#[test]
fn known_chance_levels_are_met() {
    let known = [
        ("score-left-right", 3, 1.0 / 3.0, 0.893, 5e-3),
        ("score-left-right", 5, 0.2, 0.617, 5e-3),
        ("score-left-right", 7, 1.0 / 7.0, 0.462, 5e-3),
        ("separability", 3, 0.746, 0.933, 0.01),
        ("separability", 5, 0.547, 0.702, 0.01),
        ("separability", 7, 0.427, 0.538, 0.01),
        ("edge", 3, 0.25, 0.632, 0.01),
        ("edge", 5, 2.0 / 24.0, 0.238, 0.01),
    ];
    for (id, k, mean, high, within) in known {
        let workbench = Workbench::new(Size::square(k));
        let place = PROBES.iter().position(|probe| probe.id == id).unwrap();
        let chance = workbench.gaussian()[place].as_ref().unwrap();
        assert!((chance.mean() - mean).abs() < within, "{id} at {k}: {}", chance.mean());
        let found = chance.quantile(0.95);
        assert!((found - high).abs() < within, "{id} at {k}: {found}");
    }
}

#[test]
fn percentiles_of_unrelated_kernels_are_even() {
    let size = Size::square(3);
    let workbench = Workbench::new(size);
    let numbers = normal(size, 400).concat();
    let layer = Layer::new("random", [400, 1], size, numbers).unwrap();
    let cards = workbench.read(&layer).cards();
    for (place, probe) in PROBES.iter().enumerate().filter(|(_, probe)| probe.is_at(size)) {
        for which in ["gaussian", "permuted"] {
            let of = |card: &convscope_probe::Card| {
                let scored = &card.scores[place];
                let value = if which == "gaussian" { &scored.gaussian } else { &scored.permuted };
                value.number().unwrap()
            };
            let mean = cards.iter().map(of).sum::<f64>() / 400.0;
            // Five standard errors of even percentiles, and those of 1,024 draws.
            assert!(
                (mean - 50.0).abs() < 5.0 * 28.9 * (1.0 / 400.0 + 1.0 / 1024.0_f64).sqrt(),
                "{} {which}: {mean}",
                probe.id
            );
        }
    }
}

#[test]
fn the_permuted_null_knows_the_numbers_of_the_layer() {
    // Ones and zeros: a kernel of few values is nothing special there, and is among normal ones.
    let size = Size::square(3);
    let mut stream = Seed::root(22).stream();
    let numbers: Vec<f64> = (0..900).map(|_| f64::from(stream.next_u32() % 2)).collect();
    let layer = Layer::new("binary", [100, 1], size, numbers).unwrap();
    let workbench = Workbench::new(size);
    let place = PROBES.iter().position(|probe| probe.id == "unique-values").unwrap();
    let card = workbench.read(&layer).card([0, 0]);
    let scored = &card.scores[place];
    assert_eq!(scored.value.number(), Some(2.0));
    assert!(scored.gaussian.number().unwrap() < 1.0);
    assert!((scored.permuted.number().unwrap() - 50.0).abs() < 5.0);
}

#[test]
fn draws_are_the_same_for_any_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Workbench::new(Size::square(3)).gaussian().to_vec())
    };
    assert_eq!(on(1), on(3));
}
