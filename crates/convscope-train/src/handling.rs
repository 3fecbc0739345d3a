//! What training does with a parameter besides following its gradient.

use std::sync::Arc;

use convscope_core::Subspace;
use convscope_model::Parameter;

/// How one parameter is handled; by default as every parameter is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Handling {
    /// Whether it stays as it is, bit for bit.
    pub frozen: bool,
    /// Which of its numbers are weights at all, one flag for each; the others are 0.
    ///
    /// They are set to 0 before the first step and after every step, and their gradients before
    /// it: neither momentum, weight decay nor a penalty brings them back.
    pub mask: Option<Arc<[bool]>>,
    /// The subspace that it is kept in, to the last digit of its numbers.
    ///
    /// The first weights, then every gradient before a step and the weights after it are put at
    /// their nearest points. Adam scales each number on its own and so leaves the subspace in
    /// every step: what is descended is then not the straight way down within it.
    pub subspace: Option<Subspace>,
}

impl Handling {
    /// Returns a handling for each of some flags that say what is frozen.
    pub fn of_flags(frozen: &[bool]) -> Vec<Self> {
        frozen.iter().map(|&frozen| Self { frozen, ..Self::default() }).collect()
    }

    /// Says what does not fit a parameter.
    pub(crate) fn misfit(&self, parameter: &Parameter) -> Option<String> {
        let count = parameter.len();
        match (&self.mask, &self.subspace) {
            (Some(_), Some(_)) => Some("it has a mask and a subspace; give it one of them".into()),
            (Some(mask), _) if mask.len() != count => {
                Some(format!("its mask has {} flags, but it has {count} numbers", mask.len()))
            }
            (_, Some(subspace)) if !count.is_multiple_of(subspace.width()) => Some(format!(
                "its {count} numbers are no whole number of pieces of {}",
                subspace.width()
            )),
            (_, Some(_)) if self.frozen => {
                Some("it is frozen and kept in a subspace; give it one of them".into())
            }
            (Some(_), _) if self.frozen => {
                Some("it is frozen and has a mask; mask its first weights instead".into())
            }
            _ => None,
        }
    }
}
