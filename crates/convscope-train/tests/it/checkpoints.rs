//! A training that was stopped and goes on ends with the bits of one that was not.

use convscope_core::Shape;
use convscope_data::transforms::Chain;
use convscope_model::layer::{BatchNorm, Conv, Dropout, Linear};
use convscope_model::{Layer, Net, Op};
use convscope_train::{
    Checkpoint, CheckpointError, Continue, Handling, Outcome, Recipe, TrainError, Trained,
    Training, resume, train,
};
use serde_json::json;

use crate::{SIDE, bits, net, planted, recipe, start, training};

/// Trains one epoch at a time, each from the bytes that the one before left; returns how often it went on.
fn in_pieces(training: &Training<'_>, weights: &[f32]) -> (Trained, u32) {
    let mut trained = train(training, weights.to_vec(), &mut |_, _| Continue::No).unwrap();
    let mut pieces = 0;
    while let Some(checkpoint) = trained.checkpoint.take() {
        pieces += 1;
        assert_eq!(checkpoint.epoch(), pieces);
        assert_eq!(trained.outcome, Outcome::Stopped { epoch: pieces });
        let bytes = checkpoint.to_bytes();
        assert_eq!(bytes, checkpoint.to_bytes());
        let read = Checkpoint::from_bytes(&bytes).unwrap();
        assert_eq!(read, checkpoint);
        let mut seen = Vec::new();
        trained = resume(training, weights.to_vec(), &read, &mut |epoch, _| {
            seen.push(epoch.number);
            Continue::No
        })
        .unwrap();
        assert_eq!(seen, [pieces + 1], "epochs that are behind it are not trained again");
    }
    (trained, pieces)
}

fn whole(training: &Training<'_>, weights: &[f32]) -> Trained {
    train(training, weights.to_vec(), &mut |_, _| Continue::Yes).unwrap()
}

/// A net with all that draws or remembers: dropout, and batch norm with its running statistics.
fn restless() -> Net {
    let layers = vec![
        Layer::new("conv", Op::Conv(Conv { filters: 4, kernel: 3, ..Conv::default() })),
        Layer::new("bn", Op::BatchNorm(BatchNorm::default())),
        Layer::new("relu", Op::Relu),
        Layer::new("flatten", Op::Flatten),
        Layer::new("dropout", Op::Dropout(Dropout { rate: 0.3 })),
        Layer::new("fc", Op::Linear(Linear { outputs: 3, bias: true })),
    ];
    Net::new(Shape::image(1, SIDE, SIDE), layers).unwrap()
}

#[test]
fn every_optimiser_schedule_and_penalty_goes_on() {
    let recipes = [
        json!({ "optimizer": { "sgd": { "lr": 0.05 } } }),
        json!({ "optimizer": { "sgd": { "lr": 0.05, "momentum": 0.9, "nesterov": true } }, "clip": { "norm": 1.0 } }),
        json!({ "optimizer": { "adam": { "lr": 0.01 } }, "schedule": "cosine", "warm-up": 1, "label-smoothing": 0.1 }),
        json!({ "optimizer": { "adamw": { "lr": 0.01 } }, "schedule": { "one-cycle": { "momentum": [0.8, 0.9] } } }),
        json!({ "regularizers": [
            { "soft-weight-sharing": { "weight": 1e-3, "components": 4 } },
            { "l2-to-start": { "weight": 0.1 } },
            { "nearest-structure": { "weight": 0.1, "warm-up": 2 } },
        ] }),
    ];
    let (images, valid) = (planted(35, 2), planted(20, 3));
    for mut written in recipes {
        written["epochs"] = json!(4);
        written["batch"] = json!(10);
        let recipe = recipe(written.clone());
        for net in [net("simple-cnn"), restless()] {
            let plain = vec![Handling::default(); net.parameters().len()];
            for valid in [None, Some(&valid)] {
                let training =
                    Training { valid, test: valid, ..training(&net, &images, &recipe, &plain) };
                let first = start(&net, 2);
                let (pieces, times) = in_pieces(&training, &first);
                assert_eq!(times, 3);
                let whole = whole(&training, &first);
                assert_eq!(bits(&pieces.weights), bits(&whole.weights), "{written}");
                assert_eq!(pieces, whole, "{written}");
            }
        }
    }
}

#[test]
fn a_training_on_augmented_images_goes_on() {
    let (net, images) = (net("simple-cnn"), planted(35, 2));
    let steps = [json!({ "random-crop": { "padding": 2 } }), json!("horizontal-flip")];
    let chain = Chain::build(&steps, images.shape()).unwrap();
    let recipe = recipe(json!({ "epochs": 3 }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let training = Training { augment: Some(&chain), ..training(&net, &images, &recipe, &plain) };
    let first = start(&net, 2);
    assert_eq!(in_pieces(&training, &first).0, whole(&training, &first));
}

#[test]
fn a_checkpoint_of_another_training_or_other_bytes_is_refused() {
    let (net, other, images) = (net("simple-cnn"), net("three-layer-mlp"), planted(35, 2));
    let (sgd, adam) = (json!({ "epochs": 3 }), json!({ "epochs": 3, "optimizer": "adam" }));
    let [sgd, adam, short] = [sgd, adam, json!({ "epochs": 1 })].map(recipe);
    let plain = vec![Handling::default(); net.parameters().len()];
    let stopped = training(&net, &images, &sgd, &plain);
    let stopped = train(&stopped, start(&net, 1), &mut |_, _| Continue::No).unwrap();
    let checkpoint = stopped.checkpoint.unwrap();
    let refused = |net: &Net, recipe: &Recipe| {
        let plain = vec![Handling::default(); net.parameters().len()];
        let training = training(net, &images, recipe, &plain);
        match resume(&training, start(net, 1), &checkpoint, &mut |_, _| Continue::Yes) {
            Err(TrainError::Checkpoint(CheckpointError::Other(why))) => why,
            other => panic!("{other:?}"),
        }
    };
    assert!(refused(&other, &sgd).contains("`weights` should have"));
    assert!(refused(&net, &adam).contains("`optimizer.mean` should have"));
    assert!(refused(&net, &short).contains("after epoch 1, and this one has 1"));

    let bytes = checkpoint.to_bytes();
    for place in (0..bytes.len()).step_by(7).chain(bytes.len() - 8..bytes.len()) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 4;
        assert!(Checkpoint::from_bytes(&flipped).is_err(), "byte {place} of {}", bytes.len());
    }
    for length in [0, 1, 8, 100, bytes.len() - 1] {
        assert!(Checkpoint::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
}
