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
mod outer;
mod peak;
mod plain;
mod tile;
mod vector;
mod weigh;

pub(crate) use correlate::{Buffers, Correlation, Geometry, Line, Tap};
pub(crate) use dense::{Coefficients, Rows, combination_tiles, combine, product_tiles, products};
pub(crate) use lanes::{LANES, Lanes, floats, floats_mut};
pub(crate) use outer::Outer;
pub(crate) use peak::Burst;
pub(crate) use plain::Plain;
pub(crate) use tile::{Span, choose, cut};
pub(crate) use vector::Simd;
pub(crate) use weigh::{WeightGeometry, WeightSums};

use crate::Level;

/// Something to be compiled once for each level; implementations of `run` must be
/// `#[inline(always)]`, or they are compiled without the level's instructions.
pub(crate) trait Work {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Defines functions whose bodies are compiled once for each level.
///
/// A body that is only inlined where the compiler pleases would be compiled without the level's
/// instructions; closures are such bodies.
macro_rules! at_each_level {
    ($(
        $(#[$about:meta])*
        $public:vis fn $name:ident<$life:lifetime>(
            $simd:ident $(, $argument:ident: $kind:ty)* $(,)?
        ) $body:block
    )*) => {$(
        $(#[$about])*
        $public fn $name<$life, S: $crate::simd::Simd>(simd: S, $($argument: $kind),*) {
            struct Body<$life> {
                $($argument: $kind,)*
                life: std::marker::PhantomData<&$life ()>,
            }

            impl<$life> $crate::simd::Work for Body<$life> {
                type Output = ();

                #[inline(always)]
                fn run<S: $crate::simd::Simd>(self, $simd: S) {
                    let Self { $($argument,)* .. } = self;
                    $body
                }
            }

            simd.run(Body { $($argument,)* life: std::marker::PhantomData })
        }
    )*};
}
pub(crate) use at_each_level;

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
        Level::Plain => Some(work.run(Plain)),
        #[allow(unreachable_patterns, reason = "which levels are left depends on the target")]
        _ => None,
    };
    match found {
        Some(output) => output,
        None => panic!("caller's bug: this machine has no {level} instructions"),
    }
}

/// Something that calls for [`Work`] at whatever level it is told; compiled without the
/// instructions of a level.
pub(crate) trait EachLevel {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

#[cfg(test)]
mod tests {
    use super::{EachLevel, LANES, Lanes, Simd, run_at};
    use crate::Level;

    /// Sums lanes of different powers of two, so that one lost or counted twice shows.
    struct Sums;

    impl EachLevel for Sums {
        type Output = [f32; LANES];

        fn run<S: Simd>(self, simd: S) -> [f32; LANES] {
            let lanes: [Lanes; LANES] = std::array::from_fn(|i| {
                Lanes(std::array::from_fn(|lane| ((1 << lane) + (i << 16)) as f32))
            });
            let mut sums = [0.0; LANES];
            for (to, lanes) in sums.chunks_mut(S::WIDTH).zip(lanes.chunks(S::WIDTH)) {
                simd.sums(lanes, to);
            }
            sums
        }
    }

    #[test]
    fn sums_have_all_lanes_on_every_level() {
        let expected: [f32; LANES] = std::array::from_fn(|i| (65_535 + (i << 20)) as f32);
        for level in Level::available() {
            assert_eq!(
                run_at(level, Sums).map(f32::to_bits),
                expected.map(f32::to_bits),
                "{level}"
            );
        }
    }
}
