//! What can be wrong with a file of weights.

use std::fmt;

use convscope_arrays::{ArraysError, FORMATS};

/// Weights that cannot be read, or do not belong to a net.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file begins as none that is known.
    #[error("this is no file of weights; what is read is {}", extensions())]
    Unknown,
    /// The file system does not hand out the bytes.
    #[error("it cannot be read: {0}")]
    File(String),
    /// The bytes are not what their format says.
    #[error("these {format} cannot be read: {why}")]
    Format {
        /// The format.
        format: &'static str,
        /// What was wanted and what came.
        why: String,
    },
    /// The tensors are inside of what only a program can make.
    #[error(
        "the file holds no tensors that can be found without running `{global}`, and nothing in a \
         file is run; save `model.state_dict()` instead"
    )]
    Code {
        /// What would have to be run.
        global: String,
    },
    /// Tensors are absent, extra or of other dimensions.
    #[error("the file does not fit the net: {0}")]
    Misfit(Box<Misfit>),
    /// A tensor holds other numbers than floats.
    #[error("the tensor `{name}` holds {came}; F32, F16, BF16 and F64 are read")]
    Numbers {
        /// The tensor.
        name: String,
        /// Its type of number.
        came: String,
    },
    /// A tensor holds infinity or NaN.
    #[error("the tensor `{name}` holds {came} at index {index}; weights must be finite")]
    NotFinite {
        /// The tensor.
        name: String,
        /// Where, counted through the whole tensor.
        index: usize,
        /// What stands there, as a 32-bit number.
        came: f32,
    },
    /// The weights are too few or too many for the net.
    #[error("the net has {wanted} weights, but {came} came")]
    Count {
        /// The net's count of numbers.
        wanted: usize,
        /// How many came.
        came: usize,
    },
}

/// Everything in which a file differs from a net.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Misfit {
    /// What the net has and the file has not, in the net's order.
    pub missing: Vec<Missing>,
    /// What the file has and the net has not, by name.
    pub extra: Vec<(String, Vec<usize>)>,
    /// What both have in different dimensions, in the net's order.
    pub misshaped: Vec<Misshaped>,
}

/// A tensor that a file lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub wanted: Vec<usize>,
    /// The nearest name among the file's extra tensors.
    pub nearest: Option<String>,
}

/// A tensor of other dimensions than the net's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misshaped {
    /// Its name.
    pub name: String,
    /// The net's dimensions.
    pub wanted: Vec<usize>,
    /// The file's dimensions.
    pub came: Vec<usize>,
}

impl Misfit {
    /// How many tensors of each kind a message names.
    pub(super) const NAMED: usize = 8;

    pub(super) fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.misshaped.is_empty()
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = listed(&self.missing, |Missing { name, wanted, nearest }| {
            let nearest = nearest.as_ref().map(|nearest| format!(" (it has `{nearest}`)"));
            format!("`{name}` {wanted:?}{}", nearest.unwrap_or_default())
        });
        let misshaped = listed(&self.misshaped, |Misshaped { name, wanted, came }| {
            format!("`{name}` is {came:?} where the net wants {wanted:?}")
        });
        let extra = listed(&self.extra, |(name, came)| format!("`{name}` {came:?}"));
        let parts = [
            missing.map(|list| format!("it lacks {list}")),
            misshaped,
            extra.map(|list| format!("the net has no {list}")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
    }
}

impl From<ArraysError> for WeightsError {
    fn from(error: ArraysError) -> Self {
        match error {
            ArraysError::Format { format, why } => Self::Format { format, why },
            ArraysError::Code { global } => Self::Code { global },
            ArraysError::File(why) => Self::File(why),
            _ => Self::Unknown,
        }
    }
}

/// Lists what files of weights are called.
fn extensions() -> String {
    let named = FORMATS.iter().filter(|format| format.named);
    let mut names: Vec<&str> = named.flat_map(|format| format.extensions).copied().collect();
    names.sort_unstable();
    names.dedup();
    names.iter().map(|name| format!(".{name}")).collect::<Vec<_>>().join(", ")
}

/// Names the first few.
fn listed<T>(items: &[T], name: impl Fn(&T) -> String) -> Option<String> {
    let mut names: Vec<String> = items.iter().take(Misfit::NAMED).map(name).collect();
    if let Some(more @ 1..) = items.len().checked_sub(Misfit::NAMED) {
        names.push(format!("{more} more"));
    }
    (!names.is_empty()).then(|| names.join(", "))
}
