//! Published sets of a few samples, for tests.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::{Archive, Known, Layout, Member, Sha256Of, Split};
use crate::files::hexadecimal;

/// A set and its files as they were published, unpacked.
pub(crate) struct Tiny {
    pub(crate) known: &'static Known,
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
    /// The archive of all files, for sets that have one.
    pub(crate) archive: Vec<u8>,
}

/// Four grey training images and two test images of 2×3, in IDX files.
pub(crate) fn idx() -> Tiny {
    let images = |samples: u8| {
        let mut file = vec![0, 0, 8, 3, 0, 0, 0, samples, 0, 0, 0, 2, 0, 0, 0, 3];
        file.extend((0..samples * 6).map(|pixel| 10 * pixel));
        file
    };
    let labels = |labels: &[u8]| [&[0, 0, 8, 1, 0, 0, 0, labels.len() as u8][..], labels].concat();
    let files = vec![
        ("train-images", images(4)),
        ("train-labels", labels(&[0, 1, 1, 0])),
        ("test-images", images(2)),
        ("test-labels", labels(&[1, 0])),
    ];
    let member = |at: usize| member(files[at].0, &files[at].1);
    let known = Known {
        splits: [split(4, vec![member(0), member(1)]), split(2, vec![member(2), member(3)])],
        ..known(Layout::Idx, [1, 2, 3])
    };
    Tiny { known: Box::leak(Box::new(known)), files, archive: Vec::new() }
}

/// Four colour training images in two files and one test image of 1×2, as records with two labels.
pub(crate) fn records() -> Tiny {
    let file = |labels: &[u8], first: u8| -> Vec<u8> {
        let record = |(at, label): (usize, &u8)| {
            let pixels = (0..6).map(move |pixel| first + 6 * at as u8 + pixel);
            [9, *label].into_iter().chain(pixels)
        };
        labels.iter().enumerate().flat_map(record).collect()
    };
    let files = vec![
        ("one.bin", file(&[1, 0], 0)),
        ("two.bin", file(&[0, 1], 100)),
        ("test.bin", file(&[1], 200)),
    ];
    let member = |at: usize| member(files[at].0, &files[at].1);
    let archive = gzip(&tar(&files));
    let known = Known {
        splits: [split(4, vec![member(0), member(1)]), split(1, vec![member(2)])],
        archive: Some(Archive { name: "tiny.tar.gz", sha256: leaked(&archive) }),
        ..known(Layout::Records { labels: 2, label: 1 }, [3, 1, 2])
    };
    Tiny { known: Box::leak(Box::new(known)), files, archive }
}

impl Tiny {
    /// Writes all files into a folder, packed.
    pub(crate) fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        for (name, content) in &self.files {
            std::fs::write(folder.join(format!("{name}.gz")), gzip(content)).unwrap();
        }
    }
}

/// Packs bytes.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Puts files into an archive, below a folder.
pub(crate) fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, format!("tiny/{name}"), content.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

fn known(layout: Layout, shape: [usize; 3]) -> Known {
    let none = || Split { samples: 0, files: &[] };
    Known {
        name: "tiny",
        about: "a few pixels",
        source: "",
        shape,
        classes: &["no", "yes"],
        layout,
        splits: [none(), none()],
        folders: &["tiny"],
        archive: None,
        hosts: &[],
    }
}

fn split(samples: usize, files: Vec<Member>) -> Split {
    Split { samples, files: Vec::leak(files) }
}

fn member(name: &'static str, content: &[u8]) -> Member {
    Member { name, bytes: content.len() as u64, sha256: Sha256Of::Content(leaked(content)) }
}

fn leaked(content: &[u8]) -> &'static str {
    String::leak(hexadecimal(&Sha256::digest(content)))
}
