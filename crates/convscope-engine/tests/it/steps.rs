//! Steps of the optimisers against their formulas in double precision.

use convscope_engine::Level;
use convscope_engine::update::{Adam, Sgd, adam, sgd};

use crate::nets::normal;
use crate::trial::bits;

/// Not a multiple of any vector's width.
const COUNT: usize = 61;
const STEPS: u64 = 7;

fn narrow(numbers: &[f64]) -> Vec<f32> {
    numbers.iter().map(|&x| x as f32).collect()
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&x| f64::from(x)).collect()
}

/// Runs steps on every level and compares the weights with the formula's.
fn compare(what: &str, step: impl Fn(Level, u64, &mut [f32], &[f32]), expected: &[f64]) {
    let found = |level| {
        let mut weights = narrow(&normal("weights", COUNT, 1.0));
        for count in 1..=STEPS {
            let gradients = narrow(&normal(&format!("gradients {count}"), COUNT, 0.1));
            step(level, count, &mut weights, &gradients);
        }
        weights
    };
    let plain = found(Level::Plain);
    for (found, expected) in plain.iter().zip(expected) {
        let off = (f64::from(*found) - expected).abs();
        assert!(off < 2e-6, "{what}: {found} against {expected}");
    }
    for level in Level::available() {
        assert!(bits(&found(level)) == bits(&plain), "{what} on {level} differs from plain");
    }
}

/// Computes the weights after all steps of a formula for one weight.
fn formula(mut step: impl FnMut(usize, u64, f64, f64) -> f64) -> Vec<f64> {
    let mut weights = wide(&narrow(&normal("weights", COUNT, 1.0)));
    for count in 1..=STEPS {
        let gradients = wide(&narrow(&normal(&format!("gradients {count}"), COUNT, 0.1)));
        for (i, (w, g)) in weights.iter_mut().zip(gradients).enumerate() {
            *w = step(i, count, *w, g);
        }
    }
    weights
}

#[test]
fn gradient_descent_follows_its_formula() {
    for (momentum, nesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
        let settings = Sgd { lr: 0.05, momentum, nesterov, weight_decay: 0.01 };
        let (lr, decay, momentum) =
            (f64::from(settings.lr), f64::from(settings.weight_decay), f64::from(momentum));
        let mut velocity = [0.0; COUNT];
        let expected = formula(|i, _, w, g| {
            let g = g + decay * w;
            velocity[i] = momentum * velocity[i] + g;
            w - lr * if nesterov { g + momentum * velocity[i] } else { velocity[i] }
        });
        let memory = std::cell::RefCell::new(Vec::new());
        let step = |level, count, weights: &mut [f32], gradients: &[f32]| {
            let mut velocity = memory.borrow_mut();
            if count == 1 {
                *velocity = vec![0.0; COUNT];
            }
            sgd(level, &settings, weights, gradients, &mut velocity);
        };
        compare(&format!("{settings:?}"), step, &expected);
    }
}

#[test]
fn adam_follows_its_formula() {
    for decoupled in [false, true] {
        let settings = Adam { lr: 0.01, weight_decay: 0.1, decoupled, ..Adam::default() };
        let Adam { lr, beta1, beta2, epsilon, weight_decay, .. } = settings;
        let mut memory = [(0.0, 0.0); COUNT];
        let expected = formula(|i, count, w, g| {
            let pulled = if decoupled { w - lr * weight_decay * w } else { w };
            let g = if decoupled { g } else { g + weight_decay * w };
            let (m, v) = memory[i];
            memory[i] = (beta1 * m + (1.0 - beta1) * g, beta2 * v + (1.0 - beta2) * g * g);
            let unbias = |beta: f64| 1.0 - beta.powi(count as i32);
            let (m, v) = (memory[i].0 / unbias(beta1), memory[i].1 / unbias(beta2));
            pulled - lr * m / (v.sqrt() + epsilon)
        });
        let memory = std::cell::RefCell::new((Vec::new(), Vec::new()));
        let step = |level, count, weights: &mut [f32], gradients: &[f32]| {
            let mut memory = memory.borrow_mut();
            if count == 1 {
                *memory = (vec![0.0; COUNT], vec![0.0; COUNT]);
            }
            let (mean, square) = &mut *memory;
            adam(level, &settings, count, weights, gradients, (mean, square));
        };
        compare(&format!("{settings:?}"), step, &expected);
    }
}
