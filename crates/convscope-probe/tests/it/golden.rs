//! Agreement with `NumPy` and `SciPy`, in `golden/probes.json`.

use std::collections::BTreeMap;

use convscope_core::{Seed, Value};
use convscope_probe::{
    Chance, Flip, Layer, LayerCard, Level, Nulls, PROBES, Share, Size, Workbench, drift, shift,
};
use serde_json::Value as Json;

fn golden() -> Json {
    serde_json::from_str(include_str!("../../../../golden/probes.json")).unwrap()
}

/// Draws numbers by the formula that the file states.
fn draw(seed: u32, count: usize) -> Vec<f64> {
    let mut state = seed;
    let mut part = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1_u32 << 24)
    };
    (0..count).map(|_| (0..4).fold(0.0, |sum, _| sum + part()) - 2.0).collect()
}

/// Makes a kernel of a case: random, nearly mirrored, or nearly of identical columns.
fn kernel(size: Size, seed: u32, number: usize) -> Vec<f64> {
    let drawn = draw(seed, 3 * size.count());
    let third = &drawn[number * size.count()..(number + 1) * size.count()];
    match number {
        0 => third.to_vec(),
        1 => {
            let mirrored = Flip::LeftRight.apply(third, size).unwrap();
            third.iter().zip(mirrored).map(|(value, mirrored)| value + 0.98 * mirrored).collect()
        }
        _ => {
            let first = |place: usize| third[place / size.columns * size.columns];
            third.iter().enumerate().map(|(at, value)| 0.02 * value + first(at)).collect()
        }
    }
}

fn size(case: &Json) -> Size {
    let side = |name: &str| usize::try_from(case[name].as_u64().unwrap()).unwrap();
    Size { rows: side("rows"), columns: side("columns") }
}

fn numbers(list: &Json) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn close(found: f64, wanted: f64, what: &str) {
    assert!((found - wanted).abs() < 1e-9 * wanted.abs().max(1.0), "{what}: {found}, not {wanted}");
}

#[test]
fn every_probe_agrees_with_its_definition() {
    let golden = golden();
    let largest = golden["largest"].as_f64().unwrap();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for case in golden["cases"].as_array().unwrap() {
        let (size, seed) = (size(case), case["seed"].as_u64().unwrap() as u32);
        let number = case["kernel"].as_u64().unwrap() as usize;
        let kernel = kernel(size, seed, number);
        let workbench = Workbench::new(size);
        for (probe, value) in PROBES.iter().zip(workbench.values(&kernel, largest)) {
            let what = format!("{} of kernel {number}, seed {seed}, at {size}", probe.id);
            let wanted = case["values"].get(&probe.id).map(|value| value.as_f64().unwrap());
            match (value, wanted) {
                (Ok(found), Some(wanted)) => close(found, wanted, &what),
                (Ok(_), None) => assert_eq!(probe.id, "gabor", "{what} has a value"),
                (Err(absent), wanted) => assert!(wanted.is_none(), "{what}: {absent:?}"),
            }
            *seen.entry(&probe.id).or_default() += usize::from(wanted.is_some());
        }
    }
    let without = PROBES.iter().filter(|probe| seen[probe.id.as_str()] == 0);
    assert_eq!(without.map(|probe| probe.id.as_str()).collect::<Vec<_>>(), ["gabor"]);
}

#[test]
fn planted_waves_are_found() {
    let golden = golden();
    for case in golden["gabor"].as_array().unwrap() {
        let size = size(case);
        let found = Workbench::new(size).details(&numbers(&case["kernel"])).gabor.unwrap();
        let wanted = |name: &str| case[name].as_f64().unwrap();
        close(found.fit, wanted("fit"), &format!("fit at {size}"));
        let turned = (found.direction - wanted("direction")).rem_euclid(180.0);
        assert!(turned.min(180.0 - turned) < 1e-3, "{size}: {found:?}");
        for (found, name) in [
            (found.wavelength, "wavelength"),
            (found.deviation, "deviation"),
            (found.aspect, "aspect"),
        ] {
            assert!((found - wanted(name)).abs() < 1e-4, "{name} at {size}: {found}");
        }
    }
}

#[test]
fn layers_agree_with_their_definitions() {
    let golden = golden();
    for case in golden["layers"].as_array().unwrap() {
        let weights = draw(case["seed"].as_u64().unwrap() as u32, 6 * 27);
        let layer = Layer::new("conv1", [6, 3], Size::square(3), weights).unwrap();
        let card = LayerCard::new(&layer, &Nulls::default());
        let number = |value: &Value| value.number().unwrap();
        for (found, name) in [
            (number(&card.variance_entropy.value), "variance-entropy"),
            (number(&card.normalised_entropy.value), "normalised-entropy"),
            (number(&card.orthogonality.value), "orthogonality"),
            (number(&card.one_pattern.value), "one-pattern"),
            (number(&card.one_row.value), "one-row"),
        ] {
            close(found, case[name].as_f64().unwrap(), name);
        }
        for (found, wanted) in card.components.shares.iter().zip(numbers(&case["shares"])) {
            close(*found, wanted, "a share of variance");
        }
        let colour = card.colour.unwrap();
        for (output, wanted) in case["axes"].as_array().unwrap().iter().enumerate() {
            for (axis, wanted) in colour.axes.iter().zip(numbers(wanted)) {
                close(axis.values[output].unwrap(), wanted, "an axis of colour");
            }
        }
        let wanted = numbers(&case["colour-separability"]);
        each_close(&colour.separability.values, &wanted, "one colour");
    }
}

/// Draws a layer of a case, by its `seed` and `shape`.
fn layer(case: &Json) -> Layer {
    let shape: Vec<usize> = numbers(&case["shape"]).iter().map(|side| *side as usize).collect();
    let weights = draw(case["seed"].as_u64().unwrap() as u32, shape.iter().product());
    let size = Size { rows: shape[2], columns: shape[3] };
    Layer::new("conv", [shape[0], shape[1]], size, weights).unwrap()
}

fn each_close(found: &[Option<f64>], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (found, wanted) in found.iter().zip(wanted) {
        close(found.unwrap(), *wanted, what);
    }
}

#[test]
fn layers_stand_among_their_own_numbers_in_random_places() {
    for case in golden()["permuted"].as_array().unwrap() {
        let plain = layer(case);
        let (cut, power) = (case["cut"].as_f64().unwrap(), case["power"].as_i64().unwrap());
        let change = |x: &f64| if x.abs() < cut { 0.0 } else { x.powi(power as i32) + 0.1 };
        let changed = plain.numbers().iter().map(change).collect();
        let shape = [plain.outputs(), plain.inputs()];
        let layer = Layer::new("permuted", shape, plain.size(), changed).unwrap();
        let card = LayerCard::new(&layer, &Nulls::default());
        for (judged, name) in [
            (&card.variance_entropy, "variance-entropy"),
            (&card.orthogonality, "orthogonality"),
            (&card.one_pattern, "one-pattern"),
            (&card.one_row, "one-row"),
            (&card.sparsity, "sparsity"),
            (&card.duplicates.alike, "alike"),
            (&card.duplicates.equal, "equal"),
            (&card.duplicates.pairs, "pairs"),
        ] {
            let Some(wanted) = case["found"].get(name) else { continue };
            let wanted = |what: &str| wanted[what].as_f64().unwrap();
            close(judged.value.number().unwrap(), wanted("value"), name);
            let Level { mean, deviation, percentile } = &judged.permuted;
            let [mean, deviation, percentile] =
                [mean, deviation, percentile].map(|value| value.number().unwrap());
            let what = format!("{name} of {shape:?}");
            // Four standard errors of 200 draws and of the file's; two where as few as 28 layers were drawn.
            let spread = wanted("deviation");
            let uncertain = (spread.powi(2) + deviation.powi(2))
                / 200.0_f64.min(case["draws"].as_f64().unwrap());
            let apart = mean - wanted("mean");
            assert!(apart.abs() < 4.0 * uncertain.sqrt() + 1e-12, "{what}: {mean}, {apart} apart");
            assert!(
                (deviation - spread).abs() < 0.25 * spread + 1e-12,
                "{what}: {deviation}, not {spread}"
            );
            let apart = percentile - wanted("percentile");
            assert!(apart.abs() < 15.0, "{what}: beyond {percentile}, not {}", percentile - apart);
        }
    }
}

#[test]
fn inputs_agree_with_their_definition() {
    for case in golden()["inputs"].as_array().unwrap() {
        let kse = LayerCard::new(&layer(case), &Nulls::default()).kse.unwrap();
        for (found, name) in
            [(&kse.sparsity, "sparsity"), (&kse.entropy, "entropy"), (&kse.indicator, "indicator")]
        {
            each_close(&found.values, &numbers(&case[name]), name);
        }
    }
}

#[test]
fn products_reach_the_best_of_many_random_starts() {
    for case in golden()["products"].as_array().unwrap() {
        let card = LayerCard::new(&layer(case), &Nulls::default());
        let wanted = numbers(&case["energies"]);
        each_close(&card.one_product.unwrap().values, &wanted, "one product");
    }
}

#[test]
fn drifts_agree_with_their_definitions() {
    for case in golden()["drifts"].as_array().unwrap() {
        let size = size(case);
        let sets = [0, 1].map(|which| {
            let at = |name: &str| case[name][which].as_u64().unwrap();
            let count = at("counts") as usize;
            let mut kernels = draw(at("seeds") as u32, count * size.count());
            if which == 1 {
                for kernel in kernels.chunks_exact_mut(size.count()) {
                    let before = kernel.to_vec();
                    kernel[1..].iter_mut().zip(before).for_each(|(value, b)| *value += 0.6 * b);
                }
            }
            Layer::new("set", [count, 1], size, kernels).unwrap()
        });
        let found = drift(&[&sets[0]], &[&sets[1]], 20, Seed::root(1)).unwrap();
        let wanted = |name: &str| case[name].as_f64().unwrap();
        close(found.divergence.value.number().unwrap(), wanted("divergence"), "divergence");
        close(found.basis.value.number().unwrap(), wanted("turned"), "basis");
        let sizes = sets.each_ref().map(|layer| {
            let of = |kernel: &[f64]| kernel.iter().map(|value| value.abs()).sum();
            layer.kernels().map(of).collect::<Vec<f64>>()
        });
        let moved = shift(&sizes[0], &sizes[1], 20, Seed::root(1)).unwrap();
        close(moved.distance.value.number().unwrap(), wanted("moved"), "moved");
    }
}

#[test]
fn closed_forms_have_the_quantiles_of_scipy() {
    let golden = golden();
    for case in golden["nulls"].as_array().unwrap() {
        let whole = |name: &str| case[name].as_u64().unwrap() as usize;
        let (dimension, whole) = (whole("dimension"), whole("whole"));
        let chance = Chance::Closed(Share { dimension, whole, from: 0.0, to: 1.0 });
        close(chance.deviation().unwrap(), case["deviation"].as_f64().unwrap(), "a deviation");
        let quantiles = numbers(&case["quantiles"]);
        for (share, wanted) in [0.05, 0.5, 0.95, 0.999].into_iter().zip(quantiles) {
            close(chance.quantile(share), wanted, "a quantile");
            close(chance.share_below(wanted), share, "a share");
        }
    }
}
