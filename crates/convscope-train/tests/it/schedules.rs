use convscope_train::SCHEDULES;
use serde_json::{Value, json};

use crate::recipe;

fn rates(schedule: &Value, epochs: u32) -> Vec<f64> {
    let recipe = recipe(json!({
        "optimizer": { "sgd": { "lr": 1.0 } }, "schedule": schedule, "epochs": epochs,
    }));
    (1..=epochs).map(|epoch| recipe.rate(epoch)).collect()
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
        let error = convscope_train::Recipe::read(written.clone()).err().expect("it is refused");
        assert_eq!(error.path, [&["schedule"], &place[..]].concat(), "{written}");
    }
}

#[test]
fn every_schedule_starts_at_the_optimisers_rate() {
    for entry in SCHEDULES {
        let settings = if entry.id == "milestones" { json!({ "at": [9] }) } else { json!({}) };
        let schedule = (entry.build)(settings).expect("the settings fit");
        assert!((schedule.rate(0.3, 0, 10) - 0.3).abs() < 1e-15, "{}", entry.id);
        assert!(!schedule.describe().is_empty());
    }
}
