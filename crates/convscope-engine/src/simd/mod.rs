//! Vector instructions behind one small trait, and the register tiles written with them.
//!
//! This is the only module with `unsafe` code. Two arguments carry all of it:
//!
//! * *Instructions.* A token such as `Avx512` exists only after its instructions were found, so a
//!   function that is given one may use them. The same functions are compiled once for each
//!   level: [`Simd::run`] is the one place where code changes over into a level's instructions.
//! * *Memory.* A tile is planned once, and its plan computes how far it will ever reach into each
//!   buffer; before it runs, one comparison for each buffer shows that the buffer is that long.
//!   Plans cannot be changed after.
#![allow(unsafe_code, reason = "vector instructions and unchecked loads in register tiles")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod correlate;
mod dense;
mod lanes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod peak;
mod plain;
mod tile;
mod weigh;

pub(crate) use correlate::{Buffers, Correlation, Geometry, Line, Tap};
pub(crate) use dense::{Coefficients, Rows, combine, products};
pub(crate) use lanes::{LANES, Lanes, floats, floats_mut};
pub(crate) use peak::Burst;
pub(crate) use tile::{Span, choose, cut};
pub(crate) use weigh::{WeightGeometry, WeightSums};

use crate::Level;

/// A level's instructions; a value of the type is proof that the machine has them.
pub(crate) trait Simd: Copy {
    /// As many numbers as one instruction takes.
    type Vector: Copy;

    /// How many numbers that is.
    const WIDTH: usize;

    /// How many columns a register tile of one, two, three and four rows has.
    const TILE: [usize; 4];

    /// Does some work in code compiled for the level.
    fn run<W: Work>(self, work: W) -> W::Output;

    /// Returns the vector of one number.
    fn splat(self, x: f32) -> Self::Vector;

    /// Returns `a · b + c`, rounded once.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;

    /// Replaces what is 0 or less by 0.
    fn positive(self, x: Self::Vector) -> Self::Vector;

    /// Reads a vector.
    ///
    /// # Safety
    /// `WIDTH` numbers can be read at `from`.
    unsafe fn load(self, from: *const f32) -> Self::Vector;

    /// Writes a vector.
    ///
    /// # Safety
    /// `WIDTH` numbers can be written at `to`.
    unsafe fn store(self, to: *mut f32, x: Self::Vector);

    /// Reads the first `count` numbers of a vector, the others being 0.
    ///
    /// # Safety
    /// `count` numbers, at most `WIDTH`, can be read at `from`.
    unsafe fn load_first(self, count: usize, from: *const f32) -> Self::Vector;

    /// Writes the first `count` numbers of a vector.
    ///
    /// # Safety
    /// `count` numbers, at most `WIDTH`, can be written at `to`.
    unsafe fn store_first(self, count: usize, to: *mut f32, x: Self::Vector);
}

/// Something to be compiled once for each level; implementations of `run` must be
/// `#[inline(always)]`, or they are compiled without the level's instructions.
pub(crate) trait Work {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Plain loops to be compiled once for each level.
pub(crate) struct Loops<F>(pub(crate) F);

impl<R, F: FnOnce() -> R> Work for Loops<F> {
    type Output = R;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> R {
        (self.0)()
    }
}

/// Does some work at a level.
///
/// # Panics
/// When the machine has not the level's instructions.
pub(crate) fn run_at<W: EachLevel>(level: Level, work: W) -> W::Output {
    let found = match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => avx512::Avx512::detect().map(|simd| work.run(simd)),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => avx2::Avx2::detect().map(|simd| work.run(simd)),
        #[cfg(target_arch = "aarch64")]
        Level::Neon => neon::Neon::detect().map(|simd| work.run(simd)),
        Level::Plain => Some(work.run(plain::Plain)),
        #[allow(unreachable_patterns, reason = "which levels are left depends on the target")]
        _ => None,
    };
    match found {
        Some(output) => output,
        None => panic!("caller's bug: this machine has no {level} instructions"),
    }
}

/// Runs plain loops, compiled for a level.
///
/// # Panics
/// As [`run_at`].
pub(crate) fn run_loops<R>(level: Level, loops: impl FnOnce() -> R) -> R {
    struct Call<F>(F);
    impl<R, F: FnOnce() -> R> EachLevel for Call<F> {
        type Output = R;

        fn run<S: Simd>(self, simd: S) -> R {
            simd.run(Loops(self.0))
        }
    }
    run_at(level, Call(loops))
}

/// Something that calls for [`Work`] at whatever level it is told; compiled without the
/// instructions of a level.
pub(crate) trait EachLevel {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}
