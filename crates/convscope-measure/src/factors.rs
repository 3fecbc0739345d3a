//! What is computed of a layer when a measure first asks for it, and kept.

use std::sync::{Arc, OnceLock};

use faer::Mat;

use crate::cache::Shelf;
use crate::kernel::Kernel;
use crate::neighbours::{Near, Neighbours};
use crate::pairs::{Rdm, Standardised};
use crate::prepared::Directions;
use crate::whitening::{Principal, Triangle};
use crate::{Refusal, linalg};

/// Every factor of a layer that was asked for, and none that was not.
///
/// Of a layer whose samples were put in another order, factors that are known of the first order
/// are put in the other one too, which costs no decomposition and no product.
#[derive(Debug, Default)]
pub(crate) struct Factors {
    known: Known,
    before: Option<Before>,
}

/// The factors of the same samples in the order from which a layer was made.
#[derive(Debug, Clone)]
struct Before {
    factors: Arc<Factors>,
    /// Sample i is what was sample `order[i]`.
    order: Arc<[usize]>,
}

#[derive(Debug, Default)]
struct Known {
    narrow: OnceLock<Mat<f64>>,
    directions: OnceLock<Result<Directions, Refusal>>,
    raw_basis: OnceLock<Result<Mat<f64>, Refusal>>,
    row_norms: OnceLock<Vec<f64>>,
    linear: OnceLock<Kernel>,
    distance: OnceLock<Kernel>,
    gaussian: Shelf<u64, Result<Kernel, Refusal>>,
    neighbours: Shelf<(Near, usize), Result<Neighbours, Refusal>>,
    standardised: Shelf<(Rdm, bool), Result<Standardised, Refusal>>,
    // What follows does not depend on the order of the samples.
    triangle: OnceLock<Option<Triangle>>,
    principal: OnceLock<Option<Principal>>,
    loadings: OnceLock<Mat<f64>>,
    covariance_norm: OnceLock<f64>,
}

impl Factors {
    /// Returns nothing yet, of the same samples in another order.
    pub(crate) fn reordered(factors: &Arc<Self>, order: &Arc<[usize]>) -> Self {
        let before = Before { factors: Arc::clone(factors), order: Arc::clone(order) };
        Self { known: Known::default(), before: Some(before) }
    }

    pub(crate) fn narrow(&self, value: impl FnOnce() -> Mat<f64>) -> &Mat<f64> {
        self.moved(|known| &known.narrow, reordered_rows, value)
    }

    pub(crate) fn directions(
        &self,
        value: impl FnOnce() -> Result<Directions, Refusal>,
    ) -> &Result<Directions, Refusal> {
        let moved = |known: &Result<Directions, Refusal>, order: &[usize]| {
            let known = known.as_ref().map_err(Clone::clone)?;
            Ok(Directions { u: reordered_rows(&known.u, order), s: known.s.clone() })
        };
        self.moved(|known| &known.directions, moved, value)
    }

    pub(crate) fn raw_basis(
        &self,
        value: impl FnOnce() -> Result<Mat<f64>, Refusal>,
    ) -> &Result<Mat<f64>, Refusal> {
        let moved = |known: &Result<Mat<f64>, Refusal>, order: &[usize]| {
            known.as_ref().map(|basis| reordered_rows(basis, order)).map_err(Clone::clone)
        };
        self.moved(|known| &known.raw_basis, moved, value)
    }

    pub(crate) fn row_norms(&self, value: impl FnOnce() -> Vec<f64>) -> &[f64] {
        let moved =
            |known: &Vec<f64>, order: &[usize]| order.iter().map(|sample| known[*sample]).collect();
        let norms: &Vec<f64> = self.moved(|known| &known.row_norms, moved, value);
        norms
    }

    pub(crate) fn linear(&self, value: impl FnOnce() -> Kernel) -> &Kernel {
        self.moved(|known| &known.linear, Kernel::reordered, value)
    }

    pub(crate) fn distance(&self, value: impl FnOnce() -> Kernel) -> &Kernel {
        self.moved(|known| &known.distance, Kernel::reordered, value)
    }

    /// Kept by the bits of the bandwidth.
    pub(crate) fn gaussian(
        &self,
        bandwidth: u64,
        value: impl FnOnce() -> Result<Kernel, Refusal>,
    ) -> Arc<Result<Kernel, Refusal>> {
        self.shelved(|known| &known.gaussian, bandwidth, Kernel::reordered, value)
    }

    /// Kept by what is near and how many are wanted.
    pub(crate) fn neighbours(
        &self,
        key: (Near, usize),
        value: impl FnOnce() -> Result<Neighbours, Refusal>,
    ) -> Arc<Result<Neighbours, Refusal>> {
        self.shelved(|known| &known.neighbours, key, Neighbours::reordered, value)
    }

    /// Kept by the dissimilarity and whether it is ranked.
    pub(crate) fn standardised(
        &self,
        key: (Rdm, bool),
        value: impl FnOnce() -> Result<Standardised, Refusal>,
    ) -> Arc<Result<Standardised, Refusal>> {
        let moved = |known: &Standardised, order: &[usize]| {
            Standardised(linalg::reordered_pairs(&known.0, order))
        };
        self.shelved(|known| &known.standardised, key, moved, value)
    }

    pub(crate) fn triangle(&self, value: impl FnOnce() -> Option<Triangle>) -> Option<&Triangle> {
        self.same(|known| &known.triangle, value).as_ref()
    }

    pub(crate) fn principal(
        &self,
        value: impl FnOnce() -> Option<Principal>,
    ) -> Option<&Principal> {
        self.same(|known| &known.principal, value).as_ref()
    }

    pub(crate) fn loadings(&self, value: impl FnOnce() -> Mat<f64>) -> &Mat<f64> {
        self.same(|known| &known.loadings, value)
    }

    pub(crate) fn covariance_norm(&self, value: impl FnOnce() -> f64) -> f64 {
        *self.same(|known| &known.covariance_norm, value)
    }

    /// Returns a factor with a row, or more, for each sample.
    fn moved<T>(
        &self,
        slot: fn(&Known) -> &OnceLock<T>,
        moved: impl FnOnce(&T, &[usize]) -> T,
        value: impl FnOnce() -> T,
    ) -> &T {
        once(slot(&self.known), || match &self.before {
            Some(Before { factors, order }) => {
                slot(&factors.known).get().map_or_else(value, |known| moved(known, order))
            }
            None => value(),
        })
    }

    /// Returns a factor that is the same in any order.
    fn same<T>(&self, slot: fn(&Known) -> &OnceLock<T>, value: impl FnOnce() -> T) -> &T {
        let before = self.before.as_ref();
        match before.and_then(|before| slot(&before.factors.known).get()) {
            Some(known) => known,
            None => once(slot(&self.known), value),
        }
    }

    fn shelved<K: Ord, T>(
        &self,
        shelf: fn(&Known) -> &Shelf<K, Result<T, Refusal>>,
        key: K,
        moved: impl FnOnce(&T, &[usize]) -> T,
        value: impl FnOnce() -> Result<T, Refusal>,
    ) -> Arc<Result<T, Refusal>> {
        let before = self.before.as_ref();
        let known = before.and_then(|before| {
            shelf(&before.factors.known).known(&key).map(|known| (known, &before.order))
        });
        shelf(&self.known).get(key, || match known {
            Some((known, order)) => {
                known.as_ref().as_ref().map(|known| moved(known, order)).map_err(Clone::clone)
            }
            None => value(),
        })
    }
}

fn reordered_rows(matrix: &Mat<f64>, order: &[usize]) -> Mat<f64> {
    linalg::reordered_rows(matrix.as_ref(), order)
}

/// Computes a value outside the lock: a task that waits inside one could be handed another task
/// that needs the same value. Two threads may compute it, to the same bits.
fn once<T>(cell: &OnceLock<T>, value: impl FnOnce() -> T) -> &T {
    if let Some(value) = cell.get() {
        return value;
    }
    let value = value();
    cell.get_or_init(|| value)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use convscope_core::Seed;
    use faer::Mat;
    use serde_json::json;

    use crate::neighbours::Near;
    use crate::pairs::Rdm;
    use crate::{Activations, MEASURES, Measure, Pair, Prepared};

    const SAMPLES: usize = 70;

    fn layer(name: &str, units: usize) -> Mat<f64> {
        let mut draws = Seed::root(7).child(name).stream();
        Mat::from_fn(SAMPLES, units, |_, _| draws.normal())
    }

    fn prepared(matrix: &Mat<f64>) -> Prepared {
        Prepared::from(Activations::from_matrix(matrix.clone()).unwrap())
    }

    fn order() -> Arc<[usize]> {
        let mut order: Vec<usize> = (0..SAMPLES).collect();
        Seed::root(7).child("order").stream().shuffle(&mut order);
        order.into()
    }

    /// Every measure as it is by default, and those that ask for other factors otherwise.
    fn measures() -> Vec<(String, Box<dyn Measure>)> {
        let others = [
            ("rsa", json!({ "dissimilarity": "euclidean", "compare": "kendall-tau-a" })),
            ("mutual-knn", json!({ "near": "euclidean" })),
            ("angular-shape", json!({ "alpha": 0.5 })),
        ];
        let usual = MEASURES.iter().map(|entry| (entry.id, json!({})));
        let built = |(id, settings): (&str, serde_json::Value)| {
            let entry = MEASURES.iter().find(|entry| entry.id == id).unwrap();
            (format!("{id} {settings}"), (entry.build)(settings).unwrap())
        };
        usual.chain(others).map(built).collect()
    }

    #[test]
    fn factors_in_another_order_give_what_samples_in_that_order_give() {
        let order = order();
        let first = prepared(&layer("first", 6));
        for units in [5, 90] {
            let matrix = layer("second", units);
            let moved = prepared(&Mat::from_fn(SAMPLES, units, |i, j| matrix[(order[i], j)]));
            let mut moved_values = 0;
            for (name, measure) in measures() {
                let second = prepared(&matrix);
                let before = measure.score(Pair { x: &first, y: &second });
                let found = measure.score(Pair { x: &first, y: &second.reordered(&order) });
                let wanted = measure.score(Pair { x: &first, y: &moved });
                let pairs = [
                    (&found.value, &wanted.value),
                    (&found.null_mean, &wanted.null_mean),
                    (&found.z, &wanted.z),
                ];
                for (found, wanted) in pairs {
                    let (Some(a), Some(b)) = (found.number(), wanted.number()) else {
                        assert_eq!(found, wanted, "{name}");
                        continue;
                    };
                    assert!((a - b).abs() < 1e-11 * b.abs().max(1.0), "{name}: {a} and {b}");
                }
                let values = found.value.number().zip(before.value.number());
                moved_values += usize::from(values.is_some_and(|(a, b)| (a - b).abs() > 1e-6));
                assert_eq!(found.caveats, wanted.caveats, "{name}");
            }
            assert!(moved_values >= 22, "{moved_values} measures of {units} units see the order");
        }
    }

    #[test]
    fn nothing_that_is_known_is_computed_again() {
        let known = prepared(&layer("second", 90));
        let tall = prepared(&layer("third", 5));
        let other = prepared(&layer("first", 6));
        for (_, measure) in measures() {
            measure.score(Pair { x: &known, y: &other });
            measure.score(Pair { x: &tall, y: &other });
        }
        let factors = |layer: &Prepared| layer.reordered(&order()).factors;
        let (wide, tall) = (factors(&known), factors(&tall));
        wide.narrow(|| unreachable!());
        assert!(wide.directions(|| unreachable!()).is_ok());
        assert!(wide.raw_basis(|| unreachable!()).is_ok());
        assert_eq!(wide.row_norms(|| unreachable!()).len(), SAMPLES);
        wide.linear(|| unreachable!());
        wide.distance(|| unreachable!());
        assert!(wide.gaussian(1.0_f64.to_bits(), || unreachable!()).is_ok());
        assert!(wide.neighbours((Near::Cosine, 10), || unreachable!()).is_ok());
        assert!(wide.standardised((Rdm::Correlation, true), || unreachable!()).is_ok());
        assert!(tall.triangle(|| unreachable!()).is_some());
        assert!(tall.principal(|| unreachable!()).is_some());
        tall.covariance_norm(|| unreachable!());
    }
}
