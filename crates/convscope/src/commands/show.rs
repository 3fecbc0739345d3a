//! `convscope show STUDY`

use std::process::ExitCode;

use convscope_core::registry::nearest;
use convscope_study::BUILTIN;

use crate::args::ShowArgs;
use crate::complaint::Complaint;

/// Prints a built-in study's file.
pub(crate) fn show(args: &ShowArgs) -> Result<ExitCode, Complaint> {
    match BUILTIN.iter().find(|study| study.name == args.study) {
        Some(study) => {
            anstream::print!("{}", study.text);
            Ok(ExitCode::SUCCESS)
        }
        None => Err(Complaint::Usage {
            message: format!("there is no built-in study called `{}`", args.study),
            help: nearest(&args.study, BUILTIN.iter().map(|study| study.name))
                .map(|nearest| format!("did you mean `{nearest}`?")),
        }),
    }
}
