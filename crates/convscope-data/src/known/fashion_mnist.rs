//! Articles of clothing.

use super::{Known, Layout, Member, Sha256Of, Split};

pub(crate) static FASHION_MNIST: Known = Known {
    name: "fashion-mnist",
    about: "articles of clothing, 60,000 + 10,000, grey, 28×28",
    source: "Xiao, Rasul, Vollgraf, Fashion-MNIST, 2017, arXiv:1708.07747; MIT",
    shape: [1, 28, 28],
    classes: &[
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ],
    layout: Layout::Idx,
    splits: [
        Split {
            samples: 60_000,
            files: &[
                Member {
                    name: "train-images-idx3-ubyte",
                    bytes: 47_040_016,
                    sha256: Sha256Of::Content(
                        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                    ),
                },
                Member {
                    name: "train-labels-idx1-ubyte",
                    bytes: 60_008,
                    sha256: Sha256Of::Content(
                        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
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
                        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                    ),
                },
                Member {
                    name: "t10k-labels-idx1-ubyte",
                    bytes: 10_008,
                    sha256: Sha256Of::Content(
                        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                    ),
                },
            ],
        },
    ],
    folders: &["fashion-mnist", "FashionMNIST/raw"],
    archive: None,
    hosts: &[
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
};
