//! The published vector: `np.random.seed(1337); X = randn(100, 10); Y = randn(100, 10) + X`.

use faer::Mat;
use serde_json::{Value, json};

use crate::numpy::Legacy;
use crate::score_with;

fn published() -> (Mat<f64>, Mat<f64>) {
    let mut draws = Legacy::seeded(1337);
    let mut matrix = || {
        let rows: Vec<f64> = (0..1000).map(|_| draws.normal()).collect();
        Mat::from_fn(100, 10, |i, j| rows[i * 10 + j])
    };
    let (x, noise) = (matrix(), matrix());
    let y = &noise + &x;
    (x, y)
}

/// The first two and the third are printed by the authors of CKA; the others follow from the
/// definitions in numpy.
#[test]
fn values_of_the_published_vector() {
    let (x, y) = published();
    let agrees = |id: &str, settings: Value, wanted: f64| {
        let got = score_with(id, settings, &x, &y).value.number().unwrap();
        assert!(((got - wanted) / wanted).abs() < 1e-12, "{id}: {got:.16} and not {wanted:.16}");
    };
    agrees("cka", json!({}), 0.557_613_256_611_758_9);
    agrees("debiased-cka", json!({}), 0.513_456_489_505_526);
    agrees("rbf-cka", json!({ "bandwidth": 0.5 }), 0.654_831_182_261_498_1);
    agrees("squared-cca", json!({}), 0.545_396_332_190_832_7);
    agrees("mean-cca", json!({}), 0.731_013_958_783_658_5);
    agrees("pwcca", json!({}), 0.734_667_719_617_403_4);
    agrees("pwcca", json!({ "weights": "second" }), 0.736_840_567_524_663_8);
    agrees("nbs", json!({}), 0.736_255_310_605_828_3);
    agrees("angular-shape", json!({}), 0.743_276_476_120_809_2);
    agrees("squared-procrustes", json!({}), 905.003_268_007_311_4);
    agrees("regression-r2", json!({}), 0.563_475_241_652_954_6);
}
