//! Weight matching.

use convscope_core::Seed;
use faer::Mat;

use super::gains::{Runs, gains};
use super::{TensorAxis, TensorPair};
use crate::tuning;

/// What a better matching must gain, of the product of both norms: more than rounding.
const LEAST_GAIN: f64 = 1e-10;

/// The order of the second network's hidden units in which its weights lie nearest to the first's.
#[derive(Debug, Clone, PartialEq)]
pub struct Matching {
    /// For each order, and each of its members in the first network, the member of the second
    /// network that takes its place.
    pub places: Vec<Vec<usize>>,
    /// What became of each start.
    pub runs: Vec<Run>,
    /// The run whose matching this is: the one that ends nearest, of equally near ones the first.
    pub best: usize,
}

/// One descent from one start.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Whether it began with the second network as it is, and not in a random order.
    pub from_as_it_is: bool,
    /// ‖A − π(B)‖ over all tensors at the start, and after each sweep over the orders.
    pub distances: Vec<f64>,
}

impl Run {
    /// Returns the distance at its end.
    pub fn end(&self) -> f64 {
        self.distances.last().copied().unwrap_or(f64::NAN)
    }
}

/// Reorders the hidden units of a network so that its weights come near to those of another.
///
/// ```text
/// min over π of Σ over tensors ‖A − π(B)‖²,   π one reordering for each order
/// ```
///
/// With all orders but one held fast, the best reordering of that one is an assignment, which is solved
/// exactly; orders take turns, in a random sequence, until none changes (coordinate descent;
/// Ainsworth, Hayase and Srinivasa 2023, arXiv:2209.04836). An order is looked at again
/// only after one that shares a tensor with it has changed. The distance falls with every step,
/// and the end is a local minimum: the problem as a whole is NP-hard. So there are several
/// `starts`, the first from the second network as it is, the others from random orders.
///
/// For independently trained networks the best matching found is usually not the one that
/// generated similar functions, and weights of large norm decide for their neighbours; positive factors
/// between layers are not undone. Unrelated networks come nearer too: match one with shuffled weights to
/// see how far. A reordered copy of a network is found exactly, unless units are equal.
///
/// `members` holds the count of members of each order. Where an order stands at two axes of one
/// tensor the assignment is that of the linearised problem, and is taken only if the distance falls.
/// Cost: for each turn m² numbers for each entry of a member, and an assignment of about m³; memory for
/// one copy of the second network.
///
/// ```
/// use convscope_core::Seed;
/// use convscope_measure::matching::{TensorAxis, TensorPair, match_weights};
///
/// // Two hidden units that stand in the other order in the second network.
/// let free = |length| TensorAxis { length, order: Some(0) };
/// let fixed = |length| TensorAxis { length, order: None };
/// let (a, b) = ([[1.0, 0.0], [0.0, 2.0]].concat(), [[0.0, 2.0], [1.0, 0.0]].concat());
/// let (c, d) = ([3.0, 4.0], [4.0, 3.0]);
/// let tensors = [
///     TensorPair { a: &a, b: &b, axes: vec![free(2), fixed(2)] },
///     TensorPair { a: &c, b: &d, axes: vec![fixed(1), free(2)] },
/// ];
/// let matching = match_weights(&[2], &tensors, 1, Seed::root(1));
/// assert_eq!(matching.places, [[1, 0]]);
/// assert_eq!(matching.runs[0].end(), 0.0);
/// ```
///
/// # Panics
/// If a tensor has not the numbers of its axes, an axis names no order or is not whole blocks of its
/// members, or there is no start: a caller's bug.
pub fn match_weights(
    members: &[usize],
    tensors: &[TensorPair<'_>],
    starts: usize,
    seed: Seed,
) -> Matching {
    check(members, tensors);
    assert!(starts > 0, "caller's bug: a matching needs a start");
    let mut best: Option<(usize, Vec<Vec<usize>>)> = None;
    let mut runs: Vec<Run> = Vec::new();
    for start in 0..starts {
        let mut descent = Descent::new(members, tensors);
        let seed = seed.child("start").nth(start as u64);
        if start > 0 {
            descent.scatter(seed.child("places"));
        }
        let distances = descent.run(seed.child("turns"));
        let run = Run { from_as_it_is: start == 0, distances };
        if best.as_ref().is_none_or(|(nearest, _)| run.end() < runs[*nearest].end()) {
            best = Some((start, descent.places));
        }
        runs.push(run);
    }
    let (best, places) = best.expect("there is a start");
    Matching { places, runs, best }
}

fn check(members: &[usize], tensors: &[TensorPair<'_>]) {
    for (index, TensorPair { a, b, axes }) in tensors.iter().enumerate() {
        let count: usize = axes.iter().map(|axis| axis.length).product();
        let (came, other) = (a.len(), b.len());
        assert!(
            came == count && other == count,
            "caller's bug: tensor {index} has {came} and {other} numbers for {count}"
        );
        for TensorAxis { length, order } in axes {
            let whole = order.is_none_or(|order| {
                members.get(order).is_some_and(|&of| of > 0 && length.is_multiple_of(of))
            });
            assert!(whole, "caller's bug: an axis of tensor {index} does not fit its order");
        }
    }
}

struct Descent<'a> {
    tensors: &'a [TensorPair<'a>],
    /// The second network in its present order.
    present: Vec<Vec<f32>>,
    places: Vec<Vec<usize>>,
    /// Where each order stands: tensor and axis.
    uses: Vec<Vec<(usize, Runs)>>,
    /// For each order the least that counts as a gain.
    least: Vec<f64>,
    /// Whether something has changed beside an order since its last turn.
    stale: Vec<bool>,
}

impl<'a> Descent<'a> {
    fn new(members: &[usize], tensors: &'a [TensorPair<'a>]) -> Self {
        let mut uses = vec![Vec::new(); members.len()];
        for (tensor, TensorPair { axes, .. }) in tensors.iter().enumerate() {
            let mut inner: usize = axes.iter().map(|axis| axis.length).product();
            for TensorAxis { length, order } in axes {
                if let Some(order) = *order {
                    let step = inner / members[order];
                    uses[order].push((tensor, Runs { members: members[order], step }));
                }
                inner /= (*length).max(1);
            }
        }
        let size =
            |tensor: &TensorPair<'_>| (dot(tensor.a, tensor.a) * dot(tensor.b, tensor.b)).sqrt();
        let sizes: Vec<f64> = tensors.iter().map(size).collect();
        let least = |uses: &Vec<(usize, Runs)>| -> f64 {
            LEAST_GAIN * uses.iter().map(|(tensor, _)| sizes[*tensor]).sum::<f64>()
        };
        Self {
            tensors,
            present: tensors.iter().map(|tensor| tensor.b.to_vec()).collect(),
            places: members.iter().map(|members| (0..*members).collect()).collect(),
            least: uses.iter().map(least).collect(),
            stale: vec![true; members.len()],
            uses,
        }
    }

    /// Begins in a random order.
    fn scatter(&mut self, seed: Seed) {
        for order in 0..self.places.len() {
            let mut places: Vec<usize> = (0..self.places[order].len()).collect();
            seed.nth(order as u64).stream().shuffle(&mut places);
            self.reorder(order, &places);
        }
    }

    fn run(&mut self, seed: Seed) -> Vec<f64> {
        let mut distances = vec![self.distance()];
        let mut draws = seed.stream();
        while self.stale.contains(&true) {
            let mut turns: Vec<usize> = (0..self.places.len()).collect();
            draws.shuffle(&mut turns);
            for order in turns {
                if self.stale[order] {
                    self.turn(order);
                }
            }
            distances.push(self.distance());
        }
        distances
    }

    /// Gives an order its best reordering, all others held fast.
    fn turn(&mut self, order: usize) {
        self.stale[order] = false;
        let members = self.places[order].len();
        let mut gain = Mat::zeros(members, members);
        for &(tensor, runs) in &self.uses[order] {
            gains(&mut gain, self.tensors[tensor].a, &self.present[tensor], runs);
        }
        let partners = tuning::partners(gain.as_ref());
        let better: f64 = partners.iter().map(|(i, j)| gain[(*i, *j)] - gain[(*i, *i)]).sum();
        if better <= self.least[order] {
            return;
        }
        let places: Vec<usize> = partners.into_iter().map(|(_, j)| j).collect();
        let linear = !self.stands_twice(order);
        let before = if linear { 0.0 } else { self.gain(order) };
        self.reorder(order, &places);
        if !linear && self.gain(order) - before <= self.least[order] {
            let mut back = vec![0; members];
            for (to, from) in places.iter().enumerate() {
                back[*from] = to;
            }
            self.reorder(order, &back);
            return;
        }
        for (other, uses) in self.uses.iter().enumerate() {
            let beside = uses.iter().any(|(t, _)| self.uses[order].iter().any(|(own, _)| own == t));
            self.stale[other] |= beside && (other != order || !linear);
        }
    }

    fn stands_twice(&self, order: usize) -> bool {
        self.uses[order].windows(2).any(|pair| pair[0].0 == pair[1].0)
    }

    /// Returns Σ ⟨A, π(B)⟩ over the tensors in which an order stands.
    fn gain(&self, order: usize) -> f64 {
        let mut tensors: Vec<usize> = self.uses[order].iter().map(|(tensor, _)| *tensor).collect();
        tensors.dedup();
        tensors.iter().map(|&tensor| dot(self.tensors[tensor].a, &self.present[tensor])).sum()
    }

    fn reorder(&mut self, order: usize, places: &[usize]) {
        for &(tensor, Runs { members, step }) in &self.uses[order] {
            for run in self.present[tensor].chunks_exact_mut((members * step).max(1)) {
                let before = run.to_vec();
                for (to, from) in run.chunks_exact_mut(step).zip(places) {
                    to.copy_from_slice(&before[from * step..(from + 1) * step]);
                }
            }
        }
        let old = &self.places[order];
        self.places[order] = places.iter().map(|from| old[*from]).collect();
    }

    fn distance(&self) -> f64 {
        let squares = self.tensors.iter().zip(&self.present).map(|(tensor, present)| {
            let apart = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).powi(2);
            tensor.a.iter().zip(present).map(apart).sum::<f64>()
        });
        squares.sum::<f64>().sqrt()
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}
