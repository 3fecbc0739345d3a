//! Agreement with packages of others, in `golden/similarity.json`.

use convscope_core::registry::find;
use convscope_measure::{Activations, MEASURES, Pair, Prepared};
use faer::Mat;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    n: usize,
    p: usize,
    q: usize,
    values: Vec<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
    settings: Value,
    value: f64,
    /// Of the input rounded to 32 bits, where that exchanges ranks.
    #[serde(rename = "from 32 bits")]
    single: Option<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../../golden/similarity.json")).unwrap()
}

/// The formula that the file states.
pub(crate) fn draw(seed: u32, rows: usize, columns: usize) -> Mat<f64> {
    let mut state = seed;
    let mut quarter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / 16_777_216.0
    };
    let mut number = || quarter() + quarter() + quarter() + quarter() - 2.0;
    let numbers: Vec<f64> = (0..rows * columns).map(|_| number()).collect();
    Mat::from_fn(rows, columns, |i, j| numbers[i * columns + j])
}

fn layers(case: &Case) -> (Mat<f64>, Mat<f64>) {
    let Case { n, p, q, .. } = *case;
    let mut x = draw(1, n, p);
    let mut y = &x * draw(2, p, q) + draw(3, n, q);
    match case.name.as_str() {
        "rank-deficient" => {
            for i in 0..n {
                x[(i, p - 1)] = x[(i, 0)] + x[(i, 1)];
                x[(i, p - 2)] = 1.0;
                y[(i, q - 1)] = 2.0 * y[(i, 0)];
            }
        }
        "ill-conditioned" | "wide and ill-conditioned" => {
            x = Mat::from_fn(n, p, |i, j| 10.0 + 0.3 * x[(i, j)]);
            y = Mat::from_fn(n, q, |i, j| 10.0 + 0.3 * y[(i, j)]);
        }
        _ => {}
    }
    (x, y)
}

/// Differences are relative to the value, or to `least` where the value is smaller.
fn compare(narrow: fn(&Mat<f64>) -> Prepared, tolerance: f64, least: f64) {
    let mut seen = 0;
    for case in golden().cases {
        let (x, y) = layers(&case);
        let (x, y) = (narrow(&x), narrow(&y));
        for Reference { id, settings, value, single } in &case.values {
            let value = if tolerance > 1e-9 { &single.unwrap_or(*value) } else { value };
            let measure = (find(MEASURES, "measure", id).unwrap().build)(settings.clone()).unwrap();
            let score = measure.score(Pair::new(&x, &y).unwrap());
            let at = format!("{id} {settings} on {}", case.name);
            let got = score.value.number().unwrap_or_else(|| panic!("{at}: {:?}", score.value));
            let error = (got - value).abs() / value.abs().max(least);
            assert!(error < tolerance, "{at}: {got} and not {value}, {error:e}");
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} values were compared");
}

#[test]
fn in_64_bits_all_values_agree_to_1e_9() {
    compare(|m| Prepared::new(&Activations::from_faer(m.as_ref()).unwrap()), 1e-9, 0.0);
}

#[test]
fn from_32_bits_all_values_agree_to_1e_5() {
    compare(
        |m| {
            let single = Mat::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)] as f32);
            Prepared::new(&Activations::from_faer_f32(single.as_ref()).unwrap())
        },
        1e-5,
        1.0,
    );
}

#[test]
fn every_measure_has_a_reference() {
    let golden = golden();
    for entry in MEASURES {
        let found = golden.cases.iter().any(|case| case.values.iter().any(|v| v.id == entry.id));
        assert!(found, "{} has no reference", entry.id);
    }
}
