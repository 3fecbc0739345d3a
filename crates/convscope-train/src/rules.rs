//! What happens to gradients before a step and to weights after it.

use std::ops::Range;

use convscope_core::{SettingError, Subspace};
use convscope_model::{Net, freeze};

use crate::Recipe;
use crate::handling::Handling;
use crate::optimizers::Span;
use crate::schedules::Moment;

/// The recipe and the handling of each parameter, worked out for one net.
pub(crate) struct Rules<'a> {
    recipe: &'a Recipe,
    /// What steps change.
    spans: Vec<Span>,
    /// Which weights are 0.
    zeros: Vec<u32>,
    subspaces: Vec<(Range<usize>, &'a Subspace)>,
    /// Room for the widest piece of a subspace.
    piece: Vec<f64>,
    /// What each of the recipe's penalties acts on.
    penalised: Vec<Vec<Range<usize>>>,
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
        let free = |index: usize| !handling[index].frozen;
        let ranges = |keep: &dyn Fn(usize) -> bool| {
            let parameters = net.parameters().iter().enumerate();
            let kept = parameters.filter(|&(index, _)| free(index) && keep(index));
            joined(kept.map(|(_, parameter)| (parameter.range(), ())))
        };
        let parameters = net.parameters().iter().enumerate();
        let changed = parameters.filter(|&(index, _)| free(index));
        let spans = joined(changed.map(|(index, p)| (p.range(), flags.decays[index])));
        let handled = || net.parameters().iter().zip(handling);
        let subspaces: Vec<_> = handled()
            .filter_map(|(parameter, own)| Some((parameter.range(), own.subspace.as_ref()?)))
            .collect();
        let widest = subspaces.iter().map(|(_, subspace)| subspace.width()).max();
        let masked = handled().filter_map(|(parameter, own)| Some((parameter, own.mask.as_ref()?)));
        let zeros = masked.flat_map(|(parameter, mask)| {
            let flags = parameter.range().zip(mask.iter());
            flags.filter(|(_, kept)| !**kept).map(|(index, _)| index as u32)
        });
        let mut rules = Self {
            recipe,
            spans: spans.into_iter().map(|(range, decays)| Span { range, decays }).collect(),
            zeros: zeros.collect(),
            subspaces,
            piece: vec![0.0; widest.unwrap_or(0)],
            penalised: flags
                .penalised
                .iter()
                .map(|flags| ranges(&|index| flags[index]).into_iter().map(|(range, ())| range))
                .map(Iterator::collect)
                .collect(),
            start: Vec::new(),
        };
        rules.keep(weights);
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
        for (regularizer, ranges) in self.recipe.regularizers().iter().zip(&self.penalised) {
            let weight = regularizer.weight(at);
            for range in ranges {
                let here = || range.clone();
                let (weights, start) = (&weights[here()], &self.start[here()]);
                regularizer.add(weight, weights, start, &mut gradients[here()]);
            }
        }
        self.keep(gradients);
        if let Some(clip) = self.recipe.clip() {
            clip.apply(gradients, &self.spans);
        }
    }

    /// Brings weights, or their gradients, into the form that masks and subspaces give them.
    pub(crate) fn keep(&mut self, values: &mut [f32]) {
        for &zero in &self.zeros {
            values[zero as usize] = 0.0;
        }
        for (range, subspace) in &self.subspaces {
            subspace.project_with(&mut values[range.clone()], &mut self.piece);
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
            let flags = freeze::flags(net, regularizer.on());
            flags.map_err(|error| {
                let (id, index) = (regularizer.id(), index.to_string());
                error.below("on").below(id).below(&index).below("regularizers")
            })
        });
        let decays = undecayed.into_iter().map(|undecayed| !undecayed).collect();
        Ok(Self { decays, penalised: penalised.collect::<Result<_, _>>()? })
    }
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
