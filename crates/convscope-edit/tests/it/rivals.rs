//! Pruning, codebooks, denoising, and layers fitted anew.

use std::collections::{BTreeMap, BTreeSet};

use convscope_core::Seed;
use convscope_edit::Edited;
use convscope_engine::{Executor, Level, Samples};
use convscope_model::part;
use convscope_probe::{Size, singular};
use serde_json::json;

use crate::trained::{Model, normed, simple, value};

fn log2_choose(n: usize, k: usize) -> f64 {
    (0..k).map(|i| ((n - i) as f64).log2() - ((i + 1) as f64).log2()).sum()
}

fn within(edited: &Edited, share: f64) {
    let of_free = value(edited, "bits-share");
    assert!(of_free <= share + 1e-9 && of_free > share - 0.1, "{of_free} for {share}");
}

#[test]
fn pruned_kernels_take_the_bits_of_what_is_left_and_where_it_is() {
    let model = simple(5);
    for order in ["magnitude", "predicted-loss"] {
        let edited =
            model.edit("prune-weights", json!({ "bits": 0.4, "order": order, "then": "keep" }));
        let mut bits = 0.0;
        let kernels = part::kernels(&model.net);
        for kernel in &kernels {
            let numbers = &edited.weights[kernel.range.clone()];
            let form = &edited.forms.iter().find(|own| own.range == kernel.range).unwrap().form;
            // A kept weight may round to 0: the mask says which are kept.
            let (_, handling) = edited
                .handling
                .iter()
                .find(|(parameter, _)| {
                    model.net.parameters()[*parameter].range().contains(&kernel.range.start)
                })
                .unwrap();
            let offset = kernel.range.start
                - model.net.tensor(kernel.layer, convscope_model::Role::Weight).unwrap().offset;
            let mask = &handling.mask.as_ref().unwrap()[offset..offset + 25];
            let kept = mask.iter().filter(|kept| **kept).count();
            assert_eq!(form == "free", kept == 25);
            assert!(numbers.iter().zip(mask).all(|(number, kept)| *kept || *number == 0.0));
            bits += log2_choose(25, kept) + 26.0_f64.log2() + 8.0 * kept as f64;
        }
        assert!((bits - value(&edited, "bits")).abs() < 1e-6);
        within(&edited, 0.4);
    }
    // By magnitude no pruned weight of any layer is larger than a kept one, but for the last step.
    let edited = model.edit("prune-weights", json!({ "bits": 0.4 }));
    let (mut pruned, mut kept) = (0.0_f32, f32::INFINITY);
    for kernel in part::kernels(&model.net) {
        for place in kernel.range {
            let size = model.weights[place].abs();
            if edited.weights[place] == 0.0 && size > 0.01 {
                pruned = pruned.max(size);
            } else if edited.weights[place] != 0.0 {
                kept = kept.min(size);
            }
        }
    }
    assert!(pruned <= kept, "{pruned} {kept}");
}

#[test]
fn a_codebook_has_as_many_numbers_as_it_pays_for() {
    let model = simple(5);
    let edited = model.edit("codebook", json!({ "bits": 0.4 }));
    let mut bits = 0.0;
    for own in model.net.parameters().iter().filter(|own| own.dimensions.len() == 4) {
        let levels: BTreeSet<u32> =
            edited.weights[own.range()].iter().map(|weight| weight.to_bits()).collect();
        let form =
            &edited.forms.iter().find(|form| own.range().contains(&form.range.start)).unwrap().form;
        let paid: usize = form.strip_suffix("-levels").unwrap().parse().unwrap();
        assert!(levels.len() <= paid, "{} numbers for {form}", levels.len());
        bits += own.len() as f64 * (paid as f64).log2() + 8.0 * paid as f64;
    }
    assert!((bits - value(&edited, "bits")).abs() < 1e-6);
    within(&edited, 0.4);
    let frozen = model.edit("codebook", json!({ "bits": 0.4, "then": "freeze" }));
    assert_eq!(frozen.handling.len(), 2);
}

fn log2_factorial(n: usize) -> f64 {
    (1..=n).map(|k| (k as f64).log2()).sum()
}

#[test]
fn codebooks_of_any_fit_and_code_pay_for_the_numbers_that_they_have() {
    let model = simple(5);
    for (fit, code) in [("k-means", "entropy"), ("mixture", "even"), ("mixture", "entropy")] {
        for share in [0.5, 0.25] {
            let settings = json!({ "bits": share, "fit": fit, "code": code });
            let edited = model.edit("codebook", settings);
            let mut bits = 0.0;
            for own in model.net.parameters().iter().filter(|own| own.dimensions.len() == 4) {
                let n = own.len();
                let within = |start: usize| own.range().contains(&start);
                let form = edited.forms.iter().find(|own| within(own.range.start)).unwrap();
                if form.form == "free" {
                    bits += 8.0 * n as f64;
                    continue;
                }
                let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
                for weight in &edited.weights[own.range()] {
                    *counts.entry((weight + 0.0).to_bits()).or_insert(0) += 1;
                }
                let levels = counts.len() as f64;
                let arrangements =
                    log2_factorial(n) - counts.values().map(|c| log2_factorial(*c)).sum::<f64>();
                bits += 8.0 * levels
                    + match code {
                        "even" => n as f64 * levels.log2(),
                        _ => arrangements + (levels - 1.0) * ((n + 1) as f64).log2(),
                    };
            }
            assert!((bits - value(&edited, "bits")).abs() < 1e-6, "{fit} {code}");
            within(&edited, share);
        }
    }
    for (key, settings) in [
        ("fit", json!({ "fit": "median", "bits": 0.5, "calibrate": "a" })),
        ("code", json!({ "code": "short", "bits": 0.5, "calibrate": "a" })),
    ] {
        assert_eq!(crate::edit("codebook", settings).err().unwrap().path, [key]);
    }
}

#[test]
fn a_mixture_sets_weights_to_zero_and_to_the_means_of_others() {
    let model = simple(5);
    let settings = json!({ "bits": 0.2, "fit": "mixture", "code": "entropy" });
    let edited = model.edit("codebook", settings);
    let mut zeros = 0;
    for own in model.net.parameters().iter().filter(|own| own.dimensions.len() == 4) {
        let pairs = edited.weights[own.range()].iter().zip(&model.weights[own.range()]);
        // The component at 0 of a layer may end without weights; not those of all layers.
        zeros += pairs.clone().filter(|(after, _)| **after == 0.0).count();
        let mut means: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        pairs.for_each(|(after, before)| {
            means.entry(after.to_bits()).or_default().push(f64::from(*before));
        });
        // Components overlap: each number is near the mean of the weights that it stands for, not at it.
        let largest = model.weights[own.range()].iter().fold(0.0_f32, |most, w| most.max(w.abs()));
        for (level, weights) in means {
            let mean = weights.iter().sum::<f64>() / weights.len() as f64;
            let off = (f64::from(f32::from_bits(level)) - mean).abs();
            assert!(off < 0.2 * f64::from(largest), "{level}: {off} from {mean}");
        }
    }
    assert!(zeros > 0, "no weight is 0");
}

#[test]
fn kernels_of_lower_rank_have_it_and_smoothed_ones_fewer_numbers() {
    let model = simple(5);
    let edited = model.edit("denoise", json!({ "bits": 0.6 }));
    let mut bits = 0.0;
    for kernel in part::kernels(&model.net) {
        let numbers: Vec<f64> =
            edited.weights[kernel.range.clone()].iter().map(|w| f64::from(*w)).collect();
        let form = &edited.forms.iter().find(|own| own.range == kernel.range).unwrap().form;
        let rank = form.strip_prefix("rank-").map_or(5, |rank| rank.parse().unwrap());
        let values = singular(&numbers, Size::square(5)).values;
        assert!(values.get(rank).is_none_or(|next| *next <= 1e-6 * values[0]), "{values:?} {form}");
        let places = if rank == 5 { 0.0 } else { log2_choose(5, rank) };
        bits += 5.0_f64.log2() + places + 8.0 * (rank * (10 - rank)) as f64;
    }
    assert!((bits - value(&edited, "bits")).abs() < 1e-6);
    within(&edited, 0.6);
    let flat = model.edit("denoise", json!({ "bits": 0.5, "by": "total-variation" }));
    within(&flat, 0.5);
    let blurred = model.edit("denoise", json!({ "by": "blur", "sigma": 0.6 }));
    assert!((value(&blurred, "kernels-snapped") - value(&blurred, "kernels")).abs() < 0.5);
    let budget = json!({ "by": "blur", "sigma": 0.6, "budget": 0.05 });
    let careful = model.edit("denoise", budget);
    assert!(
        value(&careful, "calibration-loss") <= value(&careful, "calibration-loss-before") + 0.05
    );
    for (settings, key) in [
        (json!({ "by": "blur", "bits": 0.5, "calibrate": "a" }), "bits"),
        (json!({ "by": "low-rank" }), "bits"),
        (json!({ "by": "blur", "sigma": 0.0 }), "sigma"),
        (json!({ "by": "blur", "then": "keep" }), "then"),
    ] {
        assert_eq!(crate::edit("denoise", settings).err().unwrap().path, [key]);
    }
}

#[test]
fn rivals_are_the_same_bits_on_any_number_of_threads() {
    let model = simple(5);
    for (id, more) in [
        ("prune-weights", json!({})),
        ("codebook", json!({})),
        ("codebook", json!({ "fit": "mixture", "code": "entropy" })),
        ("denoise", json!({})),
    ] {
        let mut settings = json!({ "bits": 0.5, "rounds": 2 });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let [one, two] = [1, 2].map(|threads| model.try_edit(id, &settings, threads));
        assert_eq!(one.unwrap(), two.unwrap(), "{id}");
    }
}

/// Returns the mean squared difference of what a layer leaves, from what it left.
fn error(model: &Model, edited: &[f32], layer: usize) -> f64 {
    let samples = Samples { pixels: model.images.pixels(), labels: &[] };
    let mut executor = Executor::new(&model.net, 32, Level::detect());
    let mut of = |weights: &[f32]| {
        let mut all = Vec::new();
        executor.capture(weights, samples, layer, |_, values| all.extend_from_slice(values));
        all
    };
    let (before, after) = (of(&model.weights), of(edited));
    let squares = before.iter().zip(&after).map(|(a, b)| f64::from(a - b).powi(2));
    squares.sum::<f64>() / before.len() as f64
}

#[test]
fn a_refit_brings_the_next_layers_back_to_what_they_left() {
    for (model, layer) in [(simple(5), "conv2"), (normed(), "conv2"), (simple(5), "fc")] {
        let place = model.net.layers().iter().position(|own| own.name == layer).unwrap();
        let on = if layer == "fc" { "conv2.weight" } else { "conv1.weight" };
        let snap = |bits: f64, refit: bool| {
            let settings =
                json!({ "bits": bits, "choose": "least-loss", "on": [on], "refit": refit });
            model.edit("snap", settings)
        };
        let mut fitted_at = 0;
        for bits in [0.1, 0.2, 0.3, 0.4] {
            let (plain, fitted) = (snap(bits, false), snap(bits, true));
            assert!(value(&fitted, "calibration-loss") <= value(&plain, "calibration-loss"));
            // A fit that does not lower the loss is not kept.
            if plain.weights == fitted.weights {
                continue;
            }
            fitted_at += 1;
            let [before, after] = [&plain, &fitted].map(|own| error(model, &own.weights, place));
            assert!(after < 0.9 * before, "{layer} at {bits}: {after} after {before}");
            // Only the next layer is another.
            for own in model.net.parameters() {
                let same = plain.weights[own.range()] == fitted.weights[own.range()];
                let follows = model.net.layers()[own.layer].name == layer;
                assert_eq!(same, !follows, "{}", own.name);
            }
        }
        assert!(fitted_at > 0, "{layer} is never fitted anew");
    }
}

#[test]
fn curvature_is_that_of_single_images_and_tells_costly_steps_from_cheap_ones() {
    let model = simple(5);
    let calibration = model.calibration(2);
    let kernels: Vec<_> = model
        .net
        .parameters()
        .iter()
        .filter(|own| own.dimensions.len() == 4)
        .flat_map(|own| own.range().step_by(25).map(|first| first..first + 25))
        .collect();
    let curvature = calibration.curvature(&model.net, &model.weights, kernels.clone());
    let samples = Samples { pixels: model.images.pixels(), labels: model.images.labels() };
    let mut executor = Executor::new(&model.net, 1, Level::detect());
    let mut gradients = vec![vec![0.0; model.net.parameter_count()]; 60];
    for (image, own) in gradients.iter_mut().enumerate() {
        executor.gradients(&model.weights, samples, &[image as u32], Seed::root(1), own);
    }
    let (mut predicted, mut measured) = (Vec::new(), Vec::new());
    for kernel in &kernels {
        // All numbers of the kernel become their mean.
        let own = &model.weights[kernel.clone()];
        let mean = own.iter().sum::<f32>() / 25.0;
        let steps: Vec<f64> = own.iter().map(|weight| f64::from(mean - weight)).collect();
        let along = |g: &Vec<f32>| {
            let own = g[kernel.clone()].iter().zip(&steps);
            own.map(|(g, step)| f64::from(*g) * step).sum::<f64>().powi(2)
        };
        let wanted = gradients.iter().map(along).sum::<f64>() / 120.0;
        let change = curvature.change(kernel.start, &steps);
        assert!((change - wanted).abs() <= 1e-4 * wanted.abs() + 1e-12, "{change} {wanted}");
        let mut snapped = model.weights.clone();
        snapped[kernel.clone()].fill(mean);
        predicted.push(change);
        measured.push(model.loss(&snapped) - model.loss(&model.weights));
    }
    let concordant = |sign: f64| {
        let pairs = (0..kernels.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let agreement = |(a, b): (usize, usize)| {
            sign * (predicted[a] - predicted[b]) * (measured[a] - measured[b])
        };
        pairs.filter(|pair| agreement(*pair) > 0.0).count()
    };
    assert!(concordant(1.0) > 2 * concordant(-1.0), "{predicted:?} {measured:?}");
}
