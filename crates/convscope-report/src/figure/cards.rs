//! Kernels in groups, each with a card of what is known of it.

use super::FigureError;
use crate::table::{Column, Table};

/// The kernels of a layer in groups; each opens to a card.
///
/// All kernels share one zero-centred scale, which is printed.
#[derive(Debug, Clone, Default)]
pub struct CardWall {
    /// The name, unique in its section.
    pub id: String,
    /// The title.
    pub title: String,
    /// What the reader should know; may be empty.
    pub note: String,
    /// Rows of a kernel.
    pub height: usize,
    /// Columns of a kernel.
    pub width: usize,
    /// The magnitude at which the scale ends.
    pub limit: f64,
    /// What the facts of each card are ("dimension", "energy").
    pub facts: Vec<String>,
    /// The heads of the table of scores that each card may have; the first column holds words.
    pub scores: Vec<String>,
    /// The groups, in order.
    pub groups: Vec<CardGroup>,
}

/// Kernels that are alike.
#[derive(Debug, Clone, Default)]
pub struct CardGroup {
    /// What they have in common ("identical-columns").
    pub name: String,
    /// What that means, in a sentence.
    pub about: String,
    /// How many kernels it has, of which the cards may be some.
    pub count: usize,
    /// The kernels that are shown.
    pub cards: Vec<KernelCard>,
}

/// One kernel.
#[derive(Debug, Clone, Default)]
pub struct KernelCard {
    /// Its name ("filter 3, input 0").
    pub name: String,
    /// What stands under it where there is no room ("3, 0").
    pub tag: String,
    /// `height × width` numbers, row-major.
    pub weights: Vec<f32>,
    /// The kernel that it is near, of as many numbers; nothing where there is none but itself.
    pub ideal: Option<Vec<f32>>,
    /// What is known of it, one text for each of [`CardWall::facts`].
    pub facts: Vec<String>,
    /// Its scores, each row as long as [`CardWall::scores`].
    pub scores: Vec<Vec<String>>,
}

impl CardWall {
    /// Checks that there are kernels, and that all numbers and texts are there.
    pub(crate) fn check(&self) -> Result<(), FigureError> {
        let mut cards = self.groups.iter().flat_map(|group| &group.cards).peekable();
        if cards.peek().is_none() {
            return Err(FigureError::NoRows);
        }
        for card in cards {
            let what = |part: &str| format!("{part} of `{}` in `{}`", card.name, self.id);
            let numbers = self.height * self.width;
            let lists = [(numbers, card.weights.len(), "the kernel")].into_iter();
            let ideal = card.ideal.iter().map(|ideal| (numbers, ideal.len(), "the ideal kernel"));
            let facts = [(self.facts.len(), card.facts.len(), "the list of facts")];
            let scores = card.scores.iter().map(|row| (self.scores.len(), row.len(), "a score"));
            for (wanted, came, part) in lists.chain(ideal).chain(facts).chain(scores) {
                if wanted != came {
                    return Err(FigureError::Shape { what: what(part), wanted, came });
                }
            }
        }
        Ok(())
    }

    /// Returns the table behind the wall: a row for each kernel that is shown.
    pub(crate) fn table(&self) -> Table {
        let words = ["group", "kernel"].map(Column::words);
        let rows = self.groups.iter().flat_map(|group| {
            group.cards.iter().map(|card| {
                let names = [group.name.clone(), card.name.clone()];
                names.into_iter().chain(card.facts.iter().cloned()).collect()
            })
        });
        Table {
            caption: "Every kernel shown".into(),
            columns: words.into_iter().chain(self.facts.iter().map(Column::numbers)).collect(),
            rows: rows.collect(),
        }
    }
}
