//! The plain path's gradients against central differences.

use convscope_core::Seed;
use convscope_engine::reference::{self, Lesson};

use crate::nets::{layered, normal, positive_variances, zoo};

#[test]
fn the_plain_gradients_of_every_layer_are_the_limits_of_differences() {
    for (name, net) in zoo().into_iter().chain(layered()) {
        let mut weights = normal(name, net.number_count(), 0.5);
        positive_variances(&net, &mut weights);
        let pixels = normal("pixels", 3 * net.input().len(), 1.0);
        let noise = Seed::root(3);
        let lesson = Lesson { pixels: &pixels, labels: &[0, 2, 1], smoothing: 0.1, noise };
        let loss = |weights: &[f64]| reference::gradients(&net, weights, lesson).0;
        let (_, gradients) = reference::gradients(&net, &weights, lesson);
        // At most so many weights of each parameter, from all over it.
        let some = net
            .parameters()
            .iter()
            .flat_map(|parameter| parameter.range().step_by(parameter.len().div_ceil(40)));
        for i in some {
            let (gradient, step) = (gradients[i], 1e-6);
            let moved = |by: f64| {
                let mut weights = weights.clone();
                weights[i] += by;
                loss(&weights)
            };
            let difference = (moved(step) - moved(-step)) / (2.0 * step);
            assert!(
                (difference - gradient).abs() < 1e-7 * (1.0 + gradient.abs()),
                "{name}, weight {i}: {gradient} against {difference}"
            );
        }
    }
}
