//! Ways in which weights start, one file for each kind.

mod edge_detectors;
mod kaiming;
mod operator_bank;
mod pytorch;

use convscope_core::registry::{self, Entry, Settings};
use convscope_core::{Seed, Stream};

use crate::{Net, Parameter, Role};

/// Every initialiser that a study can name.
///
/// ```
/// use convscope_core::{Seed, registry::find};
/// use convscope_model::{INITS, NETS, Shape};
/// use serde_json::json;
///
/// let net = (find(NETS, "net", "simple-cnn")?.build)(json!({}))?.net(Shape::image(1, 28, 28), 3)?;
/// let init = (find(INITS, "initialiser", "pytorch")?.build)(json!({}))?;
/// let weights = init.weights(&net, Seed::root(10).child("init"))?;
/// let bound = 1.0 / 49_f32.sqrt();
/// assert!(weights[net.parameters()[0].range()].iter().all(|weight| weight.abs() <= bound));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub static INITS: &[Entry<dyn Init>] = &[
    pytorch::ENTRY,
    kaiming::UNIFORM,
    kaiming::NORMAL,
    edge_detectors::ENTRY,
    operator_bank::ENTRY,
];

/// A rule that gives a net its first weights.
pub trait Init: Send + Sync {
    /// Draws all numbers of a model, in the order of [`Net::tensors`].
    ///
    /// Batch norms start as the identity: scales and running variances at 1, shifts and running means at
    /// 0. Each parameter has the stream `seed.child(its name)`: what it starts from does not depend on
    /// the other parameters.
    ///
    /// # Errors
    /// [`InitError`] when the rule cannot be applied to this net.
    fn weights(&self, net: &Net, seed: Seed) -> Result<Vec<f32>, InitError>;
}

/// A net that an initialiser has no weights for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// A layer is absent, or is no convolution.
    #[error("edge detectors start the convolutions `conv1` and `conv2`; this net has no `{0}`")]
    NoSuchConvolution(&'static str),
    /// There are three detectors: horizontal, vertical, none.
    #[error("edge detectors need exactly 3 filters, but `{layer}` has {came}")]
    Filters {
        /// The layer.
        layer: &'static str,
        /// How many filters it has.
        came: usize,
    },
    /// The second convolution repeats the kernels of the first.
    #[error("edge detectors need kernels of one size; `conv1` has {first}, `conv2` has {second}")]
    UnlikeKernels {
        /// The rows of the first convolution's kernels.
        first: usize,
        /// The rows of the second convolution's kernels.
        second: usize,
    },
    /// No detector of this size is defined.
    #[error("edge detectors are defined for kernels of 2, 3, 5, 7, 9 and so on, not of {0}")]
    Kernel(usize),
    /// A pattern that matches no weights with kernels.
    #[error(
        "`{pattern}` matches no weights of a convolution with kernels of more than one number{}",
        nearest.as_ref().map_or(String::new(), |name| format!("; did you mean `{name}`?"))
    )]
    NoKernels {
        /// The pattern.
        pattern: String,
        /// The nearest name of such weights.
        nearest: Option<String>,
    },
}

const fn entry<I: Init + Settings + 'static>(
    id: &'static str,
    about: &'static str,
    source: &'static str,
) -> Entry<dyn Init> {
    Entry {
        id,
        about,
        source,
        build: |settings| Ok(Box::new(registry::read::<I>(settings)?)),
        canonical: registry::canonical::<I>,
        schema: I::json_schema,
    }
}

/// Draws every weight and bias by one rule; batch norms start as the identity.
fn draw(net: &Net, seed: Seed, rule: impl Fn(&Parameter, &mut Stream) -> f64) -> Vec<f32> {
    let mut numbers = Vec::with_capacity(net.number_count());
    for tensor in net.tensors() {
        let mut stream = seed.child(&tensor.name).stream();
        let mut number = || match tensor.role {
            Role::Weight | Role::Bias => rule(tensor, &mut stream) as f32,
            Role::Scale | Role::Variance => 1.0,
            Role::Shift | Role::Mean => 0.0,
        };
        numbers.extend((0..tensor.len()).map(|_| number()));
    }
    numbers
}
