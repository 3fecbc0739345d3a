//! `convscope doctor`

use std::path::Path;
use std::process::ExitCode;

use convscope_engine::Level;
use convscope_store::{Store, StoreError};
use convscope_study::damaged_files;
use serde_json::json;

use crate::args::DoctorArgs;
use crate::complaint::Complaint;
use crate::device::Devices;

/// Says what the machine offers and whether the store is sound; exit 1 when it is not.
#[expect(clippy::unnecessary_wraps, reason = "every command has one form")]
pub(crate) fn doctor(args: &DoctorArgs) -> Result<ExitCode, Complaint> {
    let levels: Vec<String> = Level::available().iter().map(ToString::to_string).collect();
    let level = Level::detect().to_string();
    let (records, faults) = examined(&args.store.store);
    let found = json!({
        "convscope": env!("CARGO_PKG_VERSION"),
        "threads": super::run::cores(),
        "level": level,
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
        let others: Vec<&str> =
            levels.iter().map(String::as_str).filter(|own| *own != level).collect();
        anstream::println!("engine    cpu, {level} (also: {})", others.join(", "));
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

/// Reads the store and all files in it, if there is one: how many records it has, and what is wrong.
fn examined(folder: &Path) -> (Option<usize>, Vec<String>) {
    if !folder.is_dir() {
        return (None, Vec::new());
    }
    let read = || {
        let store = Store::open(folder)?;
        let contents = store.read()?;
        let studies = store.current_studies()?.faults;
        let faults = contents.faults.into_iter().chain(studies).chain(damaged_files(&store)?);
        let faults = faults.map(|fault| fault.to_string()).collect();
        Ok::<_, StoreError>((contents.records.len(), faults))
    };
    match read() {
        Ok((records, faults)) => (Some(records), faults),
        Err(error) => (None, vec![error.to_string()]),
    }
}
