//! Kernels kept in a form, in whole studies.

use std::collections::BTreeSet;

use convscope_core::Identity;
use convscope_model::Net;
use convscope_model::formats::safetensors;
use convscope_store::{Record, Store};
use convscope_study::{Kept, Plan, StudyError, Work};
use tempfile::TempDir;

use crate::edits::{jobs, plan, run_on, value};

const STUDY: &str = r#"
question = "What does a form cost?"
seeds = 2

[data.train]
source = { edges = { per-class = 4 } }
[recipe.short]
optimizer = { sgd = { lr = 0.1, momentum = 0.9 } }
batch = 4
epochs = 2

[model.plain]
net = "simple-cnn"
data = "train"
recipe = "short"
[model.held]
net = "simple-cnn"
constrain = [{ on = "conv*.weight", to = "mirror-both" }]
data = "train"
recipe = "short"
[model.later]
from = "plain"
constrain = [{ on = "conv2.weight", to = "mirror-both" }]
data = "train"
recipe = "short"
"#;

/// The study with another form of the arm `held`.
fn held(to: &str) -> String {
    let written = "constrain = [{ on = \"conv*.weight\", to = \"mirror-both\" }]";
    assert!(STUDY.contains(written));
    STUDY.replacen(written, &format!("constrain = [{{ on = \"conv*.weight\", to = {to} }}]"), 1)
}

/// Runs a study and keeps the first weights of every model too.
fn run_all(study: &str) -> (Plan, convscope_store::Contents, TempDir) {
    let mut plan = plan(study).unwrap();
    for job in plan.jobs.values_mut() {
        job.keep.extend([Kept::Initial, Kept::Final]);
    }
    let (summary, contents, folder) = run_on(&plan, 2);
    assert_eq!((summary.failed, summary.diverged), (0, 0));
    (plan, contents, folder)
}

fn net<'p>(plan: &'p Plan, job: &Identity) -> &'p Net {
    let Work::Train { training, .. } = &plan.jobs[job].work else { unreachable!() };
    &training.net
}

/// Returns the weights of the convolutions of a model.
fn kernels(plan: &Plan, folder: &TempDir, job: &Identity, kept: Kept) -> Vec<f32> {
    let store = Store::create(folder.path()).unwrap();
    let bytes = store.read_job_file(job, kept.file()).unwrap().unwrap();
    let net = net(plan, job);
    let weights = safetensors::read(net, &bytes).unwrap();
    let own = net.parameters().iter().filter(|own| own.name.starts_with("conv"));
    own.filter(|own| own.dimensions.len() == 4)
        .flat_map(|own| weights[own.range()].to_vec())
        .collect()
}

fn freedom(record: &Record) -> usize {
    value(record, "free-parameters", None) as usize
}

fn squares(numbers: &[f32]) -> f64 {
    numbers.iter().map(|value| f64::from(*value).powi(2)).sum()
}

/// Returns by how much kernels of 7 × 7 differ from those that are mirrored in both directions.
fn asymmetry(kernels: &[f32]) -> f32 {
    let mirrored = |kernel: &[f32], place: usize| {
        let (row, column) = (place / 7, place % 7);
        let others = [row * 7 + 6 - column, (6 - row) * 7 + column];
        others.map(|other| (kernel[place] - kernel[other]).abs()).into_iter().fold(0.0, f32::max)
    };
    let each = kernels.chunks_exact(49).flat_map(|kernel| (0..49).map(|at| mirrored(kernel, at)));
    each.fold(0.0, f32::max)
}

#[test]
fn a_model_is_in_its_form_before_and_after_training_and_starts_as_large_as_a_free_one() {
    let (plan, contents, folder) = run_all(STUDY);
    for (own, free) in jobs(&plan, "held").into_iter().zip(jobs(&plan, "plain")) {
        let of = |job, kept| kernels(&plan, &folder, job, kept);
        let [first, last] = [Kept::Initial, Kept::Final].map(|kept| of(own, kept));
        assert!(asymmetry(&first) < 1e-6 && asymmetry(&last) < 1e-6);
        assert_ne!(first, last, "kernels learn within their form");
        let drawn = of(free, Kept::Initial);
        assert!(asymmetry(&drawn) > 0.01 && asymmetry(&of(free, Kept::Final)) > 0.01);
        assert_as_large(&first, &drawn);
        // Twelve kernels of 49 numbers, 16 of them of their own, 6 biases, a classifier of 3 · 3 + 3.
        assert_eq!(freedom(&contents.records[own]), 12 * 16 + 18);
        assert_eq!(freedom(&contents.records[free]), 12 * 49 + 18);
    }
    let arm = plan.arms.iter().find(|arm| arm.name == "held").unwrap();
    let described = &arm.described;
    assert_eq!((&described.parameters, &described.trainable), (&(606..=606), &(210..=210)));
    assert!(described.recipe.starts_with("conv*.weight kept mirror-both; SGD"));
}

/// Checks that each of two layers has the sum of squares of another start.
fn assert_as_large(own: &[f32], other: &[f32]) {
    for layer in [0..147, 147..588] {
        let [own, other] = [own, other].map(|all| squares(&all[layer.clone()]));
        assert!((own / other - 1.0).abs() < 1e-5, "{own} {other}");
    }
}

#[test]
fn every_form_starts_as_large_as_a_free_kernel() {
    let forms =
        ["constant", "central-row", "separable", "opposed-half-turn"].map(|to| format!("\"{to}\""));
    let random = "{ random = { like = \"separable\" } }".to_owned();
    for to in forms.into_iter().chain([random]) {
        let (plan, _, folder) = run_all(&held(&to));
        let of = |arm: &str| kernels(&plan, &folder, jobs(&plan, arm)[1], Kept::Initial);
        let (own, free) = (of("held"), of("plain"));
        assert_ne!(own, free);
        assert_as_large(&own, &free);
    }
}

#[test]
fn what_comes_from_a_trained_model_is_put_into_the_form_and_keeps_its_size() {
    let (plan, _, folder) = run_all(STUDY);
    let (own, parent) = (jobs(&plan, "later")[0], jobs(&plan, "plain")[0]);
    let first = kernels(&plan, &folder, own, Kept::Initial);
    let before = kernels(&plan, &folder, parent, Kept::Final);
    assert_eq!(first[..147], before[..147], "the first layer is free");
    assert!(asymmetry(&first[147..]) < 1e-6);
    let share = squares(&first[147..]) / squares(&before[147..]);
    assert!(share < 0.9, "the nearest point is shorter, and stays so: {share}");
    assert!(asymmetry(&kernels(&plan, &folder, own, Kept::Final)[147..]) < 1e-6);
}

#[test]
fn a_random_subspace_has_the_dimension_of_the_structure_and_another_place_in_each_replicate() {
    let (plan, contents, folder) = run_all(&held("{ random = { like = \"mirror-both\" } }"));
    let own = jobs(&plan, "held");
    let last: Vec<Vec<f32>> =
        own.iter().map(|job| kernels(&plan, &folder, job, Kept::Final)).collect();
    for (job, kernels) in own.iter().zip(&last) {
        assert_eq!(freedom(&contents.records[*job]), 12 * 16 + 18);
        assert!(asymmetry(kernels) > 0.01);
    }
    // The nine kernels of a layer span nine dimensions; those of both replicates together 18, more
    // than the 16 of one subspace.
    let rank = |kernels: &[f32]| {
        let vectors: Vec<Vec<f64>> = kernels
            .chunks_exact(49)
            .map(|kernel| kernel.iter().map(|value| f64::from(*value)).collect())
            .collect();
        let within = convscope_core::Subspace::spanned_by(49, &vectors);
        within.dimension()
    };
    assert_eq!(rank(&[&last[0][147..], &last[1][147..]].concat()), 18);
}

#[test]
fn separable_kernels_stay_products_and_count_their_degrees_of_freedom() {
    let (plan, contents, folder) = run_all(&held("\"separable\""));
    let job = jobs(&plan, "held")[0];
    assert_eq!(freedom(&contents.records[job]), 12 * 13 + 18);
    for kernel in kernels(&plan, &folder, job, Kept::Final).chunks_exact(49) {
        let largest = kernel.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        for (a, b) in [(0, 1), (1, 3), (2, 6)] {
            for (c, d) in [(0, 5), (1, 2), (4, 6)] {
                let minor =
                    kernel[a * 7 + c] * kernel[b * 7 + d] - kernel[a * 7 + d] * kernel[b * 7 + c];
                assert!(minor.abs() < 1e-6 * largest * largest, "{minor}");
            }
        }
    }
}

#[test]
fn forms_are_part_of_what_a_job_is_and_their_spelling_is_not() {
    let ids = |study: &str| -> BTreeSet<Identity> {
        let plan = plan(study).unwrap();
        jobs(&plan, "held").into_iter().cloned().collect()
    };
    let free = plan(&held("\"free\"")).unwrap();
    assert_eq!(jobs(&free, "held"), jobs(&free, "plain"), "free is no constraint");
    let all = [
        held("\"mirror-both\""),
        held("\"half-turn\""),
        held("{ random = { like = \"mirror-both\" } }"),
        held("{ random = { like = \"half-turn\" } }"),
        held("\"free\""),
    ];
    let ids_of_all: BTreeSet<_> = all.iter().flat_map(|study| ids(study)).collect();
    assert_eq!(ids_of_all.len(), 10);
    let spelt = STUDY.replacen(
        "[{ on = \"conv*.weight\", to = \"mirror-both\" }]",
        "[{ on = \"conv2.weight\", to = \"mirror-both\" }, { on = \"conv1.*ght\", to = \"mirror-both\" }]",
        1,
    );
    assert_eq!(ids(&spelt), ids(STUDY));
}

#[test]
fn an_axis_may_name_the_form() {
    let swept = held("\"$form\"").replacen(
        "[data.train]",
        "[sweep]\nform = [\"free\", \"constant\", \"separable\"]\n[data.train]",
        1,
    );
    let plan = plan(&swept).unwrap();
    assert_eq!(jobs(&plan, "held").len(), 6);
}

#[test]
fn a_fixed_bank_starts_the_kernels_and_stays() {
    let bank = STUDY.replacen(
        "constrain = [{ on = \"conv*.weight\", to = \"mirror-both\" }]",
        "init = \"operator-bank\"\nfreeze = [\"conv*.weight\"]",
        1,
    );
    let (plan, contents, folder) = run_all(&bank);
    let job = jobs(&plan, "held")[0];
    let [first, last] = [Kept::Initial, Kept::Final].map(|kept| kernels(&plan, &folder, job, kept));
    assert_eq!(first, last);
    assert_eq!(freedom(&contents.records[job]), 18);
}

#[test]
fn the_study_of_the_documentation_runs() {
    let page = include_str!("../../../../docs/constraints.md");
    let study = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let plan = plan(study).unwrap();
    let arms: Vec<usize> = plan.arms.iter().map(|arm| arm.jobs).collect();
    assert_eq!(arms, [9, 3, 3, 3]);
    let (summary, contents, _folder) = run_on(&plan, 2);
    assert_eq!((summary.failed, summary.diverged, summary.left), (0, 0, 0));
    let of = |arm: &str| {
        let own = jobs(&plan, arm);
        own.iter().map(|job| freedom(&contents.records[*job])).collect::<Vec<_>>()
    };
    assert_eq!(of("control"), [210; 3]);
    assert_eq!(of("bank"), [18; 3]);
    assert_eq!(of("drawn"), [606; 3]);
}

#[test]
fn what_cannot_be_kept_is_refused_at_its_place() {
    let refused = |constrain: &str| -> (String, String) {
        let written = "constrain = [{ on = \"conv*.weight\", to = \"mirror-both\" }]";
        let error: StudyError = plan(&STUDY.replacen(written, constrain, 1)).err().unwrap();
        let convscope_study::Place::Bytes(place) = &error.place else { panic!("{error:?}") };
        let study = STUDY.replacen(written, constrain, 1);
        (format!("{}: {}", &study[place.clone()], error.message), error.help.unwrap_or_default())
    };
    let cases = [
        (
            "constrain = [{ on = \"conv*.weight\", to = \"miror-both\" }]",
            "\"miror-both\": there is no structure called `miror-both`",
            "`mirror-both`",
        ),
        (
            "constrain = [{ on = \"conv*.weight\", to = { random = { like = \"halfturn\" } } }]",
            "\"halfturn\": there is no structure",
            "`half-turn`",
        ),
        ("constrain = [{ on = \"conv*.weight\", to = \"random\" }]", "\"random\": ", ""),
        (
            "constrain = [{ on = \"konv1.weight\", to = \"constant\" }]",
            "\"konv1.weight\": no parameter of this net matches",
            "`conv1.weight`",
        ),
        (
            "constrain = [{ on = \"conv1.*\", to = \"constant\" }]",
            "\"conv1.*\": `conv1.bias` has no kernels",
            "",
        ),
        (
            "constrain = [{ on = \"*.weight\", to = \"constant\" }]",
            "\"*.weight\": `fc.weight` has no kernels",
            "",
        ),
        (
            "constrain = [{ on = \"conv*.weight\", to = \"constant\" }, { on = \"conv1.weight\", to = \"separable\" }]",
            "\"conv1.weight\": `conv1.weight` is constrained twice",
            "",
        ),
        (
            "constrain = [{ on = \"conv*.weight\", to = \"constant\" }]\nfreeze = [\"conv2.weight\"]",
            "[{ on = \"conv*.weight\", to = \"constant\" }]: `conv2.weight` is frozen as well",
            "",
        ),
        (
            "constrain = [{ on = \"conv*.weight\", too = \"constant\" }]",
            "unknown field `too`",
            "`to`",
        ),
    ];
    for (constrain, wanted, nearest) in cases {
        let (message, help) = refused(constrain);
        assert!(message.contains(wanted), "{constrain}: {message}");
        assert!(help.contains(nearest), "{constrain}: {help}");
    }
}

#[test]
fn structures_are_refused_at_sizes_at_which_they_mean_nothing() {
    let other = |kernel: u32, to: &str| {
        let net = format!("net = {{ simple-cnn = {{ kernel = {kernel} }} }}");
        let study = held(to).replace("net = \"simple-cnn\"", &net);
        let (study, _) = study.split_once("[model.later]").unwrap();
        plan(study).err().map(|error| error.message).unwrap_or_default()
    };
    let message = other(4, "\"central-row\"");
    assert!(message.contains("kernels of 4 × 4") && message.contains("mirror-both"), "{message}");
    let message = other(1, "\"constant\"");
    assert!(message.contains("no structure but `free`; leave it out of `on`"), "{message}");
    assert_eq!(other(1, "\"free\""), "");
    assert_eq!(other(2, "\"separable\""), "", "three numbers instead of four");
    // Detectors of edges are opposed, so that nothing of them is constant.
    let edges = held("\"constant\"").replacen(
        "net = \"simple-cnn\"\nconstrain",
        "net = { simple-cnn = { kernel = 3 } }\ninit = \"edge-detectors\"\nconstrain",
        1,
    );
    let message = plan(&edges).err().unwrap().message;
    assert!(message.contains("`conv1.weight` starts with kernels that have nothing"), "{message}");
}
