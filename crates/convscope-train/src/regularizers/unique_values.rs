//! How many different values a kernel has, smoothly.

use convscope_core::{Entry, SettingError};
use convscope_probe::Size;

use super::penalty::{Acts, OfKernels, OnKernels, scale};
use super::{Kind, Plain, Regularizer, check_bandwidth, entry, of_kernels, settings};

/// weight · Σ over kernels of a smooth count of their different values:
///
/// ```text
/// U = 1 + Σ (1 − exp(−(gap / h)²)) over the gaps of neighbours in the sorted kernel
/// ```
///
/// 1 when all values are equal, n when all gaps are some h wide. Every value is drawn to its neighbours, most by
/// those h/√2 away. The bandwidth h is a share of the root mean square of the layer, as for `kernel-entropy` and for its
/// reasons, the slope being taken through it.
///
/// Where it misleads: the slope jumps where two values change places, and a chain of values with small gaps counts
/// as one value however long it is.
///
/// Costs a sort and n exponentials a kernel and step: lenet-5 trains at about 0.95 of its speed
/// (example `penalties`).
pub(super) const ENTRY: Entry<Regularizer> = entry::<UniqueValues>(
    "A smooth count of the different values of each kernel: neighbours in size become equal.",
    "a count of gaps above a tolerance, made differentiable here",
);

settings!(UniqueValues {
    /// How wide a gap makes two values, as a share of the root mean square of the layer.
    bandwidth: f64 = 0.25,
});

impl Kind for UniqueValues {
    const ID: &'static str = "unique-values";

    fn plain(&self) -> Plain {
        self.plain_settings()
    }

    fn check(&self) -> Result<(), SettingError> {
        check_bandwidth(self.bandwidth)
    }

    fn acts(&self) -> Acts {
        of_kernels(Unique { bandwidth: self.bandwidth })
    }

    fn name(&self) -> String {
        format!("unique values of kernels (bandwidth {})", self.bandwidth)
    }
}

#[derive(Debug, Clone, Copy)]
struct Unique {
    bandwidth: f64,
}

impl OfKernels for Unique {
    fn at(&self, size: Size, _: usize) -> Box<dyn OnKernels> {
        Box::new(OnLayer { bandwidth: self.bandwidth, order: (0..size.count()).collect() })
    }
}

struct OnLayer {
    bandwidth: f64,
    /// The places of a kernel, sorted by value.
    order: Vec<usize>,
}

impl OnLayer {
    fn sort(&mut self, kernel: &[f64]) {
        let by_value = |a: &usize, b: &usize| kernel[*a].total_cmp(&kernel[*b]).then(a.cmp(b));
        self.order.sort_unstable_by(by_value);
    }
}

impl OnKernels for OnLayer {
    fn value(&mut self, weights: &[f64]) -> f64 {
        let width = self.bandwidth * scale(weights);
        if width == 0.0 {
            return (weights.len() / self.order.len()) as f64;
        }
        let mut count = 0.0;
        for kernel in weights.chunks_exact(self.order.len()) {
            self.sort(kernel);
            let gaps =
                self.order.windows(2).map(|pair| (kernel[pair[1]] - kernel[pair[0]]) / width);
            count += 1.0 + gaps.map(|gap| 1.0 - libm::exp(-gap * gap)).sum::<f64>();
        }
        count
    }

    fn slope(&mut self, weights: &[f64], slope: &mut [f64]) {
        let scale = scale(weights);
        let width = self.bandwidth * scale;
        if width == 0.0 {
            return;
        }
        let (each, mut of_width) = (self.order.len(), 0.0);
        for (kernel, slope) in weights.chunks_exact(each).zip(slope.chunks_exact_mut(each)) {
            self.sort(kernel);
            for pair in self.order.windows(2) {
                let gap = (kernel[pair[1]] - kernel[pair[0]]) / width;
                let of_gap = 2.0 * gap * libm::exp(-gap * gap) / width;
                slope[pair[1]] += of_gap;
                slope[pair[0]] -= of_gap;
                of_width -= of_gap * gap;
            }
        }
        let by_weight = of_width * self.bandwidth / (weights.len() as f64 * scale);
        slope.iter_mut().zip(weights).for_each(|(slope, weight)| *slope += by_weight * weight);
    }
}
