//! Edges and lines of any direction, and which direction.

use convscope_core::Subspace;

use super::energies::seen_but;
use super::rings::without_means;
use super::{Absent, Probe, Ready, Seen, dot};
use crate::catalogue::curved::{deviation, first_order, second_order};
use crate::chance::Share;
use crate::solve::solve;
use crate::{Flips, Size};

pub(super) fn probes() -> Vec<Probe> {
    let probe = |id: &str, about: &str, null, make: fn(Size) -> Option<Ready>| Probe {
        id: id.to_owned(),
        group: "operator",
        about: about.to_owned(),
        formula: "Σ⟨K̂, G⟩² over orthonormal derivatives G of a Gaussian (deviation a quarter of the \
                  size), K̂ the kernel without its mean at length 1",
        source: "Freeman & Adelson 1991, The design and use of steerable filters",
        range: [0.0, 1.0],
        null,
        unseen: seen_but(Flips::All, true),
        make: Box::new(make),
    };
    vec![
        probe(
            "edge",
            "How near the kernel is, beside its mean, to an edge detector of the best direction.",
            "Beta(1, (n − 3)/2), mean 2/(n − 1); one dimension less of a single row or column",
            |size| fit(first_order(size)),
        ),
        probe(
            "line",
            "How near the kernel is, beside its mean, to second derivatives of a Gaussian: lines of any \
             direction, blobs and saddles.",
            "Beta(d/2, (n − 1 − d)/2), mean d/(n − 1); d = 3, less at two rows or columns",
            |size| fit(second_order(size)),
        ),
    ]
}

fn fit(vectors: Vec<Vec<f64>>) -> Option<Ready> {
    let vectors = without_means(vectors);
    let subspace = Subspace::spanned_by(vectors[0].len(), &vectors);
    let (dimension, whole) = (subspace.dimension(), subspace.width() - 1);
    (1..whole).contains(&dimension).then(|| {
        let closed = Share { dimension, whole, from: 0.0, to: 1.0 };
        Ready::new(Some(closed), move |seen| {
            Ok(subspace.energy(&seen.centred()?).unwrap_or(0.0).clamp(0.0, 1.0))
        })
    })
}

/// Returns the direction, in degrees, in which the nearest edge rises.
///
/// 0 is to the right, 90 down; above −180, up to 180. In closed form: atan2 of the parts along both
/// slopes.
pub(crate) fn edge_direction(seen: &Seen, size: Size) -> Result<f64, Absent> {
    let kernel = seen.centred()?;
    let [down, right] = parts(&kernel, &without_means(first_order(size)));
    if down == 0.0 && right == 0.0 {
        return Err(Absent::Constant);
    }
    Ok(down.atan2(right).to_degrees())
}

/// Returns the direction, in degrees from 0 to 180, along which the nearest line or saddle is curved
/// most; a line itself runs at a right angle to it.
///
/// With a dd + b dr + c rr the quadratic part, down and right: ½ atan2(b, c − a) is where it is
/// largest, and a right angle further where it is least.
pub(crate) fn line_direction(seen: &Seen, size: Size) -> Result<f64, Absent> {
    let kernel = seen.centred()?;
    let vectors = without_means(second_order(size));
    let [a, b, c] = parts(&kernel, &vectors);
    // Pure derivatives count distances in deviations, the mixed one in places.
    let b = b * deviation(size).powi(2);
    if (a - c).abs() < f64::MIN_POSITIVE && b == 0.0 {
        return Err(Absent::Constant);
    }
    let angle = 0.5 * b.atan2(c - a);
    let along = |angle: f64| {
        let (sin, cos) = angle.sin_cos();
        (a * sin * sin + b * sin * cos + c * cos * cos).abs()
    };
    let across = angle + std::f64::consts::FRAC_PI_2;
    let curved = if along(across) > along(angle) { across } else { angle };
    Ok(curved.to_degrees().rem_euclid(180.0))
}

/// Returns the factors of vectors in the nearest sum of them.
fn parts<const N: usize>(kernel: &[f64], vectors: &[Vec<f64>]) -> [f64; N] {
    let products = std::array::from_fn(|i| std::array::from_fn(|j| dot(&vectors[i], &vectors[j])));
    solve(products, std::array::from_fn(|i| dot(kernel, &vectors[i])))
}
