//! Matchings are the best of all there are.

use faer::Mat;

use crate::{normal, value};

/// Correlations of centred columns, by definition.
fn correlations(x: &Mat<f64>, y: &Mat<f64>) -> Vec<Vec<f64>> {
    let column = |m: &Mat<f64>, j: usize| -> Vec<f64> {
        let mean = m.col(j).iter().sum::<f64>() / m.nrows() as f64;
        let centred: Vec<f64> = m.col(j).iter().map(|v| v - mean).collect();
        let length = centred.iter().map(|v| v * v).sum::<f64>().sqrt();
        centred.iter().map(|v| v / length).collect()
    };
    let with = |i: usize| {
        let x = column(x, i);
        (0..y.ncols())
            .map(|j| x.iter().zip(column(y, j)).map(|(x, y)| x * y).sum::<f64>())
            .collect()
    };
    (0..x.ncols()).map(with).collect()
}

fn best_by_trying(gain: &[Vec<f64>], row: usize, used: &mut Vec<bool>) -> f64 {
    if row == gain.len() {
        return 0.0;
    }
    let mut best = f64::NEG_INFINITY;
    for column in 0..used.len() {
        if !used[column] {
            used[column] = true;
            best = best.max(gain[row][column] + best_by_trying(gain, row + 1, used));
            used[column] = false;
        }
    }
    best
}

#[test]
fn a_hard_matching_is_the_best_of_all() {
    for (p, q) in [(1, 1), (4, 4), (5, 7), (7, 7)] {
        let (x, y) = (normal("x", 12, p), normal("y", 12, q));
        let best = best_by_trying(&correlations(&x, &y), 0, &mut vec![false; q]) / p as f64;
        for got in [value("hard-matching", &x, &y), value("hard-matching", &y, &x)] {
            assert!((got - best).abs() < 1e-12, "{p} × {q}: {got} and {best}");
        }
    }
}

#[test]
fn a_soft_matching_is_a_hard_one_of_copies() {
    // Three units four times each and four units three times each are twelve to twelve.
    let (x, y) = (normal("x", 12, 3), normal("y", 12, 4));
    let copies =
        |m: &Mat<f64>, times: usize| Mat::from_fn(12, m.ncols() * times, |i, j| m[(i, j / times)]);
    let hard = value("hard-matching", &copies(&x, 4), &copies(&y, 3));
    let soft = value("soft-matching", &x, &y);
    assert!((soft - hard).abs() < 1e-12, "{soft} and {hard}");
    let square = normal("z", 12, 3);
    let apart = value("soft-matching", &x, &square) - value("hard-matching", &x, &square);
    assert!(apart.abs() < 1e-12, "as wide as each other: {apart}");
}

#[test]
fn distances_over_smaller_groups_are_larger() {
    let (x, y) = (normal("x", 30, 6), normal("y", 30, 5));
    let rotation = value("squared-procrustes", &x, &y).sqrt();
    let permutation = value("permutation-procrustes", &x, &y);
    assert!(rotation < permutation - 0.1, "{rotation} and {permutation}");
    let cosine = value("angular-shape", &x, &y).cos();
    assert!((cosine - value("nbs", &x, &y)).abs() < 1e-12);
}
