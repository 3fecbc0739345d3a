use std::fs;

use convscope_store::StoreError;

use crate::samples::{
    exact, exact_of, files, job, keep_and_finish, only_file, provenance, record, store,
};

#[test]
fn a_finished_writer_leaves_parquet_and_no_segment() {
    let (_folder, store) = store();
    keep_and_finish(&store, &[record(1)]);
    assert!(files(&store, "segments").is_empty());
    let names = |folder| only_file(&store, folder).file_name().unwrap().to_owned();
    assert!(names("records").to_str().unwrap().ends_with(".parquet"));
    assert!(names("outcomes").to_str().unwrap().ends_with(".parquet"));
}

#[test]
fn a_writer_that_kept_nothing_leaves_nothing() {
    let (_folder, store) = store();
    store.writer().unwrap().finish().unwrap();
    for folder in ["segments", "records", "outcomes"] {
        assert!(files(&store, folder).is_empty(), "{folder}");
    }
}

#[test]
fn a_crash_after_both_files_doubles_nothing() {
    let (_folder, store) = store();
    let mut writer = store.writer().unwrap();
    writer.keep(&record(1), &provenance(&job(1))).unwrap();
    let segment = only_file(&store, "segments");
    let content = fs::read(&segment).unwrap();
    writer.finish().unwrap();
    fs::write(&segment, content).unwrap();
    let contents = store.read().unwrap();
    assert_eq!(exact(&contents), exact_of(&[record(1)]));
    assert_eq!(contents.faults, []);
}

#[test]
fn a_crash_between_the_two_files_loses_nothing() {
    let (_folder, store) = store();
    let mut writer = store.writer().unwrap();
    writer.keep(&record(1), &provenance(&job(1))).unwrap();
    let segment = only_file(&store, "segments");
    let content = fs::read(&segment).unwrap();
    writer.finish().unwrap();
    fs::write(&segment, content).unwrap();
    fs::remove_file(only_file(&store, "outcomes")).unwrap();
    let contents = store.read().unwrap();
    assert_eq!(exact(&contents), exact_of(&[record(1)]));
    assert_eq!(contents.faults, []);
}

#[test]
fn a_compaction_that_fails_leaves_the_segment() {
    let (_folder, store) = store();
    fs::write(store.folder().join("outcomes"), "a file where the folder should be").unwrap();
    let mut writer = store.writer().unwrap();
    writer.keep(&record(1), &provenance(&job(1))).unwrap();
    let error = writer.finish().unwrap_err();
    assert!(matches!(&error, StoreError::System { file, .. } if file.ends_with("outcomes")));
    fs::remove_file(store.folder().join("outcomes")).unwrap();
    assert_eq!(exact(&store.read().unwrap()), exact_of(&[record(1)]));
}

#[test]
fn a_segment_damaged_before_compaction_stays() {
    let (_folder, store) = store();
    let mut writer = store.writer().unwrap();
    writer.keep(&record(1), &provenance(&job(1))).unwrap();
    writer.keep(&record(2), &provenance(&job(2))).unwrap();
    let segment = only_file(&store, "segments");
    let text = fs::read_to_string(&segment).unwrap().replace("0.51", "0.99");
    fs::write(&segment, text).unwrap();
    let error = writer.finish().unwrap_err();
    assert!(error.to_string().contains("line 3"), "{error}");
    assert_eq!(exact(&store.read().unwrap()), exact_of(&[record(2)]));
    assert!(files(&store, "records").is_empty());
}

#[test]
fn more_rows_than_one_group_come_back() {
    let (_folder, store) = store();
    let mut long = record(1);
    long.curves[0].values =
        (0..150_000).map(|epoch| convscope_core::Value::Number(f64::from(epoch).sqrt())).collect();
    keep_and_finish(&store, &[long.clone(), record(2)]);
    assert_eq!(exact(&store.read().unwrap()), exact_of(&[long, record(2)]));
}
