//! Gradients made shorter.

use convscope_core::registry::{self, SettingError};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::optimizers::Span;

/// A bound on gradients, kept before the optimiser sees them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clip {
    /// All gradients of a step together are no longer than this.
    ///
    /// ```text
    /// g = g · min(1, norm / (‖g‖₂ + 1e-6))
    /// ```
    ///
    /// As `torch.nn.utils.clip_grad_norm_` computes it; Pascanu, Mikolov, Bengio 2012,
    /// arXiv:1211.5063.
    Norm(f64),
    /// No gradient is further from 0 than this, as `torch.nn.utils.clip_grad_value_` has it. The
    /// direction of the step changes.
    Value(f64),
}

/// A bound as written.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    /// The largest length of all gradients together.
    norm: Option<f64>,
    /// The largest distance of one gradient from 0.
    value: Option<f64>,
}

impl Clip {
    /// Reads a norm, or a table of one bound.
    pub(crate) fn read(written: &Value) -> Result<Self, SettingError> {
        let (clip, key, bound) = if written.is_number() {
            let norm = registry::read(written.clone())?;
            (Self::Norm(norm), "", norm)
        } else {
            match registry::read(written.clone())? {
                Written { norm: Some(norm), value: None } => (Self::Norm(norm), "norm", norm),
                Written { norm: None, value: Some(value) } => (Self::Value(value), "value", value),
                _ => {
                    let message = "gradients are clipped by `norm` or by `value`: wanted one of \
                                   them, such as `clip = { norm = 1.0 }`";
                    return Err(SettingError::at("", message));
                }
            }
        };
        if bound > 0.0 && bound.is_finite() {
            return Ok(clip);
        }
        let message = format!("a bound of gradients is a finite number above 0, not {bound}");
        Err(SettingError::at(key, message))
    }

    /// Returns the table that reads as this bound.
    pub(crate) fn canonical(self) -> Value {
        match self {
            Self::Norm(norm) => json!({ "norm": norm }),
            Self::Value(value) => json!({ "value": value }),
        }
    }

    /// Clips the gradients in some spans; the others neither count nor change.
    ///
    /// A gradient that is not finite leaves none finite under a norm. Allocates nothing.
    pub fn apply(self, gradients: &mut [f32], spans: &[Span]) {
        match self {
            Self::Value(value) => {
                let value = value as f32;
                for gradient in spans.iter().flat_map(|span| span.range.clone()) {
                    gradients[gradient] = gradients[gradient].clamp(-value, value);
                }
            }
            Self::Norm(most) => {
                let squares = spans.iter().map(|span| squares(&gradients[span.range.clone()]));
                let norm = squares.sum::<f64>().sqrt();
                let share = (most / (norm + 1e-6)) as f32;
                if share < 1.0 || share.is_nan() {
                    for span in spans {
                        gradients[span.range.clone()].iter_mut().for_each(|g| *g *= share);
                    }
                }
            }
        }
    }

    pub(crate) fn describe(self) -> String {
        match self {
            Self::Norm(norm) => format!("gradients clipped to norm {norm}"),
            Self::Value(value) => format!("gradients clipped at ±{value}"),
        }
    }

    /// Describes what [`read`](Self::read) takes, for editors.
    pub(crate) fn schema(generator: &mut SchemaGenerator) -> Schema {
        let table = Written::json_schema(generator);
        json_schema!({ "anyOf": [{ "type": "number", "exclusiveMinimum": 0 }, table] })
    }
}

/// Sums squares in sixteen partial sums, whose order is the same everywhere.
fn squares(values: &[f32]) -> f64 {
    let (whole, rest) = values.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for chunk in whole {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(value) * f64::from(value);
        }
    }
    let rest = rest.iter().map(|&value| f64::from(value) * f64::from(value));
    sums.into_iter().chain(rest).sum()
}
