//! `convscope doctor`

use std::path::Path;
use std::process::ExitCode;

use convscope_engine::Level;
use convscope_store::Store;
use serde_json::json;

use crate::args::DoctorArgs;
use crate::complaint::Complaint;
use crate::device::Devices;

/// Says what the machine offers and whether the store is sound; exit 1 when it is not.
#[expect(clippy::unnecessary_wraps, reason = "every command has one form")]
pub(crate) fn doctor(args: &DoctorArgs) -> Result<ExitCode, Complaint> {
    let levels: Vec<String> = Level::available().iter().map(ToString::to_string).collect();
    let (records, faults) = examined(&args.store.store);
    let found = json!({
        "convscope": env!("CARGO_PKG_VERSION"),
        "threads": super::run::cores(),
        "level": Level::detect().to_string(),
        "levels": levels,
        "devices": Devices::all(),
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
        let devices = Devices::all();
        let devices: Vec<String> =
            devices.iter().map(|(name, is)| format!("{name} ({is})")).collect();
        anstream::println!("devices   {}", devices.join(", "));
        let state = records.map_or("not there yet".into(), |records| format!("{records} records"));
        anstream::println!("store     {}: {state}", args.store.store.display());
        for fault in &faults {
            anstream::println!("fault     {fault}");
        }
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads the store, if there is one: how many records it has, and what is wrong with it.
fn examined(folder: &Path) -> (Option<usize>, Vec<String>) {
    if !folder.is_dir() {
        return (None, Vec::new());
    }
    match Store::open(folder).and_then(|store| store.read()) {
        Ok(contents) => {
            let faults = contents.faults.iter().map(ToString::to_string).collect();
            (Some(contents.records.len()), faults)
        }
        Err(error) => (None, vec![error.to_string()]),
    }
}
