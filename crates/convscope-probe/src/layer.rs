//! The kernels of a layer.

use crate::Size;

/// The kernels of a layer, outputs × inputs of one size, all numbers finite.
///
/// A depthwise layer has one input for each output. Numbers stand in the order output, input, row,
/// column.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    name: String,
    outputs: usize,
    inputs: usize,
    size: Size,
    numbers: Vec<f64>,
    largest: f64,
}

/// Numbers that make no layer of kernels.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// There is not one number.
    #[error("layer `{name}`: {outputs} × {inputs} kernels of {size} hold no numbers")]
    Empty {
        /// The layer.
        name: String,
        /// Outputs that were stated.
        outputs: usize,
        /// Inputs that were stated.
        inputs: usize,
        /// The size that was stated.
        size: Size,
    },
    /// More or fewer numbers than the shape has.
    #[error("layer `{name}`: wanted {wanted} numbers for its shape, got {came}")]
    Count {
        /// The layer.
        name: String,
        /// How many the shape has.
        wanted: usize,
        /// How many came.
        came: usize,
    },
    /// A number that is not finite.
    #[error(
        "layer `{name}`: the kernel of output {output} and input {input} holds {value} at row {row}, \
         column {column} (counted from 0); structure is looked for in finite numbers only"
    )]
    NotFinite {
        /// The layer.
        name: String,
        /// The output, from 0.
        output: usize,
        /// The input, from 0.
        input: usize,
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// The number.
        value: f64,
    },
}

impl Layer {
    /// Checks the numbers of a layer, in the order output, input, row, column.
    ///
    /// ```
    /// use convscope_probe::{Layer, Size};
    ///
    /// let error = Layer::new("conv1", [1, 1], Size::square(2), vec![1.0, 0.0, f64::NAN, 2.0]);
    /// assert!(error.unwrap_err().to_string().contains("NaN at row 1, column 0"));
    /// ```
    ///
    /// # Errors
    /// [`LayerError`] when there are none, they are more or fewer than the shape has, or one is not
    /// finite.
    pub fn new(
        name: impl Into<String>,
        [outputs, inputs]: [usize; 2],
        size: Size,
        numbers: Vec<f64>,
    ) -> Result<Self, LayerError> {
        let name = name.into();
        let wanted = outputs.saturating_mul(inputs).saturating_mul(size.count());
        if wanted == 0 {
            return Err(LayerError::Empty { name, outputs, inputs, size });
        }
        if numbers.len() != wanted {
            return Err(LayerError::Count { name, wanted, came: numbers.len() });
        }
        if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
            let (kernel, place) = (at / size.count(), at % size.count());
            return Err(LayerError::NotFinite {
                name,
                output: kernel / inputs,
                input: kernel % inputs,
                row: place / size.columns,
                column: place % size.columns,
                value: numbers[at],
            });
        }
        let largest = numbers.iter().fold(0.0, |most: f64, number| most.max(number.abs()));
        Ok(Self { name, outputs, inputs, size, numbers, largest })
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how many outputs it has.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Returns how many kernels each output has.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Returns the size of its kernels.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Returns its numbers: output, input, row, column.
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// Returns the largest number without its sign.
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// Returns how many kernels it has.
    pub fn count(&self) -> usize {
        self.outputs * self.inputs
    }

    /// Returns its kernels: those of the first output, then those of the next.
    pub fn kernels(&self) -> impl ExactSizeIterator<Item = &[f64]> + Clone {
        self.numbers.chunks_exact(self.size.count())
    }

    /// Returns one kernel.
    ///
    /// # Panics
    /// When there is no such output or input: a caller's bug.
    pub fn kernel(&self, [output, input]: [usize; 2]) -> &[f64] {
        assert!(input < self.inputs, "caller's bug: input {input} of {}", self.inputs);
        let each = self.size.count();
        let first = (output * self.inputs + input) * each;
        &self.numbers[first..first + each]
    }

    /// Returns all kernels of one output, one after another.
    ///
    /// # Panics
    /// When there is no such output: a caller's bug.
    pub fn filter(&self, output: usize) -> &[f64] {
        let each = self.inputs * self.size.count();
        &self.numbers[output * each..(output + 1) * each]
    }
}
