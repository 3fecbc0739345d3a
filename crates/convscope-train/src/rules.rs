//! What happens to gradients before a step and to weights after it.

use std::ops::Range;

use convscope_core::SettingError;
use convscope_model::{Net, Parameter, freeze};

use crate::Recipe;
use crate::handling::Handling;
use crate::optimizers::Span;
use crate::piece::Piece;
use crate::regularizers::{Penalty, Regularizer};
use crate::schedules::Moment;

/// The recipe and the handling of each parameter, worked out for one net.
pub(crate) struct Rules<'a> {
    recipe: &'a Recipe,
    /// What steps change.
    spans: Vec<Span>,
    /// Which weights are 0.
    zeros: Vec<u32>,
    /// What is kept in a form of its own.
    pieces: Vec<(Range<usize>, &'a Piece)>,
    /// Room for the projection of any of them.
    room: Vec<f64>,
    /// What each of the recipe's penalties acts on, and the penalty there.
    penalised: Vec<Vec<(Range<usize>, Penalty)>>,
    /// The first weights, if a penalty asks for them.
    start: Vec<f32>,
}

impl<'a> Rules<'a> {
    /// Works the rules out, and brings the first weights into their form.
    pub(crate) fn new(
        net: &Net,
        recipe: &'a Recipe,
        handling: &'a [Handling],
        weights: &mut [f32],
    ) -> Result<Self, SettingError> {
        let flags = Flags::of(net, recipe)?;
        let handled = || net.parameters().iter().zip(handling);
        let changed = handled().zip(&flags.decays).flat_map(|((parameter, own), decays)| {
            changed(parameter, own).map(|range| (range, *decays))
        });
        let spans = joined(changed);
        let pieces = handled().flat_map(|(parameter, own)| pieces(parameter, own));
        let pieces: Vec<_> = pieces.filter(|(_, piece)| piece.room() > 0).collect();
        let room = pieces.iter().map(|(_, piece)| piece.room()).max();
        let masked = handled().filter_map(|(parameter, own)| Some((parameter, own.mask.as_ref()?)));
        let zeros = masked.flat_map(|(parameter, mask)| {
            let flags = parameter.range().zip(mask.iter());
            flags.filter(|(_, kept)| !**kept).map(|(index, _)| index as u32)
        });
        let mut rules = Self {
            recipe,
            spans: spans.into_iter().map(|(range, decays)| Span { range, decays }).collect(),
            zeros: zeros.collect(),
            pieces,
            room: vec![0.0; room.unwrap_or(0)],
            penalised: penalties(net, recipe, handling, &flags.penalised),
            start: Vec::new(),
        };
        rules.keep_weights(weights);
        if !rules.penalised.is_empty() {
            rules.start = weights.to_vec();
        }
        Ok(rules)
    }

    /// Returns the weights that steps change, neighbours that are treated alike in one span.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Makes the gradients of a step out of those of the loss.
    pub(crate) fn before(&mut self, at: Moment, weights: &[f32], gradients: &mut [f32]) {
        for (regularizer, acting) in self.recipe.regularizers().iter().zip(&mut self.penalised) {
            let times = regularizer.weight(at);
            for (range, penalty) in acting {
                let here = || range.clone();
                let (weights, start) = (&weights[here()], &self.start[here()]);
                if at.step.is_multiple_of(at.steps_per_epoch) {
                    penalty.begin(weights);
                }
                penalty.add(times, weights, start, &mut gradients[here()]);
            }
        }
        self.keep(gradients, |piece| matches!(piece, Piece::Within(_)));
        if let Some(clip) = self.recipe.clip() {
            clip.apply(gradients, &self.spans);
        }
    }

    /// Returns all penalties, each of the recipe's at one parameter after the other.
    pub(crate) fn penalties(&mut self) -> impl Iterator<Item = &mut Penalty> {
        self.penalised.iter_mut().flatten().map(|(_, penalty)| penalty)
    }

    /// Brings weights into the form that masks and pieces give them.
    pub(crate) fn keep_weights(&mut self, weights: &mut [f32]) {
        self.keep(weights, |_| true);
    }

    fn keep(&mut self, values: &mut [f32], which: impl Fn(&Piece) -> bool) {
        for &zero in &self.zeros {
            values[zero as usize] = 0.0;
        }
        for (range, piece) in self.pieces.iter().filter(|(_, piece)| which(piece)) {
            piece.project(&mut values[range.clone()], &mut self.room);
        }
    }
}

/// What a recipe's patterns choose among the parameters of a net.
pub(crate) struct Flags {
    decays: Vec<bool>,
    penalised: Vec<Vec<bool>>,
}

impl Flags {
    /// Matches the patterns; one that matches nothing is an error at its place in the recipe.
    pub(crate) fn of(net: &Net, recipe: &Recipe) -> Result<Self, SettingError> {
        let undecayed = freeze::flags(net, recipe.no_decay());
        let undecayed = undecayed.map_err(|error| error.below("no-decay"))?;
        let regularizers = recipe.regularizers().iter().enumerate();
        let penalised = regularizers.map(|(index, regularizer)| {
            regularizer.flags(net).map_err(|error| {
                let (id, index) = (regularizer.id(), index.to_string());
                error.below("on").below(id).below(&index).below("regularizers")
            })
        });
        let decays = undecayed.into_iter().map(|undecayed| !undecayed).collect();
        Ok(Self { decays, penalised: penalised.collect::<Result<_, _>>()? })
    }
}

/// Makes each penalty for each parameter that it acts on, unless that is frozen.
fn penalties(
    net: &Net,
    recipe: &Recipe,
    handling: &[Handling],
    flags: &[Vec<bool>],
) -> Vec<Vec<(Range<usize>, Penalty)>> {
    let of = |(regularizer, flags): (&Regularizer, &Vec<bool>)| {
        let parameters = net.parameters().iter().zip(handling).zip(flags);
        let acting = parameters.filter(|((_, own), flag)| !own.frozen && **flag);
        acting
            .filter_map(|((parameter, _), _)| Some((parameter.range(), regularizer.at(parameter)?)))
            .collect()
    };
    recipe.regularizers().iter().zip(flags).map(of).collect()
}

/// Returns the ranges of a parameter's pieces, each with what it may be.
fn pieces<'a>(
    parameter: &Parameter,
    own: &'a Handling,
) -> impl Iterator<Item = (Range<usize>, &'a Piece)> {
    let width = parameter.len().checked_div(own.pieces.len()).unwrap_or(0);
    let first = parameter.offset;
    let start = move |place: usize| first + place * width;
    own.pieces.iter().enumerate().map(move |(place, piece)| (start(place)..start(place + 1), piece))
}

/// Returns the ranges of a parameter that steps change.
fn changed(parameter: &Parameter, own: &Handling) -> impl Iterator<Item = Range<usize>> {
    let whole = (!own.frozen && own.pieces.is_empty()).then(|| parameter.range());
    let pieces = pieces(parameter, own).filter(|(_, piece)| **piece != Piece::Frozen);
    whole.into_iter().chain(pieces.map(|(range, _)| range))
}

/// Neighbours are joined: a step over one long range is faster than over many short ones.
fn joined<K: PartialEq>(ranges: impl Iterator<Item = (Range<usize>, K)>) -> Vec<(Range<usize>, K)> {
    let mut all: Vec<(Range<usize>, K)> = Vec::new();
    for (range, kind) in ranges {
        match all.last_mut() {
            Some((last, same)) if last.end == range.start && *same == kind => last.end = range.end,
            _ => all.push((range, kind)),
        }
    }
    all
}
