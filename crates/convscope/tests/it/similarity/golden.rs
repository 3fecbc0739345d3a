//! The published vector: `np.random.seed(1337); X = randn(100, 10); Y = randn(100, 10) + X`.

use serde_json::Value;
use tempfile::TempDir;

use super::{bytes_64, npy, similarity};
use crate::numpy::Legacy;

/// The first two and the third are printed by the authors of CKA; the others follow from the
/// definitions in numpy.
const PUBLISHED: [(&str, &str, f64); 11] = [
    ("cka", "{}", 0.557_613_256_611_758_9),
    ("debiased-cka", "{}", 0.513_456_489_505_526),
    ("rbf-cka", r#"{"bandwidth":0.5}"#, 0.654_831_182_261_498_1),
    ("squared-cca", "{}", 0.545_396_332_190_832_7),
    ("mean-cca", "{}", 0.731_013_958_783_658_5),
    ("pwcca", "{}", 0.734_667_719_617_403_4),
    ("pwcca", r#"{"weights":"second"}"#, 0.736_840_567_524_663_8),
    ("nbs", "{}", 0.736_255_310_605_828_3),
    ("angular-shape", "{}", 0.743_276_476_120_809_2),
    ("squared-procrustes", "{}", 905.003_268_007_311_4),
    ("regression-r2", "{}", 0.563_475_241_652_954_6),
];

#[test]
fn the_published_vector_gives_its_values() {
    let folder = TempDir::new().unwrap();
    let mut draws = Legacy::seeded(1337);
    let mut matrix = || (0..1000).map(|_| draws.normal()).collect::<Vec<f64>>();
    let (x, noise) = (matrix(), matrix());
    let y: Vec<f64> = x.iter().zip(&noise).map(|(x, noise)| noise + x).collect();
    for (name, numbers) in [("x.npy", x), ("y.npy", y)] {
        std::fs::write(folder.path().join(name), npy("<f8", &[100, 10], &bytes_64(&numbers)))
            .unwrap();
    }
    let found = similarity(folder.path(), &["x.npy", "y.npy"]);
    assert_eq!(found["tables"].as_array().unwrap().len(), PUBLISHED.len());
    for (measure, settings, wanted) in PUBLISHED {
        let settings: Value = serde_json::from_str(settings).unwrap();
        let mut tables = found["tables"].as_array().unwrap().iter();
        let table = tables.find(|t| t["measure"] == measure && t["settings"] == settings).unwrap();
        let got = table["scores"][0][0]["value"].as_f64().unwrap();
        assert!(((got - wanted) / wanted).abs() < 1e-12, "{measure} {settings}: {got:.16}");
    }
    let cell = &found["tables"][0]["scores"][0][0];
    assert_eq!((&cell["n"], &cell["p"], &cell["q"]), (&100.into(), &10.into(), &10.into()));
    // Under a random order the mean is 0 and the variance 2 / (n (n − 3)).
    assert_eq!(cell["null_mean"], 0.0);
    let z = 0.513_456_489_505_526 * (100.0 * 97.0 / 2.0_f64).sqrt();
    assert!((cell["z"].as_f64().unwrap() - z).abs() < 1e-9);
    assert_eq!(cell["why"]["p_value"], "no permutation test was asked for");
}
