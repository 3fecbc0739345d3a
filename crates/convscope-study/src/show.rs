//! Figures: which jobs' files they read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use convscope_core::Identity;
use convscope_core::registry::SettingError;
use convscope_store::{Axis, Placement};
use serde_json::{Map, Value, json};

use crate::error::{StudyError, defined};
use crate::file::{KernelShow, SampleShow, Show};
use crate::job::{Job, Kept, Work, replicate_seed};
use crate::plan::{Plan, axis_value};
use crate::resolve::Resolver;
use crate::settings::Settings;
use crate::sweep::Sweep;

/// A figure with the jobs whose files it reads.
#[derive(Debug, Clone)]
pub struct PlannedShow {
    /// Its title.
    pub title: String,
    /// What to look at; may be empty.
    pub note: String,
    /// What it shows.
    pub content: Content,
}

/// What a figure shows.
#[derive(Debug, Clone)]
pub enum Content {
    /// The rows of a query under a mark.
    Chart {
        /// The query.
        sql: String,
        /// The mark, as written.
        mark: Value,
    },
    /// Kernels of a layer, one entry for each model shown.
    Kernels {
        /// The layer.
        layer: String,
        /// What tells a model from the others, and its job.
        models: Vec<(String, Identity)>,
    },
    /// Images of a data set.
    Samples {
        /// The job that draws them.
        job: Identity,
    },
}

/// Plans all figures; adds the jobs they need and marks the weights they read.
pub(crate) fn plan(plan: &mut Plan, sweep: &Sweep) -> Result<Vec<PlannedShow>, StudyError> {
    let shows = plan.file.show.clone();
    let mut planned = Vec::with_capacity(shows.len());
    for (index, show) in shows.iter().enumerate() {
        let place = index.to_string();
        let content = match show {
            Show { sql: Some(sql), mark: Some(mark), kernels: None, samples: None, .. } => {
                Content::Chart { sql: sql.clone(), mark: mark.clone() }
            }
            Show { sql: None, mark: None, kernels: Some(kernels), samples: None, .. } => {
                let chosen = kernel_content(plan, kernels)
                    .map_err(|error| plan.wrong(&["show", &place, "kernels"], error))?;
                keep_weights(plan, &chosen);
                chosen
            }
            Show { sql: None, mark: None, kernels: None, samples: Some(samples), .. } => {
                sample_content(plan, sweep, samples, &place)?
            }
            _ => {
                let message = "a figure has `sql` with `mark`, or `kernels`, or `samples`";
                return Err(plan.wrong(&["show", &place], SettingError::at("", message)));
            }
        };
        let note = show.note.clone().unwrap_or_default();
        planned.push(PlannedShow { title: show.title.clone(), note, content });
    }
    Ok(planned)
}

fn kernel_content(plan: &Plan, kernels: &KernelShow) -> Result<Content, SettingError> {
    let models = plan.file.model.keys().map(String::as_str);
    defined("model", &kernels.model, models).map_err(|error| error.below("model"))?;
    let of_model = |placement: &&Placement| placement.model == kernels.model;
    for axis in kernels.at.keys() {
        let axes: BTreeSet<&str> = plan
            .placements
            .iter()
            .filter(of_model)
            .flat_map(|placement| placement.axes.keys().map(String::as_str))
            .collect();
        defined("axis of this model", axis, axes.iter().copied())
            .map_err(|error| error.below(axis).below("at"))?;
    }
    if kernels.seed >= plan.file.seeds {
        let message = format!("seeds are 0 to {}", plan.file.seeds - 1);
        return Err(SettingError::at("seed", message));
    }
    let chosen: Vec<&Placement> = plan
        .placements
        .iter()
        .filter(of_model)
        .filter(|placement| placement.seed == kernels.seed && matches(&placement.axes, &kernels.at))
        .collect();
    match chosen.first() {
        Some(first) => check_layer(&plan.jobs[&first.job], &kernels.layer)?,
        // An override may take away what a figure asks for; the figure then says that it is empty.
        None if plan.text.is_overridden("sweep") => {}
        None => return Err(SettingError::at("at", "no model stands at these values")),
    }
    let models = chosen.iter().map(|placement| (label(placement), placement.job.clone())).collect();
    Ok(Content::Kernels { layer: kernels.layer.clone(), models })
}

fn check_layer(job: &Job, layer: &str) -> Result<(), SettingError> {
    let Work::Train { training, .. } = &job.work else { return Ok(()) };
    let convolutions = training.net.parameters().iter().filter_map(|parameter| {
        let layer = parameter.name.strip_suffix(".weight")?;
        (parameter.dimensions.len() == 4).then_some(layer)
    });
    let convolutions: Vec<&str> = convolutions.collect();
    defined("convolution", layer, convolutions.into_iter()).map_err(|error| error.below("layer"))
}

fn keep_weights(plan: &mut Plan, content: &Content) {
    if let Content::Kernels { models, .. } = content {
        for (_, id) in models {
            if let Some(job) = plan.jobs.get_mut(id) {
                job.keep.extend([Kept::Initial, Kept::Final]);
            }
        }
    }
}

fn sample_content(
    plan: &mut Plan,
    sweep: &Sweep,
    samples: &SampleShow,
    place: &str,
) -> Result<Content, StudyError> {
    let names = plan.file.data.keys().map(String::as_str);
    defined("data set", &samples.data, names)
        .map_err(|error| plan.wrong(&["show", place, "samples", "data"], error))?;
    let mut walk = sweep.walk();
    while let Some(point) = walk.next() {
        let resolver = Resolver { text: &plan.text, file: &plan.file, library: &plan.library };
        let data = resolver.data_set(&samples.data, &point)?;
        let axes =
            point.mentioned().into_iter().map(|(axis, value)| (axis, axis_value(&value))).collect();
        if !matches(&axes, &samples.at) {
            walk.visited(&point);
            continue;
        }
        let settings = [
            ("kind", json!("sample")),
            ("data", data.settings.clone()),
            ("per-class", json!(samples.per_class)),
            ("replicate", json!(samples.seed)),
            ("root-seed", json!(plan.file.root_seed)),
        ];
        let settings = Settings::new(&Arc::default(), settings.into());
        let id = Identity::of_json(&settings.whole());
        let seed = replicate_seed(plan.file.root_seed, samples.seed);
        let work = Work::Sample { data: Arc::new(data), per_class: samples.per_class, seed };
        let (after, keep) = (Vec::new(), BTreeSet::new());
        let job = Job { id: id.clone(), settings, after, cost: 0.0, work, keep };
        plan.jobs.entry(id.clone()).or_insert(job);
        return Ok(Content::Samples { job: id });
    }
    let error = SettingError::at("at", "the sweep has no such point");
    Err(plan.wrong(&["show", place, "samples"], error))
}

fn matches(axes: &BTreeMap<String, Axis>, at: &Map<String, Value>) -> bool {
    at.iter().all(|(axis, wanted)| {
        let here = axes.get(axis);
        let wanted = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
        wanted.iter().any(|value| here == Some(&axis_value(value)))
    })
}

/// Names a model by its axes.
fn label(placement: &Placement) -> String {
    let axes: Vec<String> =
        placement.axes.iter().map(|(axis, value)| format!("{axis} {}", spoken(value))).collect();
    if axes.is_empty() { placement.model.clone() } else { axes.join(", ") }
}

fn spoken(value: &Axis) -> String {
    match value {
        Axis::Number(number) => number.to_string(),
        Axis::Text(text) => text.clone(),
    }
}
