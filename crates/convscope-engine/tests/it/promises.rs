//! What does not change a result.

use convscope_core::Seed;
use convscope_engine::{Executor, Level, Samples, reference};
use convscope_model::{Net, Op, Shape};

use crate::nets::{FLAT, GAP, RELU, max, net, zero};
use crate::trial::{SAMPLES, Trial, bits, trials};

#[test]
fn a_sample_has_the_same_logits_beside_any_others() {
    for trial in trials() {
        let name = &trial.name;
        let logits = |batch| trial.logits(&mut trial.plan(batch, Level::detect()));
        let alone = logits(1);
        for batch in [2, 10, 16, 17, 64] {
            assert!(logits(batch) == alone, "{name} in batches of {batch}");
        }
    }
}

#[test]
fn a_planned_batch_may_be_larger_than_the_one_that_comes() {
    for trial in trials() {
        let name = &trial.name;
        let batch = [3, 1, 4, 1, 5];
        let exact = trial.gradients(&mut trial.plan(5, Level::detect()), &batch);
        let mut executor = trial.plan(SAMPLES, Level::detect());
        // A full batch before it leaves something in every lane.
        let all: Vec<u32> = (0..SAMPLES as u32).collect();
        trial.gradients(&mut executor, &all);
        let (gradients, score) = trial.gradients(&mut executor, &batch);
        assert!(bits(&gradients) == bits(&exact.0) && score == exact.1, "{name}");
    }
}

#[test]
fn a_model_that_broke_leaves_nothing_to_the_next() {
    for trial in trials() {
        let batch = [3, 1, 4, 1, 5];
        let exact = trial.gradients(&mut trial.plan(SAMPLES, Level::detect()), &batch);
        let mut executor = trial.plan(SAMPLES, Level::detect());
        let all: Vec<u32> = (0..SAMPLES as u32).collect();
        let (broken, gradients) =
            (vec![f32::NAN; trial.weights.len()], &mut vec![0.0; trial.net.parameter_count()]);
        executor.gradients(&broken, trial.samples(), &all, Seed::root(5), gradients);
        let (gradients, score) = trial.gradients(&mut executor, &batch);
        assert!(bits(&gradients) == bits(&exact.0) && score == exact.1, "{}", trial.name);
    }
}

#[test]
fn a_result_does_not_depend_on_threads() {
    let cases = trials();
    let work = |trial: &Trial| {
        let mut executor = trial.plan(SAMPLES, Level::detect());
        let batch: Vec<u32> = (0..20).collect();
        bits(&trial.gradients(&mut executor, &batch).0)
    };
    let alone: Vec<_> = cases.iter().map(work).collect();
    let together: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = cases.iter().map(|trial| scope.spawn(move || work(trial))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it computes")).collect()
    });
    assert!(alone == together);
}

#[test]
fn threads_within_a_net_change_no_bit() {
    for trial in trials() {
        let batch: Vec<u32> = (0..33).collect();
        let found = |threads| {
            let mut executor = trial.plan(SAMPLES, Level::detect());
            executor.use_threads(threads);
            let gradients = bits(&trial.gradients(&mut executor, &batch).0);
            let mut weights = trial.weights.clone();
            executor.track_statistics(&mut weights);
            (gradients, bits(&weights), trial.logits(&mut executor))
        };
        let alone = found(1);
        for threads in [2, 3, 7] {
            assert!(found(threads) == alone, "{} on {threads} threads", trial.name);
        }
    }
}

#[test]
fn gradients_of_samples_are_those_of_batches_of_one() {
    for trial in trials().into_iter().filter(|trial| !learns_from_batches(&trial.net)) {
        let batch = [7, 0, 7, 32];
        let mut executor = trial.plan(16, Level::detect());
        let alone: Vec<_> = batch.iter().map(|&i| trial.gradients(&mut executor, &[i])).collect();
        let mut gradients = vec![f32::NAN; trial.net.parameter_count()];
        let mut seen = 0;
        let (weights, samples) = (&trial.weights, trial.samples());
        executor.sample_gradients(
            weights,
            samples,
            &batch,
            &mut gradients,
            |place, loss, found| {
                let (expected, score) = &alone[place];
                assert!(bits(found) == bits(expected), "{}", trial.name);
                assert_eq!(loss.to_bits(), score.loss_sum.to_bits(), "{}", trial.name);
                seen += 1;
            },
        );
        assert_eq!(seen, batch.len());
    }
}

#[test]
fn logits_change_as_the_jacobian_says() {
    for trial in trials() {
        let mut executor = trial.plan(1, Level::detect());
        let (count, outputs) = (trial.net.parameter_count(), trial.net.output().len());
        let (mut gradients, mut rows) = (vec![0.0; count], Vec::new());
        let (weights, samples) = (&trial.weights, trial.samples());
        executor.jacobian(weights, samples, 3, &mut gradients, |_, row| rows.push(row.to_vec()));
        assert_eq!(rows.len(), outputs);
        let wide = |numbers: &[f32]| numbers.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let size = trial.net.input().len();
        let sample = wide(&trial.pixels[3 * size..][..size]);
        let logits = |weights: &[f64]| reference::logits(&trial.net, weights, &sample);
        for i in (0..count).step_by(count.div_ceil(25).max(1)) {
            let moved = |by: f64| {
                let mut weights = wide(weights);
                weights[i] += by;
                logits(&weights)
            };
            let (up, down) = (moved(1e-6), moved(-1e-6));
            for (class, row) in rows.iter().enumerate() {
                let difference = (up[class] - down[class]) / 2e-6;
                let off = (f64::from(row[i]) - difference).abs();
                assert!(off < 2e-4 * (1.0 + difference.abs()), "{}, weight {i}", trial.name);
            }
        }
    }
}

/// Returns whether what is learnt from a sample depends on the others, or on chance.
fn learns_from_batches(net: &Net) -> bool {
    net.layers().iter().any(|layer| matches!(layer.op, Op::BatchNorm(_) | Op::Dropout(_)))
}

#[test]
fn freezing_leaves_the_other_gradients_as_they_are() {
    for trial in trials() {
        let name = &trial.name;
        let batch: Vec<u32> = (0..20).collect();
        let mut executor = trial.plan(20, Level::detect());
        let (free, score) = trial.gradients(&mut executor, &batch);
        let parameters = trial.net.parameters();
        let count = parameters.len();
        let patterns: [&dyn Fn(usize) -> bool; 5] =
            [&|_| true, &|i| i % 2 == 0, &|i| i % 2 == 1, &|i| i < count / 2, &|i| i + 2 < count];
        for pattern in patterns {
            let frozen: Vec<bool> = (0..count).map(pattern).collect();
            executor.freeze(&frozen);
            let (found, frozen_score) = trial.gradients(&mut executor, &batch);
            assert!(frozen_score == score, "{name}, {frozen:?}");
            for (parameter, frozen) in parameters.iter().zip(&frozen) {
                let (found, free) = (&found[parameter.range()], &free[parameter.range()]);
                let expected = if *frozen { vec![0; free.len()] } else { bits(free) };
                assert!(bits(found) == expected, "{name}, {}", parameter.name);
            }
        }
    }
}

#[test]
fn of_equal_values_the_first_takes_the_slope() {
    // Every filter sees 1 + 2 and then 2 + 1; its weights' slopes tell which was taken.
    let pooled = net(Shape::image(2, 2, 2), &[Op::Conv(zero(2, 1, 0)), max(2, 0), FLAT]);
    let overlapping = net(Shape::image(2, 2, 2), &[Op::Conv(zero(2, 1, 0)), max(2, 1), FLAT]);
    let pixels = [1.0, 2.0, 0.0, 2.0, 2.0, 1.0, 0.0, 1.0];
    let samples = Samples { pixels: &pixels, labels: &[0] };
    for (net, level) in [pooled, overlapping].iter().flat_map(each_level) {
        let (mut gradients, noise) = ([0.0; 6], Seed::root(1));
        let weights = [0.5, 0.5, 0.25, 0.25, 0.0, 0.0];
        Executor::new(net, 1, level).gradients(&weights, samples, &[0], noise, &mut gradients);
        for slopes in gradients[..4].chunks(2) {
            assert!(slopes[0] != 0.0, "{level}");
            assert_eq!((2.0 * slopes[0]).to_bits(), slopes[1].to_bits(), "{level}");
        }
    }
}

#[test]
fn a_value_that_is_no_number_is_the_largest() {
    let pooled = net(Shape::image(1, 2, 4), &[Op::Conv(zero(1, 1, 0)), RELU, max(2, 0)]);
    let alone = net(Shape::image(1, 2, 4), &[RELU, max(2, 0)]);
    let pixels = [1.0, f32::NAN, 3.0, 4.0, 2.0, 9.0, -1.0, 0.0];
    let samples = Samples { pixels: &pixels, labels: &[0] };
    for (net, level) in [pooled, alone].iter().flat_map(each_level) {
        let weights: &[f32] = if net.parameter_count() == 0 { &[] } else { &[1.0, 0.0] };
        let mut seen = Vec::new();
        let mut executor = Executor::new(net, 1, level);
        executor.evaluate(weights, samples, |_, values| seen.extend_from_slice(values));
        assert!(seen[0].is_nan(), "{level}");
        assert_eq!(seen[1].to_bits(), 4.0_f32.to_bits(), "{level}");
    }
}

#[test]
fn at_zero_the_positive_part_has_no_slope() {
    let conv = Op::Conv(zero(2, 1, 0));
    let (fused, alone) = ([conv.clone(), RELU, GAP], [conv, max(1, 0), RELU, GAP]);
    let pooled = [Op::Conv(zero(2, 1, 0)), RELU, max(2, 0), GAP];
    for ops in [&fused[..], &alone, &pooled] {
        let net = net(Shape::image(1, 2, 2), ops);
        for level in Level::available() {
            let samples = Samples { pixels: &[1.0; 4], labels: &[0] };
            let (mut gradients, noise) = ([f32::NAN; 4], Seed::root(1));
            Executor::new(&net, 1, level).gradients(
                &[0.0; 4],
                samples,
                &[0],
                noise,
                &mut gradients,
            );
            assert_eq!(gradients.map(f32::abs).map(f32::to_bits), [0; 4], "{level}");
        }
    }
}

fn each_level(net: &Net) -> impl Iterator<Item = (&Net, Level)> {
    Level::available().into_iter().map(move |level| (net, level))
}
