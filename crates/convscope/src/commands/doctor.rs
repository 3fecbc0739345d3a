//! `convscope doctor`

use std::process::ExitCode;

use convscope_engine::Level;
use convscope_store::Store;
use serde_json::json;

use crate::args::DoctorArgs;
use crate::complaint::Complaint;

/// Says what the machine offers and whether the store is sound; exit 1 when it is not.
pub(crate) fn doctor(args: &DoctorArgs) -> Result<ExitCode, Complaint> {
    let levels: Vec<String> = Level::available().iter().map(ToString::to_string).collect();
    let (records, faults) = match args.store.store.is_dir() {
        false => (None, Vec::new()),
        true => match Store::open(&args.store.store).and_then(|store| store.read()) {
            Ok(contents) => (
                Some(contents.records.len()),
                contents.faults.iter().map(ToString::to_string).collect(),
            ),
            Err(error) => (None, vec![error.to_string()]),
        },
    };
    let found = json!({
        "convscope": env!("CARGO_PKG_VERSION"),
        "threads": super::run::cores(),
        "level": Level::detect().to_string(),
        "levels": levels,
        "store": args.store.store.display().to_string(),
        "records": records,
        "faults": faults,
    });
    if args.json {
        anstream::println!("{found:#}");
    } else {
        anstream::println!("convscope {}", env!("CARGO_PKG_VERSION"));
        anstream::println!("threads   {}", super::run::cores());
        anstream::println!("engine    cpu, {} (also: {})", Level::detect(), levels.join(", "));
        match records {
            Some(records) => {
                anstream::println!("store     {}: {records} records", args.store.store.display())
            }
            None => anstream::println!("store     {}: not there yet", args.store.store.display()),
        }
        for fault in &faults {
            anstream::println!("fault     {fault}");
        }
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
