use convscope_train::{Moment, Recipe, SCHEDULES};
use serde_json::{Value, json};

use crate::recipe;

fn rates(schedule: &Value, epochs: u32) -> Vec<f64> {
    let recipe = recipe(json!({
        "optimizer": { "sgd": { "lr": 1.0 } }, "schedule": schedule, "epochs": epochs,
    }));
    let steps = 0..u64::from(epochs);
    steps.map(|step| recipe.pace(recipe.moment(step, 1)).rate).collect()
}

#[test]
fn a_constant_rate_stays() {
    assert_eq!(rates(&json!("constant"), 3), [1.0; 3]);
}

#[test]
fn a_stepped_rate_falls_after_every_so_many_epochs() {
    // StepLR(step_size=2, gamma=0.5): 1, 1, 0.5, 0.5, 0.25.
    let stepped = rates(&json!({ "step": { "every": 2, "factor": 0.5 } }), 5);
    assert_eq!(stepped, [1.0, 1.0, 0.5, 0.5, 0.25]);
}

#[test]
fn milestones_count_epochs_that_are_done() {
    // MultiStepLR(milestones=[1, 3], gamma=0.5): 1, 0.5, 0.5, 0.25.
    let milestones = rates(&json!({ "milestones": { "at": [1, 3], "factor": 0.5 } }), 4);
    assert_eq!(milestones, [1.0, 0.5, 0.5, 0.25]);
}

#[test]
fn half_a_cosine_is_half_way_in_the_middle() {
    let cosine = rates(&json!({ "cosine": { "to": 0.2 } }), 4);
    assert!((cosine[0] - 1.0).abs() < 1e-15 && (cosine[2] - 0.6).abs() < 1e-15);
    let quarter = 0.2 + 0.8 * (1.0 + 0.5_f64.sqrt()) / 2.0;
    assert!((cosine[1] - quarter).abs() < 1e-15);
    assert!(cosine.windows(2).all(|pair| pair[0] > pair[1]));
}

#[test]
fn settings_out_of_range_are_refused_at_their_place() {
    for (schedule, place) in [
        (json!({ "step": { "every": 0 } }), ["step", "every"]),
        (json!({ "step": { "factor": 0.0 } }), ["step", "factor"]),
        (json!({ "milestones": {} }), ["milestones", "at"]),
        (json!({ "milestones": { "at": [5, 5] } }), ["milestones", "at"]),
        (json!({ "milestones": { "at": [5], "factor": -0.1 } }), ["milestones", "factor"]),
        (json!({ "cosine": { "to": -1e-3 } }), ["cosine", "to"]),
    ] {
        let written = json!({ "schedule": schedule });
        let error = Recipe::read(written.clone()).err().expect("it is refused");
        assert_eq!(error.path, [&["schedule"], &place[..]].concat(), "{written}");
    }
}

#[test]
fn every_schedule_reaches_the_optimisers_rate_and_goes_no_higher() {
    for entry in SCHEDULES {
        let settings = if entry.id == "milestones" { json!({ "at": [9] }) } else { json!({}) };
        let schedule = (entry.build)(settings).expect("the settings fit");
        let at = |step| Moment { step, steps_per_epoch: 1, steps: 20 };
        let highest = (0..20).map(|step| schedule.rate(0.3, at(step))).fold(0.0, f64::max);
        assert!((highest - 0.3).abs() < 1e-15, "{}", entry.id);
        let starts_there = (schedule.rate(0.3, at(0)) - 0.3).abs() < 1e-15;
        assert_eq!(starts_there, !schedule.warms_up(), "{}", entry.id);
        assert!(!schedule.describe().is_empty());
    }
}

/// The rates of all steps of a training of ten epochs.
fn by_step(written: &Value, steps_per_epoch: u64) -> Vec<f64> {
    let mut written = written.clone();
    written["optimizer"] = json!({ "sgd": { "lr": 1.0 } });
    written["epochs"] = json!(10);
    let recipe = recipe(written);
    let steps = 0..10 * steps_per_epoch;
    steps.map(|step| recipe.pace(recipe.moment(step, steps_per_epoch)).rate).collect()
}

#[test]
fn one_cycle_counts_steps_and_not_epochs() {
    let cycle = |settings: Value| json!({ "schedule": { "one-cycle": settings } });
    let rates = by_step(&cycle(json!({})), 10);
    assert!((rates[0] - 1.0 / 25.0).abs() < 1e-15);
    assert!((rates[29] - 1.0).abs() < 1e-15, "{}", rates[29]);
    assert!((rates[99] * 25e4 - 1.0).abs() < 1e-9, "{}", rates[99]);
    assert!(rates[..30].is_sorted() && rates[29..].iter().rev().is_sorted());
    let other = by_step(&cycle(json!({ "pct-start": 0.5, "div-factor": 2.0 })), 4);
    assert!((other[0] - 0.5).abs() < 1e-15 && (other[19] - 1.0).abs() < 1e-15);
    // As short as they come: all of them finite, none above the peak.
    for pct_start in [0.0, 0.1, 0.5, 1.0] {
        for steps_per_epoch in [1, 2] {
            let rates = by_step(&cycle(json!({ "pct-start": pct_start })), steps_per_epoch);
            assert!(rates.iter().all(|rate| (0.0..=1.0 + 1e-15).contains(rate)), "{rates:?}");
        }
    }
}

#[test]
fn other_schedules_change_between_epochs_only() {
    for schedule in [json!("constant"), json!("step"), json!("cosine")] {
        let written = json!({ "schedule": schedule });
        let (one, three) = (by_step(&written, 1), by_step(&written, 3));
        let repeated: Vec<f64> = one.iter().flat_map(|&rate| [rate; 3]).collect();
        assert_eq!(three, repeated, "{schedule}");
    }
}

#[test]
fn a_warm_up_goes_before_the_schedule() {
    let stepped = json!({ "step": { "every": 2, "factor": 0.5 } });
    let epochs = by_step(&json!({ "schedule": stepped, "warm-up": 4 }), 2);
    let share = |n: f64| 1.0 / 3.0 + (1.0 - 1.0 / 3.0) * n / 4.0;
    assert_eq!(epochs[..8], [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0].map(share));
    assert_eq!(epochs[8..16], [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]);

    let by_steps = json!({ "schedule": stepped, "warm-up": { "steps": 3, "from": 0.25 } });
    let steps = by_step(&by_steps, 2);
    assert_eq!(steps[..4], [0.25, 0.5, 0.75, 1.0]);
    assert_eq!(steps[3..11], [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]);

    // The cosine has the rest to itself: it ends with the training.
    let cosine = by_step(&json!({ "schedule": "cosine", "warm-up": 5 }), 1);
    let alone: Vec<f64> = (0..5)
        .map(|n| f64::midpoint(1.0, (std::f64::consts::PI * f64::from(n) / 5.0).cos()))
        .collect();
    for (came, wanted) in cosine[5..].iter().zip(alone) {
        assert!((came - wanted).abs() < 1e-15, "{came}, wanted {wanted}");
    }
    assert_eq!(by_step(&json!({ "warm-up": 0 }), 2), vec![1.0; 20]);
}

#[test]
fn warm_ups_and_cycles_out_of_range_are_refused_at_their_place() {
    for (written, place) in [
        (json!({ "warm-up": 6, "epochs": 5 }), vec!["warm-up"]),
        (json!({ "warm-up": -1 }), vec!["warm-up"]),
        (json!({ "warm-up": 0.5 }), vec!["warm-up"]),
        (json!({ "warm-up": { "epochs": 6 }, "epochs": 5 }), vec!["warm-up", "epochs"]),
        (json!({ "warm-up": { "epochs": 2, "steps": 2 } }), vec!["warm-up", "steps"]),
        (json!({ "warm-up": { "steps": 2, "from": 0.0 } }), vec!["warm-up", "from"]),
        (json!({ "warm-up": { "steps": 2, "from": 1.5 } }), vec!["warm-up", "from"]),
        (json!({ "warm-up": 2, "schedule": "one-cycle" }), vec!["warm-up"]),
        (
            json!({ "schedule": { "one-cycle": { "pct-start": 1.5 } } }),
            vec!["schedule", "one-cycle", "pct-start"],
        ),
        (
            json!({ "schedule": { "one-cycle": { "div-factor": 0.0 } } }),
            vec!["schedule", "one-cycle", "div-factor"],
        ),
        (
            json!({ "schedule": { "one-cycle": { "momentum": [0.9, 1.0] } } }),
            vec!["schedule", "one-cycle", "momentum"],
        ),
    ] {
        let error = Recipe::read(written.clone()).err().expect("it is refused");
        assert_eq!(error.path, place, "{written}: {error}");
    }
}
