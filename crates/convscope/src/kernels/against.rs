//! What is different in another file.

use convscope_core::Seed;
use convscope_probe::{Drift, Layer as Own, PROBES, Shift, Workbench, drift, shift};
use rayon::prelude::*;

use super::fit::Fit;
use super::laid::Laid;
use super::{Asked, Kernels};
use crate::complaint::Complaint;

/// Another file, whose layers are held against those of the same names.
pub(crate) struct Against {
    pub(crate) other: Box<Kernels>,
    /// The layers that only the other file has.
    pub(crate) only: Vec<String>,
}

/// What is different in the layer of the same name, or why that is not said.
pub(crate) type Compared = Result<Apart, String>;

/// How far two layers lie apart, each a set of kernels.
pub(crate) struct Apart {
    /// The dimensions of the other array.
    pub(crate) dimensions: Vec<usize>,
    /// How many kernels either has.
    pub(crate) kernels: [usize; 2],
    pub(crate) drift: Drift,
    /// How far scores moved, each with its place among [`PROBES`].
    pub(crate) scores: Vec<(usize, Shift)>,
}

/// How many times the same kernels are dealt into two sets at random.
pub(crate) const DEALS: usize = 200;

/// The most kernels of a layer that are compared.
pub(crate) const MOST: usize = 4096;

impl Against {
    /// Opens the other file; nothing where none was asked for.
    pub(super) fn open(asked: &Asked, own: &Kernels) -> Result<Option<Self>, Complaint> {
        let Some(asked) = asked.other() else { return Ok(None) };
        let other = Kernels::open(&asked)?;
        let names = |kernels: &Kernels| -> Vec<String> {
            kernels.layers.iter().map(|layer| layer.name.clone()).collect()
        };
        let (mine, theirs) = (names(own), names(&other));
        if !mine.iter().any(|name| theirs.contains(name)) {
            return Err(Complaint::Usage {
                message: format!(
                    "{}: no layer has the name of one of {}, and layers are held against each other by name",
                    other.file, own.file
                ),
                help: Some(strangers([own, &other], [&mine, &theirs])),
            });
        }
        let only = theirs.into_iter().filter(|name| !mine.contains(name)).collect();
        Ok(Some(Self { other: Box::new(other), only }))
    }

    /// Holds a layer against that of the same name.
    pub(super) fn compare(
        &self,
        laid: &Laid,
        bench: &Workbench,
        seed: Seed,
    ) -> Result<Compared, Complaint> {
        let other = &*self.other;
        let Some(layer) = other.layers.iter().find(|layer| layer.name == laid.name) else {
            let skipped = other.skipped.iter().find(|one| one.name == laid.name);
            return Ok(Err(skipped.map_or_else(
                || "there is no such array".to_owned(),
                |one| format!("not looked at there: {}", one.why),
            )));
        };
        let there = layer.layout.size(layer.array.dimensions());
        if there != laid.size {
            return Ok(Err(format!("kernels of {} here and of {there} there", laid.size)));
        }
        let fit = Fit::read(layer, &other.arrays)
            .map_err(|why| Complaint::Trouble(format!("{}: {why}", other.file)))?;
        let (Some(own), Some(their)) = (&laid.kernels, &fit.kernels) else {
            return Ok(Err("no kernel of one of them can be looked at".into()));
        };
        let seed = seed.child("against").child(&laid.name);
        let kernels = [own.count(), their.count()];
        let [own, their] = [own, their].map(|layer| (thinned(layer), layer.largest()));
        let drift = match drift(&[&own.0], &[&their.0], DEALS, seed) {
            Ok(drift) => drift,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let [before, after] = [&own, &their].map(|(layer, largest)| values(layer, *largest, bench));
        let moved = |probe: usize| {
            let of = |values: &[Vec<Option<f64>>]| -> Vec<f64> {
                values.iter().filter_map(|of| of[probe]).collect()
            };
            let seed = seed.child(&PROBES[probe].id);
            Some((probe, shift(&of(&before), &of(&after), DEALS, seed)?))
        };
        let scores = (0..PROBES.len()).filter_map(moved).collect();
        let dimensions = layer.array.dimensions().to_vec();
        Ok(Ok(Apart { dimensions, kernels, drift, scores }))
    }
}

impl Apart {
    /// Returns the scores that moved, the furthest first: those with the least p, and of these the largest z.
    pub(crate) fn furthest(&self) -> Vec<&(usize, Shift)> {
        let mut scores: Vec<&(usize, Shift)> = self.scores.iter().collect();
        let z = |of: &(usize, Shift)| of.1.distance.z().unwrap_or(0.0);
        scores
            .sort_by(|a, b| a.1.distance.p.total_cmp(&b.1.distance.p).then(z(b).total_cmp(&z(a))));
        scores
    }
}

/// Says what to do with two files that have no name in common.
fn strangers([own, other]: [&Kernels; 2], [mine, theirs]: [&[String]; 2]) -> String {
    let listed = |names: &[String]| super::find::first(names.iter().map(String::as_str));
    let nameless = |kernels: &Kernels| !kernels.arrays.format().named;
    let (bare, named) = match (nameless(own), nameless(other)) {
        (true, _) => (own, theirs),
        (_, true) => (other, mine),
        _ => return format!("it has {}; the other has {}", listed(theirs), listed(mine)),
    };
    format!(
        "the array of {} has no name and is held only against that of another .npy file; to hold it against \
         one of {}, save it under that name: `numpy.savez(\"named.npz\", **{{\"{}\": array}})`",
        bare.file,
        listed(named),
        named.first().map_or("", String::as_str)
    )
}

/// Takes kernels that are evenly spread over a layer that has too many.
fn thinned(layer: &Own) -> Own {
    let count = layer.count().min(MOST);
    let kernel = |place: usize| {
        let kernel = place * layer.count() / count;
        layer.kernel([kernel / layer.inputs(), kernel % layer.inputs()])
    };
    let numbers = (0..count).flat_map(|place| kernel(place).iter().copied()).collect();
    Own::new(layer.name(), [count, 1], layer.size(), numbers).expect("part of a layer is one")
}

/// Returns what each probe says of each kernel.
fn values(layer: &Own, largest: f64, bench: &Workbench) -> Vec<Vec<Option<f64>>> {
    (0..layer.count())
        .into_par_iter()
        .map(|kernel| {
            let values = bench.values(layer.kernel([kernel, 0]), largest);
            values.into_iter().map(Result::ok).collect()
        })
        .collect()
}
