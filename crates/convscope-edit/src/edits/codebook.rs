//! Kernels whose numbers are few for each layer.

use convscope_core::registry::{Entry, SettingError};
use convscope_probe::Grid;

use super::simplify::{
    Bank, EXACT, Form, Method, Offer, Offers, Shared, Simplification, State, Target, Then,
    simplification, wide,
};
use super::{Edit, entry};

pub(super) const ENTRY: Entry<dyn Edit> = entry::<Codebook>(
    "codebook",
    "the weights of each layer's kernels replaced by the nearest of a few, by k-means",
    "Han, Mao, Dally 2016, Deep compression, arXiv:1510.00149",
);

simplification! {
    /// The weights of each layer's kernels replaced by the nearest of K numbers, by k-means from evenly spread
    /// ones.
    ///
    /// A layer takes log₂ K bits for each weight and K · precision for the numbers. K is chosen for each layer.
    struct Codebook {}
}

impl Simplification for Codebook {
    fn method(&self) -> impl Method {
        Clustering
    }

    fn check_own(&self) -> Result<(), SettingError> {
        if self.common().target() == Target::Choice {
            return Err(SettingError::at("bits", "a codebook wants a target: `bits` or `budget`"));
        }
        if self.then == Then::Keep {
            let message = "training cannot keep numbers equal: `free` or `freeze`";
            return Err(SettingError::at("then", message));
        }
        Ok(())
    }

    fn words(&self) -> String {
        "weights of a codebook for each layer".into()
    }
}

struct Clustering;

impl Method for Clustering {
    fn whole_layers(&self) -> bool {
        true
    }

    fn free_bits(&self, bank: &Bank, precision: u32) -> f64 {
        bank.size.count() as f64 * f64::from(precision)
    }

    fn offers(&self, state: &State, unit: usize) -> Offers {
        let mut sorted = wide(&state.exact[state.range(unit)]);
        sorted.sort_by(f64::total_cmp);
        let most = 2.0_f64.powi(state.precision() as i32 - 1) as usize;
        let counts =
            (1..=64).chain((72..=1024).step_by(8)).take_while(|k| *k < most.min(sorted.len()));
        let grid = state.grid(unit);
        let offer = |count: usize| {
            let levels = clustered(&sorted, count, grid);
            let bits = sorted.len() as f64 * (count as f64).log2()
                + count as f64 * f64::from(state.precision());
            Offer { form: Form::Levels(levels.into()), bits }
        };
        Offers { chosen: None, further: counts.map(offer).collect(), keys: None }
    }
}

/// Rounds after which k-means ends at the latest.
const ROUNDS: usize = 200;

/// Returns the centres of k-means of sorted numbers, on a grid.
///
/// Lloyd's rounds from centres spread evenly over the numbers; a centre that no number is nearest to stays.
fn clustered(sorted: &[f64], count: usize, grid: Grid) -> Vec<f64> {
    let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
    let width = (high - low) / count as f64;
    let mut centres: Vec<f64> = (0..count).map(|k| low + (k as f64 + 0.5) * width).collect();
    let mut sums = Vec::with_capacity(sorted.len() + 1);
    sums.push(0.0);
    for value in sorted {
        sums.push(sums[sums.len() - 1] + value);
    }
    for _ in 0..ROUNDS {
        let mut first = 0;
        let mut moved = false;
        for k in 0..count {
            let after = centres.get(k + 1).map(|next| f64::midpoint(centres[k], *next));
            let last = after.map_or(sorted.len(), |edge| sorted.partition_point(|v| *v <= edge));
            if last > first {
                let mean = (sums[last] - sums[first]) / (last - first) as f64;
                moved |= mean.to_bits() != centres[k].to_bits();
                centres[k] = mean;
            }
            first = last.max(first);
        }
        if !moved {
            break;
        }
    }
    let round = |centre: f64| if grid.precision == EXACT { centre } else { grid.round(centre) };
    centres.into_iter().map(round).collect()
}

#[cfg(test)]
mod tests {
    use convscope_probe::Grid;

    use super::clustered;

    #[test]
    fn groups_of_numbers_get_their_means() {
        let sorted = [-1.1, -0.9, 0.0, 0.2, 0.9, 1.0, 1.1];
        let centres = clustered(&sorted, 3, Grid::of(&sorted, 32));
        for (centre, wanted) in centres.iter().zip([-1.0, 0.1, 1.0]) {
            assert!((centre - wanted).abs() < 1e-12, "{centres:?}");
        }
        let coarse = clustered(&sorted, 3, Grid { step: 0.5, precision: 3 });
        assert_eq!(coarse, [-1.0, 0.0, 1.0]);
    }
}
