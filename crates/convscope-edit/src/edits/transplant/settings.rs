//! What can be set about a transplant.

use convscope_core::registry::{SettingError, nearest};
use convscope_measure::filters::{FILTER_MEASURES, FilterMeasure, Modulo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::edits::Checked;

/// Parts of other models, each taken of the pair of models that agree most on it.
///
/// Every kernel is compared with the same kernel of every other donor; the pair whose two kernels are most
/// alike wins, and what `take` says goes into the model. Kernels of few weights are alike by chance: the
/// best of fifteen pairs of unrelated 3 × 3 kernels has a mean |cosine| of 0.64.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Transplant {
    /// The arm whose models parts are taken of.
    pub(super) from: String,
    /// The axis of the sweep along which these models differ.
    pub(super) across: String,
    /// The measure of two filters by which pairs are compared.
    pub(super) most_similar_by: String,
    /// What does not count when two parts are compared; flips and rotations are of square kernels.
    pub(super) up_to: Vec<Freedom>,
    /// Which kernels of two models are compared with each other.
    pub(super) order: Order,
    /// What is taken of the winning pair.
    pub(super) take: Take,
    /// Which parts are taken.
    pub(super) parts: Vec<Kind>,
    /// Whether each part is scaled to the length of what it replaces.
    pub(super) rescale: bool,
}

/// What may differ between two kernels that count as alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Freedom {
    /// The sign of all weights.
    Sign,
    /// A positive factor.
    Scale,
    /// The eight flips and rotations of a square.
    Flips,
    /// A shift by one place in each direction.
    Shift,
}

/// Which kernels of two models stand for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Order {
    /// Those of the same index.
    AsTrained,
    /// Those of the same index after the hidden units of every donor were put into the order in which
    /// its weights lie nearest to those of the first donor.
    Aligned,
}

/// What is taken of the two models that agree most on a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Take {
    /// The part of one of them, by the toss of a coin.
    Random,
    /// The part of the first.
    First,
    /// The part of the second.
    Second,
    /// The mean of both.
    Average,
    /// The mean after the second was moved onto the first, as far as `up-to` allows, and given the sign that
    /// brings it nearer.
    AlignedAverage,
    /// The part of the model that stands behind the first one on the axis, which is in the pair only if the
    /// two are neighbours: an index that is off by one.
    AfterFirst,
    /// The part of a model that is not in the pair, by chance: a control.
    Outside,
}

/// A kind of part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Each kernel of each convolution.
    Kernels,
    /// Each row of each linear layer.
    Rows,
    /// The bias of each output of which a kernel or row is taken, from where the part of that output came
    /// on which its pair agrees most.
    Biases,
}

impl Default for Transplant {
    fn default() -> Self {
        Self {
            from: String::new(),
            across: String::new(),
            most_similar_by: "absolute-cosine".into(),
            up_to: Vec::new(),
            order: Order::AsTrained,
            take: Take::Random,
            parts: vec![Kind::Kernels],
            rescale: false,
        }
    }
}

impl Checked for Transplant {
    fn check(&self) -> Result<(), SettingError> {
        for (key, name) in [("from", &self.from), ("across", &self.across)] {
            if name.is_empty() {
                let wanted = match key {
                    "from" => "a transplant wants the arm that it takes parts of",
                    _ => "a transplant wants the axis along which the models of that arm differ",
                };
                return Err(SettingError::at(key, wanted));
            }
        }
        let names = || FILTER_MEASURES.iter().map(|measure| measure.id);
        if !names().any(|name| name == self.most_similar_by) {
            let message =
                format!("there is no measure of filters called `{}`", self.most_similar_by);
            let nearest = nearest(&self.most_similar_by, names());
            return Err(SettingError { nearest, ..SettingError::at("most-similar-by", message) });
        }
        if !self.takes(Kind::Kernels) && !self.takes(Kind::Rows) {
            return Err(SettingError::at("parts", "a transplant takes `kernels`, `rows` or both"));
        }
        Ok(())
    }
}

impl Transplant {
    pub(super) fn takes(&self, kind: Kind) -> bool {
        self.parts.contains(&kind)
    }

    pub(super) fn measure(&self) -> &'static FilterMeasure {
        let mut named = FILTER_MEASURES.iter().filter(|measure| measure.id == self.most_similar_by);
        named.next().expect("the door checked the name")
    }

    pub(super) fn modulo(&self) -> Modulo {
        let free = |freedom| self.up_to.contains(&freedom);
        Modulo {
            sign: free(Freedom::Sign),
            scale: free(Freedom::Scale),
            flips: free(Freedom::Flips),
            shift: usize::from(free(Freedom::Shift)),
        }
    }
}
