use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::Command,
};

use convscope_store::{Store, StoreError};
use tempfile::TempDir;

use crate::samples::{exact, exact_of, provenance, record};

/// A file system of 64 KiB, where the system lets one be mounted.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "none"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg(self.0.path()).status().unwrap();
    }
}

/// The writing itself is tested with a made-up disk beside `Log`; this is the same on a real one.
#[test]
fn a_full_disk_is_named_and_costs_nothing_that_was_kept() {
    let Some(disk) = SmallDisk::mount() else {
        // What macros print is shown only of tests that fail.
        let why = b"SKIPPED: mounting a small file system needs root\n";
        io::stderr().write_all(why).unwrap();
        return;
    };
    let store = Store::create(disk.path().join("store")).unwrap();
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![0; 24 * 1024]).unwrap();
    let mut writer = store.writer().unwrap();
    let mut kept = Vec::new();
    let error = loop {
        let next = record(kept.len() as u32);
        match writer.keep(&next, &provenance(&next.job)) {
            Ok(()) => kept.push(next),
            Err(error) => break error,
        }
        assert!(kept.len() < 1000, "the disk is never full");
    };
    assert!(matches!(error, StoreError::System { doing: "write", .. }));
    let words = error.to_string();
    assert!(words.contains(writer.name()) && words.contains("No space left"), "{words}");
    assert!(words.contains("make room"), "{words}");

    let contents = store.read().unwrap();
    assert_eq!(exact(&contents), exact_of(&kept));
    assert_eq!(contents.faults, []);

    fs::remove_file(&ballast).unwrap();
    let next = record(kept.len() as u32);
    writer.keep(&next, &provenance(&next.job)).unwrap();
    kept.push(next);
    assert_eq!(exact(&store.read().unwrap()), exact_of(&kept));

    fs::write(&ballast, vec![0; 64 * 1024]).unwrap_err();
    let error = writer.finish().unwrap_err();
    assert!(error.to_string().contains("No space left"), "{error}");
    let contents = store.read().unwrap();
    assert_eq!(exact(&contents), exact_of(&kept));
    assert_eq!(contents.faults, []);
}
