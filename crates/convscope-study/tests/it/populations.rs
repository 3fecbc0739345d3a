//! A model of a population is the model that is trained alone.

use std::collections::BTreeMap;

use convscope_core::Identity;
use convscope_data::Library;
use convscope_store::{Record, Store};
use convscope_study::{Job, Kept, Plan, Text, Work};
use tempfile::TempDir;

use crate::edits::done;

const STUDY: &str = r#"
question = "Who is it?"
seeds = 37

[data.train]
source = { edges = { per-class = 3 } }
[data.valid]
source = { edges = { per-class = 2, split = "valid" } }

[recipe.short]
optimizer = { adam = {} }
batch = 4
epochs = 2

[model.cnn]
net = { simple-cnn = { kernel = 3 } }
data = "train"
valid = "valid"
recipe = "short"
"#;

/// The jobs of a population, by replicate.
fn population(models: usize) -> BTreeMap<u64, Job> {
    let study = STUDY.replace("seeds = 37", &format!("seeds = {models}"));
    let plan = Plan::of("study", Text::parse(&study).unwrap(), &Library::default()).unwrap();
    let replicate = |job: &Job| job.settings.whole()["replicate"].as_u64().unwrap();
    let jobs = plan.jobs.into_values().filter(|job| matches!(job.work, Work::Train { .. }));
    jobs.map(|mut job| {
        job.keep.extend([Kept::Initial, Kept::Final]);
        (replicate(&job), job)
    })
    .collect()
}

/// What was measured of a model, and its first and last weights as they lie in files.
type Member = (Record, [Vec<u8>; 2]);

fn trained<'j>(jobs: impl IntoIterator<Item = &'j Job>, threads: usize) -> Vec<Member> {
    let folder = TempDir::new().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let ids: Vec<Job> = jobs.into_iter().cloned().collect();
    let jobs: BTreeMap<Identity, Job> =
        ids.iter().map(|job| (job.id.clone(), job.clone())).collect();
    assert_eq!(done(&jobs, &store, threads).done, jobs.len());
    let records = store.read().unwrap().records;
    let member = |job: &Job| {
        let weights = [Kept::Initial, Kept::Final]
            .map(|kept| store.read_job_file(&job.id, kept.file()).unwrap().unwrap());
        (records[&job.id].clone(), weights)
    };
    ids.iter().map(member).collect()
}

#[test]
fn members_do_not_depend_on_how_many_there_are_nor_on_threads() {
    let all = population(37);
    let alone: Vec<Member> = all.values().flat_map(|job| trained([job], 1)).collect();
    for (place, (record, [first, last])) in alone.iter().enumerate() {
        assert_ne!(first, last, "model {place} was trained");
        assert!(!record.curves.is_empty());
    }
    assert_ne!(alone[0].1, alone[1].1, "models of a population differ");
    for models in [1, 2, 37] {
        for threads in [1, 2] {
            let jobs = population(models);
            assert_eq!(jobs.len(), models);
            let together = trained(jobs.values(), threads);
            for (replicate, (here, alone)) in together.iter().zip(&alone).enumerate() {
                let which = format!("model {replicate} of {models} on {threads} threads");
                assert!(here.1 == alone.1, "{which} has other weights");
                assert_eq!(here.0, alone.0, "{which}");
            }
        }
    }
}
