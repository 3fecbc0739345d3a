use std::{fs, path::Path};

use convscope_core::Identity;
use convscope_store::{Flaw, Store, StoreError};
use tempfile::TempDir;

use crate::samples::{exact, exact_of, keep, only_file, record, store};

#[test]
fn a_store_of_a_newer_version_is_refused_naming_both_versions() {
    let (folder, store) = store();
    fs::write(store.folder().join("format.json"), r#"{"convscope-store":7,"new":[]}"#).unwrap();
    for opened in [Store::open(folder.path()), Store::create(folder.path())] {
        let error = opened.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 7, known: 1, .. }));
        let words = error.to_string();
        assert!(words.contains("format 7") && words.contains("formats up to 1"), "{words}");
    }
}

#[test]
fn a_segment_of_a_newer_version_is_skipped_and_the_rest_read() {
    let (_folder, store) = store();
    keep(&store, &[record(1)]);
    let json = r#"{"segment":{"version":2,"writer":{"new":1}}}"#;
    let line = format!("{} {json}\n", &Identity::of_bytes(json.as_bytes()).as_str()[..16]);
    let newer = Path::new("segments").join("z.jsonl");
    fs::write(store.folder().join(&newer), format!("{line}not even lines as we know")).unwrap();
    let contents = store.read().unwrap();
    assert_eq!(exact(&contents), exact_of(&[record(1)]));
    assert_eq!(contents.faults.len(), 1);
    assert_eq!(contents.faults[0].file, newer);
    assert_eq!(contents.faults[0].flaw, Flaw::Newer { found: 2, known: 1 });
}

#[test]
fn a_damaged_format_is_named() {
    let (folder, store) = store();
    for content in ["", "{", r#"{"convscope-store":"one"}"#] {
        fs::write(store.folder().join("format.json"), content).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(
            matches!(&error, StoreError::Damaged { file, .. } if file.ends_with("format.json"))
        );
    }
}

#[test]
fn a_folder_that_is_no_store_is_not_taken_for_one() {
    let folder = TempDir::new().unwrap();
    let error = Store::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("there is no store in"), "{error}");
    let missing = folder.path().join("missing");
    assert!(matches!(Store::open(missing), Err(StoreError::NotAStore { .. })));
}

#[test]
fn creating_a_store_twice_leaves_it_as_it_is() {
    let (folder, store) = store();
    keep(&store, &[record(1)]);
    let again = Store::create(folder.path()).unwrap();
    assert_eq!(exact(&again.read().unwrap()), exact_of(&[record(1)]));
    assert!(only_file(&store, "segments").extension().is_some_and(|ending| ending == "jsonl"));
}
