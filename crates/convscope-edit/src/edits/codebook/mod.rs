//! Kernels whose numbers are few for each layer.

mod code;
mod k_means;
mod mixture;

use convscope_core::Mixture;
use convscope_core::registry::{Entry, SettingError};
use convscope_probe::Grid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::simplify::{
    Bank, EXACT, Form, MIXTURE, Method, Offer, Offers, Shared, Simplification, State, Target,
    nearest_level, simplification, wide,
};
use super::{Edit, entry};

pub(super) const ENTRY: Entry<dyn Edit> = entry::<Codebook>(
    "codebook",
    "the weights of each layer's kernels replaced by a few numbers, by k-means or a mixture of Gaussians",
    "Han, Mao, Dally 2016, Deep compression, arXiv:1510.00149; Ullrich, Meeds, Welling 2017, Soft weight-sharing, \
     arXiv:1702.04008",
);

/// How a layer's few numbers are found, and which weight gets which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Fit {
    /// K numbers by k-means from evenly spread ones; each weight gets the nearest.
    KMeans,
    /// The means of a mixture of up to 64 Gaussians, one of which is fixed at 0 with a share that follows the
    /// weights, or is 0.5, 0.9 or 0.99; each weight gets the mean of the component that is most responsible for
    /// it. How many and which share is chosen for each layer.
    Mixture,
}

/// How it is written down which weight has which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Code {
    /// By log₂ K bits for each weight.
    Even,
    /// By how often each number occurs, and which of all arrangements with these counts it is.
    Entropy,
}

simplification! {
    /// The weights of each layer's kernels replaced by K numbers.
    ///
    /// A layer takes K · precision bits for the numbers, and for its n weights n · log₂ K, or log₂ (n! / ∏ nₖ!) and
    /// (K − 1) · log₂ (n + 1) for how often each occurs. K is chosen for each layer.
    struct Codebook {
        /// How the numbers are found.
        fit: Fit = Fit::KMeans,
        /// How it is written down which weight has which.
        code: Code = Code::Even,
    }
}

impl Simplification for Codebook {
    fn method(&self) -> impl Method {
        Clustering(self)
    }

    fn check_own(&self) -> Result<(), SettingError> {
        if self.common().target() == Target::Choice {
            return Err(SettingError::at("bits", "a codebook wants a target: `bits` or `budget`"));
        }
        Ok(())
    }

    fn words(&self) -> String {
        let fit = match self.fit {
            Fit::KMeans => "",
            Fit::Mixture => " by a mixture of Gaussians",
        };
        format!("weights of a codebook{fit} for each layer")
    }
}

struct Clustering<'a>(&'a Codebook);

impl Method for Clustering<'_> {
    fn whole_layers(&self) -> bool {
        true
    }

    fn free_bits(&self, bank: &Bank, precision: u32) -> f64 {
        bank.size.count() as f64 * f64::from(precision)
    }

    fn offers(&self, state: &State, unit: usize) -> Offers {
        let numbers = wide(&state.exact[state.range(unit)]);
        let further = match self.0.fit {
            Fit::KMeans => self.by_k_means(&numbers, state.grid(unit)),
            Fit::Mixture => self.by_mixtures(&numbers, state.grid(unit)),
        };
        Offers { further, ..Offers::default() }
    }
}

impl Clustering<'_> {
    fn by_k_means(&self, numbers: &[f64], grid: Grid) -> Vec<Offer> {
        let sorted = sorted(numbers);
        let most = 2.0_f64.powi(grid.precision as i32 - 1) as usize;
        let counts =
            (1..=64).chain((72..=1024).step_by(8)).take_while(|k| *k < most.min(sorted.len()));
        let offer = |count: usize| {
            let levels: Vec<f64> = on_grid(k_means::centres(&sorted, count), grid);
            if self.0.code == Code::Even {
                let bits = code::even(sorted.len(), count, grid.precision);
                return Offer { form: Form::Levels(levels.into()), bits };
            }
            // Levels that no weight has are not written down.
            let nearest = |number: &f64| nearest_level(&levels, *number);
            let uses = code::uses(&sorted.iter().map(nearest).collect::<Vec<_>>());
            let bits = code::entropy(&uses.counts, grid.precision);
            Offer { form: Form::Levels(uses.levels.into()), bits }
        };
        counts.map(offer).collect()
    }

    fn by_mixtures(&self, numbers: &[f64], grid: Grid) -> Vec<Offer> {
        let sorted = sorted(numbers);
        let offer = |mixture: Mixture| {
            let of = |number: &f64| mixture.mean(mixture.most_responsible(*number));
            let shared = on_grid(numbers.iter().map(of).collect(), grid);
            let uses = code::uses(&shared);
            let bits = match self.0.code {
                Code::Even => code::even(numbers.len(), uses.levels.len(), grid.precision),
                Code::Entropy => code::entropy(&uses.counts, grid.precision),
            };
            Offer { form: Form::Given { filter: MIXTURE, numbers: shared.into() }, bits }
        };
        mixture::fitted(&sorted).map(offer).collect()
    }
}

fn sorted(numbers: &[f64]) -> Vec<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn on_grid(numbers: Vec<f64>, grid: Grid) -> Vec<f64> {
    let round = |number: f64| if grid.precision == EXACT { number } else { grid.round(number) };
    numbers.into_iter().map(round).collect()
}
