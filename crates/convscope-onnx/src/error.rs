//! Why nothing was captured.

/// Values that cannot be captured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The model cannot be used.
    #[error("{file}: {why}")]
    Model {
        /// The model's file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The samples are not what the model takes.
    #[error("{file}: {why}")]
    Samples {
        /// The file of samples.
        file: String,
        /// What was wanted and what came.
        why: String,
        /// What to do.
        help: Option<String>,
    },
    /// A pattern fits no value.
    #[error("no value of the model fits `{pattern}`")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// The name that was likely meant.
        nearest: Option<String>,
    },
    /// A value that was asked for by name is no row of numbers for each sample.
    #[error("the value `{name}` {why}")]
    Value {
        /// Its name.
        name: String,
        /// What it is instead.
        why: String,
    },
    /// A setting does not fit the model or the samples.
    #[error("{0}")]
    Setting(String),
    /// The runtime gives up.
    #[error("computing samples {first} to {last}: {why}")]
    Run {
        /// The first sample of the batch.
        first: usize,
        /// The last sample of the batch.
        last: usize,
        /// What the runtime says.
        why: String,
    },
    /// The file system does not take the result.
    #[error("cannot write {file}: {why}")]
    Write {
        /// Where the result was to go.
        file: String,
        /// What the file system says.
        why: String,
    },
}
