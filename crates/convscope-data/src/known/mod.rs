//! Data sets that go by a name: what they are, where their files lie, and how they are known.

mod add;
mod cifar_10;
mod cifar_100;
mod cifar_10_jpeg;
mod fashion_mnist;
mod files;
mod kmnist;
mod mnist;
mod read;
mod repacked;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod tiny;
mod verify;

use convscope_core::{Identity, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use self::add::{Added, Present};
pub use self::verify::Checked;
pub(crate) use self::{
    cifar_10::CIFAR_10, cifar_10_jpeg::CIFAR_10_JPEG, cifar_100::CIFAR_100,
    fashion_mnist::FASHION_MNIST, kmnist::KMNIST, mnist::MNIST,
};

/// Every data set that goes by a name.
pub static KNOWN: &[&Known] =
    &[&MNIST, &FASHION_MNIST, &KMNIST, &CIFAR_10, &CIFAR_100, &CIFAR_10_JPEG];

/// A published data set.
#[derive(Debug)]
pub struct Known {
    /// Its name in study files, and of its folder.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
    /// Authors, year, where it was published, and under which licence.
    pub source: &'static str,
    /// Channels, rows, columns.
    pub(crate) shape: [usize; 3],
    /// The names of the classes as published, in the order of the labels.
    pub(crate) classes: &'static [&'static str],
    /// How samples lie in the files.
    pub(crate) layout: Layout,
    /// Training, then test.
    pub(crate) splits: [Split; 2],
    /// Names of folders in which its files may lie; the first is that which `data get` makes.
    pub(crate) folders: &'static [&'static str],
    /// The archive that holds all files, where the authors give one.
    pub(crate) archive: Option<Archive>,
    /// The authors' host, then mirrors, each ending in `/`; none for what cannot be had from a host.
    pub(crate) hosts: &'static [&'static str],
}

/// How samples lie in the files of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A file of images, then one of labels.
    Idx,
    /// Files of records: labels of a byte each, of which one counts, then the pixels.
    Records {
        /// How many labels.
        labels: usize,
        /// Which one counts.
        label: usize,
    },
}

/// A part that the authors made.
#[derive(Debug)]
pub(crate) struct Split {
    /// How many samples.
    pub(crate) samples: usize,
    /// Its files, in order.
    pub(crate) files: &'static [Member],
}

/// A file by its name, when it is not packed.
#[derive(Debug)]
pub(crate) struct Member {
    /// Its name.
    pub(crate) name: &'static str,
    /// How many bytes it has.
    pub(crate) bytes: u64,
    /// By what it is known.
    pub(crate) sha256: Sha256Of,
}

/// What a published checksum is of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sha256Of {
    /// The file itself, however it comes packed.
    Content(&'static str),
    /// The gzip file that the authors give; of another one nothing is known.
    Gzip(&'static str),
}

/// A gzip archive of files.
#[derive(Debug)]
pub(crate) struct Archive {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its SHA-256.
    pub(crate) sha256: &'static str,
}

/// Which part of a published data set.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SplitName {
    /// The training images.
    #[default]
    Train,
    /// The test images.
    Test,
}

impl SplitName {
    /// Both parts.
    pub const ALL: [Self; 2] = [Self::Train, Self::Test];

    /// Returns its name in study files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

impl Known {
    /// Finds a set by its name.
    pub fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().copied().find(|known| known.name == name)
    }

    /// Returns the shape of every sample.
    pub fn shape(&self) -> Shape {
        let [channels, height, width] = self.shape;
        Shape::image(channels, height, width)
    }

    /// Returns the names of the classes.
    pub fn classes(&self) -> Vec<String> {
        self.classes.iter().map(|&class| class.to_owned()).collect()
    }

    /// Returns how many samples a split has.
    pub fn samples(&self, split: SplitName) -> usize {
        self.split(split).samples
    }

    /// Returns what its images are, wherever they lie: a hash of the checksums of the split's files.
    pub fn content(&self, split: SplitName) -> Identity {
        let files = self.split(split).files.iter();
        let checksums = files.map(|file| match file.sha256 {
            Sha256Of::Content(sha256) | Sha256Of::Gzip(sha256) => sha256,
        });
        Identity::of_json(&json!(checksums.collect::<Vec<_>>()))
    }

    pub(crate) fn split(&self, split: SplitName) -> &Split {
        &self.splits[split as usize]
    }
}
