//! What can be shown: charts of query results, kernels, and samples.

mod bars;
mod cards;
mod drawn;
mod error;
mod histograms;

pub use self::{
    bars::{Bar, Bars},
    cards::{CardGroup, CardWall, KernelCard},
    drawn::{csv, png, svg, vega_lite},
    error::FigureError,
    histograms::{Histogram, Histograms},
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
    /// A number for each pair of two lists.
    HeatMap(HeatMap),
    /// A table of words and numbers.
    Listing(Listing),
    /// Kernels in groups, each with its card.
    Cards(CardWall),
    /// Scores beside chance.
    Histograms(Histograms),
    /// Shares beside chance.
    Bars(Bars),
}

impl Figure {
    /// Returns the name, unique in its study.
    pub fn id(&self) -> &str {
        match self {
            Self::Chart(chart) => &chart.id,
            Self::Kernels(wall) => &wall.id,
            Self::Samples(sheet) => &sheet.id,
            Self::HeatMap(map) => &map.id,
            Self::Listing(listing) => &listing.id,
            Self::Cards(wall) => &wall.id,
            Self::Histograms(all) => &all.id,
            Self::Bars(all) => &all.id,
        }
    }

    /// Returns the title.
    pub fn title(&self) -> &str {
        match self {
            Self::Chart(chart) => &chart.title,
            Self::Kernels(wall) => &wall.title,
            Self::Samples(sheet) => &sheet.title,
            Self::HeatMap(map) => &map.title,
            Self::Listing(listing) => &listing.title,
            Self::Cards(wall) => &wall.title,
            Self::Histograms(all) => &all.title,
            Self::Bars(all) => &all.title,
        }
    }

    /// Returns what the reader should know, as the study wrote it.
    pub fn note(&self) -> &str {
        match self {
            Self::Chart(chart) => &chart.note,
            Self::Kernels(wall) => &wall.note,
            Self::Samples(sheet) => &sheet.note,
            Self::HeatMap(map) => &map.note,
            Self::Listing(listing) => &listing.note,
            Self::Cards(wall) => &wall.note,
            Self::Histograms(all) => &all.note,
            Self::Bars(all) => &all.note,
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

/// A number for each pair of two lists, such as the layers of two networks, as colours.
///
/// Zero is the colour of the paper, negative numbers are blue and positive ones orange; the scale is
/// printed. With more than sixteen columns the numbers stand only in the table behind.
#[derive(Debug, Clone, Default)]
pub struct HeatMap {
    /// The name, unique in its section.
    pub id: String,
    /// The title.
    pub title: String,
    /// What the reader should know; may be empty.
    pub note: String,
    /// What the rows are ("a.npz").
    pub row_title: String,
    /// What the columns are.
    pub column_title: String,
    /// What the numbers are ("debiased-cka").
    pub value_title: String,
    /// What the facts of each cell are ("by chance", "z").
    pub facts: Vec<String>,
    /// The number of a full score, which has the strongest colour unless another is larger.
    pub full: Option<f64>,
    /// The names of the rows.
    pub rows: Vec<String>,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// Row by row.
    pub cells: Vec<Vec<HeatCell>>,
}

/// A cell of a heat map.
#[derive(Debug, Clone, Default)]
pub struct HeatCell {
    /// The number, if there is one.
    pub value: Option<f64>,
    /// What stands small under it; may be empty.
    pub below: String,
    /// What is known of it, one text for each of [`HeatMap::facts`].
    pub facts: Vec<String>,
}

/// A table that is itself the figure.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The name, unique in its section.
    pub id: String,
    /// The title.
    pub title: String,
    /// What the reader should know; may be empty.
    pub note: String,
    /// The heads of the columns.
    pub columns: Vec<String>,
    /// How many columns, from the first, hold words; the others hold numbers, flush right.
    pub words: usize,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<String>>,
}
