//! Measurements: which models they compare.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use convscope_core::Identity;
use convscope_core::registry::{self, SettingError, nearest};
use convscope_measure::filters::{FILTER_MEASURES, FilterMeasure};
use convscope_store::{JobKind, Placement};
use serde_json::{Map, Value, json};

use crate::error::{StudyError, defined};
use crate::file::{Between, MeasureTable};
use crate::job::{Job, Kept, Work};
use crate::measure::Measurement;
use crate::plan::{Plan, axis_value};
use crate::resolve::Resolver;
use crate::settings::Settings;
use crate::sweep::{Point, Sweep};

/// The models of one measurement at one point: name, one job for each replicate, which weights.
type Subjects = Vec<(String, Vec<Identity>, Kept)>;

/// Adds the jobs of all measurements.
pub(crate) fn plan(plan: &mut Plan, sweep: &Sweep) -> Result<(), StudyError> {
    let measures: Vec<(String, Value)> =
        plan.file.measure.iter().map(|(name, table)| (name.clone(), table.clone())).collect();
    for (name, written) in measures {
        if plan.file.model.contains_key(&name) {
            let message = "a model has the same name; results could not be told apart";
            return Err(plan.wrong(&["measure"], SettingError::at(&name, message)));
        }
        let mut walk = sweep.walk();
        while let Some(point) = walk.next() {
            let wrong = |error: SettingError| plan.wrong(&["measure", &name], error);
            let table = point.fill(&written).map_err(wrong)?;
            let table: MeasureTable = registry::read(table).map_err(wrong)?;
            let by = filter_measures(&table.by).map_err(|error| wrong(error.below("by")))?;
            let (arm, subjects) = subjects(plan, &name, &table.between, &point)?;
            let axes: Map<String, Value> = point.mentioned().into_iter().collect();
            let measurement = Measurement { net: arm, what: table.what, by };
            if measurement.parts().is_empty() {
                let message = "the net has no such part";
                return Err(plan.wrong(&["measure", &name], SettingError::at("what", message)));
            }
            add(plan, &name, measurement, &subjects, &axes);
            walk.visited(&point);
        }
    }
    Ok(())
}

fn filter_measures(names: &[String]) -> Result<Vec<&'static FilterMeasure>, SettingError> {
    if names.is_empty() {
        return Err(SettingError::at("", "a measurement wants at least one measure"));
    }
    let known = || FILTER_MEASURES.iter().map(|measure| measure.id);
    let find = |(place, name): (usize, &String)| {
        FILTER_MEASURES.iter().find(|measure| measure.id == name).ok_or_else(|| {
            let message = format!("there is no measure of filters called `{name}`");
            let nearest = nearest(name, known());
            SettingError { nearest, ..SettingError::at(&place.to_string(), message) }
        })
    };
    names.iter().enumerate().map(find).collect()
}

fn subjects(
    plan: &Plan,
    name: &str,
    between: &Between,
    point: &Point<'_>,
) -> Result<(convscope_model::Net, Subjects), StudyError> {
    let wrong = |error: SettingError| plan.wrong(&["measure", name, "between"], error);
    let known = |key: &str, arm: &str| {
        let models = plan.file.model.keys().map(String::as_str);
        defined("model", arm, models).map_err(|error| wrong(error.below(key)))
    };
    let resolver = Resolver { text: &plan.text, file: &plan.file, library: &plan.library };
    match between {
        Between { pairs_of: Some(arm), across: Some(axis), start_and_end_of: None } => {
            known("pairs-of", arm)?;
            let points = point.across(axis).map_err(|error| wrong(error.below("across")))?;
            if points.len() < 2 {
                let message = "one value of an axis makes no pair";
                return Err(wrong(SettingError::at("across", message)));
            }
            let mut net = None;
            for (_, there) in &points {
                let resolved = resolver.arm(arm, there)?;
                if net.get_or_insert_with(|| resolved.training.net.clone())
                    != &resolved.training.net
                {
                    let message = format!("the models of `{arm}` across `{axis}` have unlike nets");
                    return Err(wrong(SettingError::at("pairs-of", message)));
                }
                point.mention_as(there, axis).map_err(|error| wrong(error.below("across")))?;
            }
            let subjects = plan.across(arm, axis, point)?;
            let subjects = subjects.into_iter().map(|(name, ids)| (name, ids, Kept::Final));
            Ok((net.expect("there are two points"), subjects.collect()))
        }
        Between { pairs_of: None, across: None, start_and_end_of: Some(arm) } => {
            known("start-and-end-of", arm)?;
            let net = resolver.arm(arm, point)?.training.net;
            let ids = plan.jobs_of(arm, point)?;
            let states = [("start", Kept::Initial), ("end", Kept::Final)];
            let subjects = states.map(|(name, kept)| (name.to_owned(), ids.clone(), kept));
            Ok((net, subjects.into()))
        }
        _ => {
            let message = "wanted `pairs-of` with `across`, or `start-and-end-of`";
            Err(wrong(SettingError::at("", message)))
        }
    }
}

fn add(
    plan: &mut Plan,
    name: &str,
    measurement: Measurement,
    subjects: &Subjects,
    axes: &Map<String, Value>,
) {
    let by: Vec<&str> = measurement.by.iter().map(|measure| measure.id).collect();
    let kind = [("kind", json!("measure")), ("what", json!(measurement.what)), ("by", json!(by))];
    let shared = Arc::new(kind.map(|(key, value)| (key.to_owned(), value)).into_iter().collect());
    let measurement = Arc::new(measurement);
    let axes: BTreeMap<_, _> =
        axes.iter().map(|(axis, value)| (axis.clone(), axis_value(value))).collect();
    for replicate in 0..plan.file.seeds {
        let own: Vec<(String, Identity, Kept)> = subjects
            .iter()
            .map(|(name, ids, kept)| (name.clone(), ids[replicate as usize].clone(), *kept))
            .collect();
        let named: Vec<_> =
            own.iter().map(|(name, id, kept)| json!([name, id, kept.file()])).collect();
        let settings = Settings::new(&shared, vec![("models", Value::Array(named))]);
        let id = Identity::of_json(&settings.whole());
        for (_, subject, kept) in &own {
            if let Some(job) = plan.jobs.get_mut(subject) {
                job.keep.insert(*kept);
            }
        }
        plan.placements.push(Placement {
            model: name.to_owned(),
            seed: replicate,
            axes: axes.clone(),
            job: id.clone(),
            kind: JobKind::Measure,
        });
        let after = own.iter().map(|(_, id, _)| id.clone()).collect();
        let work = Work::Measure { measurement: Arc::clone(&measurement), subjects: own };
        let (cost, keep) = (0.0, BTreeSet::new());
        let job = Job { id: id.clone(), settings, after, cost, work, keep };
        plan.jobs.entry(id).or_insert(job);
    }
}
