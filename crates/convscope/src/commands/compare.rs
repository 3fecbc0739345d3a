//! `convscope compare A B`

use std::path::Path;
use std::process::ExitCode;

use convscope_core::Seed;

use crate::args::CompareArgs;
use crate::compare::{self, Comparison, Model, Settings};
use crate::complaint::Complaint;

/// Compares two models: prints tables or JSON, and writes a page.
pub(crate) fn compare(args: &CompareArgs) -> Result<ExitCode, Complaint> {
    let models = [Model::read(&args.a)?, Model::read(&args.b)?];
    let settings = Settings {
        net: args.net.as_deref(),
        samples: args.samples.as_deref().map(Model::read).transpose()?,
        starts: usize::from(args.starts),
        seed: Seed::root(u64::from(args.seed)).child("compare"),
    };
    let comparison = Comparison::of(models, &settings)?;
    if let (Some(_), Err(why)) = (&settings.samples, comparison.activations()) {
        anstream::eprintln!("warning: not matched by activations: {why}");
    }
    if args.json {
        anstream::println!("{:#}", compare::json(&comparison));
    } else {
        anstream::print!("{}", compare::text(&comparison));
    }
    if let Some(path) = &args.out {
        write(path, &comparison)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, comparison: &Comparison) -> Result<(), Complaint> {
    let html = convscope_report::page::html(&compare::page(comparison));
    std::fs::write(path, html)
        .map_err(|error| Complaint::Trouble(format!("cannot write {}: {error}", path.display())))?;
    anstream::eprintln!("page: {}", path.display());
    Ok(())
}
