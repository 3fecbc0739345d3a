//! Measures how many images a second nets are trained on by Burn's processor backend.
//!
//! `RAYON_NUM_THREADS=1 cargo run --release -p convscope-burn --features flex --example throughput -- NET`
//! prints a line of JSON for each batch size, for one model and, of small nets, for sixteen at once. It
//! is [`train`] that trains: weights, gradients and images stay with Burn, and only the weights of an
//! epoch come back.
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::time::{Duration, Instant};

use convscope_burn::{Precision, device, train};
use convscope_core::registry::find;
use convscope_core::{Seed, Shape};
use convscope_data::Images;
use convscope_engine::Level;
use convscope_model::{INITS, NETS, Net};
use convscope_train::{Continue, Handling, Member, Recipe, Training};
use serde_json::json;

/// A training whose speed is stated.
struct Case {
    net: &'static str,
    input: Shape,
    classes: u16,
    batch: usize,
    adam: bool,
    large: bool,
}

const GRAY: Shape = Shape { channels: 1, height: 28, width: 28 };
const COLOUR: Shape = Shape { channels: 3, height: 32, width: 32 };

const CASES: &[Case] = &[
    Case { net: "simple-cnn", input: GRAY, classes: 3, batch: 10, adam: false, large: false },
    Case { net: "simple-cnn", input: GRAY, classes: 3, batch: 32, adam: false, large: false },
    Case { net: "three-layer-mlp", input: GRAY, classes: 3, batch: 32, adam: false, large: false },
    Case { net: "two-conv", input: GRAY, classes: 10, batch: 64, adam: true, large: false },
    Case { net: "lenet-5", input: GRAY, classes: 10, batch: 64, adam: false, large: false },
    Case { net: "vgg-11-bn", input: COLOUR, classes: 10, batch: 64, adam: false, large: true },
    Case { net: "resnet-18", input: COLOUR, classes: 10, batch: 64, adam: false, large: true },
];

/// The windows behind a line, how long each lasts at least, and after how long there are enough.
const WINDOWS: usize = 5;
const WINDOW: Duration = Duration::from_millis(500);
const ENOUGH: Duration = Duration::from_secs(15);

fn main() -> Result<(), Box<dyn Error>> {
    let net = std::env::args().nth(1).ok_or("usage: throughput NET")?;
    #[expect(clippy::disallowed_methods, reason = "whoever measures says so to Burn by this")]
    let threads: usize = std::env::var("RAYON_NUM_THREADS")?.parse()?;
    for case in CASES.iter().filter(|case| case.net == net) {
        for models in if case.large { &[1][..] } else { &[1, 16] } {
            let mut rates = rates(case, *models)?;
            rates.sort_by(f64::total_cmp);
            let line = json!({
                "who": "burn",
                "mode": if *models == 1 { "one model".into() } else { format!("{models} models at once") },
                "net": net,
                "batch": case.batch,
                "threads": threads,
                "models": models,
                "images_per_second": rates[rates.len() / 2],
                "peak_mib": peak_mib(),
            });
            println!("{line}");
        }
    }
    Ok(())
}

/// Trains until there are rates enough, each of whole epochs.
fn rates(case: &Case, models: usize) -> Result<Vec<f64>, Box<dyn Error>> {
    let architecture = find(NETS, "net", case.net)?;
    let net = (architecture.build)(json!({}))?.net(case.input, case.classes.into())?;
    // A step of a large net takes seconds: an epoch of one step lets windows end in time.
    let images = images(case, if case.large { case.batch } else { 8 * case.batch })?;
    let sgd = json!({ "sgd": { "lr": 0.01, "momentum": 0.9, "weight-decay": 1e-4 } });
    let optimizer = if case.adam { json!("adam") } else { sgd };
    let recipe =
        Recipe::read(json!({ "optimizer": optimizer, "batch": case.batch, "epochs": 10_000 }))?;
    let handling = vec![Handling::default(); net.parameters().len()];
    let member = |place| member(&net, &images, &recipe, &handling, Seed::root(1).nth(place));
    let members = (0..models as u64).map(member).collect::<Result<Vec<_>, _>>()?;
    let (mut rates, mut epochs, begun) = (Vec::new(), 0, Instant::now());
    let mut window = None;
    train(&members, &device("flex")?, Precision::Single, &mut |place, _| {
        let enough = rates.len() == WINDOWS || (!rates.is_empty() && begun.elapsed() > ENOUGH);
        if place + 1 < models || enough {
            return if enough { Continue::No } else { Continue::Yes };
        }
        // The first epoch warms up.
        let start = *window.get_or_insert_with(Instant::now);
        if start.elapsed() >= WINDOW {
            let seen = (epochs * models * images.len()) as f64;
            rates.push(seen / start.elapsed().as_secs_f64());
            (window, epochs) = (Some(Instant::now()), 0);
        }
        epochs += 1;
        Continue::Yes
    })?;
    Ok(rates)
}

fn member<'a>(
    net: &'a Net,
    images: &'a Images,
    recipe: &'a Recipe,
    handling: &'a [Handling],
    seed: Seed,
) -> Result<Member<'a>, Box<dyn Error>> {
    let init = (find(INITS, "initialiser", "pytorch")?.build)(json!({}))?;
    let weights = init.weights(net, seed)?;
    let (level, valid, test) = (Level::detect(), None, None);
    let augment = None;
    let training =
        Training { net, images, augment, valid, test, recipe, handling, seed, level, threads: 1 };
    Ok(Member { training, weights })
}

fn images(case: &Case, count: usize) -> Result<Images, Box<dyn Error>> {
    let mut stream = Seed::root(1).stream();
    let pixels = (0..count * case.input.len()).map(|_| stream.uniform() as f32).collect();
    let labels = (0..count).map(|i| (i % usize::from(case.classes)) as u16).collect();
    let classes = (0..case.classes).map(|class| class.to_string()).collect();
    Ok(Images::new(case.input, pixels, labels, classes)?)
}

/// Returns the most memory that this process ever took, where the system tells.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
