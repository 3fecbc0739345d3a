//! The scan beside the probes one by one.

use convscope_core::Seed;
use convscope_probe::{BINS, Catalogue, Flip, Grid, PROBES, Scan, Scanner, Size, Workbench};

const SIZE: Size = Size::square(3);

/// Random kernels, and ones of every kind of structure, with a little noise and without.
fn kernels() -> Vec<f32> {
    let mut draws = Seed::root(31).stream();
    let mut all: Vec<f32> = vec![0.0; 9];
    all.extend([0.25; 9]);
    all.extend([-0.5; 9]);
    let catalogue = Catalogue::new(SIZE);
    for round in 0..40 {
        let kernel: Vec<f64> = (0..9).map(|_| draws.normal()).collect();
        all.extend(kernel.iter().map(|value| *value as f32));
        for description in catalogue.descriptions(&kernel, Grid::of(&kernel, 8)) {
            let noise = [0.0, 0.01, 0.1][round % 3];
            all.extend(
                description.ideal.iter().map(|value| (value + noise * draws.normal()) as f32),
            );
        }
        // Few levels, and numbers of many sizes.
        all.extend(kernel.iter().map(|value| (value * 2.0).round() as f32));
        all.extend(kernel.iter().map(|value| (value * 1e-20) as f32));
        let flipped = Flip::Diagonal.apply(&kernel, SIZE).unwrap();
        all.extend(kernel.iter().zip(flipped).map(|(a, b)| (a + b) as f32));
        // Singular values that are equal or nearly so, all three and two of them, the third larger or smaller.
        for third in [1.0, 0.1, 3.0] {
            let noise = [0.0, 1e-7, 1e-3][round % 3];
            let places = [[0, 4, 8], [1, 5, 6], [2, 3, 7]][round % 3];
            let mut equal: Vec<f64> = (0..9).map(|_| noise * draws.normal()).collect();
            for (place, value) in places.into_iter().zip([1.0, -1.0, third]) {
                equal[place] += value;
            }
            all.extend(equal.iter().map(|value| *value as f32));
        }
        // On the borders of the 41 steps of a kernel, and of the tolerance for a layer whose largest number is 40.
        all.extend(kernel.iter().map(|value| (value * 9.0).round().clamp(-40.0, 39.0) as f32));
        let last = all.len() - 1;
        all[last] = 40.0;
    }
    all.extend([f32::MIN_POSITIVE, 1e-45, 0.0, -1e-40, 0.0, 1e-45, 3e-42, 0.0, 0.0]);
    all
}

fn largest(kernels: &[f32]) -> f32 {
    kernels.iter().fold(0.0, |most, value| most.max(value.abs()))
}

#[test]
fn a_scan_says_what_the_probes_say() {
    let kernels = kernels();
    let (scanner, workbench) = (Scanner::new(), Workbench::new(SIZE));
    let most = largest(&kernels);
    let found = scanner.values(&kernels, most);
    assert_eq!(found.len(), kernels.len() / 9);
    let mut asked = vec![0; PROBES.len()];
    for (number, (kernel, found)) in kernels.chunks(9).zip(found).enumerate() {
        let kernel: Vec<f64> = kernel.iter().map(|value| f64::from(*value)).collect();
        let alone = workbench.values(&kernel, f64::from(most));
        for (place, (alone, found)) in alone.into_iter().zip(found).enumerate() {
            let id = &PROBES[place].id;
            match (alone, found) {
                (Ok(alone), Some(found)) => {
                    // A code of an ideal kernel has rounding alone under its logarithm.
                    let near = if id == "code-length" { 1e-9 } else { 1e-12 };
                    let apart = (alone - found).abs();
                    assert!(apart < near, "{id} of kernel {number}: {found}, not {alone}");
                    asked[place] += 1;
                }
                (alone, found) => assert_eq!(alone.ok(), found, "{id} of kernel {number}"),
            }
        }
    }
    let asked = PROBES.iter().zip(asked).all(|(probe, asked)| (asked > 0) == probe.is_at(SIZE));
    assert!(asked, "every probe that means something at 3 × 3 is scanned");
}

#[test]
fn a_scan_counts_what_descriptions_say() {
    let kernels = kernels();
    let most = largest(&kernels);
    let scan = Scanner::new().scan(&kernels, most);
    let catalogue = Catalogue::new(SIZE);
    let grid = Grid::of(&[f64::from(most)], 8);
    let mut counts = vec![0; scan.structures().len()];
    for kernel in kernels.chunks(9) {
        let kernel: Vec<f64> = kernel.iter().map(|value| f64::from(*value)).collect();
        let id = catalogue.describe(&kernel, grid).structure.id;
        counts[catalogue.structures().position(|(structure, _)| structure.id == id).unwrap()] += 1;
    }
    let found: Vec<u64> = scan.structures().iter().map(|(_, count)| *count).collect();
    assert_eq!(found, counts);
    assert!(found.iter().filter(|count| **count > 0).count() > 15, "{found:?}");
    assert_eq!(scan.kernels, kernels.len() as u64 / 9);
    assert_eq!((scan.zeros, scan.refused), (1, 0));
    assert!(scan.constant >= 3);
}

#[test]
fn tallies_are_those_of_the_values() {
    let kernels = kernels();
    let most = largest(&kernels);
    let scanner = Scanner::new();
    let values = scanner.values(&kernels, most);
    for (probe, tally) in scanner.scan(&kernels, most).tallies() {
        let place = PROBES.iter().position(|known| known.id == probe.id).unwrap();
        let said: Vec<f64> = values.iter().filter_map(|values| values[place]).collect();
        assert_eq!(tally.count, said.len() as u64, "{}", probe.id);
        assert_eq!(tally.bins.iter().sum::<u64>(), tally.count, "{}", probe.id);
        let mean = said.iter().sum::<f64>() / said.len() as f64;
        assert!((tally.mean().unwrap() - mean).abs() < 1e-12, "{}", probe.id);
        let [low, high] = Scan::range(probe).unwrap();
        let mut bins = [0; BINS];
        for value in said {
            let step = (value - low) * (BINS as f64 / (high - low));
            // To 2⁻⁴⁰ of a step, so that rounding does not decide where a value on a border is counted.
            let step = (step * 2.0_f64.powi(40)).round() / 2.0_f64.powi(40);
            bins[(step as usize).min(BINS - 1)] += 1;
        }
        assert_eq!(tally.bins, bins, "{}", probe.id);
    }
}

#[test]
fn parts_may_be_scanned_and_merged_in_any_order() {
    let kernels = kernels();
    let most = largest(&kernels);
    let scanner = Scanner::new();
    let parts: Vec<Scan> = kernels.chunks(9 * 100).map(|part| scanner.scan(part, most)).collect();
    let merged = |order: &mut dyn Iterator<Item = &Scan>| {
        let mut whole = Scan::new();
        order.for_each(|part| whole.merge(part));
        whole
    };
    let forwards = merged(&mut parts.iter());
    assert_eq!(forwards, merged(&mut parts.iter().rev()));
    let counts =
        |scan: &Scan| scan.structures().iter().map(|(_, count)| *count).collect::<Vec<_>>();
    assert_eq!(counts(&forwards), counts(&scanner.scan(&kernels, most)));
}

#[test]
fn kernels_that_are_not_finite_are_counted_and_left_out() {
    let mut kernels = vec![0.5_f32; 9 * 40];
    kernels[9 * 7 + 3] = f32::NAN;
    kernels[9 * 33] = f32::INFINITY;
    let scan = Scanner::new().scan(&kernels, 0.5);
    assert_eq!((scan.kernels, scan.refused, scan.constant), (40, 2, 38));
    // Constant kernels are not zeros; nothing is left of them without their mean.
    for (probe, tally) in scan.tallies() {
        assert_eq!(tally.count, if probe.unseen.offset && probe.unseen.scale { 0 } else { 38 });
    }
    let zeros = Scanner::new().scan(&[0.0; 9], 0.0);
    assert_eq!((zeros.kernels, zeros.zeros, zeros.constant), (1, 1, 1));
}
