//! How much there is to know of a kernel.

use super::{Probe, Ready, Unseen};
use crate::{Catalogue, Flips, Grid, Size};

/// Numbers are told apart from this share of the largest on.
pub(crate) const TOLERANCE: f64 = 0.05;
/// How many such steps lead from 0 to the largest.
pub(crate) const STEPS: f64 = 20.0;
/// How many bits a number of a description takes.
pub(crate) const PRECISION: u32 = 8;

pub(super) fn probes() -> Vec<Probe> {
    let of_layer = |offset| Unseen { scale: false, sign: true, offset, flips: Flips::All };
    let of_kernel = Unseen { scale: true, sign: true, offset: false, flips: Flips::All };
    vec![
        Probe {
            id: "unique-values".to_owned(),
            about: "How many values the kernel has that lie more than a twentieth of the layer's largest \
                    apart."
                .to_owned(),
            formula: "1 + how many gaps of sorted K exceed 0.05 max|layer|",
            source: "number of distinct weights after clustering by single linkage",
            range: [1.0, f64::INFINITY],
            unseen: of_layer(true),
            make: Box::new(|size| of_gaps(size, |gap| f64::from(u8::from(gap > TOLERANCE)))),
            ..template()
        },
        Probe {
            id: "smooth-unique-values".to_owned(),
            about: "As `unique-values`, but rising smoothly with every gap.".to_owned(),
            formula: "1 + Σ (1 − exp(−(gap / h)²)) over gaps of sorted K, h = 0.05 max|layer|",
            source: "a differentiable count of distinct weights",
            range: [1.0, f64::INFINITY],
            unseen: of_layer(true),
            make: Box::new(|size| of_gaps(size, |gap| -(-(gap * STEPS).powi(2)).exp_m1())),
            ..template()
        },
        Probe {
            id: "quantised-entropy".to_owned(),
            about: "How many bits tell which of 41 even steps a number of the kernel is on.".to_owned(),
            formula: "−Σ p log₂ p over the steps round(K / 0.05 max|K|)",
            source: "Shannon 1948, A mathematical theory of communication",
            unseen: of_kernel,
            make: Box::new(|size| several(size, |seen| quantised_entropy(&seen.unit))),
            ..template()
        },
        Probe {
            id: "renyi-entropy".to_owned(),
            about: "The quadratic entropy of the kernel's numbers, blurred by a twentieth of its largest."
                .to_owned(),
            formula: "−log₂ (1/n²) Σᵢⱼ exp(−(Kᵢ − Kⱼ)² / 2h²), h = 0.05 max|K|",
            source: "Principe 2010, Information theoretic learning: quadratic Rényi entropy",
            unseen: of_kernel,
            make: Box::new(|size| several(size, |seen| renyi_entropy(&seen.unit))),
            ..template()
        },
        Probe {
            id: "code-length".to_owned(),
            about: "The bits of the shortest description from which the kernel, on the layer's 8-bit grid, \
                    can be had again."
                .to_owned(),
            formula: "min over structures of log₂(structures) + 8 d + n/2 log₂(1 + 12 residual² / n step²); the \
                      free kernel all numbers or all residual",
            source: "Rissanen 1978, Modeling by shortest data description",
            unseen: of_layer(false),
            make: Box::new(code_length),
            ..template()
        },
    ]
}

fn template() -> Probe {
    Probe {
        id: String::new(),
        group: "information",
        about: String::new(),
        formula: "",
        source: "",
        range: [0.0, f64::INFINITY],
        null: "drawn; where the layer's largest counts, of kernels with the layer's mean square",
        unseen: Unseen { scale: false, sign: false, offset: false, flips: Flips::All },
        make: Box::new(|_| None),
    }
}

/// The grid on which the largest number of a layer is 1.
pub(crate) fn unit_grid(relative: &[f64]) -> Grid {
    let zeros = relative.iter().all(|value| *value == 0.0);
    let levels = 2.0_f64.powi(PRECISION as i32 - 1) - 1.0;
    Grid { step: if zeros { 0.0 } else { 1.0 / levels }, precision: PRECISION }
}

fn several(size: Size, of: impl Fn(&super::Seen) -> f64 + Send + Sync + 'static) -> Option<Ready> {
    (size.count() > 1).then(|| Ready::new(None, move |seen| Ok(of(seen))))
}

fn of_gaps(size: Size, of: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Option<Ready> {
    several(size, move |seen| {
        let mut sorted = seen.relative.clone();
        sorted.sort_by(f64::total_cmp);
        1.0 + sorted.windows(2).map(|pair| of(pair[1] - pair[0])).sum::<f64>()
    })
}

fn quantised_entropy(unit: &[f64]) -> f64 {
    let mut steps: Vec<i64> = unit.iter().map(|value| (value * STEPS).round() as i64).collect();
    steps.sort_unstable();
    let count = unit.len() as f64;
    let shares = steps.chunk_by(|a, b| a == b).map(|equal| equal.len() as f64 / count);
    shares.map(|p| p * (1.0 / p).log2()).sum()
}

fn renyi_entropy(unit: &[f64]) -> f64 {
    let count = unit.len() as f64;
    let mut pairs = 0.0;
    for (place, a) in unit.iter().enumerate() {
        for b in &unit[..place] {
            pairs += (-((a - b) * STEPS).powi(2) / 2.0).exp();
        }
    }
    let mean = (count + 2.0 * pairs) / (count * count);
    (-mean.log2()).max(0.0)
}

fn code_length(size: Size) -> Option<Ready> {
    let catalogue = Catalogue::new(size);
    several(size, move |seen| {
        catalogue.describe(&seen.relative, unit_grid(&seen.relative)).code_length
    })
}
