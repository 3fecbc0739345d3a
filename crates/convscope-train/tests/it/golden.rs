//! The numbers that `PyTorch` computed, from `golden/`.

use convscope_core::registry::find;
use convscope_core::{Seed, Shape};
use convscope_data::Images;
use convscope_engine::{Executor, Level, Samples};
use convscope_model::layer::Linear;
use convscope_model::{Layer, NETS, Net, Op};
use convscope_train::{Recipe, Span};
use serde_json::{Value, json};

const TOLERANCE: f64 = 1e-4;

#[test]
fn fifty_steps_of_the_simple_cnn_go_where_pytorch_goes() {
    replay("simple-cnn");
}

#[test]
fn fifty_steps_of_the_three_layer_mlp_go_where_pytorch_goes() {
    replay("three-layer-mlp");
}

fn replay(name: &str) {
    let golden = read(include_str!("../../../../golden/trajectory.json"));
    let wanted = &golden["nets"][name];
    let images = golden_images(&golden["images"]);
    let entry = find(NETS, "net", name).expect("the net is in the family");
    let net = (entry.build)(json!({})).unwrap().net(images.shape(), 3).unwrap();
    let mut weights = golden_weights(&net, &wanted["parameters"]);
    let recipe = Recipe::read(json!({ "optimizer": golden["optimizer"] })).unwrap();
    let level = Level::detect();
    let mut descent = recipe.optimizer().start(weights.len(), level);
    let mut executor = Executor::new(&net, 10, level);
    let mut gradients = vec![0.0; weights.len()];
    let all = [Span { range: 0..weights.len(), decays: true }];
    let pace = recipe.pace(recipe.moment(0, 1));
    let samples = Samples { pixels: images.pixels(), labels: images.labels() };
    let (batches, losses) = (list(&golden["batches"]), numbers(&wanted["losses"]));
    assert_eq!((batches.len(), losses.len()), (50, 50));
    for (step, (batch, loss)) in batches.iter().zip(losses).enumerate() {
        let batch: Vec<u32> = numbers(batch).iter().map(|&image| image as u32).collect();
        let score = executor.gradients(&weights, samples, &batch, Seed::root(1), &mut gradients);
        let came = score.loss_sum / batch.len() as f64;
        assert!((came - loss).abs() < TOLERANCE, "step {step}: {came}, wanted {loss}");
        descent.step(pace, &mut weights, &gradients, &all);
    }
    for (parameter, wanted) in net.parameters().iter().zip(list(&wanted["parameters"])) {
        let own = &weights[parameter.range()];
        let stride = wanted["stride"].as_u64().unwrap() as usize;
        let written = numbers(&wanted["final"]);
        assert_eq!(written.len(), own.len().div_ceil(stride));
        for (came, wanted) in own.iter().step_by(stride).zip(written) {
            assert!(
                (f64::from(*came) - wanted).abs() < TOLERANCE,
                "{}: {came}, wanted {wanted}",
                parameter.name
            );
        }
        let squares: f64 = own.iter().map(|weight| f64::from(*weight).powi(2)).sum();
        let wanted = wanted["final_sum_of_squares"].as_f64().unwrap();
        assert!(
            (squares / wanted - 1.0).abs() < TOLERANCE,
            "{}: {squares}, wanted {wanted}",
            parameter.name
        );
    }
}

#[test]
fn a_hundred_steps_of_every_optimiser_and_schedule_go_where_pytorch_goes() {
    let golden = read(include_str!("../../../../golden/optimizers.json"));
    let runs = list(&golden["runs"]);
    assert_eq!(runs.len(), 52);
    let recorded: Vec<u64> =
        list(&golden["steps"]).iter().map(|step| step.as_u64().unwrap()).collect();
    for run in runs {
        let name = format!("{} {} {}", run["optimizer"], run["schedule"], run["clip"]);
        let recipe = Recipe::read(recipe_of(run)).unwrap();
        let (rates, momenta) = (numbers(&run["rates"]), &run["momenta"]);
        let mut x = singles(&golden["problem"]["start"]);
        let mut descent = recipe.optimizer().start(3, Level::detect());
        let spans = spans(run);
        let mut met = 0;
        for step in 0..100 {
            let pace = recipe.pace(recipe.moment(step, 1));
            let mut gradients = gradient(&golden["problem"], &x);
            if let Some(clip) = recipe.clip() {
                clip.apply(&mut gradients, &spans);
            }
            descent.step(pace, &mut x, &gradients, &spans);
            let Some(place) = recorded.iter().position(|&number| number == step) else {
                continue;
            };
            met += 1;
            let of_pytorch = rates[place.min(rates.len() - 1)];
            assert!((pace.rate / of_pytorch - 1.0).abs() < 1e-12, "{name}, {step}: {pace:?}");
            match (pace.momentum, momenta.get(place)) {
                (Some(came), Some(wanted)) => {
                    let wanted = wanted.as_f64().unwrap();
                    assert!((came / wanted - 1.0).abs() < 1e-12, "{name}, step {step}: {came}");
                }
                (came, wanted) => assert!(came.is_none() && wanted.is_none(), "{name}, {came:?}"),
            }
            for (came, wanted) in x.iter().zip(numbers(&run["x"][place])) {
                assert!(
                    (f64::from(*came) - wanted).abs() < TOLERANCE / 10.0,
                    "{name}, step {step}: {came}, wanted {wanted}"
                );
            }
        }
        assert_eq!(met, recorded.len());
    }
}

#[test]
fn smoothed_labels_have_pytorchs_losses_and_gradients() {
    let golden = read(include_str!("../../../../golden/label_smoothing.json"));
    let pixels: Vec<f32> = list(&golden["logits"]).iter().flat_map(singles).collect();
    let labels: Vec<u16> = numbers(&golden["labels"]).iter().map(|&label| label as u16).collect();
    // A linear layer that leaves its input as it is; its bias has the gradient of the logits.
    let linear = Linear { outputs: 4, bias: true };
    let net = Net::new(Shape::flat(4), vec![Layer::new("fc", Op::Linear(linear))]).unwrap();
    let mut weights = vec![0.0; 20];
    (0..4).for_each(|i| weights[5 * i] = 1.0);
    let samples = Samples { pixels: &pixels, labels: &labels };
    let mut executor = Executor::new(&net, 5, Level::detect());
    let mut gradients = vec![0.0; 20];
    for run in list(&golden["runs"]) {
        let recipe = Recipe::read(json!({ "label-smoothing": run["smoothing"] })).unwrap();
        executor.smooth_labels(recipe.label_smoothing() as f32);
        let wanted = (numbers(&run["losses"]), list(&run["gradients"]));
        for (sample, (loss, slopes)) in wanted.0.iter().zip(wanted.1).enumerate() {
            let batch = [sample as u32];
            let noise = Seed::root(1);
            let score = executor.gradients(&weights, samples, &batch, noise, &mut gradients);
            let apart = (score.loss_sum - loss).abs();
            assert!(apart < TOLERANCE / 10.0 * loss.max(1.0), "{}: {apart}", run["smoothing"]);
            // Golden gradients are those of the mean over five samples.
            for (came, wanted) in gradients[16..].iter().zip(numbers(slopes)) {
                let apart = (f64::from(*came) - 5.0 * wanted).abs();
                assert!(apart < TOLERANCE / 10.0, "{}: {came}", run["smoothing"]);
            }
        }
        let score =
            executor.gradients(&weights, samples, &[0, 1, 2, 3, 4], Seed::root(1), &mut gradients);
        let loss = run["loss"].as_f64().unwrap();
        assert!((score.loss_sum / 5.0 / loss - 1.0).abs() < TOLERANCE / 10.0);
    }
}

/// Weight decay may leave the last of the three weights alone.
fn spans(run: &Value) -> Vec<Span> {
    if run["undecayed"] == true {
        vec![Span { range: 0..2, decays: true }, Span { range: 2..3, decays: false }]
    } else {
        vec![Span { range: 0..3, decays: true }]
    }
}

/// Translates `PyTorch`'s names for settings.
fn recipe_of(run: &Value) -> Value {
    let name = run["optimizer"].as_str().unwrap();
    let family = ["adamw", "adam"].into_iter().find(|id| name.starts_with(id)).unwrap_or("sgd");
    let mut settings = serde_json::Map::new();
    for (key, value) in run["settings"].as_object().unwrap() {
        settings.insert(key.replace('_', "-"), value.clone());
    }
    let cosine = json!({ "cosine": { "to": 0.002 } });
    let (schedule, warm_up) = match run["schedule"].as_str().unwrap() {
        "step" => (json!({ "step": { "every": 30, "factor": 0.1 } }), 0),
        "cosine" => (cosine, 0),
        "one-cycle-momentum" => (json!({ "one-cycle": { "momentum": [0.85, 0.95] } }), 0),
        "warm-up" => (json!("constant"), 5),
        "warm-up-cosine" => (cosine, 5),
        other => (json!(other), 0),
    };
    json!({
        "optimizer": { family: settings }, "schedule": schedule, "warm-up": warm_up,
        "clip": run["clip"], "epochs": 100,
    })
}

/// matrix · (x − target) + x³ / 8
fn gradient(problem: &Value, x: &[f32]) -> Vec<f32> {
    let target = singles(&problem["target"]);
    let from_target: Vec<f32> = x.iter().zip(&target).map(|(x, target)| x - target).collect();
    let row = |row: &Value| {
        let row = singles(row);
        row.iter().zip(&from_target).map(|(a, b)| a * b).sum::<f32>()
    };
    list(&problem["matrix"]).iter().zip(x).map(|(line, x)| row(line) + x * x * x / 8.0).collect()
}

/// The images of the formula that the golden file states.
fn golden_images(wanted: &Value) -> Images {
    let count = wanted["count"].as_u64().unwrap() as u32;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for image in 0..count {
        let mut own: Vec<u32> = draws(1000 + image).take(784).map(|drawn| drawn >> 6).collect();
        let first = 3 + 7 * image as usize % 20;
        for line in [first, first + 1] {
            for across in 0..28 {
                match image % 3 {
                    0 => own[28 * line + across] = 192,
                    1 => own[28 * across + line] = 192,
                    _ => {}
                }
            }
        }
        pixels.extend(own.into_iter().map(|pixel| pixel as f32 / 256.0));
        labels.push((image % 3) as u16);
    }
    let sum: f64 = pixels.iter().copied().map(f64::from).sum();
    assert_eq!(Some(sum), wanted["sum"].as_f64(), "the formula gives the images of the file");
    let classes = ["rows", "columns", "neither"].map(str::to_owned).to_vec();
    Images::new(Shape::image(1, 28, 28), pixels, labels, classes).unwrap()
}

/// The first weights of the formula that the golden file states.
fn golden_weights(net: &Net, parameters: &Value) -> Vec<f32> {
    let mut weights = Vec::new();
    for (number, (parameter, wanted)) in net.parameters().iter().zip(list(parameters)).enumerate() {
        assert_eq!(parameter.name, wanted["name"]);
        assert_eq!(json!(parameter.dimensions), wanted["shape"]);
        let scale = wanted["scale"].as_f64().unwrap();
        let own: Vec<f32> = draws(number as u32 + 1)
            .take(parameter.len())
            .map(|drawn| ((f64::from(drawn) - 2048.0) / 2048.0 * scale) as f32)
            .collect();
        let sum: f64 = own.iter().copied().map(f64::from).sum();
        assert_eq!(Some(sum), wanted["initial_sum"].as_f64(), "{}", parameter.name);
        weights.extend(own);
    }
    weights
}

fn draws(seed: u32) -> impl Iterator<Item = u32> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(seed), next).skip(1).map(|state| state >> 20)
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("golden files are JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(|number| number.as_f64().expect("a number")).collect()
}

fn singles(value: &Value) -> Vec<f32> {
    numbers(value).into_iter().map(|number| number as f32).collect()
}
