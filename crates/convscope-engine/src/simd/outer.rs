//! Products of matrices whose left factor is broadcast number by number.
//!
//! One loop serves the slopes by the weights of any convolution (left the slopes by the outputs,
//! right the inputs with channels side by side) and Winograd's products (left the kernels, right
//! the tiles with samples side by side).

use super::tile::{Span, choose, cut, with_tile};
use super::{LANES, Lanes, Simd, Work};

/// What meets what: `sum[row][column] (+)= Σ over k of left[row][k] · right[k][column]`.
///
/// A sum is added up from 0 in the order of `k` and only then added to what stood there, on every
/// level: of a long sum cut into several, no part is rounded to the size of the whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outer<'a> {
    /// Rows of numbers, each number of a row for one `k`.
    pub(crate) left: &'a [f32],
    /// From one row to the next, in numbers.
    pub(crate) left_step: usize,
    /// How many rows.
    pub(crate) rows: usize,
    /// How many `k`.
    pub(crate) depth: usize,
    /// Rows of lanes, each row for one `k`.
    pub(crate) right: &'a [Lanes],
    /// From one `k` to the next.
    pub(crate) right_step: usize,
    /// Where each sixteen `k` start.
    pub(crate) places: &'a [u32],
    /// How many lanes of a row count.
    pub(crate) columns: usize,
    /// Whether the sums are added to what stands there.
    pub(crate) add: bool,
}

impl Outer<'_> {
    /// Chooses tiles of rows and vectors.
    pub(crate) fn tiles<S: Simd>(rows: usize, columns: usize) -> (usize, usize) {
        choose::<S>(rows, columns * (LANES / S::WIDTH))
    }

    /// Computes sums in tiles; a row of sums is `step` lanes from the next.
    ///
    /// # Panics
    /// When a buffer is shorter than stated.
    pub(crate) fn run<S: Simd>(
        self,
        simd: S,
        (height, width): (usize, usize),
        sums: &mut [Lanes],
        step: usize,
    ) {
        let Self { rows, depth, columns, .. } = self;
        if rows == 0 || depth == 0 || columns == 0 {
            return;
        }
        assert_eq!(self.places.len(), depth.div_ceil(LANES), "a place for each sixteen");
        let ends = self.places.iter().enumerate().map(|(part, &place)| {
            place as usize + ((depth - part * LANES).min(LANES) - 1) * self.right_step
        });
        let last = ends.max().unwrap_or(0);
        assert!(self.right.len() >= last + columns, "as much on the right as stated");
        assert!(
            self.left.len() >= (rows - 1) * self.left_step + depth,
            "as much on the left as stated"
        );
        assert!(sums.len() >= (rows - 1) * step + columns, "as many sums as stated");
        let sums = Sums { values: sums.as_mut_ptr().cast(), step };
        let vectors = columns * (LANES / S::WIDTH);
        for wide in equal(cut(vectors, width)) {
            for tall in equal(cut(rows, height)) {
                let place = Place { outer: self, tall, wide, sums };
                with_tile!(tall.size, wide.size, call(simd, place));
            }
        }
    }
}

/// Neighbouring spans of one length.
#[derive(Clone, Copy)]
struct Run {
    first: usize,
    size: usize,
    count: usize,
}

impl Run {
    #[inline(always)]
    fn starts(self) -> impl Iterator<Item = usize> {
        (0..self.count).map(move |index| self.first + index * self.size)
    }
}

/// Returns the runs of what [`cut`] makes, which has two lengths at most.
fn equal(spans: impl Iterator<Item = Span>) -> impl Iterator<Item = Run> {
    let mut runs: [Option<Run>; 2] = [None; 2];
    for Span { start, len } in spans {
        let place = usize::from(runs[0].is_some_and(|run| run.size != len));
        runs[place].get_or_insert(Run { first: start, size: len, count: 0 }).count += 1;
    }
    runs.into_iter().flatten()
}

#[derive(Clone, Copy)]
struct Sums {
    values: *mut f32,
    step: usize,
}

#[derive(Clone, Copy)]
struct Place<'a> {
    outer: Outer<'a>,
    tall: Run,
    wide: Run,
    sums: Sums,
}

fn call<S: Simd, const R: usize, const V: usize>(simd: S, place: Place<'_>) {
    if V <= S::TILE[R - 1] {
        simd.run(Tiles::<R, V>(place));
    } else {
        unreachable!("no tile of {R} × {V} is planned for this level");
    }
}

/// The tiles of `R` rows and `V` vectors.
struct Tiles<'a, const R: usize, const V: usize>(Place<'a>);

impl<const R: usize, const V: usize> Work for Tiles<'_, R, V> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // The right side of one tile stays near while all rows meet it.
        for vector in self.0.wide.starts() {
            for row in self.0.tall.starts() {
                // SAFETY: `Outer::run` compared all three buffers with the last row, `k` and
                // column, and made `self` of spans of these rows and columns.
                unsafe { self.one(simd, row, vector * S::WIDTH) };
            }
        }
    }
}

impl<const R: usize, const V: usize> Tiles<'_, R, V> {
    /// # Safety
    /// `R` rows from `row` on and `V` vectors from `column` on are within the product.
    #[inline(always)]
    unsafe fn one<S: Simd>(&self, simd: S, row: usize, column: usize) {
        let Place { outer: g, sums: to, .. } = self.0;
        let mut sums = [[simd.splat(0.0); V]; R];
        // SAFETY: the caller's promise.
        unsafe {
            let mut left = g.left.as_ptr().add(row * g.left_step);
            let mut rest = g.depth;
            for &place in g.places {
                let mut right = g.right.as_ptr().cast::<f32>().add(place as usize * LANES + column);
                for k in 0..rest.min(LANES) {
                    let mut each = [simd.splat(0.0); R];
                    for r in 0..R {
                        each[r] = simd.splat(*left.add(r * g.left_step + k));
                    }
                    for v in 0..V {
                        let x = simd.load(right.add(v * S::WIDTH));
                        for r in 0..R {
                            sums[r][v] = simd.mul_add(each[r], x, sums[r][v]);
                        }
                    }
                    right = right.wrapping_add(g.right_step * LANES);
                }
                left = left.wrapping_add(LANES);
                rest = rest.saturating_sub(LANES);
            }
            for r in 0..R {
                let to = to.values.add((row + r) * to.step * LANES + column);
                for v in 0..V {
                    let to = to.add(v * S::WIDTH);
                    let sum = sums[r][v];
                    let sum = if g.add { simd.add(simd.load(to), sum) } else { sum };
                    simd.store(to, sum);
                }
            }
        }
    }
}
