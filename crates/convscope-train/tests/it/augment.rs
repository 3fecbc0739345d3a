//! Images that are drawn anew in every epoch.

use convscope_core::Shape;
use convscope_data::transforms::Chain;
use convscope_engine::{Executor, Samples};
use convscope_train::{Continue, Handling, Pace, Span, TrainError, Training, train};
use serde_json::json;

use crate::{SIDE, bits, net, planted, recipe, start, trained, training, value};

fn shifts() -> Chain {
    let steps = [json!({ "random-crop": { "padding": 2 } }), json!("horizontal-flip")];
    Chain::build(&steps, Shape::image(1, SIDE, SIDE)).expect("the steps fit")
}

#[test]
fn each_epoch_trains_on_images_drawn_from_its_own_seed() {
    let (net, images, chain) = (net("simple-cnn"), planted(30, 1), shifts());
    let recipe = recipe(json!({ "optimizer": { "sgd": { "lr": 0.1 } }, "batch": 10, "epochs": 3 }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let plainly = training(&net, &images, &recipe, &plain);
    let training = Training { augment: Some(&chain), ..plainly };
    let by_loop = trained(&training, start(&net, 2));

    let mut weights = start(&net, 2);
    let mut executor = Executor::new(&net, 16, training.level);
    let mut descent = recipe.optimizer().start(weights.len(), training.level);
    let mut gradients = vec![0.0; weights.len()];
    let all = [Span { range: 0..weights.len(), decays: true }];
    let mut step = 0;
    for epoch in 0..3 {
        let seed = training.seed.child("augment").nth(epoch);
        let drawn = chain.apply(&images, seed, |place| place as u64).unwrap();
        assert_ne!(drawn.pixels(), images.pixels());
        let samples = Samples { pixels: drawn.pixels(), labels: images.labels() };
        let mut order = vec![0; images.len()];
        training.shuffle(epoch as u32 + 1, &mut order);
        for batch in order.chunks(10) {
            let noise = training.noise(step);
            executor.gradients(&weights, samples, batch, noise, &mut gradients);
            descent.step(Pace { rate: 0.1, momentum: None }, &mut weights, &gradients, &all);
            step += 1;
        }
    }
    assert_eq!(bits(&by_loop.weights), bits(&weights));
    assert_ne!(bits(&by_loop.weights), bits(&trained(&plainly, start(&net, 2)).weights));
}

#[test]
fn what_is_measured_at_the_end_is_measured_on_images_as_they_are() {
    let (net, images) = (net("two-layer-mlp"), planted(30, 3));
    // Every image is painted over while it is trained on, so that nothing can be learned of it.
    let steps = [json!({ "normalize": { "mean": 0.0, "std": 1e6 } })];
    let dark = Chain::build(&steps, images.shape()).unwrap();
    let recipe =
        recipe(json!({ "optimizer": { "sgd": { "lr": 1e-9 } }, "batch": 30, "epochs": 1 }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let plainly = training(&net, &images, &recipe, &plain);
    let darkly = Training { augment: Some(&dark), ..plainly };
    let [plain, dark] = [plainly, darkly].map(|training| trained(&training, start(&net, 3)));
    let [plain, dark] = [&plain, &dark].map(|of| value(of, "train-loss").number().unwrap());
    assert!((plain - dark).abs() < 1e-5, "{plain} {dark}");
}

#[test]
fn images_of_another_shape_are_refused() {
    let (net, images) = (net("two-layer-mlp"), planted(6, 3));
    let chain = Chain::build(&[json!({ "pad": { "amount": 1 } })], images.shape()).unwrap();
    let recipe = recipe(json!({ "optimizer": "adam" }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let plainly = training(&net, &images, &recipe, &plain);
    let training = Training { augment: Some(&chain), ..plainly };
    let error = train(&training, start(&net, 1), &mut |_, _| Continue::Yes).unwrap_err();
    let (wanted, came) = (images.shape(), Shape::image(1, SIDE + 2, SIDE + 2));
    assert_eq!(error, TrainError::Augment { wanted, came });
}
