//! Cursive Japanese characters.

use super::{Known, Layout, Member, Sha256Of, Split};

pub(crate) static KMNIST: Known = Known {
    name: "kmnist",
    about: "cursive Japanese characters, 60,000 + 10,000, grey, 28×28",
    source: "Clanuwat, Bober-Irizar, Kitamoto, Lamb, Yamamoto, Ha, Deep learning for classical Japanese literature, 2018, arXiv:1812.01718; CC BY-SA 4.0",
    shape: [1, 28, 28],
    classes: &["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
    layout: Layout::Idx,
    splits: [
        Split {
            samples: 60_000,
            files: &[
                Member {
                    name: "train-images-idx3-ubyte",
                    bytes: 47_040_016,
                    sha256: Sha256Of::Gzip(
                        "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                    ),
                },
                Member {
                    name: "train-labels-idx1-ubyte",
                    bytes: 60_008,
                    sha256: Sha256Of::Gzip(
                        "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
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
                    sha256: Sha256Of::Gzip(
                        "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                    ),
                },
                Member {
                    name: "t10k-labels-idx1-ubyte",
                    bytes: 10_008,
                    sha256: Sha256Of::Gzip(
                        "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
                    ),
                },
            ],
        },
    ],
    folders: &["kmnist", "KMNIST/raw"],
    archive: None,
    hosts: &["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
};
