//! The singular values of many 3 × 3 matrices, in closed form.
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

use pulp::Simd;

use super::COUNT;
use super::lanes::Lanes;

/// How much of the energy each singular value has, in an order of no meaning.
pub(super) struct Shares<S: Simd, const W: usize> {
    /// The largest.
    pub(super) first: Lanes<S, W>,
    pub(super) all: [Lanes<S, W>; 3],
}

/// 2 cos(arccos(r) / 3) for 0 ≤ r ≤ 1 in powers of r − ½, interpolated at the zeros of a Chebyshev polynomial,
/// to 10⁻¹⁵.
const ROOT: [f64; 17] = [
    1.879_385_241_571_816_9,
    0.263_287_229_089_774_1,
    -0.051_451_311_901_297_42,
    0.017_706_479_298_177_02,
    -0.007_476_648_944_174_723_4,
    0.003_514_522_525_777_400_3,
    -0.001_765_283_458_015_303_3,
    0.000_927_568_781_237_757_5,
    -0.000_503_575_254_989_303_5,
    0.000_280_157_426_315_344_3,
    -0.000_158_967_032_149_913_74,
    9.230_309_793_093_532e-05,
    -5.391_093_607_679_081e-05,
    2.890_386_877_769_878_3e-05,
    -1.716_864_977_594_761_2e-05,
    1.696_457_730_975_54e-05,
    -1.030_148_085_035_974_9e-05,
];

/// Finds the shares as eigenvalues of `KᵀK` over its trace; the largest number of K is 1.
///
/// With `B = (KᵀK − q) / p`, q the mean eigenvalue and p their deviation such that tr B² = 6, the eigenvalues of
/// B are the roots of β³ − 3β = det B = 2r (Smith 1961, Eigenvalues of a symmetric 3 × 3 matrix). The one on the
/// side of r's sign lies at least √3 from the others and is found without loss. The difference of these comes
/// from how far I, B and B² are from being dependent, by Gram's determinant: √2 ‖B² − rB − 2I‖ / (β² − 1), which
/// is right to rounding for equal eigenvalues too, where the closed form loses half the digits.
#[inline(always)]
pub(super) fn shares<S: Simd, const W: usize>(k: &[Lanes<S, W>; COUNT]) -> Shares<S, W> {
    let (zero, one) = (k[0].all(0.0), k[0].all(1.0));
    let d = [product(k, 0, 0), product(k, 1, 1), product(k, 2, 2)];
    // The entries beside the diagonal, each at the index that it lacks.
    let o = [product(k, 1, 2), product(k, 0, 2), product(k, 0, 1)];
    let trace = d[0] + d[1] + d[2];
    let q = trace * (1.0 / 3.0);
    let d = [d[0] - q, d[1] - q, d[2] - q];
    let squares = norm(d, o) * (1.0 / 6.0);
    // A matrix of equal eigenvalues has none to tell apart.
    let p = squares.most(zero.all(1e-60)).sqrt();
    let inverse = one.over(p);
    let b = [d[0] * inverse, d[1] * inverse, d[2] * inverse];
    let o = [o[0] * inverse, o[1] * inverse, o[2] * inverse];
    let r = determinant(b, o) * 0.5;
    let negative = r.below(zero);
    let root = (r.abs().least(one) - 0.5).polynomial(&ROOT);
    let across = [
        (o[1] * o[2]).less_product(b[0] + r, o[0]),
        (o[0] * o[2]).less_product(b[1] + r, o[1]),
        (o[0] * o[1]).less_product(b[2] + r, o[2]),
    ];
    let along = [
        (b[0] - r).mul_add(b[0], o[1].mul_add(o[1], o[2].mul_add(o[2], zero.all(-2.0)))),
        (b[1] - r).mul_add(b[1], o[0].mul_add(o[0], o[2].mul_add(o[2], zero.all(-2.0)))),
        (b[2] - r).mul_add(b[2], o[0].mul_add(o[0], o[1].mul_add(o[1], zero.all(-2.0)))),
    ];
    let half = (norm(along, across) * 0.5).sqrt() * p.over(root.mul_add(root, zero.all(-1.0)));
    let signed = negative.select(zero - root, root) * p;
    let middle = q.less_product(signed, zero.all(0.5));
    // The largest number of a kernel is 1, but for zeros.
    let inverse = one.over(trace.most(zero.all(0.5)));
    let all = [q + signed, middle + half, middle - half];
    let all =
        [all[0].most(zero) * inverse, all[1].most(zero) * inverse, all[2].most(zero) * inverse];
    Shares { first: all[0].most(all[1]), all }
}

/// Returns the product of two columns.
#[inline(always)]
fn product<S: Simd, const W: usize>(k: &[Lanes<S, W>; COUNT], i: usize, j: usize) -> Lanes<S, W> {
    (k[i] * k[j]).plus_products(k[i + 3], k[j + 3], k[i + 6], k[j + 6])
}

/// Returns the sum of squares of a symmetric matrix.
#[inline(always)]
fn norm<S: Simd, const W: usize>(d: [Lanes<S, W>; 3], o: [Lanes<S, W>; 3]) -> Lanes<S, W> {
    let beside = (o[0] * o[0]).plus_products(o[1], o[1], o[2], o[2]);
    (beside * 2.0 + d[0] * d[0]).plus_products(d[1], d[1], d[2], d[2])
}

#[inline(always)]
fn determinant<S: Simd, const W: usize>(d: [Lanes<S, W>; 3], o: [Lanes<S, W>; 3]) -> Lanes<S, W> {
    let whole = (d[0] * d[1]).mul_add(d[2], (o[0] * 2.0) * o[1] * o[2]);
    whole
        .less_product(d[0], o[0] * o[0])
        .less_product(d[1], o[1] * o[1])
        .less_product(d[2], o[2] * o[2])
}
