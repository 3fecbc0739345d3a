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
}

impl Layer {
    /// Names a step.
    pub fn new(name: impl Into<String>, op: Op) -> Self {
        Self { name: name.into(), op }
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
    /// The positive part.
    Relu,
    /// The largest value of each window.
    MaxPool(Pool),
    /// The mean of each window.
    AveragePool(Pool),
    /// The mean of each channel; leaves a flat sample.
    GlobalAveragePool,
    /// The values in order channel, row, column; leaves a flat sample.
    Flatten,
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

/// Windows that are reduced to one value; a window that does not fit whole is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pool {
    /// Rows and columns of a window.
    pub size: usize,
    /// Step between windows; the window's size when absent.
    pub stride: Option<usize>,
}

impl Pool {
    /// Returns the step between windows.
    pub fn step(&self) -> usize {
        self.stride.unwrap_or(self.size)
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self { size: 2, stride: None }
    }
}
