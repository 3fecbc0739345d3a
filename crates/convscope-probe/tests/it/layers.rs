//! What layers are together, and by chance.

use convscope_core::Seed;
use convscope_probe::{DriftError, Flip, Layer, LayerCard, Size, drift};

fn random([outputs, inputs]: [usize; 2], size: Size, seed: u64) -> Layer {
    let mut draws = Seed::root(seed).child("layer").stream();
    let numbers = (0..outputs * inputs * size.count()).map(|_| draws.normal()).collect();
    Layer::new(format!("random {seed}"), [outputs, inputs], size, numbers).unwrap()
}

#[test]
fn random_layers_are_what_chance_says() {
    for (shape, size) in [
        ([16, 8], Size::square(3)),
        ([8, 3], Size::square(5)),
        ([40, 2], Size::square(2)),
        ([5, 1], Size::square(7)),
        ([12, 4], Size { rows: 1, columns: 3 }),
    ] {
        let mut sums = [0.0; 4];
        for seed in 0..12 {
            let card = LayerCard::new(&random(shape, size, seed));
            let of =
                [&card.variance_entropy, &card.orthogonality, &card.one_pattern, &card.one_row];
            for (sum, judged) in sums.iter_mut().zip(of) {
                *sum += judged.z().unwrap_or(0.0);
            }
        }
        // Means of twelve: four standard errors, and those of the draws themselves.
        assert!(sums.iter().all(|sum| (sum / 12.0).abs() < 1.4), "{shape:?} {size}: {sums:?}");
    }
}

#[test]
fn few_shapes_have_little_variance_entropy_and_many_duplicates() {
    let size = Size::square(3);
    let shapes = random([1, 2], size, 40);
    let mut draws = Seed::root(41).stream();
    let numbers: Vec<f64> = (0..60)
        .flat_map(|number| {
            let flip = Flip::ALL[draws.below(8) as usize];
            let sign = if draws.below(2) == 0 { 1.0 } else { -1.0 };
            let scale = sign * if number % 3 == 0 { 1.0 } else { draws.uniform_in(0.2, 5.0) };
            let kernel = flip.apply(shapes.kernel([0, number % 2]), size).unwrap();
            kernel.into_iter().map(move |value| scale * value)
        })
        .collect();
    let card = LayerCard::new(&Layer::new("twins", [60, 1], size, numbers).unwrap());
    assert_eq!((card.duplicates.compared, card.duplicates.alike), (60, 58));
    assert!((18..58).contains(&card.duplicates.equal), "{:?}", card.duplicates);
    assert!(card.duplicates.pairs_by_chance < 1.0);
    let one = shapes.kernel([0, 0]).repeat(20);
    let scaled: Vec<f64> = one.iter().enumerate().map(|(at, v)| v * (1 + at / 9) as f64).collect();
    let card = LayerCard::new(&Layer::new("one", [20, 1], size, scaled).unwrap());
    assert!(card.variance_entropy.value.number().unwrap() < 1e-9);
    assert!(card.orthogonality.value.number().unwrap() < 1e-12);
    assert!(card.variance_entropy.z().unwrap() < -10.0);
}

#[test]
fn filters_of_one_pattern_are_found() {
    let size = Size::square(3);
    let (patterns, factors) = (random([6, 1], size, 50), random([6, 5], Size::square(1), 51));
    let numbers: Vec<f64> = (0..30)
        .flat_map(|kernel| {
            let factor = factors.numbers()[kernel];
            patterns.kernel([kernel / 5, 0]).iter().map(move |value| factor * value)
        })
        .collect();
    let card = LayerCard::new(&Layer::new("low rank", [6, 5], size, numbers).unwrap());
    assert!((card.one_pattern.value.number().unwrap() - 1.0).abs() < 1e-12);
    assert!(card.one_row.value.number().unwrap() < 1.0);
    assert!(card.one_pattern.z().unwrap() > 5.0);
}

#[test]
fn colours_are_told_apart() {
    let size = Size::square(2);
    let grey = [1.0, 2.0, -1.0, 0.5].repeat(3);
    let red_blue = [[1.0, 0.0, 2.0, 1.0], [0.0; 4], [-1.0, 0.0, -2.0, -1.0]].concat();
    let numbers = [grey, red_blue, vec![0.0; 12]].concat();
    let card = LayerCard::new(&Layer::new("colours", [3, 3], size, numbers).unwrap());
    let colour = card.colour.unwrap();
    let near = |found: Option<[f64; 3]>, wanted: [f64; 3]| {
        found.unwrap().iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12)
    };
    assert!(near(colour.axes[0], [1.0, 0.0, 0.0]) && near(colour.axes[1], [0.0, 1.0, 0.0]));
    assert_eq!((colour.axes[2], colour.separability[2]), (None, None));
    assert!(near(colour.mean_axes, [0.5, 0.5, 0.0]));
    assert!((colour.separability[1].unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn layers_of_nothing_are_described() {
    for (shape, size) in
        [([1, 1], Size::square(1)), ([2, 3], Size::square(3)), ([1, 4], Size::square(2))]
    {
        let zeros = vec![0.0; shape[0] * shape[1] * size.count()];
        let card = LayerCard::new(&Layer::new("zeros", shape, size, zeros).unwrap());
        assert_eq!((card.sparsity, card.zeros, card.duplicates.compared), (1.0, 1.0, 0));
        assert!(card.variance_entropy.value.reason().is_some());
        assert!(card.orthogonality.value.reason().is_some());
    }
}

#[test]
fn drift_is_chance_between_alike_sets_and_more_between_others() {
    let size = Size::square(3);
    let (a, b) = (random([30, 5], size, 60), random([25, 5], size, 61));
    let alike = drift(&[&a], &[&b], 60, Seed::root(1)).unwrap();
    assert!(alike.p > 0.02, "{alike:?}");
    assert!(alike.divergence.z().unwrap().abs() < 4.0, "{alike:?}");
    // Smooth kernels: every number is the mean of its row.
    let rows = |kernel: &[f64]| -> Vec<f64> {
        kernel.chunks(3).flat_map(|row| [row.iter().sum::<f64>(); 3]).collect()
    };
    let smooth: Vec<f64> = b.kernels().flat_map(rows).collect();
    let smooth = Layer::new("smooth", [25, 5], size, smooth).unwrap();
    let apart = drift(&[&a], &[&smooth], 60, Seed::root(1)).unwrap();
    assert!((apart.p - 1.0 / 61.0).abs() < 1e-12 && apart.divergence.z().unwrap() > 10.0);
    let zeros = Layer::new("zeros", [1, 1], size, vec![0.0; 9]).unwrap();
    assert_eq!(drift(&[&a], &[&zeros], 1, Seed::root(1)), Err(DriftError::Empty("second")));
    let other = random([1, 1], Size::square(5), 1);
    let sizes = DriftError::Sizes(size, Size::square(5));
    assert_eq!(drift(&[&a], &[&other], 1, Seed::root(1)), Err(sizes));
}
