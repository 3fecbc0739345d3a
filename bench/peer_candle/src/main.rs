//! Measures how many training images a second candle takes, as one JSON line for each batch size.
//!
//! `RAYON_NUM_THREADS=1 peer-candle NET`. A step is the whole of training, as in `throughput.py`; candle's
//! own SGD has no momentum, which spares it a little work.

mod nets;

use std::error::Error;
use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, SGD, VarBuilder, VarMap, loss};

/// Net, shape of an image, batch, whether Adam steps.
type Case = (&'static str, [usize; 3], usize, bool);

const CASES: &[Case] = &[
    ("simple-cnn", [1, 28, 28], 10, false),
    ("simple-cnn", [1, 28, 28], 32, false),
    ("three-layer-mlp", [1, 28, 28], 32, false),
    ("two-conv", [1, 28, 28], 64, true),
    ("lenet-5", [1, 28, 28], 64, false),
    ("vgg-11-bn", [3, 32, 32], 64, false),
    ("resnet-18", [3, 32, 32], 64, false),
];

const SAMPLES: usize = 320;
const WINDOWS: usize = 5;
const WINDOW: Duration = Duration::from_millis(500);

fn main() -> Result<(), Box<dyn Error>> {
    let net = std::env::args().nth(1).ok_or("usage: peer-candle NET")?;
    let threads: usize = std::env::var("RAYON_NUM_THREADS")?.parse()?;
    for case in CASES.iter().filter(|case| case.0 == net) {
        let mut rates = rates(case)?;
        rates.sort_by(f64::total_cmp);
        let line = serde_json::json!({
            "who": "candle",
            "net": net,
            "batch": case.2,
            "threads": threads,
            "images_per_second": rates[WINDOWS / 2],
            "peak_mib": peak_mib(),
        });
        println!("{line}");
    }
    Ok(())
}

fn rates(&(name, [channels, height, width], batch, adam): &Case) -> candle_core::Result<Vec<f64>> {
    let device = Device::Cpu;
    let weights = VarMap::new();
    let vs = VarBuilder::from_varmap(&weights, DType::F32, &device);
    let Some(net) = nets::net(name, &vs)? else { candle_core::bail!("no net is called {name}") };
    let images = Tensor::rand(0f32, 1f32, (SAMPLES, channels, height, width), &device)?;
    let labels: Vec<u32> = (0..SAMPLES as u32).map(|label| label % 3).collect();
    let labels = Tensor::new(labels, &device)?;
    // A fixed order that is no run of neighbours: 97 and 320 have no common factor.
    let order: Vec<u32> = (0..SAMPLES as u32).map(|place| place * 97 % SAMPLES as u32).collect();
    let batches: Vec<Tensor> = order
        .chunks(batch)
        .map(|batch| Tensor::new(batch, &device))
        .collect::<candle_core::Result<_>>()?;
    let mut optimizer = Either::new(&weights, adam)?;
    let mut next = batches.iter().cycle();
    let mut rates = Vec::new();
    for window in 0..=WINDOWS {
        let (start, mut steps) = (Instant::now(), 0);
        while start.elapsed() < WINDOW {
            let Some(chosen) = next.next() else { break };
            let scores = net(&images.index_select(chosen, 0)?)?;
            let loss = loss::cross_entropy(&scores, &labels.index_select(chosen, 0)?)?;
            optimizer.step(&loss)?;
            steps += 1;
        }
        // The first window warms up.
        if window > 0 {
            rates.push((steps * batch) as f64 / start.elapsed().as_secs_f64());
        }
    }
    Ok(rates)
}

/// Returns the most memory that this process ever took, where the system tells.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

enum Either {
    Sgd(SGD),
    Adam(AdamW),
}

impl Either {
    fn new(weights: &VarMap, adam: bool) -> candle_core::Result<Self> {
        let all = weights.all_vars();
        Ok(if adam {
            let settings = ParamsAdamW { lr: 1e-3, weight_decay: 0.0, ..ParamsAdamW::default() };
            Self::Adam(AdamW::new(all, settings)?)
        } else {
            Self::Sgd(SGD::new(all, 0.01)?)
        })
    }

    fn step(&mut self, loss: &Tensor) -> candle_core::Result<()> {
        match self {
            Self::Sgd(sgd) => sgd.backward_step(loss),
            Self::Adam(adam) => adam.backward_step(loss),
        }
    }
}
