//! Small systems of linear equations.

/// Solves a symmetric, non-negative system by elimination; an unknown that depends on those before is 0.
pub(crate) fn solve<const N: usize>(mut table: [[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    let scale = (0..N).map(|i| table[i][i]).fold(0.0, f64::max);
    let mut used = [true; N];
    for i in 0..N {
        used[i] = table[i][i] > 1e-12 * scale;
        let pivot = table[i];
        for j in (i + 1..N).filter(|_| used[i]) {
            let share = table[j][i] / pivot[i];
            table[j].iter_mut().zip(pivot).for_each(|(cell, above)| *cell -= share * above);
            right[j] -= share * right[i];
        }
    }
    for i in (0..N).rev() {
        let later: f64 = (i + 1..N).map(|j| table[i][j] * right[j]).sum();
        right[i] = if used[i] { (right[i] - later) / table[i][i] } else { 0.0 };
    }
    right
}
