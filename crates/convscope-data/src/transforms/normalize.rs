//! Normalisation by a mean and a standard deviation.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::PerChannel;
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<Normalize>(
    "normalize",
    "subtracts a mean from every pixel and divides by a standard deviation",
    "torchvision 0.29, transforms.v2.Normalize",
);

/// (pixel − mean) / sd, channel by channel; the defaults take 0..1 to −1..1.
///
/// As torchvision's `Normalize`, which has no defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Normalize {
    /// What becomes 0: a number, or one for each channel.
    mean: PerChannel,
    /// What becomes a step of 1: a number above 0, or one for each channel.
    sd: PerChannel,
}

impl Default for Normalize {
    fn default() -> Self {
        Self { mean: PerChannel::All(0.5), sd: PerChannel::All(0.5) }
    }
}

impl Transform for Normalize {
    fn check(&self) -> Result<(), SettingError> {
        self.mean.check("mean")?;
        self.sd.check("sd")?;
        match self.sd.numbers().iter().find(|sd| **sd as f32 <= 0.0) {
            Some(sd) => {
                let message = format!("standard deviations above 0 are wanted; came {sd}");
                Err(SettingError::at("sd", message))
            }
            None => Ok(()),
        }
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        self.mean.fits("mean", of.channels)?;
        self.sd.fits("sd", of.channels)?;
        Ok(of)
    }

    fn apply(&self, image: View<'_>, _: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        to.clear();
        for (channel, plane) in image.planes().enumerate() {
            let (mean, sd) = (self.mean.of(channel), self.sd.of(channel));
            to.extend(plane.iter().map(|pixel| (pixel - mean) / sd));
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;

    use super::Normalize;
    use crate::transforms::{Transform, golden};

    #[test]
    fn normalised_images_equal_those_of_torchvision() {
        let count = golden::compared("normalize", |image, case, scratch, to| {
            let normalize = Normalize { mean: case.read("mean"), sd: case.read("sd") };
            normalize.apply(image, Seed::root(1), scratch, to);
        });
        assert_eq!(count, 3);
    }
}
