//! Groups of jobs on devices: the records of single jobs, whatever goes wrong.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use convscope_core::Identity;
use convscope_data::Library;
use convscope_engine::Level;
use convscope_store::{Outcome, Provenance, Record, Store};
use convscope_study::{Event, Job, Plan, Run, Summary, Text, replicate_seed, run};
use convscope_train::{ComputeError, Trainer};
use tempfile::TempDir;

use crate::fake::Fake;

/// Ten alike trainings, five that are trained alone, and five that start from others.
const STUDY: &str = r#"
question = "Which rate?"
seeds = 5

[sweep]
rate = [0.01, 0.1]

[data.train]
source = { edges = { per-class = 3 } }
[data.valid]
source = { edges = { per-class = 2, split = "valid" } }

[recipe.swept]
optimizer = { sgd = { lr = "$rate" } }
batch = 4
epochs = 2
[recipe.clipped]
clip = 1.0
batch = 4
epochs = 2
[recipe.plain]
batch = 4
epochs = 2

[model.swept]
net = { two-layer-mlp = { hidden = 3 } }
data = "train"
valid = "valid"
recipe = "swept"
[model.clipped]
net = { two-layer-mlp = { hidden = 3 } }
data = "train"
recipe = "clipped"
[model.later]
net = { two-layer-mlp = { hidden = 3 } }
from = "clipped"
data = "train"
recipe = "plain"

[[show]]
title = "Accuracy"
sql = "select model, value from results where name = 'valid-accuracy'"
mark = { histogram = { x = "value" } }
"#;

fn jobs(study: &str) -> BTreeMap<Identity, Job> {
    Plan::of("study", Text::parse(study).unwrap(), &Library::default()).unwrap().jobs
}

/// What a run left.
struct Left {
    summary: Summary,
    records: BTreeMap<Identity, Record>,
    provenance: BTreeMap<Identity, Provenance>,
    /// Of each time that models could not be trained at once: how many, and how many then.
    splits: Vec<(usize, usize, String)>,
    /// Of each group of several that began: how many.
    together: Vec<usize>,
}

fn run_in(
    folder: &TempDir,
    jobs: &BTreeMap<Identity, Job>,
    trainers: &[&dyn Trainer],
    interrupt: &AtomicBool,
) -> Left {
    let store = Store::create(folder.path()).unwrap();
    let (mut splits, mut together) = (Vec::new(), Vec::new());
    let summary = run(
        jobs,
        &mut Run {
            store: &store,
            threads: 1,
            level: Level::detect(),
            trainers,
            interrupt,
            watch: &mut |event| match event {
                Event::Split { models, most, reason, .. } => {
                    splits.push((models, most, reason.into()));
                }
                Event::Together { models, .. } => together.push(models),
                _ => {}
            },
        },
    );
    let contents = store.read().unwrap();
    let (records, provenance) = (contents.records, contents.provenance);
    Left { summary: summary.unwrap(), records, provenance, splits, together }
}

fn on(trainers: &[&dyn Trainer], jobs: &BTreeMap<Identity, Job>) -> Left {
    run_in(&TempDir::new().unwrap(), jobs, trainers, &AtomicBool::new(false))
}

#[test]
fn jobs_of_one_form_are_one_group_and_leave_the_records_of_single_jobs() {
    let jobs = jobs(STUDY);
    let fake = Fake::with_room(usize::MAX);
    let left = on(&[&fake], &jobs);
    let alone = on(&[], &jobs);
    assert_eq!(left.records, alone.records);
    assert_eq!((left.summary, left.summary.done), (alone.summary, 20));
    let mut groups = fake.groups();
    groups.sort_unstable();
    assert_eq!(groups, [1, 1, 1, 1, 1, 5, 10]);
    assert_eq!(left.together.len(), 2);
    assert!(left.provenance.values().all(|provenance| provenance.level == "fake"));
}

#[test]
fn a_group_has_at_most_sixty_four_models_and_groups_are_even() {
    let study = STUDY.replace("seeds = 5", "seeds = 65").replace("[0.01, 0.1]", "[0.1]");
    let fake = Fake::with_room(usize::MAX);
    let left = on(&[&fake], &jobs(&study));
    assert_eq!((left.summary.done, left.summary.failed), (3 * 65, 0));
    let mut together = left.together;
    together.sort_unstable();
    assert_eq!(together, [32, 32, 33, 33], "the arm, and the one that starts from others");
}

#[test]
fn a_group_that_is_too_large_is_halved_aloud_and_its_kind_stays_so() {
    let study = STUDY.replace("seeds = 5", "seeds = 35");
    let study = study.split("[model.clipped]").next().unwrap();
    let jobs = jobs(study);
    let fake = Fake::with_room(20);
    let left = on(&[&fake], &jobs);
    assert_eq!(fake.groups(), [35, 18, 17, 18, 17]);
    assert_eq!(left.splits, [(35, 18, "out of memory".to_owned())]);
    assert_eq!(left.records, on(&[], &jobs).records);
    let narrow = Fake::with_room(0);
    let left = on(&[&narrow], &jobs);
    assert_eq!(left.splits.iter().map(|split| split.1).collect::<Vec<_>>(), [18, 9, 5, 3, 2, 1]);
    assert_eq!(left.summary.failed, 70, "one that does not fit alone is the end");
    for record in left.records.values() {
        let Outcome::Failed { reason } = &record.outcome else { panic!("it has no result") };
        assert!(reason.contains("too little memory for one model: out of memory"), "{reason}");
    }
}

#[test]
fn one_that_fails_does_not_lose_the_others() {
    let jobs = jobs(STUDY.split("[model.clipped]").next().unwrap());
    let alone = on(&[], &jobs);
    for panics in [false, true] {
        let seed = replicate_seed(0, 3);
        let fake = Fake::new("fake", move |members| {
            if members.iter().all(|member| member.training.seed != seed) {
                return Ok(());
            }
            assert!(!panics, "a slip");
            Err(ComputeError::Failed("broken".into()).into())
        });
        let left = on(&[&fake], &jobs);
        assert_eq!(fake.groups(), [10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(left.splits.len(), 1);
        assert_eq!((left.splits[0].0, left.splits[0].1), (10, 1));
        // Both rates of one seed.
        assert_eq!((left.summary.done, left.summary.failed), (10, 2));
        for (id, record) in &left.records {
            match &record.outcome {
                Outcome::Failed { reason } if panics => assert!(reason.contains("a slip")),
                Outcome::Failed { reason } => assert!(reason.contains("broken"), "{reason}"),
                _ => assert_eq!(record, &alone.records[id]),
            }
        }
    }
}

#[test]
fn two_devices_share_the_groups() {
    let jobs = jobs(STUDY.split("[model.clipped]").next().unwrap());
    let begun = Arc::new(AtomicUsize::new(0));
    let device = |name| {
        let begun = Arc::clone(&begun);
        Fake::new(name, move |_| {
            begun.fetch_add(1, Ordering::SeqCst);
            let start = Instant::now();
            while begun.load(Ordering::SeqCst) < 2 {
                assert!(start.elapsed() < Duration::from_mins(1), "the other device is idle");
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        })
    };
    let (one, two) = (device("one"), device("two"));
    let left = on(&[&one, &two], &jobs);
    assert_eq!((one.groups(), two.groups()), (vec![5], vec![5]));
    assert_eq!(left.records, on(&[], &jobs).records);
    let by = |name| left.provenance.values().filter(|own| own.level == name).count();
    assert_eq!((by("one"), by("two")), (5, 5));
}

#[test]
fn an_interrupted_run_keeps_what_was_finished_and_goes_on() {
    let jobs = jobs(STUDY);
    let folder = TempDir::new().unwrap();
    let interrupt = Arc::new(AtomicBool::new(false));
    let (pressed, groups) = (Arc::clone(&interrupt), AtomicUsize::new(0));
    let fake = Fake::new("fake", move |_| {
        pressed.store(groups.fetch_add(1, Ordering::Relaxed) == 1, Ordering::Relaxed);
        Ok(())
    });
    let left = run_in(&folder, &jobs, &[&fake], &interrupt);
    assert_eq!(fake.groups().len(), 2, "nothing begins any more");
    assert_eq!(left.summary.done, fake.groups()[0], "the first group is kept");
    assert_eq!(left.summary.done + left.summary.left, 20);
    let fake = Fake::with_room(usize::MAX);
    let left = run_in(&folder, &jobs, &[&fake], &AtomicBool::new(false));
    assert_eq!(left.summary.before + left.summary.done, 20);
    assert!(left.summary.before > 0);
    assert_eq!(left.records, on(&[], &jobs).records);
}
