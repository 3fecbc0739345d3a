//! Masks, pieces, penalties, decay by name: what they promise, and that nothing else changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use convscope_core::{Seed, Shape, Subspace};
use convscope_data::Images;
use convscope_model::layer::Linear;
use convscope_model::{Layer, Net, Op};
use convscope_probe::{Size, singular};
use convscope_train::{Groups, Handling, Piece, TrainError, Training, train};
use serde_json::{Value, json};

use crate::{bits, net, planted, recipe, start, trained, training};

/// Optimisers that remember and pull: what is masked would come back under each of them.
fn optimizers() -> [Value; 4] {
    [
        json!({ "sgd": { "lr": 0.1, "momentum": 0.9, "weight-decay": 0.1 } }),
        json!({ "sgd": { "lr": 0.1, "momentum": 0.9, "nesterov": true } }),
        json!({ "adam": { "weight-decay": 0.1 } }),
        json!({ "adamw": { "weight-decay": 0.1 } }),
    ]
}

fn plain(net: &Net) -> Vec<Handling> {
    vec![Handling::default(); net.parameters().len()]
}

/// Trains for three epochs of short batches.
fn after(net: &Net, written: Value, handling: &[Handling], weights: Vec<f32>) -> Vec<f32> {
    let images = planted(20, 8);
    let mut written = written;
    written["batch"] = json!(6);
    if written.get("epochs").is_none() {
        written["epochs"] = json!(3);
    }
    let recipe = recipe(written);
    trained(&training(net, &images, &recipe, handling), weights).weights
}

/// Handles each kernel of the first layer alike.
fn of_each(net: &Net, piece: &Piece) -> Handling {
    Handling::of_pieces(vec![piece.clone(); net.parameters()[0].len() / 9])
}

fn mask(len: usize, seed: u64) -> Arc<[bool]> {
    let mut draws = Seed::root(seed).stream();
    (0..len).map(|_| draws.uniform() < 0.4).collect()
}

#[test]
fn masked_weights_are_zero_whatever_momentum_and_decay_do() {
    let net = net("simple-cnn");
    let weights = start(&net, 1);
    for optimizer in optimizers() {
        let mut handling = plain(&net);
        for (parameter, own) in net.parameters().iter().zip(&mut handling).step_by(2) {
            own.mask = Some(mask(parameter.len(), 3));
        }
        let written = json!({
            "optimizer": optimizer, "clip": 0.5,
            "regularizers": ["l1", { "l2-to-start": { "weight": 0.1 } }],
        });
        let last = after(&net, written, &handling, weights.clone());
        for (parameter, own) in net.parameters().iter().zip(&handling) {
            let (first, last) = (&weights[parameter.range()], &last[parameter.range()]);
            for (index, (first, last)) in first.iter().zip(last).enumerate() {
                let kept = own.mask.as_ref().is_none_or(|mask| mask[index]);
                assert!(kept || last.to_bits() == 0, "{}[{index}]: {last}", parameter.name);
                assert!(!kept || first.to_bits() != last.to_bits(), "{}[{index}]", parameter.name);
            }
        }
    }
}

#[test]
fn a_mask_of_nothing_and_a_subspace_of_everything_change_no_bit() {
    let net = net("simple-cnn");
    let (weights, written) = (start(&net, 2), json!({ "optimizer": optimizers()[0] }));
    let usual = after(&net, written.clone(), &plain(&net), weights.clone());
    let mut masked = plain(&net);
    for (parameter, own) in net.parameters().iter().zip(&mut masked) {
        own.mask = Some(vec![true; parameter.len()].into());
    }
    assert_eq!(bits(&after(&net, written.clone(), &masked, weights.clone())), bits(&usual));
    let unit = |i: usize| (0..9).map(|j| f64::from(u8::from(i == j))).collect();
    let whole = Subspace::spanned_by(9, &(0..9).map(unit).collect::<Vec<Vec<f64>>>());
    let mut kept = plain(&net);
    kept[0] = of_each(&net, &Piece::Within(whole));
    assert_eq!(bits(&after(&net, written.clone(), &kept, weights.clone())), bits(&usual));
    kept[0] = of_each(&net, &Piece::Free);
    assert_eq!(bits(&after(&net, written, &kept, weights)), bits(&usual));
}

#[test]
fn weights_stay_in_their_subspace() {
    let net = net("simple-cnn");
    // Kernels of 3×3 that a quarter turn leaves as they are: corners, edges, centre.
    let turned = [
        vec![1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0],
        vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
        vec![0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0],
    ];
    let subspace = Subspace::spanned_by(9, &turned);
    assert_eq!((subspace.dimension(), subspace.width()), (3, 9));
    let weights = start(&net, 3);
    for optimizer in optimizers() {
        let mut handling = plain(&net);
        let conv = &net.parameters()[0];
        handling[0] = of_each(&net, &Piece::Within(subspace.clone()));
        let last = after(&net, json!({ "optimizer": optimizer }), &handling, weights.clone());
        for kernel in last[conv.range()].chunks_exact(9) {
            for (a, b) in [(0, 2), (0, 6), (0, 8), (1, 3), (1, 5), (1, 7)] {
                let apart = (kernel[a] - kernel[b]).abs();
                assert!(apart <= 1e-6 * kernel[a].abs(), "{kernel:?}");
            }
            assert!((kernel[0] - kernel[1]).abs() > 1e-3, "{kernel:?}");
        }
        let free = after(&net, json!({ "optimizer": optimizer }), &plain(&net), weights.clone());
        assert!((free[0] - free[2]).abs() > 1e-3, "without it they leave");
        let mut first = weights[conv.range()].to_vec();
        subspace.project(&mut first);
        assert_ne!(bits(&last[conv.range()]), bits(&first), "they move within it");
    }
}

/// Numbers that are one stay one, and move as in the subspace that says the same.
#[test]
fn equal_weights_of_a_layer_stay_equal() {
    let net = net("simple-cnn");
    let second = &net.parameters()[2];
    let mut weights = start(&net, 3);
    for (place, weight) in weights[second.range()].iter_mut().enumerate() {
        *weight = [-0.2, 0.0, 0.1, 0.3][place * 7 % 5 % 4];
    }
    let groups = Groups::of(&weights[second.range()]);
    let own = &weights[second.range()];
    let ties = [-0.2_f32, 0.0, 0.1, 0.3].map(|level| {
        own.iter().map(|weight| f64::from(u8::from(weight.to_bits() == level.to_bits()))).collect()
    });
    let subspace = Subspace::spanned_by(second.len(), &ties);
    assert_eq!(subspace.dimension(), 4);
    for optimizer in optimizers() {
        let [shared, within] = [Piece::Shared(groups.clone()), Piece::Within(subspace.clone())]
            .map(|piece| {
                let mut handling = plain(&net);
                handling[2] = Handling::of_pieces([piece]);
                assert_eq!(handling[2].freedom(second.len()), 4);
                let written =
                    json!({ "optimizer": optimizer, "clip": 0.5, "regularizers": ["l1"] });
                after(&net, written, &handling, weights.clone())
            });
        let (first, last) = (&weights[second.range()], &shared[second.range()]);
        let levels: BTreeSet<(u32, u32)> =
            first.iter().zip(last).map(|(a, b)| (a.to_bits(), b.to_bits())).collect();
        assert_eq!(levels.len(), 4, "to the bit: {optimizer}");
        assert!(levels.iter().all(|(before, after)| before != after), "they move: {optimizer}");
        for (a, b) in shared.iter().zip(&within) {
            assert!((a - b).abs() < 1e-4, "{optimizer}: {a} and {b}");
        }
    }
}

#[test]
fn each_kernel_is_handled_as_it_is_told() {
    let net = net("simple-cnn");
    let (conv, second) = (&net.parameters()[0], &net.parameters()[2]);
    assert_eq!((conv.dimensions.as_slice(), second.len()), (&[3, 1, 3, 3][..], 81));
    let constant = Subspace::spanned_by(9, &[vec![1.0; 9]]);
    let kinds = [Piece::Frozen, Piece::Within(constant), Piece::Separable(Size::square(3))];
    let weights = start(&net, 8);
    for optimizer in optimizers() {
        let mut handling = plain(&net);
        handling[0] = Handling::of_pieces(kinds.clone());
        handling[2] = Handling::of_pieces(kinds.iter().cloned().chain(vec![Piece::Free; 6]));
        assert_eq!([handling[0].freedom(27), handling[2].freedom(81)], [6, 6 + 54]);
        let written = json!({
            "optimizer": optimizer, "clip": 0.5,
            "regularizers": ["l1", { "l2-to-start": { "weight": 0.1 } }],
        });
        let last = after(&net, written, &handling, weights.clone());
        for parameter in [conv, second] {
            let (first, last) = (&weights[parameter.range()], &last[parameter.range()]);
            let (mut first, mut last) = (first.chunks(9), last.chunks(9));
            let mut both = || first.next().zip(last.next()).unwrap();
            let (before, after) = both();
            assert_eq!(bits(before), bits(after), "frozen: {optimizer}");
            let (before, after) = both();
            assert_ne!(bits(before), bits(after));
            assert!(after.iter().all(|v| (v - after[0]).abs() <= 1e-6 * v.abs()), "{after:?}");
            let (before, after) = both();
            assert_ne!(bits(before), bits(after));
            let share = |kernel: &[f32]| {
                let kernel: Vec<f64> = kernel.iter().map(|v| f64::from(*v)).collect();
                let values = singular(&kernel, Size::square(3)).values;
                values[1] / values[0]
            };
            assert!(share(after) < 1e-6 && share(before) > 1e-3, "{after:?}");
        }
        let free = &last[second.range()][27..];
        let moved = free.iter().zip(&weights[second.range()][27..]);
        assert!(moved.into_iter().all(|(last, first)| last.to_bits() != first.to_bits()));
    }
}

#[test]
fn freezing_every_kernel_is_freezing_the_parameter() {
    let (net, weights) = (net("simple-cnn"), start(&net("simple-cnn"), 9));
    for optimizer in optimizers() {
        let written = json!({ "optimizer": optimizer, "clip": 0.1, "regularizers": ["l1"] });
        let mut whole = plain(&net);
        whole[0].frozen = true;
        let mut each = plain(&net);
        each[0] = of_each(&net, &Piece::Frozen);
        let [whole, each] =
            [whole, each].map(|own| after(&net, written.clone(), &own, weights.clone()));
        assert_eq!(bits(&whole), bits(&each));
        assert_eq!(bits(&whole[..27]), bits(&weights[..27]));
    }
}

#[test]
fn a_separable_kernel_is_the_nearest_product_of_a_column_and_a_row() {
    let mut draws = Seed::root(11).stream();
    for (rows, columns) in [(3, 3), (7, 7), (2, 5), (5, 2), (1, 9)] {
        let size = Size { rows, columns };
        let kernel: Vec<f32> = (0..size.count()).map(|_| draws.normal() as f32).collect();
        let found = projected(&kernel, size);
        let exact: Vec<f64> = kernel.iter().map(|v| f64::from(*v)).collect();
        let wanted = singular(&exact, size).first();
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!((f64::from(*found) - wanted).abs() < 1e-6, "{size}: {found} {wanted}");
        }
        let twice = projected(&found, size);
        for (once, twice) in found.iter().zip(&twice) {
            assert!((once - twice).abs() <= 2.0 * f32::EPSILON * once.abs().max(1e-3));
        }
    }
    assert_eq!(bits(&projected(&[0.0; 9], Size::square(3))), [0; 9]);
}

/// Returns the weights of a linear layer of one row, handled as a separable kernel, before any step.
fn projected(kernel: &[f32], size: Size) -> Vec<f32> {
    let linear = Op::Linear(Linear { outputs: 1, bias: false });
    let net = Net::new(Shape::flat(size.count()), vec![Layer::new("fc", linear)]).unwrap();
    let pixels = vec![0.0; size.count()];
    let images = Images::new(net.input(), pixels, vec![0], vec!["only".into()]).unwrap();
    let recipe = recipe(json!({ "epochs": 1 }));
    let handling = [Handling::of_pieces([Piece::Separable(size)])];
    // The only class is certain, so that its gradient is 0.
    trained(&training(&net, &images, &recipe, &handling), kernel.to_vec()).weights
}

#[test]
fn a_projection_takes_the_nearest_point_and_stays_there() {
    let vectors = [vec![1.0, 2.0, 0.0, -1.0], vec![0.5, 0.0, 3.0, 1.0]];
    let subspace = Subspace::spanned_by(4, &vectors);
    let mut draws = Seed::root(5).stream();
    let before: Vec<f32> = (0..40).map(|_| draws.normal() as f32).collect();
    let mut once = before.clone();
    subspace.project(&mut once);
    for (before, near) in before.chunks(4).zip(once.chunks(4)) {
        for vector in &vectors {
            let rest = before.iter().zip(near).map(|(b, n)| f64::from(*b) - f64::from(*n));
            let along: f64 = rest.zip(vector).map(|(rest, v)| rest * v).sum();
            assert!(along.abs() < 1e-6, "what is left stands at right angles: {along}");
        }
    }
    let mut twice = once.clone();
    subspace.project(&mut twice);
    for (once, twice) in once.chunks(4).zip(twice.chunks(4)) {
        let largest = once.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        for (once, twice) in once.iter().zip(twice) {
            assert!((once - twice).abs() <= f32::EPSILON * largest, "{once} {twice}");
        }
    }
}

#[test]
fn vectors_that_depend_on_others_add_no_dimension() {
    let long = vec![1e200, 0.0, 1e200];
    let short = vec![1e-200, 1e-200, 0.0];
    let sum = vec![2.0, 1.0, 1.0];
    let subspace =
        Subspace::spanned_by(3, &[vec![0.0; 3], long.clone(), long.clone(), short.clone(), sum]);
    assert_eq!(subspace.dimension(), 2);
    assert_eq!(Subspace::spanned_by(3, &[vec![0.0; 3]]).dimension(), 0);
    let mut values = [3.0_f32, 1.0, 2.0];
    Subspace::spanned_by(3, &[]).project(&mut values);
    assert_eq!(bits(&values), [0; 3]);
}

#[test]
fn weight_decay_acts_on_what_is_not_named() {
    let net = net("simple-cnn");
    let weights = start(&net, 4);
    let decayed = |patterns: &[&str], decay: f64| {
        let written = json!({
            "optimizer": { "sgd": { "lr": 1e-9, "weight-decay": decay } }, "no-decay": patterns,
            "epochs": 1,
        });
        after(&net, written, &plain(&net), weights.clone())
    };
    // At a rate of nearly nothing only the decay of 10⁸ moves weights: by a tenth in each step.
    let last = decayed(&["*.bias", "fc.*"], 1e8);
    for parameter in net.parameters() {
        let (first, last) = (&weights[parameter.range()], &last[parameter.range()]);
        let spared = parameter.name.ends_with("bias") || parameter.name.starts_with("fc");
        let share = if spared { 1.0 } else { 0.9_f32.powi(4) };
        for (first, last) in first.iter().zip(last) {
            assert!((last - share * first).abs() < 1e-5, "{}: {first} {last}", parameter.name);
        }
    }
    assert_eq!(bits(&decayed(&["*"], 1e8)), bits(&decayed(&["*"], 0.0)));
}

#[test]
fn penalties_pull_where_they_are_told_to() {
    let net = net("simple-cnn");
    let weights = start(&net, 5);
    // The pull of one step is rate · weight = 0.01; four steps to an epoch.
    let pulled = |regularizers: Value, epochs: u32| {
        let written = json!({
            "optimizer": { "sgd": { "lr": 1e-9 } }, "epochs": epochs,
            "regularizers": regularizers,
        });
        after(&net, written, &plain(&net), weights.clone())
    };
    let conv = net.parameters()[0].range();
    let l1 = json!([{ "l1": { "weight": 1e7, "on": ["conv1.weight"] } }]);
    let last = pulled(l1, 1);
    for (index, (first, last)) in weights.iter().zip(&last).enumerate() {
        if !conv.contains(&index) {
            assert!((first - last).abs() < 1e-6);
        } else if first.abs() > 0.04 {
            assert!((first.abs() - last.abs() - 0.04).abs() < 1e-6, "{first} {last}");
        } else {
            assert!(last.abs() <= 0.01 + 1e-6, "{first} {last}");
        }
    }
    // Over two epochs of warm-up the weight is 0, 1/8, … 7/8 of the whole.
    let rising = json!([{ "l1": { "weight": 1e7, "on": ["conv1.weight"], "warm-up": 2 } }]);
    let last = pulled(rising, 2);
    for index in conv.clone().filter(|&index| weights[index].abs() > 0.05) {
        let came = weights[index].abs() - last[index].abs();
        assert!((came - 0.035).abs() < 1e-6, "{came}");
    }
    // At the start the pull to the start is 0, so that nothing moves.
    let held = pulled(json!([{ "l2-to-start": { "weight": 1e7 } }]), 1);
    assert!(held.iter().zip(&weights).all(|(last, first)| (last - first).abs() < 1e-6));
}

#[test]
fn a_pull_to_the_start_keeps_weights_nearer() {
    let net = net("simple-cnn");
    let weights = start(&net, 6);
    let away = |regularizers: Value| {
        let written = json!({
            "optimizer": { "sgd": { "lr": 0.1 } }, "regularizers": regularizers, "epochs": 10,
        });
        let last = after(&net, written, &plain(&net), weights.clone());
        last.iter().zip(&weights).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>()
    };
    let (free, pulled) = (away(json!([])), away(json!([{ "l2-to-start": { "weight": 1.0 } }])));
    assert!(pulled < free / 4.0 && pulled > 0.0, "{pulled} of {free}");
}

#[test]
fn a_bound_that_is_never_met_changes_no_bit() {
    let net = net("simple-cnn");
    let with = |clip: Value| {
        let written = json!({ "optimizer": { "sgd": { "lr": 0.1 } }, "clip": clip });
        bits(&after(&net, written, &plain(&net), start(&net, 7)))
    };
    let free = with(Value::Null);
    assert_eq!(with(json!(1e6)), free);
    assert_eq!(with(json!({ "value": 1e6 })), free);
    assert_ne!(with(json!(0.1)), free);
    assert_ne!(with(json!({ "value": 0.001 })), free);
}

#[test]
fn handlings_that_do_not_fit_are_named() {
    let (net, images) = (net("simple-cnn"), planted(6, 1));
    let recipe = recipe(json!({ "epochs": 1 }));
    let within = |width: usize| Piece::Within(Subspace::spanned_by(width, &[vec![1.0; width]]));
    let pieces = |piece: Piece, count: usize| Handling::of_pieces(vec![piece; count]);
    let mask: Option<Arc<[bool]>> = Some(vec![true; 3].into());
    let whole = net.parameters()[0].len();
    for (own, why) in [
        (Handling { mask: mask.clone(), ..Handling::default() }, "3 flags"),
        (pieces(Piece::Free, 4), "27 numbers do not make 4 pieces of one length"),
        (pieces(within(4), 3), "pieces have 9 numbers, but one is handled as one of 4"),
        (pieces(Piece::Separable(Size::square(3)), 1), "pieces have 27 numbers"),
        (Handling { mask, ..pieces(within(9), 3) }, "a mask and its pieces are handled"),
        (
            Handling { frozen: true, mask: Some(vec![true; whole].into()), ..Handling::default() },
            "frozen and has a mask",
        ),
        (Handling { frozen: true, ..pieces(within(9), 3) }, "frozen and its pieces are handled"),
    ] {
        let mut handling = plain(&net);
        handling[0] = own;
        let training: Training<'_> = training(&net, &images, &recipe, &handling);
        let error = train(&training, start(&net, 1), &mut |_, _| unreachable!()).unwrap_err();
        let TrainError::Handling { parameter, .. } = &error else { panic!("{error}") };
        assert_eq!(parameter, "conv1.weight");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn patterns_that_match_nothing_are_refused_before_training() {
    let (net, images) = (net("simple-cnn"), planted(6, 1));
    for (written, place) in [
        (json!({ "no-decay": ["*.bias", "bn*"] }), vec!["no-decay", "1"]),
        (
            json!({ "regularizers": ["l1", { "l2-to-start": { "on": ["conv3.*"] } }] }),
            vec!["regularizers", "1", "l2-to-start", "on", "0"],
        ),
    ] {
        let (recipe, handling) = (recipe(written), plain(&net));
        assert_eq!(recipe.fits(&net).unwrap_err().path, place);
        let training = training(&net, &images, &recipe, &handling);
        let error = train(&training, start(&net, 1), &mut |_, _| unreachable!()).unwrap_err();
        assert!(matches!(error, TrainError::Recipe(_)), "{error}");
    }
}
