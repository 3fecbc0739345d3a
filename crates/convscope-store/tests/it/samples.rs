//! Records and stores to test with.

use std::{collections::BTreeMap, fs, path::PathBuf};

use convscope_core::{Identity, Value};
use convscope_store::{Contents, Curve, Named, Outcome, Provenance, Record, Store, Table};
use serde_json::json;
use tempfile::TempDir;

/// A store in a folder that vanishes.
pub(crate) fn store() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::create(folder.path()).unwrap();
    (folder, store)
}

pub(crate) fn job(number: u32) -> Identity {
    Identity::of_bytes(&number.to_le_bytes())
}

/// A record with something of every kind.
pub(crate) fn record(number: u32) -> Record {
    let x = f64::from(number);
    Record {
        job: job(number),
        settings: json!({ "net": "simple-cnn", "number": number, "lr": 0.1 }),
        outcome: Outcome::Done,
        values: vec![
            Named::new("valid-accuracy", Value::Number(0.5 + x / 100.0)),
            Named::new("calibration", Value::missing("no images, none")),
            Named::new("similarity", Value::Number(-0.0)).in_layer("conv1"),
        ],
        curves: vec![
            Curve::new("train-loss", 1, vec![Value::Number(1.0 / 3.0), Value::missing("diverged")]),
            Curve::new("valid-loss", 0, vec![Value::Number(x), Value::Number(f64::MIN_POSITIVE)]),
            Curve::new("empty", 7, Vec::new()),
        ],
        tables: vec![Table::new(
            "confusion",
            vec!["horizontal".into(), "vertical".into()],
            vec!["horizontal".into(), "vertical".into()],
            vec![9.0, 1.0, 0.0, x],
        )],
    }
}

pub(crate) fn provenance(job: &Identity) -> Provenance {
    Provenance {
        job: job.clone(),
        tool: "0.1.0".into(),
        level: "avx2".into(),
        threads: 2,
        wall_seconds: 1.25,
        peak_memory_bytes: 1 << 24,
        data: BTreeMap::from([("train".into(), "abc".into())]),
    }
}

/// Keeps records with one writer, which goes away without finishing, as if it were killed.
pub(crate) fn keep(store: &Store, records: &[Record]) {
    let mut writer = store.writer().unwrap();
    for record in records {
        writer.keep(record, &provenance(&record.job)).unwrap();
    }
}

/// Keeps records with one writer and compacts them.
pub(crate) fn keep_and_finish(store: &Store, records: &[Record]) {
    let mut writer = store.writer().unwrap();
    for record in records {
        writer.keep(record, &provenance(&record.job)).unwrap();
    }
    writer.finish().unwrap();
}

/// The files in one of the store's folders, sorted.
pub(crate) fn files(store: &Store, folder: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(store.folder().join(folder)) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

pub(crate) fn only_file(store: &Store, folder: &str) -> PathBuf {
    let files = files(store, folder);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// Records as text that differs when any bit does, −0 and the order of keys included.
pub(crate) fn exact(contents: &Contents) -> Vec<String> {
    contents.records.values().map(|record| format!("{record:?}")).collect()
}

/// The same text of records that were not stored.
pub(crate) fn exact_of(records: &[Record]) -> Vec<String> {
    let sorted: BTreeMap<_, _> =
        records.iter().map(|record| (record.job.clone(), format!("{record:?}"))).collect();
    sorted.into_values().collect()
}
