//! `convscope plan STUDY…`

use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::time::Duration;

use convscope_store::Store;
use convscope_study::{Plan, disk_bytes, missing, seconds};
use serde_json::{Value, json};

use crate::args::PlanArgs;
use crate::complaint::Complaint;
use crate::progress::spoken;
use crate::studies::{Chosen, plan_all};

/// Shows jobs, parameters, time and disk; starts nothing.
pub(crate) fn plan(args: &PlanArgs) -> Result<ExitCode, Complaint> {
    let chosen = plan_all(&args.studies.studies)?;
    let studies: Vec<Value> = chosen.plans.iter().map(|planned| described(&planned.plan)).collect();
    let total = total(args, &chosen)?;
    if args.json {
        anstream::println!("{:#}", json!({ "studies": studies, "total": total }));
        return Ok(ExitCode::SUCCESS);
    }
    for study in &studies {
        print_study(study);
    }
    let number = |key: &str| total[key].as_f64().unwrap_or_default();
    anstream::println!(
        "in all {} jobs, {} of them done; about {} on {} threads, {:.1} MB on disk",
        number("jobs"),
        number("done"),
        spoken(Duration::from_secs_f64(number("seconds"))),
        number("threads"),
        number("disk-bytes") / 1e6
    );
    Ok(ExitCode::SUCCESS)
}

fn total(args: &PlanArgs, chosen: &Chosen) -> Result<Value, Complaint> {
    let jobs = super::run::all_jobs(chosen);
    let left = if args.store.store.is_dir() {
        let store = Store::open(&args.store.store).map_err(Complaint::trouble)?;
        let contents = store.read().map_err(Complaint::trouble)?;
        missing(&jobs, &store, &contents)
    } else {
        jobs.values().collect()
    };
    let threads = super::run::cores();
    Ok(json!({
        "jobs": jobs.len(),
        "done": jobs.len() - left.len(),
        "multiply-adds": left.iter().map(|job| job.cost).sum::<f64>(),
        "seconds": seconds(&left, threads),
        "threads": threads,
        "disk-bytes": left.iter().map(|job| disk_bytes(job)).sum::<f64>(),
    }))
}

fn described(plan: &Plan) -> Value {
    let arms: Vec<Value> = plan
        .arms
        .iter()
        .map(|arm| {
            json!({
                "model": arm.name, "net": arm.described.net,
                "parameters": span(&arm.described.parameters),
                "trainable": span(&arm.described.trainable), "recipe": arm.described.recipe,
                "data": arm.described.data, "jobs": arm.jobs,
                "axes": axes(arm),
            })
        })
        .collect();
    json!({
        "study": plan.name, "question": plan.file.question, "seeds": plan.file.seeds, "arms": arms,
        "jobs": plan.jobs.len(), "claims": plan.claims.len(), "figures": plan.shows.len(),
        "notes": plan.notes(),
    })
}

/// A number, or the least and the most.
fn span(numbers: &RangeInclusive<usize>) -> Value {
    let (least, most) = (numbers.start(), numbers.end());
    if least == most { json!(least) } else { json!([least, most]) }
}

fn print_study(study: &Value) {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(ends) => format!("{} to {}", ends[0], ends[1]),
        other => other.to_string(),
    };
    anstream::println!("{}: {}", text(&study["study"]), text(&study["question"]));
    for arm in study["arms"].as_array().into_iter().flatten() {
        let axes: Vec<String> = arm["axes"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(axis, values)| format!("{axis} {}", listed(values)))
            .collect();
        let mut parameters = text(&arm["parameters"]);
        if arm["trainable"] != arm["parameters"] {
            parameters = format!("{} of {parameters}", text(&arm["trainable"]));
        }
        anstream::println!(
            "  {:<16} {:>5} jobs  {parameters:>7} parameters  {}  {}  {}",
            text(&arm["model"]),
            text(&arm["jobs"]),
            text(&arm["net"]),
            text(&arm["recipe"]),
            axes.join("; ")
        );
    }
    for note in study["notes"].as_array().into_iter().flatten() {
        anstream::println!("  note: {}", text(note));
    }
    anstream::println!(
        "  {} jobs, {} seeds, {} claims, {} figures\n",
        study["jobs"],
        study["seeds"],
        study["claims"],
        study["figures"]
    );
}

fn listed(values: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.as_array().into_iter().flatten().map(plain).collect::<Vec<_>>().join(", ")
}

fn axes(arm: &convscope_study::Arm) -> Value {
    arm.named_axes()
        .map(|(axis, values)| (axis.clone(), json!(values)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
