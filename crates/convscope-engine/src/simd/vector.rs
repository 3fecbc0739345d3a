//! The vector operations that every level has.

use super::{LANES, Lanes, Work};

/// A level's instructions; a value of the type is proof that the machine has them.
pub(crate) trait Simd: Copy + Send + Sync {
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

    /// Replaces the best values so far, and their marks, where a new value is larger or is not a
    /// number.
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

    /// Sums sixteen lanes, for as many as a vector has numbers: the far half is added to the near
    /// half four times.
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
