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
pub(crate) use dense::{Coefficients, Rows, combination_tiles, combine, product_tiles, products};
pub(crate) use lanes::{LANES, Lanes, floats, floats_mut};
pub(crate) use peak::Burst;
#[cfg(test)]
pub(crate) use plain::Plain;
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

    /// Returns `a + b`.
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// Returns `x` where `by` is neither 0 nor less, elsewhere 0.
    fn where_positive(self, x: Self::Vector, by: Self::Vector) -> Self::Vector;

    /// Returns `x` where `a` and `b` are equal, elsewhere 0.
    fn where_equal(self, x: Self::Vector, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// Replaces the best values so far, and their marks, where a new value is larger or is not a number.
    fn meet(
        self,
        best: (Self::Vector, Self::Vector),
        new: (Self::Vector, Self::Vector),
    ) -> (Self::Vector, Self::Vector);

    /// Turns the rows of a square of `WIDTH × WIDTH` numbers into its columns.
    fn transpose(self, square: &mut [Self::Vector; LANES]);

    /// Replaces what is 0 or less by 0.
    #[inline(always)]
    fn positive(self, x: Self::Vector) -> Self::Vector {
        self.where_positive(x, x)
    }

    /// Returns where the vectors of sixteen lanes start.
    #[inline(always)]
    fn parts() -> std::iter::StepBy<std::ops::Range<usize>> {
        (0..LANES).step_by(Self::WIDTH)
    }

    /// Reads a vector of lanes, from a lane on.
    #[inline(always)]
    fn part(self, lanes: &Lanes, part: usize) -> Self::Vector {
        self.read(&lanes.0[part..part + Self::WIDTH])
    }

    /// Writes a vector of lanes, from a lane on.
    #[inline(always)]
    fn set_part(self, lanes: &mut Lanes, part: usize, x: Self::Vector) {
        self.write(&mut lanes.0[part..part + Self::WIDTH], x);
    }

    /// Sums sixteen lanes, for as many as a vector has numbers: the far half is added to the near half
    /// four times.
    #[inline(always)]
    fn sums(self, lanes: &[Lanes], to: &mut [f32]) {
        let mut square = [self.splat(0.0); LANES];
        for (vector, lanes) in square[..Self::WIDTH].iter_mut().zip(lanes) {
            let mut parts = [self.splat(0.0); 4];
            let mut half = LANES / Self::WIDTH;
            for (place, part) in parts[..half].iter_mut().zip(Self::parts()) {
                *place = self.part(lanes, part);
            }
            while half > 1 {
                half /= 2;
                for place in 0..half {
                    parts[place] = self.add(parts[place], parts[place + half]);
                }
            }
            *vector = parts[0];
        }
        self.transpose(&mut square);
        let mut half = Self::WIDTH;
        while half > 1 {
            half /= 2;
            for lane in 0..half {
                square[lane] = self.add(square[lane], square[lane + half]);
            }
        }
        self.write(to, square[0]);
    }

    /// Reads a vector from the start of a slice; what the slice has not is 0.
    #[inline(always)]
    fn read(self, from: &[f32]) -> Self::Vector {
        // SAFETY: no more is read than the slice has.
        unsafe {
            if from.len() >= Self::WIDTH {
                self.load(from.as_ptr())
            } else {
                self.load_first(from.len(), from.as_ptr())
            }
        }
    }

    /// Writes a vector to the start of a slice, as much of it as there is room for.
    #[inline(always)]
    fn write(self, to: &mut [f32], x: Self::Vector) {
        // SAFETY: no more is written than the slice has.
        unsafe {
            if to.len() >= Self::WIDTH {
                self.store(to.as_mut_ptr(), x);
            } else {
                self.store_first(to.len(), to.as_mut_ptr(), x);
            }
        }
    }

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

/// Defines functions whose bodies are compiled once for each level.
///
/// A body that is only inlined where the compiler pleases would be compiled without the level's
/// instructions; closures are such bodies.
macro_rules! at_each_level {
    ($(
        $(#[$about:meta])*
        $public:vis fn $name:ident<$life:lifetime>($simd:ident $(, $argument:ident: $kind:ty)* $(,)?)
            $(-> $output:ty)? $body:block
    )*) => {$(
        $(#[$about])*
        $public fn $name<$life, S: $crate::simd::Simd>(simd: S, $($argument: $kind),*) $(-> $output)? {
            struct Body<$life> {
                $($argument: $kind,)*
                life: std::marker::PhantomData<&$life ()>,
            }

            impl<$life> $crate::simd::Work for Body<$life> {
                type Output = at_each_level!(@output $($output)?);

                #[inline(always)]
                fn run<S: $crate::simd::Simd>(self, $simd: S) -> Self::Output {
                    let Self { $($argument,)* .. } = self;
                    $body
                }
            }

            simd.run(Body { $($argument,)* life: std::marker::PhantomData })
        }
    )*};
    (@output) => { () };
    (@output $output:ty) => { $output };
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
        Level::Plain => Some(work.run(plain::Plain)),
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
