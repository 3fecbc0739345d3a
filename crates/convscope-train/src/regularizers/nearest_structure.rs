//! How far kernels are from having a structure.

use convscope_core::{Entry, SettingError, Subspace};
use convscope_probe::{STRUCTURES, Size, Structure};

use super::penalty::{Acts, OfKernels, OnKernels};
use super::{Kind, Plain, Regularizer, entry, of_kernels, settings};
use crate::constraint::{dimension, structure};
use crate::piece::nearest_product;

/// weight / 2 · Σ over kernels of ‖K − S(K)‖², S(K) being the nearest kernel that has a structure; its slope is
/// weight · (K − S(K)): a weight decay of what has no structure.
///
/// In every step each kernel takes the structure that leaves the least of it, among those of at most
/// `dimension` of its numbers. That is the energy and not the code length: by code length a kernel
/// that has no structure yet is best left free, and nothing would draw it to one. Of two nested structures the
/// larger one leaves less, so that `dimension` says how many numbers a kernel may keep.
///
/// Where it misleads: the nearest structure at the start is one of chance, and the penalty makes it come true; a
/// weight that is strong from the first step chooses before anything is learned (`warm-up`). Where two structures are
/// as near, the slope jumps.
///
/// Costs a product with every structure's basis a kernel and step: lenet-5 trains at about 0.7 of its
/// speed (example `penalties`).
pub(super) const ENTRY: Entry<Regularizer> = entry::<NearestStructure>(
    "Half the squared distance of each kernel from the nearest structure of the catalogue.",
    "the catalogue's projections; as a penalty towards symmetry Hu et al. 2019, arXiv:1906.04252",
);

settings!(NearestStructure {
    /// Which structures a kernel may take, by name; all when empty.
    structures: Vec<String> = Vec::new(),
    /// How many numbers a structure may have at most, as a share of those of the kernel.
    dimension: f64 = 0.5,
});

impl Kind for NearestStructure {
    const ID: &'static str = "nearest-structure";

    fn plain(&self) -> Plain {
        self.plain_settings()
    }

    fn check(&self) -> Result<(), SettingError> {
        for (index, name) in self.structures.iter().enumerate() {
            let placed = |error: SettingError| error.below(&index.to_string()).below("structures");
            if structure(name).map_err(placed)?.is_free() {
                let message = "every kernel is free, so that nothing would be left to penalise";
                return Err(placed(SettingError::at("", message)));
            }
        }
        if !(self.dimension > 0.0 && self.dimension <= 1.0) {
            let message =
                format!("a share of numbers lies above 0 and up to 1, not at {}", self.dimension);
            return Err(SettingError::at("dimension", message));
        }
        Ok(())
    }

    fn acts(&self) -> Acts {
        let named = |own: &&Structure| {
            self.structures.is_empty() || self.structures.iter().any(|name| *name == own.id)
        };
        let structures = STRUCTURES.iter().filter(named).collect();
        of_kernels(Nearest { structures, most: self.dimension })
    }

    fn name(&self) -> String {
        let which = match self.structures.as_slice() {
            [] => "the nearest structure".into(),
            names => names.join(", "),
        };
        format!("distance to {which} (at most {} of the numbers)", self.dimension)
    }
}

#[derive(Debug, Clone)]
struct Nearest {
    structures: Vec<&'static Structure>,
    most: f64,
}

impl Nearest {
    /// Returns the structures that kernels of a size may take.
    fn members(&self, size: Size) -> impl Iterator<Item = &'static Structure> {
        let most = self.most * size.count() as f64;
        let small = move |own: &&'static Structure| {
            dimension(own, size).is_some_and(|dimension| dimension as f64 <= most)
        };
        self.structures.iter().copied().filter(small)
    }
}

impl OfKernels for Nearest {
    fn fits(&self, size: Size) -> Result<(), String> {
        if self.members(size).next().is_some() {
            return Ok(());
        }
        let least = self.structures.iter().filter_map(|own| dimension(own, size)).min();
        let least = least.map_or("none of the structures exists there".into(), |least| {
            format!("the smallest structure has {least}")
        });
        let count = size.count();
        Err(format!("and may keep {} of their {count} numbers, but {least}", self.most))
    }

    fn at(&self, size: Size, _: usize) -> Box<dyn OnKernels> {
        let members = self.members(size).map(|own| own.subspace(size)).collect();
        let room = vec![0.0; size.count() + size.columns];
        Box::new(OnLayer { size, members, room, near: vec![0.0; size.count()] })
    }
}

struct OnLayer {
    size: Size,
    /// Subspaces, and nothing for the products of a column and a row.
    members: Vec<Option<Subspace>>,
    room: Vec<f64>,
    /// The nearest kernel with a structure.
    near: Vec<f64>,
}

impl OnLayer {
    /// Finds the nearest kernel that has a structure.
    fn find(&mut self, kernel: &[f64]) {
        let Self { size, members, room, near } = self;
        let mut best = (-1.0, 0);
        for (place, member) in members.iter().enumerate() {
            let energy: f64 = match member {
                Some(subspace) => subspace.basis().map(|known| dot(known, kernel).powi(2)).sum(),
                None => nearest_product(kernel, *size, room)
                    .map_or(0.0, |(column, row)| dot(column, column) * dot(row, row)),
            };
            if energy > best.0 {
                best = (energy, place);
            }
        }
        near.fill(0.0);
        if let Some(subspace) = &members[best.1] {
            for known in subspace.basis() {
                let along = dot(known, kernel);
                near.iter_mut().zip(known).for_each(|(near, known)| *near += along * known);
            }
        } else if let Some((column, row)) = nearest_product(kernel, *size, room) {
            for (line, u) in near.chunks_exact_mut(size.columns).zip(column) {
                line.iter_mut().zip(row).for_each(|(near, row)| *near = u * row);
            }
        }
    }
}

impl OnKernels for OnLayer {
    fn value(&mut self, weights: &[f64]) -> f64 {
        let mut sum = 0.0;
        for kernel in weights.chunks_exact(self.size.count()) {
            self.find(kernel);
            let left = kernel.iter().zip(&self.near).map(|(value, near)| (value - near).powi(2));
            sum += left.sum::<f64>() / 2.0;
        }
        sum
    }

    fn slope(&mut self, weights: &[f64], slope: &mut [f64]) {
        let each = self.size.count();
        for (kernel, slope) in weights.chunks_exact(each).zip(slope.chunks_exact_mut(each)) {
            self.find(kernel);
            for ((slope, value), near) in slope.iter_mut().zip(kernel).zip(&self.near) {
                *slope += value - near;
            }
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
