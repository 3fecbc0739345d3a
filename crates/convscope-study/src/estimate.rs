//! What a plan will cost, before anything runs.

use crate::job::{Job, Work};

/// Multiply-adds per second and thread, for estimates only: the inductive-bias studies have 4.9e13, and
/// `time convscope run inductive-bias --threads 1` counts 1,165 seconds of a core with AVX-512.
const MULTIPLY_ADDS_PER_SECOND: f64 = 4.2e10;

/// Time that a job takes however small it is: drawing images, keeping the record.
const SECONDS_PER_JOB: f64 = 0.01;

/// Bytes of one number in a compacted curve, measured on the inductive-bias studies.
const BYTES_PER_NUMBER: f64 = 6.0;

/// Bytes of a record besides its curves.
const BYTES_PER_RECORD: f64 = 1500.0;

/// Estimates how long jobs take on some threads: within a factor of two on a machine with AVX-512,
/// longer on lesser ones.
pub fn seconds(jobs: &[&Job], threads: usize) -> f64 {
    let of_job = |job: &&Job| job.cost / MULTIPLY_ADDS_PER_SECOND + SECONDS_PER_JOB;
    let longest = jobs.iter().map(of_job).fold(0.0, f64::max);
    (jobs.iter().map(of_job).sum::<f64>() / threads.max(1) as f64).max(longest)
}

/// Estimates how much a job leaves on disk.
pub fn disk_bytes(job: &Job) -> f64 {
    match &job.work {
        Work::Train { training, .. } => {
            let curves = 2.0 + if training.valid.is_some() { 2.0 } else { 0.0 };
            let weights = job.keep.len() as f64 * 4.0 * training.net.parameter_count() as f64;
            curves * f64::from(training.recipe.epochs()) * BYTES_PER_NUMBER
                + weights
                + BYTES_PER_RECORD
        }
        Work::Measure { measurement, subjects } => {
            let pairs = subjects.len() * (subjects.len() - 1) / 2;
            (measurement.by.len() * measurement.parts().len() * pairs) as f64 * BYTES_PER_NUMBER
                + BYTES_PER_RECORD
        }
        Work::Sample { data, per_class, .. } => {
            let images = f64::from(*per_class) * data.set.classes().len() as f64;
            images * 4.0 * data.shape().len() as f64
        }
    }
}
