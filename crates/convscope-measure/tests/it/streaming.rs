//! One pass over parts gives what all samples at once give.

use convscope_measure::{MEASURES, MinibatchHsic, StreamingCka};
use faer::Mat;

use crate::{normal, related, score_with, value};

#[test]
fn streaming_gives_the_value_of_all_samples_for_any_batches() {
    let (x, y) = related(211);
    // Far from zero, and the first batch is not typical of the rest.
    let far = |m: &Mat<f64>| {
        Mat::from_fn(m.nrows(), m.ncols(), |i, j| {
            10.0 + 0.3 * m[(i, j)] + if i < 10 { 1.0 } else { 0.0 }
        })
    };
    let (x, y) = (far(&x), far(&y));
    let whole = value("debiased-cka", &x, &y);
    for batch in [1, 2, 3, 10, 64, 211, 500] {
        let mut stream = StreamingCka::new(6, 5);
        for first in (0..211).step_by(batch) {
            let count = batch.min(211 - first);
            stream.add(x.subrows(first, count), y.subrows(first, count));
        }
        assert_eq!(stream.samples(), 211);
        let got = stream.cka().unwrap();
        assert!((got - whole).abs() < 1e-12, "batches of {batch}: {got} and {whole}");
    }
}

#[test]
fn a_measure_of_parts_is_that_of_all_samples_for_any_parts() {
    let (x, y) = related(211);
    let mut streamed = 0;
    for entry in MEASURES {
        for batch in [16, 64, 211, 300] {
            let settings = match entry.id {
                "minibatch-cka" => serde_json::json!({ "batch": batch }),
                _ => serde_json::json!({}),
            };
            let measure = (entry.build)(settings.clone()).unwrap();
            let Some(how) = measure.streaming() else { continue };
            streamed += 1;
            let whole = score_with(entry.id, settings, &x, &y);
            for part in [1, 3, 16, 50, 211] {
                let mut stream = how.start([6, 5]);
                for first in (0..211).step_by(part) {
                    let count = part.min(211 - first);
                    stream.add(x.subrows(first, count), y.subrows(first, count));
                }
                let parts = stream.score(measure.estimator(), Vec::new());
                let context = format!("{}, batches of {batch}, parts of {part}", entry.id);
                assert_eq!((parts.samples, parts.units), (whole.samples, whole.units));
                assert_eq!(parts.caveats, whole.caveats, "{context}");
                assert_eq!(parts.value.reason(), whole.value.reason(), "{context}");
                let [a, b] = [&parts, &whole].map(|score| score.value.number().unwrap_or(0.0));
                assert!((a - b).abs() < 1e-12, "{context}: {a} and {b}");
                let [a, b] = [&parts, &whole].map(|score| score.z.number());
                assert_eq!(a.is_some(), b.is_some(), "{context}");
            }
        }
    }
    assert_eq!(streamed, 8, "two measures, with four settings each");
}

#[test]
fn too_few_samples_have_no_streaming_value() {
    let (x, y) = related(3);
    let mut stream = StreamingCka::new(6, 5);
    assert!(stream.cka().is_err());
    stream.add(x.as_ref(), y.as_ref());
    assert!(stream.cka().unwrap_err().to_string().contains("at least 4"));
}

#[test]
fn one_batch_of_everything_is_debiased_cka() {
    let (x, y) = related(64);
    let mut hsic = MinibatchHsic::default();
    assert_eq!(hsic.hsic(), None);
    assert!(hsic.cka().is_err());
    hsic.add(x.as_ref(), y.as_ref());
    assert!((hsic.cka().unwrap() - value("debiased-cka", &x, &y)).abs() < 1e-12);
}

#[test]
fn averaged_hsic_is_near_the_whole_and_averaged_ratios_are_not_taken() {
    let x = normal("x", 4096, 6);
    let y = &x * normal("mixing", 6, 5) + normal("noise", 4096, 5);
    let whole = value("debiased-cka", &x, &y);
    let settings = serde_json::json!({ "batch": 16 });
    let batched = score_with("minibatch-cka", settings, &x, &y).value.number().unwrap();
    assert!((batched - whole).abs() < 0.01, "{batched} and {whole}");
    let biased: f64 = (0..256)
        .map(|b| {
            let rows = |m: &Mat<f64>| m.subrows(16 * b, 16).to_owned();
            value("cka", &rows(&x), &rows(&y)) / 256.0
        })
        .sum();
    assert!(biased - whole > 0.02, "the mean of biased ratios, {biased}, is another number");
}
