//! All probes over millions of 3 × 3 kernels.
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

mod block;
mod float;
mod lanes;
mod largest;
mod order;
mod ranks;
mod sums;
mod tables;

use crate::{PROBES, Probe, Size, Structure};
use block::Block;
use lanes::{LANES, Lanes};
use sums::{MANY, Sums};
use tables::{COLUMNS, COUNTED, Tables};

/// Probes of 3 × 3 kernels, many at a time.
///
/// Every probe that means something at 3 × 3, as [`Workbench::values`](crate::Workbench::values) has them to
/// rounding, at some seven million kernels a second on a core with AVX-512, four with AVX2. Memory does not grow with the kernels: a caller reads a
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
    /// How many kernels lie in each of even steps of its range; the last step holds its end.
    ///
    /// What lies less than 2⁻⁴¹ of a step below a border is taken to be on it: there is rounding alone between.
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

    /// Returns the largest number, without its sign, of kernels whose numbers are all finite; 0 of none.
    ///
    /// What [`scan`](Self::scan) has to know of a whole layer before it begins.
    pub fn largest(kernels: &[f32]) -> f32 {
        largest::largest(kernels)
    }

    /// Scans kernels, nine numbers each, row by row; `largest` is the largest number of their layer,
    /// without its sign.
    ///
    /// # Panics
    /// When the numbers make no whole kernels: a caller's bug.
    pub fn scan(&self, kernels: &[f32], largest: f32) -> Scan {
        let mut scan = Scan::new();
        self.visit(kernels, largest, To::Scan(&mut scan));
        scan
    }

    /// Returns for each kernel what each probe says, in the order of [`PROBES`]; nothing where it says
    /// nothing.
    ///
    /// # Panics
    /// As [`scan`](Self::scan).
    pub fn values(&self, kernels: &[f32], largest: f32) -> Vec<Vec<Option<f64>>> {
        let mut all = Vec::new();
        self.visit(kernels, largest, To::Values(&mut all));
        all
    }

    fn visit(&self, kernels: &[f32], largest: f32, to: To) {
        let whole = kernels.len().is_multiple_of(COUNT);
        assert!(whole, "caller's bug: {} numbers are no whole 3 × 3 kernels", kernels.len());
        let most = f64::from(largest);
        pulp::Arch::new().dispatch(Pass { kernels, most, tables: &self.tables, to });
    }
}

/// What is done with a block that was computed.
enum To<'s> {
    Scan(&'s mut Scan),
    Values(&'s mut Vec<Vec<Option<f64>>>),
}

/// One pass over kernels, with whatever instructions the processor at hand has.
///
/// All that it calls is inlined: a function of its own would be compiled for the oldest processor.
struct Pass<'s> {
    kernels: &'s [f32],
    most: f64,
    tables: &'s Tables,
    to: To<'s>,
}

impl pulp::WithSimd for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) {
        match S::F64_LANES {
            8 => self.run::<S, 2>(simd),
            4 => self.run::<S, 4>(simd),
            2 => self.run::<S, 8>(simd),
            _ => self.run::<S, 16>(simd),
        }
    }
}

impl Pass<'_> {
    #[inline(always)]
    fn run<S: pulp::Simd, const W: usize>(mut self, simd: S) {
        let tables = self.tables;
        let (mut block, mut sums) = (Block::<S, W>::new(simd, tables), Sums::new(simd, tables));
        let mut places = Places::new();
        for numbers in self.kernels.chunks(Places::MOST * COUNT) {
            let held = places.fill(numbers);
            for start in (0..held).step_by(LANES) {
                let filled = LANES.min(held - start);
                block.compute(places.at(simd, start), filled, self.most, tables);
                match &mut self.to {
                    To::Scan(_) => sums.add(&block, tables),
                    To::Values(all) => tell(&block, tables, all),
                }
            }
            if let To::Scan(scan) = &mut self.to
                && sums.kernels >= MANY
            {
                sums.flush(scan, tables);
            }
        }
        if let To::Scan(scan) = self.to {
            sums.flush(scan, tables);
        }
    }
}

/// The numbers of some kernels place by place, zeros behind them.
struct Places(Box<[[f64; Places::MOST]; COUNT]>);

impl Places {
    /// So many that what was written is out of the processor before it is read as vectors.
    const MOST: usize = 128;

    fn new() -> Self {
        Self(Box::new([[0.0; Self::MOST]; COUNT]))
    }

    /// Takes up to [`MOST`](Self::MOST) kernels, and returns how many.
    #[inline(always)]
    fn fill(&mut self, numbers: &[f32]) -> usize {
        let (kernels, _) = numbers.as_chunks::<COUNT>();
        let held = kernels.len().min(Self::MOST);
        for (place, row) in self.0.iter_mut().enumerate() {
            for (to, kernel) in row.iter_mut().zip(kernels) {
                *to = f64::from(kernel[place]);
            }
            row[held..].fill(0.0);
        }
        held
    }

    #[inline(always)]
    fn at<S: pulp::Simd, const W: usize>(&self, simd: S, start: usize) -> [Lanes<S, W>; COUNT] {
        let mut kernels = [Lanes::splat(simd, 0.0); COUNT];
        for (kernel, row) in kernels.iter_mut().zip(self.0.iter()) {
            *kernel = Lanes::load(simd, &row.as_chunks().0[start / LANES]);
        }
        kernels
    }
}

/// Tells the values of each kernel of a block.
fn tell<S: pulp::Simd, const W: usize>(
    block: &Block<S, W>,
    tables: &Tables,
    all: &mut Vec<Vec<Option<f64>>>,
) {
    let rows: Vec<[f64; LANES]> = block.values.iter().map(|row| row.store()).collect();
    let weights = block.weights.map(Lanes::store);
    for lane in 0..block.filled {
        let mut values = vec![None; PROBES.len()];
        for (column, row) in tables.columns.iter().zip(&tables.row_of) {
            values[column.probe] = (weights[column.needs][lane] > 0.0).then(|| rows[*row][lane]);
        }
        all.push(values);
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

    fn add(&mut self, bins: &[u64; BINS], sum: f64) {
        self.bins.iter_mut().zip(bins).for_each(|(sum, count)| *sum += count);
        self.count += bins.iter().sum::<u64>();
        self.sum += (sum * UNIT) as i128;
    }
}
