//! Singular values.

use convscope_core::Seed;
use convscope_probe::{Size, singular};

#[test]
fn parts_add_up_and_stand_at_right_angles() {
    let mut draws = Seed::root(3).child("kernels").stream();
    for (rows, columns) in [(1, 1), (1, 4), (4, 1), (3, 3), (2, 5), (7, 7), (11, 3)] {
        let size = Size { rows, columns };
        let kernel: Vec<f64> = (0..size.count()).map(|_| draws.normal()).collect();
        let parts = singular(&kernel, size);
        assert_eq!(parts.values.len(), rows.min(columns));
        assert!(parts.values.is_sorted_by(|a, b| a >= b), "{size}");
        let whole = parts.sum(rows.min(columns));
        let furthest = kernel.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(furthest < 1e-13, "{size}: {furthest}");
        let energy: f64 = kernel.iter().map(|value| value * value).sum();
        let squares: f64 = parts.values.iter().map(|value| value * value).sum();
        assert!((energy - squares).abs() < 1e-12 * energy, "{size}");
        for rank in 1..rows.min(columns) {
            // Eckart and Young: what is left has the other values' energy.
            let sum = parts.sum(rank);
            let left: f64 = kernel.iter().zip(&sum).map(|(a, b)| (a - b).powi(2)).sum();
            let rest: f64 = parts.values[rank..].iter().map(|value| value * value).sum();
            assert!((left - rest).abs() < 1e-12 * energy, "{size} at {rank}");
        }
    }
}

#[test]
fn zeros_and_single_products_have_no_more_values() {
    assert_eq!(singular(&[0.0; 9], Size::square(3)).values, [0.0; 3]);
    let product: Vec<f64> = [1.0, 2.0, -3.0].iter().flat_map(|a| [a * 2.0, a * -1.0]).collect();
    let parts = singular(&product, Size { rows: 3, columns: 2 });
    assert!((parts.values[0] - 70.0_f64.sqrt()).abs() < 1e-14);
    assert!(parts.values[1] < 1e-14);
}
