//! Activation matching.

use crate::{Pair, tuning};

/// Matches the hidden units of one order by what they do on the same samples.
///
/// ```text
/// max over matchings of Σ over layers Σᵢ r(xᵢ, y_π(i)),   r Pearson's correlation over samples
/// ```
///
/// `layers` are the layers that write one order of units, in both networks: one, or several where sums
/// tie them. Returns for each unit of the first network the unit of the second that takes its
/// place. Unlike weights, activations of different layers do not depend on each other's orders: each order
/// has one assignment, and no start matters. Units that are constant on the samples are matched last,
/// arbitrarily. The correlations of a best matching are above 0 by chance, about √(2 log p / n) for
/// unrelated layers. Cost: npq for each layer and an assignment of about p³. Li, Yosinski, Clune,
/// Lipson and Hopcroft 2016, arXiv:1511.07543; as a symmetry of the network: Ainsworth, Hayase and
/// Srinivasa 2023, arXiv:2209.04836.
///
/// # Panics
/// If there is no layer, or the layers are not all equally wide in both networks: a caller's bug.
pub fn match_units(layers: &[Pair<'_>]) -> Vec<usize> {
    let mut gains = layers.iter().map(|layer| tuning::correlations(*layer));
    let mut gain = gains.next().expect("caller's bug: no layer to match");
    for other in gains {
        assert!(other.shape() == gain.shape(), "caller's bug: one order has one width");
        gain += other;
    }
    assert!(gain.nrows() == gain.ncols(), "caller's bug: orders of two networks are equally long");
    tuning::partners(gain.as_ref()).into_iter().map(|(_, second)| second).collect()
}
