use std::fs;

use convscope_store::{Published, StoreError};

use crate::samples::{job, store};

#[test]
fn a_published_file_is_read_back_and_lies_where_it_is_said_to() {
    let (_folder, store) = store();
    assert_eq!(store.read_job_file(&job(1), "weights.safetensors").unwrap(), None);
    let published = store.publish(&job(1), "weights.safetensors", b"weights").unwrap();
    assert_eq!(published, Published::New);
    let file = store.job_file(&job(1), "weights.safetensors");
    assert_eq!(fs::read(&file).unwrap(), b"weights");
    let folders = format!("jobs/{}/{}", &job(1).as_str()[..2], job(1));
    assert_eq!(file, store.folder().join(folders).join("weights.safetensors"));
    let read = store.read_job_file(&job(1), "weights.safetensors").unwrap();
    assert_eq!(read.as_deref(), Some(&b"weights"[..]));
}

#[test]
fn publishing_again_says_whether_the_bytes_were_the_same() {
    let (_folder, store) = store();
    store.publish(&job(1), "a", b"one").unwrap();
    assert_eq!(store.publish(&job(1), "a", b"one").unwrap(), Published::Same);
    assert_eq!(store.publish(&job(1), "a", b"two").unwrap(), Published::Replaced);
    assert_eq!(store.read_job_file(&job(1), "a").unwrap().as_deref(), Some(&b"two"[..]));
}

#[test]
fn nothing_is_left_beside_a_published_file() {
    let (_folder, store) = store();
    store.publish(&job(1), "a", b"one").unwrap();
    let folder = store.job_file(&job(1), "a").parent().unwrap().to_owned();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    // A folder in the file's place makes the rename fail.
    fs::create_dir(folder.join("b")).unwrap();
    fs::write(folder.join("b/c"), "").unwrap();
    assert!(store.publish(&job(1), "b", b"two").is_err());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let (_folder, store) = store();
    for name in ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "ä", &"x".repeat(101)] {
        let error = store.publish(&job(1), name, b"").unwrap_err();
        assert!(matches!(error, StoreError::Name { .. }), "{name}");
    }
}
