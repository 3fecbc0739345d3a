//! Canonical correlations weighted by what they explain.

use convscope_core::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cca::{room, with_ranks};
use super::{Change, Laws, Measure, Sense, entry};
use crate::{Estimate, Pair, Prepared, Refusal, linalg, whitening};

pub(super) const ENTRY: Entry<dyn Measure> = entry::<Pwcca>(
    "pwcca",
    "The canonical correlations, each weighted by how much of one layer's units it carries.",
    "Morcos, Raghu and Bengio 2018, arXiv:1806.05759",
);

/// Projection-weighted canonical correlation.
///
/// ```text
/// Σ αᵢ ρᵢ / Σ αᵢ,   αᵢ = Σⱼ |⟨hᵢ, xⱼ⟩|,   hᵢ the unit-length canonical variates of X, xⱼ its centred units
/// ```
///
/// Asymmetric: the weights come from one layer, named by `weights`; compare both ways. The sums
/// run over the k = min(r, s) canonical directions that exist on both sides, so that where X has
/// more units than Y the rest of X, which no correlation belongs to, has no weight; codes that
/// normalise over all p directions give less there, and depend on an arbitrary basis of the rest.
/// A rotation of the weighted layer's units changes the weights. Refusals as for `mean-cca`.
///
/// Cost: one decomposition and rank·n·p a layer, nrs and a decomposition of r × s a pair; nothing of
/// the size of the samples but the product of the bases.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Pwcca {
    /// The layer whose units give the weights.
    weights: Weights,
}

/// Which of two layers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Weights {
    /// The first layer.
    #[default]
    First,
    /// The second layer.
    Second,
    /// The layer of lower rank; the first where both have the same.
    Smaller,
}

impl Measure for Pwcca {
    fn laws(&self) -> Laws {
        Laws {
            sense: Sense::Similarity,
            of_self: Some(1.0),
            symmetric: false,
            unchanged_by: &[
                Change::Scale,
                Change::Translation,
                Change::UnitOrder,
                Change::SampleOrder,
            ],
        }
    }

    fn estimator(&self) -> String {
        let layer = match self.weights {
            Weights::First => "the first layer",
            Weights::Second => "the second layer",
            Weights::Smaller => "the layer of lower rank",
        };
        format!("canonical correlations weighted by {layer}, over min(rank, rank) directions")
    }

    fn estimate(&self, pair: Pair<'_>) -> Result<Estimate, Refusal> {
        let second = match self.weights {
            Weights::First => false,
            Weights::Second => true,
            Weights::Smaller => pair.y.rank()? < pair.x.rank()?,
        };
        let value = weighted(if second { pair.swapped() } else { pair })?;
        Ok(with_ranks(Estimate::of(value), pair, [pair.x.rank()?, pair.y.rank()?]))
    }

    fn warm(&self, layer: &Prepared) {
        if layer.triangle().is_none() {
            let _ = layer.loadings();
        }
    }
}

fn weighted(pair: Pair<'_>) -> Result<f64, Refusal> {
    room(pair)?;
    let (turn, rho) = linalg::left_svd(whitening::all_cosines(pair)?.as_ref())?;
    // Inner products of canonical variates with units, from those of the basis.
    let projections = match (pair.x.triangle(), pair.y.triangle()) {
        (Some(x), Some(_)) => linalg::product(x.lower.as_ref(), turn.as_ref()),
        _ => linalg::cross(pair.x.loadings()?, turn.as_ref()),
    };
    let (mut sum, mut weights) = (0.0, 0.0);
    for (column, rho) in projections.col_iter().zip(&rho) {
        let weight: f64 = column.iter().map(|x| x.abs()).sum();
        sum += weight * rho.min(1.0);
        weights += weight;
    }
    Ok(sum / weights)
}
