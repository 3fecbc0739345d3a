//! The loop allocates nothing; a binary of its own, because the allocator counts for the whole of it.

use allocation_counter::measure;
use convscope_core::registry::find;
use convscope_core::{Seed, Shape};
use convscope_data::Images;
use convscope_engine::Level;
use convscope_model::{INITS, NETS};
use convscope_train::{Continue, Recipe, Training, train};
use serde_json::{Value, json};

#[test]
fn four_epochs_allocate_as_often_as_two() {
    for net in ["simple-cnn", "three-layer-mlp"] {
        for optimizer in ["sgd", "adam", "adamw"] {
            let optimizer = json!(optimizer);
            let (two, four) = (allocations(net, &optimizer, 2), allocations(net, &optimizer, 4));
            assert_eq!(two, four, "{net}, {optimizer}");
        }
    }
}

/// Counts the allocations of a training with short last batches, watched on other images.
fn allocations(net: &str, optimizer: &Value, epochs: u32) -> u64 {
    let (images, valid) = (noise(25, 1), noise(19, 2));
    let entry = find(NETS, "net", net).expect("the net is in the family");
    let net = (entry.build)(json!({})).expect("defaults fit").net(images.shape(), 3);
    let net = net.expect("the net fits gray images");
    let init = find(INITS, "initialiser", "pytorch").expect("the initialiser is in the family");
    let init = (init.build)(json!({})).expect("it has no settings");
    let weights = init.weights(&net, Seed::root(3)).expect("every net can start so");
    let recipe = Recipe::read(json!({ "optimizer": optimizer, "batch": 10, "epochs": epochs }));
    let training = Training {
        net: &net,
        images: &images,
        valid: Some(&valid),
        test: None,
        recipe: &recipe.expect("the recipe can be read"),
        frozen: &vec![false; net.parameters().len()],
        seed: Seed::root(4),
        level: Level::detect(),
    };
    let mut watched = 0;
    let counted = measure(|| {
        let watch = &mut |_: &_, _: &[f32]| {
            watched += 1;
            Continue::Yes
        };
        train(&training, weights, watch).expect("everything fits together");
    });
    assert_eq!(watched, epochs);
    assert!(counted.count_total > 0, "the allocator counts");
    counted.count_total
}

fn noise(count: usize, seed: u64) -> Images {
    let mut draws = Seed::root(seed).stream();
    let pixels = (0..count * 784).map(|_| draws.uniform() as f32).collect();
    let labels = (0..count).map(|image| (image % 3) as u16).collect();
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    Images::new(Shape::image(1, 28, 28), pixels, labels, classes).expect("the images are whole")
}
