//! Models made from parts of others, and measurements on them, in whole studies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use convscope_core::Identity;
use convscope_data::Library;
use convscope_engine::Level;
use convscope_store::{Contents, JobKind, Record, Store};
use convscope_study::{Job, Plan, Run, StudyError, Summary, Text, run};
use tempfile::TempDir;

const STUDY: &str = r#"
question = "Do kernels that agree help?"
seeds = 3

[sweep]
width = [1, 2, 3]
metric = ["absolute-cosine", "frobenius"]

[data.part]
source = { edges = { per-class = 4, width = [1, "$width"] } }
transform = ["normalize", { gaussian-noise = { sigma = 0.2, clip = "none" } }]
[data.all]
source = { edges = { per-class = 4, split = "valid" } }
transform = ["normalize"]

[recipe.short]
batch = 4
epochs = 2

[model.specialist]
net = "simple-cnn"
data = "part"
recipe = "short"
[model.fresh]
net = "simple-cnn"
data = "all"
recipe = "short"
[model.warm]
net = "simple-cnn"
edit = [{ transplant = { from = "specialist", across = "width", most-similar-by = "$metric", take = "first" } }]
freeze = ["conv*.weight"]
data = "all"
recipe = "short"
[model.shrunk]
from = "warm"
edit = ["shrink-and-perturb"]
data = "all"
recipe = "short"

[measure.likeness]
between = { pairs-of = "specialist", across = "width" }
by = ["absolute-cosine", "frobenius"]
[measure.change]
between = { start-and-end-of = "fresh" }
by = ["pearson"]
"#;

pub(crate) fn plan(study: &str) -> Result<Plan, StudyError> {
    Plan::of("study", Text::parse(study).unwrap(), &Library::default())
}

pub(crate) fn run_on(plan: &Plan, threads: usize) -> (Summary, Contents, TempDir) {
    let folder = TempDir::new().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let summary = done(&plan.jobs, &store, threads);
    let contents = store.read().unwrap();
    (summary, contents, folder)
}

/// Runs jobs on the processor.
pub(crate) fn done(jobs: &BTreeMap<Identity, Job>, store: &Store, threads: usize) -> Summary {
    let run_on = &mut Run {
        store,
        threads,
        level: Level::detect(),
        trainers: &[],
        interrupt: &AtomicBool::new(false),
        watch: &mut |_| {},
    };
    run(jobs, run_on).unwrap()
}

/// Returns the jobs of an arm or a measurement, by seed and axes.
pub(crate) fn jobs<'p>(plan: &'p Plan, model: &str) -> Vec<&'p Identity> {
    let own = plan.placements.iter().filter(|placement| placement.model == model);
    own.map(|placement| &placement.job).collect()
}

pub(crate) fn value(record: &Record, name: &str, layer: Option<&str>) -> f64 {
    let mut named = record.values.iter().filter(|v| v.name == name && v.layer.as_deref() == layer);
    named.next().unwrap_or_else(|| panic!("no {name}")).value.number().unwrap()
}

#[test]
fn axes_multiply_what_mentions_them_and_an_axis_that_is_crossed_does_not() {
    let plan = plan(STUDY).unwrap();
    let count = |model: &str| jobs(&plan, model).len();
    assert_eq!([count("specialist"), count("fresh"), count("warm")], [9, 3, 6]);
    assert_eq!([count("shrunk"), count("likeness"), count("change")], [6, 3, 3]);
    let kinds: BTreeSet<_> = plan.placements.iter().map(|placement| placement.kind).collect();
    assert_eq!(kinds, BTreeSet::from([JobKind::Train, JobKind::Measure]));
    let warm = &plan.jobs[jobs(&plan, "warm")[0]];
    assert_eq!(warm.after.len(), 3, "a donor for each width");
}

#[test]
fn a_warm_model_starts_from_its_donors_and_says_which() {
    let plan = plan(STUDY).unwrap();
    let (summary, contents, folder) = run_on(&plan, 2);
    assert_eq!((summary.failed, summary.diverged, summary.left), (0, 0, 0));
    let warm = &contents.records[jobs(&plan, "warm")[0]];
    let names: Vec<&str> = warm.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names[..2], ["transplant-pair", "transplant-share"]);
    let pairs = &warm.tables[0];
    assert_eq!(pairs.columns, ["1 – 2", "1 – 3", "2 – 3"]);
    assert_eq!(pairs.rows.len(), 3 + 9);
    assert!(pairs.counts.chunks(3).all(|row| row.iter().filter(|won| **won > 0.999).count() == 1));
    // Frozen kernels are still those that were put in, and those are kernels of the donors.
    let store = Store::create(folder.path()).unwrap();
    let weights =
        |job: &Identity| store.read_job_file(job, "weights.safetensors").unwrap().unwrap();
    let net = match &plan.jobs[jobs(&plan, "warm")[0]].work {
        convscope_study::Work::Train { training, .. } => training.net.clone(),
        _ => unreachable!(),
    };
    let read =
        |job: &Identity| convscope_model::formats::safetensors::read(&net, &weights(job)).unwrap();
    let (own, shares) = (read(jobs(&plan, "warm")[0]), &warm.tables[1]);
    let donors: Vec<Vec<f32>> = plan.jobs[jobs(&plan, "warm")[0]].after.iter().map(read).collect();
    for (part, row) in convscope_model::part::kernels(&net).iter().zip(shares.counts.chunks(3)) {
        let donor = row.iter().position(|share| *share > 0.999).unwrap();
        assert_eq!(own[part.range.clone()], donors[donor][part.range.clone()], "{}", part.name);
    }
}

#[test]
fn measurements_stand_beside_chance_and_agree_with_what_they_measure() {
    let plan = plan(STUDY).unwrap();
    let (_, contents, _folder) = run_on(&plan, 1);
    let record = &contents.records[jobs(&plan, "likeness")[1]];
    let table = |name: &'static str| record.tables.iter().filter(move |table| table.name == name);
    assert_eq!(table("absolute-cosine").count(), 2, "a table for each layer");
    let cells: Vec<f64> =
        table("absolute-cosine").flat_map(|table| table.counts.iter().copied()).collect();
    assert_eq!(cells.len(), 12 * 3);
    let mean = cells.iter().sum::<f64>() / 36.0;
    assert!((value(record, "absolute-cosine", None) - mean).abs() < 1e-12);
    let best = cells.iter().copied().fold(0.0, f64::max);
    assert!((value(record, "best-absolute-cosine", None) - best).abs() < 1e-12);
    // Γ(49/2) / (√π Γ(25)): 49 weights a kernel.
    let chance = value(record, "absolute-cosine-by-chance", Some("conv1"));
    assert!((chance - 0.1146).abs() < 1e-3, "{chance}");
    let nearest = &table("most-alike-by-frobenius").next().unwrap();
    let (mut far, mut product, mut lengths) = (0.0, 0.0, [0.0; 2]);
    for row in nearest.counts.chunks(14) {
        for (a, b) in row[..7].iter().zip(&row[7..]) {
            far += (a - b) * (a - b);
            product += a * b;
            lengths = [lengths[0] + a * a, lengths[1] + b * b];
        }
    }
    assert!((far.sqrt() - value(record, "best-frobenius", None)).abs() < 1e-9);
    assert!(product.abs() <= (lengths[0] * lengths[1]).sqrt() + 1e-12);
    let change = &contents.records[jobs(&plan, "change")[0]];
    let alike = value(change, "pearson", None);
    assert!(alike < 1.0 && alike > 0.0, "training moves kernels, two epochs not far: {alike}");
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let plan = plan(STUDY).unwrap();
    assert_eq!(run_on(&plan, 1).1.records, run_on(&plan, 3).1.records);
}

#[test]
fn the_arm_of_the_donors_may_change_its_name_and_not_its_settings() {
    let before = plan(STUDY).unwrap();
    let renamed = plan(&STUDY.replace("specialist", "expert")).unwrap();
    assert_eq!(jobs(&before, "warm"), jobs(&renamed, "warm"));
    let longer = STUDY
        .replace("[model.fresh]", "[recipe.long]\nlike = \"short\"\nepochs = 3\n[model.fresh]");
    let longer = longer.replacen("recipe = \"short\"", "recipe = \"long\"", 1);
    let longer = plan(&longer).unwrap();
    assert_eq!(jobs(&before, "fresh"), jobs(&longer, "fresh"));
    assert!(jobs(&before, "warm").iter().all(|job| !jobs(&longer, "warm").contains(job)));
}

#[test]
fn what_cannot_be_planned_is_refused_at_its_place() {
    let refused = |from: &str, to: &str| {
        assert!(STUDY.contains(from));
        let error = plan(&STUDY.replacen(from, to, 1)).err().unwrap();
        (error.message, error.help.unwrap_or_default())
    };
    let (message, _) = refused("from = \"specialist\"", "from = \"specialists\"");
    assert!(message.contains("no model called `specialists`"), "{message}");
    let (message, _) = refused("across = \"width\", most", "across = \"with\", most");
    assert!(message.contains("no axis called `with`"), "{message}");
    let other = "net = \"simple-cnn\"\ndata = \"part\"";
    let (message, _) = refused(other, "net = { simple-cnn = { filters = 4 } }\ndata = \"part\"");
    assert!(message.contains("3×1×7×7") && message.contains("4×1×7×7"), "{message}");
    let (message, _) = refused("edit = [\"shrink-and-perturb\"]", "edit = [\"shrink\"]");
    assert!(message.contains("no edit called `shrink`"), "{message}");
    let (message, _) = refused("by = [\"pearson\"]", "by = [\"pierson\"]");
    assert!(message.contains("`pierson`"), "{message}");
    let (message, _) = refused("start-and-end-of = \"fresh\"", "pairs-of = \"fresh\"");
    assert!(message.contains("`pairs-of` with `across`"), "{message}");
    let (message, _) = refused("[measure.change]", "[measure.fresh]");
    assert!(message.contains("same name"), "{message}");
    let (message, _) = refused("\"normalize\", {", "\"normalise\", {");
    assert!(message.contains("no transform called `normalise`"), "{message}");
    let (message, _) = refused(
        "split = \"valid\" } }\n",
        "split = \"valid\" } }\naugment = [{ pad = { amount = 2 } }]\n",
    );
    assert!(message.contains("what does belongs in `transform`"), "{message}");
    let (message, _) = refused("from = \"specialist\"", "from = \"warm\"");
    assert!(message.contains("starts from itself"), "{message}");
}

#[test]
fn models_share_a_start_unless_each_has_a_draw_of_its_own() {
    let likeness = |study: &str| {
        let plan = plan(&study.replace("epochs = 2", "epochs = 1")).unwrap();
        let (_, contents, _folder) = run_on(&plan, 2);
        value(&contents.records[jobs(&plan, "likeness")[0]], "absolute-cosine", None)
    };
    let apart = STUDY.replacen("data = \"part\"", "data = \"part\"\ndraw = \"$width\"", 1);
    let (together, apart) = (likeness(STUDY), likeness(&apart));
    assert!(together > 0.9 && apart < 0.5, "one start: {together}, three: {apart}");
}

#[test]
fn images_drawn_anew_in_every_epoch_make_another_job_of_the_models_that_train_on_them() {
    let augmented = STUDY.replace(
        "split = \"valid\" } }\n",
        "split = \"valid\" } }\naugment = [{ random-crop = { padding = 2 } }]\n",
    );
    let [plain, drawn] = [STUDY, augmented.as_str()].map(|study| plan(study).unwrap());
    assert_eq!(jobs(&plain, "specialist"), jobs(&drawn, "specialist"));
    assert_ne!(jobs(&plain, "fresh"), jobs(&drawn, "fresh"));
    let (_, contents, _folder) = run_on(&drawn, 2);
    let record = &contents.records[jobs(&drawn, "fresh")[0]];
    assert_eq!(record.outcome, convscope_store::Outcome::Done);
}
