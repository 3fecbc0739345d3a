//! The divergence of predicted distributions.

use convscope_core::Value;

use super::{OutputMeasure, OutputPair};

/// The mean over samples of H((p+q)/2) − (H(p) + H(q))/2 in bits: 0 for equal distributions, 1 for
/// disjoint ones. Its root is a metric. It sees confidence: two networks with the same answers and
/// other temperatures differ.
pub(super) const MEASURE: OutputMeasure = OutputMeasure {
    id: "jensen-shannon",
    about: "The mean Jensen-Shannon divergence of predicted distributions, in bits.",
    source: "Lin 1991, doi:10.1109/18.61115",
    value: divergence,
    null: |_| None,
};

fn divergence(pair: &OutputPair) -> Value {
    let rows = pair.first.rows().zip(pair.second.rows());
    let sum: f64 = rows.map(|(p, q)| of_one(p, q)).sum();
    Value::of((sum / pair.first.samples() as f64).max(0.0))
}

fn of_one(p: &[f64], q: &[f64]) -> f64 {
    let towards = |a: f64, b: f64| if a > 0.0 { a * (a / f64::midpoint(a, b)).log2() } else { 0.0 };
    p.iter().zip(q).map(|(p, q)| f64::midpoint(towards(*p, *q), towards(*q, *p))).sum()
}
