//! `convscope report STUDY…`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use convscope_report::Page;
use convscope_store::Store;

use crate::args::ReportArgs;
use crate::complaint::Complaint;
use crate::page;
use crate::studies::{Chosen, plan_all};

/// Writes the page from what the store holds; trains nothing. Exit 1 when figures lack what is damaged.
pub(crate) fn report(args: &ReportArgs) -> Result<ExitCode, Complaint> {
    let chosen = plan_all(&args.studies.studies)?;
    let store = super::open(&args.store)?;
    let (page, whole) = write(&chosen, &store, args.out.as_deref())?;
    anstream::eprintln!("report: {}", page.display());
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes the page beside the study in the store, or where it was asked for; says aloud what is wrong with
/// the store, and returns also whether the figures lack nothing because of it.
pub(crate) fn write(
    chosen: &Chosen,
    store: &Store,
    out: Option<&Path>,
) -> Result<(PathBuf, bool), Complaint> {
    let (page, whole) = build(chosen, store)?;
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
    Ok((path, whole))
}

/// Builds the page as [`write()`] says.
pub(crate) fn build(chosen: &Chosen, store: &Store) -> Result<(Page, bool), Complaint> {
    let contents = store.read().map_err(Complaint::trouble)?;
    let page = page::build(chosen, store, &contents).map_err(Complaint::trouble)?;
    for fault in &page.faults {
        anstream::eprintln!("warning: {fault}");
    }
    // What is wrong with records may be another run's line that is just being written.
    let whole = page.faults.len() == contents.faults.len();
    Ok((page, whole))
}
