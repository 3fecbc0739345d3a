//! What the kernels of layers are together, as a table for a terminal.

use convscope_core::Value;
use convscope_probe::{Judged, LayerCard};

use super::table::number;

/// What the numbers and those in brackets mean.
pub(super) const LEGEND: [&str; 3] = [
    "in brackets: percent with less of layers of normal numbers, and of layers of the own numbers in random places;",
    "entropy: of the kernels' variance; pattern, row, product: mean share of a filter in one for all inputs, rows, or of both;",
    "sparse: share of kernels below 0.01 of the layer; alike, equal: kernels that others repeat, scaled or not",
];

/// The heads of the columns.
pub(super) const HEADS: [&str; 9] =
    ["layer", "entropy", "orthogonality", "pattern", "row", "product", "sparse", "alike", "equal"];

/// Tells of a layer.
pub(super) fn row(name: String, card: &LayerCard) -> [String; HEADS.len()] {
    let duplicates = &card.duplicates;
    let product = card.one_product.as_ref().map(|product| told(&product.mean(), 3));
    [
        name,
        told(&card.variance_entropy, 3),
        told(&card.orthogonality, 4),
        told(&card.one_pattern, 3),
        told(&card.one_row, 3),
        product.unwrap_or_else(|_| "–".into()),
        told(&card.sparsity, 3),
        told(&duplicates.alike, 0),
        told(&duplicates.equal, 0),
    ]
}

/// Writes a number with both percentiles behind it.
fn told(judged: &Judged, digits: usize) -> String {
    if judged.value.number().is_none() {
        return "–".into();
    }
    let percentile = |value: &Value| match value.number() {
        None => "–".to_owned(),
        Some(percent) if percent > 99.0 => ">99".into(),
        Some(percent) if percent < 1.0 => "<1".into(),
        Some(percent) => format!("{percent:.0}"),
    };
    let [normal, own] =
        [&judged.gaussian, &judged.permuted].map(|level| percentile(&level.percentile));
    format!("{} ({normal}, {own})", number(&judged.value, digits))
}
