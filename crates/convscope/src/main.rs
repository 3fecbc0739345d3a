//! The command line of convscope: what was typed, what it means, and what is printed.
//!
//! Data goes to standard output, talk to standard error. Exit codes: 0 all is well, 1 some jobs
//! failed or a check found faults, 2 usage or an invalid study, 130 interrupted.

mod args;
mod capture;
mod commands;
mod compare;
mod complaint;
mod device;
mod kernels;
mod library;
mod machine;
mod nulls;
mod page;
mod progress;
mod scan;
mod similarity;
mod snap;
mod studies;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};
use crate::complaint::Complaint;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are asked for, everything else is a slip.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match obey(arguments) {
        Ok(code) => code,
        Err(complaint) => {
            complaint.print();
            complaint.exit_code()
        }
    }
}

fn obey(arguments: Arguments) -> Result<ExitCode, Complaint> {
    use commands::{
        capture, check, compare, completions, data, doctor, figure, kernels, list, plan, query,
        report, run, scan, schema, show, similarity, snap,
    };
    match arguments.command {
        Command::Run(args) => run::run(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Check(args) => check::check(&args),
        Command::Report(args) => report::report(&args),
        Command::Figure(args) => figure::figure(&args),
        Command::Similarity(args) => similarity::similarity(&args),
        Command::Snap(args) => snap::snap(&args),
        Command::Capture(args) => capture::capture(&args),
        Command::Show(args) => show::show(&args),
        Command::Query(args) => query::query(&args),
        Command::Compare(args) => compare::compare(&args),
        Command::Kernels(args) => kernels::kernels(&args),
        Command::Scan(args) => scan::scan(&args),
        Command::List(args) => list::list(&args),
        Command::Data(args) => data::data(&args),
        Command::Schema => schema::schema(),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Completions(args) => completions::completions(&args),
    }
}
