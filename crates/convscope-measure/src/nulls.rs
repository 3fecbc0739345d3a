//! What scores come to by chance: exact moments over all orders of the samples.

use crate::Moments;
use crate::neighbours::Neighbours;

/// Of a double-centred symmetric matrix: what its permutation moments depend on.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// tr K.
    pub trace: f64,
    /// ‖K‖².
    pub squared_norm: f64,
    /// Σ Kᵢᵢ².
    pub squared_diagonal: f64,
}

impl Moments {
    /// Returns the moments of the quantity times `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { mean: self.mean * factor, variance: self.variance * factor * factor }
    }

    /// Returns how many standard deviations `value` lies above the mean; `None` without spread.
    pub fn z(self, value: f64) -> Option<f64> {
        let z = (value - self.mean) / self.variance.sqrt();
        (self.variance > 0.0 && z.is_finite()).then_some(z)
    }
}

/// Returns the moments of `⟨K, PLPᵀ⟩` over all n! orders P, of double-centred K and L.
///
/// ```text
/// mean     = tr K · tr L / (n − 1)
/// variance = 2 / ((n+1)(n−1)²(n−2)) · (a b + (n−1) / (2n(n−3)) · c d)
///            a = (n−1)‖K‖² − tr²K,   c = n(n+1) ΣKᵢᵢ² − (n−1)(tr²K + 2‖K‖²),  b, d of L
/// ```
///
/// Biased CKA, the RV coefficient, R² of canonical correlations and of regressions are all of this
/// form. The distribution has a longer tail above than below: z overstates small p-values.
///
/// Kazi-Aoual, Hitier, Sabatier and Lebreton 1995, doi:10.1016/0167-9473(94)00064-2, there divided by the norms.
pub fn bilinear(samples: usize, k: Shape, l: Shape) -> Moments {
    let n = samples as f64;
    let spread = |m: Shape| (n - 1.0) * m.squared_norm - m.trace * m.trace;
    let peaks = |m: Shape| {
        n * (n + 1.0) * m.squared_diagonal - (n - 1.0) * (m.trace * m.trace + 2.0 * m.squared_norm)
    };
    let bracket = spread(k) * spread(l) + (n - 1.0) / (2.0 * n * (n - 3.0)) * peaks(k) * peaks(l);
    let variance = 2.0 * bracket / ((n + 1.0) * (n - 1.0).powi(2) * (n - 2.0));
    Moments { mean: k.trace * l.trace / (n - 1.0), variance: variance.max(0.0) }
}

/// Returns the moments of a debiased CKA or distance correlation over all orders of n samples.
///
/// ```text
/// mean = 0,   variance = 2 / (n (n − 3)),   whatever the data
/// ```
///
/// Székely and Rizzo 2013, doi:10.1016/j.jmva.2013.02.012, for distances.
pub fn debiased(samples: usize) -> Moments {
    let n = samples as f64;
    Moments { mean: 0.0, variance: 2.0 / (n * (n - 3.0)) }
}

/// Returns the moments of the share of places at which two lists differ, over all orders of one.
///
/// ```text
/// mean = 1 − m,   variance = Σₖₗ fₖ gₗ ([k = l] − gₖ − fₗ + m)² / (n − 1),   m = Σₖ fₖ gₖ
/// ```
///
/// with f and g the shares of each of `kinds` values (Hoeffding 1951, of linear rank statistics).
pub(crate) fn differing(a: &[usize], b: &[usize], kinds: usize) -> Moments {
    let n = a.len() as f64;
    let shares = |list: &[usize]| {
        let mut counts = vec![0.0; kinds];
        for kind in list {
            counts[*kind] += 1.0;
        }
        counts.into_iter().map(|count| count / n).collect::<Vec<f64>>()
    };
    let (f, g) = (shares(a), shares(b));
    let same: f64 = f.iter().zip(&g).map(|(f, g)| f * g).sum();
    let mut squares = 0.0;
    for k in 0..kinds {
        for l in 0..kinds {
            let equal = f64::from(u8::from(k == l));
            squares += f[k] * g[l] * (equal - g[k] - f[l] + same).powi(2);
        }
    }
    Moments { mean: 1.0 - same, variance: squares / (n - 1.0) }
}

/// Returns the moments of the share of neighbours that two layers agree on, over all orders.
pub(crate) fn shared_neighbours(x: &Neighbours, y: &Neighbours, samples: usize) -> Moments {
    let (a, b) = (Arrows::of(x, samples), Arrows::of(y, samples));
    let count = agreement(samples, &a, &b);
    count.scaled(1.0 / a.all)
}

/// Of a 0/1 matrix with a zero diagonal: sums over pairs of its entries, by what places they share.
struct Arrows {
    /// Σ Aᵢⱼ.
    all: f64,
    /// Σ Aᵢⱼ Aⱼᵢ.
    both_ways: f64,
    /// Σ over i of (row sum)².
    out: f64,
    /// Σ over i of (column sum)².
    into: f64,
    /// Σ over i of row sum · column sum.
    through: f64,
}

impl Arrows {
    fn of(neighbours: &Neighbours, samples: usize) -> Self {
        let mut columns = vec![0.0; samples];
        let mut both_ways = 0.0;
        let k = neighbours.of(0).len() as f64;
        for i in 0..samples {
            for &j in neighbours.of(i) {
                columns[j as usize] += 1.0;
                let back = neighbours.of(j as usize).contains(&(i as u32));
                both_ways += f64::from(u8::from(back));
            }
        }
        let all = k * samples as f64;
        Self {
            all,
            both_ways,
            out: k * k * samples as f64,
            into: columns.iter().map(|c| c * c).sum(),
            through: k * all,
        }
    }

    /// Σ of products of two entries whose places share one index, by which, and none.
    fn patterns(&self) -> [f64; 6] {
        let rows = self.out - self.all;
        let columns = self.into - self.all;
        let chains = self.through - self.both_ways;
        let rest = self.all * self.all - self.all - self.both_ways - rows - columns - 2.0 * chains;
        [self.all, self.both_ways, rows, columns, chains, rest]
    }
}

/// Returns the moments of Σ `Aᵢⱼ B_π(i)π(j)` over all orders π (Mantel 1967, for asymmetric matrices).
fn agreement(samples: usize, a: &Arrows, b: &Arrows) -> Moments {
    let n = samples as f64;
    let (two, three) = (n * (n - 1.0), n * (n - 1.0) * (n - 2.0));
    let four = three * (n - 3.0);
    let ways = [1.0 / two, 1.0 / two, 1.0 / three, 1.0 / three, 2.0 / three, 1.0 / four];
    let (a_patterns, b_patterns) = (a.patterns(), b.patterns());
    let square: f64 = (0..6).map(|p| ways[p] * a_patterns[p] * b_patterns[p]).sum();
    let mean = a.all * b.all / two;
    Moments { mean, variance: (square - mean * mean).max(0.0) }
}
