//! `convscope data add`

use std::process::ExitCode;

use super::{home, known};
use crate::args::AddArgs;
use crate::complaint::Complaint;

/// Checks a copy and puts it where studies find it.
pub(super) fn add(args: &AddArgs) -> Result<ExitCode, Complaint> {
    let known = known(&args.name)?;
    let added = known.add(&args.path, &home()?, args.link).map_err(|error| Complaint::Usage {
        message: error.to_string(),
        help: error.help().map(str::to_owned),
    })?;
    for file in added.files {
        anstream::println!("{}", file.display());
    }
    for file in added.set_aside {
        anstream::eprintln!("a damaged file lay there and is set aside: {}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}
