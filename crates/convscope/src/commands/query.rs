//! `convscope query "select …"`

use std::process::ExitCode;

use convscope_store::Database;

use crate::args::QueryArgs;
use crate::complaint::Complaint;

/// Asks the records of every study's current plan.
pub(crate) fn query(args: &QueryArgs) -> Result<ExitCode, Complaint> {
    let store = super::open(&args.store)?;
    let contents = store.read().map_err(Complaint::trouble)?;
    let studies = store.current_studies().map_err(Complaint::trouble)?;
    for fault in contents.faults.iter().chain(&studies.faults) {
        anstream::eprintln!("warning: {fault}");
    }
    let database = Database::of(&contents, &studies.copies).map_err(Complaint::trouble)?;
    let rows = database.query(&args.sql).map_err(|error| Complaint::Usage {
        message: error.to_string(),
        help: Some("views: results, curves, tables, jobs; see `convscope query --help`".into()),
    })?;
    if args.json {
        anstream::println!("{}", rows.to_json());
    } else if args.csv {
        anstream::print!("{}", rows.to_csv());
    } else {
        anstream::print!("{}", rows.to_text());
    }
    Ok(ExitCode::SUCCESS)
}
