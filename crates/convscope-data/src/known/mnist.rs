//! Handwritten digits.

use super::{Known, Layout, Member, Sha256Of, Split};

pub(crate) static MNIST: Known = Known {
    name: "mnist",
    about: "handwritten digits, 60,000 + 10,000, grey, 28×28",
    source: "LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition, Proc. IEEE 86(11), 1998; CC BY-SA 3.0",
    shape: [1, 28, 28],
    classes: &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    layout: Layout::Idx,
    splits: [
        Split {
            samples: 60_000,
            files: &[
                Member {
                    name: "train-images-idx3-ubyte",
                    bytes: 47_040_016,
                    sha256: Sha256Of::Content(
                        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    ),
                },
                Member {
                    name: "train-labels-idx1-ubyte",
                    bytes: 60_008,
                    sha256: Sha256Of::Content(
                        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    ),
                },
            ],
        },
        Split {
            samples: 10_000,
            files: &[
                Member {
                    name: "t10k-images-idx3-ubyte",
                    bytes: 7_840_016,
                    sha256: Sha256Of::Content(
                        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    ),
                },
                Member {
                    name: "t10k-labels-idx1-ubyte",
                    bytes: 10_008,
                    sha256: Sha256Of::Content(
                        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                    ),
                },
            ],
        },
    ],
    folders: &["mnist", "MNIST/raw"],
    archive: None,
    hosts: &[
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
};
