//! What the kernels of a layer have together.

use std::collections::BTreeMap;

use convscope_core::{Seed, Value};
use convscope_probe::{Chance, PROBES, Reading};
use rayon::prelude::*;

use super::against::Compared;
use super::histogram::Bins;
use super::laid::{FREE, Laid, Placed, ZERO};

/// What the kernels of a layer have together.
pub(crate) struct Summary {
    /// How many kernels there are of each structure, in the order of the catalogue, [`ZERO`] first.
    pub(crate) structures: Vec<Of>,
    /// How many of as many kernels as were drawn had a structure; see [`Of::by_chance`].
    pub(crate) drawn: usize,
    /// How many kernels have equal numbers that are not 0.
    pub(crate) constant: usize,
    /// The sums of bits of all kernels: of the shortest codes, and of those without a structure.
    bits: [f64; 2],
    /// The mean bits of the shortest codes of the kernels that were drawn.
    bits_by_chance: f64,
    /// For each of [`PROBES`] its values.
    pub(crate) scores: Vec<Score>,
    /// Each kernel that was looked at, in their order.
    pub(crate) described: Vec<Described>,
    /// What is different in another file, where one was asked for.
    pub(crate) against: Option<Compared>,
}

/// A structure in a layer.
pub(crate) struct Of {
    pub(crate) id: &'static str,
    pub(crate) count: usize,
    /// The share of kernels of the layer's own numbers in random places that have it.
    pub(crate) by_chance: f64,
}

/// A probe in a layer.
pub(crate) struct Score {
    values: Vec<f64>,
    /// How they are spread beside chance; nothing where the probe means nothing at this size.
    pub(crate) bins: Option<Bins>,
    /// The means by chance: of normal numbers, and of the layer's own in random places.
    pub(crate) by_chance: [Option<f64>; 2],
}

/// What is kept of each kernel.
pub(crate) struct Described {
    pub(crate) structure: &'static str,
    /// The share of its energy that the ideal kernel has; 0 where there is none.
    pub(crate) energy: f64,
}

/// How many kernels of the layer's own numbers are described, by how many numbers they have.
const DRAWN: [(usize, usize); 3] = [(49, 1000), (225, 200), (usize::MAX, 50)];

impl Summary {
    /// Makes the summary of no kernel so far.
    pub(crate) fn new(laid: &Laid, reading: Option<&Reading<'_>>, seed: Seed) -> Self {
        let by_chance = drawn(laid, seed);
        let score = |probe: usize| {
            let chances = reading.map(|reading| [reading.gaussian(), reading.permuted()]);
            let mean = |of: &[Option<Chance>]| of[probe].as_ref().map(Chance::mean);
            let by_chance = chances.map_or([None, None], |chances| chances.map(mean));
            Score { values: Vec::new(), bins: None, by_chance }
        };
        Self {
            structures: by_chance.structures,
            drawn: by_chance.count,
            constant: 0,
            bits: [0.0; 2],
            bits_by_chance: by_chance.bits,
            scores: (0..PROBES.len()).map(score).collect(),
            described: Vec::new(),
            against: None,
        }
    }

    /// Spreads the scores of all kernels beside chance.
    pub(crate) fn finish(&mut self, laid: &Laid, reading: &Reading<'_>) {
        for (probe, score) in self.scores.iter_mut().enumerate() {
            let chance = reading.gaussian()[probe].as_ref();
            let bins = |chance| Bins::new(&PROBES[probe], laid.size.count(), &score.values, chance);
            score.bins = chance.map(bins);
        }
    }

    /// Adds some kernels.
    pub(crate) fn add(&mut self, laid: &Laid, cards: &[Placed]) {
        for placed in cards {
            let structure = placed.structure;
            self.bits[0] += placed.bits;
            self.bits[1] += placed.plain;
            if let Some(of) = self.structures.iter_mut().find(|of| of.id == structure) {
                of.count += 1;
            }
            let values = laid.values(self.described.len());
            let is_constant = values.iter().all(|value| value.to_bits() == values[0].to_bits());
            self.constant += usize::from(is_constant && !placed.is_zero);
            let energy = if placed.is_structured() { placed.card.description.energy } else { 0.0 };
            self.described.push(Described { structure, energy });
            for (score, scored) in self.scores.iter_mut().zip(&placed.card.scores) {
                let Some(value) = scored.value.number() else { continue };
                score.values.push(value);
            }
        }
    }

    /// Returns how many kernels are of zeros.
    pub(crate) fn zero(&self) -> usize {
        self.structures.iter().find(|of| of.id == ZERO).map_or(0, |of| of.count)
    }

    /// Returns how many kernels have a structure, and the share that would by chance.
    pub(crate) fn with_structure(&self) -> (usize, f64) {
        let structured = self.structures.iter().filter(|of| ![ZERO, FREE].contains(&of.id));
        structured.fold((0, 0.0), |(count, share), of| (count + of.count, share + of.by_chance))
    }

    /// Returns the median over kernels with a structure of the energy that their ideal has.
    pub(crate) fn energy(&self) -> Value {
        let of = |own: &&Described| ![ZERO, FREE].contains(&own.structure);
        median(self.described.iter().filter(of).map(|own| own.energy).collect())
    }

    /// Returns the score of a probe.
    pub(crate) fn score(&self, id: &str) -> Option<&Score> {
        let place = PROBES.iter().position(|probe| probe.id == id)?;
        self.scores.get(place)
    }

    /// Returns the mean bits of a kernel: of its shortest code, of that without a structure, and what
    /// the first would be by chance.
    pub(crate) fn bits(&self) -> [Value; 3] {
        let count = self.described.len();
        if count == 0 {
            return [0; 3].map(|_| Value::missing("no kernel can be looked at"));
        }
        let [shortest, plain] = self.bits.map(|bits| bits / count as f64);
        [shortest, plain, self.bits_by_chance].map(Value::of)
    }

    /// Returns the median count of values that differ.
    pub(crate) fn unique(&self) -> Value {
        self.score("unique-values").map_or_else(|| Value::missing("no such probe"), Score::median)
    }
}

impl Score {
    /// Returns how many kernels have a value.
    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    /// Returns how much the values go together with those of another score: |Pearson|, and 0 where
    /// that says nothing.
    pub(crate) fn goes_with(&self, other: &Self) -> f64 {
        if self.values.len() != other.values.len() {
            return 0.0;
        }
        let centred = |values: &[f64]| -> Vec<f64> {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values.iter().map(|value| value - mean).collect()
        };
        let (a, b) = (centred(&self.values), centred(&other.values));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let lengths = (dot(&a, &a) * dot(&b, &b)).sqrt();
        if lengths > 0.0 { (dot(&a, &b) / lengths).abs() } else { 0.0 }
    }

    /// Returns the median of the values.
    pub(crate) fn median(&self) -> Value {
        median(self.values.clone())
    }

    /// Returns the mean of the values.
    pub(crate) fn mean(&self) -> Value {
        if self.values.is_empty() {
            return Value::missing("no kernel has a value");
        }
        Value::of(self.values.iter().sum::<f64>() / self.values.len() as f64)
    }
}

fn median(mut values: Vec<f64>) -> Value {
    if values.is_empty() {
        return Value::missing("no kernel has a value");
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        return Value::of(values[middle]);
    }
    Value::of(values[middle - 1].midpoint(values[middle]))
}

/// What the kernels that were drawn have.
struct Drawn {
    structures: Vec<Of>,
    count: usize,
    bits: f64,
}

/// Describes kernels of the layer's own numbers in random places.
fn drawn(laid: &Laid, seed: Seed) -> Drawn {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut drawn, mut bits) = (0, 0.0);
    let each = laid.size.count();
    let wanted = DRAWN.iter().find(|(most, _)| each <= *most).map_or(0, |(_, wanted)| *wanted);
    if let Some(kernels) = &laid.kernels {
        let mut draws = seed.child("structures").child(&laid.name).stream();
        let mut numbers = kernels.numbers().to_vec();
        let mut chosen = Vec::with_capacity(wanted * each);
        while chosen.len() < wanted * each {
            draws.shuffle(&mut numbers);
            chosen.extend(numbers.iter().take(wanted * each - chosen.len()));
        }
        let described = chosen.par_chunks_exact(each).map(|kernel| laid.shortest(kernel));
        for (structure, shortest) in described.collect::<Vec<_>>() {
            *counts.entry(structure).or_default() += 1;
            bits += shortest;
            drawn += 1;
        }
    }
    let ids = laid.catalogue.structures().map(|(structure, _)| structure.id);
    let of = |id| {
        let by_chance = counts.get(id).map_or(0.0, |count| *count as f64 / drawn as f64);
        Of { id, count: 0, by_chance }
    };
    let structures = [ZERO].into_iter().chain(ids).map(of).collect();
    Drawn { structures, count: drawn, bits: bits / drawn.max(1) as f64 }
}
