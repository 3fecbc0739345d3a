//! Comparing the layers of two networks from files of activations.
//!
//! ```text
//! A ─► Side: layers, samples ─┐                      ┌─ json   what programs read
//!                             ├─ treat ─► compare ─► Results ─┼─ text   what a terminal shows
//! B ─► Side ─► order of ids ──┘  one conv at a time  └─ page   what people keep
//! ```

mod asked;
mod blocks;
mod compare;
pub(crate) mod json;
mod layout;
mod outputs;
pub(crate) mod page;
mod pairs;
mod results;
mod samples;
mod side;
mod stream;
pub(crate) mod text;
mod treat;

pub(crate) use asked::Asked;
pub(crate) use results::Results;

use crate::complaint::Complaint;
use side::Side;

/// Reads both files and compares their layers as was asked.
pub(crate) fn results(asked: &Asked) -> Result<Results, Complaint> {
    let [first, second] = &asked.paths;
    let a = Side::open(first, asked)?;
    let same = std::fs::canonicalize(first).ok() == std::fs::canonicalize(second).ok();
    let b = if same { None } else { Some(Side::open(second, asked)?) };
    let matched = samples::matched(&a, b.as_ref())?;
    pairs::few(asked, &a, b.as_ref())?;
    compare::all(asked, &a, b.as_ref(), matched)
}
