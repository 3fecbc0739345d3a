//! Batch norms, whose values depend on the whole batch.

use convscope_model::layer::BatchNorm;
use convscope_model::{Net, Role};

use super::Real;

/// Normalises by the statistics of the batch.
pub(super) fn forward<R: Real>(
    net: &Net,
    layer: usize,
    norm: &BatchNorm,
    weights: &[R],
    input: &[&[R]],
) -> Vec<Vec<R>> {
    let of_batch = statistics(net, layer, input);
    normalised(net, layer, norm, weights, input, |channel| of_batch[channel])
}

/// Normalises by the running statistics.
pub(super) fn by_running<R: Real>(
    net: &Net,
    layer: usize,
    norm: &BatchNorm,
    weights: &[R],
    input: &[&[R]],
) -> Vec<Vec<R>> {
    let [means, variances] =
        [Role::Mean, Role::Variance].map(|role| own(net, layer, role, weights));
    normalised(net, layer, norm, weights, input, |c| (means[c], variances[c]))
}

/// Adds the derivatives by scale and shift to `gradients` and returns those by the input.
///
/// ```text
/// x̂ = (x − mean) / √(variance + ε)        s = slope · scale / √(variance + ε)
/// d loss / d x = s − mean(s) − x̂ · mean(s · x̂)
/// ```
pub(super) fn backward<R: Real>(
    net: &Net,
    layer: usize,
    norm: &BatchNorm,
    weights: &[R],
    input: &[&[R]],
    slope: &[Vec<R>],
    gradients: &mut [R],
) -> Vec<Vec<R>> {
    let of_batch = statistics(net, layer, input);
    let scale = own(net, layer, Role::Scale, weights);
    let place = |role| net.tensor(layer, role).expect("a batch norm has its tensors").offset;
    let area = area(net, layer);
    let mut back: Vec<Vec<R>> = input.iter().map(|sample| vec![R::ZERO; sample.len()]).collect();
    for (channel, &(mean, variance)) in of_batch.iter().enumerate() {
        let root = (variance + R::of(norm.epsilon)).sqrt();
        let (mut sum, mut product) = (R::ZERO, R::ZERO);
        let pixels = channel * area..(channel + 1) * area;
        for (x, s) in input.iter().zip(slope) {
            for i in pixels.clone() {
                sum += s[i];
                product += s[i] * (x[i] - mean) / root;
            }
        }
        gradients[place(Role::Scale) + channel] += product;
        gradients[place(Role::Shift) + channel] += sum;
        let count = R::count(input.len() * area);
        for ((x, s), back) in input.iter().zip(slope).zip(&mut back) {
            for i in pixels.clone() {
                let own = s[i] - sum / count - (x[i] - mean) / root * (product / count);
                back[i] = scale[channel] / root * own;
            }
        }
    }
    back
}

/// Returns mean and variance of each channel over samples and pixels.
fn statistics<R: Real>(net: &Net, layer: usize, input: &[&[R]]) -> Vec<(R, R)> {
    let area = area(net, layer);
    let count = R::count(input.len() * area);
    (0..net.shape_before(layer).channels)
        .map(|channel| {
            let values = || input.iter().flat_map(|x| x[channel * area..][..area].iter().copied());
            let mean = values().sum::<R>() / count;
            let variance = values().map(|x| (x - mean) * (x - mean)).sum::<R>() / count;
            (mean, variance)
        })
        .collect()
}

fn normalised<R: Real>(
    net: &Net,
    layer: usize,
    norm: &BatchNorm,
    weights: &[R],
    input: &[&[R]],
    statistics: impl Fn(usize) -> (R, R),
) -> Vec<Vec<R>> {
    let [scale, shift] = [Role::Scale, Role::Shift].map(|role| own(net, layer, role, weights));
    let area = area(net, layer);
    let value = |i: usize, x: R| {
        let channel = i / area;
        let (mean, variance) = statistics(channel);
        scale[channel] * (x - mean) / (variance + R::of(norm.epsilon)).sqrt() + shift[channel]
    };
    input.iter().map(|x| x.iter().enumerate().map(|(i, &x)| value(i, x)).collect()).collect()
}

fn area(net: &Net, layer: usize) -> usize {
    let shape = net.shape_before(layer);
    shape.height * shape.width
}

fn own<'a, R>(net: &Net, layer: usize, role: Role, weights: &'a [R]) -> &'a [R] {
    &weights[net.tensor(layer, role).expect("a batch norm has its tensors").range()]
}
