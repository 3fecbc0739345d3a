//! The best rotation of one matrix onto another.

use faer::{Mat, MatRef};

use crate::whitening::LOSS;
use crate::{Prepared, Refusal, linalg};

/// Above this cosine, 1 − cos loses digits that the difference itself still has.
const NEAR: f64 = 0.999;

/// A matrix that is rotated, and its squared size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Body<'a> {
    matrix: MatRef<'a, f64>,
    squared: f64,
}

impl<'a> Body<'a> {
    /// Takes a matrix as it is.
    pub(crate) fn new(matrix: MatRef<'a, f64>) -> Self {
        Self { matrix, squared: linalg::squared_norm(matrix) }
    }

    /// Takes a centred layer, which knows its size.
    pub(crate) fn of(layer: &'a Prepared) -> Self {
        Self { matrix: layer.narrow(), squared: layer.squared_size() }
    }
}

/// Returns ‖xᵀy‖_* / (‖x‖ ‖y‖).
pub(crate) fn cosine(x: Body<'_>, y: Body<'_>) -> Result<f64, Refusal> {
    cosine_within(x, y, |cosine| LOSS * cosine)
}

/// Returns the angle between two matrices after the best rotation.
pub(crate) fn angle(x: Body<'_>, y: Body<'_>) -> Result<f64, Refusal> {
    // The slope of the arc cosine of c is −1/√(1 − c²).
    let cosine = cosine_within(x, y, |cosine| {
        let slope = (1.0 - cosine * cosine).sqrt();
        if cosine < NEAR { LOSS * cosine.acos() * slope } else { f64::INFINITY }
    })?;
    if cosine < NEAR {
        return Ok(cosine.acos());
    }
    let chord = residual(x, y, [x.squared.sqrt(), y.squared.sqrt()])?.sqrt();
    Ok(2.0 * (chord / 2.0).asin())
}

/// Returns min ‖x − y q‖² over orthogonal q, the narrower padded with zeros.
pub(crate) fn squared_distance(x: Body<'_>, y: Body<'_>) -> Result<f64, Refusal> {
    let both = x.squared + y.squared;
    let far = |distance: f64| distance > (1.0 - NEAR) * both;
    let products = linalg::cross(x.matrix, y.matrix);
    let nuclear = linalg::nuclear_norm(products.as_ref(), |nuclear| {
        let distance = both - 2.0 * nuclear;
        if far(distance) { LOSS * distance / 2.0 } else { f64::INFINITY }
    })?;
    let distance = both - 2.0 * nuclear;
    if far(distance) { Ok(distance) } else { residual(x, y, [1.0, 1.0]) }
}

/// Returns the cosine with an error of at most `room(cosine)`.
fn cosine_within(x: Body<'_>, y: Body<'_>, room: impl Fn(f64) -> f64) -> Result<f64, Refusal> {
    // The product of squares could leave the range of numbers.
    let scale = x.squared.sqrt() * y.squared.sqrt();
    let products = linalg::cross(x.matrix, y.matrix);
    let within = |nuclear: f64| room(nuclear / scale) * scale;
    Ok(linalg::nuclear_norm(products.as_ref(), within)? / scale)
}

/// Returns min ‖x/size − y q/size‖² by rotating and subtracting.
fn residual(x: Body<'_>, y: Body<'_>, sizes: [f64; 2]) -> Result<f64, Refusal> {
    let (x, y) = (x.matrix, y.matrix);
    let turned = linalg::thin_svd(linalg::cross(x, y).as_ref())?;
    let scaled =
        |a: MatRef<'_, f64>, size: f64| Mat::from_fn(a.nrows(), a.ncols(), |i, j| a[(i, j)] / size);
    let (x, y) = (scaled(x, sizes[0]), scaled(y, sizes[1]));
    let (u, v) = (turned.u.as_ref(), turned.v.as_ref());
    let (xu, yv) = (linalg::product(x.as_ref(), u), linalg::product(y.as_ref(), v));
    // What the rotation cannot reach: all of it where the layers are equally wide is rounding.
    let left = |a: &Mat<f64>, turned: &Mat<f64>, basis: MatRef<'_, f64>| {
        if a.ncols() == basis.ncols() {
            return 0.0;
        }
        let inside = linalg::product(turned.as_ref(), basis.transpose());
        linalg::squared_norm((a - inside).as_ref())
    };
    Ok(linalg::squared_norm((&xu - &yv).as_ref()) + left(&x, &xu, u) + left(&y, &yv, v))
}
