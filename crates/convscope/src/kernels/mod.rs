//! The kernels of a model: what structure each has, beside chance.
//!
//! ```text
//!         ┌─ names, layouts, reasons ─┐                            ┌─ json   everything, card by card
//! file ─► │ Kernels: layers, skipped  │ ─► Laid ─► cards, Summary ─┼─ text   a table
//!         └───────────────────────────┘   a layer at a time        └─ page   walls, cards, histograms
//!                  another file ─► Against ─► Compared ─┘
//! ```
//!
//! Layers are read one at a time and cards are made some thousands at a time, so that memory holds
//! one layer, whatever the file has.

mod against;
mod asked;
mod bar;
mod beside;
mod find;
mod fit;
mod histogram;
mod json;
mod laid;
mod layout;
mod page;
mod reading;
mod skipped;
mod sought;
mod summary;
mod table;
mod text;
mod together;

use std::collections::BTreeMap;

use convscope_arrays::Arrays;
use convscope_probe::{Nulls, Size, Workbench};

use self::against::Against;
pub(crate) use self::asked::Asked;
pub(crate) use self::bar::Bar;
pub(crate) use self::find::{Found, Layer};
pub(crate) use self::fit::not_finite;
pub(crate) use self::json::{Written, open, skipped_array, told};
use self::laid::Laid;
pub(crate) use self::laid::{FREE, ZERO, placed};
pub(crate) use self::layout::Layout;
pub(crate) use self::page::{Paged, name_of, section};
pub(crate) use self::skipped::{Skipped, by_reason};
pub(crate) use self::sought::Sought;
use self::summary::Summary;
pub(crate) use self::table::{counted, line, table};
pub(crate) use self::text::Told;
use crate::complaint::Complaint;
use crate::nulls::shelf;

/// A file of kernels, whose numbers are still in it.
pub(crate) struct Kernels {
    /// The file's path, as it was typed.
    pub(crate) file: String,
    /// How arrays were read where that is not plain to see, one sentence each.
    pub(crate) notes: Vec<String>,
    arrays: Arrays<'static>,
    layers: Vec<Layer>,
    skipped: Vec<Skipped>,
    /// Another file that it is held against.
    against: Option<Against>,
}

/// Who is told what is found, in the order of the layers.
pub(crate) trait Hears {
    /// Hears that a layer comes.
    fn layer(&mut self, _: &Laid) -> Result<(), Complaint> {
        Ok(())
    }
    /// Hears of some more kernels of the layer.
    fn cards(&mut self, _: &Laid, _: &[laid::Placed]) -> Result<(), Complaint> {
        Ok(())
    }
    /// Hears what all kernels of the layer have together.
    fn summary(
        &mut self,
        _: &Laid,
        _: &Summary,
        _: Option<&convscope_probe::Reading<'_>>,
    ) -> Result<(), Complaint>;
}

impl Kernels {
    /// Opens a file and finds its kernels.
    pub(crate) fn open(asked: &Asked) -> Result<Self, Complaint> {
        let file = asked.sought.path.display().to_string();
        let (arrays, Found { layers, skipped, notes }) = Found::open(&asked.sought)?;
        let mut own = Self { file, notes, arrays, layers, skipped, against: None };
        own.against = Against::open(asked, &own)?;
        let other = own.against.iter().flat_map(|against| &against.other.notes);
        let of_other: Vec<String> = other.map(|note| format!("the other file: {note}")).collect();
        own.notes.extend(of_other);
        Ok(own)
    }

    /// Puts every layer on a workbench of its size and tells what is found.
    pub(crate) fn probe(
        &self,
        asked: &Asked,
        hearers: &mut [&mut dyn Hears],
    ) -> Result<(), Complaint> {
        let mut benches: BTreeMap<Size, Workbench> = BTreeMap::new();
        let nulls = Nulls::with(shelf());
        for layer in &self.layers {
            let laid = Laid::read(layer, &self.arrays, &nulls)
                .map_err(|why| Complaint::Trouble(format!("{}: {why}", self.file)))?;
            for hearer in hearers.iter_mut() {
                hearer.layer(&laid)?;
            }
            let bench =
                &*benches.entry(laid.size).or_insert_with(|| Workbench::with(laid.size, shelf()));
            let reading = laid.kernels.as_ref().map(|kernels| bench.read(kernels));
            let mut summary = Summary::new(&laid, reading.as_ref(), asked.seed);
            if let Some(reading) = &reading {
                for cards in laid.cards(reading) {
                    summary.add(&laid, &cards);
                    for hearer in hearers.iter_mut() {
                        hearer.cards(&laid, &cards)?;
                    }
                }
                summary.finish(&laid, reading);
            }
            if let Some(against) = &self.against {
                summary.against = Some(against.compare(&laid, bench, asked.seed)?);
            }
            for hearer in hearers.iter_mut() {
                hearer.summary(&laid, &summary, reading.as_ref())?;
            }
        }
        Ok(())
    }

    /// Returns how many kernels all layers have.
    fn count(&self) -> usize {
        let count = |layer: &Layer| -> usize {
            layer.layout.counts(layer.array.dimensions()).iter().product()
        };
        self.layers.iter().map(count).sum()
    }

    /// Returns how many layers have kernels.
    pub(crate) fn layers(&self) -> usize {
        self.layers.len()
    }
}
