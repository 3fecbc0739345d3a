//! `convscope completions SHELL`

use std::process::ExitCode;

use clap::CommandFactory;

use crate::args::{Arguments, CompletionsArgs};
use crate::complaint::Complaint;

/// Prints a completion script.
#[expect(clippy::unnecessary_wraps, reason = "every command has one form")]
pub(crate) fn completions(args: &CompletionsArgs) -> Result<ExitCode, Complaint> {
    let mut command = Arguments::command();
    clap_complete::generate(args.shell, &mut command, "convscope", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
