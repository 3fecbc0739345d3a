//! What is most worth knowing, as tables for a terminal.

use convscope_core::Value;
use convscope_probe::Reading;

use super::beside::Beside;
use super::laid::{Laid, Placed};
use super::skipped::{by_reason, named};
use super::summary::Summary;
use super::table::{counted, line, number, table};
use super::{Hears, Kernels, together};
use crate::complaint::Complaint;

/// Files with no more kernels than this have a line for each.
const EACH: usize = 16;

/// How many structures of a layer are named.
const NAMED: usize = 6;

/// The rows of the tables, layer by layer.
#[derive(Default)]
pub(crate) struct Told {
    layers: Vec<[String; HEADS.len()]>,
    together: Vec<[String; together::HEADS.len()]>,
    structures: Vec<[String; 2]>,
    kernels: Vec<[String; KERNEL_HEADS.len()]>,
    beside: Beside,
    unfit: Vec<String>,
    /// Kernels that were looked at, zeros, constants, and those that cannot be looked at.
    counts: [usize; 4],
}

impl Hears for Told {
    fn cards(&mut self, laid: &Laid, cards: &[Placed]) -> Result<(), Complaint> {
        for placed in cards.iter().take(EACH.saturating_sub(self.kernels.len())) {
            self.kernels.push(kernel(laid, placed));
        }
        Ok(())
    }

    fn summary(
        &mut self,
        laid: &Laid,
        summary: &Summary,
        _: Option<&Reading<'_>>,
    ) -> Result<(), Complaint> {
        let looked_at = summary.described.len();
        let counts = [looked_at, summary.zero(), summary.constant, laid.unfit.len()];
        self.counts.iter_mut().zip(counts).for_each(|(all, own)| *all += own);
        self.layers.push(layer(laid, summary));
        self.together
            .extend(laid.together.as_ref().ok().map(|card| together::row(name(laid), card)));
        self.structures.push([name(laid), structures(summary)]);
        self.beside.add(&name(laid), summary);
        if let Some(first) = laid.unfit.first() {
            let count = laid.unfit.len();
            let place = laid.place(first.place);
            self.unfit.push(format!(
                "{}: {count} of {} kernels cannot be looked at: {place} {}",
                name(laid),
                laid.count(),
                first.why
            ));
        }
        Ok(())
    }
}

impl Told {
    /// Writes the tables.
    pub(crate) fn text(&self, kernels: &Kernels) -> String {
        let mut text = String::new();
        let [looked_at, zero, constant, unfit] = self.counts;
        line(
            &mut text,
            &format!(
                "{}: {} in {}, {zero} of zeros, {constant} constant, {unfit} that cannot be looked at",
                kernels.file,
                counted(looked_at + unfit, "kernel"),
                counted(kernels.layers(), "layer")
            ),
        );
        for trouble in &self.unfit {
            line(&mut text, &format!("  {trouble}"));
        }
        if !kernels.skipped.is_empty() {
            let count = kernels.skipped.len();
            let were = if count == 1 { "was" } else { "were" };
            line(&mut text, &format!("\n{} {were} not looked at", counted(count, "array")));
            for (why, arrays) in by_reason(&kernels.skipped) {
                line(&mut text, &format!("  {:>4}  {why}: {}", arrays.len(), named(&arrays)));
            }
        }
        line(&mut text, "\nlayers");
        for words in LEGEND {
            line(&mut text, words);
        }
        table(&mut text, Some(HEADS), &self.layers);
        if !self.together.is_empty() {
            line(&mut text, "\nkernels of a layer together");
            for words in together::LEGEND {
                line(&mut text, words);
            }
            table(&mut text, Some(together::HEADS), &self.together);
        }
        line(&mut text, "\nstructures (chance in %)");
        table(&mut text, None, &self.structures);
        if let Some(against) = &kernels.against {
            self.beside.write(&mut text, against);
        }
        if self.counts[0] <= EACH && !self.kernels.is_empty() {
            line(&mut text, "\nkernels");
            table(&mut text, Some(KERNEL_HEADS), &self.kernels);
        }
        text
    }
}

/// What the columns of layers mean.
const LEGEND: [&str; 4] = [
    "structure: share of kernels whose code a structure makes shorter; energy: median of what is ideal",
    "in those; bits: mean of the shortest code, without a structure, and free: as 8 bits a number;",
    "chance: kernels of the layer's own numbers in random places; unique: median of values that differ;",
    "diversity: entropy of the kernels' variance, by chance that of normal numbers",
];

/// The heads of the columns of layers.
const HEADS: [&str; 15] = [
    "layer",
    "size",
    "kernels",
    "zeros",
    "constant",
    "structure",
    "chance",
    "energy",
    "bits",
    "without",
    "chance",
    "free",
    "unique",
    "diversity",
    "chance",
];

fn layer(laid: &Laid, summary: &Summary) -> [String; HEADS.len()] {
    let looked_at = summary.described.len();
    let (structured, by_chance) = summary.with_structure();
    let [bits, plain, bits_by_chance] = summary.bits();
    let diversity = |which: usize| {
        let entropy = laid.together.as_ref().ok().map(|card| &card.variance_entropy);
        entropy.map_or_else(
            || "–".to_owned(),
            |entropy| number([&entropy.value, &entropy.gaussian.mean][which], 3),
        )
    };
    let share = |count: f64| {
        if looked_at == 0 { "–".to_owned() } else { format!("{:.1} %", 100.0 * count) }
    };
    [
        name(laid),
        format!("{}×{}", laid.size.rows, laid.size.columns),
        laid.count().to_string(),
        summary.zero().to_string(),
        summary.constant.to_string(),
        share(structured as f64 / looked_at.max(1) as f64),
        share(by_chance),
        number(&summary.energy(), 3),
        number(&bits, 1),
        number(&plain, 1),
        number(&bits_by_chance, 1),
        format!("{:.1}", laid.free_bits()),
        number(&summary.unique(), 1),
        diversity(0),
        diversity(1),
    ]
}

/// Names the most frequent structures, with the share that each would have by chance.
fn structures(summary: &Summary) -> String {
    let mut present: Vec<_> = summary.structures.iter().filter(|of| of.count > 0).collect();
    present.sort_by_key(|of| std::cmp::Reverse(of.count));
    let more: usize = present.iter().skip(NAMED).map(|of| of.count).sum();
    let named = present
        .iter()
        .take(NAMED)
        .map(|of| format!("{} {} ({:.1}),", of.count, of.id, 100.0 * of.by_chance));
    let mut named: Vec<String> = named.collect();
    if more > 0 {
        named.push(format!("{more} others"));
    }
    if named.is_empty() {
        return "no kernel can be looked at".into();
    }
    named.join(" ").trim_end_matches(',').to_owned()
}

/// The heads of the columns of kernels.
const KERNEL_HEADS: [&str; 9] =
    ["kernel", "structure", "numbers", "energy", "bits", "without", "rank", "unique", "operator"];

fn kernel(laid: &Laid, placed: &Placed) -> [String; KERNEL_HEADS.len()] {
    let (card, count) = (&placed.card, laid.size.count());
    let description = &card.description;
    let score = |id: &str| {
        let scored = card.scores.iter().find(|scored| scored.probe.id == id);
        scored.map_or_else(|| Value::missing("no such probe"), |scored| scored.value.clone())
    };
    let operator = card.details.operator.as_ref().map_or_else(
        || "–".into(),
        |found| {
            let sign = if found.negated { "−" } else { "" };
            format!("{sign}{} {:.3}", found.operator.id, found.cosine)
        },
    );
    [
        format!("{} {}", name(laid), laid.tag(placed.place)),
        placed.structure.to_owned(),
        format!("{} of {count}", placed.dimension(count)),
        if placed.is_structured() { format!("{:.3}", description.energy) } else { "–".into() },
        format!("{:.1}", placed.bits),
        format!("{:.1}", placed.plain),
        number(&score("effective-rank"), 2),
        number(&score("unique-values"), 0),
        operator,
    ]
}

fn name(laid: &Laid) -> String {
    if laid.name.is_empty() { "the array".into() } else { laid.name.clone() }
}
