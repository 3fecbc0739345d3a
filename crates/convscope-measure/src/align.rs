//! The best rotation of one matrix onto another.

use faer::{Mat, MatRef};

use crate::{Refusal, linalg};

/// Above this cosine, 1 − cos loses digits that the difference itself still has.
const NEAR: f64 = 0.999;

/// Returns ‖xᵀy‖_* / (‖x‖ ‖y‖).
pub(crate) fn cosine(x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> Result<f64, Refusal> {
    let nuclear = linalg::nuclear_norm(linalg::cross(x, y).as_ref())?;
    Ok(nuclear / (linalg::squared_norm(x) * linalg::squared_norm(y)).sqrt())
}

/// Returns the angle between two matrices after the best rotation.
pub(crate) fn angle(x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> Result<f64, Refusal> {
    let cosine = cosine(x, y)?;
    if cosine < NEAR {
        return Ok(cosine.acos());
    }
    let sizes = [linalg::squared_norm(x).sqrt(), linalg::squared_norm(y).sqrt()];
    let chord = residual(x, y, sizes)?.sqrt();
    Ok(2.0 * (chord / 2.0).asin())
}

/// Returns min ‖x − y q‖² over orthogonal q, the narrower padded with zeros.
pub(crate) fn squared_distance(x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> Result<f64, Refusal> {
    let (a, b) = (linalg::squared_norm(x), linalg::squared_norm(y));
    let nuclear = linalg::nuclear_norm(linalg::cross(x, y).as_ref())?;
    let distance = a + b - 2.0 * nuclear;
    if distance > (1.0 - NEAR) * (a + b) { Ok(distance) } else { residual(x, y, [1.0, 1.0]) }
}

/// Returns min ‖x/size − y q/size‖² by rotating and subtracting.
fn residual(x: MatRef<'_, f64>, y: MatRef<'_, f64>, sizes: [f64; 2]) -> Result<f64, Refusal> {
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
