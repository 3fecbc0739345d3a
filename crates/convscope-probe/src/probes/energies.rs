//! How much of a kernel each structure of the catalogue has.

use convscope_core::Subspace;

use super::{Probe, Ready, Unseen};
use crate::chance::Share;
use crate::{Flips, STRUCTURES, Size, Structure};

pub(super) fn probes() -> Vec<Probe> {
    let linear =
        STRUCTURES.iter().filter(|structure| !structure.is_free() && !structure.is_separable());
    linear.map(of_structure).collect()
}

fn of_structure(structure: &'static Structure) -> Probe {
    Probe {
        id: format!("in-{}", structure.id),
        group: "structure",
        about: format!(
            "The share of the energy in the structure `{}`. {}",
            structure.id, structure.about
        ),
        formula: "‖PK‖² / ‖K‖², P the projection on the d-dimensional subspace",
        source: structure.source,
        range: [0.0, 1.0],
        null: "Beta(d/2, (n − d)/2), mean d/n",
        unseen: seen_but(structure.unseen, false),
        make: Box::new(|size: Size| share_of(structure.subspace(size)?)),
    }
}

/// Makes the probe of the share of the energy in a subspace; nothing where all kernels have it, or none.
pub(super) fn share_of(subspace: Subspace) -> Option<Ready> {
    let (dimension, whole) = (subspace.dimension(), subspace.width());
    (1..whole).contains(&dimension).then(|| {
        let closed = Share { dimension, whole, from: 0.0, to: 1.0 };
        Ready::new(Some(closed), move |seen| {
            seen.energy()?;
            Ok(subspace.energy(&seen.unit).unwrap_or(0.0).clamp(0.0, 1.0))
        })
    })
}

/// Says what an energy does not see: scale, sign and some flips.
pub(super) const fn seen_but(flips: Flips, offset: bool) -> Unseen {
    Unseen { scale: true, sign: true, offset, flips }
}
