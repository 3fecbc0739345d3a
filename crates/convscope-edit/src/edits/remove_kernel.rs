//! One kernel set to 0.

use convscope_core::registry::{Entry, SettingError};
use convscope_model::{Net, Parameter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checked, Edit, EditError, Edited, Subject, entry};

pub(super) const ENTRY: Entry<dyn Edit> = entry::<RemoveKernel>(
    "remove-kernel",
    "one kernel of a convolution set to 0, which shows what the net loses without it",
    "Morcos et al. 2018, On the importance of single directions for generalization, arXiv:1803.06959",
);

/// All numbers of one kernel set to 0; its bias and all other kernels stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct RemoveKernel {
    /// The weights of a convolution, by name.
    on: String,
    /// Which of its kernels: those of the first filter first, in the order of its channels.
    index: usize,
}

impl Default for RemoveKernel {
    fn default() -> Self {
        Self { on: "conv1.weight".into(), index: 0 }
    }
}

impl RemoveKernel {
    fn parameter<'n>(&self, net: &'n Net) -> Option<&'n Parameter> {
        net.parameters().iter().find(|parameter| parameter.name == self.on)
    }
}

impl Checked for RemoveKernel {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }
}

impl Edit for RemoveKernel {
    fn fits(&self, net: &Net, _: usize) -> Result<(), SettingError> {
        let convolutions = || net.parameters().iter().filter(|own| own.dimensions.len() == 4);
        let found = self.parameter(net).filter(|own| own.dimensions.len() == 4);
        let Some(parameter) = found else {
            let names: Vec<String> = convolutions().map(|own| format!("`{}`", own.name)).collect();
            let message = match names.as_slice() {
                [] => "the net has no convolution".into(),
                names => {
                    format!("wanted the weights of a convolution, one of {}", names.join(", "))
                }
            };
            return Err(SettingError::at("on", message));
        };
        let count = parameter.dimensions[0] * parameter.dimensions[1];
        if self.index >= count {
            let message =
                format!("`{}` has kernels 0 to {}, not {}", self.on, count - 1, self.index);
            return Err(SettingError::at("index", message));
        }
        Ok(())
    }

    fn apply(&self, subject: &Subject<'_>, mut weights: Vec<f32>) -> Result<Edited, EditError> {
        let parameter = self.parameter(subject.net).expect("the edit fits the net");
        let numbers = parameter.dimensions[2] * parameter.dimensions[3];
        let first = parameter.range().start + self.index * numbers;
        weights[first..first + numbers].fill(0.0);
        Ok(Edited { weights, ..Edited::default() })
    }

    fn describe(&self) -> String {
        format!("kernel {} of {} set to 0", self.index, self.on)
    }
}
