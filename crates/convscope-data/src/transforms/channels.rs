//! Grey images in colour.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<Channels>(
    "channels",
    "repeats a grey image in several channels",
    "torchvision 0.29, transforms.v2.Grayscale and RGB",
);

/// One channel several times, so that a net for colour takes grey images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Channels {
    /// How many channels images have afterwards.
    count: u32,
}

impl Default for Channels {
    fn default() -> Self {
        Self { count: 3 }
    }
}

impl Transform for Channels {
    fn check(&self) -> Result<(), SettingError> {
        if self.count == 0 {
            return Err(SettingError::at("count", "at least 1 channel is wanted; came 0"));
        }
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        if of.channels == 1 {
            return Ok(Shape { channels: self.count as usize, ..of });
        }
        let message = format!("images of 1 channel can be repeated; these are {of}");
        Err(SettingError::at("", message))
    }

    fn apply(&self, image: View<'_>, _: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        to.clear();
        for _ in 0..self.count {
            to.extend_from_slice(image.pixels());
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;

    use super::Channels;
    use crate::transforms::{Transform, golden};

    #[test]
    fn grey_becomes_colour_as_in_torchvision() {
        let count = golden::compared("channels", |image, _, scratch, to| {
            Channels::default().apply(image, Seed::root(1), scratch, to);
        });
        assert_eq!(count, 1);
    }
}
