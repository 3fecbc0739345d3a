//! The loop allocates nothing; a binary of its own, because the allocator counts for the whole of it.

use allocation_counter::measure;
use convscope_core::registry::find;
use convscope_core::{Seed, Shape, Subspace};
use convscope_data::Images;
use convscope_data::transforms::Chain;
use convscope_engine::Level;
use convscope_model::{INITS, NETS};
use convscope_probe::Size;
use convscope_train::{Continue, Groups, Handling, Piece, Recipe, Training, train};
use serde_json::{Value, json};

#[test]
fn four_epochs_allocate_as_often_as_two() {
    for net in ["simple-cnn", "three-layer-mlp"] {
        for optimizer in ["sgd", "adam", "adamw"] {
            let optimizer = json!(optimizer);
            for handled in [false, true] {
                let counted = [2, 4].map(|epochs| allocations(net, &optimizer, epochs, handled));
                assert_eq!(counted[0], counted[1], "{net}, {optimizer}, {handled}");
            }
        }
    }
}

/// Counts the allocations of a training with short last batches, watched on other images.
///
/// `handled` asks for everything that a recipe and a handling can.
fn allocations(net: &str, optimizer: &Value, epochs: u32, handled: bool) -> u64 {
    let (images, valid) = (noise(25, 1), noise(19, 2));
    let entry = find(NETS, "net", net).expect("the net is in the family");
    let net = (entry.build)(json!({})).expect("defaults fit").net(images.shape(), 3);
    let net = net.expect("the net fits gray images");
    let init = find(INITS, "initialiser", "pytorch").expect("the initialiser is in the family");
    let init = (init.build)(json!({})).expect("it has no settings");
    let weights = init.weights(&net, Seed::root(3)).expect("every net can start so");
    let mut written = json!({ "optimizer": optimizer, "batch": 10, "epochs": epochs });
    let mut handling = vec![Handling::default(); net.parameters().len()];
    if handled {
        written["schedule"] = json!("cosine");
        written["warm-up"] = json!(1);
        written["clip"] = json!(0.5);
        written["no-decay"] = json!(["*.bias"]);
        let mut penalties = vec![json!("l1"), json!({ "l2-to-start": { "warm-up": 3 } })];
        if net.parameters()[0].dimensions.len() == 4 {
            let of_kernels =
                ["kernel-entropy", "unique-values", "nearest-structure", "soft-weight-sharing"];
            penalties.extend(of_kernels.map(Value::from));
        }
        written["regularizers"] = json!(penalties);
        let count = net.parameters()[0].len();
        handling[0].mask = Some((0..count).map(|index| index % 3 > 0).collect());
        let nothing = Piece::Within(Subspace::spanned_by(1, &[]));
        handling[1] = Handling::of_pieces(vec![nothing; net.parameters()[1].len()]);
        let last = &net.parameters()[2];
        let product = Piece::Separable(Size { rows: 1, columns: last.len() / last.dimensions[0] });
        let kinds = [Piece::Free, Piece::Frozen, product].into_iter().cycle();
        handling[2] = Handling::of_pieces(kinds.take(last.dimensions[0]));
        if let Some(parameter) = net.parameters().get(4) {
            let levels: Vec<f32> = (0..parameter.len()).map(|index| (index % 5) as f32).collect();
            handling[4] = Handling::of_pieces([Piece::Shared(Groups::of(&levels))]);
        }
    }
    let recipe = Recipe::read(written);
    let steps = [json!({ "random-crop": { "padding": 2 } }), json!("horizontal-flip")];
    let chain = Chain::build(&steps, images.shape()).expect("the steps leave the shape");
    let training = Training {
        net: &net,
        images: &images,
        augment: handled.then_some(&chain),
        valid: Some(&valid),
        test: None,
        recipe: &recipe.expect("the recipe can be read"),
        handling: &handling,
        seed: Seed::root(4),
        level: Level::detect(),
        threads: 1,
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
