//! What the kernels of a layer are together.

use convscope_core::Value;
use convscope_probe::{Colour, Judged, LayerCard, Size};
use convscope_report::{Figure, KernelPanel, KernelRow, KernelWall, Listing, Unit};

/// How many principal components are drawn.
const DRAWN: usize = 8;

/// Lists how unlike the kernels are, and draws the directions in which they differ.
pub(super) fn figures(card: &LayerCard, size: Size) -> Vec<Figure> {
    let mut figures = vec![Figure::Listing(table(card))];
    figures.extend(components(card, size).map(Figure::Kernels));
    figures
}

fn table(card: &LayerCard) -> Listing {
    let product = match &card.one_product {
        Ok(product) => judged("one product for a whole filter, at least", &product.mean()),
        Err(_) => plain("one product for a whole filter, at least", "–".into(), "–".into()),
    };
    let mut rows = vec![
        judged("variance entropy", &card.variance_entropy),
        judged("variance entropy without sparse kernels", &card.clean_variance_entropy),
        judged("orthogonality of filters", &card.orthogonality),
        judged("one pattern for all inputs of a filter", &card.one_pattern),
        judged("one row for all rows of a filter", &card.one_row),
        product,
    ];
    rows.extend(counted(card));
    if let Some(entropy) = card.normalised_entropy.number() {
        let what = "variance entropy over that of random 3 × 3 kernels";
        rows.insert(2, plain(what, Unit::Number.show(entropy), "1".into()));
    }
    if let Some(colour) = &card.colour {
        for (name, axis) in Colour::AXES.iter().zip(&colour.axes) {
            rows.push(judged(&format!("energy in {name}, mean over filters"), &axis.mean()));
        }
        rows.push(judged("one pattern times one colour", &colour.separability.mean()));
    }
    if let Ok(kse) = &card.kse {
        rows.push(judged("spread of an input's kernels, in bits", &kse.entropy.mean()));
        rows.push(judged("importance of inputs (KSE), mean", &kse.indicator.mean()));
    }
    Listing {
        id: "together".into(),
        title: "All kernels together".into(),
        note: format!(
            "By chance: layers of independent normal numbers of this shape; z counts their standard \
             deviations, the percentile is the share of them with less. Variance entropy is low where kernels are few shapes. Kernels are alike from a \
             cosine of 0.99 on; {} were compared. Sparse: below a hundredth of the layer's largest number. One \
             product: the most that was found, a lower bound. KSE: how large and how uneven the kernels of an \
             input are, from 0 to 1 within the layer.",
            card.duplicates.compared
        ),
        columns: ["what", "value", "by chance", "z", "percentile"].map(str::to_owned).to_vec(),
        words: 1,
        rows,
    }
}

fn counted(card: &LayerCard) -> [Vec<String>; 5] {
    let duplicates = &card.duplicates;
    [
        plain(
            "kernels that others repeat, up to flips, sign and scale",
            duplicates.alike.to_string(),
            "–".into(),
        ),
        plain(
            "kernels that others repeat, up to flips and sign",
            duplicates.equal.to_string(),
            "–".into(),
        ),
        plain(
            "pairs of kernels alike",
            duplicates.pairs.to_string(),
            Unit::Number.show(duplicates.pairs_by_chance),
        ),
        plain("sparse kernels", Unit::Percent.show(card.sparsity), "–".into()),
        plain("numbers that are 0", Unit::Percent.show(card.zeros), "–".into()),
    ]
}

fn plain(what: &str, value: String, chance: String) -> Vec<String> {
    vec![what.to_owned(), value, chance, "–".to_owned(), "–".to_owned()]
}

fn judged(what: &str, judged: &Judged) -> Vec<String> {
    let z = judged.z().map_or_else(|| "–".into(), |z| format!("{z:.1}").replace('-', "−"));
    let below = judged.percentile.number().map_or_else(|| "–".into(), |of| format!("{of:.1}"));
    vec![what.to_owned(), shown(&judged.value), shown(&judged.chance), z, below]
}

/// Draws the mean kernel and the first principal components.
fn components(card: &LayerCard, size: Size) -> Option<KernelWall> {
    let components = &card.components;
    let count = components.shares.len().min(DRAWN);
    if count == 0 {
        return None;
    }
    let single = |values: &[f64]| values.iter().map(|value| *value as f32).collect::<Vec<_>>();
    let panel = |name: String, outputs: usize, weights: Vec<f32>| KernelPanel {
        name,
        outputs,
        inputs: 1,
        height: size.rows,
        width: size.columns,
        weights,
    };
    let shares = components.shares[..count].iter().map(|share| format!("{:.0} %", 100.0 * share));
    let shares = shares.collect::<Vec<_>>().join(", ");
    let basis = components.basis[..count].iter().flat_map(|direction| single(direction)).collect();
    let row = |name: &str, panel| KernelRow { name: name.into(), panels: vec![panel] };
    Some(KernelWall {
        id: "components".into(),
        title: "Mean kernel, and directions in which kernels differ most".into(),
        note: format!(
            "Principal components by falling share of the variance, the first {count} of {}. Where two \
             shares are close, their directions say little.",
            components.basis.len()
        ),
        rows: vec![
            row("mean", panel("all kernels".into(), 1, single(&components.mean))),
            row("components", panel(shares, count, basis)),
        ],
    })
}

fn shown(value: &Value) -> String {
    value.number().map_or_else(|| "–".into(), |number| Unit::Number.show(number))
}
