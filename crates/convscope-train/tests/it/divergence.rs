use convscope_core::{Missing, Value};
use convscope_train::{Continue, Handling, Outcome, Trained, Training, train};
use serde_json::json;

use crate::{curve, net, planted, recipe, start, trained, training, value};

fn diverged(trained: &Trained) -> u32 {
    match trained.outcome {
        Outcome::Diverged { epoch } => epoch,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rate_of_a_million_is_an_outcome_and_not_a_crash() {
    let (net, images, valid) = (net("simple-cnn"), planted(30, 1), planted(9, 2));
    // A rate alone can leave dead units and a finite loss; the decay multiplies weights by −10⁴.
    let recipe = recipe(json!({
        "optimizer": { "sgd": { "lr": 1e6, "weight-decay": 0.01 } }, "batch": 5, "epochs": 20,
    }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let training = Training { valid: Some(&valid), ..training(&net, &images, &recipe, &plain) };
    let mut watched = 0;
    let trained = train(&training, start(&net, 1), &mut |epoch, weights| {
        watched = epoch.number;
        assert!(epoch.running_loss.is_finite() && weights.iter().all(|w| w.is_finite()));
        Continue::Yes
    })
    .unwrap();
    let epoch = diverged(&trained);
    assert_eq!(watched, epoch - 1);
    let reason = Value::Missing(Missing { missing: format!("diverged in epoch {epoch}") });
    for curve in &trained.curves {
        assert_eq!(curve.values.len(), 20, "{}", curve.name);
        let (before, after) = curve.values.split_at(watched as usize);
        assert!(before.iter().all(|value| value.number().is_some()), "{}", curve.name);
        assert!(after.iter().all(|value| *value == reason), "{}", curve.name);
    }
    assert_eq!(trained.values.len(), 7);
    let (free, examined) = trained.values.split_last().unwrap();
    assert!(examined.iter().all(|(_, value)| *value == reason));
    let count = net.parameter_count() as f64;
    assert_eq!((free.0.as_str(), free.1.number()), ("free-parameters", Some(count)));
    assert!(trained.tables.is_empty());
    assert!(trained.weights.iter().all(|weight| weight.is_finite()));
}

#[test]
fn what_was_learned_before_a_divergence_is_kept() {
    let (net, images) = (net("two-layer-mlp"), planted(30, 3));
    // Three quiet epochs, then a rate at which two layers multiply beyond 32-bit numbers.
    let written = |epochs| {
        json!({
            "optimizer": { "sgd": { "lr": 0.01 } }, "batch": 5, "epochs": epochs,
            "schedule": { "milestones": { "at": [3], "factor": 1e30 } },
        })
    };
    let (short, long) = (recipe(written(3)), recipe(written(6)));
    let plain = vec![Handling::default(); net.parameters().len()];
    let quiet = trained(&training(&net, &images, &short, &plain), start(&net, 3));
    let loud = trained(&training(&net, &images, &long, &plain), start(&net, 3));
    assert_eq!(quiet.outcome, Outcome::Done);
    assert_eq!(diverged(&loud), 4);
    assert_eq!(loud.weights, quiet.weights);
    let name = "running-train-loss";
    assert_eq!(curve(&loud, name)[..3], curve(&quiet, name)[..]);
    assert_eq!(curve(&loud, name)[3].reason(), Some("diverged in epoch 4"));
    assert_eq!(value(&loud, "train-loss").reason(), Some("diverged in epoch 4"));
}
