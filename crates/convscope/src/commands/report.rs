//! `convscope report STUDY…`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use convscope_store::Store;

use crate::args::ReportArgs;
use crate::complaint::Complaint;
use crate::page;
use crate::studies::{Chosen, plan_all};

/// Writes the page from what the store holds; trains nothing.
pub(crate) fn report(args: &ReportArgs) -> Result<ExitCode, Complaint> {
    let chosen = plan_all(&args.studies.studies)?;
    let store = super::open(&args.store)?;
    let page = write(&chosen, &store, args.out.as_deref())?;
    anstream::eprintln!("report: {}", page.display());
    Ok(ExitCode::SUCCESS)
}

/// Writes the page beside the study in the store, or where it was asked for.
pub(crate) fn write(
    chosen: &Chosen,
    store: &Store,
    out: Option<&Path>,
) -> Result<PathBuf, Complaint> {
    let contents = store.read().map_err(Complaint::trouble)?;
    let page = page::build(chosen, store, &contents).map_err(Complaint::trouble)?;
    let html = convscope_report::page::html(&page);
    let path = match (out, chosen.plans.as_slice()) {
        (Some(path), _) => path.to_owned(),
        (None, [only]) => store.study_folder(&only.plan.copy()).join("report.html"),
        (None, _) => {
            store.folder().join(format!("{}.html", chosen.title.replace(['/', ' ', ','], "-")))
        }
    };
    std::fs::write(&path, html)
        .map_err(|error| Complaint::Trouble(format!("cannot write {}: {error}", path.display())))?;
    Ok(path)
}
