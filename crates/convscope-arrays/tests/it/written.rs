//! Files that are written in blocks of rows.

use std::collections::BTreeMap;

use convscope_arrays::{Arrays, SampleIds, Writer};

#[test]
fn blocks_of_several_arrays_are_read_back_as_whole_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acts.safetensors");
    let ids = SampleIds::Names(vec!["a \"b\"".into(), "ü".into(), "7".into()]);
    let metadata = BTreeMap::from([("sample_ids".to_owned(), ids.listed().unwrap())]);
    let sizes = [("/b/out".to_owned(), vec![3, 2]), ("a".to_owned(), vec![3])];
    std::fs::write(&path, "what was there before").unwrap();
    let mut writer = Writer::create(&path, &sizes, &metadata).unwrap();
    writer.write("/b/out", &[0.0, 1.0, 2.0, 3.0]).unwrap();
    writer.write("a", &[10.0, 11.0]).unwrap();
    writer.write("/b/out", &[4.0, 5.0]).unwrap();
    writer.write("a", &[12.0]).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"what was there before");
    writer.finish().unwrap();
    let arrays = Arrays::open(&path).unwrap();
    let of = |name: &str| arrays.get(name).unwrap().numbers::<f64>(arrays.source()).unwrap();
    assert_eq!(of("/b/out"), Some(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
    assert_eq!(of("a"), Some(vec![10.0, 11.0, 12.0]));
    assert_eq!(arrays.sample_ids(), Ok(Some(ids)));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_is_given_up_leaves_nothing_and_two_do_not_write_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acts.safetensors");
    let sizes = [("a".to_owned(), vec![2])];
    let metadata = BTreeMap::new();
    let writer = Writer::create(&path, &sizes, &metadata).unwrap();
    let second = Writer::create(&path, &sizes, &metadata).unwrap_err().to_string();
    assert!(second.contains(".acts.safetensors.part is being written"), "{second}");
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let twice = [("a".to_owned(), vec![1]), ("a".to_owned(), vec![1])];
    let error = Writer::create(&path, &twice, &metadata).unwrap_err().to_string();
    assert_eq!(error, "two arrays have one name");
    let odd = [("__metadata__".to_owned(), vec![1])];
    assert!(Writer::create(&path, &odd, &metadata).unwrap_err().to_string().contains("no array"));
    let huge = [("a".to_owned(), vec![usize::MAX, 2])];
    assert!(Writer::create(&path, &huge, &metadata).unwrap_err().to_string().contains("no end"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
