//! Parts of other models, taken where two of them agree most.

mod choose;
mod settings;

use convscope_core::Seed;
use convscope_core::registry::{Entry, SettingError};
use convscope_measure::filters::Motion;
use convscope_model::{Net, Part, Role, Symmetry, part};
use serde::Serialize;

use self::choose::{Agreement, agreements, best, better};
use self::settings::{Freedom, Kind, Order, Take, Transplant};
use super::{Donor, Donors, Edit, EditError, Edited, Note, Subject, entry};
use crate::align;

pub(super) const ENTRY: Entry<dyn Edit> = entry::<Transplant>(
    "transplant",
    "kernels, rows and biases of other models, taken of the two that agree most on each",
    "Wright, Kaushik, Theocharous 2024, Warm Starting Convolutional Neural Networks and Filter Similarity",
);

/// Descents of the weight matching that puts donors into one order.
const STARTS: usize = 4;

impl Edit for Transplant {
    fn donors(&self) -> Option<Donors<'_>> {
        Some(Donors { from: &self.from, across: &self.across })
    }

    fn fits(&self, net: &Net, donors: usize) -> Result<(), SettingError> {
        let least = if self.take == Take::Outside { 3 } else { 2 };
        if donors < least {
            let message =
                format!("this wants models at {least} values of an axis; this one has {donors}");
            return Err(SettingError::at("across", message));
        }
        let parts = self.parts_of(net);
        if parts.is_empty() {
            return Err(SettingError::at("parts", "the net has no such part"));
        }
        let square = |part: &Part| part.sides.is_none_or(|[rows, columns]| rows == columns);
        let moved = [Freedom::Flips, Freedom::Shift].iter().any(|way| self.up_to.contains(way));
        if let (true, Some(part)) = (moved, parts.iter().find(|part| !square(part))) {
            let message = format!("`{}` is not square: it has no flips and shifts", part.name);
            return Err(SettingError::at("up-to", message));
        }
        Ok(())
    }

    fn apply(&self, subject: &Subject<'_>, mut weights: Vec<f32>) -> Result<Edited, EditError> {
        let aligned = self.ordered(subject);
        let donors: Vec<&[f32]> = aligned.iter().map(Vec::as_slice).collect();
        let parts = self.parts_of(subject.net);
        let mut chosen = Vec::with_capacity(parts.len());
        for part in &parts {
            let all = agreements(self.measure(), self.modulo(), part, &donors)?;
            let winner = best(self.measure(), part, &all)?;
            let taken = self.taken(&all[winner], donors.len(), subject.seed.child(&part.name));
            let graft = taken.weights(part, &donors);
            self.put(&graft, &mut weights[part.range.clone()]);
            chosen.push(Chosen { part, winner, taken, all });
        }
        if self.takes(Kind::Biases) {
            self.put_biases(subject.net, &chosen, &donors, &mut weights);
        }
        let notes = notes(&chosen, subject.donors);
        Ok(Edited { weights, notes, ..Edited::default() })
    }

    fn describe(&self) -> String {
        let up_to = match &self.up_to[..] {
            [] => String::new(),
            freedoms => format!(" up to {}", named(freedoms)),
        };
        let order = if self.order == Order::Aligned { ", units in one order" } else { "" };
        let rescaled = if self.rescale { ", rescaled" } else { "" };
        format!(
            "transplant {} from {} by {}{up_to}{order}, {}{rescaled}",
            named(&self.parts),
            self.from,
            self.most_similar_by,
            name(&self.take)
        )
    }
}

/// Returns the names that settings have in study files.
fn named<T: Serialize>(settings: &[T]) -> String {
    settings.iter().map(name).collect::<Vec<_>>().join(" and ")
}

fn name<T: Serialize>(setting: &T) -> String {
    let name = serde_json::to_value(setting).unwrap_or_default();
    name.as_str().unwrap_or_default().replace('-', " ")
}

/// What was decided about a part.
struct Chosen<'a> {
    part: &'a Part,
    /// The place of the winning pair among all.
    winner: usize,
    taken: Taken,
    all: Vec<Agreement>,
}

/// Of which donors a part is taken.
enum Taken {
    One(usize),
    /// The mean of the first and of the second after a motion.
    Mean {
        pair: [usize; 2],
        motion: Motion,
        /// Whether the second then takes the sign that brings it nearer.
        to_the_nearer_sign: bool,
    },
}

impl Transplant {
    fn parts_of(&self, net: &Net) -> Vec<Part> {
        let mut parts = Vec::new();
        if self.takes(Kind::Kernels) {
            parts.extend(part::kernels(net));
        }
        if self.takes(Kind::Rows) {
            parts.extend(part::rows(net));
        }
        parts
    }

    /// Returns the donors' weights, in the order of the first if they are to be aligned.
    fn ordered(&self, subject: &Subject<'_>) -> Vec<Vec<f32>> {
        let [first, others @ ..] = subject.donors else { return Vec::new() };
        let as_trained = || subject.donors.iter().map(|donor| donor.weights.clone()).collect();
        if self.order == Order::AsTrained {
            return as_trained();
        }
        let symmetry = Symmetry::of(subject.net);
        let turned = others.iter().enumerate().map(|(index, donor)| {
            let seed = subject.seed.child("alignment").nth(index as u64);
            let pair = [&first.weights[..], &donor.weights];
            let matching = align::matched(subject.net, &symmetry, pair, STARTS, seed);
            symmetry.reordered(&donor.weights, &matching.places)
        });
        std::iter::once(first.weights.clone()).chain(turned).collect()
    }

    fn taken(&self, winner: &Agreement, donors: usize, seed: Seed) -> Taken {
        let [first, second] = winner.pair;
        let mut stream = seed.child("take").stream();
        match self.take {
            Take::Random => Taken::One(winner.pair[stream.below(2) as usize]),
            Take::First => Taken::One(first),
            Take::Second => Taken::One(second),
            Take::AfterFirst => Taken::One(first + 1),
            Take::Outside => {
                let others: Vec<usize> =
                    (0..donors).filter(|donor| !winner.pair.contains(donor)).collect();
                Taken::One(others[stream.below(others.len() as u64) as usize])
            }
            Take::Average => {
                Taken::Mean { pair: winner.pair, motion: Motion::NONE, to_the_nearer_sign: false }
            }
            Take::AlignedAverage => {
                Taken::Mean { pair: winner.pair, motion: winner.motion, to_the_nearer_sign: true }
            }
        }
    }

    /// Writes a part over another.
    fn put(&self, graft: &[f64], place: &mut [f32]) {
        let factor = if self.rescale {
            let (new, old) =
                (length(graft.iter().copied()), length(place.iter().copied().map(f64::from)));
            if new > 0.0 { old / new } else { 1.0 }
        } else {
            1.0
        };
        for (weight, new) in place.iter_mut().zip(graft) {
            *weight = (factor * new) as f32;
        }
    }

    /// Takes each output's bias from where that of its parts came on which a pair agrees most.
    fn put_biases(&self, net: &Net, chosen: &[Chosen<'_>], donors: &[&[f32]], weights: &mut [f32]) {
        let sense = self.measure().sense;
        let value = |chosen: &Chosen<'_>| chosen.all[chosen.winner].value.number();
        for layer in 0..net.layers().len() {
            let Some(bias) = net.tensor(layer, Role::Bias) else { continue };
            for (output, place) in bias.range().enumerate() {
                let own =
                    chosen.iter().filter(|c| (c.part.layer, c.part.output) == (layer, output));
                let leader = own.reduce(|leader, other| match (value(other), value(leader)) {
                    (Some(new), Some(old)) if better(sense, new, old) => other,
                    _ => leader,
                });
                match leader.map(|leader| &leader.taken) {
                    None => {}
                    Some(Taken::One(donor)) => weights[place] = donors[*donor][place],
                    Some(Taken::Mean { pair: [a, b], .. }) => {
                        weights[place] = f32::midpoint(donors[*a][place], donors[*b][place]);
                    }
                }
            }
        }
    }
}

impl Taken {
    fn weights(&self, part: &Part, donors: &[&[f32]]) -> Vec<f64> {
        let of = |donor: usize| -> Vec<f64> {
            donors[donor][part.range.clone()].iter().map(|weight| f64::from(*weight)).collect()
        };
        match self {
            Self::One(donor) => of(*donor),
            Self::Mean { pair, motion, to_the_nearer_sign } => {
                let [a, b] = pair.map(of);
                let square = part.sides.filter(|[rows, columns]| rows == columns);
                let b = motion.apply(&b, square.map_or(1, |[side, _]| side));
                let product: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
                let sign = if *to_the_nearer_sign && product < 0.0 { -1.0 } else { 1.0 };
                a.iter().zip(&b).map(|(a, b)| a.midpoint(sign * b)).collect()
            }
        }
    }
}

fn length(weights: impl Iterator<Item = f64>) -> f64 {
    weights.map(|weight| weight * weight).sum::<f64>().sqrt()
}

/// Tells which pair won at each part, and whose part was taken.
fn notes(chosen: &[Chosen<'_>], donors: &[Donor]) -> Vec<Note> {
    let rows: Vec<String> = chosen.iter().map(|chosen| chosen.part.name.clone()).collect();
    let name = |donor: usize| donors[donor].name.as_str();
    let pairs = chosen.first().map_or(&[][..], |chosen| &chosen.all);
    let pairs =
        pairs.iter().map(|Agreement { pair: [a, b], .. }| format!("{} – {}", name(*a), name(*b)));
    let won = |chosen: &Chosen<'_>| -> Vec<f64> {
        (0..chosen.all.len()).map(|pair| f64::from(u8::from(pair == chosen.winner))).collect()
    };
    let share = |chosen: &Chosen<'_>, donor: usize| match &chosen.taken {
        Taken::One(one) => f64::from(u8::from(*one == donor)),
        Taken::Mean { pair, .. } => 0.5 * f64::from(u8::from(pair.contains(&donor))),
    };
    let shares = |chosen: &Chosen<'_>| -> Vec<f64> {
        (0..donors.len()).map(|donor| share(chosen, donor)).collect()
    };
    vec![
        Note {
            name: "transplant-pair".into(),
            rows: rows.clone(),
            columns: pairs.collect(),
            values: chosen.iter().flat_map(won).collect(),
        },
        Note {
            name: "transplant-share".into(),
            rows,
            columns: donors.iter().map(|donor| donor.name.clone()).collect(),
            values: chosen.iter().flat_map(shares).collect(),
        },
    ]
}
