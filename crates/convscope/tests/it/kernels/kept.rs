//! What was drawn for a shape is kept between calls, and no number depends on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::put;
use crate::similarity::{array, normal, npz};
use crate::typed::NO_CACHE;

/// A folder with a file of kernels and a cache.
struct Kept {
    folder: TempDir,
}

/// What is done to a file.
type Damage<'d> = &'d dyn Fn(&mut Vec<u8>);

/// The kernels' draws.
const KERNELS: &str = "kernels-4x4-4096-";

impl Kept {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let layer = array("conv.weight", &[6, 3, 4, 4], normal("kept", 6 * 3 * 16));
        put(folder.path(), "a.npz", &npz(&[layer], &[]));
        Self { folder }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn start(&self, cache: &Path) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_convscope"));
        command.args(["kernels", "a.npz", "--json"]).current_dir(self.folder.path());
        // Wherever the system has its caches.
        for name in ["XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"] {
            command.env(name, cache);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Returns what is printed with a cache; not a word is said of it.
    #[track_caller]
    fn with(&self, cache: &Path) -> String {
        said(self.start(cache))
    }

    /// Returns every file of the cache, by name.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.cache()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    let name = entry.path().to_str().unwrap().to_owned();
                    files.push((name, fs::read(entry.path()).unwrap()));
                }
            }
        }
        files.sort();
        files
    }

    /// Changes every file, or those of a name, and returns how many.
    fn change(&self, name: &str, change: impl Fn(&mut Vec<u8>)) -> usize {
        let files = self.files().into_iter().filter(|(path, _)| path.contains(name));
        let changed = files.map(|(path, mut bytes)| {
            change(&mut bytes);
            fs::write(path, bytes).unwrap();
        });
        changed.count()
    }
}

/// Whether a file has the name of one that is in its place.
fn is_whole(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "nulls")
}

#[track_caller]
fn said(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && talk.is_empty(), "{talk}");
    String::from_utf8(output.stdout).unwrap()
}

/// Changes a number of a draw of kernels, and the checksum with it.
fn wrong(draw: usize) -> impl Fn(&mut Vec<u8>) {
    move |bytes| {
        let head = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let count = u32::from_le_bytes(bytes[head..head + 4].try_into().unwrap()) as usize;
        let at = head + draw * (4 + 8 * count) + 4;
        let value = f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        bytes[at..at + 8].copy_from_slice(&(0.5 - value).to_le_bytes());
        sealed(bytes);
    }
}

fn sealed(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len() - 4);
    let sum = crc32fast::hash(bytes);
    bytes.extend(sum.to_le_bytes());
}

#[test]
fn what_was_drawn_is_kept_and_changes_nothing() {
    let kept = Kept::new();
    let without = kept.with(Path::new(NO_CACHE));
    assert!(kept.with(&kept.cache()) == without, "with an empty cache");
    let files = kept.files();
    let names: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert!(names.iter().any(|name| name.contains(KERNELS)), "{names:?}");
    assert!(names.iter().all(|name| is_whole(name)), "{names:?}");
    assert!(names.len() > 3, "of whole layers too: {names:?}");
    assert!(kept.with(&kept.cache()) == without, "with a full one");
    assert!(kept.files() == files, "what is kept stays as it is");
    // It is read indeed: what is wrong in it, behind what is drawn again and with the right checksum, is told.
    assert_eq!(kept.change(KERNELS, wrong(100)), 1);
    assert!(kept.with(&kept.cache()) != without, "nothing was read");
}

#[test]
fn what_is_damaged_or_of_others_is_drawn_anew() {
    let kept = Kept::new();
    let without = kept.with(Path::new(NO_CACHE));
    kept.with(&kept.cache());
    let files = kept.files();
    let version = |bytes: &mut Vec<u8>| {
        let at = bytes.windows(7).position(|part| part == b"nulls 1").unwrap();
        bytes[at + 6] = b'2';
        sealed(bytes);
    };
    // Another name for the first probe, as if the list had changed.
    let probe = |bytes: &mut Vec<u8>| {
        let at = bytes.windows(5).position(|part| part == b"score").unwrap();
        bytes[at] = b'S';
        sealed(bytes);
    };
    let damages: [(&str, &str, Damage<'_>); 9] = [
        ("cut in the middle", "", &|bytes| bytes.truncate(bytes.len() / 2)),
        ("cut at its end", "", &|bytes| bytes.truncate(bytes.len() - 1)),
        ("nothing left", "", &|bytes| bytes.clear()),
        ("a byte of its line", "", &|bytes| bytes[3] ^= 1),
        ("a byte of a late draw", "", &|bytes| *bytes.iter_mut().nth_back(20).unwrap() ^= 0x10),
        ("another version", "", &version),
        ("another probe", KERNELS, &probe),
        ("a plausible number", KERNELS, &wrong(9)),
        ("fewer draws", KERNELS, &|bytes| {
            let head = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            let count = u32::from_le_bytes(bytes[head..head + 4].try_into().unwrap()) as usize;
            bytes.truncate(bytes.len() - (4 + 8 * count));
            sealed(bytes);
        }),
    ];
    for (what, name, damage) in damages {
        let changed = kept.change(name, damage);
        assert_eq!(changed, if name.is_empty() { files.len() } else { 1 }, "{what}");
        assert!(kept.files() != files, "{what}: nothing was damaged");
        assert!(kept.with(&kept.cache()) == without, "{what}");
        assert!(kept.files() == files, "{what}: it is not put right");
    }
}

#[test]
fn a_cache_that_cannot_be_written_costs_nothing_but_time() {
    let kept = Kept::new();
    let without = kept.with(Path::new(NO_CACHE));
    // A folder that may not be written (but by an administrator), and a file in its place.
    let folder = kept.cache();
    fs::create_dir(&folder).unwrap();
    let mut rights = fs::metadata(&folder).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(&folder, rights.clone()).unwrap();
    assert!(kept.with(&folder) == without);
    #[expect(clippy::permissions_set_readonly_false, reason = "so that it can be removed")]
    rights.set_readonly(false);
    fs::set_permissions(&folder, rights).unwrap();
    let file = kept.folder.path().join("file");
    fs::write(&file, b"no folder").unwrap();
    assert!(kept.with(&file) == without);
    assert_eq!(fs::read(&file).unwrap(), b"no folder");
}

#[test]
fn processes_that_keep_the_same_do_not_disturb_each_other() {
    let kept = Kept::new();
    let without = kept.with(Path::new(NO_CACHE));
    let both = [(); 3].map(|()| kept.start(&kept.cache()));
    for child in both {
        assert!(said(child) == without);
    }
    let files = kept.files();
    assert!(files.iter().all(|(path, _)| is_whole(path)), "nothing is left over");
    // Whole and right: it is read and stays.
    assert!(kept.with(&kept.cache()) == without);
    assert!(kept.files() == files);
}
