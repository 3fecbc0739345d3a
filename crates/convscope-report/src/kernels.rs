//! Kernels as squares of colour, one signed scale for each row of panels.

use std::{collections::BTreeMap, fmt::Write};

use crate::{
    figure::{FigureError, KernelPanel, KernelRow, KernelWall},
    numbers::{self, Unit},
    ramp,
    table::{Column, Table},
};

/// How many filters, and how many kernels of a filter, are drawn.
const MOST: usize = 16;
/// Kernels of one-channel filters that stand side by side.
const ACROSS: usize = 8;

/// The squares of one panel, in units of one weight.
pub(crate) struct Squares {
    /// Width of the panel.
    pub(crate) width: usize,
    /// Height of the panel.
    pub(crate) height: usize,
    /// For each step of the signed scale, a path over the weights that have it.
    pub(crate) steps: BTreeMap<usize, String>,
    /// A path around each kernel.
    pub(crate) frames: String,
    /// A path of dashes over clearly negative weights, for print without colour.
    pub(crate) negatives: String,
}

impl KernelRow {
    /// Returns the largest magnitude in all panels: the common scale's end.
    pub(crate) fn limit(&self) -> f64 {
        let weights = self.panels.iter().flat_map(|panel| &panel.weights);
        weights.fold(0.0, |most, weight| most.max(f64::from(weight.abs())))
    }
}

impl KernelWall {
    /// Checks that all weights are there.
    pub(crate) fn check(&self) -> Result<(), FigureError> {
        let mut panels = self.rows.iter().flat_map(|row| &row.panels).peekable();
        if panels.peek().is_none() {
            return Err(FigureError::NoRows);
        }
        for panel in panels {
            let wanted = panel.outputs * panel.inputs * panel.height * panel.width;
            if wanted == 0 || wanted != panel.weights.len() {
                let what = format!("the panel `{}` of `{}`", panel.name, self.id);
                return Err(FigureError::Shape { what, wanted, came: panel.weights.len() });
            }
        }
        Ok(())
    }

    /// Says what the reader must know: the scale, and what is not drawn.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = vec![
            "Blue is negative, orange positive; all panels of a row share one scale around zero."
                .to_owned(),
        ];
        let panels = || self.rows.iter().flat_map(|row| &row.panels);
        if panels().any(|panel| panel.inputs > 1) {
            notes.push("Filters stand below each other, their input channels side by side.".into());
        }
        if panels().any(|panel| panel.outputs > MOST || panel.inputs > MOST) {
            notes.push(format!("Of larger layers the first {MOST} filters and inputs are shown."));
        }
        notes
    }

    /// Returns the table behind the wall: a row for each kernel.
    pub(crate) fn table(&self) -> Table {
        let words = ["layer", "state"].map(Column::words);
        let numbers = ["filter", "input", "norm", "mean", "least", "most"].map(Column::numbers);
        let rows = self.rows.iter().flat_map(|row| {
            row.panels.iter().flat_map(|panel| {
                let kernels = panel.kernels();
                kernels.map(|(output, input, weights)| {
                    let place = [row.name.clone(), panel.name.clone()].into_iter();
                    let place = place.chain([output.to_string(), input.to_string()]);
                    place.chain(facts(weights)).collect()
                })
            })
        });
        Table {
            caption: "Every kernel: Frobenius norm, mean, least and most weight".into(),
            columns: words.into_iter().chain(numbers).collect(),
            rows: rows.collect(),
        }
    }
}

impl KernelPanel {
    /// Returns the squares of all kernels, coloured on a scale that ends at `limit`.
    pub(crate) fn squares(&self, limit: f64) -> Squares {
        let across = if self.inputs == 1 { ACROSS } else { MOST };
        let columns =
            if self.inputs == 1 { self.outputs.min(across) } else { self.inputs.min(across) };
        let shown = self.outputs.min(MOST);
        let rows = if self.inputs == 1 { shown.div_ceil(columns) } else { shown };
        let mut squares = Squares {
            width: columns * (self.width + 1) - 1,
            height: rows * (self.height + 1) - 1,
            steps: BTreeMap::new(),
            frames: String::new(),
            negatives: String::new(),
        };
        for (output, input, weights) in self.kernels() {
            let (row, column) = if self.inputs == 1 {
                (output / columns, output % columns)
            } else {
                (output, input)
            };
            if row < rows && column < columns && output < MOST {
                let corner = (column * (self.width + 1), row * (self.height + 1));
                squares.add(corner, self.width, weights, limit);
            }
        }
        squares
    }

    /// Says in words what the panel shows, for those who do not see it.
    pub(crate) fn words(&self, layer: &str) -> String {
        let Self { name, outputs, inputs, height, width, .. } = self;
        let filters = numbers::counted(*outputs, "filter");
        let kernels = numbers::counted(*inputs, "kernel");
        format!("{layer}, {name}: {filters} of {kernels}, {height} by {width}")
    }

    /// Returns filter, input and weights of each kernel.
    fn kernels(&self) -> impl Iterator<Item = (usize, usize, &[f32])> {
        let kernels = self.weights.chunks(self.height * self.width).enumerate();
        kernels.map(|(place, weights)| (place / self.inputs, place % self.inputs, weights))
    }
}

impl Squares {
    /// Returns the squares of one kernel, coloured on a scale that ends at `limit`.
    pub(crate) fn of(weights: &[f32], width: usize, limit: f64) -> Self {
        let height = weights.len() / width;
        let mut squares = Self {
            width,
            height,
            steps: BTreeMap::new(),
            frames: String::new(),
            negatives: String::new(),
        };
        squares.add((0, 0), width, weights, limit);
        squares
    }

    fn add(&mut self, (left, top): (usize, usize), width: usize, weights: &[f32], limit: f64) {
        let height = weights.len() / width;
        let written = "writing to a string cannot fail";
        write!(self.frames, "M{left} {top}h{width}v{height}h-{width}z").expect(written);
        for (place, &weight) in weights.iter().enumerate() {
            let (x, y) = (left + place % width, top + place / width);
            let step = ramp::step(f64::from(weight), limit);
            write!(self.steps.entry(step).or_default(), "M{x} {y}h1v1h-1z").expect(written);
            if f64::from(weight) < -limit / 4.0 {
                write!(self.negatives, "M{x}.25 {y}.5h.5").expect(written);
            }
        }
    }
}

fn facts(weights: &[f32]) -> [String; 4] {
    let wide = || weights.iter().map(|&weight| f64::from(weight));
    let norm = wide().map(|weight| weight * weight).sum::<f64>().sqrt();
    let mean = wide().sum::<f64>() / weights.len() as f64;
    let least = wide().fold(f64::INFINITY, f64::min);
    let most = wide().fold(f64::NEG_INFINITY, f64::max);
    [norm, mean, least, most].map(|number| Unit::Number.show(number))
}

#[cfg(test)]
mod tests {
    use crate::{
        figure::{KernelPanel, KernelRow, KernelWall},
        ramp::STEPS,
    };

    fn panel(name: &str, weights: Vec<f32>) -> KernelPanel {
        KernelPanel { name: name.into(), outputs: 2, inputs: 1, height: 1, width: 2, weights }
    }

    #[test]
    fn panels_of_a_row_share_the_larger_scale() {
        let row = KernelRow {
            name: "conv1".into(),
            panels: vec![
                panel("untrained", vec![0.1, 0.0, 0.0, 0.0]),
                panel("trained", vec![0.0, -0.4, 0.0, 0.4]),
            ],
        };
        let limit = row.limit();
        assert!((limit - f64::from(0.4f32)).abs() < 1e-12);
        let untrained: Vec<usize> = row.panels[0].squares(limit).steps.into_keys().collect();
        assert_eq!(untrained, [STEPS / 2, STEPS / 2 + 4], "a quarter of the way to orange");
        let trained = row.panels[1].squares(limit);
        assert_eq!(trained.steps[&0], "M1 0h1v1h-1z", "the second weight is the most negative");
        assert_eq!(
            trained.steps[&(STEPS - 1)],
            "M4 0h1v1h-1z",
            "the last one stands right of a gap"
        );
    }

    #[test]
    fn missing_weights_are_refused() {
        let rows =
            vec![KernelRow { name: "conv1".into(), panels: vec![panel("trained", vec![1.0])] }];
        let wall = KernelWall { id: "k".into(), title: "K".into(), note: String::new(), rows };
        let error = wall.check().unwrap_err().to_string();
        assert_eq!(error, "the panel `trained` of `k` needs 4 numbers, but has 1");
    }
}
