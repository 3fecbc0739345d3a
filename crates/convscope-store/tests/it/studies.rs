use std::{collections::BTreeMap, fs};

use convscope_store::{Axis, AxisNameError, Flaw, JobKind, Placement, StoreError, StudyCopy};

use crate::samples::{job, store};

fn study(name: &str, toml: &str) -> StudyCopy {
    let axes =
        BTreeMap::from([("images".into(), Axis::Number(30.0)), ("noise".into(), "blur".into())]);
    let placement =
        Placement { model: "cnn".into(), seed: 3, axes, job: job(1), kind: JobKind::Train };
    StudyCopy { name: name.into(), toml: toml.into(), placements: vec![placement] }
}

#[test]
fn the_last_published_copy_of_a_name_is_current() {
    let (_folder, store) = store();
    store.publish_study(&study("b", "first")).unwrap();
    store.publish_study(&study("a", "other")).unwrap();
    store.publish_study(&study("b", "second")).unwrap();
    let studies = store.current_studies().unwrap();
    assert_eq!(studies.copies, [study("a", "other"), study("b", "second")]);
    assert_eq!(studies.faults, []);
    assert!(store.study_folder(&study("b", "first")).join("study.toml").exists());
}

#[test]
fn a_copy_is_told_by_text_and_plan() {
    let one = study("a", "text");
    let mut two = one.clone();
    two.placements[0].seed = 4;
    assert_ne!(one.hash(), two.hash());
    assert_ne!(one.hash(), study("a", "other").hash());
    assert_eq!(one.hash(), study("b", "text").hash(), "a name is no content");
}

#[test]
fn files_are_published_beside_a_study() {
    let (_folder, store) = store();
    store.publish_study(&study("a", "text")).unwrap();
    let file = store.publish_in_study(&study("a", "text"), "report.html", b"<html>").unwrap();
    assert_eq!(file, store.study_folder(&study("a", "text")).join("report.html"));
    assert_eq!(fs::read(file).unwrap(), b"<html>");
}

#[test]
fn a_damaged_copy_is_named_and_the_others_are_read() {
    type Damage = fn(&str) -> String;
    let damages: [(Damage, &str, &str); 4] = [
        (|plan| plan.replace("\"seed\":3", "\"seed\":4"), "plan.json", "not those that its name"),
        (|plan| plan[..plan.len() / 2].to_owned(), "plan.json", "damaged"),
        (|_| "other".to_owned(), "study.toml", "not those that its name"),
        (|plan| plan.replace("\"version\":1", "\"version\":9"), "plan.json", "format 9"),
    ];
    for (damage, name, words) in damages {
        let (_folder, store) = store();
        store.publish_study(&study("a", "text")).unwrap();
        store.publish_study(&study("b", "text")).unwrap();
        let file = store.study_folder(&study("a", "text")).join(name);
        fs::write(&file, damage(&fs::read_to_string(&file).unwrap())).unwrap();
        let studies = store.current_studies().unwrap();
        assert_eq!(studies.copies, [study("b", "text")]);
        let fault = studies.faults[0].to_string();
        assert!(fault.starts_with("studies/a-") && fault.contains(words), "{fault}");
    }
}

#[test]
fn a_pointer_to_nowhere_is_named() {
    let (_folder, store) = store();
    store.publish_study(&study("a", "text")).unwrap();
    let pointer = store.folder().join("studies/a.current");
    fs::write(&pointer, "a-000000000000\n").unwrap();
    let studies = store.current_studies().unwrap();
    assert!(matches!(studies.faults[0].flaw, Flaw::Unreadable { .. }));
    fs::write(&pointer, "../../etc\n").unwrap();
    let studies = store.current_studies().unwrap();
    assert!(matches!(studies.faults[0].flaw, Flaw::Damaged { .. }));
}

#[test]
fn a_study_that_could_not_be_asked_about_is_refused() {
    let (_folder, store) = store();
    let error = store.publish_study(&study("a/b", "text")).unwrap_err();
    assert!(matches!(error, StoreError::Name { what: "study", .. }));
    for (axis, wanted) in [
        ("Epoch", AxisNameError::Fixed { axis: "Epoch".into() }),
        ("Images", AxisNameError::Case { one: "Images".into(), two: "images".into() }),
        ("", AxisNameError::Empty),
    ] {
        let mut refused = study("a", "text");
        refused.placements[0].axes.insert(axis.into(), 1.0.into());
        let error = store.publish_study(&refused).unwrap_err();
        assert!(matches!(&error, StoreError::Axis(error) if *error == wanted), "{error}");
    }
    let mut refused = study("a", "text");
    refused.placements[0].axes.insert("lr".into(), f64::INFINITY.into());
    assert!(store.publish_study(&refused).is_err());
    assert!(store.current_studies().unwrap().copies.is_empty());
}
