//! `convscope data list`

use std::process::ExitCode;

use convscope_data::{KNOWN, Known, Present, SplitName};
use serde_json::{Value, json};

use super::size;
use crate::library::{VARIABLE, library};

/// Lists the published sets: what is there, where, and how large it is.
pub(super) fn list(json: bool) -> ExitCode {
    let library = library();
    let sets: Vec<(&Known, Option<Present>)> =
        KNOWN.iter().map(|known| (*known, known.present(&library))).collect();
    if json {
        let folders: Vec<_> =
            library.roots().iter().map(|root| root.display().to_string()).collect();
        let sets: Vec<Value> =
            sets.iter().map(|(known, there)| row(known, there.as_ref())).collect();
        anstream::println!("{:#}", json!({ "folders": folders, "sets": sets }));
        return ExitCode::SUCCESS;
    }
    for (known, there) in &sets {
        let state = match there {
            None => "not there".into(),
            Some(present) => format!("{}, {}", folder(present), size(present.bytes)),
        };
        anstream::println!("{:<15} {}\n{:<15} {state}", known.name, known.about, "");
    }
    anstream::eprintln!("\nlooked in, as {VARIABLE} and the user's cache have it:");
    for root in library.roots() {
        anstream::eprintln!("  {}", root.display());
    }
    anstream::eprintln!(
        "`convscope data get NAME` gets a set; `convscope list sources` has sets of your own too"
    );
    ExitCode::SUCCESS
}

fn row(known: &Known, there: Option<&Present>) -> Value {
    json!({
        "name": known.name,
        "about": known.about,
        "source": known.source,
        "shape": known.shape(),
        "classes": known.classes(),
        "train": known.samples(SplitName::Train),
        "test": known.samples(SplitName::Test),
        "there": there.is_some(),
        "folder": there.map(folder),
        "bytes": there.map(|present| present.bytes),
    })
}

fn folder(present: &Present) -> String {
    let folder = present.files.first().and_then(|file| file.parent());
    folder.map(|folder| folder.display().to_string()).unwrap_or_default()
}
