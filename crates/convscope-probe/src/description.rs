//! The shortest description of a kernel.

use convscope_core::Subspace;

use crate::Size;
use crate::catalogue::{STRUCTURES, Structure, nearest_separable};

/// The steps to which the numbers of a layer are rounded, evenly about 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// The distance of two numbers; 0 when all numbers of the layer are 0.
    pub step: f64,
    /// How many bits a number takes.
    pub precision: u32,
}

impl Grid {
    /// Makes the grid of 2^precision − 1 numbers that reaches from the negative of the largest size to it.
    ///
    /// # Panics
    /// When the precision is not 2 to 32 bits, or a number is not finite: a caller's bug.
    pub fn of(layer: &[f64], precision: u32) -> Self {
        assert!((2..=32).contains(&precision), "caller's bug: 2 to 32 bits");
        let largest = layer.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        assert!(largest.is_finite(), "caller's bug: numbers are finite");
        Self { step: largest / (2.0_f64.powi(precision as i32 - 1) - 1.0), precision }
    }

    /// Returns the nearest number of the grid.
    pub fn round(self, value: f64) -> f64 {
        if self.step > 0.0 { (value / self.step).round() * self.step } else { 0.0 }
    }
}

/// The structures that exist at one size, each of them once.
#[derive(Debug, Clone)]
pub struct Catalogue {
    size: Size,
    members: Vec<Member>,
}

/// A structure at a size.
#[derive(Debug, Clone)]
struct Member {
    structure: &'static Structure,
    dimension: usize,
    /// Nothing where it is no subspace.
    subspace: Option<Subspace>,
}

/// A kernel as its structure, the numbers of it, and what these leave.
#[derive(Debug, Clone)]
pub struct Description {
    /// The structure.
    pub structure: &'static Structure,
    /// How many numbers it takes.
    pub dimension: usize,
    /// The share of the kernel's sum of squares that the ideal kernel has; 1 of a kernel of zeros.
    pub energy: f64,
    /// The length of a code from which the kernel on its grid can be had again, in bits.
    ///
    /// ```text
    /// log₂(structures) + d · precision + n/2 · log₂(1 + 12 · mean squared residual / step²)
    /// ```
    ///
    /// The residual is what the nearest kernel of the structure leaves, before its own numbers are rounded. A
    /// separable kernel takes rows + columns − 1 numbers: a column with scale and sign, and the direction of
    /// the row, half a sphere, as the columns − 1 numbers of its stereographic projection. No number says which
    /// place the scale is taken from, so that log₂(columns) bits for it are not counted.
    ///
    /// A free kernel is the shorter of its n numbers and of nothing but a residual, the mean square of
    /// the kernel where that exceeds step²: else any structure would look short beside it, because
    /// normal numbers take fewer bits than even ones over their whole range, and noise would be taken
    /// for a constant. What lies within a step of 0 is described by some structure of one number: its shape
    /// says nothing.
    pub code_length: f64,
    /// The bits of the ideal kernel alone: log₂(structures) + d · precision.
    pub bits: f64,
    /// The nearest kernel of the structure.
    pub ideal: Vec<f64>,
}

/// Codes whose lengths differ by less bits are equally long: what lies between them is rounding.
const SAME: f64 = 1e-9;

impl Catalogue {
    /// Takes all structures that exist at a size.
    ///
    /// Where several are the same set of kernels, the first of the list stands for all.
    pub fn new(size: Size) -> Self {
        Self::of(size, STRUCTURES)
    }

    /// Takes those of some structures that exist at a size, and the free kernel.
    pub fn of(size: Size, structures: impl IntoIterator<Item = &'static Structure>) -> Self {
        let mut members: Vec<Member> = Vec::new();
        for structure in structures {
            let Some(member) = Member::new(structure, size) else { continue };
            let known = |known: &Member| match (&known.subspace, &member.subspace) {
                (Some(known), Some(new)) => known.equals(new),
                _ => known.structure.id == structure.id,
            };
            if !members.iter().any(known) {
                members.push(member);
            }
        }
        if !members.iter().any(|member| member.structure.is_free()) {
            let free = STRUCTURES.iter().find(|structure| structure.is_free());
            members.extend(free.and_then(|free| Member::new(free, size)));
        }
        Self { size, members }
    }

    /// Returns the size of its kernels.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Returns the structures, each with how many numbers it takes.
    pub fn structures(&self) -> impl Iterator<Item = (&'static Structure, usize)> {
        self.members.iter().map(|member| (member.structure, member.dimension))
    }

    /// Returns the subspace of a structure, if it is a member and has one.
    pub fn subspace(&self, id: &str) -> Option<&Subspace> {
        self.members.iter().find(|member| member.structure.id == id)?.subspace.as_ref()
    }

    /// Describes a kernel by each structure, in the order of the list.
    ///
    /// # Panics
    /// When the kernel has another size: a caller's bug.
    pub fn descriptions(&self, kernel: &[f64], grid: Grid) -> Vec<Description> {
        self.members.iter().map(|member| self.by(member, kernel, grid)).collect()
    }

    /// Describes a kernel by the structure with the shortest code, among equals (to 10⁻⁹ bits) the first.
    ///
    /// # Panics
    /// As [`descriptions`](Self::descriptions).
    pub fn describe(&self, kernel: &[f64], grid: Grid) -> Description {
        let all = self.descriptions(kernel, grid).into_iter();
        let shorter = |best: Description, next: Description| {
            if next.code_length < best.code_length - SAME { next } else { best }
        };
        all.reduce(shorter).expect("the free kernel is always a member")
    }

    /// Describes a kernel without a structure.
    ///
    /// # Panics
    /// As [`descriptions`](Self::descriptions).
    pub fn free(&self, kernel: &[f64], grid: Grid) -> Description {
        let free = self.members.iter().find(|member| member.structure.is_free());
        self.by(free.expect("the free kernel is always a member"), kernel, grid)
    }

    /// Returns the bits of the name of a structure and of so many numbers: log₂(structures) + d · precision.
    pub fn bits(&self, dimension: usize, precision: u32) -> f64 {
        self.name() + dimension as f64 * f64::from(precision)
    }

    /// Returns the bits that name a structure.
    fn name(&self) -> f64 {
        (self.members.len() as f64).log2()
    }

    fn by(&self, member: &Member, kernel: &[f64], grid: Grid) -> Description {
        assert_eq!(kernel.len(), self.size.count(), "caller's bug: a kernel of {}", self.size);
        let ideal = match &member.subspace {
            Some(subspace) => subspace.nearest(kernel),
            None if member.structure.is_separable() => nearest_separable(kernel, self.size),
            None => kernel.to_vec(),
        };
        let squares = |list: &[f64]| list.iter().map(|value| value * value).sum::<f64>();
        let left: f64 =
            kernel.iter().zip(&ideal).map(|(value, ideal)| (value - ideal).powi(2)).sum();
        let whole = squares(kernel);
        let count = self.size.count() as f64;
        let residual = |left: f64| match grid.step {
            0.0 => 0.0,
            step => count / 2.0 * (12.0 * left / count / (step * step)).ln_1p() / 2_f64.ln(),
        };
        let name = self.name();
        let numbers = member.dimension as f64 * f64::from(grid.precision);
        let code = match member.structure.is_free() {
            true if whole > count * grid.step * grid.step => numbers.min(residual(whole)),
            true => numbers,
            false => numbers + residual(left),
        };
        Description {
            structure: member.structure,
            dimension: member.dimension,
            energy: if whole > 0.0 { (1.0 - left / whole).clamp(0.0, 1.0) } else { 1.0 },
            code_length: name + code,
            bits: self.bits(member.dimension, grid.precision),
            ideal,
        }
    }
}

impl Member {
    fn new(structure: &'static Structure, size: Size) -> Option<Self> {
        if structure.is_free() {
            return Some(Self { structure, dimension: size.count(), subspace: None });
        }
        if structure.is_separable() {
            let dimension = size.rows + size.columns - 1;
            let fewer = dimension < size.count();
            return fewer.then_some(Self { structure, dimension, subspace: None });
        }
        let subspace = structure.subspace(size)?;
        Some(Self { structure, dimension: subspace.dimension(), subspace: Some(subspace) })
    }
}
