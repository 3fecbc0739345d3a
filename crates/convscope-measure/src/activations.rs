//! Activation matrices that have passed the door.

use faer::{Mat, MatRef};

use crate::Caveat;

/// The activations of one layer: finite numbers, samples × units, not all constant.
///
/// Numbers are kept in 64 bits whatever they came in; [`Activations::precision`] remembers what
/// they came in, because it decides which directions are rounding noise.
///
/// ```
/// use convscope_measure::{Activations, ActivationsError};
///
/// let samples = [0.0_f32, 1.0, 2.0, 0.5, 1.0, 0.25, 4.0, 1.0, 1.0, 3.0];
/// let layer = Activations::from_f32(&samples, 2)?;
/// assert_eq!((layer.samples(), layer.units()), (5, 2));
///
/// let hole = [0.0, 1.0, f64::NAN, 0.5, 1.0, 0.25, 4.0, 1.0];
/// let error = Activations::from_f64(&hole, 2).unwrap_err();
/// assert_eq!(error, ActivationsError::NotFinite { sample: 1, unit: 0, value: "NaN".into() });
/// # Ok::<(), ActivationsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Activations {
    matrix: Mat<f64>,
    precision: Precision,
    constant_units: usize,
}

/// The width of the numbers that activations came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 16 bits of which 8 are significant: brain floats.
    Brain,
    /// 16 bits of which 11 are significant.
    Half,
    /// 32 bits: 24 of them significant.
    Single,
    /// 64 bits: 53 of them significant.
    Double,
}

impl Precision {
    /// Returns the distance from 1 to the next number.
    pub fn epsilon(self) -> f64 {
        match self {
            Self::Brain => f64::from(f32::EPSILON) * 65_536.0,
            Self::Half => f64::from(f32::EPSILON) * 8192.0,
            Self::Single => f64::from(f32::EPSILON),
            Self::Double => f64::EPSILON,
        }
    }
}

/// Why a matrix cannot be compared with anything.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ActivationsError {
    /// The numbers do not fill whole rows.
    #[error("{len} numbers do not make whole samples of {units} units")]
    Shape {
        /// How many numbers came.
        len: usize,
        /// How many make one sample.
        units: usize,
    },
    /// Too few samples for any estimator that removes bias.
    #[error("wanted at least 4 samples, got {0}: capture the layer on more inputs")]
    TooFewSamples(usize),
    /// A number is NaN or infinite.
    #[error("sample {sample}, unit {unit} is {value}: every activation must be finite")]
    NotFinite {
        /// The row, from 0.
        sample: usize,
        /// The column, from 0.
        unit: usize,
        /// `NaN`, `inf` or `-inf`.
        value: String,
    },
    /// A number whose square would leave the range of 64-bit numbers.
    #[error(
        "the largest deviation from a unit's mean is {0:e}: rescale it to between 1e-100 and 1e100"
    )]
    OutOfRange(f64),
    /// No unit tells any sample from another.
    #[error("no unit varies over the {samples} samples beyond rounding: the layer is constant")]
    Constant {
        /// How many samples.
        samples: usize,
    },
}

impl Activations {
    /// Checks 64-bit numbers in row-major order: the units of the first sample, of the second, …
    ///
    /// # Errors
    /// [`ActivationsError`] for what no measure could use.
    pub fn from_f64(row_major: &[f64], units: usize) -> Result<Self, ActivationsError> {
        let samples = sample_count(row_major.len(), units)?;
        let matrix = Mat::from_fn(samples, units, |i, j| row_major[i * units + j]);
        Self::checked(matrix, Precision::Double)
    }

    /// Checks 32-bit numbers in row-major order.
    ///
    /// # Errors
    /// [`ActivationsError`] for what no measure could use.
    pub fn from_f32(row_major: &[f32], units: usize) -> Result<Self, ActivationsError> {
        let samples = sample_count(row_major.len(), units)?;
        let matrix = Mat::from_fn(samples, units, |i, j| f64::from(row_major[i * units + j]));
        Self::checked(matrix, Precision::Single)
    }

    /// Checks numbers in row-major order that were rounded to some precision before.
    ///
    /// # Errors
    /// [`ActivationsError`] for what no measure could use.
    pub fn rounded(
        row_major: &[f64],
        units: usize,
        precision: Precision,
    ) -> Result<Self, ActivationsError> {
        let samples = sample_count(row_major.len(), units)?;
        let matrix = Mat::from_fn(samples, units, |i, j| row_major[i * units + j]);
        Self::checked(matrix, precision)
    }

    /// Checks a faer matrix of samples × units and keeps it, without a copy.
    ///
    /// # Errors
    /// [`ActivationsError`] for what no measure could use.
    pub fn from_matrix(matrix: Mat<f64>) -> Result<Self, ActivationsError> {
        Self::checked(matrix, Precision::Double)
    }

    /// Checks a copy of a faer matrix of samples × units.
    ///
    /// # Errors
    /// [`ActivationsError`] for what no measure could use.
    pub fn from_faer(matrix: MatRef<'_, f64>) -> Result<Self, ActivationsError> {
        Self::checked(matrix.to_owned(), Precision::Double)
    }

    /// Checks a faer matrix of 32-bit numbers, samples × units.
    ///
    /// # Errors
    /// [`ActivationsError`] for what no measure could use.
    pub fn from_faer_f32(matrix: MatRef<'_, f32>) -> Result<Self, ActivationsError> {
        let wide = Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| f64::from(matrix[(i, j)]));
        Self::checked(wide, Precision::Single)
    }

    /// Returns how many samples there are, n.
    pub fn samples(&self) -> usize {
        self.matrix.nrows()
    }

    /// Returns how many units there are, p.
    pub fn units(&self) -> usize {
        self.matrix.ncols()
    }

    /// Returns what the numbers came in.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Returns the numbers, samples × units.
    pub fn matrix(&self) -> MatRef<'_, f64> {
        self.matrix.as_ref()
    }

    pub(crate) fn into_matrix(self) -> Mat<f64> {
        self.matrix
    }

    /// Returns what a reader of any score of this layer must know.
    pub fn caveats(&self) -> Vec<Caveat> {
        let constant = self.constant_units;
        if constant == 0 { Vec::new() } else { vec![Caveat::ConstantUnits(constant)] }
    }

    fn checked(matrix: Mat<f64>, precision: Precision) -> Result<Self, ActivationsError> {
        let (samples, units) = matrix.shape();
        if samples < 4 {
            return Err(ActivationsError::TooFewSamples(samples));
        }
        if units == 0 {
            return Err(ActivationsError::Shape { len: 0, units });
        }
        let (mut constant_units, mut varies) = (0, false);
        let (mut deviation, mut magnitude) = (0.0_f64, 0.0_f64);
        for unit in 0..units {
            let column = matrix.col_as_slice(unit);
            let Some((low, high)) = bounds(column) else {
                let place = column.iter().position(|value| !value.is_finite());
                let sample = place.unwrap_or_default();
                let value = column[sample].to_string();
                return Err(ActivationsError::NotFinite { sample, unit, value });
            };
            constant_units += usize::from(low >= high);
            let largest = high.abs().max(low.abs());
            varies |= high - low > 2.0 * precision.epsilon() * largest;
            deviation = deviation.max(high - low);
            magnitude = magnitude.max(largest);
        }
        if !varies {
            return Err(ActivationsError::Constant { samples });
        }
        if !(1e-100..=1e100).contains(&deviation) || magnitude > 1e100 {
            return Err(ActivationsError::OutOfRange(deviation));
        }
        Ok(Self { matrix, precision, constant_units })
    }
}

/// Returns the least and the greatest of a column, `None` if a number is not finite.
fn bounds(column: &[f64]) -> Option<(f64, f64)> {
    const LANES: usize = 8;
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    // Nothing of a number is 0, and NaN if it is not finite.
    let mut odd = [0.0; LANES];
    let (whole, rest) = column.as_chunks::<LANES>();
    let mut take = |lane: usize, value: f64| {
        odd[lane] += 0.0 * value;
        low[lane] = if value < low[lane] { value } else { low[lane] };
        high[lane] = if value > high[lane] { value } else { high[lane] };
    };
    for run in whole {
        for (lane, &value) in run.iter().enumerate() {
            take(lane, value);
        }
    }
    rest.iter().for_each(|value| take(0, *value));
    let low = low.into_iter().fold(f64::INFINITY, f64::min);
    let high = high.into_iter().fold(f64::NEG_INFINITY, f64::max);
    (!odd.iter().sum::<f64>().is_nan()).then_some((low, high))
}

fn sample_count(len: usize, units: usize) -> Result<usize, ActivationsError> {
    if units == 0 || !len.is_multiple_of(units) {
        return Err(ActivationsError::Shape { len, units });
    }
    Ok(len / units)
}
