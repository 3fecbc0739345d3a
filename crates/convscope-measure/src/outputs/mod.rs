//! Measures of how alike the answers of two networks are, one file for each.

mod accuracy_difference;
mod churn;
mod disagreement;
mod jensen_shannon;
mod resampling;

pub use churn::{Churn, churn};
pub use resampling::{bootstrap_outputs, permutation_test_of_outputs};

use convscope_core::Value;

use crate::{Moments, Score};

/// A measure of two networks' outputs on the same samples.
#[derive(Debug, Clone, Copy)]
pub struct OutputMeasure {
    /// Its name.
    pub id: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Authors, year and identifier, or where it is described.
    pub source: &'static str,
    /// Compares two networks; missing where it needs labels that were not given.
    pub value: fn(&OutputPair) -> Value,
    /// Returns its moments over all orders of the samples of one network, where they have a closed form.
    ///
    /// What a network says of a sample, and whether that is right, go together to another sample's
    /// place: networks that answer as often and as well, and know nothing of each other.
    pub null: fn(&OutputPair) -> Option<Moments>,
}

impl OutputMeasure {
    /// Compares two networks and says all that is known of the number.
    pub fn score(&self, pair: &OutputPair) -> Score {
        let value = (self.value)(pair);
        let (null_mean, z) = match value.number() {
            Some(number) => crate::score::by_chance(number, (self.null)(pair)),
            None => (value.clone(), value.clone()),
        };
        let (samples, classes) = (pair.first.samples(), pair.first.classes);
        Score {
            value,
            samples,
            units: [classes; 2],
            estimator: self.id.to_owned(),
            null_mean,
            z,
            percentile: Value::missing("no permutation test was asked for"),
            caveats: Vec::new(),
        }
    }
}

/// Every measure of outputs.
///
/// ```
/// use convscope_measure::{OUTPUT_MEASURES, Outputs, OutputPair};
///
/// let a = Outputs::from_f64(&[0.9, 0.1, 0.2, 0.8], 2)?;
/// let b = Outputs::from_f64(&[0.6, 0.4, 0.7, 0.3], 2)?;
/// let pair = OutputPair::new(a, b, Some(vec![0, 1]))?;
/// let disagreement = OUTPUT_MEASURES.iter().find(|measure| measure.id == "disagreement").unwrap();
/// assert_eq!((disagreement.value)(&pair).number(), Some(0.5));
/// # Ok::<(), convscope_measure::OutputsError>(())
/// ```
pub static OUTPUT_MEASURES: &[OutputMeasure] =
    &[accuracy_difference::MEASURE, disagreement::MEASURE, churn::MEASURE, jensen_shannon::MEASURE];

/// What a network says of some samples: a probability for each class, samples × classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    probabilities: Vec<f64>,
    classes: usize,
}

/// Outputs that cannot be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OutputsError {
    /// The numbers do not fill whole rows, or there are none.
    #[error("{len} numbers do not make whole samples of {classes} classes")]
    Shape {
        /// How many numbers came.
        len: usize,
        /// How many make one sample.
        classes: usize,
    },
    /// A row that is no distribution.
    #[error(
        "sample {sample} has {value}: wanted probabilities that sum to 1; take the softmax of scores"
    )]
    NoDistribution {
        /// The row, from 0.
        sample: usize,
        /// A probability or sum that cannot be.
        value: String,
    },
    /// The two networks did not see the same.
    #[error("the first network has {0:?} samples and classes, the second {1:?}")]
    Unlike((usize, usize), (usize, usize)),
    /// Labels that do not fit.
    #[error("wanted {samples} labels below {classes}, got {came}")]
    Labels {
        /// How many samples.
        samples: usize,
        /// How many classes.
        classes: usize,
        /// What came instead.
        came: String,
    },
}

impl Outputs {
    /// Checks probabilities in row-major order.
    ///
    /// Rows must sum to 1 within 1e-4, as the softmax of 32-bit numbers does, and are scaled to
    /// sum to 1 exactly.
    ///
    /// # Errors
    /// [`OutputsError`].
    pub fn from_f64(row_major: &[f64], classes: usize) -> Result<Self, OutputsError> {
        let len = row_major.len();
        if classes == 0 || len == 0 || !len.is_multiple_of(classes) {
            return Err(OutputsError::Shape { len, classes });
        }
        let mut probabilities = row_major.to_vec();
        for (sample, row) in probabilities.chunks_mut(classes).enumerate() {
            let no_distribution = |value: String| OutputsError::NoDistribution { sample, value };
            if let Some(odd) = row.iter().find(|p| !(p.is_finite() && **p >= 0.0)) {
                return Err(no_distribution(format!("a probability of {odd}")));
            }
            let sum: f64 = row.iter().sum();
            if (sum - 1.0).abs() > 1e-4 {
                return Err(no_distribution(format!("a sum of {sum}")));
            }
            for p in row {
                *p /= sum;
            }
        }
        Ok(Self { probabilities, classes })
    }

    /// Returns how many samples there are.
    pub fn samples(&self) -> usize {
        self.probabilities.len() / self.classes
    }

    /// Returns how many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    fn rows_of(&self, rows: &[usize]) -> Self {
        let row = |row: &usize| &self.probabilities[row * self.classes..(row + 1) * self.classes];
        Self { probabilities: rows.iter().flat_map(row).copied().collect(), classes: self.classes }
    }

    /// Returns the probabilities of each sample.
    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.probabilities.chunks(self.classes)
    }

    /// Returns the most probable class of each sample; of equal ones the first.
    fn answers(&self) -> impl Iterator<Item = usize> {
        self.rows().map(|row| {
            (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
        })
    }
}

/// The outputs of two networks on the same samples, with the right answers if they are known.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputPair {
    first: Outputs,
    second: Outputs,
    /// The right answers to the samples of either, the same until one changes its order.
    labels: Option<[Vec<usize>; 2]>,
}

impl OutputPair {
    /// Puts two networks' outputs side by side.
    ///
    /// # Errors
    /// [`OutputsError`] if shapes or labels do not fit.
    pub fn new(
        first: Outputs,
        second: Outputs,
        labels: Option<Vec<usize>>,
    ) -> Result<Self, OutputsError> {
        let shape = |outputs: &Outputs| (outputs.samples(), outputs.classes);
        if shape(&first) != shape(&second) {
            return Err(OutputsError::Unlike(shape(&first), shape(&second)));
        }
        let (samples, classes) = shape(&first);
        if let Some(labels) = &labels {
            let wrong = |came: String| Err(OutputsError::Labels { samples, classes, came });
            if labels.len() != samples {
                return wrong(format!("{} labels", labels.len()));
            }
            if let Some(label) = labels.iter().find(|label| **label >= classes) {
                return wrong(format!("a label {label}"));
            }
        }
        Ok(Self { first, second, labels: labels.map(|labels| [labels.clone(), labels]) })
    }

    /// Returns how many samples both have.
    pub fn samples(&self) -> usize {
        self.first.samples()
    }

    /// Returns some samples of the first and of the second network beside each other.
    fn rows(&self, first: &[usize], second: &[usize]) -> Self {
        let listed =
            |labels: &[usize], rows: &[usize]| rows.iter().map(|row| labels[*row]).collect();
        let labels = self.labels.as_ref();
        Self {
            first: self.first.rows_of(first),
            second: self.second.rows_of(second),
            labels: labels.map(|[a, b]| [listed(a, first), listed(b, second)]),
        }
    }

    /// Returns both networks' answers to each sample.
    fn answers(&self) -> impl Iterator<Item = (usize, usize)> {
        self.first.answers().zip(self.second.answers())
    }

    /// Returns whether each answer of either network is right, if that is known.
    fn right(&self) -> Option<[Vec<bool>; 2]> {
        let of = |outputs: &Outputs, labels: &[usize]| {
            outputs.answers().zip(labels).map(|(answer, label)| answer == *label).collect()
        };
        let [first, second] = self.labels.as_ref()?;
        Some([of(&self.first, first), of(&self.second, second)])
    }

    /// Returns the share of samples for which something holds of which networks are right.
    fn share(&self, holds: impl Fn(bool, bool) -> bool) -> Option<f64> {
        let [first, second] = self.right()?;
        let count = first.iter().zip(&second).filter(|(a, b)| holds(**a, **b)).count();
        Some(count as f64 / self.samples() as f64)
    }
}

fn no_labels() -> Value {
    Value::missing("no labels were given")
}
