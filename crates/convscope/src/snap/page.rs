//! A page of kernels before and after.

use convscope_edit::Note;
use convscope_report::{
    Figure, KernelPanel, KernelRow, KernelWall, Listing, Page, Parts, Section, Unit,
};

use super::{Snapped, tell};

/// How many kernels are listed.
const LISTED: usize = 512;
/// How many filters of a layer, and kernels of a filter, are drawn.
const FILTERS: usize = 16;
const CHANNELS: usize = 8;

/// Returns the page.
pub(crate) fn page(snapped: &Snapped) -> Page {
    let stem = std::path::Path::new(&snapped.path).file_stem();
    let stem =
        stem.map_or_else(|| snapped.path.clone(), |stem| stem.to_string_lossy().into_owned());
    let about = format!("{}: {}.\n\n{}", snapped.path, snapped.what, snapped.remarks.join(". "));
    Page {
        parts: Parts { one: "Part", all: "Parts" },
        title: format!("{stem}, its kernels snapped"),
        about: Some(about),
        sections: vec![cost(snapped), kernels(snapped)],
        provenance: vec![
            ("convscope".into(), env!("CARGO_PKG_VERSION").into()),
            ("made again by".into(), "convscope snap FILE --report PAGE".into()),
        ],
        faults: Vec::new(),
    }
}

fn section(id: &str, question: &str, about: &str, figures: Vec<Figure>) -> Section {
    Section {
        id: id.into(),
        question: question.into(),
        about: Some(about.into()),
        arms: Vec::new(),
        claims: Vec::new(),
        figures,
        troubles: Vec::new(),
        provenance: Vec::new(),
    }
}

fn cost(snapped: &Snapped) -> Section {
    let rows = tell::rows(snapped).into_iter();
    let rows = rows.map(|(name, [before, after])| vec![name, before, after]).collect();
    let mut figures = vec![Figure::Listing(Listing {
        id: "before-and-after".into(),
        title: "Before and after".into(),
        note: "Bits are those of a file that holds each kernel as the name of its structure and the numbers \
               of it; a free kernel's are its name and all its numbers."
            .into(),
        columns: ["", "before", "after"].map(str::to_owned).to_vec(),
        words: 1,
        rows,
    })];
    figures.extend(snapped.edited.notes.iter().map(|note| Figure::Listing(table(note))));
    let about = "Every kernel is replaced by the nearest one of the structure that is chosen for it, rounded to \
                 the layer's grid. Images show how much of the loss that costs.";
    section("cost", "What does snapping save, and what does it cost?", about, figures)
}

fn table(note: &Note) -> Listing {
    let (title, text) = match note.name.as_str() {
        "kernel-structures" => {
            ("Kernels by structure", "How many kernels of a layer have which structure.")
        }
        "kernel-bits" => ("Bits of each layer", "Free: without any structure."),
        _ => (
            "The loss on the calibration images",
            "The change that was predicted from gradients of single images beside the one measured; \
             then the loss after running statistics were refreshed and after next layers were fitted anew.",
        ),
    };
    let rows = note.rows.iter().zip(note.values.chunks(note.columns.len().max(1)));
    let rows = rows.map(|(name, values)| {
        let numbers = values.iter().map(|value| Unit::Number.show(*value));
        std::iter::once(name.clone()).chain(numbers).collect()
    });
    Listing {
        id: note.name.clone(),
        title: title.into(),
        note: text.into(),
        columns: std::iter::once(String::new()).chain(note.columns.iter().cloned()).collect(),
        words: 1,
        rows: rows.collect(),
    }
}

fn kernels(snapped: &Snapped) -> Section {
    let rows = snapped.layers.iter().map(|layer| {
        let ([filters, inputs], [height, width]) = (layer.counts, layer.sides);
        let (outputs, shown) = (filters.min(FILTERS), inputs.min(CHANNELS));
        let each = height * width;
        let panel = |name: &str, numbers: &[f32]| KernelPanel {
            name: name.into(),
            outputs,
            inputs: shown,
            height,
            width,
            weights: (0..outputs)
                .flat_map(|filter| (0..shown).map(move |input| filter * inputs + input))
                .flat_map(|kernel| {
                    if layer.unfit.contains_key(&kernel) {
                        vec![0.0; each]
                    } else {
                        numbers[kernel * each..(kernel + 1) * each].to_vec()
                    }
                })
                .collect(),
        };
        let panels = vec![panel("before", &layer.before), panel("after", snapped.after(layer))];
        KernelRow { name: layer.name.clone(), panels }
    });
    let left = if snapped.layers.iter().all(|layer| layer.unfit.is_empty()) {
        ""
    } else {
        " Kernels that were left, as their numbers are not finite, are drawn as zeros."
    };
    let wall = KernelWall {
        id: "kernels".into(),
        title: "Kernels before and after, in the same places".into(),
        note: format!(
            "Of each layer the first {FILTERS} filters, of each filter the first {CHANNELS} channels.{left}"
        ),
        rows: rows.collect(),
    };
    let table = Listing {
        id: "structures".into(),
        title: "The structure of each kernel".into(),
        note: "Moved: the share of the kernel's sum of squares that is not in what it became."
            .into(),
        columns: ["layer", "structure", "filter", "channel", "moved"].map(str::to_owned).to_vec(),
        words: 2,
        rows: structures(snapped).take(LISTED).collect(),
    };
    let about = "The first 512 kernels are listed; `--json` has all.";
    section(
        "kernels",
        "What became of the kernels?",
        about,
        vec![Figure::Kernels(wall), Figure::Listing(table)],
    )
}

/// Returns a row for each kernel: where it is, its structure, and how far it moved.
fn structures(snapped: &Snapped) -> impl Iterator<Item = Vec<String>> {
    snapped.layers.iter().flat_map(move |layer| {
        let ([_, inputs], [height, width]) = (layer.counts, layer.sides);
        let each = height * width;
        (0..layer.before.len() / each).map(move |place| {
            let first = layer.offset + place * each;
            let form = snapped.edited.forms.iter().find(|own| own.range.start == first);
            let left = layer.unfit.contains_key(&place);
            let none = if left { "left as it is" } else { "–" };
            let form = form.map_or_else(|| none.into(), |own| own.form.clone());
            let after = &snapped.edited.weights[first..first + each];
            let before = &layer.before[place * each..(place + 1) * each];
            let squares = |list: &mut dyn Iterator<Item = f32>| -> f64 {
                list.map(|value| f64::from(value) * f64::from(value)).sum()
            };
            let moved = squares(&mut before.iter().zip(after).map(|(a, b)| a - b));
            let whole = squares(&mut before.iter().copied());
            let share =
                if whole > 0.0 && !left { Unit::Number.show(moved / whole) } else { "–".into() };
            let at = [place / inputs, place % inputs].map(|number| number.to_string());
            [vec![layer.name.clone(), form], at.to_vec(), vec![share]].concat()
        })
    })
}
