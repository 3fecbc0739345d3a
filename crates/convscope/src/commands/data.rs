//! `convscope data list|sample`

use std::process::ExitCode;

use convscope_core::registry::{self, SettingError};
use convscope_data::{DataError, Draw, Picture, SOURCES};
use convscope_study::{Text, replicate_seed};
use serde_json::{Map, Value};

use crate::args::{DataCommand, ListArgs, SampleArgs};
use crate::complaint::Complaint;
use crate::library::library;

/// How many pixels of the sheet make one of an image.
const MAGNIFIED: usize = 3;

/// Lists sources, or draws from one.
pub(crate) fn data(command: &DataCommand) -> Result<ExitCode, Complaint> {
    match command {
        DataCommand::List { json } => {
            super::list::list(&ListArgs { family: Some("sources".into()), json: *json })
        }
        DataCommand::Sample(args) => sample(args),
    }
}

fn sample(args: &SampleArgs) -> Result<ExitCode, Complaint> {
    let (name, settings) = source(&args.source)?;
    let wrong = |error: SettingError| Complaint::Usage {
        message: format!("{}: {}", error.path.join("."), error.message),
        help: error.nearest.map(|nearest| format!("did you mean `{nearest}`?")),
    };
    let written = Value::Object(Map::from_iter([(name, settings)]));
    let (source, _) = registry::build(SOURCES, "data source", &written).map_err(wrong)?;
    let draw = Draw { seed: replicate_seed(0, args.seed).child("data") };
    let help = |error: &DataError| error.help().map(str::to_owned);
    let set = source
        .open(&library())
        .map_err(|error| Complaint::Usage { message: error.to_string(), help: help(&error) })?;
    let images = set.load(draw).map_err(Complaint::trouble)?;
    let per_class = usize::from(args.per_class);
    let sheet = Picture::contact_sheet(&images, per_class, 2).map_err(Complaint::trouble)?;
    std::fs::write(&args.out, sheet.magnified(MAGNIFIED).png()).map_err(|error| {
        Complaint::Trouble(format!("cannot write {}: {error}", args.out.display()))
    })?;
    anstream::println!(
        "{}: {per_class} of each of {}",
        args.out.display(),
        images.classes().join(", ")
    );
    Ok(ExitCode::SUCCESS)
}

/// Splits `edges per-class=20` into the source and its settings.
fn source(words: &[String]) -> Result<(String, Value), Complaint> {
    let (settings, names): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.contains('='));
    let &[name] = names.as_slice() else {
        return Err(Complaint::usage(
            "name one source, such as `edges`; `convscope data list` shows all",
        ));
    };
    let mut text = Text::parse("").expect("nothing is a study file too");
    for assignment in settings {
        text.set(assignment).map_err(|error| Complaint::usage(error.message))?;
    }
    Ok((name.clone(), text.values().clone()))
}
