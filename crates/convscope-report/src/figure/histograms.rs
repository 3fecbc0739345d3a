//! Scores of many things, each beside what it would be by chance.

use super::FigureError;
use crate::numbers::{Unit, counted};
use crate::table::{Column, Table};

/// Histograms side by side, one for each score.
#[derive(Debug, Clone, Default)]
pub struct Histograms {
    /// The name, unique in its section.
    pub id: String,
    /// The title.
    pub title: String,
    /// What the reader should know; may be empty.
    pub note: String,
    /// What is counted ("kernel").
    pub thing: String,
    /// What the outline is ("Gaussian kernels").
    pub chance: String,
    /// One panel for each score.
    pub panels: Vec<Histogram>,
}

/// How often a score falls into each of some bins of one width.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// The score.
    pub name: String,
    /// What is to be read from it; may be empty.
    pub note: String,
    /// Where the first bin begins.
    pub from: f64,
    /// Where the last bin ends.
    pub to: f64,
    /// How many things were counted.
    pub count: usize,
    /// The share of them in each bin.
    pub shares: Vec<f64>,
    /// The share that chance alone would put there.
    pub expected: Vec<f64>,
}

impl Histograms {
    /// Checks that there are bins, as many by chance as counted.
    pub(crate) fn check(&self) -> Result<(), FigureError> {
        if self.panels.iter().all(|panel| panel.shares.is_empty()) {
            return Err(FigureError::NoRows);
        }
        for panel in &self.panels {
            let (wanted, came) = (panel.shares.len(), panel.expected.len());
            if wanted != came {
                let what = format!("chance in `{}` of `{}`", panel.name, self.id);
                return Err(FigureError::Shape { what, wanted, came });
            }
        }
        Ok(())
    }

    /// Returns the table behind: a row for each bin.
    pub(crate) fn table(&self) -> Table {
        let heads = ["from", "to", "share (%)", "by chance (%)"].map(Column::numbers);
        let mut rows = Vec::new();
        for panel in &self.panels {
            let width = (panel.to - panel.from) / panel.shares.len().max(1) as f64;
            for (bin, (share, expected)) in panel.shares.iter().zip(&panel.expected).enumerate() {
                let from = panel.from + bin as f64 * width;
                let ends = [from, from + width].map(|end| Unit::Number.show(end));
                let shares = [share, expected].map(|share| Unit::Percent.bare(*share));
                rows.push([panel.name.clone()].into_iter().chain(ends).chain(shares).collect());
            }
        }
        Table {
            caption: format!("Share of each bin, and by chance: {}", self.chance),
            columns: [Column::words("score")].into_iter().chain(heads).collect(),
            rows,
        }
    }
}

impl Histogram {
    /// Returns the largest share of both.
    pub(crate) fn most(&self) -> f64 {
        self.shares.iter().chain(&self.expected).fold(0.0, |most, share| most.max(*share))
    }

    /// Says in words what it shows, for those who do not see it.
    pub(crate) fn words(&self, thing: &str) -> String {
        let most = self.shares.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let width = (self.to - self.from) / self.shares.len().max(1) as f64;
        let place = most.map_or(self.from, |(bin, _)| self.from + bin as f64 * width);
        format!(
            "{}: {}, most of them from {} to {}",
            self.name,
            counted(self.count, thing),
            Unit::Number.show(place),
            Unit::Number.show(place + width)
        )
    }
}
