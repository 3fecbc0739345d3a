//! Chance levels of random kernels are those that drawing finds.

use convscope_core::Seed;
use convscope_measure::chance::{
    deviation_of_absolute_cosine, mean_absolute_cosine, mean_of_largest, share_below,
};
use convscope_measure::filters::{FILTER_MEASURES, FilterMeasure, Modulo, random_twins};

fn filter_measure(id: &str) -> &'static FilterMeasure {
    FILTER_MEASURES.iter().find(|measure| measure.id == id).unwrap()
}

#[test]
fn closed_forms_of_few_dimensions() {
    assert!((mean_absolute_cosine(1) - 1.0).abs() < 1e-12);
    // A uniform angle: the mean of |cos| is 2/π.
    assert!((mean_absolute_cosine(2) - std::f64::consts::FRAC_2_PI).abs() < 1e-12);
    // Archimedes: the cosine is uniform in three dimensions.
    assert!((mean_absolute_cosine(3) - 0.5).abs() < 1e-12);
    assert!((deviation_of_absolute_cosine(3) - (1.0_f64 / 12.0).sqrt()).abs() < 1e-12);
    assert!((share_below(3, 0.37) - 0.37).abs() < 1e-12);
    // The mean of the largest of m uniform numbers is m / (m + 1).
    for m in [1, 2, 15, 200] {
        let wanted = m as f64 / (m as f64 + 1.0);
        assert!((mean_of_largest(3, m) - wanted).abs() < 1e-8, "{m}: {}", mean_of_largest(3, m));
    }
}

#[test]
fn drawn_kernels_have_the_stated_mean() {
    for (id, d) in [("absolute-cosine", 9), ("absolute-pearson", 8)] {
        let drawn =
            random_twins(filter_measure(id), Modulo::default(), [1, 3], 20_000, Seed::root(3));
        let apart = (drawn.mean - mean_absolute_cosine(d)).abs();
        assert!(apart < 4.0 * drawn.error, "{id}: {apart} with error {}", drawn.error);
        let deviation = deviation_of_absolute_cosine(d);
        assert!((drawn.deviation - deviation).abs() < 0.01, "{id}: {}", drawn.deviation);
    }
}

#[test]
fn the_best_of_eight_flips_is_above_one_and_below_eight_independent_tries() {
    let flips = Modulo { flips: true, ..Modulo::default() };
    let drawn = random_twins(filter_measure("absolute-cosine"), flips, [1, 3], 4000, Seed::root(3));
    assert!(drawn.mean > mean_absolute_cosine(9) + 0.1, "{}", drawn.mean);
    assert!(drawn.mean < mean_of_largest(9, 8), "{}", drawn.mean);
}
