//! The probes of one kernel, one list.

mod energies;
mod flips;
pub(crate) mod gabor;
pub(crate) mod information;
mod irreducible;
pub(crate) mod operators;
mod ranks;
mod rings;
pub(crate) mod steerable;

use std::cell::OnceCell;
use std::fmt;
use std::sync::LazyLock;

use self::gabor::Gabor;
use crate::chance::Share;
use crate::{Flips, Size};

/// A number that says how much of some structure a kernel has.
pub struct Probe {
    /// Its name.
    pub id: String,
    /// The kind of structure: `flips`, `irreducible`, `structure`, `rank`, `rings`, `operator`,
    /// `information`.
    pub group: &'static str,
    /// One sentence on what it says.
    pub about: String,
    /// How it is computed, K being the kernel and n its count of numbers.
    pub formula: &'static str,
    /// Authors, year and identifier, or where it is described.
    pub source: &'static str,
    /// The least and the largest value.
    pub range: [f64; 2],
    /// How it is distributed over kernels of independent normal numbers.
    pub null: &'static str,
    /// What can be done to a kernel without its value changing.
    pub unseen: Unseen,
    make: Make,
}

/// What a probe does not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unseen {
    /// A positive factor, the rest of the layer being as it was.
    pub scale: bool,
    /// A factor of −1.
    pub sign: bool,
    /// A number added everywhere.
    pub offset: bool,
    /// Flips and rotations, where they fit the size.
    pub flips: Flips,
}

/// Why a probe says nothing of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Absent {
    /// Every kernel of this size has the same value, or the probe does not fit the size.
    Size,
    /// All numbers are 0.
    Zero,
    /// All numbers are equal, and the probe takes their mean off.
    Constant,
}

impl Absent {
    /// Returns the reason in words that fit a table cell.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Size => "means nothing at this size",
            Self::Zero => "all numbers are 0",
            Self::Constant => "all numbers are equal, and nothing is left beside their mean",
        }
    }
}

/// Every probe of one kernel.
pub static PROBES: LazyLock<Vec<Probe>> = LazyLock::new(|| {
    let families = [flips::probes(), irreducible::probes(), energies::probes(), ranks::probes()];
    let more = [
        rings::probes(),
        operators::probes(),
        steerable::probes(),
        gabor::probes(),
        information::probes(),
    ];
    families.into_iter().chain(more).flatten().collect()
});

/// A probe made ready for kernels of one size.
pub(crate) struct Ready {
    pub(crate) value: Box<Says>,
    /// The closed form of its distribution, where there is one.
    pub(crate) closed: Option<Share>,
}

/// A kernel as probes see it.
pub(crate) struct Seen {
    /// The kernel with its largest number at 1; zeros as they are.
    pub(crate) unit: Vec<f64>,
    /// The kernel with its layer's largest number at 1; zeros as they are.
    pub(crate) relative: Vec<f64>,
    /// What several ask for, once it is known: shares of singular values, and the nearest wave.
    shares: OnceCell<Vec<f64>>,
    wave: OnceCell<Result<Gabor, Absent>>,
}

/// What a probe says of a kernel.
type Says = dyn Fn(&Seen) -> Result<f64, Absent> + Send + Sync;

type Make = Box<dyn Fn(Size) -> Option<Ready> + Send + Sync>;

impl Probe {
    /// Makes the probe ready for a size; nothing where it means nothing there.
    pub(crate) fn at(&self, size: Size) -> Option<Ready> {
        (self.make)(size)
    }

    /// Returns whether it says something at a size.
    pub fn is_at(&self, size: Size) -> bool {
        self.at(size).is_some()
    }

    /// Returns whether its value depends on the largest number of the layer.
    pub fn sees_layer(&self) -> bool {
        !self.unseen.scale
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Ready {
    fn new(
        closed: Option<Share>,
        value: impl Fn(&Seen) -> Result<f64, Absent> + Send + Sync + 'static,
    ) -> Self {
        Self { value: Box::new(value), closed }
    }
}

impl Seen {
    pub(crate) fn new(kernel: &[f64], largest: f64) -> Self {
        let own = kernel.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let over = |by: f64| -> Vec<f64> {
            if by > 0.0 { kernel.iter().map(|value| value / by).collect() } else { kernel.to_vec() }
        };
        let (shares, wave) = (OnceCell::new(), OnceCell::new());
        Self { unit: over(own), relative: over(largest), shares, wave }
    }

    /// Returns the kernel without its mean and at length 1.
    pub(crate) fn centred(&self) -> Result<Vec<f64>, Absent> {
        let mean = self.unit.iter().sum::<f64>() / self.unit.len() as f64;
        let mut left: Vec<f64> = self.unit.iter().map(|value| value - mean).collect();
        let length = dot(&left, &left).sqrt();
        if length <= FLAT {
            return Err(if self.is_zero() { Absent::Zero } else { Absent::Constant });
        }
        for value in &mut left {
            *value /= length;
        }
        Ok(left)
    }

    /// Returns the sum of squares of the kernel at 1.
    fn energy(&self) -> Result<f64, Absent> {
        if self.is_zero() { Err(Absent::Zero) } else { Ok(dot(&self.unit, &self.unit)) }
    }

    fn is_zero(&self) -> bool {
        self.unit.iter().all(|value| *value == 0.0)
    }
}

/// What is left of a kernel without its mean, its largest number being 1, is rounding below this.
const FLAT: f64 = 1e-12;

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
