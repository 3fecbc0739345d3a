//! How the parameters of MNIST-C are distributed, read off corrupted images.
//!
//! Bounds are five standard errors.

use serde_json::json;

use crate::transform_draws::{centre_of_mass, even, images, moments, near, share, spot};

#[test]
fn salt_and_shots_have_the_shares_and_means_of_their_severities() {
    let grey = vec![0.4; 784];
    for (severity, share) in (1..=5).zip([0.03, 0.06, 0.09, 0.17, 0.27]) {
        let values: Vec<f32> =
            images(&json!({ "severity": severity }), "mnist-c-impulse-noise", &grey)
                .take(200)
                .flatten()
                .collect();
        let n = values.len() as f64;
        for end in [0.0_f32, 1.0] {
            let same = |value: &&f32| value.to_bits() == end.to_bits();
            let count = values.iter().filter(same).count() as f64;
            let half = share / 2.0;
            let error = (half * (1.0 - half) / n).sqrt();
            assert!((count / n - half).abs() < 5.0 * error, "{severity} {end}: {}", count / n);
        }
    }
    for (severity, white) in (1..=3).zip([60.0, 25.0, 12.0]) {
        let values: Vec<f64> =
            images(&json!({ "severity": severity }), "mnist-c-shot-noise", &grey)
                .take(200)
                .flat_map(|to| to.into_iter().map(f64::from))
                .collect();
        // Poisson: variance mean / white; what is clipped at 1 is rare at these severities.
        let ([mean, variance], n) = (moments(&values), values.len() as f64);
        assert!((mean - 0.4).abs() < 5.0 * (0.4 / white / n).sqrt() + 2e-3 / white, "{mean}");
        assert!((variance / (0.4 / white) - 1.0).abs() < 0.03, "{variance}");
    }
}

#[test]
fn signs_of_mnist_c_are_even() {
    let spot = spot(7.0, 13.5);
    for (name, axis) in [("mnist-c-shear", 1), ("mnist-c-rotate", 1), ("mnist-c-translate", 0)] {
        let start = [7.0, 13.5][axis];
        let more = share(&json!({}), name, &spot, |to| centre_of_mass(to)[axis] > start);
        near(more, 0.5, 0.25);
    }
}

/// The angle from where a spot was to where its trail leads.
#[test]
fn motion_is_even_between_slopes_of_one() {
    let angles: Vec<f64> =
        images(&json!({ "severity": 2 }), "mnist-c-motion-blur", &spot(13.5, 22.0))
            .map(|to| {
                let [row, column] = centre_of_mass(&to);
                (13.5 - row).atan2(22.0 - column).to_degrees()
            })
            .collect();
    even(&angles, -45.0, 45.0, 2.0);
}
