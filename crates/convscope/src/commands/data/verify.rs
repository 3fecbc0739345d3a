//! `convscope data verify`

use std::process::ExitCode;

use convscope_data::{Checked, Known};
use serde_json::{Value, json};

use super::known;
use crate::args::VerifyArgs;
use crate::complaint::Complaint;
use crate::library::library;

/// Holds the files of sets against what was published; exit 1 when one is not that.
pub(super) fn verify(args: &VerifyArgs) -> Result<ExitCode, Complaint> {
    let sets = args.names.iter().map(|name| known(name)).collect::<Result<Vec<_>, _>>()?;
    let mut sound = true;
    let mut rows = Vec::new();
    for known in sets {
        let checked = known.verify(&library()).map_err(|error| Complaint::Usage {
            message: error.to_string(),
            help: error.help().map(str::to_owned),
        })?;
        sound &= checked.iter().all(|file| file.fault.is_none());
        if args.json {
            rows.extend(checked.iter().map(|file| row(known, file)));
        } else {
            tell(known, &checked);
        }
    }
    if args.json {
        anstream::println!("{:#}", Value::Array(rows));
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns whether a set is there and what was published.
pub(super) fn sound(known: &Known) -> bool {
    let checked = known.verify(&library());
    checked.is_ok_and(|files| files.iter().all(|file| file.fault.is_none()))
}

fn tell(known: &Known, checked: &[Checked]) {
    for file in checked {
        let split = file.split.name();
        let word = if file.fault.is_none() { "sound" } else { "FAULT" };
        anstream::println!("{word}  {} {split:<5}  {}", known.name, file.file.display());
        if let Some(fault) = &file.fault {
            anstream::println!("       {fault}");
            if let Some(help) = fault.help() {
                anstream::println!("       {help}");
            }
        } else {
            let of = if file.of_content { "content" } else { "file" };
            anstream::println!("       SHA-256 of the {of} as published, {}", file.sha256);
        }
    }
    let faults = checked.iter().filter(|file| file.fault.is_some()).count();
    if faults == 0 {
        anstream::println!("{}: {} files, all as published", known.name, checked.len());
    } else {
        anstream::println!(
            "{}: {faults} of {} files are not as published",
            known.name,
            checked.len()
        );
    }
}

fn row(known: &Known, file: &Checked) -> Value {
    json!({
        "set": known.name,
        "split": file.split.name(),
        "file": file.file.display().to_string(),
        "sha256": file.sha256,
        "of": if file.of_content { "content" } else { "file" },
        "sound": file.fault.is_none(),
        "fault": file.fault.as_ref().map(ToString::to_string),
    })
}
