//! Turns what was measured into what people read: one self-contained page, and figures as SVG,
//! PNG, Vega-Lite and CSV.
//!
//! ```text
//! rows of a query + a mark ─► Figure ─┬─► page::html   one file, opens offline
//! claims, arms, provenance ─► Section ┘   figure::svg, figure::png, figure::vega_lite, figure::csv
//! ```
//!
//! Everything comes in as plain values and goes out as strings or bytes; no file is read. The same
//! input gives the same bytes.

mod assets;
pub mod figure;
pub mod figures;
mod groups;
mod heat_map;
mod kernels;
mod numbers;
pub mod page;
mod ramp;
mod rows;
mod samples;
mod still;
mod table;
mod theme;

pub use figure::{Bar, Bars};
pub use figure::{CardGroup, CardWall, Histogram, Histograms, KernelCard};
pub use figure::{Chart, Figure, FigureError, KernelPanel, KernelRow, KernelWall, SampleGroup};
pub use figure::{HeatCell, HeatMap, Listing, SampleImage, SampleSheet};
pub use figures::{MARKS, Mark};
pub use numbers::{Unit, deviations};
pub use page::{Arm, ClaimRow, Measured, Page, Parts, Section, Trouble};
pub use rows::{Cell, Rows};
