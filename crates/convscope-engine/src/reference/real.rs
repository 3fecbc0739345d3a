//! The numbers that the plain path is written for.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A floating-point number: `f32`, or `f64` where derivatives are taken by differences.
pub trait Real:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Sum
{
    /// The number 0.
    const ZERO: Self;
    /// The number 1.
    const ONE: Self;

    /// Converts a count.
    fn count(n: usize) -> Self;

    /// Converts a number, rounding it.
    fn of(x: f64) -> Self;

    /// Returns the square root.
    #[must_use]
    fn sqrt(self) -> Self;

    /// Returns the hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;

    /// Returns the error function, 2/√π ∫₀ˣ exp(−t²) dt.
    #[must_use]
    fn erf(self) -> Self;

    /// Returns e to the power of this number.
    #[must_use]
    fn exp(self) -> Self;

    /// Returns the natural logarithm.
    #[must_use]
    fn ln(self) -> Self;

    /// Returns whether this is not a number.
    fn is_nan(self) -> bool;
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    fn count(n: usize) -> Self {
        n as Self
    }

    fn of(x: f64) -> Self {
        x as Self
    }

    fn sqrt(self) -> Self {
        libm::sqrtf(self)
    }

    fn tanh(self) -> Self {
        libm::tanhf(self)
    }

    fn erf(self) -> Self {
        libm::erff(self)
    }

    fn exp(self) -> Self {
        libm::expf(self)
    }

    fn ln(self) -> Self {
        libm::logf(self)
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    fn count(n: usize) -> Self {
        n as Self
    }

    fn of(x: f64) -> Self {
        x
    }

    fn sqrt(self) -> Self {
        libm::sqrt(self)
    }

    fn tanh(self) -> Self {
        libm::tanh(self)
    }

    fn erf(self) -> Self {
        libm::erf(self)
    }

    fn exp(self) -> Self {
        libm::exp(self)
    }

    fn ln(self) -> Self {
        libm::log(self)
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }
}
