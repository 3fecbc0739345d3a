//! Probes made ready for one size, and what they say by chance.

use std::sync::{Arc, OnceLock};

use convscope_core::{Seed, Stream};
use rayon::prelude::*;

use crate::chance::Chance;
use crate::own::some_of;
use crate::probes::gabor::Fits;
use crate::probes::information::PRECISION;
use crate::probes::operators::Bank;
use crate::probes::{Absent, PROBES, Ready, Seen, steerable};
use crate::shelf::{self, Lot, Shelf};
use crate::{Card, Catalogue, Details, Grid, Layer, Scored, Size};

/// How many kernels are drawn for a null that has no closed form.
pub const DRAWS: usize = 4096;
/// How many kernels of a layer's own numbers are drawn.
pub const PERMUTED_DRAWS: usize = 1024;

/// All probes at one size, with what they say of kernels of independent normal numbers.
///
/// Make it once for each size: what was drawn is kept. Draws are the same on every machine and for
/// any number of threads.
///
/// ```
/// use convscope_probe::{Layer, Size, Workbench};
///
/// let edge = vec![-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0];
/// let layer = Layer::new("sobel", [1, 1], Size::square(3), edge)?;
/// let workbench = Workbench::new(layer.size());
/// let card = workbench.read(&layer).card([0, 0]);
/// let score = card.scores.iter().find(|scored| scored.probe.id == "score-left-right").unwrap();
/// assert_eq!(score.value.number(), Some(-1.0));
/// assert!(score.gaussian.number().unwrap() < 0.1);
/// assert_eq!(card.details.operator.unwrap().operator.id, "sobel");
/// assert_eq!(card.details.edge_direction, Some(0.0));
/// # Ok::<(), convscope_probe::LayerError>(())
/// ```
pub struct Workbench {
    size: Size,
    catalogue: Catalogue,
    /// For each of the probes, if it means something here.
    ready: Vec<Option<Ready>>,
    bank: Option<Bank>,
    gabor: Option<Fits>,
    gaussian: OnceLock<Vec<Option<Chance>>>,
    shelf: Option<Arc<dyn Shelf>>,
}

/// A layer on its workbench, with what its probes say by chance.
pub struct Reading<'w> {
    workbench: &'w Workbench,
    layer: &'w Layer,
    grid: Grid,
    gaussian: Vec<Option<Chance>>,
    permuted: Vec<Option<Chance>>,
}

impl Workbench {
    /// Makes all probes ready for kernels of a size.
    pub fn new(size: Size) -> Self {
        Self::with(size, None)
    }

    /// Makes all probes ready; what depends on the size alone is looked for on a shelf before it is drawn, and then
    /// put there.
    pub fn with(size: Size, shelf: Option<Arc<dyn Shelf>>) -> Self {
        Self {
            size,
            catalogue: Catalogue::new(size),
            ready: PROBES.iter().map(|probe| probe.at(size)).collect(),
            bank: Bank::new(size),
            gabor: Fits::new(size),
            gaussian: OnceLock::new(),
            shelf,
        }
    }

    /// Returns the size of its kernels.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Returns the structures of this size.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Returns the value of each of [`PROBES`] for a kernel, or why there is none.
    ///
    /// `largest` is the largest number of the kernel's layer, without its sign.
    ///
    /// # Panics
    /// When the kernel has another size or holds a number that is not finite: a caller's bug.
    pub fn values(&self, kernel: &[f64], largest: f64) -> Vec<Result<f64, Absent>> {
        self.values_of(&self.seen(kernel, largest))
    }

    /// Returns the closed form of each of [`PROBES`] over kernels of independent normal numbers, where
    /// there is one.
    pub fn closed_forms(&self) -> Vec<Option<Chance>> {
        let of = |ready: &Option<Ready>| ready.as_ref()?.closed.map(Chance::Closed);
        self.ready.iter().map(of).collect()
    }

    /// Returns for each of [`PROBES`] how it is distributed over kernels of independent normal numbers.
    ///
    /// Nothing where it means nothing at this size, and where it depends on the layer: see
    /// [`Reading::gaussian`]. Closed forms where there are any, else [`DRAWS`] draws, on all cores at
    /// the first call: a second at 7 × 7.
    pub fn gaussian(&self) -> &[Option<Chance>] {
        self.gaussian.get_or_init(|| {
            let free = |probe: usize| !PROBES[probe].sees_layer();
            self.chances(DRAWS, free, true, |draws| {
                let kernel: Vec<f64> = (0..self.size.count()).map(|_| draws.normal()).collect();
                Seen::new(&kernel, 1.0)
            })
        })
    }

    /// Lays a layer on the workbench: draws what its probes say by chance.
    ///
    /// # Panics
    /// When its kernels have another size: a caller's bug.
    pub fn read<'w>(&'w self, layer: &'w Layer) -> Reading<'w> {
        assert_eq!(layer.size(), self.size, "caller's bug: a layer of other kernels");
        let (numbers, largest) = (layer.numbers(), layer.largest());
        let over = if largest > 0.0 { largest } else { 1.0 };
        let squares: f64 = numbers.iter().map(|number| (number / over).powi(2)).sum();
        let deviation = (squares / numbers.len() as f64).sqrt();
        let bound = |probe: usize| PROBES[probe].sees_layer();
        let of_layer = self.chances(DRAWS, bound, false, |draws| {
            let kernel: Vec<f64> =
                (0..self.size.count()).map(|_| deviation * draws.normal()).collect();
            Seen::new(&kernel, 1.0)
        });
        let shared = self.gaussian().iter().cloned();
        let gaussian = shared.zip(of_layer).map(|(shared, own)| shared.or(own)).collect();
        let permuted = self.chances(
            PERMUTED_DRAWS,
            |_| true,
            false,
            |draws| Seen::new(&some_of(numbers, self.size.count(), draws), largest),
        );
        Reading { workbench: self, layer, grid: Grid::of(numbers, PRECISION), gaussian, permuted }
    }

    /// Returns the value of one of [`PROBES`], by its place there.
    ///
    /// # Errors
    /// Why there is none.
    ///
    /// # Panics
    /// As [`values`](Self::values), or when there is no such probe.
    pub fn value(&self, probe: usize, kernel: &[f64], largest: f64) -> Result<f64, Absent> {
        let seen = self.seen(kernel, largest);
        self.ready[probe].as_ref().map_or(Err(Absent::Size), |ready| (ready.value)(&seen))
    }

    /// Returns directions, the nearest operator and the nearest wave of a kernel.
    ///
    /// # Panics
    /// As [`values`](Self::values).
    pub fn details(&self, kernel: &[f64]) -> Details {
        self.details_of(&self.seen(kernel, 1.0))
    }

    fn details_of(&self, seen: &Seen) -> Details {
        Details {
            edge_direction: steerable::edge_direction(seen, self.size).ok(),
            line_direction: steerable::line_direction(seen, self.size).ok(),
            operator: self.bank.as_ref().and_then(|bank| bank.nearest(seen).ok()),
            gabor: self.gabor.as_ref().and_then(|fits| fits.best(seen).ok()),
        }
    }

    fn seen(&self, kernel: &[f64], largest: f64) -> Seen {
        assert_eq!(kernel.len(), self.size.count(), "caller's bug: a kernel of {}", self.size);
        assert!(kernel.iter().all(|value| value.is_finite()), "caller's bug: numbers are finite");
        Seen::new(kernel, largest)
    }

    fn values_of(&self, seen: &Seen) -> Vec<Result<f64, Absent>> {
        let of =
            |ready: &Option<Ready>| ready.as_ref().map_or(Err(Absent::Size), |r| (r.value)(seen));
        self.ready.iter().map(of).collect()
    }

    /// Returns the distribution of each chosen probe over draws; where these depend on the size alone, those of a
    /// shelf, and closed forms where there are any. Kernels of which a probe says nothing are left out of its
    /// distribution.
    fn chances(
        &self,
        draws: usize,
        chosen: impl Fn(usize) -> bool,
        of_size: bool,
        draw: impl Fn(&mut Stream) -> Seen + Sync,
    ) -> Vec<Option<Chance>> {
        let wanted: Vec<Option<&Ready>> = (0..self.ready.len())
            .map(|probe| {
                let ready = self.ready[probe].as_ref().filter(|_| chosen(probe))?;
                (!of_size || ready.closed.is_none()).then_some(ready)
            })
            .collect();
        let places: Vec<usize> = (0..wanted.len()).filter(|at| wanted[*at].is_some()).collect();
        let lot = Lot {
            purpose: "kernels",
            shape: vec![self.size.rows, self.size.columns],
            draws,
            names: places.iter().map(|probe| PROBES[*probe].id.as_str()).collect(),
        };
        let shelf = self.shelf.as_deref().filter(|_| of_size);
        let seed = Seed::root(0).child("kernels by chance");
        let rows = shelf::drawn(shelf, &lot, |number| {
            let seen = draw(&mut seed.nth(number).stream());
            // Where nothing is said, no number.
            let said = |ready: &&Ready| (ready.value)(&seen).unwrap_or(f64::NAN);
            wanted.iter().flatten().map(said).collect()
        });
        (0..wanted.len())
            .map(|probe| match (places.binary_search(&probe), &self.ready[probe]) {
                (Ok(at), _) => {
                    let said =
                        rows.iter().filter_map(|row| row.get(at)).filter(|value| !value.is_nan());
                    Chance::drawn(said.copied().collect())
                }
                (Err(_), Some(ready)) if of_size && chosen(probe) => {
                    ready.closed.map(Chance::Closed)
                }
                _ => None,
            })
            .collect()
    }
}

impl Reading<'_> {
    /// Returns how each of [`PROBES`] is distributed over normal kernels with the layer's mean square.
    pub fn gaussian(&self) -> &[Option<Chance>] {
        &self.gaussian
    }

    /// Returns how each of [`PROBES`] is distributed over kernels of the layer when all its numbers
    /// change places, from [`PERMUTED_DRAWS`] such kernels.
    pub fn permuted(&self) -> &[Option<Chance>] {
        &self.permuted
    }

    /// Returns everything about one kernel: that of an output and an input.
    ///
    /// # Panics
    /// When there is no such output or input: a caller's bug.
    pub fn card(&self, place: [usize; 2]) -> Card {
        let kernel = self.layer.kernel(place);
        let workbench = self.workbench;
        let seen = workbench.seen(kernel, self.layer.largest());
        let values = workbench.values_of(&seen);
        let scores = values.into_iter().enumerate().map(|(probe, value)| {
            let chances = [&self.gaussian, &self.permuted].map(|chances| chances[probe].as_ref());
            Scored::new(&PROBES[probe], value, chances)
        });
        Card {
            place,
            scores: scores.collect(),
            details: workbench.details_of(&seen),
            description: workbench.catalogue.describe(kernel, self.grid),
        }
    }

    /// Returns the cards of all kernels: those of the first output, then those of the next.
    pub fn cards(&self) -> Vec<Card> {
        let inputs = self.layer.inputs();
        let places = (0..self.layer.count()).into_par_iter();
        places.map(|kernel| self.card([kernel / inputs, kernel % inputs])).collect()
    }
}
