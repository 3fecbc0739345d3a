//! What is shown of each pair of layers beyond its scores: which units go together, and in how many
//! directions the layers agree.

pub(crate) mod json;
pub(crate) mod page;
pub(crate) mod text;

use std::sync::Arc;

use convscope_measure::{
    OrderedCorrelations, Pair, Prepared, canonical_correlations, ordered_correlations,
};
use rayon::prelude::*;

use super::Asked;
use super::compare::reason;
use super::side::{Layer, Side};
use super::treat::Treated;
use crate::args::Shown;
use crate::complaint::Complaint;

/// Two layers, and what was asked of them; `None` where it was not.
pub(crate) struct LayerPair {
    pub(crate) conv: Option<&'static str>,
    pub(crate) layers: [String; 2],
    pub(crate) units: Option<Result<Units, String>>,
    pub(crate) canonical: Option<Result<Canonical, String>>,
}

/// Units beside each other.
pub(crate) struct Units {
    pub(crate) ordered: OrderedCorrelations,
    /// The mean over partners when the samples of the second layer stand in a random order.
    pub(crate) shuffled: f64,
}

/// All canonical correlations, falling.
pub(crate) struct Canonical {
    pub(crate) values: Vec<f64>,
    /// The same when the samples of the second layer stand in a random order.
    pub(crate) shuffled: Vec<f64>,
}

/// How many pairs of layers are shown at most.
const MOST_PAIRS: usize = 64;
/// How many units a layer may have: the matching of twice as many takes eight times as long.
const MOST_UNITS: usize = 2048;

/// Makes sure that pairs of layers can be shown one by one.
pub(crate) fn few(asked: &Asked, a: &Side, b: Option<&Side>) -> Result<(), Complaint> {
    let pairs = a.layers.len() * b.unwrap_or(a).layers.len();
    if asked.show.is_empty() || pairs <= MOST_PAIRS {
        return Ok(());
    }
    Err(Complaint::Usage {
        message: format!("--show wants at most {MOST_PAIRS} pairs of layers, and {pairs} came"),
        help: Some("choose some with --layers".into()),
    })
}

/// Shows every pair of layers that were made matrices.
pub(crate) fn shown(
    asked: &Asked,
    sides: [&Side; 2],
    [xs, ys]: [&[Treated]; 2],
    conv: Option<&'static str>,
) -> Vec<LayerPair> {
    let places = (0..xs.len()).flat_map(|i| (0..ys.len()).map(move |j| (i, j)));
    let one = |(i, j): (usize, usize)| {
        let (x, y) = (&xs[i], &ys[j]);
        let both = match (&x.layer, &y.layer) {
            (Ok(first), Ok(second)) if x.places == y.places => Ok((first, second)),
            _ => Err(reason(x, y)),
        };
        let layers = [&sides[0].layers[i], &sides[1].layers[j]];
        of_pair(asked, layers, conv, both)
    };
    places.collect::<Vec<_>>().into_par_iter().map(one).collect()
}

/// Says of every pair why it is not shown.
pub(crate) fn hidden(
    asked: &Asked,
    [a, b]: [&Side; 2],
    conv: Option<&'static str>,
    why: &str,
) -> Vec<LayerPair> {
    let pairs = a.layers.iter().flat_map(|x| b.layers.iter().map(move |y| [x, y]));
    pairs.map(|layers| of_pair(asked, layers, conv, Err(why.to_owned()))).collect()
}

fn of_pair(
    asked: &Asked,
    layers: [&Layer; 2],
    conv: Option<&'static str>,
    both: Result<(&Prepared, &Prepared), String>,
) -> LayerPair {
    let both = both.and_then(|(x, y)| {
        let mut order: Vec<usize> = (0..y.samples()).collect();
        asked.seed.child("shown").stream().shuffle(&mut order);
        let order: Arc<[usize]> = order.into();
        Ok((Pair::new(x, y).map_err(|error| error.to_string())?, y.reordered(&order)))
    });
    let of = |what| asked.show.contains(&what).then_some(&both);
    LayerPair {
        conv,
        layers: layers.map(|layer| layer.name.clone()),
        units: of(Shown::UnitCorrelations).map(|both| {
            let (pair, shuffled) = both.as_ref().map_err(Clone::clone)?;
            units(*pair, shuffled)
        }),
        canonical: of(Shown::CanonicalCorrelations).map(|both| {
            let (pair, shuffled) = both.as_ref().map_err(Clone::clone)?;
            let all = |pair| canonical_correlations(pair).map_err(|refusal| refusal.to_string());
            let control = Pair { y: shuffled, ..*pair };
            Ok(Canonical { values: all(*pair)?, shuffled: all(control)? })
        }),
    }
}

fn units(pair: Pair<'_>, shuffled: &Prepared) -> Result<Units, String> {
    let most = pair.x.units().max(pair.y.units());
    if most > MOST_UNITS {
        return Err(format!("{most} units are more than the {MOST_UNITS} that are matched"));
    }
    let control = ordered_correlations(Pair { y: shuffled, ..pair });
    Ok(Units { ordered: ordered_correlations(pair), shuffled: mean_of_partners(&control) })
}

/// Returns the mean correlation of units with their partners.
pub(crate) fn mean_of_partners(ordered: &OrderedCorrelations) -> f64 {
    let partners = ordered.correlations.nrows().min(ordered.correlations.ncols());
    (0..partners).map(|i| ordered.correlations[(i, i)]).sum::<f64>() / partners as f64
}

/// Returns the mean of a list that is not empty.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
