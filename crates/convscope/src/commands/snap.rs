//! `convscope snap FILE`

use std::path::Path;
use std::process::ExitCode;

use crate::args::SnapArgs;
use crate::complaint::Complaint;
use crate::snap::{self, Snapped};

/// Snaps the kernels of a file: prints what that does, and writes the kernels and a page.
pub(crate) fn snap(args: &SnapArgs) -> Result<ExitCode, Complaint> {
    let snapped = Snapped::of(args)?;
    for remark in &snapped.remarks {
        anstream::eprintln!("note: {remark}");
    }
    if args.json {
        anstream::println!("{:#}", snap::json(&snapped));
    } else {
        anstream::print!("{}", snap::text(&snapped));
    }
    if let Some(out) = &args.out {
        snapped.write(out)?;
        anstream::eprintln!("kernels: {}", out.display());
    }
    if let Some(report) = &args.report {
        write(report, &convscope_report::page::html(&snap::page(&snapped)))?;
        anstream::eprintln!("page: {}", report.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, text: &str) -> Result<(), Complaint> {
    std::fs::write(path, text)
        .map_err(|error| Complaint::Trouble(format!("cannot write {}: {error}", path.display())))
}
