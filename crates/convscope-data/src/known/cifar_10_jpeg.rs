//! The first two training batches and the test batch of CIFAR-10 after JPEG, which is not CIFAR-10.

use super::cifar_10::TEN;
use super::{Known, Layout, Member, Sha256Of, Split};

pub(crate) static CIFAR_10_JPEG: Known = Known {
    name: "cifar-10-jpeg",
    about: "CIFAR-10 after JPEG coding, 20,000 + 10,000: other pixels, so other numbers than published ones",
    source: "Krizhevsky, Learning multiple layers of features from tiny images, 2009; put together again from JPEG files, quality about 75",
    shape: [3, 32, 32],
    classes: TEN,
    layout: Layout::Records { labels: 1, label: 0 },
    splits: [
        Split {
            samples: 20_000,
            files: &[
                Member {
                    name: "data_batch_1.bin",
                    bytes: 30_730_000,
                    sha256: Sha256Of::Content(
                        "8da035fc1631e8ce5f25904206b8993b0f3ad02a504c0584d662e806fd76c12b",
                    ),
                },
                Member {
                    name: "data_batch_2.bin",
                    bytes: 30_730_000,
                    sha256: Sha256Of::Content(
                        "106eeaad9f1fa7a999292fdafe68ee909080f58aee038a76994035aedf40ba26",
                    ),
                },
            ],
        },
        Split {
            samples: 10_000,
            files: &[Member {
                name: "test_batch.bin",
                bytes: 30_730_000,
                sha256: Sha256Of::Content(
                    "0ce179d0c0a5220739d6223197952896644ceabb648dacfdebd7f06789af543f",
                ),
            }],
        },
    ],
    folders: &["cifar-10-jpeg", "cifar-10"],
    archive: None,
    hosts: &[],
};
