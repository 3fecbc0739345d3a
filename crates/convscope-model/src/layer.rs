//! The layers a net is made of.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A named step of a net.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Layer {
    /// The name, unique in its net; parameters are called `name.weight` and `name.bias`.
    pub name: String,
    /// What the step does.
    pub op: Op,
    /// The earlier layer whose values it takes, or [`INPUT`]; without, the layer before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// What stands for the samples where a layer is named; no layer may have this name.
pub const INPUT: &str = "input";

impl Layer {
    /// Names a step that takes what the layer before it leaves.
    pub fn new(name: impl Into<String>, op: Op) -> Self {
        Self { name: name.into(), op, from: None }
    }

    /// Names the layer whose values the step takes.
    #[must_use]
    pub fn from(self, layer: impl Into<String>) -> Self {
        Self { from: Some(layer.into()), ..self }
    }
}

/// What a layer does to the values of a sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// A convolution.
    Conv(Conv),
    /// A product with a matrix; takes a flat sample.
    Linear(Linear),
    /// Each channel brought to mean 0 and variance 1 over a batch, then scaled and shifted.
    BatchNorm(BatchNorm),
    /// The positive part.
    Relu,
    /// The positive part and a share of the negative part.
    LeakyRelu(LeakyRelu),
    /// The hyperbolic tangent.
    Tanh,
    /// x · Φ(x), Φ being the normal distribution's cumulated density.
    Gelu,
    /// The largest value of each window.
    MaxPool(Pool),
    /// The mean of each window.
    AveragePool(Pool),
    /// The mean of each of `size × size` windows that cover the image evenly.
    AdaptiveAveragePool(Adaptive),
    /// The mean of each channel; leaves a flat sample.
    GlobalAveragePool,
    /// The values in order channel, row, column; leaves a flat sample.
    Flatten,
    /// Values left out at random while training, the others enlarged for them.
    Dropout(Dropout),
    /// The sum with what another layer leaves.
    Add(Add),
}

/// A convolution (a correlation, as everywhere in the field): square kernels, stride 1 by default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Conv {
    /// Output channels.
    pub filters: usize,
    /// Rows and columns of a kernel.
    pub kernel: usize,
    /// Step between windows.
    pub stride: usize,
    /// Rows and columns added on each side.
    pub padding: usize,
    /// What is added.
    pub pad_with: PadWith,
    /// Step between taps.
    pub dilation: usize,
    /// Groups of channels that do not see each other.
    pub groups: usize,
    /// Whether a constant is added to each output channel.
    pub bias: bool,
}

impl Default for Conv {
    fn default() -> Self {
        Self {
            filters: 1,
            kernel: 3,
            stride: 1,
            padding: 0,
            pad_with: PadWith::Zero,
            dilation: 1,
            groups: 1,
            bias: true,
        }
    }
}

/// What stands outside the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PadWith {
    /// Zeros.
    #[default]
    Zero,
    /// The image mirrored at its outermost pixels, which are not repeated.
    Reflect,
}

impl fmt::Display for PadWith {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zero => "zero",
            Self::Reflect => "reflect",
        })
    }
}

/// A product with a matrix, `outputs × inputs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Linear {
    /// Count of outputs.
    pub outputs: usize,
    /// Whether a constant is added to each output.
    pub bias: bool,
}

impl Default for Linear {
    fn default() -> Self {
        Self { outputs: 1, bias: true }
    }
}

/// Brings each channel to mean 0 and variance 1, then scales and shifts it by trained parameters.
///
/// ```text
/// y = scale · (x − mean) / √(variance + epsilon) + shift
/// ```
///
/// While training, mean and variance are those of the batch, over samples and pixels, and running
/// statistics follow them: `running = running + momentum · (batch − running)`, the batch's variance being
/// the unbiased one there. Elsewhere the running statistics are used. As `PyTorch` computes it; Ioffe
/// and Szegedy 2015, arXiv:1502.03167.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BatchNorm {
    /// How far running statistics go to those of a batch, in each step.
    pub momentum: f64,
    /// Keeps the quotient finite.
    pub epsilon: f64,
}

impl Default for BatchNorm {
    fn default() -> Self {
        Self { momentum: 0.1, epsilon: 1e-5 }
    }
}

/// `x` where it is positive, elsewhere `slope · x`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeakyRelu {
    /// The share of negative values that is kept.
    pub slope: f64,
}

impl Default for LeakyRelu {
    fn default() -> Self {
        Self { slope: 0.01 }
    }
}

/// Leaves each value out with a probability, and divides the others by that of staying.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dropout {
    /// The probability of being left out.
    pub rate: f64,
}

impl Default for Dropout {
    fn default() -> Self {
        Self { rate: 0.5 }
    }
}

/// The sum with what another layer leaves; a residual block ends with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Add {
    /// The other layer, or [`INPUT`].
    pub with: String,
}

/// Windows that cover an image evenly: window i starts at ⌊i · length / size⌋ and ends before
/// ⌈(i + 1) · length / size⌉.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Adaptive {
    /// Rows and columns that are left.
    pub size: usize,
}

impl Default for Adaptive {
    fn default() -> Self {
        Self { size: 1 }
    }
}

impl Adaptive {
    /// Returns the places of a window, of as many as are left, along a side.
    pub fn window(&self, index: usize, length: usize) -> std::ops::Range<usize> {
        index * length / self.size..((index + 1) * length).div_ceil(self.size)
    }
}

/// Windows that are reduced to one value; a window that does not fit whole is left out.
///
/// Outside the image stand zeros, which count in means, and nothing that could be a maximum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pool {
    /// Rows and columns of a window.
    pub size: usize,
    /// Step between windows; the window's size when absent.
    pub stride: Option<usize>,
    /// Rows and columns added on each side; at most half a window.
    pub padding: usize,
}

impl Pool {
    /// Returns the step between windows.
    pub fn step(&self) -> usize {
        self.stride.unwrap_or(self.size)
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self { size: 2, stride: None, padding: 0 }
    }
}
