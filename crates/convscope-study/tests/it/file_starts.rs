//! Models that start from a file of weights.

use std::path::{Path, PathBuf};

use convscope_core::Identity;
use convscope_data::Library;
use convscope_model::formats::safetensors;
use convscope_store::{Outcome, Store};
use convscope_study::{Kept, Plan, StudyError, Text, Work};
use tempfile::TempDir;

use crate::edits::{jobs, run_on, value};

/// A model, and what starts from it once it is trained.
const STUDY: &str = r#"
question = "What does more training do to it?"
seeds = 2

[data.train]
source = { edges = { per-class = 4 } }
[recipe.short]
optimizer = { sgd = { lr = 0.1, momentum = 0.9 } }
batch = 4
epochs = 2
[recipe.none]
epochs = 0

[model.first]
net = "simple-cnn"
data = "train"
recipe = "short"
[model.later]
from = "first"
data = "train"
recipe = "short"
"#;

/// The same, from a file.
const FROM_FILE: &str = r#"
[model.same]
net = "simple-cnn"
from = { file = "first.safetensors" }
data = "train"
recipe = "none"
[model.on]
net = "simple-cnn"
from = { file = "first.safetensors" }
data = "train"
recipe = "short"
"#;

/// A folder, as the library of a study.
struct Beside(TempDir);

impl Beside {
    fn plan(&self, study: &str) -> Result<Plan, StudyError> {
        let library = Library::new([self.0.path().to_owned()]);
        Plan::of("study", Text::parse(study).unwrap(), &library)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// Trains the first study and puts the weights of a replicate into a folder.
fn trained() -> (Plan, Store, Beside, TempDir) {
    let beside = Beside(TempDir::new().unwrap());
    let plan = beside.plan(STUDY).unwrap();
    let (summary, _, folder) = run_on(&plan, 2);
    assert_eq!((summary.failed, summary.diverged), (0, 0));
    let store = Store::open(folder.path()).unwrap();
    let file = store.job_file(jobs(&plan, "first")[0], Kept::Final.file());
    std::fs::copy(file, beside.file("first.safetensors")).unwrap();
    (plan, store, beside, folder)
}

/// Returns the study with its file under another name.
fn renamed(name: &str) -> String {
    [STUDY, FROM_FILE].concat().replace("first.safetensors", name)
}

fn ids(plan: &Plan, model: &str) -> Vec<Identity> {
    jobs(plan, model).into_iter().cloned().collect()
}

#[test]
fn a_model_starts_from_the_weights_of_a_file_as_from_those_of_another_model() {
    let (_, _, beside, _folder) = trained();
    let plan = beside.plan(&renamed("first.safetensors")).unwrap();
    let (summary, contents, _folder) = run_on(&plan, 2);
    assert_eq!(summary.failed, 0);
    let of = |model: &str, seed: usize| &contents.records[jobs(&plan, model)[seed]];
    let bits = |model, seed, name| value(of(model, seed), name, None).to_bits();
    for name in ["train-accuracy", "train-loss"] {
        assert_eq!(bits("same", 0, name), bits("first", 0, name));
        assert_eq!(bits("on", 0, name), bits("later", 0, name));
    }
    // Both replicates start from one file; each has images of its own.
    assert_ne!(bits("same", 1, "train-loss"), bits("first", 1, "train-loss"));
    assert_eq!(of("on", 0).curves, of("later", 0).curves);
    assert!(plan.arms[2].described.net.ends_with("from `first.safetensors`"));
}

#[test]
fn the_numbers_in_a_file_are_its_identity_and_not_its_name() {
    let (first, store, beside, _folder) = trained();
    let plan = beside.plan(&renamed("first.safetensors")).unwrap();
    std::fs::copy(beside.file("first.safetensors"), beside.file("copy.safetensors")).unwrap();
    let copied = beside.plan(&renamed("copy.safetensors")).unwrap();
    assert_eq!(ids(&plan, "on"), ids(&copied, "on"));
    assert_ne!(ids(&plan, "on"), ids(&plan, "first"));
    let other = store.job_file(jobs(&first, "first")[1], Kept::Final.file());
    std::fs::copy(other, beside.file("other.safetensors")).unwrap();
    let other = beside.plan(&renamed("other.safetensors")).unwrap();
    assert_ne!(ids(&plan, "on"), ids(&other, "on"));
    // How weights would have been drawn does not count where none are.
    let drawn = "net = \"simple-cnn\"\ninit = \"kaiming-normal\"\nfrom";
    let study = renamed("first.safetensors").replace("net = \"simple-cnn\"\nfrom", drawn);
    assert_eq!(ids(&plan, "on"), ids(&beside.plan(&study).unwrap(), "on"));
}

#[test]
fn a_file_that_is_changed_after_the_plan_is_no_start() {
    let (first, _, beside, _folder) = trained();
    let plan = beside.plan(&renamed("first.safetensors")).unwrap();
    let Work::Train { training, .. } = &first.jobs[jobs(&first, "first")[0]].work else { panic!() };
    let zeros = vec![0.0; training.net.number_count()];
    let zeros = safetensors::write(&training.net, &zeros).unwrap();
    std::fs::write(beside.file("first.safetensors"), zeros).unwrap();
    let (summary, contents, _folder) = run_on(&plan, 1);
    assert_eq!(summary.failed, 4);
    let Outcome::Failed { reason } = &contents.records[jobs(&plan, "on")[0]].outcome else {
        panic!("its start is another")
    };
    assert!(
        reason.contains("its weights are not those that it had when the run began"),
        "{reason}"
    );
}

#[test]
fn files_that_a_model_cannot_start_from_are_refused_when_it_is_planned() {
    let (_, _, beside, _folder) = trained();
    let refused = |study: &str| beside.plan(study).map(|_| ()).unwrap_err().message;
    let absent = refused(&renamed("absent.safetensors"));
    assert!(absent.starts_with("there is no `absent.safetensors` here, "), "{absent}");
    std::fs::write(beside.file("text.txt"), "no weights").unwrap();
    let text = refused(&renamed("text.txt"));
    assert!(text.contains("text.txt: this is no file of weights"), "{text}");
    let other =
        renamed("first.safetensors").replace("\"simple-cnn\"\nfrom", "\"deeper-cnn\"\nfrom");
    let other = refused(&other);
    assert!(other.contains("the file does not fit the net: it lacks"), "{other}");
    let netless = renamed("first.safetensors").replace("net = \"simple-cnn\"\nfrom", "from");
    assert!(refused(&netless).contains("a `net` is wanted beside it"), "{}", refused(&netless));
    let number = renamed("first.safetensors").replace("{ file = \"first.safetensors\" }", "3");
    assert!(refused(&number).contains("wanted the name of a model, or"), "{}", refused(&number));
    let slip = renamed("first.safetensors").replace("{ file =", "{ fil =");
    assert!(refused(&slip).contains("fil"), "{}", refused(&slip));
    assert!(Path::new(&beside.file("first.safetensors")).exists());
}
