//! Filters up to symmetry, and layers of them beside each other.

use convscope_core::Seed;
use convscope_measure::filters::{
    FILTER_MEASURES, FilterMeasure, Filters, Flip, Modulo, Motion, align_layers, twin,
};
use convscope_measure::{Pair, ordered_correlations};

use crate::{normal, prepared};

fn filter_measure(id: &str) -> &'static FilterMeasure {
    FILTER_MEASURES.iter().find(|measure| measure.id == id).unwrap()
}

fn random(seed: &str, count: usize, channels: usize, side: usize) -> Filters {
    let mut draws = Seed::root(8).child(seed).stream();
    let weights: Vec<f64> = (0..count * channels * side * side).map(|_| draws.normal()).collect();
    Filters::from_f64(&weights, channels, side).unwrap()
}

fn changed(filters: &Filters, change: impl Fn(&[f64]) -> Vec<f64>) -> Filters {
    let weights: Vec<f64> = (0..filters.count()).flat_map(|i| change(filters.filter(i))).collect();
    Filters::from_f64(&weights, filters.channels(), filters.side()).unwrap()
}

fn value(measure: &FilterMeasure, modulo: Modulo, a: &Filters, b: &Filters) -> f64 {
    twin(measure, modulo, a, 0, b, 0).value.number().unwrap()
}

/// Something done to the weights of a filter.
type Change = fn(&[f64]) -> Vec<f64>;

#[test]
fn flips_are_the_group_of_the_square() {
    let kernel: Vec<f64> = (0..9).map(f64::from).collect();
    let flip = |flip: Flip, weights: &[f64]| Motion { flip, ..Motion::NONE }.apply(weights, 3);
    let all: Vec<Vec<f64>> = Flip::ALL.iter().map(|f| flip(*f, &kernel)).collect();
    for (i, one) in all.iter().enumerate() {
        assert!(all[i + 1..].iter().all(|other| other != one), "{:?} twice", Flip::ALL[i]);
        // Two motions of the group make a third.
        for second in Flip::ALL {
            assert!(all.contains(&flip(second, one)));
        }
    }
    let left_turn = [2.0, 5.0, 8.0, 1.0, 4.0, 7.0, 0.0, 3.0, 6.0];
    assert_eq!(flip(Flip::Quarter, &kernel), left_turn, "numpy: rot90(arange(9).reshape(3, 3))");
    assert_eq!(flip(Flip::Transpose, &kernel)[..2], [0.0, 3.0]);
}

#[test]
fn a_shift_moves_down_and_right_and_loses_the_border() {
    let motion = Motion { shift: [1, -1], ..Motion::NONE };
    let moved = motion.apply(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], 3);
    assert_eq!(moved, [0.0, 0.0, 0.0, 2.0, 3.0, 0.0, 5.0, 6.0, 0.0]);
}

#[test]
fn measures_are_blind_to_what_they_declare_and_to_nothing_else() {
    let (a, b) = (random("a", 1, 2, 3), random("b", 1, 2, 3));
    let changes: [(&str, Change); 3] = [
        ("sign", |w| w.iter().map(|x| -x).collect()),
        ("scale", |w| w.iter().map(|x| 2.5 * x).collect()),
        ("offset", |w| w.iter().map(|x| x + 0.7).collect()),
    ];
    for measure in FILTER_MEASURES {
        let blind = measure.blind_to;
        let plain = value(measure, Modulo::default(), &a, &b);
        let own = value(measure, Modulo::default(), &a, &a);
        let symmetric = value(measure, Modulo::default(), &b, &a);
        assert!((plain - symmetric).abs() < 1e-14, "{}", measure.id);
        let perfect = if measure.id == "frobenius" { 0.0 } else { 1.0 };
        assert!((own - perfect).abs() < 1e-14, "{}: {own}", measure.id);
        for ((name, change), declared) in
            changes.iter().zip([blind.sign, blind.scale, blind.offset])
        {
            let other = value(measure, Modulo::default(), &changed(&a, change), &b);
            assert_eq!((other - plain).abs() < 1e-12, declared, "{} and {name}", measure.id);
        }
    }
}

#[test]
fn what_does_not_count_is_not_seen_and_is_seen_otherwise() {
    let a = random("a", 1, 2, 5);
    // Nothing at the border, so that a shift loses nothing.
    let a = changed(&a, |w| {
        let inside = |i: usize| (1..4).contains(&(i % 25 / 5)) && (1..4).contains(&(i % 5));
        w.iter().enumerate().map(|(i, x)| if inside(i) { *x } else { 0.0 }).collect()
    });
    let motion = Motion { negated: true, flip: Flip::Quarter, shift: [1, -1] };
    let moved = changed(&a, |w| motion.apply(w, 5).iter().map(|x| 3.0 * x).collect());
    let all = Modulo { sign: true, scale: true, flips: true, shift: 1 };
    let without =
        [Modulo { sign: false, ..all }, Modulo { flips: false, ..all }, Modulo { shift: 0, ..all }];
    for id in ["cosine", "frobenius"] {
        let measure = filter_measure(id);
        let perfect = if id == "cosine" { 1.0 } else { 0.0 };
        assert!((value(measure, all, &a, &moved) - perfect).abs() < 1e-7, "{id}");
        for modulo in without {
            assert!((value(measure, modulo, &a, &moved) - perfect).abs() > 0.05, "{id} {modulo:?}");
        }
    }
    let unscaled = Modulo { scale: false, ..all };
    assert!(value(filter_measure("frobenius"), unscaled, &a, &moved) > 0.5);
    let found = twin(filter_measure("cosine"), all, &moved, 0, &a, 0).motion;
    assert_eq!(found, motion, "the motion that brings the second filter onto the first");
}

#[test]
fn a_reordered_layer_is_found_again() {
    let a = random("a", 12, 3, 3);
    let order: Vec<usize> = (0..12).map(|i| (5 * i + 2) % 12).collect();
    let weights: Vec<f64> = order.iter().flat_map(|i| a.filter(*i).to_vec()).collect();
    let b = Filters::from_f64(&weights, 3, 3).unwrap();
    for measure in FILTER_MEASURES {
        let alignment = align_layers(measure, Modulo::default(), &a, &b).unwrap();
        for pair in &alignment.partners {
            assert_eq!(order[pair.second], pair.first, "{}", measure.id);
        }
        assert!(alignment.distance < 1e-12, "{}", measure.id);
    }
    let unlike =
        align_layers(filter_measure("cosine"), Modulo::default(), &a, &random("c", 4, 1, 3));
    assert!(unlike.unwrap_err().to_string().contains("cannot be matched"));
}

#[test]
fn filters_without_a_partner_count_in_the_distance() {
    let (a, b) = (random("a", 3, 1, 3), random("b", 5, 1, 3));
    let frobenius = filter_measure("frobenius");
    let alignment = align_layers(frobenius, Modulo::default(), &a, &b).unwrap();
    assert_eq!(alignment.partners.len(), 3);
    let matched: f64 =
        alignment.partners.iter().map(|p| p.twin.value.number().unwrap().powi(2)).sum();
    let alone: f64 = (0..5)
        .filter(|j| alignment.partners.iter().all(|p| p.second != *j))
        .map(|j| b.filter(j).iter().map(|w| w * w).sum::<f64>())
        .sum();
    assert!((alignment.distance.powi(2) - matched - alone).abs() < 1e-12);
}

#[test]
fn zero_and_constant_filters_have_no_direction_and_spoil_no_matching() {
    let mut weights = random("a", 3, 1, 2).filter(0).to_vec();
    weights.extend([0.0; 4]);
    weights.extend([0.5; 4]);
    let a = Filters::from_f64(&weights, 1, 2).unwrap();
    let cosine = twin(filter_measure("cosine"), Modulo::default(), &a, 0, &a, 1);
    assert_eq!(cosine.value.reason(), Some("a filter of zeros has no direction"));
    let pearson = twin(filter_measure("pearson"), Modulo::default(), &a, 0, &a, 2);
    assert_eq!(pearson.value.reason(), Some("a filter of equal weights has no correlation"));
    let alignment = align_layers(filter_measure("cosine"), Modulo::default(), &a, &a).unwrap();
    assert!((alignment.mean.number().unwrap() - 1.0).abs() < 1e-14);
    assert!(Filters::from_f64(&[1.0, f64::NAN, 0.0, 1.0], 1, 2).is_err());
    assert!(Filters::from_f64(&[1.0; 7], 1, 2).is_err());
}

#[test]
fn partners_stand_on_the_diagonal_and_a_greedy_choice_would_be_worse() {
    let (x, y) = (normal("x", 30, 6), normal("y", 30, 8));
    let (x, y) = (prepared(&x), prepared(&y));
    let ordered = ordered_correlations(Pair::new(&x, &y).unwrap());
    let diagonal: Vec<f64> = (0..6).map(|i| ordered.correlations[(i, i)]).collect();
    assert!(diagonal.windows(2).all(|pair| pair[0] >= pair[1]));
    let mut columns = ordered.columns.clone();
    columns.sort_unstable();
    assert_eq!(columns, (0..8).collect::<Vec<_>>());
    let (mut rows_left, mut columns_left): (Vec<usize>, Vec<usize>) =
        ((0..6).collect(), (0..8).collect());
    let mut greedy = 0.0;
    while !rows_left.is_empty() {
        let pairs = rows_left.iter().flat_map(|i| columns_left.iter().map(move |j| (*i, *j)));
        let best = pairs
            .max_by(|a, b| ordered.correlations[*a].total_cmp(&ordered.correlations[*b]))
            .unwrap();
        greedy += ordered.correlations[best];
        rows_left.retain(|i| *i != best.0);
        columns_left.retain(|j| *j != best.1);
    }
    assert!(diagonal.iter().sum::<f64>() > greedy + 1e-6, "{diagonal:?} and {greedy}");
}
