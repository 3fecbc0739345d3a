//! Representational similarity analysis.

use std::sync::Arc;

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Change, Laws, Measure, SHAPE, entry, pairwise, similarity};
use crate::pairs::{self, Rdm, Standardised};
use crate::{Estimate, Pair, Prepared, Refusal, linalg};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<Rsa>(
    "rsa",
    "How far two layers agree on which samples are unlike: the correlation of their dissimilarities.",
    "Kriegeskorte, Mur and Bandettini 2008, doi:10.3389/neuro.06.004.2008",
);

/// Representational similarity analysis.
///
/// ```text
/// compare(d(xᵢ, xⱼ), d(yᵢ, yⱼ)) over the n(n−1)/2 pairs i < j
/// ```
///
/// Dissimilarities of pairs that share a sample are not independent: a p-value of the correlation
/// taken over pairs is wrong; permute samples. The correlation dissimilarity centres a sample over
/// its units, so it sees a shift of one unit and a rotation, and Euclidean distances do not. Tau-a
/// counts pairs of pairs in the same order; with tied dissimilarities a layer's agreement with
/// itself is below 1. Spearman's shares ranks among ties.
///
/// Cost: n²p and, ranked, a sort of n²/2 a layer; n²/2 a pair, for tau n² log n. Refuses samples
/// without contrast (correlation) and layers all of whose dissimilarities are equal.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Rsa {
    /// The dissimilarity of two samples of one layer.
    dissimilarity: Rdm,
    /// How two lists of dissimilarities are compared.
    compare: Compare,
}

/// An agreement of two lists of numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Compare {
    /// Pearson's correlation.
    Pearson,
    /// Spearman's rank correlation, ties sharing the mean of their ranks.
    #[default]
    Spearman,
    /// Kendall's tau-a.
    KendallTauA,
}

impl Measure for Rsa {
    fn laws(&self) -> Laws {
        let laws = match self.dissimilarity {
            Rdm::Correlation => {
                similarity(&[Change::Scale, Change::UnitOrder, Change::SampleOrder])
            }
            Rdm::Euclidean => similarity(SHAPE),
        };
        // Tied dissimilarities lower tau-a even of a layer with itself.
        let of_self = (self.compare != Compare::KendallTauA).then_some(1.0);
        Laws { of_self, ..laws }
    }

    fn estimator(&self) -> String {
        let dissimilarity = match self.dissimilarity {
            Rdm::Correlation => "1 − correlation of samples",
            Rdm::Euclidean => "Euclidean distance of samples",
        };
        let compare = match self.compare {
            Compare::Pearson => "Pearson",
            Compare::Spearman => "Spearman",
            Compare::KendallTauA => "Kendall tau-a",
        };
        format!("{dissimilarity}, compared by {compare}")
    }

    fn keeps_pairs(&self) -> bool {
        true
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let (x, y) = (self.listed(pair.x), self.listed(pair.y));
        let (x, y) = (values(&x)?, values(&y)?);
        Ok(Estimate::of(match self.compare {
            Compare::KendallTauA => pairs::kendall_tau_a(x, y),
            Compare::Pearson | Compare::Spearman => linalg::dot(x, y),
        }))
    }

    fn estimates(&self, xs: &[&Prepared], ys: &[&Prepared]) -> Vec<Vec<Result<Estimate, Refusal>>> {
        let lists = |layers: &[&Prepared]| -> Vec<Listed> {
            layers.iter().map(|layer| self.listed(layer)).collect()
        };
        let (x, y) = (lists(xs), lists(ys));
        let all = |lists: &[Listed]| lists.iter().all(|list| list.is_ok());
        if self.compare == Compare::KendallTauA || !(all(&x) && all(&y)) {
            return pairwise(self, xs, ys);
        }
        let (x, y) = (slices(&x), slices(&y));
        let dots = linalg::all_dots(&x, &y);
        let row = |i: usize| (0..y.len()).map(|j| Ok(Estimate::of(dots[(i, j)]))).collect();
        (0..x.len()).map(row).collect()
    }

    fn warm(&self, layer: &Prepared) {
        self.listed(layer);
    }
}

type Listed = Arc<Result<Standardised, Refusal>>;

impl Rsa {
    /// Returns the dissimilarities of a layer, standardised; tau sees their order only.
    fn listed(&self, layer: &Prepared) -> Listed {
        let ranked = self.compare == Compare::Spearman;
        layer.factors.standardised((self.dissimilarity, ranked), || {
            let values = pairs::rdm(layer, self.dissimilarity)?;
            pairs::standardise(values, ranked).ok_or(Refusal::FlatDistances)
        })
    }
}

fn values(listed: &Listed) -> Result<&[f64], Refusal> {
    listed.as_ref().as_ref().map(|list| list.0.as_slice()).map_err(Clone::clone)
}

fn slices(lists: &[Listed]) -> Vec<&[f64]> {
    lists.iter().filter_map(|list| values(list).ok()).collect()
}
