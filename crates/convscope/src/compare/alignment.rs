//! The second model with its hidden units in the order of the first.

use std::collections::BTreeMap;

use convscope_core::Seed;
use convscope_edit::align::matched;
use convscope_measure::matching::Matching;
use convscope_model::{Net, Symmetry};

use super::{Known, Model, Settings, activations};

/// Units of one order that are matched: an assignment holds the square of it in memory.
const MOST: usize = 1 << 14;

/// What weight matching found.
pub(crate) struct Alignment {
    /// The orders, each with the layers that write it.
    pub(crate) orders: Vec<Order>,
    /// How the descents went.
    pub(crate) matching: Matching,
    /// Distances of all trained numbers.
    pub(crate) before: Whole,
    /// The same after the alignment.
    pub(crate) after: Whole,
    /// The same after the alignment of a model with the numbers of every tensor in random places.
    pub(crate) shuffled: Whole,
    /// The second model's tensors in the order of the first.
    pub(crate) aligned: BTreeMap<String, Vec<f32>>,
    /// The shuffled model's tensors after its own alignment.
    pub(crate) by_chance: BTreeMap<String, Vec<f32>>,
    /// The same question asked of activations, or why it was not.
    pub(crate) activations: Result<ByActivations, String>,
    symmetry: Symmetry,
}

/// What activation matching found.
pub(crate) struct ByActivations {
    /// How many samples both models saw.
    pub(crate) samples: usize,
    /// For each order the units of the second model in the places of the first's.
    pub(crate) places: Vec<Vec<usize>>,
    /// How many units stand where weight matching puts them.
    pub(crate) agree: usize,
    /// The distance of all trained numbers then.
    pub(crate) after: Whole,
}

/// One list of hidden units.
pub(crate) struct Order {
    /// The layers that write it.
    pub(crate) layers: Vec<String>,
    /// For each unit of the first model the unit of the second in its place.
    pub(crate) places: Vec<usize>,
}

/// How far all trained numbers lie apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole {
    /// ‖A − B‖.
    pub(crate) distance: f64,
    /// ‖A − B‖ / √((‖A‖² + ‖B‖²) / 2).
    pub(crate) frobenius: f64,
    /// The cosine.
    pub(crate) cosine: f64,
}

impl Alignment {
    /// Returns where a filter of the aligned model stood before.
    pub(crate) fn stood(&self, tensor: &str, filter: usize) -> usize {
        let Some(Some(order)) = self.symmetry.axes(tensor).first() else { return filter };
        self.orders[*order].places.get(filter).copied().unwrap_or(filter)
    }
}

/// Aligns the second model to the first, or says what keeps it from being aligned.
pub(crate) fn align(
    known: &Known,
    models: &[Model; 2],
    settings: &Settings<'_>,
) -> Result<Alignment, String> {
    let net = &known.net;
    let [a, b] = models;
    let (a, b) = (numbers(net, a, "A")?, numbers(net, b, "B")?);
    let symmetry = Symmetry::of(net);
    if let Some(order) = symmetry.orders().iter().find(|order| order.members > MOST) {
        let layer = &net.layers()[order.layers[0]].name;
        let members = order.members;
        return Err(format!("`{layer}` has {members} units; up to {MOST} can be matched"));
    }
    let seed = settings.seed.child("alignment");
    let shuffled = shuffled(net, &b, seed.child("shuffled"));
    let matching = matched(net, &symmetry, [&a, &b], settings.starts, seed);
    let aligned = symmetry.reordered(&b, &matching.places);
    let by_chance = matched(net, &symmetry, [&a, &shuffled], 1, seed).places;
    let by_chance = symmetry.reordered(&shuffled, &by_chance);
    let trained = 0..net.parameter_count();
    let whole = |b: &[f32]| whole(&a[trained.clone()], &b[trained.clone()]);
    let activations = settings.samples.as_ref().ok_or_else(|| "no --samples were given".to_owned());
    let activations = activations.and_then(|samples| {
        let found = activations::matched(net, &symmetry, [&a, &b], samples, seed)?;
        let same = |(one, other): (&Vec<usize>, &Vec<usize>)| {
            one.iter().zip(other).filter(|(a, b)| a == b).count()
        };
        Ok(ByActivations {
            samples: found.samples,
            agree: found.places.iter().zip(&matching.places).map(same).sum(),
            after: whole(&symmetry.reordered(&b, &found.places)),
            places: found.places,
        })
    });
    let orders = symmetry.orders().iter().zip(&matching.places).map(|(order, places)| Order {
        layers: order.layers.iter().map(|layer| net.layers()[*layer].name.clone()).collect(),
        places: places.clone(),
    });
    Ok(Alignment {
        orders: orders.collect(),
        before: whole(&b),
        after: whole(&aligned),
        shuffled: whole(&by_chance),
        aligned: by_name(net, &aligned),
        by_chance: by_name(net, &by_chance),
        matching,
        activations,
        symmetry,
    })
}

/// Takes a model's numbers in the order of the net.
fn numbers(net: &Net, model: &Model, which: &str) -> Result<Vec<f32>, String> {
    let mut numbers = Vec::with_capacity(net.number_count());
    for own in net.tensors() {
        let tensor = model.tensors.get(&own.name).ok_or("a tensor is missing")?;
        let finite = tensor.finite();
        numbers
            .extend_from_slice(finite.map_err(|why| format!("`{}` of {which} {why}", own.name))?);
    }
    Ok(numbers)
}

fn shuffled(net: &Net, numbers: &[f32], seed: Seed) -> Vec<f32> {
    let mut shuffled = numbers.to_vec();
    for (index, own) in net.tensors().enumerate() {
        seed.nth(index as u64).stream().shuffle(&mut shuffled[own.range()]);
    }
    shuffled
}

fn by_name(net: &Net, numbers: &[f32]) -> BTreeMap<String, Vec<f32>> {
    net.tensors().map(|own| (own.name.clone(), numbers[own.range()].to_vec())).collect()
}

fn whole(a: &[f32], b: &[f32]) -> Whole {
    let [mut apart, mut product, mut of_a, mut of_b] = [0.0; 4];
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        apart += (a - b).powi(2);
        product += a * b;
        of_a += a * a;
        of_b += b * b;
    }
    Whole {
        distance: apart.sqrt(),
        frobenius: (apart / of_a.midpoint(of_b)).sqrt(),
        cosine: product / (of_a * of_b).sqrt(),
    }
}
