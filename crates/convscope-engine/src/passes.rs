//! Passes through the steps of a net, there and back.

use std::ops::Range;

use crate::simd::{EachLevel, LANES, Simd};
use crate::steps::{BatchScore, Pass, Step, score};

/// Computes what every step leaves of a batch.
pub(crate) struct Forward<'a> {
    pub(crate) steps: &'a mut [Step],
    pub(crate) pass: Pass<'a>,
    /// Whether the weights are new.
    pub(crate) prepare: bool,
}

impl EachLevel for Forward<'_> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        let Self { steps, pass, prepare } = self;
        if prepare {
            for step in &mut *steps {
                step.prepare(pass.weights);
            }
        }
        let mut first = 0;
        while first < steps.len() {
            let run = run_around(steps, first);
            for block in blocks(&steps[first], pass) {
                for index in run.clone() {
                    let (before, rest) = steps.split_at_mut(index);
                    let input = before.last().map(|step| &step.output);
                    rest[0].forward(simd, input, pass, block);
                }
            }
            first = run.end;
        }
    }
}

/// Scores a batch and writes the slopes of its mean loss by every weight that learns.
pub(crate) struct Gradients<'a> {
    pub(crate) steps: &'a mut [Step],
    pub(crate) pass: Pass<'a>,
    pub(crate) labels: &'a [u16],
    pub(crate) smoothing: f32,
    pub(crate) slopes: &'a mut [f32],
}

impl EachLevel for Gradients<'_> {
    type Output = BatchScore;

    fn run<S: Simd>(self, simd: S) -> BatchScore {
        let Self { steps, pass, labels, smoothing, slopes } = self;
        Forward { steps: &mut *steps, pass, prepare: true }.run(simd);
        let last = steps.last_mut().expect("a plan has a step that reads samples");
        let labels = pass.gather.order.iter().map(|&sample| labels[sample]);
        let result = score(&last.output, &mut last.slope, labels, smoothing);
        let mut end = steps.len();
        while end > 1 {
            let run = run_around(steps, end - 1);
            for block in blocks(&steps[run.start], pass) {
                for index in run.clone().rev().filter(|&index| index > 0) {
                    let (before, rest) = steps.split_at_mut(index);
                    if rest[0].wanted {
                        rest[0].backward(simd, &mut before[index - 1], pass, block, slopes);
                    }
                }
            }
            end = run.start;
        }
        for step in steps {
            step.finish(simd, slopes);
        }
        result
    }
}

/// Returns the steps around one that are done for one block before the next block is begun; a step
/// that is done for the whole batch stands alone.
///
/// The steps on one block use each other's results while these are in the nearest caches.
fn run_around(steps: &[Step], index: usize) -> Range<usize> {
    if !steps[index].by_blocks() {
        return index..index + 1;
    }
    let alone = |step: &Step| !step.by_blocks();
    let start = steps[..index].iter().rposition(alone).map_or(0, |before| before + 1);
    let end = steps[index..].iter().position(alone).map_or(steps.len(), |after| index + after);
    start..end
}

fn blocks(step: &Step, pass: Pass<'_>) -> Range<usize> {
    0..if step.by_blocks() { pass.gather.order.len().div_ceil(LANES) } else { 1 }
}
