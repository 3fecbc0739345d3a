//! `convscope similarity A B`

use std::process::ExitCode;

use crate::args::SimilarityArgs;
use crate::complaint::Complaint;
use crate::similarity::{Asked, json, page, results, text};

/// Compares the layers of two files of activations.
pub(crate) fn similarity(args: &SimilarityArgs) -> Result<ExitCode, Complaint> {
    let asked = Asked::of(args)?;
    let threads = args.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let results = pool.map_err(Complaint::trouble)?.install(|| results(&asked))?;
    for note in &results.notes {
        anstream::eprintln!("note: {note}");
    }
    if args.json {
        anstream::println!("{:#}", json::written(&results));
    } else {
        anstream::print!("{}", text::written(&results));
    }
    if let Some(path) = &args.out {
        let html = convscope_report::page::html(&page::built(&results));
        std::fs::write(path, html).map_err(|error| {
            Complaint::Trouble(format!("cannot write {}: {error}", path.display()))
        })?;
        anstream::eprintln!("report: {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
