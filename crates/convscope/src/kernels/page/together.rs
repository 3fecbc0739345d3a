//! What the kernels of a layer are together.

use std::fmt::Write;

use convscope_core::Value;
use convscope_probe::{Colour, Judged, LayerCard, Size};
use convscope_report::{Figure, KernelPanel, KernelRow, KernelWall, Listing, Unit, deviations};

use super::cards::percentile;

/// How many principal components are drawn.
const DRAWN: usize = 8;

/// Lists how unlike the kernels are, and draws the directions in which they differ.
pub(super) fn figures(card: &LayerCard, size: Size) -> Vec<Figure> {
    let mut figures = vec![Figure::Listing(table(card))];
    figures.extend(components(card, size).map(Figure::Kernels));
    figures
}

fn table(card: &LayerCard) -> Listing {
    let duplicates = &card.duplicates;
    let number = |what: &str, of: &Judged| row(what, of, Unit::Number);
    let mut rows = vec![number("variance entropy", &card.variance_entropy)];
    if card.normalised_entropy.value.number().is_some() {
        let what = "variance entropy over that of random 3 × 3 kernels";
        rows.push(number(what, &card.normalised_entropy));
    }
    rows.extend([
        number("variance entropy without sparse kernels", &card.clean_variance_entropy),
        number("orthogonality of filters", &card.orthogonality),
        number("one pattern for all inputs of a filter", &card.one_pattern),
        number("one row for all rows of a filter", &card.one_row),
    ]);
    rows.extend(
        card.one_product
            .iter()
            .map(|product| number("one product for a whole filter, at least", &product.mean())),
    );
    rows.extend([
        number("kernels that others repeat, up to flips, sign and scale", &duplicates.alike),
        number("kernels that others repeat, up to flips and sign", &duplicates.equal),
        number("pairs of kernels alike", &duplicates.pairs),
        row("sparse kernels", &card.sparsity, Unit::Percent),
        row("numbers that are 0", &card.zeros, Unit::Percent),
    ]);
    if let Some(colour) = &card.colour {
        for (name, axis) in Colour::AXES.iter().zip(&colour.axes) {
            rows.push(number(&format!("energy in {name}, mean over filters"), &axis.mean()));
        }
        rows.push(number("one pattern times one colour", &colour.separability.mean()));
    }
    if let Ok(kse) = &card.kse {
        rows.push(number("spread of an input's kernels, in bits", &kse.entropy.mean()));
        rows.push(number("importance of inputs (KSE), mean", &kse.indicator.mean()));
    }
    Listing {
        id: "together".into(),
        title: "All kernels together".into(),
        note: note(card),
        columns: ["what", "value", "normal", "permuted", "z", "normal %", "permuted %"]
            .map(str::to_owned)
            .to_vec(),
        words: 1,
        rows,
    }
}

fn note(card: &LayerCard) -> String {
    let mut note = format!(
        "Normal: the mean over layers of independent normal numbers of this shape; permuted: over layers with this layer's own \
         numbers in random places. The percentages: how many of these layers have less; z counts standard deviations \
         of normal layers. Variance entropy is low where kernels are few shapes; over that of random kernels it has the same \
         percentages. Kernels are alike from a cosine of 0.99 on; {} were compared. Sparse: below a hundredth of the layer's \
         largest number. Numbers that are 0 have no chance level: normal numbers are never 0, and in other places as many \
         are. KSE: how large and how uneven the kernels of an input are, from 0 to 1 within the layer.",
        card.duplicates.compared
    );
    match &card.one_product {
        Ok(_) => note.push_str(" One product: the most that was found, a lower bound."),
        Err(why) => write!(note, " One product is not among them: {why}.")
            .expect("writing to a string cannot fail"),
    }
    let told = [
        ("Orthogonality", &card.orthogonality),
        ("One pattern", &card.one_pattern),
        ("One row", &card.one_row),
        ("Variance entropy", &card.variance_entropy),
        ("Repeats", &card.duplicates.alike),
    ];
    for (what, judged) in told {
        let absent = [&judged.value, &judged.gaussian.percentile, &judged.permuted.percentile];
        if let Some(why) = absent.iter().find_map(|value| value.reason()) {
            write!(note, " {what}: {why}.").expect("writing to a string cannot fail");
        }
    }
    note
}

/// What 200 draws cannot tell apart from 0 or 100.
const EDGE: f64 = 0.5;

fn row(what: &str, judged: &Judged, unit: Unit) -> Vec<String> {
    let shown = |value: &Value| value.number().map_or_else(|| "–".into(), |of| unit.show(of));
    let z = judged.z().map_or_else(|| "–".into(), deviations);
    vec![
        what.to_owned(),
        shown(&judged.value),
        shown(&judged.gaussian.mean),
        shown(&judged.permuted.mean),
        z,
        percentile(&judged.gaussian.percentile, EDGE),
        percentile(&judged.permuted.percentile, EDGE),
    ]
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
