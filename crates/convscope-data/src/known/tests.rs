//! What becomes of damaged files.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::tiny::{Tiny, gzip, idx, records, tar};
use super::{KNOWN, Known, SplitName};
use crate::stored::Pixels;
use crate::{FilesError, Library, SOURCES};

/// Reads a split of a set that lies below a folder.
fn read(
    known: &'static Known,
    root: &Path,
    split: SplitName,
) -> Result<crate::stored::Stored, FilesError> {
    let place = known.place(&Library::new([root.to_owned()]), split)?;
    known.read(&place, split)
}

/// Writes a set with one file changed, and returns what reading it says.
#[track_caller]
fn said(tiny: &Tiny, name: &str, content: &[u8]) -> String {
    let root = TempDir::new().unwrap();
    tiny.write(&root.path().join("tiny"));
    let file = root.path().join("tiny").join(name);
    fs::write(&file, content).unwrap();
    let error = read(tiny.known, root.path(), SplitName::Train).unwrap_err();
    assert_eq!(error.file(), Some(file.as_path()), "{error}");
    assert!(error.help().unwrap().contains("convscope data add tiny"), "{error:?}");
    error.to_string()
}

#[test]
fn idx_and_records_are_read_packed_or_not() {
    let root = TempDir::new().unwrap();
    let (tiny, folder) = (idx(), root.path().join("tiny"));
    tiny.write(&folder);
    fs::remove_file(folder.join("test-images.gz")).unwrap();
    fs::write(folder.join("test-images"), &tiny.files[2].1).unwrap();
    let train = read(tiny.known, root.path(), SplitName::Train).unwrap();
    assert_eq!(train.pixels, Pixels::Bytes((0..24).map(|pixel| 10 * pixel).collect()));
    assert_eq!(train.labels, [0, 1, 1, 0]);
    assert_eq!(read(tiny.known, root.path(), SplitName::Test).unwrap().labels, [1, 0]);

    let (tiny, root) = (records(), TempDir::new().unwrap());
    let folder = root.path().join("tiny");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("tiny.tar.gz"), &tiny.archive).unwrap();
    let train = read(tiny.known, root.path(), SplitName::Train).unwrap();
    assert_eq!(train.labels, [1, 0, 0, 1], "the second label counts");
    let pixels = (0..12).chain(100..112).collect();
    assert_eq!(train.pixels, Pixels::Bytes(pixels));
    tiny.write(&folder);
    fs::remove_file(folder.join("tiny.tar.gz")).unwrap();
    assert_eq!(read(tiny.known, root.path(), SplitName::Train).unwrap(), train);
}

#[test]
fn damaged_idx_files_say_what_was_wanted() {
    let (tiny, images) = (idx(), idx().files[0].1.clone());
    let changed = |place: usize, byte: u8| {
        let mut file = images.clone();
        file[place] = byte;
        gzip(&file)
    };
    let says = |content: &[u8], parts: &[&str]| {
        let said = said(&tiny, "train-images.gz", content);
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    };
    says(&changed(2, 13), &["begins with [00, 00, 08, 03]", "[00, 00, 0d, 03]"]);
    says(&changed(7, 5), &["tells of 5×2×3 bytes; 24 follow"]);
    says(&changed(7, 2), &["tells of 2×2×3 bytes; 24 follow"]);
    says(&gzip(&images[..30]), &["tells of 4×2×3 bytes; 14 follow"]);
    says(&gzip(&images[..9]), &["ends within its header, after 9 bytes"]);
    says(&gzip(&images[..2]), &["begins with 4 bytes, this one has 2"]);
    says(&changed(20, 7), &["not what was published", "SHA-256"]);
    says(b"<html>", &["an IDX file of bytes", "[3c, 68, 74, 6d]"]);
    let turned = [&[0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2][..], &images[16..]].concat();
    says(&gzip(&turned), &["holds 4×3×2 pixels; 4×2×3 are wanted"]);
    let labels = |content: &[u8]| said_labels(&tiny, content);
    assert!(labels(&[0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 1]).contains("3 labels; there are 4 images"));
    let outside = labels(&[0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 2, 0]);
    assert!(outside.contains("below the number of classes, 2; sample 2 has 2"), "{outside}");
}

fn said_labels(tiny: &Tiny, content: &[u8]) -> String {
    said(tiny, "train-labels.gz", &gzip(content))
}

#[test]
fn damaged_gzip_is_told_from_damaged_content() {
    let (tiny, packed) = (idx(), gzip(&idx().files[0].1));
    for cut in 1..packed.len() {
        said(&tiny, "train-images.gz", &packed[..cut]);
    }
    let cut = said(&tiny, "train-images.gz", &packed[..packed.len() - 3]);
    assert!(cut.contains("ends before it should"), "{cut}");
    // A few bits of the format say nothing of the content; whatever is read is what was published.
    let (root, mut refused) = (TempDir::new().unwrap(), 0);
    let whole = tiny.known;
    tiny.write(&root.path().join("tiny"));
    let sound = read(whole, root.path(), SplitName::Train).unwrap();
    for bit in 0..8 * packed.len() {
        let mut flipped = packed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(root.path().join("tiny/train-images.gz"), flipped).unwrap();
        match read(whole, root.path(), SplitName::Train) {
            Ok(read) => assert_eq!(read, sound, "bit {bit}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 8 * (packed.len() - 10) - 16, "{refused} of {}", 8 * packed.len());
}

#[test]
fn what_unpacks_to_too_much_is_left_packed() {
    let bomb = gzip(&vec![0; 100_000_000]);
    let said = said(&idx(), "train-images.gz", &bomb);
    assert!(said.contains("more than the 40 bytes that are wanted"), "{said}");
}

#[test]
fn damaged_archives_say_what_is_wrong() {
    let tiny = records();
    let said = |archive: &[u8]| {
        let root = TempDir::new().unwrap();
        let file = root.path().join("tiny/tiny.tar.gz");
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::write(&file, archive).unwrap();
        let error = read(tiny.known, root.path(), SplitName::Train).unwrap_err();
        assert!(error.file().unwrap().starts_with(&file), "{error}");
        error.to_string()
    };
    for cut in [0, 5, 20, tiny.archive.len() / 2] {
        said(&tiny.archive[..cut]);
    }
    let without = said(&gzip(&tar(&tiny.files[..1])));
    assert!(without.contains("there is no `two.bin` in it"), "{without}");
    let mut files = tiny.files.clone();
    files[1].1.pop();
    let short = said(&gzip(&tar(&files)));
    assert!(short.contains("`two.bin` in it has 15 bytes; 16 are wanted"), "{short}");
    files = tiny.files.clone();
    files[1].1[1] = 2;
    let outside = said(&gzip(&tar(&files)));
    assert!(outside.contains("two.bin") && outside.contains("sample 0 has 2"), "{outside}");
    files = tiny.files.clone();
    files[1].1[9] ^= 1;
    let flipped = said(&gzip(&tar(&files)));
    assert!(flipped.contains("not what was published"), "{flipped}");
    let bomb = gzip(&tar(&[("zeros", vec![0; 50_000_000]), ("one.bin", tiny.files[0].1.clone())]));
    assert!(said(&bomb).contains("damaged") || said(&bomb).contains("ends"), "{}", said(&bomb));
}

#[test]
fn a_missing_set_says_where_it_was_looked_for_and_what_gets_it() {
    let root = TempDir::new().unwrap();
    let mnist = Known::named("mnist").unwrap();
    let library = Library::new([root.path().to_owned()]);
    let error = mnist.place(&library, SplitName::Train).unwrap_err();
    assert!(
        error.to_string().contains(&root.path().join("mnist").display().to_string()),
        "{error}"
    );
    let help = error.help().unwrap();
    assert!(help.contains("convscope data get mnist") && help.contains("convscope data add mnist"));
    // One file of two is no set.
    fs::create_dir(root.path().join("mnist")).unwrap();
    fs::write(root.path().join("mnist/train-images-idx3-ubyte"), "").unwrap();
    assert!(mnist.place(&library, SplitName::Train).is_err());
}

#[test]
fn a_copy_is_checked_before_it_is_added() {
    let (tiny, from, to) = (idx(), TempDir::new().unwrap(), TempDir::new().unwrap());
    tiny.write(from.path());
    let added = tiny.known.add(from.path(), to.path(), false).unwrap();
    assert_eq!((added.files.len(), added.set_aside.len()), (4, 0));
    assert_eq!(read(tiny.known, to.path(), SplitName::Train).unwrap().len(), 4);
    let linked = TempDir::new().unwrap();
    let links = tiny.known.add(from.path(), linked.path(), true).unwrap();
    assert!(links.files.iter().all(|file| file.is_symlink()));
    assert_eq!(read(tiny.known, linked.path(), SplitName::Test).unwrap().len(), 2);
    fs::write(from.path().join("test-labels.gz"), gzip(b"no")).unwrap();
    let other = TempDir::new().unwrap();
    tiny.known.add(from.path(), other.path(), false).unwrap_err();
    fs::remove_file(from.path().join("test-labels.gz")).unwrap();
    let error = tiny.known.add(from.path(), other.path(), false).unwrap_err();
    assert!(error.to_string().contains("test images are in test-images, test-labels"), "{error}");
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0, "nothing is left");
    // A folder that cannot be made: its parent is a file.
    let wall = other.path().join("file");
    fs::write(&wall, "").unwrap();
    idx().write(from.path());
    let error = tiny.known.add(from.path(), &wall, false).unwrap_err();
    assert!(error.to_string().contains("cannot be written"), "{error}");
    assert!(error.help().unwrap().contains("CONVSCOPE_DATA"));
}

#[test]
fn a_damaged_file_does_not_stand_in_the_way_of_a_sound_one() {
    let (tiny, from, to) = (idx(), TempDir::new().unwrap(), TempDir::new().unwrap());
    tiny.write(from.path());
    fs::create_dir(to.path().join("tiny")).unwrap();
    let shadow = to.path().join("tiny/test-images");
    let mut damaged = tiny.files[2].1.clone();
    damaged[18] ^= 4;
    fs::write(&shadow, &damaged).unwrap();
    let added = tiny.known.add(from.path(), to.path(), false).unwrap();
    let aside = to.path().join("tiny/test-images.damaged");
    assert_eq!(added.set_aside, std::slice::from_ref(&aside));
    assert_eq!(fs::read(aside).unwrap(), damaged, "nothing is lost");
    let library = Library::new([to.path().to_owned()]);
    assert!(tiny.known.verify(&library).unwrap().iter().all(|file| file.fault.is_none()));
}

#[test]
fn arrays_of_the_published_numbers_are_a_copy_whatever_they_are_called() {
    let (tiny, from) = (idx(), TempDir::new().unwrap());
    let wide = |at: usize| -> Vec<u8> {
        let labels = &tiny.files[at].1[8..];
        labels.iter().flat_map(|label| i64::from(*label).to_le_bytes()).collect()
    };
    let file = from.path().join("tiny.safetensors");
    let write = |test_labels: Vec<u8>| {
        let arrays = [
            ("x_train", "U8", vec![4, 2, 3], tiny.files[0].1[16..].to_vec()),
            ("y_train", "I64", vec![4], wide(1)),
            ("x_test", "U8", vec![2, 2, 3, 1], tiny.files[2].1[16..].to_vec()),
            ("y_test", "I64", vec![2], test_labels),
        ];
        fs::write(&file, safetensors(&arrays)).unwrap();
    };
    write(wide(3));
    let to = TempDir::new().unwrap();
    assert_eq!(tiny.known.add(&file, to.path(), false).unwrap().files.len(), 4);
    for (name, content) in &tiny.files {
        assert_eq!(&fs::read(to.path().join("tiny").join(name)).unwrap(), content);
    }
    let mut other = wide(3);
    other[0] ^= 1;
    write(other);
    let empty = TempDir::new().unwrap();
    let error = tiny.known.add(&file, empty.path(), false).unwrap_err().to_string();
    assert!(error.contains("none of its arrays") && error.contains("test-labels"), "{error}");
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0, "nothing is left");
    let error = records().known.add(&file, empty.path(), false).unwrap_err().to_string();
    assert!(error.contains("only its own files"), "{error}");
    let nowhere = from.path().join("nowhere");
    let error = tiny.known.add(&nowhere, empty.path(), false).unwrap_err().to_string();
    assert!(error.contains("no such file or folder"), "{error}");
}

/// Writes arrays as safetensors: name, type, dimensions, bytes.
fn safetensors(arrays: &[(&str, &str, Vec<usize>, Vec<u8>)]) -> Vec<u8> {
    let (mut header, mut numbers) = (serde_json::Map::new(), Vec::new());
    for (name, kind, dimensions, bytes) in arrays {
        let places = [numbers.len(), numbers.len() + bytes.len()];
        let entry =
            serde_json::json!({ "dtype": kind, "shape": dimensions, "data_offsets": places });
        header.insert((*name).to_owned(), entry);
        numbers.extend(bytes);
    }
    let header = serde_json::Value::Object(header).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &numbers].concat()
}

#[test]
fn each_file_is_verified_by_itself() {
    let (tiny, root) = (idx(), TempDir::new().unwrap());
    tiny.write(&root.path().join("tiny"));
    let library = Library::new([root.path().to_owned()]);
    let checked = tiny.known.verify(&library).unwrap();
    assert_eq!(checked.len(), 4);
    assert!(checked.iter().all(|file| file.fault.is_none()));
    let mut images = tiny.files[2].1.clone();
    images[18] ^= 4;
    fs::write(root.path().join("tiny/test-images.gz"), gzip(&images)).unwrap();
    fs::write(root.path().join("tiny/train-labels.gz"), "torn").unwrap();
    let faults: Vec<bool> =
        tiny.known.verify(&library).unwrap().iter().map(|file| file.fault.is_some()).collect();
    assert_eq!(faults, [false, true, true, false]);
}

#[test]
fn every_published_set_is_a_source_with_files_that_fit() {
    for known in KNOWN {
        assert!(SOURCES.iter().any(|source| source.id == known.name), "{}", known.name);
        assert_eq!(known.folders[0], known.name);
        for split in SplitName::ALL {
            let bytes: u64 = known.split(split).files.iter().map(|file| file.bytes).sum();
            let (samples, size) = (known.samples(split) as u64, known.shape().len() as u64);
            let beside = match known.layout {
                super::Layout::Idx => 16 + 8 + samples,
                super::Layout::Records { labels, .. } => samples * labels as u64,
            };
            assert_eq!(bytes, samples * size + beside, "{} {split:?}", known.name);
        }
        assert!(known.hosts.iter().all(|host| host.ends_with('/')));
    }
    let contents: std::collections::BTreeSet<_> =
        KNOWN.iter().flat_map(|known| SplitName::ALL.map(|split| known.content(split))).collect();
    assert_eq!(contents.len(), 2 * KNOWN.len(), "every part is something else");
}
