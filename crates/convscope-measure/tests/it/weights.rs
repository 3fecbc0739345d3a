//! Whole networks in one order, and layers of weights beside chance.

use convscope_core::Seed;
use convscope_measure::chance::{deviation_of_largest, mean_of_largest, share_below};
use convscope_measure::filters::{
    FILTER_MEASURES, Filters, Flip, Modulo, Motion, layer_distances, nearest, random_nearest, twin,
};
use convscope_measure::matching::{Matching, TensorAxis, TensorPair, match_units, match_weights};
use convscope_measure::{Pair, Prepared};

use crate::{normal, prepared};

/// Axis lengths of the tensors of a net with a residual stream: two inputs, a stream of 6, hidden 9,
/// images of 2 × 2 flattened at the end; orders 0 (stream), 1 (hidden).
const TENSORS: &[&[(usize, Option<usize>)]] = &[
    &[(6, Some(0)), (2, None), (9, None)],
    &[(6, Some(0))],
    &[(9, Some(1)), (6, Some(0)), (9, None)],
    &[(6, Some(0)), (9, Some(1)), (9, None)],
    &[(5, None), (24, Some(0))],
    &[(5, None)],
];
const MEMBERS: [usize; 2] = [6, 9];

type Numbers = Vec<Vec<f32>>;

fn draw(seed: &str) -> Numbers {
    let mut draws = Seed::root(11).child(seed).stream();
    let count = |axes: &[(usize, Option<usize>)]| axes.iter().map(|axis| axis.0).product();
    TENSORS
        .iter()
        .map(|axes| (0..count(axes)).map(|_| draws.normal() as f32).collect::<Vec<_>>())
        .collect()
}

/// Reorders by the definition, one entry after another.
fn reordered(numbers: &Numbers, places: &[Vec<usize>]) -> Numbers {
    let one = |(axes, numbers): (&&[(usize, Option<usize>)], &Vec<f32>)| -> Vec<f32> {
        let from = |mut index: usize| {
            let (mut source, mut stride) = (0, 1);
            for (length, order) in axes.iter().rev() {
                let own = index % length;
                index /= length;
                let own = order.map_or(own, |order| {
                    let block = length / places[order].len();
                    places[order][own / block] * block + own % block
                });
                source += own * stride;
                stride *= length;
            }
            source
        };
        (0..numbers.len()).map(|index| numbers[from(index)]).collect()
    };
    TENSORS.iter().zip(numbers).map(one).collect()
}

fn matched(a: &Numbers, b: &Numbers, starts: usize) -> Matching {
    let axes = |axes: &[(usize, Option<usize>)]| {
        axes.iter().map(|&(length, order)| TensorAxis { length, order }).collect()
    };
    let tensors: Vec<TensorPair<'_>> = TENSORS
        .iter()
        .zip(a.iter().zip(b))
        .map(|(all, (a, b))| TensorPair { a, b, axes: axes(all) })
        .collect();
    match_weights(&MEMBERS, &tensors, starts, Seed::root(12))
}

fn distance(a: &Numbers, b: &Numbers) -> f64 {
    let apart = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).powi(2);
    a.iter().flatten().zip(b.iter().flatten()).map(apart).sum::<f64>().sqrt()
}

fn shuffled(seed: u64) -> Vec<Vec<usize>> {
    MEMBERS
        .iter()
        .enumerate()
        .map(|(order, members)| {
            let mut places: Vec<usize> = (0..*members).collect();
            Seed::root(seed).nth(order as u64).stream().shuffle(&mut places);
            places
        })
        .collect()
}

#[test]
fn a_reordered_network_is_put_back_exactly() {
    let a = draw("a");
    for seed in 0..5 {
        let planted = shuffled(seed);
        let b = reordered(&a, &planted);
        let matching = matched(&a, &b, 2);
        assert_eq!(reordered(&b, &matching.places), a);
        assert_eq!(matching.runs[matching.best].end().to_bits(), 0.0_f64.to_bits());
        for (found, planted) in matching.places.iter().zip(&planted) {
            let back: Vec<usize> = found.iter().map(|place| planted[*place]).collect();
            assert_eq!(back, (0..found.len()).collect::<Vec<_>>());
        }
    }
}

#[test]
fn noise_does_not_hide_the_order() {
    let (a, noise) = (draw("a"), draw("noise"));
    let near: Numbers = a
        .iter()
        .zip(&noise)
        .map(|(a, noise)| a.iter().zip(noise).map(|(a, noise)| a + 0.5 * noise).collect())
        .collect();
    let planted = shuffled(3);
    let matching = matched(&a, &reordered(&near, &planted), 3);
    assert_eq!(reordered(&reordered(&near, &planted), &matching.places), near);
}

#[test]
fn distances_fall_and_are_what_they_say() {
    let (a, b) = (draw("a"), draw("b"));
    let matching = matched(&a, &b, 4);
    for (start, run) in matching.runs.iter().enumerate() {
        assert_eq!(run.from_as_it_is, start == 0);
        assert!(run.distances.windows(2).all(|pair| pair[1] <= pair[0]), "{:?}", run.distances);
        assert!(run.end() >= matching.runs[matching.best].end());
    }
    assert!((matching.runs[0].distances[0] - distance(&a, &b)).abs() < 1e-9);
    let end = distance(&a, &reordered(&b, &matching.places));
    assert!((matching.runs[matching.best].end() - end).abs() < 1e-9);
    assert!(end < distance(&a, &b));
    assert_eq!(matching, matched(&a, &b, 4), "the same seed gives the same matching");
}

#[test]
fn no_exchange_of_one_order_would_be_better() {
    let (a, b) = (draw("a"), draw("b"));
    let matching = matched(&a, &b, 1);
    let end = distance(&a, &reordered(&b, &matching.places));
    for order in 0..MEMBERS.len() {
        for (i, j) in (0..MEMBERS[order]).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let mut places = matching.places.clone();
            places[order].swap(i, j);
            assert!(distance(&a, &reordered(&b, &places)) >= end - 1e-9);
        }
    }
}

#[test]
fn units_are_matched_by_what_they_do_in_all_layers_of_an_order() {
    let (x, y) = (normal("x", 40, 5), normal("y", 40, 5));
    let order = [3, 0, 4, 1, 2];
    let moved = |m: &faer::Mat<f64>| faer::Mat::from_fn(40, 5, |i, j| 2.0 * m[(i, order[j])] + 1.0);
    let (a, b): (Vec<Prepared>, Vec<Prepared>) =
        [&x, &y].map(|m| (prepared(m), prepared(&moved(m)))).into_iter().unzip();
    let pairs: Vec<Pair<'_>> = a.iter().zip(&b).map(|(a, b)| Pair::new(a, b).unwrap()).collect();
    let places = match_units(&pairs);
    for (unit, place) in places.iter().enumerate() {
        assert_eq!(order[*place], unit);
    }
}

/// Every order of n things.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let place = |shorter: Vec<usize>| {
        (0..n).map(move |at| {
            let mut longer = shorter.clone();
            longer.insert(at, n - 1);
            longer
        })
    };
    orders(n - 1).into_iter().flat_map(place).collect()
}

#[test]
fn the_chance_level_is_that_over_all_orders_of_the_filters() {
    let draw = |seed: &str| -> Vec<f32> {
        let mut draws = Seed::root(13).child(seed).stream();
        (0..18).map(|_| 0.5 + draws.normal() as f32).collect()
    };
    let (a, b) = (draw("a"), draw("b"));
    let distances = layer_distances(&a, &b, 6);
    let all = orders(6);
    assert_eq!(all.len(), 720);
    let of = |order: &Vec<usize>| {
        let b: Vec<f32> = order.iter().flat_map(|i| b[3 * i..3 * i + 3].to_vec()).collect();
        layer_distances(&a, &b, 6)
    };
    let judged = [(&distances.cosine, "cosine"), (&distances.pearson, "pearson")];
    for (judged, name) in judged {
        let values: Vec<f64> = all
            .iter()
            .map(|order| {
                let of = of(order);
                let one = if name == "cosine" { of.cosine } else { of.pearson };
                one.value.number().unwrap()
            })
            .collect();
        let mean = values.iter().sum::<f64>() / 720.0;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 720.0).sqrt();
        assert!((judged.chance.number().unwrap() - mean).abs() < 1e-12, "{name}");
        assert!((judged.deviation.number().unwrap() - deviation).abs() < 1e-12, "{name}");
        let z = (judged.value.number().unwrap() - mean) / deviation;
        assert!((judged.z.number().unwrap() - z).abs() < 1e-9, "{name}");
    }
    let squares: Vec<f64> =
        all.iter().map(|order| of(order).frobenius.value.number().unwrap().powi(2)).collect();
    let chance = (squares.iter().sum::<f64>() / 720.0).sqrt();
    assert!((distances.frobenius.chance.number().unwrap() - chance).abs() < 1e-12);
    let apart = distances.frobenius.z.number().unwrap() - distances.cosine.z.number().unwrap();
    assert!(apart.abs() < 1e-9, "one product, one z");
}

#[test]
fn the_same_layer_is_far_above_chance_and_an_unrelated_one_is_not() {
    let draw = |seed: &str| -> Vec<f32> {
        let mut draws = Seed::root(14).child(seed).stream();
        (0..16 * 75).map(|_| draws.normal() as f32).collect()
    };
    let (a, b) = (draw("a"), draw("b"));
    let same = layer_distances(&a, &a, 16);
    assert_eq!(same.frobenius.value.number(), Some(0.0));
    assert!((same.cosine.value.number().unwrap() - 1.0).abs() < 1e-12);
    assert!((same.nearest.value.number().unwrap() - 1.0).abs() < 1e-12);
    // Of n filters like no other, perfect agreement has a z of n − 1.
    let z = same.cosine.z.number().unwrap();
    assert!((12.0..15.5).contains(&z), "{z}");
    let other = layer_distances(&a, &b, 16);
    for judged in [&other.frobenius, &other.cosine, &other.pearson, &other.nearest] {
        assert!(judged.z.number().unwrap().abs() < 3.5, "{judged:?}");
    }
    assert!((other.frobenius.chance.number().unwrap() - 2.0_f64.sqrt()).abs() < 0.05);
}

#[test]
fn what_has_no_value_says_why() {
    let zeros = layer_distances(&[0.0; 4], &[0.0; 4], 2);
    assert!(zeros.frobenius.value.reason().unwrap().contains("zeros"));
    assert!(zeros.cosine.value.reason().unwrap().contains("no direction"));
    let flat = layer_distances(&[1.0; 4], &[1.0; 4], 2);
    assert_eq!(flat.frobenius.value.number(), Some(0.0));
    assert!(flat.cosine.z.reason().unwrap().contains("every order"));
    assert!(flat.pearson.value.reason().unwrap().contains("equal weights"));
    let single = layer_distances(&[1.0, 2.0], &[2.0, 1.0], 1);
    assert!(single.cosine.z.reason().unwrap().contains("single filter"));
    assert!(layer_distances(&[1.0, 2.0], &[2.0, 1.0], 2).nearest.value.reason().is_some());
}

#[test]
fn the_largest_of_many_varies_as_drawn() {
    for (d, m) in [(9, 1), (9, 20), (75, 16)] {
        let mut draws = Seed::root(15).nth(d as u64).nth(m as u64).stream();
        let mut cosine = || {
            let mut sums = [0.0; 3];
            for _ in 0..d {
                let (x, y) = (draws.normal(), draws.normal());
                sums = [sums[0] + x * y, sums[1] + x * x, sums[2] + y * y];
            }
            (sums[0] / (sums[1] * sums[2]).sqrt()).abs()
        };
        let largest: Vec<f64> =
            (0..2000).map(|_| (0..m).map(|_| cosine()).fold(0.0, f64::max)).collect();
        let mean = largest.iter().sum::<f64>() / 2000.0;
        let deviation = (largest.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2000.0).sqrt();
        assert!((mean - mean_of_largest(d, m)).abs() < 5.0 * deviation / 2000.0_f64.sqrt());
        assert!((deviation / deviation_of_largest(d, m) - 1.0).abs() < 0.1, "{d}, {m}");
        let below = largest.iter().filter(|x| **x < mean).count() as f64 / 2000.0;
        let expected = share_below(d, mean).powi(m as i32);
        assert!((below - expected).abs() < 0.06, "{below} and {expected}");
    }
}

fn random(seed: &str, count: usize, channels: usize, side: usize) -> Filters {
    let mut draws = Seed::root(16).child(seed).stream();
    let weights: Vec<f64> = (0..count * channels * side * side).map(|_| draws.normal()).collect();
    Filters::from_f64(&weights, channels, side).unwrap()
}

const ALL: Modulo = Modulo { sign: true, scale: true, flips: true, shift: 1 };

#[test]
fn twins_by_products_are_those_of_single_pairs() {
    let (a, b) = (random("a", 4, 2, 3), random("b", 5, 2, 3));
    let cosine = FILTER_MEASURES.iter().find(|measure| measure.id == "cosine").unwrap();
    for modulo in [ALL, Modulo::default(), Modulo { sign: true, ..Modulo::default() }] {
        for found in nearest(modulo, &a, &[0, 1, 2, 3], &b).unwrap() {
            let value = |j| twin(cosine, modulo, &a, found.first, &b, j).value.number().unwrap();
            let best = (0..5).map(value).fold(f64::NEG_INFINITY, f64::max);
            assert!((found.twin.value.number().unwrap() - best).abs() < 1e-12);
            let moved = twin(cosine, modulo, &a, found.first, &b, found.second.unwrap());
            assert_eq!(moved.motion, found.twin.motion);
        }
    }
    assert!(nearest(ALL, &a, &[0], &random("c", 2, 1, 3)).is_err());
}

#[test]
fn moved_filters_are_found_with_their_motion() {
    let a = random("a", 6, 3, 5);
    let motions = [
        Motion { negated: true, ..Motion::NONE },
        Motion { flip: Flip::Quarter, ..Motion::NONE },
        Motion { negated: true, flip: Flip::LeftRight, shift: [0, 0] },
        Motion { flip: Flip::AntiTranspose, ..Motion::NONE },
        Motion::NONE,
        Motion { flip: Flip::Half, ..Motion::NONE },
    ];
    // The copies stand in another order; a motion of each brings it back onto the original.
    let back = |motion: Motion| match motion.flip {
        Flip::Quarter => Motion { flip: Flip::ThreeQuarters, ..motion },
        _ => motion,
    };
    let weights: Vec<f64> = (0..6).rev().flat_map(|i| motions[i].apply(a.filter(i), 5)).collect();
    let b = Filters::from_f64(&weights, 3, 5).unwrap();
    let rows: Vec<usize> = (0..6).collect();
    let found = nearest(ALL, &a, &rows, &b).unwrap();
    for one in &found {
        assert_eq!(one.second, Some(5 - one.first));
        assert_eq!(one.twin.motion, back(motions[one.first]));
        assert!((one.twin.value.number().unwrap() - 1.0).abs() < 1e-12);
    }
    let judged = random_nearest(ALL, &found, [6, 3, 5], Seed::root(1)).unwrap();
    assert!(judged.z.number().unwrap() > 10.0, "{judged:?}");
    let unrelated = nearest(ALL, &a, &rows, &random("b", 6, 3, 5)).unwrap();
    let judged = random_nearest(ALL, &unrelated, [6, 3, 5], Seed::root(1)).unwrap();
    assert!(judged.z.number().unwrap().abs() < 3.5, "{judged:?}");
}
