//! `convscope check STUDY…`

use std::process::ExitCode;

use crate::args::StudiesArgs;
use crate::complaint::Complaint;
use crate::studies::plan_all;

/// Checks each study that was named and complains about every one that does not fit.
pub(crate) fn check(args: &StudiesArgs) -> Result<ExitCode, Complaint> {
    let (overrides, names): (Vec<&String>, Vec<&String>) =
        args.studies.iter().partition(|word| word.contains('='));
    if names.is_empty() {
        return Err(Complaint::usage("no study was named, only overrides"));
    }
    let mut worst = None;
    for name in names {
        let words: Vec<String> =
            std::iter::once(name).chain(overrides.iter().copied()).cloned().collect();
        match plan_all(&words) {
            Ok(chosen) => {
                for planned in &chosen.plans {
                    let plan = &planned.plan;
                    anstream::println!(
                        "{}: fine, {} jobs, {} claims, {} figures",
                        planned.file,
                        plan.jobs.len(),
                        plan.claims.len(),
                        plan.shows.len()
                    );
                    for note in plan.notes() {
                        anstream::println!("  note: {note}");
                    }
                }
            }
            Err(complaint) => {
                complaint.print();
                worst = Some(complaint.exit_code());
            }
        }
    }
    Ok(worst.unwrap_or(ExitCode::SUCCESS))
}
