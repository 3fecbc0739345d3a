//! Photographs of a hundred kinds of things.

use super::{Archive, Known, Layout, Member, Sha256Of, Split};

pub(crate) static CIFAR_100: Known = Known {
    name: "cifar-100",
    about: "photographs of a hundred kinds, 50,000 + 10,000, colour, 32×32",
    source: "Krizhevsky, Learning multiple layers of features from tiny images, 2009",
    shape: [3, 32, 32],
    classes: FINE,
    layout: Layout::Records { labels: 2, label: 1 },
    splits: [
        Split {
            samples: 50_000,
            files: &[Member {
                name: "train.bin",
                bytes: 153_700_000,
                sha256: Sha256Of::Content(
                    "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29",
                ),
            }],
        },
        Split {
            samples: 10_000,
            files: &[Member {
                name: "test.bin",
                bytes: 30_740_000,
                sha256: Sha256Of::Content(
                    "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a",
                ),
            }],
        },
    ],
    folders: &["cifar-100", "cifar-100-binary"],
    archive: Some(Archive {
        name: "cifar-100-binary.tar.gz",
        sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    }),
    hosts: &["https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"],
};

/// The fine classes.
#[rustfmt::skip]
const FINE: &[&str] = &[
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed",
    "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
    "bridge", "bus", "butterfly", "camel", "can", "castle",
    "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud",
    "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
    "dolphin", "elephant", "flatfish", "forest", "fox", "girl",
    "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower",
    "leopard", "lion", "lizard", "lobster", "man", "maple_tree",
    "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange",
    "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
    "plain", "plate", "poppy", "porcupine", "possum", "rabbit",
    "raccoon", "ray", "road", "rocket", "rose", "sea",
    "seal", "shark", "shrew", "skunk", "skyscraper", "snail",
    "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper",
    "table", "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale",
    "willow_tree", "wolf", "woman", "worm",
];
