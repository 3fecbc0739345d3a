//! The studies that come with the binary.

use std::collections::BTreeSet;
use std::path::Path;

use convscope_data::Library;
use convscope_study::{BUILTIN, Plan, Text};

#[test]
fn every_study_file_is_built_in_and_can_be_planned() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies");
    let mut files = BTreeSet::new();
    let mut folders = vec![folder.clone()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(&folder).unwrap().display().to_string());
            }
        }
    }
    assert_eq!(files, BUILTIN.iter().map(convscope_study::BuiltIn::path).collect());
    for study in BUILTIN {
        let plan = Plan::of(study.name, Text::parse(study.text).unwrap(), &Library::on_trust());
        let plan = plan.unwrap_or_else(|error| panic!("{}: {error:?}", study.name));
        assert!(!plan.jobs.is_empty() && !plan.shows.is_empty() && !plan.claims.is_empty());
    }
}

#[test]
fn every_published_number_is_a_claim() {
    // 8 numbers in each of Q2, Q3 (twice), Q4, Q5 and Q6, 4 in each of edge detectors, tuned shift,
    // average and max pooling, 2 in each of Q1 and Q7, and the lag of Q3: 48 + 16 + 4 + 1.
    let printed = BUILTIN
        .iter()
        .filter(|study| study.folder == Some("inductive-bias"))
        .flat_map(|study| {
            Plan::of(study.name, Text::parse(study.text).unwrap(), &Library::on_trust())
                .unwrap()
                .claims
        })
        .filter(|claim| matches!(claim.test, convscope_study::Test::Number { .. }))
        .count();
    assert_eq!(printed, 69);
}

#[test]
fn identities_are_pinned() {
    let plan = |name: &str| {
        let study = BUILTIN.iter().find(|study| study.name == name).unwrap();
        Plan::of(name, Text::parse(study.text).unwrap(), &Library::on_trust()).unwrap()
    };
    let first = |name: &str, model: &str| {
        let plan = plan(name);
        let place = plan.placements.iter().find(|place| place.model == model).unwrap();
        place.job.to_string()
    };
    let ids: Vec<String> = PINNED.iter().map(|(study, model, _)| first(study, model)).collect();
    let pinned: Vec<&str> = PINNED.iter().map(|(_, _, id)| *id).collect();
    assert_eq!(ids, pinned, "a changed identity orphans every stored result");
    assert_eq!(first("overfit", "cnn"), first("data-sweep", "cnn"), "one job, two studies");
}

/// Study, model, and the identity of its first job.
const PINNED: &[(&str, &str, &str)] = &[
    ("hello", "cnn", "83f46374f0b7d5fcd52096075467fbba"),
    ("data-sweep", "cnn", "937c75eecdf4980dc6224ef7cd2bc63b"),
    ("data-sweep", "mlp", "452590fe7154a531c47a0071b353f542"),
    ("edge-init", "cnn-edge-frozen", "c40e3ada7187b044948c58b667f5c27c"),
    ("convergence", "mlp", "ac9cf92eaa2eb99cc504ef618921d86a"),
    ("domain-shift", "cnn", "0331b53b4c764eec9da8a3f2f3f74e88"),
    ("permuted-pixels", "cnn", "240027dd82859174d9cf937de32c661e"),
    ("five-classes", "mlp", "63358c1fc261c3332f8eeecb8e31844c"),
    ("pooling", "cnn-avg", "a4de879bd640a146b0d75f28955ab547"),
    ("depth-width", "deeper-adam", "0b874f1a28b8619bb5394e49c8ffde99"),
    ("padding", "cnn", "753b7ae61f67fd9e98bc08ec0d8e4e5f"),
    ("hyper-parameters", "mlp", "7a9f724f20c17356ebc8e1afbe235fbe"),
];
