//! Some kernels of a layer with their cards, grouped by structure.

use convscope_core::Value;
use convscope_probe::{Reading, STRUCTURES, Scored};
use convscope_report::{CardGroup, CardWall, KernelCard, Unit};

use crate::kernels::laid::{FREE, Laid, Placed, ZERO};
use crate::kernels::summary::{Described, Summary};

/// How many numbers the kernels of a layer that are shown have, unless so few kernels have more.
const NUMBERS: usize = 8000;
const LEAST: usize = 8;

/// Builds the wall of a layer, with so many cards at most.
pub(super) fn wall(laid: &Laid, summary: &Summary, reading: &Reading<'_>, most: usize) -> CardWall {
    let groups = groups(&summary.described);
    let all = summary.described.len();
    let counts: Vec<usize> = groups.iter().map(|(_, kernels)| kernels.len()).collect();
    let quotas = quotas(&counts, most.min(NUMBERS / laid.size.count()).max(LEAST));
    let shown: usize = quotas.iter().sum();
    let group = |((id, kernels), quota): (&(&'static str, Vec<usize>), &usize)| CardGroup {
        name: (*id).to_owned(),
        about: meaning(id),
        count: kernels.len(),
        cards: spread(kernels, *quota)
            .map(|index| card(laid, &laid.card(index, reading), laid.values(index)))
            .collect(),
    };
    let limited = if shown < all {
        format!(
            " {shown} of {all} kernels are shown, of each structure evenly from the one that its ideal \
             fits best to the one that it fits worst; --json has all."
        )
    } else {
        String::new()
    };
    CardWall {
        id: "kernels".into(),
        title: "Kernels by structure".into(),
        note: format!(
            "In each group the kernel that its ideal fits best comes first. The percentages on a card: \
             how many kernels of normal numbers, and of the layer's own numbers in random places, have \
             less.{limited}"
        ),
        height: laid.size.rows,
        width: laid.size.columns,
        limit: laid.kernels.as_ref().map_or(0.0, convscope_probe::Layer::largest),
        facts: [
            "numbers",
            "energy of the ideal",
            "bits",
            "without structure",
            "unique values",
            "nearest operator",
        ]
        .map(str::to_owned)
        .to_vec(),
        scores: ["score", "value", "normal %", "permuted %"].map(str::to_owned).to_vec(),
        groups: groups.iter().zip(&quotas).map(group).collect(),
    }
}

/// Puts the places of kernels in groups by structure, the simplest first and zeros last, each from the
/// highest energy to the lowest.
fn groups(described: &[Described]) -> Vec<(&'static str, Vec<usize>)> {
    let ids = STRUCTURES.iter().map(|structure| structure.id).chain([ZERO]);
    let group = |id: &'static str| {
        let mut kernels: Vec<usize> =
            (0..described.len()).filter(|index| described[*index].structure == id).collect();
        kernels.sort_by(|a, b| described[*b].energy.total_cmp(&described[*a].energy));
        (id, kernels)
    };
    ids.map(group).filter(|(_, kernels)| !kernels.is_empty()).collect()
}

/// Returns how many kernels of each group are shown: the room shared by square roots of counts, so that
/// few kernels with a structure are seen beside many without, and at least two.
fn quotas(counts: &[usize], most: usize) -> Vec<usize> {
    if counts.iter().sum::<usize>() <= most {
        return counts.to_vec();
    }
    let root = |count: &usize| (*count as f64).sqrt();
    let whole: f64 = counts.iter().map(root).sum();
    let quota = |count: &usize| {
        let share = (most as f64 * root(count) / whole).round() as usize;
        share.max(2).min(*count)
    };
    let mut quotas: Vec<usize> = counts.iter().map(quota).collect();
    // What small groups leave is for the largest.
    let left = most.saturating_sub(quotas.iter().sum());
    let largest = (0..counts.len()).max_by_key(|group| counts[*group] - quotas[*group]);
    if let Some(group) = largest {
        quotas[group] = counts[group].min(quotas[group] + left);
    }
    quotas
}

/// Takes so many of a list, evenly, the first and the last among them.
fn spread(kernels: &[usize], quota: usize) -> impl Iterator<Item = usize> {
    let last = kernels.len() - 1;
    let step = last as f64 / quota.saturating_sub(1).max(1) as f64;
    (0..quota).map(move |place| kernels[((place as f64 * step).round() as usize).min(last)])
}

fn meaning(id: &str) -> String {
    match id {
        ZERO => return "All numbers are 0: such kernels do nothing.".into(),
        FREE => return "No structure makes their code shorter.".into(),
        _ => {}
    }
    let structure = STRUCTURES.iter().find(|structure| structure.id == id);
    structure.map_or_else(String::new, |structure| structure.about.to_owned())
}

fn card(laid: &Laid, placed: &Placed, values: &[f64]) -> KernelCard {
    let (card, count) = (&placed.card, laid.size.count());
    let description = &card.description;
    let single = |values: &[f64]| values.iter().map(|value| *value as f32).collect::<Vec<_>>();
    let unique = card.scores.iter().find(|scored| scored.probe.id == "unique-values");
    let operator = card.details.operator.as_ref().map_or_else(
        || "–".into(),
        |found| {
            let sign = if found.negated { "−" } else { "" };
            format!("{sign}{}, cosine {:.2}", found.operator.id, found.cosine)
        },
    );
    KernelCard {
        name: laid.place(placed.place),
        tag: laid.tag(placed.place),
        weights: single(values),
        ideal: placed.is_structured().then(|| single(&description.ideal)),
        facts: vec![
            format!("{} of {count}", placed.dimension(count)),
            if placed.is_structured() {
                Unit::Number.show(description.energy)
            } else {
                "–".into()
            },
            format!("{:.1}", placed.bits),
            format!("{:.1}", placed.plain),
            unique.map_or_else(|| "–".into(), |scored| shown(&scored.value)),
            operator,
        ],
        scores: card.scores.iter().filter(|scored| told(scored, placed)).map(score).collect(),
    }
}

/// Whether a card has room for a score: of structures only the kernel's own.
fn told(scored: &Scored, placed: &Placed) -> bool {
    let probe = scored.probe;
    let own = || probe.id.strip_prefix("in-") == Some(placed.structure);
    scored.value.number().is_some()
        && match probe.group {
            "structure" => own(),
            "irreducible" => false,
            // Bits stand among the facts.
            _ => probe.id != "code-length",
        }
}

fn score(scored: &Scored) -> Vec<String> {
    vec![
        scored.probe.id.replace('-', " "),
        shown(&scored.value),
        percentile(&scored.gaussian, 0.1),
        percentile(&scored.permuted, 0.1),
    ]
}

/// Shows a percentile; what so few draws cannot tell apart from 0 or 100 as beyond an edge.
pub(super) fn percentile(value: &Value, edge: f64) -> String {
    match value.number() {
        None => "–".into(),
        Some(percent) if percent > 100.0 - edge => format!(">\u{a0}{}", 100.0 - edge),
        Some(percent) if percent < edge => format!("<\u{a0}{edge}"),
        Some(percent) => format!("{percent:.1}"),
    }
}

fn shown(value: &Value) -> String {
    value.number().map_or_else(|| "–".into(), |number| Unit::Number.show(number))
}
