//! What can be shown: charts of query results, kernels, and samples.

mod drawn;
mod error;

pub use self::{
    drawn::{csv, png, svg, vega_lite},
    error::FigureError,
};
use crate::{figures::Mark, rows::Rows};

/// One figure, with its table.
#[derive(Debug)]
pub enum Figure {
    /// Rows of a query under a mark.
    Chart(Chart),
    /// Kernels side by side.
    Kernels(KernelWall),
    /// Images of a data set.
    Samples(SampleSheet),
}

impl Figure {
    /// Returns the name, unique in its study.
    pub fn id(&self) -> &str {
        match self {
            Self::Chart(chart) => &chart.id,
            Self::Kernels(wall) => &wall.id,
            Self::Samples(sheet) => &sheet.id,
        }
    }

    /// Returns the title.
    pub fn title(&self) -> &str {
        match self {
            Self::Chart(chart) => &chart.title,
            Self::Kernels(wall) => &wall.title,
            Self::Samples(sheet) => &sheet.title,
        }
    }

    /// Returns what the reader should know, as the study wrote it.
    pub fn note(&self) -> &str {
        match self {
            Self::Chart(chart) => &chart.note,
            Self::Kernels(wall) => &wall.note,
            Self::Samples(sheet) => &sheet.note,
        }
    }
}

/// A query result and how it is drawn.
#[derive(Debug)]
pub struct Chart {
    /// The name, unique in its study: a file name and an anchor ("accuracy").
    pub id: String,
    /// The title.
    pub title: String,
    /// What the reader should know; may be empty.
    pub note: String,
    /// How the rows are drawn.
    pub mark: Box<dyn Mark>,
    /// The rows, one for each replicate; the mark averages.
    pub rows: Rows,
    /// Names that keep their colour in every chart of a page, usually those of the arms.
    pub series: Vec<String>,
}

/// Kernels before and after training, or of several models, side by side.
///
/// All panels of one row share one scale, which is zero-centred and printed.
#[derive(Debug, Clone)]
pub struct KernelWall {
    /// The name, unique in its study.
    pub id: String,
    /// The title.
    pub title: String,
    /// What the reader should know; may be empty.
    pub note: String,
    /// What is compared: one row for each layer.
    pub rows: Vec<KernelRow>,
}

/// One layer in several states, on one scale.
#[derive(Debug, Clone)]
pub struct KernelRow {
    /// The layer ("conv1").
    pub name: String,
    /// The states ("untrained", "trained").
    pub panels: Vec<KernelPanel>,
}

/// All kernels of a layer in one state.
#[derive(Debug, Clone)]
pub struct KernelPanel {
    /// The state ("trained", "seed 1").
    pub name: String,
    /// How many filters.
    pub outputs: usize,
    /// How many kernels in each filter.
    pub inputs: usize,
    /// Rows of a kernel.
    pub height: usize,
    /// Columns of a kernel.
    pub width: usize,
    /// `outputs × inputs × height × width` numbers, row-major.
    pub weights: Vec<f32>,
}

/// Images of a data set, in one or several versions.
#[derive(Debug, Clone)]
pub struct SampleSheet {
    /// The name, unique in its study.
    pub id: String,
    /// The title.
    pub title: String,
    /// What the reader should know; may be empty.
    pub note: String,
    /// The versions ("as drawn", "permuted"), each with the same images in the same order.
    pub groups: Vec<SampleGroup>,
}

/// One version of the images.
#[derive(Debug, Clone)]
pub struct SampleGroup {
    /// The version ("permuted").
    pub name: String,
    /// The images.
    pub images: Vec<SampleImage>,
}

/// One image.
#[derive(Debug, Clone)]
pub struct SampleImage {
    /// The name of its class.
    pub class: String,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// `channels × height × width` numbers from 0 (black) to 1.
    pub pixels: Vec<f32>,
}
