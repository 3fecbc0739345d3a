//! Trainings that are interrupted go on from their last epoch, to the same records.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use convscope_core::Identity;
use convscope_data::Library;
use convscope_engine::Level;
use convscope_store::{Contents, Store};
use convscope_study::{Event, Job, Plan, Run, Summary, Text, damaged_files, run};
use tempfile::TempDir;

/// Each training long enough to be at it when the one before has been kept.
const STUDY: &str = r#"
question = "Does it go on?"
seeds = 4

[data.train]
source = { edges = { per-class = 20 } }

[recipe.long]
optimizer = { adam = { lr = 0.001 } }
batch = 10
epochs = 100

[model.cnn]
net = { simple-cnn = { kernel = 3 } }
data = "train"
recipe = "long"

[[show]]
title = "Accuracy"
sql = "select model, value from results where name = 'train-accuracy'"
mark = { histogram = { x = "value" } }
"#;

fn jobs() -> BTreeMap<Identity, Job> {
    Plan::of("study", Text::parse(STUDY).unwrap(), &Library::default()).unwrap().jobs
}

/// What a run did and said.
struct Left {
    summary: Summary,
    /// The epochs after which trainings went on.
    resumed: Vec<u32>,
    /// What was said of those that could not.
    anew: Vec<String>,
}

/// Runs on one thread; interrupts as soon as a job is kept, if that is asked for.
fn run_in(store: &Store, jobs: &BTreeMap<Identity, Job>, once: bool) -> Left {
    let (interrupt, mut resumed, mut anew) = (AtomicBool::new(false), Vec::new(), Vec::new());
    let summary = run(
        jobs,
        &mut Run {
            store,
            threads: 1,
            level: Level::detect(),
            trainers: &[],
            interrupt: &interrupt,
            watch: &mut |event| match event {
                Event::Finished { .. } => interrupt.store(once, Ordering::Relaxed),
                Event::Resumed { epoch } => resumed.push(epoch),
                Event::Anew { fault } => anew.push(fault.to_string()),
                _ => {}
            },
        },
    );
    Left { summary: summary.unwrap(), resumed, anew }
}

/// Runs until a training was stopped at some epoch; one may have ended just before the next began.
fn stop_one(store: &Store, jobs: &BTreeMap<Identity, Job>) -> PathBuf {
    let stopped = (1..jobs.len()).any(|_| run_in(store, jobs, true).summary.begun == 1);
    assert!(stopped, "no training was at it in any run");
    checkpoints(store).remove(0)
}

fn store(folder: &TempDir) -> Store {
    Store::create(folder.path()).unwrap()
}

fn uninterrupted(jobs: &BTreeMap<Identity, Job>) -> Contents {
    let folder = TempDir::new().unwrap();
    assert_eq!(run_in(&store(&folder), jobs, false).summary.done, jobs.len());
    store(&folder).read().unwrap()
}

/// Returns the checkpoints in a store.
fn checkpoints(store: &Store) -> Vec<PathBuf> {
    let files = store.job_files().unwrap().into_iter().map(|file| store.folder().join(file));
    files.filter(|file| file.ends_with("checkpoint.safetensors")).collect()
}

#[test]
fn a_run_that_is_interrupted_again_and_again_leaves_the_records_of_one_that_was_not() {
    let (jobs, folder) = (jobs(), TempDir::new().unwrap());
    let (store, mut resumed) = (store(&folder), Vec::new());
    for _ in 0..jobs.len() {
        let left = run_in(&store, &jobs, true);
        resumed.extend(left.resumed);
        assert_eq!(left.summary.begun, checkpoints(&store).len());
        assert_eq!(left.anew, [""; 0]);
    }
    assert!(resumed.iter().any(|epoch| (1..100).contains(epoch)), "{resumed:?}");
    assert_eq!(run_in(&store, &jobs, false).summary.left, 0);
    assert_eq!(store.read().unwrap().records, uninterrupted(&jobs).records);
    assert!(checkpoints(&store).is_empty(), "what is finished needs none");
}

#[test]
fn a_checkpoint_that_is_damaged_is_named_and_its_training_begins_anew() {
    let (jobs, folder) = (jobs(), TempDir::new().unwrap());
    let store = store(&folder);
    let file = stop_one(&store, &jobs);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let faults = damaged_files(&store).unwrap();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().contains("checkpoint.safetensors"), "{}", faults[0]);

    let left = run_in(&store, &jobs, false);
    assert_eq!((left.summary.left, left.resumed.len()), (0, 0));
    let [said] = &left.anew[..] else { panic!("{:?}", left.anew) };
    assert!(said.contains("its checksum is another; its training begins anew"), "{said}");
    assert_eq!(store.read().unwrap().records, uninterrupted(&jobs).records);
    assert!(checkpoints(&store).is_empty());
}

#[test]
fn the_checkpoint_of_another_training_in_its_place_changes_nothing() {
    let (jobs, folder) = (jobs(), TempDir::new().unwrap());
    let store = store(&folder);
    let file = stop_one(&store, &jobs);
    let other = other_checkpoint();
    std::fs::write(&file, &other).unwrap();
    assert_eq!(run_in(&store, &jobs, false).summary.left, 0);
    assert_eq!(store.read().unwrap().records, uninterrupted(&jobs).records);
}

/// Returns the checkpoint of a training with another optimiser.
fn other_checkpoint() -> Vec<u8> {
    let study = STUDY.replace("adam = { lr = 0.001 }", "sgd = { lr = 0.001 }");
    let jobs = Plan::of("study", Text::parse(&study).unwrap(), &Library::default()).unwrap().jobs;
    let folder = TempDir::new().unwrap();
    let store = store(&folder);
    std::fs::read(stop_one(&store, &jobs)).unwrap()
}
