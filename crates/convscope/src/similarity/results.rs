//! What came out: a table of scores for each measure and treatment.

use convscope_core::Value;
use convscope_measure::{Score, Sense};

use super::asked::titled;
use super::pairs::LayerPair;

/// Everything that is told.
pub(crate) struct Results {
    pub(crate) sides: [SideFacts; 2],
    pub(crate) samples: usize,
    /// How the samples of the two files were matched.
    pub(crate) matched: &'static str,
    pub(crate) notes: Vec<String>,
    pub(crate) tables: Vec<Table>,
    /// Pairs of layers one by one, if that was asked for.
    pub(crate) pairs: Vec<LayerPair>,
    pub(crate) settings: Settings,
}

/// What was set for all tables.
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) permutations: Option<usize>,
    pub(crate) bootstrap: Option<usize>,
    pub(crate) places: usize,
}

/// A file and its layers.
pub(crate) struct SideFacts {
    pub(crate) file: String,
    pub(crate) format: &'static str,
    pub(crate) bytes: u64,
    pub(crate) sample_ids: Option<String>,
    pub(crate) layers: Vec<LayerFacts>,
}

/// A layer as it stands in its file.
pub(crate) struct LayerFacts {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) kind: &'static str,
    pub(crate) layout: Option<String>,
}

/// All layers of the first file against all of the second.
pub(crate) struct Table {
    pub(crate) measure: &'static str,
    pub(crate) settings: serde_json::Value,
    pub(crate) about: &'static str,
    pub(crate) source: &'static str,
    /// How maps were treated; `None` where no layer has any.
    pub(crate) conv: Option<&'static str>,
    pub(crate) sense: Sense,
    pub(crate) of_self: Option<f64>,
    pub(crate) symmetric: bool,
    pub(crate) cells: Vec<Vec<Cell>>,
}

/// A score and what tests say of it.
#[derive(Clone)]
pub(crate) struct Cell {
    pub(crate) score: Score,
    pub(crate) p: Value,
    pub(crate) p_of_table: Value,
    pub(crate) low: Value,
    pub(crate) high: Value,
    pub(crate) bias: Value,
}

impl Table {
    /// Returns the measure with its settings, and the treatment.
    pub(crate) fn title(&self) -> String {
        let title = titled(self.measure, &self.settings);
        self.conv.map_or_else(|| title.clone(), |conv| format!("{title}, {conv}"))
    }
}

impl Cell {
    /// A score without tests.
    pub(crate) fn of(score: Score) -> Self {
        let untested = || Value::missing("no permutation test was asked for");
        let unsure = || Value::missing("no bootstrap was asked for");
        let (p, p_of_table) = (untested(), untested());
        Self { score, p, p_of_table, low: unsure(), high: unsure(), bias: unsure() }
    }

    /// No score, and why.
    pub(crate) fn missing(
        reason: &str,
        samples: usize,
        units: [usize; 2],
        estimator: String,
    ) -> Self {
        let why = || Value::missing(reason);
        let score = Score {
            value: why(),
            samples,
            units,
            estimator,
            null_mean: why(),
            z: why(),
            percentile: why(),
            caveats: Vec::new(),
        };
        let (p, p_of_table, low, high, bias) = (why(), why(), why(), why(), why());
        Self { score, p, p_of_table, low, high, bias }
    }
}
