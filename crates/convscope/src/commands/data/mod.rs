//! `convscope data list|get|add|verify|show|sample`

mod add;
mod get;
mod list;
mod sample;
mod show;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use convscope_core::registry::{self, SettingError, nearest};
use convscope_data::{DataError, Draw, Images, KNOWN, Known, SOURCES, Set};
use convscope_study::{Text, grouped, replicate_seed};
use serde_json::{Map, Value};

use crate::args::DataCommand;
use crate::complaint::Complaint;
use crate::library::{VARIABLE, library};

/// Looks at data sets, and gets or adds published ones.
pub(crate) fn data(command: &DataCommand) -> Result<ExitCode, Complaint> {
    match command {
        DataCommand::List { json } => Ok(list::list(*json)),
        DataCommand::Get(args) => get::get(args),
        DataCommand::Add(args) => add::add(args),
        DataCommand::Verify(args) => verify::verify(args),
        DataCommand::Show(args) => show::show(args),
        DataCommand::Sample(args) => sample::sample(args),
    }
}

/// Finds a published set by its name.
fn known(name: &str) -> Result<&'static Known, Complaint> {
    Known::named(name).ok_or_else(|| {
        let names = KNOWN.iter().map(|known| known.name);
        let near = nearest(name, names.clone());
        let all = || format!("there are {}", names.collect::<Vec<_>>().join(", "));
        Complaint::Usage {
            message: format!("there is no published data set called `{name}`"),
            help: Some(near.map_or_else(all, |near| format!("did you mean `{near}`?"))),
        }
    })
}

/// Returns the folder below which new sets are put.
fn home() -> Result<PathBuf, Complaint> {
    library().roots().first().cloned().ok_or_else(|| {
        let help = format!("set {VARIABLE} to a folder");
        let message = "there is no folder to put data sets into".into();
        Complaint::Usage { message, help: Some(help) }
    })
}

/// Opens `edges per-class=20`: a source's name and settings of it.
pub(crate) fn opened(words: &[String]) -> Result<Box<dyn Set>, Complaint> {
    let (settings, names): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.contains('='));
    let &[name] = names.as_slice() else {
        return Err(Complaint::usage(
            "name one source, such as `edges` or `mnist`; `convscope list sources` shows all",
        ));
    };
    let mut text = Text::parse("").expect("nothing is a study file too");
    for assignment in settings {
        text.set(assignment).map_err(|error| Complaint::usage(error.message))?;
    }
    let wrong = |error: SettingError| Complaint::Usage {
        message: format!("{}: {}", error.path.join("."), error.message),
        help: error.nearest.map(|nearest| format!("did you mean `{nearest}`?")),
    };
    let written = Value::Object(Map::from_iter([(name.clone(), text.values().clone())]));
    let (source, _) = registry::build(SOURCES, "data source", &written).map_err(wrong)?;
    source.open(&library()).map_err(|error| match error {
        DataError::Setting(error) => wrong(error.below(name)),
        error => refused(&error),
    })
}

/// Draws all images of a set, if this machine can hold them.
fn drawn(set: &dyn Set, seed: u32) -> Result<Images, Complaint> {
    let (count, shape) = (set.len() as u128, set.shape());
    let needed = count * shape.len() as u128 * 4;
    if let Some(memory) = crate::machine::memory().map(u128::from)
        && needed > memory
    {
        let (count, needed, memory) =
            (grouped(count), convscope_study::size(needed), convscope_study::size(memory));
        return Err(Complaint::Usage {
            message: format!(
                "{count} images of {shape} take {needed}, and {memory} is all that can be had here"
            ),
            help: Some("take fewer images, or smaller ones".into()),
        });
    }
    let draw = Draw { seed: replicate_seed(0, seed).child("data") };
    set.load(draw).map_err(|error| refused(&error))
}

/// Complains of data that cannot be used.
pub(crate) fn refused(error: &DataError) -> Complaint {
    Complaint::Usage { message: error.to_string(), help: error.help().map(str::to_owned) }
}

/// Writes a count of bytes as people say it.
fn size(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
