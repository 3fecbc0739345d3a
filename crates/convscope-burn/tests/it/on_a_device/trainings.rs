//! Trainings against those on the engine.

use convscope_burn::{DeviceTrainer, Executor, PopulationError, Precision, train};
use convscope_core::{Seed, Shape};
use convscope_data::Images;
use convscope_data::transforms::Chain;
use convscope_engine::Level;
use convscope_model::layer::BatchNorm;
use convscope_model::{Net, Op};
use convscope_train::{
    Continue, Handling, Member, Outcome, Recipe, Trained, Trainer, Training, train_with,
};
use serde_json::json;

use super::{assert_near, device, device_name, named, nets, samples, start};

/// What a training is made of.
struct Given {
    net: Net,
    images: Vec<Images>,
    valid: [Images; 3],
    recipes: Vec<Recipe>,
    /// Of each member.
    handling: [Vec<Handling>; 3],
}

impl Given {
    /// Three members' images and recipes for a net of the family.
    fn new(name: &str, recipes: [serde_json::Value; 3]) -> Self {
        Self::of(named(name, Shape::image(1, 10, 10), 3), recipes)
    }

    /// As [`Given::new`], for any net. Brighter images are of later classes.
    fn of(net: Net, recipes: [serde_json::Value; 3]) -> Self {
        let images = |count, seed| {
            let (mut pixels, labels) = samples(&net, count, seed);
            for (image, &label) in pixels.chunks_exact_mut(net.input().len()).zip(&labels) {
                let bright = 0.25 + 0.25 * f32::from(label);
                for pixel in image {
                    *pixel = (bright + 0.2 * *pixel).clamp(0.0, 1.0);
                }
            }
            let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
            Images::new(net.input(), pixels, labels, classes).unwrap()
        };
        let (own, valid) = (
            (0..3).map(|seed| images(21, seed)).collect(),
            [50, 51, 52].map(|seed| images(9, seed)),
        );
        let recipes = recipes.map(|written| Recipe::read(written).unwrap()).into();
        let handling = [(); 3].map(|()| vec![Handling::default(); net.parameters().len()]);
        Self { images: own, valid, recipes, handling, net }
    }

    fn member(&self, member: usize) -> Member<'_> {
        let training = Training {
            net: &self.net,
            images: &self.images[member],
            augment: None,
            valid: Some(&self.valid[member]),
            test: Some(&self.images[0]),
            recipe: &self.recipes[member],
            handling: &self.handling[member],
            seed: Seed::root(7).nth(member as u64),
            level: Level::detect(),
            threads: 1,
        };
        Member { training, weights: start(&self.net, member as u64) }
    }

    fn members(&self) -> Vec<Member<'_>> {
        (0..3).map(|member| self.member(member)).collect()
    }
}

fn trained(members: &[Member<'_>]) -> Vec<Trained> {
    train(members, &device(), Precision::Single, &mut |_, _| Continue::Yes).unwrap()
}

fn by_engine(member: &Member<'_>) -> Trained {
    let weights = member.weights.clone();
    convscope_train::train(&member.training, weights, &mut |_, _| Continue::Yes).unwrap()
}

/// Compares weights, curves and final values; counts of answers are compared as they are.
fn assert_same(found: &Trained, expected: &Trained, most: f64, what: &str) {
    assert_eq!(found.outcome, expected.outcome, "{what}");
    assert_near(&found.weights, &expected.weights, most, what);
    let names = |trained: &Trained| trained.values.iter().map(|v| v.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{what}");
    let numbers = |trained: &Trained| {
        let curves = trained.curves.iter().flat_map(|curve| curve.values.clone());
        let values = trained.values.iter().map(|(_, value)| value.clone());
        curves.chain(values).map(|value| value.number().unwrap() as f32).collect::<Vec<_>>()
    };
    assert_near(&numbers(found), &numbers(expected), most, what);
    assert_eq!(found.tables, expected.tables, "{what}");
}

/// Recipes of every optimiser, each member with its own rate, schedule and settings.
fn optimisers() -> [(&'static str, [serde_json::Value; 3]); 5] {
    let recipe = |optimizer: serde_json::Value, schedule: serde_json::Value| json!({ "optimizer": optimizer, "schedule": schedule, "batch": 8, "epochs": 3 });
    let constant = || json!("constant");
    let cosine = || json!({ "cosine": {} });
    let step = || json!({ "step": { "every": 2 } });
    let of = |name: &str, own: [serde_json::Value; 3]| {
        let [a, b, c] = own.map(|settings| json!({ (name): settings }));
        [recipe(a, constant()), recipe(b, cosine()), recipe(c, step())]
    };
    let same = |settings: serde_json::Value| [settings.clone(), settings.clone(), settings];
    [
        ("sgd", of("sgd", [0.01, 0.1, 0.05].map(|lr| json!({ "lr": lr })))),
        (
            "momentum",
            of("sgd", [0.0, 0.9, 0.5].map(|m| json!({ "momentum": m, "weight-decay": m / 100.0 }))),
        ),
        (
            "nesterov",
            of("sgd", same(json!({ "momentum": 0.9, "nesterov": true, "weight-decay": 0.01 }))),
        ),
        ("adam", of("adam", [0.0, 0.01, 0.1].map(|d| json!({ "weight-decay": d })))),
        ("adamw", of("adamw", [1e-3, 1e-2, 2e-3].map(|lr| json!({ "lr": lr })))),
    ]
}

#[test]
fn every_optimiser_takes_the_steps_that_the_engine_takes() {
    for (name, recipes) in optimisers() {
        let given = Given::new("two-conv", recipes);
        let members = given.members();
        for (member, found) in trained(&members).iter().enumerate() {
            let what = format!("{name}, member {member}");
            assert_same(found, &by_engine(&members[member]), 1e-4, &what);
        }
    }
}

#[test]
fn images_drawn_anew_in_every_epoch_are_those_of_the_engine() {
    let given = Given::new("two-conv", optimisers()[0].1.clone());
    let steps = [json!({ "random-crop": { "padding": 1 } }), json!("horizontal-flip")];
    let chain = Chain::build(&steps, given.net.input()).unwrap();
    let mut members = given.members();
    for member in &mut members[1..] {
        member.training.augment = Some(&chain);
    }
    for (member, found) in members.iter().zip(trained(&members)) {
        assert_same(&found, &by_engine(member), 1e-3, "augmented");
    }
}

#[test]
fn statistics_and_frozen_parameters_are_those_of_the_engine() {
    let recipe = json!({ "optimizer": { "sgd": { "momentum": 0.9 } }, "batch": 8, "epochs": 2 });
    // Nothing in it has corners, at which a rounding would decide where a training goes.
    let conv = || Op::Conv(nets::zero(4, 3, 1));
    let norm = || Op::BatchNorm(BatchNorm::default());
    let layers = [conv(), norm(), Op::Tanh, conv(), norm(), Op::Gelu, nets::GAP, nets::linear(3)];
    let net = nets::net(Shape::image(1, 10, 10), &layers);
    let mut given = Given::of(net, [recipe.clone(), recipe.clone(), recipe]);
    for handling in &mut given.handling {
        for (place, own) in handling.iter_mut().enumerate() {
            own.frozen = place % 4 == 1;
        }
    }
    let members = given.members();
    for (member, found) in trained(&members).iter().enumerate() {
        let expected = by_engine(&members[member]);
        assert_same(found, &expected, 1e-4, &format!("member {member}"));
        let parameters = given.net.parameters().iter().zip(&given.handling[member]);
        for (parameter, _) in parameters.filter(|(_, own)| own.frozen) {
            let range = parameter.range();
            assert_eq!(found.weights[range.clone()], members[member].weights[range]);
        }
    }
}

#[test]
fn a_loop_elsewhere_trains_on_the_device_as_on_the_engine() {
    let [recipe, ..] = optimisers().map(|(_, recipes)| recipes);
    let given = Given::new("two-conv", recipe);
    let member = given.member(1);
    let mut executor = Executor::new(&given.net, &device(), Precision::Single);
    let weights = member.weights.clone();
    let found = train_with(&mut executor, &member.training, weights, &mut |_, _| Continue::Yes);
    assert_same(&found.unwrap(), &by_engine(&member), 1e-4, "by the loop");
}

#[test]
fn a_trainer_trains_alone_what_no_population_computes() {
    let recipe = json!({ "optimizer": "adam", "clip": 0.1, "batch": 8, "epochs": 2 });
    let given = Given::new("two-conv", [recipe.clone(), recipe.clone(), recipe]);
    let trainer = DeviceTrainer::find(&device_name(), Precision::Single).unwrap();
    let member = given.member(1);
    assert_eq!(trainer.alone(&member.training.form()), Some("clipped gradients"));
    let expected = by_engine(&member);
    let mut epochs = Vec::new();
    let found = trainer.train(&[member], &mut |member, epoch| {
        epochs.push((member, epoch.number));
        Continue::Yes
    });
    assert_same(&found.unwrap()[0], &expected, 1e-4, "alone");
    assert_eq!(epochs, [(0, 1), (0, 2)]);
    assert!(trainer.train(&given.members(), &mut |_, _| Continue::Yes).is_err());
}

#[test]
fn masked_weights_stay_zero_and_the_others_learn() {
    let [_, _, nesterov, adam, _] = optimisers();
    for (name, recipes) in [nesterov, adam] {
        let mut given = Given::new("two-conv", recipes.clone());
        let mask: Vec<bool> = (0..given.net.parameter_count()).map(|i| i % 3 > 0).collect();
        for (parameter, own) in given.net.parameters().iter().zip(&mut given.handling[1]) {
            own.mask = Some(mask[parameter.range()].into());
        }
        let members = given.members();
        let found = trained(&members);
        assert_same(&found[1], &by_engine(&members[1]), 1e-4, name);
        let weights = found[1].weights.iter().zip(&members[1].weights).zip(&mask);
        let (mut learnt, mut kept) = (0, 0);
        for ((&weight, &first), &is) in weights {
            assert!(is || weight.to_bits() << 1 == 0, "{name}: a masked weight is {weight}");
            kept += usize::from(is);
            learnt += usize::from(is && weight.to_bits() != first.to_bits());
        }
        assert!(learnt * 2 > kept, "{name}: {learnt} of {kept} weights learn");
        let unmasked = trained(&Given::new("two-conv", recipes).members());
        assert_near(&found[0].weights, &unmasked[0].weights, 1e-5, name);
    }
}

#[test]
fn a_member_that_diverges_or_stops_leaves_the_others_alone() {
    let sgd = |lr: f64| json!({ "optimizer": { "sgd": { "lr": lr } }, "batch": 8, "epochs": 4 });
    let given = Given::new("two-conv", [sgd(0.01), sgd(1e30), sgd(0.02)]);
    let members = given.members();
    let found = train(&members, &device(), Precision::Single, &mut |member, epoch| {
        if member == 2 && epoch.number == 2 { Continue::No } else { Continue::Yes }
    });
    let found = found.unwrap();
    assert_same(&found[0], &by_engine(&members[0]), 1e-4, "the one that went on");
    assert_eq!(found[1].outcome, by_engine(&members[1]).outcome);
    assert!(found[1].weights.iter().all(|weight| weight.is_finite()));
    assert_eq!(found[2].outcome, Outcome::Stopped { epoch: 2 });
    let unlike = by_engine(&members[2]);
    assert_eq!(found[2].curves[0].values.len(), unlike.curves[0].values.len());
    assert_ne!(found[2].weights, unlike.weights);
}

#[test]
fn what_no_population_computes_is_refused() {
    for (setting, what) in [
        (json!({ "clip": 1.0 }), "clipped gradients"),
        (json!({ "no-decay": ["*.bias"] }), "weight decay on some parameters only"),
        (json!({ "regularizers": [{ "l1": { "weight": 0.1 } }] }), "penalties on weights"),
    ] {
        let given = Given::new("two-conv", [json!({}), setting, json!({})]);
        let error =
            train(&given.members(), &device(), Precision::Single, &mut |_, _| Continue::Yes);
        assert_eq!(error.unwrap_err(), PopulationError::Unsupported { member: 1, what });
    }
}

#[test]
fn members_that_cannot_go_together_are_named() {
    let sgd = |batch: u32| json!({ "batch": batch, "epochs": 1 });
    let adam = json!({ "optimizer": "adam", "batch": 8, "epochs": 1 });
    let refused = |given: &Given| {
        let members = given.members();
        train(&members, &device(), Precision::Single, &mut |_, _| Continue::Yes).unwrap_err()
    };
    let error = refused(&Given::new("two-conv", [sgd(8), sgd(8), sgd(4)]));
    assert_eq!(error, PopulationError::Unlike { member: 2, what: "its batches" });
    let error = refused(&Given::new("two-conv", [sgd(8), adam, sgd(8)]));
    assert_eq!(error, PopulationError::Unlike { member: 1, what: "its kind of optimiser" });
    let given = Given::new("two-conv", [sgd(8), sgd(8), sgd(8)]);
    let mut members = given.members();
    members[2].weights[0] = f32::NAN;
    let error =
        train(&members, &device(), Precision::Single, &mut |_, _| Continue::Yes).unwrap_err();
    assert!(matches!(error, PopulationError::Member { member: 2, .. }), "{error}");
}

#[test]
fn mixed_precision_learns() {
    let recipe = json!({ "optimizer": { "adam": { "lr": 0.01 } }, "batch": 8, "epochs": 20 });
    let given = Given::new("two-conv", [recipe.clone(), recipe.clone(), recipe]);
    let found = train(&given.members(), &device(), Precision::Mixed, &mut |_, _| Continue::Yes);
    for trained in found.unwrap() {
        let losses = &trained.curves[0].values;
        let [first, last] = [0, 19].map(|epoch: usize| losses[epoch].number().unwrap());
        assert!(last < 0.7 * first, "the loss went from {first} to {last}");
    }
}
