//! A comparison as a page.

mod charts;
mod kernels;

use convscope_core::Value;
use convscope_measure::filters::{Judged, LayerDistances};
use convscope_report::{Figure, Listing, Page, Parts, Section, Unit, deviations};

use super::{Alignment, Comparison, Parameter, text, twins};

/// Returns the page.
pub(crate) fn page(comparison: &Comparison) -> Page {
    let [a, b] = [0, 1].map(|which| stem(&comparison.models[which].path));
    let sections = [
        Some(holdings(comparison)),
        distances(comparison),
        filters(comparison),
        comparison.alignment.as_ref().ok().map(aligned),
    ];
    Page {
        parts: Parts { one: "Part", all: "Parts" },
        title: format!("{a} beside {b}"),
        about: Some(about(comparison)),
        sections: sections.into_iter().flatten().collect(),
        provenance: provenance(comparison),
        faults: Vec::new(),
    }
}

fn stem(path: &str) -> String {
    let stem = std::path::Path::new(path).file_stem();
    stem.map_or_else(|| path.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// Says in a few sentences what was found.
fn about(comparison: &Comparison) -> String {
    let [a, b] = &comparison.models;
    let net = match &comparison.net {
        Ok(known) => {
            let how = if known.given { "as given" } else { "found by names and shapes of tensors" };
            format!("Both are a {} for {} ({how}).", known.name, known.net.input())
        }
        Err(why) => format!("They are compared by names and shapes alone: {why}."),
    };
    let alignment = match &comparison.alignment {
        Ok(alignment) => {
            let Alignment { before, after, shuffled, .. } = alignment;
            format!(
                "As they are, all trained weights have a cosine of {:.4}; with the hidden units of \
                 B in the order found by weight matching {:.4}. The same matching gives a B of \
                 shuffled weights {:.4}: only what lies above that speaks for a common solution.",
                before.cosine, after.cosine, shuffled.cosine
            )
        }
        Err(why) => format!("They are not aligned: {why}."),
    };
    format!("A is {}, B is {}. {net}\n\n{alignment}", a.path, b.path)
}

fn provenance(comparison: &Comparison) -> Vec<(String, String)> {
    let mut facts = vec![("convscope".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
    for (name, model) in ["A", "B"].into_iter().zip(&comparison.models) {
        let tensors = format!("{} tensors, {} numbers", model.tensors.len(), model.count());
        facts.push((name.to_owned(), format!("{}: {tensors}", model.path)));
        facts.extend(model.notes.iter().map(|note| (format!("note on {name}"), note.clone())));
    }
    facts.push(("made again by".into(), "convscope compare A B --out FILE".into()));
    facts
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

fn holdings(comparison: &Comparison) -> Section {
    let words = ["tensor", "shape", "remark"].map(str::to_owned).to_vec();
    let numbers =
        ["count", "norm A", "norm B", "mean A", "mean B", "sd A", "sd B", "relative distance"]
            .map(str::to_owned)
            .to_vec();
    let row = |parameter: &Parameter| {
        let [a, b] = &parameter.sides;
        let counts = [a, b].map(|side| {
            side.as_ref().map(|side| side.dimensions.iter().product::<usize>().to_string())
        });
        let mut counts: Vec<String> = counts.into_iter().flatten().collect();
        counts.dedup();
        let mut row =
            vec![parameter.name.clone(), text::shapes(parameter), text::trouble(parameter)];
        row.push(counts.join(" and "));
        for of in [0, 1, 2] {
            for side in [a, b] {
                let value = side.as_ref().map(|side| [&side.norm, &side.mean, &side.deviation][of]);
                row.push(value.and_then(Value::number).map_or("–".into(), show));
            }
        }
        let distance = parameter.distances.as_ref().ok();
        row.push(distance.map_or("–".into(), |own| value(&own.frobenius)));
        row
    };
    let table = Figure::Listing(Listing {
        id: "parameters".into(),
        title: "Every tensor of both models".into(),
        note: "Norm: Frobenius. Relative distance: ‖A − B‖ / √((‖A‖² + ‖B‖²) / 2), 0 of the same, \
               1.414 of unrelated weights around zero."
            .into(),
        words: words.len(),
        columns: [words, numbers].concat(),
        rows: comparison.parameters.iter().map(row).collect(),
    });
    section(
        "parameters",
        "What do the two models hold?",
        "Tensors that only one model has, or that have other shapes, are listed and not compared.",
        vec![table],
    )
}

fn distances(comparison: &Comparison) -> Option<Section> {
    let mut figures = charts::of_layers(&comparison.parameters);
    if figures.is_empty() {
        return None;
    }
    figures.push(Figure::Listing(table_of_distances(&comparison.parameters)));
    let about = "Filter i of one layer is held against filter i of the other. By chance: the mean \
                 over all orders of B's filters, so that a mean or a direction shared by all filters \
                 is not taken for agreement; z counts standard deviations above it. Nearest is the \
                 mean of each filter's largest |cosine| with any filter of the other layer, beside \
                 independent random directions. Filters of few weights are alike by chance.\n\n\
                 Factors and signs that a net cannot tell count as differences here.";
    Some(section("distances", "How far apart are the layers?", about, figures))
}

fn table_of_distances(parameters: &[Parameter]) -> Listing {
    let words = vec!["tensor".to_owned()];
    let numbers = [
        "frobenius",
        "chance",
        "cosine",
        "chance",
        "pearson",
        "chance",
        "z",
        "nearest",
        "chance",
        "z",
        "aligned frobenius",
        "shuffled",
        "aligned cosine",
        "shuffled",
    ];
    let row = |(parameter, own): (&Parameter, &LayerDistances)| {
        let mut row = vec![parameter.name.clone()];
        for judged in [&own.frobenius, &own.cosine, &own.pearson] {
            row.extend([value(judged), chance(judged)]);
        }
        row.extend([z(&own.cosine), value(&own.nearest), chance(&own.nearest), z(&own.nearest)]);
        let after = [&parameter.aligned, &parameter.by_chance];
        let both: [fn(&LayerDistances) -> &Judged; 2] = [|own| &own.frobenius, |own| &own.cosine];
        for of in both {
            row.extend(after.map(|own| own.as_ref().map_or("–".into(), |own| value(of(own)))));
        }
        row
    };
    Listing {
        id: "all-distances".into(),
        title: "Every distance beside its chance level".into(),
        note:
            "Aligned: with B's hidden units in the order found; shuffled: the same for a B whose \
               numbers stand in random places. A dash is a number that does not exist; `--json` \
               says why."
                .into(),
        words: words.len(),
        columns: words.into_iter().chain(numbers.map(str::to_owned)).collect(),
        rows: text::weights(parameters).map(row).collect(),
    }
}

fn filters(comparison: &Comparison) -> Option<Section> {
    let wall = kernels::wall(comparison)?;
    let rows = comparison.parameters.iter().flat_map(|parameter| {
        let pairs = parameter.twins.iter().flat_map(|twins| &twins.pairs);
        pairs.map(|pair| {
            let twin = &pair.found.twin;
            vec![
                parameter.name.clone(),
                twins::words(twin.motion),
                pair.found.first.to_string(),
                pair.stood.map_or_else(|| "–".into(), |place| place.to_string()),
                twin.value.number().map_or("–".into(), show),
            ]
        })
    });
    let table = Listing {
        id: "twins".into(),
        title: "The best twin of each filter".into(),
        note:
            "Filters and twins by their places in the files, counted from 0. Of layers with more \
               than 64 filters, 64 drawn at random are looked at."
                .into(),
        columns: ["tensor", "done to the twin", "filter of A", "twin in B", "cosine"]
            .map(str::to_owned)
            .to_vec(),
        words: 2,
        rows: rows.collect(),
    };
    let about = "A twin is the filter of B with the largest cosine, its sign, the eight flips and \
                 rotations of its kernels and, for large kernels, small shifts not counting. Flips are a \
                 description: a net with a flipped filter computes something else. The best of so many \
                 is large by chance; the chart has layers of independent normal weights beside it.";
    let mut figures = charts::of_twins(&comparison.parameters);
    figures.extend([Figure::Kernels(wall), Figure::Listing(table)]);
    Some(section("filters", "Which filters have a twin?", about, figures))
}

fn aligned(alignment: &Alignment) -> Section {
    let row = |order: &super::alignment::Order| {
        let moved = order.places.iter().enumerate().filter(|(place, from)| place != *from).count();
        let places: Vec<String> = order.places.iter().map(ToString::to_string).collect();
        let mut places_text = places.iter().take(24).cloned().collect::<Vec<_>>().join(" ");
        if places.len() > 24 {
            places_text.push_str(" …");
        }
        let (members, moved) = (places.len().to_string(), moved.to_string());
        vec![order.layers.join(", "), places_text, members, moved]
    };
    let table = Listing {
        id: "orders".into(),
        title: "Where the hidden units of B go".into(),
        note:
            "For each unit of A the unit of B in its place, the first 24; `--json` has all. Layers \
               named together write one list of channels, which sums tie."
                .into(),
        columns: ["written by", "units of B", "units", "moved"].map(str::to_owned).to_vec(),
        words: 2,
        rows: alignment.orders.iter().map(row).collect(),
    };
    let about = "Hidden units have no order of their own. Weight matching looks for the order of B's \
                 units in which all weights lie nearest to A's, one list of channels at a time (Ainsworth, \
                 Hayase and Srinivasa 2023, arXiv:2209.04836); the net computes the same before and \
                 after. It ends in a local minimum, so it starts several times.";
    let figures = vec![charts::descent(&alignment.matching), Figure::Listing(table)];
    section("alignment", "Are they the same in another order?", about, figures)
}

fn show(number: f64) -> String {
    Unit::Number.show(number)
}

fn value(judged: &Judged) -> String {
    judged.value.number().map_or("–".into(), show)
}

fn chance(judged: &Judged) -> String {
    judged.chance.number().map_or("–".into(), show)
}

fn z(judged: &Judged) -> String {
    judged.z.number().map_or("–".into(), deviations)
}
