//! The plain path's gradients against central differences.

use convscope_engine::reference;

use crate::nets::{normal, zoo};

#[test]
fn the_plain_gradients_of_every_layer_are_the_limits_of_differences() {
    for (name, net) in zoo() {
        let weights = normal(name, net.parameter_count(), 0.5);
        let pixels = normal("pixels", 3 * net.input().len(), 1.0);
        let labels = [0, 2, 1];
        let loss = |weights: &[f64]| -> f64 {
            let samples = pixels.chunks_exact(net.input().len()).zip(labels);
            let each = samples.map(|(sample, label)| {
                reference::cross_entropy(&reference::logits(&net, weights, sample), label).0
            });
            each.sum::<f64>() / labels.len() as f64
        };
        let (_, gradients) = reference::gradients(&net, &weights, &pixels, &labels);
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
