//! Whole layers among their own numbers in random places.

use convscope_core::Seed;
use convscope_probe::{Judged, Layer, LayerCard, Nulls, Size};

use crate::layers::{card, random, unevenness};

/// What of a layer is judged.
type Take = fn(&LayerCard) -> &Judged;

const ALL: [(&str, Take); 8] = [
    ("variance entropy", |card| &card.variance_entropy),
    ("orthogonality", |card| &card.orthogonality),
    ("one pattern", |card| &card.one_pattern),
    ("one row", |card| &card.one_row),
    ("sparsity", |card| &card.sparsity),
    ("alike", |card| &card.duplicates.alike),
    ("equal", |card| &card.duplicates.equal),
    ("pairs", |card| &card.duplicates.pairs),
];

fn permuted(of: &Judged) -> f64 {
    of.permuted.percentile.number().unwrap_or_else(|| panic!("{of:?}"))
}

/// Draws a layer of 20 × 8 kernels of 2 × 2 whose numbers are often near 0, far from it at times, and rather positive.
fn uneven(seed: u64) -> Layer {
    let plain = random([20, 8], Size::square(2), seed);
    let change = |value: &f64| if value.abs() < 0.6 { 0.001 * value } else { value.powi(3) + 0.5 };
    let numbers = plain.numbers().iter().map(change).collect();
    Layer::new("uneven", [20, 8], Size::square(2), numbers).unwrap()
}

#[test]
fn percentiles_of_layers_without_structure_are_even() {
    let nulls = Nulls::default();
    let cards: Vec<LayerCard> =
        (900..950).map(|seed| LayerCard::new(&uneven(seed), &nulls)).collect();
    for (number, (name, take)) in ALL.iter().enumerate() {
        let percentiles: Vec<f64> = cards.iter().map(|card| permuted(take(card))).collect();
        if number < 4 {
            let apart = unevenness(percentiles);
            assert!(apart < 1.0, "{name}: {apart}");
            continue;
        }
        // Counts take few values, of which half counts: less spread, the same mean.
        let mean = percentiles.iter().sum::<f64>() / 50.0;
        assert!((mean - 50.0).abs() < 4.0 * 28.9 / 50.0_f64.sqrt(), "{name}: {percentiles:?}");
        let beyond = percentiles.iter().filter(|percentile| **percentile > 95.0).count();
        assert!(beyond <= 9, "{name}: {beyond} of 50 beyond 95");
    }
}

#[test]
fn planted_structure_stands_out_among_the_same_numbers() {
    let size = Size::square(3);
    let beyond = |layer: Layer, takes: &[(&str, Take)]| {
        let card = card(&layer);
        for (name, take) in takes {
            let judged = take(&card);
            assert!(permuted(judged) > 99.0, "{name}: {judged:?}");
        }
    };
    let make = |numbers| Layer::new("planted", [20, 6], size, numbers).unwrap();
    // Every other kernel is next to nothing.
    let mut numbers = random([20, 6], size, 41).numbers().to_vec();
    numbers.chunks_exact_mut(18).flat_map(|two| &mut two[..9]).for_each(|value| *value *= 1e-4);
    beyond(make(numbers.clone()), &[ALL[4]]);
    // The same numbers elsewhere.
    let mut sum = 0.0;
    for number in 0..8 {
        Seed::root(42).nth(number).stream().shuffle(&mut numbers);
        sum += permuted(&card(&make(numbers.clone())).sparsity);
    }
    assert!((20.0..80.0).contains(&(sum / 8.0)), "{sum}");
    // A kernel that stands in three places, once negated.
    let mut numbers = random([20, 6], size, 43).numbers().to_vec();
    numbers.copy_within(9..18, 90);
    for place in 0..9 {
        numbers[450 + place] = -numbers[9 + place];
    }
    beyond(make(numbers), &ALL[5..]);
    // One pattern, or one row, for a filter.
    let (kernels, factors) = (random([20, 1], size, 44), random([20, 6], Size::square(1), 45));
    let noise = random([20, 6], size, 46);
    let pattern = |at: usize| {
        factors.numbers()[at / 9] * kernels.kernel([at / 54, 0])[at % 9] + 0.3 * noise.numbers()[at]
    };
    beyond(make((0..1080).map(pattern).collect()), &[ALL[2]]);
    let (lines, by_row) = (random([20, 1], size, 47), random([20, 18], Size::square(1), 48));
    let row = |at: usize| {
        let line = lines.kernel([at / 54, 0])[at % 3];
        by_row.numbers()[at / 3] * line + 0.3 * noise.numbers()[at]
    };
    beyond(make((0..1080).map(row).collect()), &[ALL[3]]);
    // Few shapes, and filters near each other.
    let near = |at: usize| kernels.numbers()[at % 18] + 0.5 * noise.numbers()[at];
    let few = card(&make((0..1080).map(near).collect()));
    for (name, take) in &ALL[..2] {
        assert!(permuted(take(&few)) < 1.0, "{name}: {:?}", take(&few));
    }
}

#[test]
fn kernels_of_two_values_repeat_each_other_no_more_than_these_values_do() {
    let signs = |value: &f64| value.signum();
    let plain = random([15, 4], Size::square(3), 49);
    let numbers = plain.numbers().iter().map(signs).collect();
    let card = card(&Layer::new("binary", [15, 4], Size::square(3), numbers).unwrap());
    let alike = &card.duplicates.alike;
    assert!(alike.gaussian.percentile.number().unwrap() > 99.0, "{alike:?}");
    assert!((2.0..98.0).contains(&permuted(alike)), "{alike:?}");
    assert_eq!(alike.value, card.duplicates.equal.value, "all are of one length");
}

#[test]
fn the_scale_of_a_layer_changes_no_percentile() {
    let layer = uneven(960);
    let other = layer.numbers().iter().map(|value| -8.0 * value).collect();
    let other = card(&Layer::new("larger", [20, 8], Size::square(2), other).unwrap());
    let own = card(&layer);
    for (name, take) in ALL {
        let [own, other] = [&own, &other].map(take);
        let near = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-9;
        assert!(near(own.value.number(), other.value.number()), "{name}");
        assert!(near(own.permuted.mean.number(), other.permuted.mean.number()), "{name}");
        assert_eq!(own.permuted.percentile, other.permuted.percentile, "{name}");
    }
}

#[test]
fn what_has_no_chance_level_says_why() {
    let card = card(&uneven(961));
    for level in [&card.zeros.gaussian, &card.zeros.permuted] {
        assert!(level.percentile.reason().unwrap().contains("numbers"), "{level:?}");
    }
    assert!(card.normalised_entropy.value.reason().unwrap().contains("3 × 3"));
    let square = self::card(&random([9, 5], Size::square(3), 50));
    let [entropy, over] = [&square.variance_entropy, &square.normalised_entropy];
    assert_eq!(entropy.permuted.percentile, over.permuted.percentile);
    let share = |of: &Judged| of.permuted.mean.number().unwrap() / of.value.number().unwrap();
    assert!((share(entropy) - share(over)).abs() < 1e-12);
}

#[test]
fn repeats_are_not_told_where_nearly_all_own_numbers_are_zeros() {
    let (shape, size) = ([200, 200], Size { rows: 1, columns: 2 });
    let mut numbers = vec![0.0; 80_000];
    let drawn = random([1, 1000], size, 51);
    for (kernel, pair) in drawn.numbers().chunks_exact(2).enumerate() {
        numbers[kernel * 80..kernel * 80 + 2].copy_from_slice(pair);
    }
    let card = card(&Layer::new("empty", shape, size, numbers).unwrap());
    assert_eq!(card.duplicates.compared, 1000);
    let alike = &card.duplicates.alike;
    assert!(alike.permuted.percentile.reason().unwrap().contains("zeros"), "{alike:?}");
    assert!(alike.gaussian.percentile.number().is_some());
}
