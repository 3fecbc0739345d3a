//! Photographs of ten kinds of things.

use super::{Archive, Known, Layout, Member, Sha256Of, Split};

pub(crate) static CIFAR_10: Known = Known {
    name: "cifar-10",
    about: "photographs of ten kinds, 50,000 + 10,000, colour, 32×32",
    source: "Krizhevsky, Learning multiple layers of features from tiny images, 2009",
    shape: [3, 32, 32],
    classes: TEN,
    layout: Layout::Records { labels: 1, label: 0 },
    splits: [
        Split {
            samples: 50_000,
            files: &[
                Member {
                    name: "data_batch_1.bin",
                    bytes: 30_730_000,
                    sha256: Sha256Of::Content(
                        "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                    ),
                },
                Member {
                    name: "data_batch_2.bin",
                    bytes: 30_730_000,
                    sha256: Sha256Of::Content(
                        "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                    ),
                },
                Member {
                    name: "data_batch_3.bin",
                    bytes: 30_730_000,
                    sha256: Sha256Of::Content(
                        "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                    ),
                },
                Member {
                    name: "data_batch_4.bin",
                    bytes: 30_730_000,
                    sha256: Sha256Of::Content(
                        "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                    ),
                },
                Member {
                    name: "data_batch_5.bin",
                    bytes: 30_730_000,
                    sha256: Sha256Of::Content(
                        "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
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
                    "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
                ),
            }],
        },
    ],
    folders: &["cifar-10", "cifar-10-batches-bin"],
    archive: Some(Archive {
        name: "cifar-10-binary.tar.gz",
        sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    }),
    hosts: &["https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"],
};

/// The classes of CIFAR-10.
pub(super) const TEN: &[&str] =
    &["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
