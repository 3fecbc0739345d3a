//! What each probe sees, and what it does not.

use convscope_core::Seed;
use convscope_probe::{Absent, Flip, Layer, PROBES, Probe, Size, Workbench};

/// Draws a kernel; two of three are nearly mirrored, or nearly negated by a mirror.
fn kernel(size: Size, number: u64) -> Vec<f64> {
    let mut draws = Seed::root(11).child("kernels").nth(number).stream();
    let drawn: Vec<f64> = (0..size.count()).map(|_| draws.normal()).collect();
    let sign = [0.0, 0.99, -0.99][number as usize % 3];
    let mirrored = Flip::LeftRight.apply(&drawn, size).unwrap();
    drawn.iter().zip(mirrored).map(|(value, mirrored)| value + sign * mirrored).collect()
}

/// The largest number of the layer that kernels of these tests stand in.
const LARGEST: f64 = 12.0;

/// Returns by how much something that is done to kernels moves the value of a probe at most.
fn most_moved((workbench, probe): (&Workbench, usize), done: impl Fn(&[f64]) -> Vec<f64>) -> f64 {
    let moved = (0..12).map(|number| {
        let kernel = kernel(workbench.size(), number);
        let [before, after] =
            [&kernel, &done(&kernel)].map(|k| workbench.value(probe, k, LARGEST).unwrap());
        (after - before).abs()
    });
    moved.fold(0.0, f64::max)
}

fn hold(probe: &Probe, moved: f64, unseen: bool, what: &str) {
    // A fit is led to its best by steps, which rounding sends other ways.
    let same = if probe.id == "gabor" { 1e-6 } else { 1e-10 };
    if unseen {
        assert!(moved < same, "{} sees {what}: {moved}", probe.id);
    } else {
        assert!(moved > 1e-3, "{} does not see {what}: {moved}", probe.id);
    }
}

#[test]
fn probes_are_blind_to_what_they_declare_and_to_nothing_else() {
    for (rows, columns) in [(3, 3), (4, 4), (5, 5), (3, 5), (6, 4)] {
        let size = Size { rows, columns };
        let workbench = Workbench::new(size);
        for (place, probe) in PROBES.iter().enumerate().filter(|(_, probe)| probe.is_at(size)) {
            let at = (&workbench, place);
            let scaled = most_moved(at, |k| k.iter().map(|value| value * 0.37).collect());
            hold(probe, scaled, probe.unseen.scale, "scale");
            let negated = most_moved(at, |k| k.iter().map(|value| -value).collect());
            hold(probe, negated, probe.unseen.sign, "sign");
            let lifted = most_moved(at, |k| k.iter().map(|value| value + 1.3).collect());
            hold(probe, lifted, probe.unseen.offset, "an offset");
            for flip in Flip::ALL.into_iter().filter(|flip| flip.fits(size)) {
                let flipped = most_moved(at, |k| flip.apply(k, size).unwrap());
                hold(probe, flipped, probe.unseen.flips.contain(flip), flip.id());
            }
        }
    }
}

#[test]
fn values_lie_within_their_range() {
    for (rows, columns) in [(1, 1), (1, 7), (2, 2), (2, 3), (3, 3), (5, 5), (7, 7)] {
        let size = Size { rows, columns };
        let workbench = Workbench::new(size);
        for number in 0..10 {
            for (probe, value) in
                PROBES.iter().zip(workbench.values(&kernel(size, number), LARGEST))
            {
                let [low, high] = probe.range;
                let fits = |value: f64| (low..=high).contains(&value);
                assert!(value.map_or(!probe.is_at(size), fits), "{} at {size}", probe.id);
            }
        }
    }
}

#[test]
fn parts_add_up_to_the_whole() {
    for k in 2..=7 {
        let size = Size::square(k);
        let workbench = Workbench::new(size);
        let values = workbench.values(&kernel(size, 3), LARGEST);
        let of = |prefix: &str| -> f64 {
            let those =
                PROBES.iter().zip(&values).filter(|(probe, _)| probe.id.starts_with(prefix));
            those.filter_map(|(_, value)| value.ok()).sum()
        };
        assert!((of("part-") - 1.0).abs() < 1e-12, "at {k}");
        for mirror in ["left-right", "up-down", "diagonal", "antidiagonal"] {
            let (same, opposed) = (format!("in-mirror-{mirror}"), format!("in-opposed-{mirror}"));
            let value = |id: &str| values[PROBES.iter().position(|probe| probe.id == id).unwrap()];
            let [same, opposed] = [value(&same).unwrap(), value(&opposed).unwrap()];
            let score = value(&format!("score-{mirror}")).unwrap();
            assert!((same + opposed - 1.0).abs() < 1e-12, "{mirror} at {k}");
            assert!((score - (2.0 * same - 1.0)).abs() < 1e-12, "{mirror} at {k}");
        }
    }
}

#[test]
fn of_kernels_without_anything_a_reason_is_given() {
    let constant = |size: Size| vec![0.25; size.count()];
    for (rows, columns) in [(1, 1), (1, 3), (3, 1), (2, 2), (3, 3), (5, 5), (7, 7)] {
        let size = Size { rows, columns };
        let workbench = Workbench::new(size);
        let zeros = workbench.values(&vec![0.0; size.count()], 1.0);
        let flat = workbench.values(&constant(size), 1.0);
        for (probe, (zero, flat)) in PROBES.iter().zip(zeros.into_iter().zip(flat)) {
            let said = |value: f64| value.is_finite();
            assert!(zero.map_or(true, said) && flat.map_or(true, said), "{}", probe.id);
            if probe.is_at(size) && probe.group != "information" {
                assert_eq!(zero, Err(Absent::Zero), "{} at {size}", probe.id);
                let centred = probe.unseen.offset;
                assert_eq!(flat.is_err(), centred, "{} at {size}", probe.id);
            }
            if !probe.is_at(size) {
                assert_eq!((zero, flat), (Err(Absent::Size), Err(Absent::Size)));
            }
        }
        let layer = Layer::new("zeros", [2, 1], size, vec![0.0; 2 * size.count()]).unwrap();
        for card in workbench.read(&layer).cards() {
            assert!(card.scores.iter().all(|scored| {
                let numbers = [&scored.value, &scored.gaussian, &scored.permuted];
                numbers.iter().all(|value| value.number().is_none_or(f64::is_finite))
            }));
            assert!(card.description.energy > 1.0 - 1e-12);
        }
    }
}

#[test]
fn sizes_of_numbers_do_not_matter() {
    let size = Size::square(3);
    let workbench = Workbench::new(size);
    let kernel = kernel(size, 5);
    let usual = workbench.values(&kernel, LARGEST);
    for scale in [1e-300, 1e-30, 1e30, 1e300] {
        let scaled: Vec<f64> = kernel.iter().map(|value| value * scale).collect();
        let values = workbench.values(&scaled, LARGEST * scale);
        for (probe, (usual, value)) in PROBES.iter().zip(usual.iter().zip(values)) {
            let same = match (usual, value) {
                (Ok(usual), Ok(value)) => (usual - value).abs() < 1e-9,
                (usual, value) => *usual == value,
            };
            assert!(same, "{} at {scale}: {usual:?} {value:?}", probe.id);
        }
    }
}

#[test]
fn known_kernels_are_known() {
    let size = Size::square(3);
    let workbench = Workbench::new(size);
    let named = |numbers: [f64; 9]| {
        let details = workbench.details(&numbers);
        let found = details.operator.unwrap();
        assert!((found.cosine - 1.0).abs() < 1e-12);
        (found.operator.id, found.flip, found.negated, details)
    };
    let (id, flip, negated, _) = named([1.0, 1.0, 1.0, 1.0, -8.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!((id, flip, negated), ("laplacian-8", Flip::None, true));
    // An edge that rises downwards, on a mean.
    let (id, _, _, details) = named([4.0, 3.0, 4.0, 5.0, 5.0, 5.0, 6.0, 7.0, 6.0]);
    assert_eq!((id, details.edge_direction), ("sobel", Some(90.0)));
    // An upright line: curved most to the right.
    let (id, _, _, details) = named([-1.0, 2.0, -1.0, -1.0, 2.0, -1.0, -1.0, 2.0, -1.0]);
    assert_eq!(id, "line");
    assert!(details.line_direction.unwrap().abs() < 1e-9);
}

#[test]
fn directions_are_found_wherever_they_point() {
    for (rows, columns) in [(3, 3), (5, 5), (6, 6), (5, 7)] {
        let size = Size { rows, columns };
        let workbench = Workbench::new(size);
        let middle = [(rows - 1) as f64 / 2.0, (columns - 1) as f64 / 2.0];
        for degrees in [-170.0, -90.0, -31.0, 0.0, 17.0, 45.0, 122.0, 180.0_f64] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let variance = (rows.max(columns) as f64 / 4.0).powi(2);
            let along = |place: usize| {
                let down = (place / columns) as f64 - middle[0];
                let right = (place % columns) as f64 - middle[1];
                let bell = (-(down * down + right * right) / (2.0 * variance)).exp();
                (down * sin + right * cos, bell)
            };
            let slope = (0..size.count()).map(along).map(|(along, bell)| along * bell + 0.3);
            let found = workbench.details(&slope.collect::<Vec<_>>()).edge_direction.unwrap();
            assert!(
                (found - degrees).rem_euclid(360.0).min((degrees - found).rem_euclid(360.0)) < 1e-9
            );
            let curve = (0..size.count())
                .map(along)
                .map(|(along, bell)| (along * along / variance - 1.0) * bell);
            let found = workbench.details(&curve.collect::<Vec<_>>()).line_direction.unwrap();
            let apart = (found - degrees).rem_euclid(180.0);
            assert!(apart.min(180.0 - apart) < 1e-9, "{degrees} at {size}: {found}");
        }
    }
}

#[test]
fn numbers_that_make_no_layer_are_refused_with_their_place() {
    let size = Size { rows: 2, columns: 3 };
    let mut numbers = vec![0.5; 24];
    numbers[6 * 3 + 4] = f64::INFINITY;
    let error = Layer::new("conv2", [2, 2], size, numbers).unwrap_err().to_string();
    assert!(
        error.contains("`conv2`")
            && error.contains("output 1 and input 1 holds inf at row 1, column 1")
    );
    let error = Layer::new("conv2", [2, 2], size, vec![0.0; 23]).unwrap_err().to_string();
    assert!(error.contains("wanted 24") && error.contains("got 23"), "{error}");
    let error = Layer::new("conv2", [0, 2], size, Vec::new()).unwrap_err().to_string();
    assert!(error.contains("no numbers"), "{error}");
}
