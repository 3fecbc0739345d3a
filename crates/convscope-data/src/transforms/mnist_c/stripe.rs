//! Negative margins.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SOURCE, Scratch, Transform, View, entry, grey};

pub(in crate::transforms) const ENTRY: Entry<dyn Transform> = entry::<Stripe>(
    "mnist-c-stripe",
    "turns the left and the right quarter into their negative",
    SOURCE,
);

/// 1 − pixel in the first quarter of the columns and in those from the third quarter's end on; there is
/// but one severity.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Stripe {}

impl Transform for Stripe {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        grey(of)
    }

    fn apply(&self, image: View<'_>, _: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        let width = image.shape().width;
        let quarter = width / 4;
        to.clear();
        to.extend_from_slice(image.pixels());
        for row in to.chunks_exact_mut(width) {
            let (left, rest) = row.split_at_mut(quarter);
            let (_, right) = rest.split_at_mut(width - 2 * quarter);
            for pixel in left.iter_mut().chain(right) {
                *pixel = 1.0 - *pixel;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;

    use super::Stripe;
    use crate::transforms::{Transform, golden};

    #[test]
    fn stripes_equal_those_of_numpy() {
        let count = golden::mnist_c("stripe", |image, _, scratch, to| {
            Stripe {}.apply(image, Seed::root(1), scratch, to);
        });
        assert_eq!(count, 2);
    }
}
