//! The smallest weights of kernels set to 0.

use convscope_core::registry::{Entry, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::simplify::{
    Bank, Form, Method, Offer, Offers, Shared, Simplification, State, Target, simplification,
};
use super::{Edit, entry};

pub(super) const ENTRY: Entry<dyn Edit> = entry::<PruneWeights>(
    "prune-weights",
    "the smallest weights of kernels set to 0",
    "Han, Pool, Tran, Dally 2015, Learning both weights and connections, arXiv:1506.02626",
);

/// Which weights are pruned first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Order {
    /// The smallest of all layers together.
    Magnitude,
    /// In each kernel the smallest; in which kernels, says what pruning is predicted to cost of the loss for
    /// each bit.
    PredictedLoss,
}

simplification! {
    /// The smallest weights of kernels set to 0.
    ///
    /// A kernel of n numbers of which k are kept takes log₂ (n choose k) bits for their places, log₂ (n + 1) for k
    /// and k · precision for themselves.
    struct PruneWeights {
        /// Which weights are pruned first.
        order: Order = Order::Magnitude,
    }
}

impl Simplification for PruneWeights {
    fn method(&self) -> impl Method {
        Pruning(self)
    }

    fn check_own(&self) -> Result<(), SettingError> {
        if self.common().target() == Target::Choice {
            return Err(SettingError::at("bits", "pruning wants a target: `bits` or `budget`"));
        }
        Ok(())
    }

    fn words(&self) -> String {
        let order = match self.order {
            Order::Magnitude => "smallest weights",
            Order::PredictedLoss => "weights by predicted loss",
        };
        format!("prune the {order} of kernels")
    }
}

struct Pruning<'a>(&'a PruneWeights);

impl Method for Pruning<'_> {
    fn in_order(&self) -> bool {
        self.0.order == Order::Magnitude
    }

    fn free_bits(&self, bank: &Bank, precision: u32) -> f64 {
        bits(bank.size.count(), bank.size.count(), precision)
    }

    fn offers(&self, state: &State, unit: usize) -> Offers {
        let numbers = &state.exact[state.range(unit)];
        let n = numbers.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| numbers[*a].abs().total_cmp(&numbers[*b].abs()));
        // What is pruned already stays so.
        let kept_now = match &state.forms[unit] {
            Form::Masked(mask) => mask.iter().filter(|kept| **kept).count(),
            _ => n,
        };
        let offer = |pruned: usize| {
            let mut mask = vec![true; n];
            order[..pruned].iter().for_each(|place| mask[*place] = false);
            let bits = bits(n, n - pruned, state.precision());
            Offer { form: Form::Masked(mask.into()), bits }
        };
        let pruned = n - kept_now + 1..=n;
        let keys = (self.0.order == Order::Magnitude).then(|| {
            pruned.clone().map(|count| f64::from(numbers[order[count - 1]].abs())).collect()
        });
        Offers { chosen: None, further: pruned.map(offer).collect(), keys }
    }
}

/// Returns the bits of a kernel of n numbers of which so many are kept.
fn bits(n: usize, kept: usize, precision: u32) -> f64 {
    let choices: f64 = (0..kept).map(|k| ((n - k) as f64).log2() - ((k + 1) as f64).log2()).sum();
    choices + ((n + 1) as f64).log2() + kept as f64 * f64::from(precision)
}

#[cfg(test)]
mod tests {
    use super::bits;

    #[test]
    fn bits_count_places_their_number_and_themselves() {
        // 9 choose 4 is 126.
        let wanted = 126.0_f64.log2() + 10.0_f64.log2() + 4.0 * 8.0;
        assert!((bits(9, 4, 8) - wanted).abs() < 1e-12);
        assert!((bits(9, 9, 8) - (10.0_f64.log2() + 72.0)).abs() < 1e-12);
        assert!((bits(9, 0, 8) - 10.0_f64.log2()).abs() < 1e-12);
    }
}
