//! What layers are together, and by chance.

use convscope_core::Seed;
use convscope_probe::{
    Chance, DriftError, Flip, Judged, Layer, LayerCard, Level, Nulls, Ranked, Share, Size, drift,
    shift,
};

pub(crate) fn random([outputs, inputs]: [usize; 2], size: Size, seed: u64) -> Layer {
    let mut draws = Seed::root(seed).child("layer").stream();
    let numbers = (0..outputs * inputs * size.count()).map(|_| draws.normal()).collect();
    Layer::new(format!("random {seed}"), [outputs, inputs], size, numbers).unwrap()
}

pub(crate) fn card(layer: &Layer) -> LayerCard {
    LayerCard::new(layer, &Nulls::default())
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
        let (mut sums, nulls) = ([0.0; 4], Nulls::default());
        for seed in 0..12 {
            let card = LayerCard::new(&random(shape, size, seed), &nulls);
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

/// Returns how far percentiles are from even, by Kolmogorov and Smirnov, over what fifty of them and 200 draws that all
/// share have once in some ten thousand.
pub(crate) fn unevenness(mut percentiles: Vec<f64>) -> f64 {
    let count = percentiles.len() as f64;
    percentiles.sort_by(f64::total_cmp);
    let apart = percentiles
        .iter()
        .enumerate()
        .map(|(below, percentile)| (percentile / 100.0 - (below as f64 + 0.5) / count).abs());
    apart.fold(0.0, f64::max) / (2.2 * (1.0 / count + 1.0 / 200.0_f64).sqrt())
}

#[test]
fn percentiles_of_random_layers_are_even() {
    let takes: [fn(&LayerCard) -> &Judged; 5] = [
        |card| &card.variance_entropy,
        |card| &card.clean_variance_entropy,
        |card| &card.orthogonality,
        |card| &card.one_pattern,
        |card| &card.one_row,
    ];
    // Filters of fewer numbers than there are filters, of more, and a single one.
    for (shape, size) in
        [([16, 2], Size::square(2)), ([6, 4], Size::square(3)), ([1, 6], Size::square(3))]
    {
        let nulls = Nulls::default();
        let cards = (0..50).map(|seed| LayerCard::new(&random(shape, size, 500 + seed), &nulls));
        let cards: Vec<LayerCard> = cards.collect();
        for (which, take) in takes.iter().enumerate() {
            let levels: [fn(&Judged) -> &Level; 2] = [|of| &of.gaussian, |of| &of.permuted];
            for (kind, level) in levels.iter().enumerate() {
                let percentile = |card| level(take(card)).percentile.number();
                let percentiles: Vec<f64> = cards.iter().filter_map(percentile).collect();
                if which == 2 && shape[0] == 1 {
                    assert!(percentiles.is_empty(), "one filter has no pairs");
                    continue;
                }
                assert_eq!(percentiles.len(), 50, "{which}");
                let apart = unevenness(percentiles);
                assert!(apart < 1.0, "{shape:?} {which} {kind}: {apart}");
            }
        }
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
    let card = card(&Layer::new("twins", [60, 1], size, numbers).unwrap());
    let [alike, equal] = [&card.duplicates.alike, &card.duplicates.equal];
    assert_eq!((card.duplicates.compared, alike.value.number()), (60, Some(58.0)));
    assert!((18.0..58.0).contains(&equal.value.number().unwrap()), "{:?}", card.duplicates);
    for level in [&alike.gaussian, &alike.permuted, &equal.gaussian, &equal.permuted] {
        assert!(level.percentile.number().unwrap() > 99.0, "{level:?}");
    }
    assert!(card.duplicates.pairs_by_chance < 1.0);
    let one = shapes.kernel([0, 0]).repeat(20);
    let scaled: Vec<f64> = one.iter().enumerate().map(|(at, v)| v * (1 + at / 9) as f64).collect();
    let card = self::card(&Layer::new("one", [20, 1], size, scaled).unwrap());
    assert!(card.variance_entropy.value.number().unwrap() < 1e-9);
    assert!(card.orthogonality.value.number().unwrap() < 1e-12);
    assert!(card.variance_entropy.z().unwrap() < -10.0);
    for judged in [&card.variance_entropy, &card.orthogonality] {
        assert_eq!(judged.gaussian.percentile.number(), Some(0.0));
        assert_eq!(judged.permuted.percentile.number(), Some(0.0));
    }
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
    let card = card(&Layer::new("low rank", [6, 5], size, numbers).unwrap());
    assert!((card.one_pattern.value.number().unwrap() - 1.0).abs() < 1e-12);
    assert!(card.one_row.value.number().unwrap() < 1.0);
    assert!(card.one_pattern.z().unwrap() > 5.0);
    assert!(card.one_pattern.gaussian.percentile.number().unwrap() > 99.99);
    assert!(card.one_pattern.permuted.percentile.number().unwrap() > 99.0);
}

#[test]
fn colours_are_told_apart() {
    let size = Size::square(2);
    let grey = [1.0, 2.0, -1.0, 0.5].repeat(3);
    let red_blue = [[1.0, 0.0, 2.0, 1.0], [0.0; 4], [-1.0, 0.0, -2.0, -1.0]].concat();
    let numbers = [grey, red_blue, vec![0.0; 12]].concat();
    let card = card(&Layer::new("colours", [3, 3], size, numbers).unwrap());
    let colour = card.colour.unwrap();
    let [light, red, green] = &colour.axes;
    let near = |found: Option<f64>, wanted: f64| (found.unwrap() - wanted).abs() < 1e-12;
    for (axis, wanted) in [(light, [1.0, 0.0]), (red, [0.0, 1.0]), (green, [0.0, 0.0])] {
        assert!(near(axis.values[0], wanted[0]) && near(axis.values[1], wanted[1]), "{axis:?}");
    }
    assert_eq!((light.values[2], colour.separability.values[2]), (None, None));
    assert_eq!(light.percentiles(2), [None, None]);
    assert!(
        near(light.mean().value.number(), 0.5)
            && near(light.mean().gaussian.mean.number(), 1.0 / 3.0)
    );
    assert!(near(colour.separability.values[1], 1.0));
    assert!(light.percentiles(0)[0].unwrap() > 99.0 && light.percentiles(1)[0].unwrap() < 1.0);
    // In place of numbers in random places: a third of all are zeros, which makes other shares of them.
    let [_, permuted] = light.percentiles(0);
    assert!(permuted.unwrap() > 90.0, "{permuted:?}");
}

/// The mean percentiles of random layers beside both kinds of chance.
fn mean_percentiles(of: impl Fn(LayerCard) -> Ranked, shape: [usize; 2], size: Size) -> [f64; 2] {
    let nulls = Nulls::default();
    let mut sums = [0.0; 2];
    for seed in 100..112 {
        let ranked = of(LayerCard::new(&random(shape, size, seed), &nulls));
        let count = ranked.values.len() as f64;
        for place in 0..ranked.values.len() {
            for (sum, percentile) in sums.iter_mut().zip(ranked.percentiles(place)) {
                *sum += percentile.unwrap() / count / 12.0;
            }
        }
    }
    sums
}

/// What of a layer is ranked.
type Take = fn(LayerCard) -> Ranked;

#[test]
fn percentiles_of_unrelated_filters_and_inputs_are_even() {
    let size = Size::square(3);
    let all: [(&str, Take); 6] = [
        ("one product", |card| card.one_product.unwrap()),
        ("light", |card| card.colour.unwrap().axes[0].clone()),
        ("one colour", |card| card.colour.unwrap().separability),
        ("size of inputs", |card| card.kse.unwrap().sparsity),
        ("spread of inputs", |card| card.kse.unwrap().entropy),
        ("KSE", |card| card.kse.unwrap().indicator),
    ];
    for (name, of) in all {
        let means = mean_percentiles(of, [24, 3], size);
        // 200 draws that all layers share: three standard errors of theirs, and those of the layers.
        let within = 3.0 * 28.9 * (1.0 / 200.0 + 1.0 / 36.0_f64).sqrt();
        assert!(means.iter().all(|mean| (mean - 50.0).abs() < within), "{name}: {means:?}");
    }
}

#[test]
fn products_are_found_and_are_what_ranks_are_for_a_single_input() {
    let size = Size { rows: 3, columns: 4 };
    let factors = |seed| random([1, 1], Size { rows: 20, columns: 1 }, seed).numbers().to_vec();
    for inputs in [2, 5, 20] {
        let (numbers, down, right) = (factors(70), factors(71), factors(72));
        let filter: Vec<f64> = (0..inputs * 12)
            .map(|at| numbers[at / 12] * down[at % 12 / 4] * right[at % 4])
            .collect();
        let noise = random([1, inputs], size, 73);
        let with = |share: f64| {
            let mixed = filter.iter().zip(noise.numbers()).map(|(a, b)| a + share * b).collect();
            let card = card(&Layer::new("product", [1, inputs], size, mixed).unwrap());
            (card.one_product.unwrap(), card.one_pattern.value.number().unwrap())
        };
        let (clean, pattern) = with(0.0);
        assert!((clean.values[0].unwrap() - 1.0).abs() < 1e-12 && (pattern - 1.0).abs() < 1e-12);
        assert!(clean.percentiles(0)[0].unwrap() > 99.9, "{clean:?}");
        let (noisy, pattern) = with(0.5);
        let found = noisy.values[0].unwrap();
        assert!(found < 1.0 - 1e-3 && found <= pattern + 1e-12, "{inputs}: {found} and {pattern}");
    }
    let alone = random([7, 1], size, 74);
    let found = card(&alone).one_product.unwrap();
    for (kernel, found) in alone.kernels().zip(&found.values) {
        let squares = convscope_probe::singular(kernel, size).values;
        let squares: Vec<f64> = squares.iter().map(|value| value * value).collect();
        let wanted = squares[0] / squares.iter().sum::<f64>();
        assert!((found.unwrap() - wanted).abs() < 1e-9, "{found:?}, not {wanted}");
    }
    let row = random([3, 1], Size { rows: 1, columns: 5 }, 75);
    assert_eq!(card(&row).one_product, Err("every filter of this shape is one product"));
}

#[test]
fn a_product_sees_neither_scale_nor_flips_nor_the_order_of_inputs() {
    let size = Size::square(3);
    let layer = random([4, 6], size, 80);
    let found = |numbers: Vec<f64>| {
        let layer = Layer::new("changed", [4, 6], size, numbers).unwrap();
        card(&layer).one_product.unwrap().values
    };
    let wanted = found(layer.numbers().to_vec());
    let flipped = layer.kernels().flat_map(|k| Flip::QuarterTurn.apply(k, size).unwrap());
    let reversed = (0..24).flat_map(|at| layer.kernel([at / 6, 5 - at % 6]).to_vec());
    for changed in [
        layer.numbers().iter().map(|value| -3.0 * value).collect(),
        flipped.collect(),
        reversed.collect(),
    ] {
        for (a, b) in found(changed).iter().zip(&wanted) {
            assert!((a.unwrap() - b.unwrap()).abs() < 1e-6, "{a:?} and {b:?}");
        }
    }
    let offset = found(layer.numbers().iter().map(|value| value + 0.5).collect());
    assert!(offset.iter().zip(&wanted).any(|(a, b)| (a.unwrap() - b.unwrap()).abs() > 0.01));
}

#[test]
fn inputs_that_are_hardly_used_or_uneven_stand_out() {
    let size = Size::square(3);
    let (outputs, inputs) = (40, 5);
    let mut numbers = random([outputs, inputs], size, 90).numbers().to_vec();
    for output in 0..outputs {
        let kernel =
            |input: usize| (output * inputs + input) * 9..(output * inputs + input + 1) * 9;
        numbers[kernel(1)].iter_mut().for_each(|value| *value *= 0.01);
        // Kernels in a cluster, and one far away.
        let far = if output == 7 { 3.0 } else { 0.05 };
        numbers[kernel(2)].iter_mut().for_each(|value| *value *= far);
        numbers.copy_within(27..36, kernel(3).start);
    }
    let layer = Layer::new("inputs", [outputs, inputs], size, numbers).unwrap();
    let kse = card(&layer).kse.unwrap();
    assert_eq!((kse.compared, kse.indicator.values[1]), (40, Some(0.0)));
    assert!(kse.sparsity.percentiles(1)[0].unwrap() < 1.0);
    assert!(kse.entropy.percentiles(2)[0].unwrap() < 1.0, "{:?}", kse.entropy);
    assert_eq!(kse.entropy.values[3], None, "all kernels are the same");
    assert_eq!((kse.indicator.values[3], kse.indicator.percentiles(3)), (None, [None, None]));
    // A factor on the whole layer changes sizes and nothing else.
    let times = layer.numbers().iter().map(|value| value * 4.0).collect();
    let larger = card(&Layer::new("larger", [outputs, inputs], size, times).unwrap()).kse.unwrap();
    assert_eq!(larger.indicator.values, kse.indicator.values);
    assert_eq!(larger.indicator.percentiles(0), kse.indicator.percentiles(0));
    assert_eq!(larger.sparsity.values[0], kse.sparsity.values[0].map(|s| 4.0 * s));
}

#[test]
fn layers_without_inputs_to_compare_say_so() {
    let why = |shape, seed| card(&random(shape, Size::square(3), seed)).kse.unwrap_err();
    assert!(why([8, 1], 91).contains("one input"));
    assert!(why([2, 4], 92).contains("fewer than three kernels"));
    let zeros = Layer::new("zeros", [8, 4], Size::square(3), vec![0.0; 288]).unwrap();
    assert_eq!(card(&zeros).kse.unwrap_err(), "all kernels are zeros");
    let same = random([1, 1], Size::square(3), 93).numbers().repeat(32);
    let same = Layer::new("same", [8, 4], Size::square(3), same).unwrap();
    assert!(card(&same).kse.unwrap_err().contains("alike"));
}

#[test]
fn nulls_that_are_kept_are_those_that_are_drawn_anew() {
    let (first, layer) = (random([9, 3], Size::square(3), 94), random([9, 3], Size::square(3), 95));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let nulls = Nulls::default();
            LayerCard::new(&first, &nulls);
            LayerCard::new(&layer, &nulls)
        })
    };
    let (kept, anew) = (on(3), card(&layer));
    assert_eq!((&kept.kse, &kept.one_product), (&anew.kse, &anew.one_product));
    assert_eq!((&kept.colour, &kept.one_row), (&anew.colour, &anew.one_row));
    assert_eq!((&kept.duplicates, &kept.sparsity), (&anew.duplicates, &anew.sparsity));
    assert_eq!(on(1).variance_entropy, kept.variance_entropy);
    assert_eq!((on(1).kse, on(1).colour), (kept.kse, kept.colour));
}

#[test]
fn the_spread_of_shares_is_that_of_beta() {
    let share = Share { dimension: 9, whole: 27, from: 0.0, to: 1.0 };
    let mut draws = Seed::root(96).stream();
    let values: Vec<f64> = (0..20_000)
        .map(|_| {
            let squares: Vec<f64> = (0..27).map(|_| draws.normal().powi(2)).collect();
            squares[..9].iter().sum::<f64>() / squares.iter().sum::<f64>()
        })
        .collect();
    let drawn = convscope_core::stats::standard_deviation(&values).unwrap();
    let closed = Chance::Closed(share).deviation().unwrap();
    assert!((drawn / closed - 1.0).abs() < 0.02, "{drawn} beside {closed}");
}

#[test]
fn layers_of_nothing_are_described() {
    for (shape, size) in
        [([1, 1], Size::square(1)), ([2, 3], Size::square(3)), ([1, 4], Size::square(2))]
    {
        let zeros = vec![0.0; shape[0] * shape[1] * size.count()];
        let card = card(&Layer::new("zeros", shape, size, zeros).unwrap());
        let [sparse, zeros] = [&card.sparsity, &card.zeros].map(|of| of.value.number());
        assert_eq!((sparse, zeros, card.duplicates.compared), (Some(1.0), Some(1.0), 0));
        assert_eq!(card.sparsity.permuted.percentile.number(), Some(50.0), "so in all places");
        assert!(card.duplicates.alike.value.reason().is_some());
        assert!(card.variance_entropy.value.reason().is_some());
        assert!(card.orthogonality.value.reason().is_some());
        assert!(card.orthogonality.permuted.percentile.reason().is_some());
    }
}

#[test]
fn drift_is_chance_between_alike_sets_and_more_between_others() {
    let size = Size::square(3);
    let (a, b) = (random([30, 5], size, 60), random([25, 5], size, 61));
    let alike = drift(&[&a], &[&b], 60, Seed::root(1)).unwrap();
    for dealt in [&alike.divergence, &alike.basis] {
        assert!(dealt.p > 0.02 && dealt.z().unwrap().abs() < 4.0, "{alike:?}");
    }
    // Smooth kernels: every number is the mean of its row.
    let rows = |kernel: &[f64]| -> Vec<f64> {
        kernel.chunks(3).flat_map(|row| [row.iter().sum::<f64>(); 3]).collect()
    };
    let smooth: Vec<f64> = b.kernels().flat_map(rows).collect();
    let smooth = Layer::new("smooth", [25, 5], size, smooth).unwrap();
    let apart = drift(&[&a], &[&smooth], 60, Seed::root(1)).unwrap();
    for dealt in [&apart.divergence, &apart.basis] {
        assert!((dealt.p - 1.0 / 61.0).abs() < 1e-12 && dealt.z().unwrap() > 10.0, "{apart:?}");
    }
    let same = drift(&[&a], &[&a], 20, Seed::root(1)).unwrap();
    for dealt in [&same.divergence, &same.basis] {
        assert!(dealt.value.number().unwrap().abs() < 1e-12 && dealt.p > 0.999, "{same:?}");
    }
    let one = drift(&[&a], &[&random([1, 1], size, 62)], 5, Seed::root(1)).unwrap();
    assert_eq!((one.basis.value.reason().is_some(), one.basis.p), (true, 1.0));
    let zeros = Layer::new("zeros", [1, 1], size, vec![0.0; 9]).unwrap();
    assert_eq!(drift(&[&a], &[&zeros], 1, Seed::root(1)), Err(DriftError::Empty("second")));
    let other = random([1, 1], Size::square(5), 1);
    let sizes = DriftError::Sizes(size, Size::square(5));
    assert_eq!(drift(&[&a], &[&other], 1, Seed::root(1)), Err(sizes));
}

#[test]
fn scores_that_move_are_told_from_those_that_do_not() {
    let mut draws = Seed::root(63).stream();
    let mut values =
        |by: f64, count: usize| -> Vec<f64> { (0..count).map(|_| draws.normal() + by).collect() };
    let (a, b, moved) = (values(0.0, 200), values(0.0, 150), values(1.0, 150));
    let alike = shift(&a, &b, 99, Seed::root(2)).unwrap();
    assert!(alike.distance.p > 0.02 && alike.distance.z().unwrap() < 3.5, "{alike:?}");
    let apart = shift(&a, &moved, 99, Seed::root(2)).unwrap();
    assert!((apart.distance.p - 0.01).abs() < 1e-12 && apart.distance.z().unwrap() > 5.0);
    assert_eq!(apart.counts, [200, 150]);
    // Few values that all are one or the other: ties are no distance.
    let shift_of = |a: &[f64], b: &[f64]| shift(a, b, 9, Seed::root(3)).unwrap().distance;
    let tied = shift_of(&[1.0, 1.0, 2.0], &[1.0 + 1e-12, 1.0, 2.0]);
    assert_eq!((tied.value.number(), tied.p), (Some(0.0), 1.0));
    assert_eq!(shift_of(&[1.0, 1.0], &[2.0, 2.0]).value.number(), Some(1.0));
    assert!(shift(&a, &[], 9, Seed::root(3)).is_none());
}
