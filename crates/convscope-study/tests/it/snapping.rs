//! Kernels snapped in whole studies: calibration images, bits in records, and what training keeps.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use convscope_core::Identity;
use convscope_data::Library;
use convscope_engine::Level;
use convscope_model::formats::safetensors;
use convscope_probe::{Catalogue, Size};
use convscope_store::{Outcome, Record, Store};
use convscope_study::{Plan, Run, StudyError, Text, Work, run};
use tempfile::TempDir;

const STUDY: &str = r#"
question = "What do simpler kernels cost?"
seeds = 2

[sweep]
bits = [1.0, 0.4]

[data.train]
source = { edges = { per-class = 10 } }
[data.other]
source = { edges = { per-class = 10, split = "valid" } }
[data.test]
source = { edges = { per-class = 5, split = "test" } }

[recipe.short]
optimizer = { sgd = { lr = 0.02, momentum = 0.9 } }
batch = 10
epochs = 60
[recipe.none]
epochs = 0

[model.learnt]
net = { simple-cnn = { kernel = 5 } }
data = "train"
test = "test"
recipe = "short"
[model.snapped]
from = "learnt"
edit = [{ snap = { bits = "$bits", calibrate = "train", samples = 20, choose = "least-loss" } }]
data = "train"
test = "test"
recipe = "none"
[model.frozen]
from = "learnt"
edit = [{ snap = { bits = "$bits", calibrate = "train", then = "freeze" } }]
data = "train"
test = "test"
recipe = "short"
[model.kept]
from = "learnt"
edit = [{ snap = { bits = "$bits", calibrate = "train", then = "keep" } }]
data = "train"
test = "test"
recipe = "short"
[model.kept-rounded]
from = "learnt"
edit = [{ snap = { bits = "$bits", calibrate = "train", then = "keep", round-again = true } }]
data = "train"
test = "test"
recipe = "short"
[model.freed-rounded]
from = "learnt"
edit = [{ snap = { bits = "$bits", calibrate = "train", round-again = true } }]
data = "train"
test = "test"
recipe = "short"
[model.tested-again]
from = "kept-rounded"
data = "train"
test = "test"
recipe = "none"
[model.pruned]
from = "learnt"
edit = [{ prune-weights = { bits = "$bits", calibrate = "other", then = "keep" } }]
data = "train"
test = "test"
recipe = "short"
"#;

fn plan(study: &str) -> Result<Plan, StudyError> {
    Plan::of("study", Text::parse(study).unwrap(), &Library::default())
}

struct Ran {
    plan: Plan,
    store: Store,
    contents: convscope_store::Contents,
    _folder: TempDir,
}

fn ran(threads: usize) -> Ran {
    let mut plan = plan(STUDY).unwrap();
    for job in plan.jobs.values_mut() {
        job.keep.insert(convscope_study::Kept::Final);
        job.keep.insert(convscope_study::Kept::Initial);
    }
    let folder = TempDir::new().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let interrupt = AtomicBool::new(false);
    let level = Level::detect();
    let mut how = Run {
        store: &store,
        threads,
        level,
        trainers: &[],
        interrupt: &interrupt,
        watch: &mut |_| {},
    };
    run(&plan.jobs, &mut how).unwrap();
    let contents = store.read().unwrap();
    Ran { plan, store, contents, _folder: folder }
}

impl Ran {
    fn job(&self, model: &str, bits: f64) -> &Identity {
        let mut own = self.plan.placements.iter().filter(|placement| {
            let axis = placement.axes.get("bits");
            let here = axis.is_none_or(|axis| *axis == convscope_store::Axis::Number(bits));
            placement.model == model && placement.seed == 0 && here
        });
        &own.next().unwrap().job
    }

    fn record(&self, model: &str, bits: f64) -> &Record {
        &self.contents.records[self.job(model, bits)]
    }

    fn value(&self, model: &str, bits: f64, name: &str) -> f64 {
        let record = self.record(model, bits);
        let found = record.values.iter().find(|value| value.name == name);
        found.unwrap_or_else(|| panic!("no {name} in {record:?}")).value.number().unwrap()
    }

    fn weights(&self, model: &str, bits: f64, file: &str) -> Vec<f32> {
        let job = self.job(model, bits);
        let Work::Train { training, .. } = &self.plan.jobs[job].work else { unreachable!() };
        let bytes = self.store.read_job_file(job, file).unwrap().unwrap();
        safetensors::read(&training.net, &bytes).unwrap()
    }

    fn kernels(&self, model: &str) -> Vec<convscope_model::Part> {
        let Work::Train { training, .. } = &self.plan.jobs[self.job(model, 0.4)].work else {
            unreachable!()
        };
        convscope_model::part::kernels(&training.net)
    }
}

#[test]
fn records_say_how_many_bits_are_left_and_what_that_cost() {
    let ran = ran(2);
    assert!(ran.contents.records.values().all(|record| record.outcome == Outcome::Done));
    let share = |model, bits| ran.value(model, bits, "bits-share");
    assert!((share("snapped", 1.0) - 1.0).abs() < 1e-12);
    for model in ["snapped", "frozen", "kept", "pruned"] {
        assert!(share(model, 0.4) <= 0.4 && share(model, 0.4) > 0.3, "{model}");
        assert!(ran.value(model, 0.4, "kernels-snapped") > 3.0);
    }
    let predicted = |bits| ran.value("snapped", bits, "predicted-loss-change");
    assert!(predicted(0.4) > predicted(1.0) && predicted(1.0).abs() < 1e-12);
    // Nothing is trained: the model is what the edit left, and it is tested.
    let [first, last] = ["epoch-0000.safetensors", "weights.safetensors"]
        .map(|file| ran.weights("snapped", 0.4, file));
    assert_eq!(first, last);
    assert!(ran.value("snapped", 1.0, "test-accuracy") > 0.2);
    let tables: Vec<&str> =
        ran.record("snapped", 0.4).tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(tables[..3], ["kernel-structures", "kernel-bits", "simplification-rounds"]);
}

#[test]
fn training_keeps_kernels_as_the_edit_says() {
    let ran = ran(1);
    let both = |model| {
        ["epoch-0000.safetensors", "weights.safetensors"].map(|file| ran.weights(model, 0.4, file))
    };
    let ([first, last], kernels) = (both("frozen"), ran.kernels("frozen"));
    let same = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
    let kept = kernels
        .iter()
        .filter(|kernel| same(&first[kernel.range.clone()], &last[kernel.range.clone()]))
        .count();
    let snapped = ran.value("frozen", 0.4, "kernels-snapped");
    assert!(kept as f64 >= snapped && first != last, "{kept} stayed, {snapped} were snapped");
    // Kept kernels move, within what a structure of the catalogue allows.
    let [first, last] = both("kept");
    let catalogue = Catalogue::new(Size::square(5));
    let mut moved = 0;
    for kernel in &kernels {
        let of = |weights: &[f32]| -> Vec<f64> {
            weights[kernel.range.clone()].iter().map(|weight| f64::from(*weight)).collect()
        };
        let structures: Vec<_> =
            catalogue.structures().filter_map(|(own, _)| catalogue.subspace(own.id)).collect();
        let holds = |weights: &[f32]| -> Vec<bool> {
            let numbers = of(weights);
            let near = |own: &convscope_core::Subspace| own.energy(&numbers).unwrap_or(1.0);
            structures.iter().map(|own| near(own) > 1.0 - 1e-10).collect()
        };
        let (before, after) = (holds(&first), holds(&last));
        if before.contains(&true) {
            assert!(before.iter().zip(&after).any(|(a, b)| *a && *b), "{}", kernel.name);
            moved += usize::from(!same(&first[kernel.range.clone()], &last[kernel.range.clone()]));
        }
    }
    assert!(moved > 0, "no kernel moved");
    // What is pruned stays so, the rest learns.
    let [first, last] = both("pruned");
    let zeros = |weights: &[f32]| weights.iter().filter(|weight| **weight == 0.0).count();
    assert!(zeros(&last) > 50 && zeros(&last) <= zeros(&first) && first != last);
}

#[test]
fn bits_and_accuracy_belong_to_the_same_weights_where_kernels_are_rounded_again() {
    let ran = ran(2);
    let value = |model: &str, name: &str| ran.value(model, 0.4, name);
    // Until the end it is the same training.
    for name in ["train-loss", "test-accuracy"] {
        let unrounded = value("kept-rounded", &format!("unrounded-{name}"));
        assert!((unrounded - value("kept", name)).abs() < 1e-15, "{name}");
        let again = value("tested-again", name);
        assert!((value("kept-rounded", name) - again).abs() < 1e-15, "{name}");
    }
    let rise = value("kept-rounded", "train-loss") - value("kept", "train-loss");
    assert!((value("kept-rounded", "rounding-loss-change") - rise).abs() < 1e-15);
    assert!(rise != 0.0 && rise.abs() < 0.1, "{rise}");
    for name in ["bits", "bits-share", "kernels-snapped"] {
        assert!((value("kept-rounded", name) - value("kept", name)).abs() < 1e-9, "{name}");
    }
    let [kept, rounded] =
        ["kept", "kept-rounded"].map(|model| ran.weights(model, 0.4, "weights.safetensors"));
    let kernels = ran.kernels("kept");
    let mut moved = 0;
    for kernel in &kernels {
        let largest = kernels
            .iter()
            .filter(|own| own.layer == kernel.layer)
            .flat_map(|own| &kept[own.range.clone()])
            .fold(0.0_f32, |most, weight| most.max(weight.abs()));
        for place in kernel.range.clone() {
            let off = (rounded[place] - kept[place]).abs();
            assert!(off <= 5.0 * largest / 127.0, "{off} with sizes up to {largest}");
            moved += usize::from(off > 0.0);
        }
    }
    assert!(moved > 100, "{moved} numbers were rounded");
    // Kernels that may go anywhere are free as soon as they have moved; those behind dead units never move.
    let [before, after] = ["epoch-0000.safetensors", "weights.safetensors"]
        .map(|file| ran.weights("freed-rounded", 0.4, file));
    let apart = |own: &Range<usize>| {
        let pairs = before[own.clone()].iter().zip(&after[own.clone()]);
        pairs.map(|(before, after)| (before - after).abs()).fold(0.0, f32::max)
    };
    let moved = kernels.iter().filter(|own| apart(&own.range) > 0.01).count();
    let tables = &ran.record("freed-rounded", 0.4).tables;
    let structures = tables.iter().find(|table| table.name == "kernel-structures").unwrap();
    let free = structures.columns.iter().position(|column| column == "free").unwrap();
    let counts = structures.counts.chunks(structures.columns.len());
    let free: f64 = counts.map(|layer| layer[free]).sum();
    assert!(moved >= 3 && free >= moved as f64, "{moved} moved, {free} are free");
    assert!(value("freed-rounded", "bits-share") > value("kept-rounded", "bits-share"));
}

#[test]
fn the_same_records_on_any_number_of_threads() {
    assert_eq!(ran(1).contents.records, ran(3).contents.records);
}

#[test]
fn the_images_that_an_edit_looks_at_are_part_of_what_it_is() {
    let before = plan(STUDY).unwrap();
    let jobs = |plan: &Plan, model: &str| -> Vec<Identity> {
        let own = plan.placements.iter().filter(|placement| placement.model == model);
        own.map(|placement| placement.job.clone()).collect()
    };
    let other = STUDY.replace("calibrate = \"train\", samples", "calibrate = \"other\", samples");
    assert_ne!(jobs(&before, "snapped"), jobs(&plan(&other).unwrap(), "snapped"));
    let fewer = STUDY.replace("samples = 20", "samples = 10");
    assert_ne!(jobs(&before, "snapped"), jobs(&plan(&fewer).unwrap(), "snapped"));
    let renamed = STUDY
        .replace("[data.other]", "[data.held-out]")
        .replace("calibrate = \"other\"", "calibrate = \"held-out\"");
    assert_eq!(jobs(&before, "pruned"), jobs(&plan(&renamed).unwrap(), "pruned"));
}

#[test]
fn images_that_must_not_be_looked_at_are_refused_where_they_are_named() {
    let refused = |from: &str, to: &str| {
        assert!(STUDY.contains(from), "{from}");
        plan(&STUDY.replacen(from, to, 1)).err().unwrap()
    };
    let from = "calibrate = \"train\", samples = 20";
    let error = refused(from, "calibrate = \"test\", samples = 20");
    assert!(error.message.contains("it draws images that `test` does"), "{}", error.message);
    let error = refused(from, "calibrate = \"trian\", samples = 20");
    assert!(error.message.contains("no data set called `trian`"), "{}", error.message);
    let two = "classes = [\"horizontal\", \"vertical\"], per-class = 10";
    let error = refused("per-class = 10, split = \"valid\"", &format!("{two}, split = \"valid\""));
    assert!(error.message.contains("its classes are"), "{}", error.message);
    let error = refused(from, "samples = 20");
    assert!(error.message.contains("want images"), "{}", error.message);
    let error = refused("kernel = 5", "kernel = 1");
    assert!(error.message.contains("larger than 1 × 1"), "{}", error.message);
}
