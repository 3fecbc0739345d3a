//! From a plan and the records of a store to a page.

use std::collections::BTreeMap;

use convscope_core::Identity;
use convscope_core::registry::{self, SettingError};
use convscope_core::verdict::Judgement;
use convscope_engine::Level;
use convscope_report::{
    Arm, Chart, ClaimRow, Figure, KernelPanel, KernelRow, KernelWall, MARKS, Mark, Measured, Page,
    Parts, SampleGroup, SampleImage, SampleSheet, Section, Trouble, Unit,
};
use convscope_store::{Axis, Contents, Database, Outcome, Store, StudyCopy};
use convscope_study::{
    Content, Kept, Plan, PlannedClaim, PlannedShow, SAMPLES_FILE, StudyError, Test, Work,
};
use serde_json::Value;

use crate::studies::{Chosen, Planned};

/// Why a page cannot be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error(transparent)]
    Query(#[from] convscope_store::QueryError),
}

/// Checks the marks of a study against the columns of their queries; nothing has run by then.
pub(crate) fn check(plan: &Plan) -> Result<(), StudyError> {
    let (contents, copy) = (Contents::default(), plan.copy());
    let empty = Database::of(&contents, [&copy]);
    for (index, show) in plan.file.show.iter().enumerate() {
        let (Some(sql), Some(value), Ok(database)) = (&show.sql, &show.mark, &empty) else {
            continue;
        };
        let place = index.to_string();
        let wrong = |error| plan.wrong(&["show", &place, "mark"], error);
        let mark = mark(value).map_err(wrong)?;
        let Ok(rows) = database.query(sql) else { continue };
        for column in mark.columns() {
            if !rows.columns.iter().any(|have| have == column) {
                let message = format!(
                    "the query has no column `{column}`; it has {}",
                    rows.columns.join(", ")
                );
                let nearest = registry::nearest(column, rows.columns.iter().map(String::as_str));
                return Err(wrong(SettingError { nearest, ..SettingError::at("", message) }));
            }
        }
    }
    Ok(())
}

fn mark(value: &Value) -> Result<Box<dyn Mark>, SettingError> {
    registry::build(MARKS, "mark", value).map(|(mark, _)| mark)
}

/// Builds the page of the chosen studies.
pub(crate) fn build(
    chosen: &Chosen,
    store: &Store,
    contents: &Contents,
) -> Result<Page, PageError> {
    let sections = chosen.plans.iter().map(|planned| section(planned, store, contents));
    let single = chosen.plans.len() == 1;
    Ok(Page {
        title: title(&chosen.title),
        about: None,
        parts: Parts::STUDIES,
        sections: sections.collect::<Result<_, _>>()?,
        provenance: provenance(store, contents, single),
        faults: contents.faults.iter().map(ToString::to_string).collect(),
    })
}

/// `inductive-bias` becomes `Inductive bias`.
fn title(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn provenance(store: &Store, contents: &Contents, single: bool) -> Vec<(String, String)> {
    let levels: std::collections::BTreeSet<&str> =
        contents.provenance.values().map(|provenance| provenance.level.as_str()).collect();
    let levels = if levels.is_empty() {
        Level::detect().to_string()
    } else {
        levels.into_iter().collect::<Vec<_>>().join(", ")
    };
    let command = if single { "convscope run STUDY" } else { "convscope run FOLDER" };
    vec![
        ("convscope".into(), env!("CARGO_PKG_VERSION").into()),
        ("computed by".into(), levels),
        ("records in the store".into(), contents.records.len().to_string()),
        (
            "store".into(),
            store
                .folder()
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        ),
        ("made again by".into(), command.into()),
    ]
}

fn section(planned: &Planned, store: &Store, contents: &Contents) -> Result<Section, PageError> {
    let plan = &planned.plan;
    let copy = plan.copy();
    let database = Database::of(contents, [&copy])?;
    let claims = plan.claims.iter().map(|claim| Ok(claim_row(claim, &claim.judge(&database)?)));
    let series: Vec<String> = plan.arms.iter().map(|arm| arm.name.clone()).collect();
    let mut figures = Vec::new();
    for (index, show) in plan.shows.iter().enumerate() {
        figures.push(figure(index, show, plan, &database, store, &series)?);
    }
    Ok(Section {
        id: plan.name.clone(),
        question: plan.file.question.clone(),
        about: plan.file.about.clone(),
        arms: plan.arms.iter().map(|arm| arm_row(plan, arm)).collect(),
        claims: claims.collect::<Result<_, PageError>>()?,
        figures,
        troubles: troubles(&copy, contents),
        provenance: study_provenance(plan, &copy, contents),
    })
}

fn arm_row(plan: &Plan, arm: &convscope_study::Arm) -> Arm {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let values = |values: &[Value]| values.iter().map(plain).collect::<Vec<_>>().join(", ");
    Arm {
        name: arm.name.clone(),
        net: arm.described.net.clone(),
        parameters: arm.described.parameters.clone(),
        data: arm.described.data.clone(),
        recipe: arm.described.recipe.clone(),
        seeds: plan.file.seeds,
        axes: arm.named_axes().map(|(axis, all)| (axis.clone(), values(all))).collect(),
    }
}

fn claim_row(claim: &PlannedClaim, judgement: &Judgement) -> ClaimRow {
    let difference = matches!(claim.test, Test::Difference { .. });
    let unit = match (claim.percent, difference) {
        (true, true) => Unit::Points,
        (true, false) => Unit::Percent,
        (false, _) => Unit::Number,
    };
    let published_number = match &claim.test {
        Test::Number { published, .. } => Some(published.value),
        Test::Range { .. } => None,
        Test::Difference { least, .. } => Some(*least),
    };
    let measured = judgement.measured.map(|interval| Measured {
        mean: interval.mean,
        low: Some(interval.low),
        high: Some(interval.high),
        count: interval.count,
        unit,
    });
    let single = judgement.single;
    let single = single.map(|mean| Measured { mean, low: None, high: None, count: 1, unit });
    ClaimRow {
        says: claim.says.clone(),
        source: claim.source.clone(),
        published: claim.printed.clone(),
        published_number,
        measured: measured.or(single),
        expected: judgement.expected,
        verdict: judgement.verdict,
        why: judgement.why.clone(),
        mismatch: claim.mismatch.clone(),
    }
}

fn figure(
    index: usize,
    show: &PlannedShow,
    plan: &Plan,
    database: &Database<'_>,
    store: &Store,
    series: &[String],
) -> Result<Figure, PageError> {
    let id = format!("{:02}-{}", index + 1, slug(&show.title));
    let (title, note) = (show.title.clone(), show.note.clone());
    Ok(match &show.content {
        Content::Chart { sql, mark: value } => {
            let mark = mark(value).expect("marks were checked before anything ran");
            let rows = database.query(sql)?;
            Figure::Chart(Chart { id, title, note, mark, rows, series: series.to_vec() })
        }
        Content::Kernels { layer, models } => {
            let rows =
                models.iter().filter_map(|(name, job)| kernel_row(plan, store, layer, name, job));
            Figure::Kernels(KernelWall { id, title, note, rows: rows.collect() })
        }
        Content::Samples { job } => {
            Figure::Samples(SampleSheet { id, title, note, groups: sample_groups(store, job) })
        }
    })
}

fn slug(title: &str) -> String {
    let letters = title.chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' });
    let words: String = letters.collect();
    words.split_whitespace().take(6).collect::<Vec<_>>().join("-").to_lowercase()
}

fn kernel_row(
    plan: &Plan,
    store: &Store,
    layer: &str,
    name: &str,
    job: &Identity,
) -> Option<KernelRow> {
    let Work::Train { training, .. } = &plan.jobs.get(job)?.work else { return None };
    let wanted = format!("{layer}.weight");
    let parameter = training.net.parameters().iter().find(|parameter| parameter.name == wanted)?;
    let &[outputs, inputs, height, width] = parameter.dimensions.as_slice() else { return None };
    let panels = [(Kept::Initial, "untrained"), (Kept::Final, "trained")].map(|(kept, state)| {
        let bytes = std::fs::read(store.job_file(job, kept.file())).ok()?;
        let weights = convscope_model::formats::safetensors::read(&training.net, &bytes).ok()?;
        let weights = weights[parameter.range()].to_vec();
        Some(KernelPanel { name: state.into(), outputs, inputs, height, width, weights })
    });
    let panels: Vec<KernelPanel> = panels.into_iter().flatten().collect();
    (!panels.is_empty()).then(|| KernelRow { name: name.to_owned(), panels })
}

fn sample_groups(store: &Store, job: &Identity) -> Vec<SampleGroup> {
    let bytes = std::fs::read(store.job_file(job, SAMPLES_FILE)).unwrap_or_default();
    let group = |group: convscope_study::SampleGroup| SampleGroup {
        name: group.name,
        images: group.images.iter().map(sample_image).collect(),
    };
    convscope_study::read_samples(&bytes).into_iter().map(group).collect()
}

fn sample_image(image: &convscope_study::SampleImage) -> SampleImage {
    SampleImage {
        class: image.class.clone(),
        channels: image.shape.channels,
        height: image.shape.height,
        width: image.shape.width,
        pixels: image.pixels.iter().map(|&byte| f32::from(byte) / 255.0).collect(),
    }
}

/// Jobs without a result as planned, gathered by arm and reason.
fn troubles(copy: &StudyCopy, contents: &Contents) -> Vec<Trouble> {
    let mut gathered: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for placement in &copy.placements {
        let axes = placement.axes.iter().map(|(axis, value)| format!(", {axis} {}", spoken(value)));
        let what = format!("{}{}", placement.model, axes.collect::<String>());
        *asked.entry(what.clone()).or_default() += 1;
        let why = match contents.records.get(&placement.job).map(|record| &record.outcome) {
            Some(Outcome::Done) => continue,
            Some(outcome) => outcome.to_string(),
            None => "no record: not run, interrupted, or failed".into(),
        };
        *gathered.entry((what, why)).or_default() += 1;
    }
    gathered
        .into_iter()
        .map(|((what, why), count)| Trouble {
            what: format!("{what}: {count} of {}", asked[&what]),
            why,
        })
        .collect()
}

fn spoken(value: &Axis) -> String {
    match value {
        Axis::Number(number) => number.to_string(),
        Axis::Text(text) => text.clone(),
    }
}

fn study_provenance(plan: &Plan, copy: &StudyCopy, contents: &Contents) -> Vec<(String, String)> {
    let jobs: std::collections::BTreeSet<&Identity> =
        copy.placements.iter().map(|placement| &placement.job).collect();
    let done = jobs.iter().filter(|job| contents.records.contains_key(**job)).count();
    vec![
        ("study".into(), plan.name.clone()),
        ("plan".into(), copy.hash().to_string()),
        ("source".into(), plan.file.source.clone().unwrap_or_default()),
        ("models trained".into(), format!("{done} of {}", jobs.len())),
        ("root seed".into(), plan.file.root_seed.to_string()),
    ]
}
