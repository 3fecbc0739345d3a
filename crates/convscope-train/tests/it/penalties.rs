//! Penalties: their slopes are those of their values, and they do what they say.

use convscope_core::registry::find;
use convscope_core::{Seed, Shape};
use convscope_model::layer::Conv;
use convscope_model::{Layer, Net, Op};
use convscope_probe::{Catalogue, Grid, Size};
use convscope_train::{Handling, REGULARIZERS, Recipe, Regularizer};
use serde_json::{Value, json};

use crate::{net, planted, recipe, start, trained, training};

fn regularizer(id: &str, settings: Value) -> Regularizer {
    let entry = find(REGULARIZERS, "regulariser", id).expect("it is in the family");
    *(entry.build)(settings).expect("the settings fit")
}

/// Returns a net of one convolution: two filters on three channels.
fn layer(side: usize) -> Net {
    let conv = Conv { filters: 2, kernel: side, bias: false, ..Conv::default() };
    Net::new(Shape::image(3, 9, 9), vec![Layer::new("conv", Op::Conv(conv))]).unwrap()
}

fn drawn(count: usize, seed: u64) -> Vec<f32> {
    let mut draws = Seed::root(seed).stream();
    (0..count).map(|_| (0.2 * draws.normal()) as f32).collect()
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|value| f64::from(*value)).collect()
}

/// The slope and the value of a penalty at weights, after it was shown them.
struct At {
    slope: Vec<f64>,
    value: f64,
}

fn at(regularizer: &Regularizer, side: usize, weights: &[f32]) -> At {
    let net = layer(side);
    let start = drawn(weights.len(), 99);
    let mut penalty = regularizer.at(&net.parameters()[0]).expect("it has kernels");
    penalty.begin(weights);
    let mut slope = vec![0.0; weights.len()];
    penalty.add(1.0, weights, &start, &mut slope);
    At { slope: wide(&slope), value: penalty.value(&wide(weights), &wide(&start)) }
}

#[test]
fn slopes_are_the_differences_of_values() {
    let settings = [
        json!({}),
        json!({ "bandwidth": 0.7 }),
        json!({ "dimension": 0.8, "structures": ["separable", "mirror-both", "constant"] }),
        json!({ "dimension": 1.0, "structures": ["separable"] }),
        json!({ "components": 2 }),
    ];
    let mut seen = 0;
    for entry in REGULARIZERS {
        for settings in &settings {
            let Ok(regularizer) = (entry.build)(settings.clone()) else { continue };
            for side in [2, 3, 5] {
                let net = layer(side);
                let parameter = &net.parameters()[0];
                let weights = drawn(parameter.len(), 3 + side as u64);
                let start = wide(&drawn(parameter.len(), 99));
                let found = at(&regularizer, side, &weights).slope;
                let mut penalty = regularizer.at(parameter).unwrap();
                penalty.begin(&weights);
                let largest = found.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
                assert!(largest > 0.0, "{} {settings}: a slope of 0", entry.id);
                let step = 1e-6;
                for place in 0..weights.len() {
                    let mut value = |by: f64| {
                        let mut moved = wide(&weights);
                        moved[place] += by;
                        penalty.value(&moved, &start)
                    };
                    let difference = (value(step) - value(-step)) / (2.0 * step);
                    let off = (found[place] - difference).abs();
                    assert!(
                        off < 1e-6 * largest.max(1.0),
                        "{} {settings}, {side}: {} {difference}",
                        entry.id,
                        found[place]
                    );
                }
                seen += 1;
            }
        }
    }
    // Six with defaults, and with their own settings: two, two, one, of three sizes each.
    assert_eq!(seen, (6 + 2 + 2 + 1) * 3);
}

#[test]
fn values_and_slopes_are_those_of_pytorch() {
    let golden = include_str!("../../../../golden/kernel_penalties.json");
    let golden: Value = serde_json::from_str(golden).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let (name, side) =
            (case["name"].as_str().unwrap(), case["side"].as_u64().unwrap() as usize);
        let weight = |i: usize| (((i * 7919 + 13) % 1009) as f64 / 1009.0 * 0.6 - 0.3) as f32;
        let weights: Vec<f32> = (0..6 * side * side).map(weight).collect();
        let At { slope, value } = at(&regularizer(name, case["settings"].clone()), side, &weights);
        let wanted = case["value"].as_f64().unwrap();
        assert!((value - wanted).abs() < 1e-9 * wanted.abs(), "{name}, {side}: {value} {wanted}");
        let wanted: Vec<f64> =
            case["slope"].as_array().unwrap().iter().map(|slope| slope.as_f64().unwrap()).collect();
        assert_eq!(wanted.len(), slope.len());
        let largest = wanted.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
        // Gradients are numbers of 32 bits.
        for (slope, wanted) in slope.iter().zip(&wanted) {
            assert!((slope - wanted).abs() < 1e-7 * largest, "{name}, {side}: {slope} {wanted}");
        }
    }
}

fn recipe_of(id: &str, settings: &Value) -> Recipe {
    recipe(json!({ "regularizers": [{ id: settings }] }))
}

/// Six kernels of 5 × 5 with the rows of one column each.
fn of_rows(rows: [f32; 5]) -> Vec<f32> {
    let kernel = (0..25).map(|place| rows[place / 5]);
    kernel.collect::<Vec<_>>().repeat(6)
}

#[test]
fn entropies_and_counts_are_those_of_kernels_that_are_plain_to_see() {
    let narrow = |id: &str| regularizer(id, json!({ "bandwidth": 0.01 }));
    let entropy = |weights: &[f32]| at(&narrow("kernel-entropy"), 5, weights).value / 6.0;
    let count = |weights: &[f32]| at(&narrow("unique-values"), 5, weights).value / 6.0;
    let constant = of_rows([2.0; 5]);
    assert_eq!((entropy(&constant), count(&constant)), (0.0, 1.0));
    // Shares of 2/5, 2/5, 1/5: −log₂ (4 + 4 + 1) / 25.
    let clean = of_rows([0.0, 1.0, 3.0, 1.0, 0.0]);
    assert!((entropy(&clean) - (25.0_f64 / 9.0).log2()).abs() < 1e-9);
    assert!((count(&clean) - 3.0).abs() < 1e-9);
    let all: Vec<f32> = (0..25).map(|place| place as f32).collect::<Vec<_>>().repeat(6);
    assert!((entropy(&all) - 25.0_f64.log2()).abs() < 0.02 && (count(&all) - 25.0).abs() < 0.02);
    for weights in [constant, vec![0.0; 150]] {
        for id in ["kernel-entropy", "unique-values", "nearest-structure"] {
            let At { slope, .. } = at(&regularizer(id, json!({})), 5, &weights);
            assert!(slope.iter().all(|slope| slope.abs() < 1e-12), "{id}: nothing to gain");
        }
    }
    let zeros = at(&regularizer("soft-weight-sharing", json!({})), 5, &[0.0; 150]);
    assert!(zeros.value == 0.0 && zeros.slope.iter().all(|slope| *slope == 0.0));
}

#[test]
fn what_counts_bits_does_not_mind_the_size_of_a_layer() {
    for id in ["kernel-entropy", "unique-values"] {
        let (weights, regularizer) = (drawn(54, 5), regularizer(id, json!({})));
        let twice: Vec<f32> = weights.iter().map(|weight| 2.0 * weight).collect();
        let (one, two) = (at(&regularizer, 3, &weights), at(&regularizer, 3, &twice));
        assert!((one.value - two.value).abs() < 1e-9, "{id}");
        let along: f64 = one.slope.iter().zip(&weights).map(|(s, w)| s * f64::from(*w)).sum();
        let length = one.slope.iter().map(|s| s * s).sum::<f64>().sqrt();
        assert!(along.abs() < 1e-5 * length, "{id}: no way down is to shrink: {along}");
        // One kernel that is small beside the others holds less.
        let mut small = weights.clone();
        for weight in &mut small[..9] {
            *weight /= 100.0;
        }
        assert!(at(&regularizer, 3, &small).value < one.value - 1.0, "{id}");
    }
}

#[test]
fn the_nearest_structure_is_that_of_the_catalogue() {
    for (side, share) in [(3, 0.5), (5, 0.5), (5, 0.2), (2, 0.5)] {
        let size = Size::square(side);
        let weights = drawn(6 * size.count(), 7);
        let catalogue = Catalogue::new(size);
        let most = share * size.count() as f64;
        let wanted: f64 = wide(&weights)
            .chunks(size.count())
            .map(|kernel| {
                let all = catalogue.descriptions(kernel, Grid::of(kernel, 8)).into_iter();
                let small = all.filter(|own| own.dimension as f64 <= most);
                let left = small.map(|own| {
                    kernel.iter().zip(&own.ideal).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / 2.0
                });
                left.fold(f64::INFINITY, f64::min)
            })
            .sum();
        let own = regularizer("nearest-structure", json!({ "dimension": share }));
        let found = at(&own, side, &weights).value;
        assert!((found - wanted).abs() < 1e-9 * wanted, "{side}: {found} {wanted}");
    }
    let clean = of_rows([0.0, 1.0, 3.0, 1.0, 0.0]);
    assert!(at(&regularizer("nearest-structure", json!({})), 5, &clean).value < 1e-12);
}

#[test]
fn shared_weights_are_drawn_to_the_values_that_they_cluster_about() {
    let mut draws = Seed::root(8).stream();
    let centres = [-0.5, 0.0, 0.4];
    let weights: Vec<f32> =
        (0..150).map(|place| (centres[place % 3] + 0.02 * draws.normal()) as f32).collect();
    let own = regularizer("soft-weight-sharing", json!({ "components": 3 }));
    let mut penalty = own.at(&layer(5).parameters()[0]).unwrap();
    // Each epoch fits further; three Gaussians begin far apart and wide.
    for _ in 0..10 {
        penalty.begin(&weights);
    }
    let mut slope = vec![0.0; weights.len()];
    penalty.add(1.0, &weights, &weights, &mut slope);
    for (place, slope) in slope.iter().enumerate() {
        let away = f64::from(weights[place]) - centres[place % 3];
        assert!(away.abs() < 0.008 || away * f64::from(*slope) > 0.0, "{away} {slope}");
    }
}

#[test]
fn a_training_with_a_penalty_ends_where_it_is_smaller() {
    let (net, images) = (net("simple-cnn"), planted(20, 8));
    let conv = &net.parameters()[0];
    let first = start(&net, 5);
    let last = |regularizers: Value| {
        let written = json!({
            "optimizer": { "sgd": { "lr": 0.05 } }, "batch": 6, "epochs": 20,
            "regularizers": regularizers,
        });
        let (recipe, handling) =
            (recipe(written), vec![Handling::default(); net.parameters().len()]);
        trained(&training(&net, &images, &recipe, &handling), first.clone()).weights
    };
    let free = last(json!([]));
    for (id, weight) in [
        ("kernel-entropy", 0.01),
        ("unique-values", 0.01),
        ("nearest-structure", 1.0),
        ("soft-weight-sharing", 1e-4),
    ] {
        let regularizer = regularizer(id, json!({}));
        let value = |weights: &[f32]| {
            let (weights, start) = (&weights[conv.range()], &first[conv.range()]);
            let mut penalty = regularizer.at(conv).unwrap();
            penalty.begin(weights);
            penalty.value(&wide(weights), &wide(start))
        };
        let held = last(json!([{ id: { "weight": weight, "warm-up": 2 } }]));
        assert!(value(&held) < value(&free) - 0.01, "{id}: {} {}", value(&held), value(&free));
    }
}

#[test]
fn penalties_on_kernels_want_kernels() {
    let net = net("simple-cnn");
    let fits = |id: &str, settings: Value| recipe_of(id, &settings).fits(&net);
    for id in ["kernel-entropy", "unique-values", "nearest-structure", "soft-weight-sharing"] {
        assert_eq!(fits(id, json!({})), Ok(()));
        assert_eq!(fits(id, json!({ "on": ["conv2.*"] })), Ok(()));
        let error = fits(id, json!({ "on": ["conv1.weight", "fc.*"] })).unwrap_err();
        assert_eq!(error.path, ["regularizers", "0", id, "on", "1"]);
        assert!(error.message.contains("`fc.*` matches none"), "{}", error.message);
        let error = fits(id, json!({ "on": ["conv3.weight"] })).unwrap_err();
        assert_eq!(error.nearest.as_deref(), Some("conv1.weight"));
    }
    let error = fits("nearest-structure", json!({ "dimension": 0.1 })).unwrap_err();
    let wanted =
        "kernels of 3 × 3, and may keep 0.1 of their 9 numbers, but the smallest structure has 1";
    assert!(error.message.contains(wanted), "{}", error.message);
}

#[test]
fn settings_of_penalties_are_checked_at_their_place() {
    let cases = [
        ("kernel-entropy", json!({ "bandwidth": 0.0 }), vec!["bandwidth"], None),
        ("unique-values", json!({ "bandwith": 1.0 }), vec!["bandwith"], Some("bandwidth")),
        ("nearest-structure", json!({ "dimension": 1.5 }), vec!["dimension"], None),
        (
            "nearest-structure",
            json!({ "structures": ["constant", "halfturn"] }),
            vec!["structures", "1"],
            Some("half-turn"),
        ),
        ("nearest-structure", json!({ "structures": ["free"] }), vec!["structures", "0"], None),
        ("soft-weight-sharing", json!({ "components": 1 }), vec!["components"], None),
        ("soft-weight-sharing", json!({ "weight": -1.0 }), vec!["weight"], None),
    ];
    for (id, settings, path, nearest) in cases {
        let entry = find(REGULARIZERS, "regulariser", id).unwrap();
        let error = (entry.build)(settings.clone()).unwrap_err();
        assert_eq!(error.path, path, "{settings}");
        assert_eq!(error.nearest.as_deref(), nearest, "{settings}");
    }
}
