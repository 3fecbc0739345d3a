//! The kernels of a layer among a model's numbers.

use convscope_core::SettingError;
use convscope_model::{Net, Op, Role, freeze};
use convscope_probe::{Catalogue, Grid, Size};

/// All kernels of one layer, one after another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bank {
    /// The layer's name.
    pub(crate) name: String,
    /// The index of its parameter among the net's; of kernels without a net their place in the file.
    pub(crate) parameter: usize,
    /// Where its first number stands.
    pub(crate) offset: usize,
    pub(crate) kernels: usize,
    pub(crate) size: Size,
    /// log₂ of how many structures a kernel of this size could have.
    pub(crate) name_bits: f64,
}

/// Kernels that change their form together: one, or all of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) bank: usize,
    /// Where its numbers stand.
    pub(crate) first: usize,
    pub(crate) kernels: usize,
}

impl Bank {
    pub(crate) fn new(
        name: String,
        parameter: usize,
        offset: usize,
        [kernels, rows, columns]: [usize; 3],
    ) -> Self {
        let size = Size { rows, columns };
        let structures = Catalogue::new(size).structures().count();
        Self { name, parameter, offset, kernels, size, name_bits: (structures as f64).log2() }
    }

    /// Returns where its numbers stand.
    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.kernels * self.size.count()
    }

    /// Returns where the numbers of each of its kernels stand.
    pub(crate) fn places(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (first, each) = (self.offset, self.size.count());
        (0..self.kernels).map(move |kernel| first + kernel * each..first + (kernel + 1) * each)
    }

    /// Returns the bits of one of its kernels when nothing is known of it but that it is on the grid.
    pub(crate) fn free_bits(&self, precision: u32) -> f64 {
        self.name_bits + self.size.count() as f64 * f64::from(precision)
    }

    /// Returns the grid of its numbers.
    pub(crate) fn grid(&self, numbers: &[f32], precision: u32) -> Grid {
        Grid::of(&wide(&numbers[self.range()]), precision)
    }

    /// Returns one unit for each kernel, or one for all.
    pub(crate) fn units(&self, bank: usize, whole: bool) -> Vec<Unit> {
        let each = self.size.count();
        if whole {
            return vec![Unit { bank, first: self.offset, kernels: self.kernels }];
        }
        let unit = |kernel| Unit { bank, first: self.offset + kernel * each, kernels: 1 };
        (0..self.kernels).map(unit).collect()
    }
}

/// Returns the kernels, larger than 1 × 1, of the convolutions whose parameters some patterns name; without
/// patterns those of all.
pub(crate) fn banks(net: &Net, on: &[String]) -> Result<Vec<Bank>, SettingError> {
    let named = freeze::flags(net, on).map_err(|error| error.below("on"))?;
    let parameters = net.parameters().iter().enumerate().zip(named);
    let banks: Vec<Bank> = parameters
        .filter(|((_, own), named)| {
            let conv = matches!(net.layers()[own.layer].op, Op::Conv(_));
            conv && own.role == Role::Weight && (on.is_empty() || *named)
        })
        .filter_map(|((index, own), _)| {
            let &[filters, channels, rows, columns] = &own.dimensions[..] else { return None };
            let name = net.layers()[own.layer].name.clone();
            let shape = [filters * channels, rows, columns];
            (rows * columns > 1).then(|| Bank::new(name, index, own.offset, shape))
        })
        .collect();
    if banks.is_empty() {
        let message = if on.is_empty() {
            "the net has no convolution with kernels larger than 1 × 1"
        } else {
            "what this names has no kernels larger than 1 × 1"
        };
        return Err(SettingError::at("on", message));
    }
    Ok(banks)
}

pub(crate) fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|number| f64::from(*number)).collect()
}
