//! A number of each of some kernels side by side, in vectors of the width that the processor has.
#![allow(clippy::needless_range_loop, reason = "a vector is one place of many rows at a time")]
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

use std::ops::{Add, Mul, Sub};

use pulp::Simd;

/// How many kernels stand side by side: the same for all processors, so that sums have one order.
pub(super) const LANES: usize = 16;

/// A number of each of [`LANES`] kernels, in W vectors.
///
/// Products that are added are not rounded in between, so that bits are the same on all processors; those
/// that cannot do so are slow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lanes<S: Simd, const W: usize> {
    simd: S,
    of: [S::f64s; W],
}

/// A yes or no for each of [`LANES`] kernels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mask<S: Simd, const W: usize> {
    simd: S,
    of: [S::m64s; W],
}

/// Names operations of a number.
macro_rules! of_one {
    ($($name:ident is $operation:ident),*) => {$(
        #[inline(always)]
        pub(super) fn $name(mut self) -> Self {
            for at in 0..W {
                self.of[at] = self.simd.$operation(self.of[at]);
            }
            self
        }
    )*};
}

/// Names operations of two numbers.
macro_rules! of_two {
    ($($name:ident is $operation:ident),*) => {$(
        #[inline(always)]
        pub(super) fn $name(self, other: Self) -> Self {
            let mut of = self.of;
            for at in 0..W {
                of[at] = self.simd.$operation(self.of[at], other.of[at]);
            }
            Self { of, ..self }
        }
    )*};
}

/// Makes an operator of a method, for another number of each kernel or one for all.
macro_rules! operator {
    ($($operator:ident is $name:ident, $method:ident),*) => {$(
        impl<S: Simd, const W: usize> $operator for Lanes<S, W> {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                self.$method(other)
            }
        }

        impl<S: Simd, const W: usize> $operator<f64> for Lanes<S, W> {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: f64) -> Self {
                self.$method(self.all(other))
            }
        }
    )*};
}

operator!(Add is add, plus, Sub is sub, minus, Mul is mul, times);

impl<S: Simd, const W: usize> Lanes<S, W> {
    /// Takes one number for all kernels.
    #[inline(always)]
    pub(super) fn splat(simd: S, value: f64) -> Self {
        Self { simd, of: [simd.splat_f64s(value); W] }
    }

    /// Returns one number for all kernels.
    #[inline(always)]
    pub(super) fn all(self, value: f64) -> Self {
        Self::splat(self.simd, value)
    }

    #[inline(always)]
    pub(super) fn simd(self) -> S {
        self.simd
    }

    #[inline(always)]
    pub(super) fn load(simd: S, from: &[f64; LANES]) -> Self {
        let mut of = [simd.splat_f64s(0.0); W];
        of.copy_from_slice(S::as_simd_f64s(from).0);
        Self { simd, of }
    }

    #[inline(always)]
    pub(super) fn store(self) -> [f64; LANES] {
        let mut to = [0.0; LANES];
        S::as_mut_simd_f64s(&mut to).0.copy_from_slice(&self.of);
        to
    }

    of_two!(
        plus is add_f64s,
        minus is sub_f64s,
        times is mul_f64s,
        over is div_f64s,
        least is min_f64s,
        most is max_f64s
    );

    of_one!(abs is abs_f64s, sqrt is sqrt_f64s);

    /// Returns self · by + more.
    #[inline(always)]
    pub(super) fn mul_add(mut self, by: Self, more: Self) -> Self {
        for at in 0..W {
            self.of[at] = self.simd.mul_add_f64s(self.of[at], by.of[at], more.of[at]);
        }
        self
    }

    /// Returns self + a · b + c · d.
    #[inline(always)]
    pub(super) fn plus_products(self, a: Self, b: Self, c: Self, d: Self) -> Self {
        c.mul_add(d, a.mul_add(b, self))
    }

    /// Returns self − a · b.
    #[inline(always)]
    pub(super) fn less_product(mut self, a: Self, b: Self) -> Self {
        for at in 0..W {
            self.of[at] = self.simd.negate_mul_add_f64s(a.of[at], b.of[at], self.of[at]);
        }
        self
    }

    /// Returns self / by, rounded as division does it, `inverse` being 1 / by.
    ///
    /// One step of Newton's. For quotients of numbers of 24 bits, none of which lies near the middle of two
    /// numbers of 53.
    #[inline(always)]
    pub(super) fn divided(self, by: Self, inverse: Self) -> Self {
        let near = self * inverse;
        self.less_product(near, by).mul_add(inverse, near)
    }

    /// Returns c₀ + c₁ self + c₂ self² + ….
    #[inline(always)]
    pub(super) fn polynomial<const N: usize>(self, coefficients: &[f64; N]) -> Self {
        let mut sum = self.all(coefficients[N - 1]);
        for at in (0..N - 1).rev() {
            sum = sum.mul_add(self, self.all(coefficients[at]));
        }
        sum
    }

    /// Returns which are less than others.
    #[inline(always)]
    pub(super) fn below(self, other: Self) -> Mask<S, W> {
        let mut of = [self.simd.less_than_f64s(self.of[0], other.of[0]); W];
        for at in 1..W {
            of[at] = self.simd.less_than_f64s(self.of[at], other.of[at]);
        }
        Mask { simd: self.simd, of }
    }

    /// Returns which are equal to others.
    #[inline(always)]
    pub(super) fn equal(self, other: Self) -> Mask<S, W> {
        let mut of = [self.simd.equal_f64s(self.of[0], other.of[0]); W];
        for at in 1..W {
            of[at] = self.simd.equal_f64s(self.of[at], other.of[at]);
        }
        Mask { simd: self.simd, of }
    }
}

impl<S: Simd, const W: usize> Mask<S, W> {
    #[inline(always)]
    pub(super) fn and(mut self, other: Self) -> Self {
        for at in 0..W {
            self.of[at] = self.simd.and_m64s(self.of[at], other.of[at]);
        }
        self
    }

    #[inline(always)]
    pub(super) fn select(self, yes: Lanes<S, W>, no: Lanes<S, W>) -> Lanes<S, W> {
        let mut of = yes.of;
        for at in 0..W {
            of[at] = self.simd.select_f64s(self.of[at], yes.of[at], no.of[at]);
        }
        Lanes { of, ..yes }
    }
}

/// Sorts nine numbers of each kernel by comparing two at a time (Floyd; Knuth, volume 3, 5.3.4).
#[inline(always)]
pub(super) fn sorted<S: Simd, const W: usize>(mut rows: [Lanes<S, W>; 9]) -> [Lanes<S, W>; 9] {
    // Vector by vector, nine of which most processors can hold; a loop over the places would store each.
    for at in 0..W {
        macro_rules! exchange {
            ($($i:literal $j:literal),*) => {$(
                let (a, b) = (rows[$i].of[at], rows[$j].of[at]);
                rows[$i].of[at] = rows[$i].simd.min_f64s(a, b);
                rows[$j].of[at] = rows[$j].simd.max_f64s(a, b);
            )*};
        }
        exchange!(0 1, 3 4, 6 7, 1 2, 4 5, 7 8, 0 1, 3 4, 6 7, 0 3, 3 6, 0 3, 1 4, 4 7, 1 4);
        exchange!(2 5, 5 8, 2 5, 1 3, 5 7, 2 6, 4 6, 2 4, 2 3, 5 6);
    }
    rows
}
