//! All probes over millions of 3 × 3 kernels.
#![allow(clippy::needless_range_loop, reason = "a lane is one place of many rows at a time")]
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

mod block;
mod float;
mod tables;

use crate::{PROBES, Probe, Size, Structure};
use block::{Block, LANES};
use tables::{COLUMNS, COUNTED, Tables};

/// Probes of 3 × 3 kernels, many at a time.
///
/// Every probe that means something at 3 × 3, as [`Workbench::values`](crate::Workbench::values) has them to
/// rounding, at some millions of kernels a second. Memory does not grow with the kernels: a caller reads a
/// block, scans it, and drops it.
///
/// ```
/// use convscope_probe::{Scan, Scanner};
///
/// let sobel = [-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0];
/// let scanner = Scanner::new();
/// let mut whole = Scan::new();
/// for block in 0..10 {
///     let kernels: Vec<f32> = sobel.repeat(100);
///     whole.merge(&scanner.scan(&kernels, 2.0));
/// }
/// assert_eq!(whole.kernels, 1000);
/// let edges = whole.tallies().find(|(probe, _)| probe.id == "operator").unwrap().1;
/// assert!((edges.mean().unwrap() - 1.0).abs() < 1e-12);
/// ```
#[derive(Debug)]
pub struct Scanner {
    tables: Tables,
}

/// What a scan found.
///
/// Sums are whole numbers of 2⁻⁶⁰, so that scans of the same blocks may be merged in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// How many kernels were scanned.
    pub kernels: u64,
    /// How many of them are zeros, of which most probes say nothing.
    pub zeros: u64,
    /// How many are one number everywhere, zeros among them.
    pub constant: u64,
    /// How many held a number that is not finite, and were left out.
    pub refused: u64,
    tallies: Vec<Tally>,
    structures: Vec<u64>,
}

/// The values of one probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many kernels lie in each of even steps of its range.
    pub bins: [u64; BINS],
    /// How many kernels it says something of.
    pub count: u64,
    sum: i128,
}

/// The steps of a histogram.
pub const BINS: usize = 64;
/// What sums are counted in.
const UNIT: f64 = (1_u64 << 60) as f64;

const SIZE: Size = Size::square(3);
const COUNT: usize = 9;

impl Scanner {
    /// Prepares all probes of 3 × 3 kernels.
    pub fn new() -> Self {
        Self { tables: Tables::new() }
    }

    /// Scans kernels, nine numbers each, row by row; `largest` is the largest number of their layer,
    /// without its sign.
    ///
    /// # Panics
    /// When the numbers make no whole kernels: a caller's bug.
    pub fn scan(&self, kernels: &[f32], largest: f32) -> Scan {
        let mut scan = Scan::new();
        self.visit(kernels, largest, &mut scan);
        scan
    }

    /// Returns for each kernel what each probe says, in the order of [`PROBES`]; nothing where it says
    /// nothing.
    ///
    /// # Panics
    /// As [`scan`](Self::scan).
    pub fn values(&self, kernels: &[f32], largest: f32) -> Vec<Vec<Option<f64>>> {
        let mut all = Values(Vec::new());
        self.visit(kernels, largest, &mut all);
        all.0
    }

    fn visit(&self, kernels: &[f32], largest: f32, visitor: &mut impl Visit) {
        let whole = kernels.len().is_multiple_of(COUNT);
        assert!(whole, "caller's bug: {} numbers are no whole 3 × 3 kernels", kernels.len());
        let tables = &self.tables;
        pulp::Arch::new().dispatch(Pass { kernels, largest, tables, visitor });
    }
}

/// What is done with a block that was computed.
trait Visit {
    fn block(&mut self, block: &Block, tables: &Tables);
}

/// One pass over kernels, with whatever instructions the processor at hand has.
///
/// All that it calls is inlined: a function of its own would be compiled for the oldest processor.
struct Pass<'s, V> {
    kernels: &'s [f32],
    largest: f32,
    tables: &'s Tables,
    visitor: &'s mut V,
}

impl<V: Visit> pulp::WithSimd for Pass<'_, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let mut block = Block::new(self.tables.columns.len());
        for numbers in self.kernels.chunks(LANES * COUNT) {
            block.fill(numbers, self.largest);
            block.compute(self.tables);
            self.visitor.block(&block, self.tables);
        }
    }
}

/// The values of each kernel.
struct Values(Vec<Vec<Option<f64>>>);

impl Visit for Values {
    #[inline(always)]
    fn block(&mut self, block: &Block, tables: &Tables) {
        for lane in 0..block.filled {
            let mut values = vec![None; PROBES.len()];
            for (row, column) in tables.columns.iter().enumerate() {
                let said = block.masks[column.needs][lane] != 0;
                values[column.probe] = said.then(|| block.values[row][lane]);
            }
            self.0.push(values);
        }
    }
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Scan {
    /// Starts a scan of nothing.
    pub fn new() -> Self {
        let tally = Tally { bins: [0; BINS], count: 0, sum: 0 };
        Self {
            kernels: 0,
            zeros: 0,
            constant: 0,
            refused: 0,
            tallies: vec![tally; COLUMNS.len()],
            structures: vec![0; COUNTED.len()],
        }
    }

    /// Adds what another scan found.
    pub fn merge(&mut self, other: &Self) {
        self.kernels += other.kernels;
        self.zeros += other.zeros;
        self.constant += other.constant;
        self.refused += other.refused;
        self.structures.iter_mut().zip(&other.structures).for_each(|(sum, count)| *sum += count);
        for (tally, other) in self.tallies.iter_mut().zip(&other.tallies) {
            tally.bins.iter_mut().zip(&other.bins).for_each(|(sum, count)| *sum += count);
            tally.count += other.count;
            tally.sum += other.sum;
        }
    }

    /// Returns each probe that was asked, with its values.
    pub fn tallies(&self) -> impl Iterator<Item = (&'static Probe, &Tally)> {
        COLUMNS.iter().map(|column| &PROBES[column.probe]).zip(&self.tallies)
    }

    /// Returns how many kernels each structure describes shortest.
    pub fn structures(&self) -> Vec<(&'static Structure, u64)> {
        COUNTED.iter().copied().zip(self.structures.iter().copied()).collect()
    }

    /// Returns the range of a probe's histogram; nothing of one that was not asked.
    pub fn range(probe: &Probe) -> Option<[f64; 2]> {
        let column = COLUMNS.iter().find(|column| PROBES[column.probe].id == probe.id);
        column.map(|column| column.range)
    }
}

impl Visit for Scan {
    #[inline(always)]
    fn block(&mut self, block: &Block, tables: &Tables) {
        self.kernels += block.filled as u64;
        let have = |mask: usize| block.masks[mask].iter().filter(|bits| **bits != 0).count() as u64;
        let [finite, nonzero, uneven] = [have(0), have(1), have(2)];
        self.refused += block.filled as u64 - finite;
        self.zeros += finite - nonzero;
        self.constant += finite - uneven;
        for (lane, structure) in block.structures.iter().enumerate() {
            if block.masks[0][lane] != 0 {
                self.structures[*structure as usize] += 1;
            }
        }
        for ((tally, column), values) in
            self.tallies.iter_mut().zip(tables.columns).zip(&block.values)
        {
            tally.add(values, &block.masks[column.needs], column.range);
        }
    }
}

impl Default for Scan {
    fn default() -> Self {
        Self::new()
    }
}

impl Tally {
    /// Returns the mean; nothing of no kernels.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / UNIT / self.count as f64)
    }

    #[inline(always)]
    fn add(&mut self, values: &[f64; LANES], masks: &[u64; LANES], [low, high]: [f64; 2]) {
        /// A number so large that the last digit of a sum with it is 1.
        const ONES: f64 = (1_u64 << 52) as f64;
        let scale = BINS as f64 / (high - low);
        let (mut places, mut sums) = ([0; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            let step = ((values[lane] - low) * scale).max(0.0).min(BINS as f64 - 1.0);
            places[lane] = (step.trunc() + ONES).to_bits() & (BINS as u64 - 1);
            sums[lane] = f64::from_bits(values[lane].to_bits() & masks[lane]);
        }
        for (place, mask) in places.iter().zip(masks) {
            self.bins[*place as usize] += mask & 1;
        }
        // Half onto half, so that many are added at once.
        for half in [16, 8, 4, 2, 1] {
            for lane in 0..half {
                sums[lane] += sums[lane + half];
            }
        }
        self.count += masks.iter().map(|mask| mask & 1).sum::<u64>();
        self.sum += (sums[0] * UNIT) as i128;
    }
}
