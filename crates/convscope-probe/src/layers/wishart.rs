//! Products of matrices of independent normal numbers, without the matrices.

use convscope_core::Stream;

use super::components::eigen;

/// The product `XᵀX` of `count` × `width` independent normal numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wishart {
    pub(super) width: usize,
    pub(super) count: usize,
}

impl Wishart {
    /// Draws such a product and returns the share of its trace that each eigenvalue has, falling.
    ///
    /// The cost does not depend on how many rows X has.
    pub(super) fn shares(self, draws: &mut Stream) -> Vec<f64> {
        // The eigenvalues of XXᵀ and XᵀX are the same but for zeros.
        let (width, count) = (self.width.min(self.count), self.width.max(self.count));
        let product = Self { width, count }.product(draws);
        let (values, _) = eigen(&product, width);
        let whole: f64 = values.iter().sum();
        let mut shares: Vec<f64> = values.iter().map(|value| value / whole).collect();
        shares.resize(self.width, 0.0);
        shares
    }

    /// Draws such a product; the width is at most the count.
    pub(super) fn product(self, draws: &mut Stream) -> Vec<f64> {
        let (width, upper) = (self.width, self.triangle(draws));
        let column = |place: usize| upper.iter().skip(place).step_by(width);
        let cell = |place: usize| {
            let (a, b) = (column(place / width), column(place % width));
            a.zip(b).map(|(a, b)| a * b).sum()
        };
        (0..width * width).map(cell).collect()
    }

    /// Draws the triangle R of X = QR, `width` × `width`; the width is at most the count.
    ///
    /// By Bartlett's decomposition: normal numbers with chi-distributed ones on the diagonal.
    pub(super) fn triangle(self, draws: &mut Stream) -> Vec<f64> {
        let width = self.width;
        let mut upper = vec![0.0; width * width];
        for column in 0..width {
            for row in 0..column {
                upper[row * width + column] = draws.normal();
            }
            upper[column * width + column] = chi_squared(self.count - column, draws).sqrt();
        }
        upper
    }
}

/// Draws a sum of squares of independent normal numbers (Marsaglia & Tsang 2000).
fn chi_squared(degrees: usize, draws: &mut Stream) -> f64 {
    if degrees < 2 {
        return draws.normal().powi(2);
    }
    let d = degrees as f64 / 2.0 - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = draws.normal();
        let v = (1.0 + c * x).powi(3);
        let log = |value: f64| libm::log(value);
        if v > 0.0 && log(1.0 - draws.uniform()) < 0.5 * x * x + d - d * v + d * log(v) {
            return 2.0 * d * v;
        }
    }
}
