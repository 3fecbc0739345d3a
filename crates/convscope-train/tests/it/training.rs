use convscope_core::Seed;
use convscope_engine::{Executor, Level, Samples};
use convscope_model::freeze;
use convscope_train::{
    Continue, Handling, Outcome, Pace, Span, TrainError, Training, measure, train,
};
use serde_json::json;

use crate::{bits, curve, net, planted, recipe, start, trained, training, value};

#[test]
fn a_planted_problem_is_learned_by_heart() {
    for (name, optimizer) in [
        ("simple-cnn", json!({ "adam": { "lr": 0.02 } })),
        ("three-layer-mlp", json!({ "sgd": { "lr": 0.1, "momentum": 0.9 } })),
        ("two-layer-mlp", json!({ "adamw": { "lr": 0.01 } })),
    ] {
        let (net, images) = (net(name), planted(30, 1));
        let recipe = recipe(json!({ "optimizer": optimizer, "batch": 8, "epochs": 150 }));
        let plain = vec![Handling::default(); net.parameters().len()];
        let trained = trained(&training(&net, &images, &recipe, &plain), start(&net, 1));
        assert_eq!(trained.outcome, Outcome::Done);
        assert_eq!(value(&trained, "train-accuracy").number(), Some(1.0), "{name}");
        assert!(value(&trained, "train-loss").number() < Some(0.1), "{name}");
        assert_eq!(trained.tables[0].name, "train-confusion");
        assert_eq!(trained.tables[0].counts, [10, 0, 0, 0, 10, 0, 0, 0, 10]);
    }
}

#[test]
fn a_training_is_the_steps_over_its_shuffled_batches_with_a_short_last_one() {
    let (net, images) = (net("simple-cnn"), planted(35, 2));
    let recipe = recipe(json!({
        "optimizer": { "sgd": { "lr": 0.1, "momentum": 0.9 } }, "batch": 10, "epochs": 3,
        "schedule": { "step": { "every": 1, "factor": 0.5 } },
    }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let training = training(&net, &images, &recipe, &plain);
    let trained = trained(&training, start(&net, 2));

    let mut weights = start(&net, 2);
    let mut executor = Executor::new(&net, 10, training.level);
    let mut descent = recipe.optimizer().start(weights.len(), training.level);
    let mut gradients = vec![0.0; weights.len()];
    let all = [Span { range: 0..weights.len(), decays: true }];
    let samples = Samples { pixels: images.pixels(), labels: images.labels() };
    for epoch in 0..3 {
        let mut order: Vec<u32> = (0..35).collect();
        training.seed.child("order").nth(epoch).stream().shuffle(&mut order);
        let (mut losses, mut sizes) = (0.0, Vec::new());
        for batch in order.chunks(10) {
            losses += executor
                .gradients(&weights, samples, batch, Seed::root(1), &mut gradients)
                .loss_sum;
            let pace = Pace { rate: 0.1 * 0.5_f64.powi(epoch as i32), momentum: None };
            descent.step(pace, &mut weights, &gradients, &all);
            sizes.push(batch.len());
        }
        assert_eq!(sizes, [10, 10, 10, 5]);
        let running = curve(&trained, "running-train-loss")[epoch as usize].number();
        assert_eq!(running, Some(losses / 35.0));
    }
    assert_eq!(bits(&trained.weights), bits(&weights));
}

#[test]
fn batches_of_one_and_batches_larger_than_the_data_work() {
    let (net, images) = (net("simple-cnn"), planted(7, 3));
    let plain = vec![Handling::default(); net.parameters().len()];
    for (batch, same_as) in [(1, 1), (7, 7), (1000, 7)] {
        let with = |batch| recipe(json!({ "batch": batch, "epochs": 2 }));
        let (one, other) = (with(batch), with(same_as));
        let weights = trained(&training(&net, &images, &one, &plain), start(&net, 3)).weights;
        let same = trained(&training(&net, &images, &other, &plain), start(&net, 3)).weights;
        assert_eq!(bits(&weights), bits(&same));
        assert_ne!(bits(&weights), bits(&start(&net, 3)));
    }
}

#[test]
fn results_do_not_depend_on_how_many_train_beside() {
    let (net, images, valid) = (net("simple-cnn"), planted(30, 4), planted(9, 5));
    let recipe = recipe(json!({ "optimizer": "adam", "batch": 4, "epochs": 4 }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let one = |seed: u64| {
        let training = Training {
            augment: None,
            valid: Some(&valid),
            seed: Seed::root(seed),
            ..training(&net, &images, &recipe, &plain)
        };
        trained(&training, start(&net, seed))
    };
    let alone: Vec<_> = (0..4).map(one).collect();
    let beside: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|seed| scope.spawn(move || one(seed))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no training panics")).collect()
    });
    assert_eq!(alone, beside);
    for (a, b) in alone.iter().zip(&beside) {
        assert_eq!(bits(&a.weights), bits(&b.weights));
    }
    assert_ne!(alone[0].weights, alone[1].weights);
}

#[test]
fn watching_and_testing_leave_the_weights_as_they_would_be() {
    let (net, images, other) = (net("simple-cnn"), planted(20, 6), planted(40, 7));
    let recipe = recipe(json!({ "batch": 6, "epochs": 3 }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let unwatched = training(&net, &images, &recipe, &plain);
    let watched = Training { valid: Some(&other), test: Some(&images), ..unwatched };
    let (unwatched, watched) =
        (trained(&unwatched, start(&net, 6)), trained(&watched, start(&net, 6)));
    assert_eq!(bits(&unwatched.weights), bits(&watched.weights));
    let names = |trained: &convscope_train::Trained| {
        trained.values.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    let always = ["train-loss", "train-accuracy", "train-calibration-error", "free-parameters"];
    assert_eq!(names(&unwatched), always);
    assert_eq!(names(&watched).len(), 10);
    // The last point of the curve and the final value are the same weights on the same images.
    for name in ["valid-loss", "valid-accuracy"] {
        assert_eq!(curve(&watched, name).last(), Some(value(&watched, name)));
    }
    // Tested on what it was trained on.
    assert_eq!(value(&watched, "test-loss"), value(&watched, "train-loss"));
    assert_eq!(watched.tables[1].counts.iter().sum::<u64>(), 40);
    assert_eq!(unwatched.curves.len(), 2);
}

#[test]
fn frozen_parameters_stay_bit_for_bit() {
    let (net, images) = (net("simple-cnn"), planted(20, 8));
    for optimizer in [
        json!({ "sgd": { "lr": 0.1, "momentum": 0.9, "weight-decay": 0.1 } }),
        json!({ "adam": { "weight-decay": 0.1 } }),
        json!({ "adamw": { "weight-decay": 0.1 } }),
    ] {
        let recipe = recipe(json!({ "optimizer": optimizer, "batch": 6, "epochs": 3 }));
        for patterns in [["conv1.*", "fc.bias"], ["conv2.weight", "conv1.bias"]] {
            let frozen = freeze::flags(&net, &patterns.map(str::to_owned)).unwrap();
            let plain = Handling::of_flags(&frozen);
            let before = start(&net, 8);
            let after = trained(&training(&net, &images, &recipe, &plain), before.clone()).weights;
            for (parameter, frozen) in net.parameters().iter().zip(frozen) {
                let here = parameter.range();
                let same = bits(&before[here.clone()]) == bits(&after[here]);
                assert_eq!(same, frozen, "{}", parameter.name);
            }
        }
    }
}

#[test]
fn the_watcher_sees_every_epoch_and_can_stop() {
    let (net, images) = (net("two-layer-mlp"), planted(12, 9));
    let recipe = recipe(json!({ "epochs": 5, "schedule": { "cosine": { "to": 0.001 } } }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let training = training(&net, &images, &recipe, &plain);
    let mut seen = Vec::new();
    let mut after_two = Vec::new();
    let rate = |step| recipe.pace(recipe.moment(step, 1)).rate;
    let stopped = train(&training, start(&net, 9), &mut |epoch, weights| {
        seen.push((epoch.number, epoch.rate));
        after_two = weights.to_vec();
        if epoch.number == 2 { Continue::No } else { Continue::Yes }
    })
    .unwrap();
    assert_eq!(seen, [(1, rate(0)), (2, rate(1))]);
    assert_eq!(stopped.outcome, Outcome::Stopped { epoch: 2 });
    assert_eq!(bits(&stopped.weights), bits(&after_two));
    let curve = curve(&stopped, "running-train-loss");
    assert_eq!(curve.len(), 5);
    assert!(curve[1].number().is_some());
    assert_eq!(curve[2].reason(), Some("stopped after epoch 2"));
    assert_eq!(value(&stopped, "train-accuracy").reason(), Some("stopped after epoch 2"));
}

#[test]
fn a_stop_after_the_last_epoch_is_no_stop() {
    let (net, images) = (net("two-layer-mlp"), planted(12, 9));
    let recipe = recipe(json!({ "epochs": 1 }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let training = training(&net, &images, &recipe, &plain);
    let ended = train(&training, start(&net, 9), &mut |_, _| Continue::No).unwrap();
    assert_eq!(ended.outcome, Outcome::Done);
    assert!(value(&ended, "train-loss").number().is_some());
}

#[test]
fn every_level_of_this_machine_trains() {
    let (net, images) = (net("simple-cnn"), planted(20, 10));
    let recipe = recipe(json!({ "batch": 6, "epochs": 2 }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let with = |level| {
        let training = Training { level, ..training(&net, &images, &recipe, &plain) };
        bits(&trained(&training, start(&net, 10)).weights)
    };
    for level in Level::available() {
        assert_eq!(with(level), with(Level::Plain), "{level}");
    }
}

#[test]
fn without_an_epoch_the_start_is_scored() {
    let (net, images) = (net("simple-cnn"), planted(30, 1));
    let none = recipe(json!({ "epochs": 0 }));
    let weights = start(&net, 2);
    let plain = vec![Handling::default(); net.parameters().len()];
    let training = training(&net, &images, &none, &plain);
    let scored = trained(&training, weights.clone());
    assert_eq!(scored.outcome, Outcome::Done);
    assert_eq!(bits(&scored.weights), bits(&weights));
    assert!(curve(&scored, "running-train-loss").is_empty());
    assert!(value(&scored, "train-accuracy").number().is_some());
}

#[test]
fn a_model_is_measured_as_at_the_end_of_its_training() {
    let (net, images, test) = (net("simple-cnn"), planted(35, 2), planted(20, 3));
    let recipe = recipe(json!({ "optimizer": { "sgd": { "lr": 0.1 } }, "batch": 10, "epochs": 3 }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let training = Training { test: Some(&test), ..training(&net, &images, &recipe, &plain) };
    let trained = trained(&training, start(&net, 2));
    let measured = measure(&training, trained.weights.clone()).unwrap();
    assert_eq!(measured.values, trained.values);
    assert_eq!(measured.tables, trained.tables);
    assert_eq!(bits(&measured.weights), bits(&trained.weights));
    assert!(measured.curves.is_empty());
    let error = measure(&training, vec![0.0; 3]).unwrap_err();
    assert!(matches!(error, TrainError::Weights { came: 3, .. }), "{error}");
}
