//! `convscope run STUDY…`

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use convscope_core::Identity;
use convscope_engine::Level;
use convscope_store::Store;
use convscope_study::{Job, Run, Summary};

use crate::args::{ProgressStyle, RunArgs};
use crate::complaint::Complaint;
use crate::device::Devices;
use crate::progress::{Progress, spoken};
use crate::studies::{Chosen, plan_all};

/// Trains what is missing, then writes the report.
pub(crate) fn run(args: &RunArgs) -> Result<ExitCode, Complaint> {
    let begun = Instant::now();
    let chosen = plan_all(&args.studies.studies)?;
    let level = level(args.level.as_deref())?;
    let devices = Devices::find(&args.device, args.precision)?;
    check_threads(args, &devices)?;
    let store = Store::create(&args.store.store).map_err(Complaint::trouble)?;
    for planned in &chosen.plans {
        store.publish_study(&planned.plan.copy()).map_err(Complaint::trouble)?;
    }
    let jobs = all_jobs(&chosen);
    if !args.quiet {
        for note in chosen.notes() {
            anstream::eprintln!("note: {note}");
        }
    }
    let summary = do_jobs(args, &store, (level, &devices), &jobs)?;
    if summary.left > 0 {
        anstream::eprintln!(
            "interrupted: {} jobs are kept, {} are left{}; the same command goes on",
            summary.before + summary.done,
            summary.left,
            match summary.begun {
                0 => String::new(),
                begun => format!(", {begun} of them with the epochs so far"),
            }
        );
        return Ok(ExitCode::from(130));
    }
    let (page, whole) = super::report::write(&chosen, &store, args.out.as_deref())?;
    if !args.quiet {
        tell(&summary, begun.elapsed());
        anstream::eprintln!("report: {}", page.display());
    }
    Ok(if summary.failed > 0 || !whole { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Gathers the jobs of all studies: a job that several ask for is done once.
pub(crate) fn all_jobs(chosen: &Chosen) -> BTreeMap<Identity, Job> {
    let mut jobs: BTreeMap<Identity, Job> = BTreeMap::new();
    for (id, job) in chosen.plans.iter().flat_map(|planned| &planned.plan.jobs) {
        let known = jobs.entry(id.clone()).or_insert_with(|| job.clone());
        known.keep.extend(&job.keep);
    }
    jobs
}

fn do_jobs(
    args: &RunArgs,
    store: &Store,
    (level, devices): (Level, &Devices),
    jobs: &BTreeMap<Identity, Job>,
) -> Result<Summary, Complaint> {
    let interrupt = Arc::new(AtomicBool::new(false));
    let pressed = Arc::clone(&interrupt);
    // Where no signal can be caught, Ctrl-C ends the process: nothing kept is lost by that.
    let _ = ctrlc::set_handler(move || {
        if pressed.swap(true, Ordering::Relaxed) {
            leave();
        }
        anstream::eprintln!("stopping at the next epoch; press again to stop now");
    });
    let style = if args.quiet { ProgressStyle::None } else { args.progress };
    let mut progress = Progress::new(style);
    let mut run = Run {
        store,
        threads: args.threads.map_or_else(cores, usize::from),
        level,
        trainers: &devices.trainers(),
        interrupt: &interrupt,
        watch: &mut |event| progress.note(event),
    };
    convscope_study::run(jobs, &mut run).map_err(|error| {
        Complaint::Trouble(format!(
            "{error}; what was kept before is safe, the same command goes on"
        ))
    })
}

fn check_threads(args: &RunArgs, devices: &Devices) -> Result<(), Complaint> {
    if args.threads.is_none() || devices.trainers().is_empty() {
        return Ok(());
    }
    Err(Complaint::Usage {
        message:
            "`--threads` is about the processor; a device trains one group of models at a time"
                .into(),
        help: Some("leave it out, or name more devices as `--device cuda:0,cuda:1`".into()),
    })
}

#[expect(clippy::exit, reason = "the second Ctrl-C means now")]
fn leave() {
    std::process::exit(130);
}

/// Returns the number of cores that this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn level(name: Option<&str>) -> Result<Level, Complaint> {
    let Some(name) = name else { return Ok(Level::detect()) };
    let names: Vec<String> = Level::available().iter().map(ToString::to_string).collect();
    Level::available().into_iter().find(|level| level.to_string() == name).ok_or_else(|| {
        Complaint::usage(format!("this machine has no level `{name}`; it has {}", names.join(", ")))
    })
}

fn tell(summary: &Summary, took: Duration) {
    let Summary { done, before, diverged, failed, .. } = summary;
    anstream::eprintln!(
        "{done} jobs done in {}, {before} done before; {diverged} diverged, {failed} failed",
        spoken(took)
    );
}
