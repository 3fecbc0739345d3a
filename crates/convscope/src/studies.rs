//! From what was typed to plans: built-in names, files, folders, and overrides.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use convscope_core::registry::nearest;
use convscope_study::{BUILTIN, Plan, StudyError, Text};

use crate::complaint::Complaint;

/// The studies that were asked for, and what to call them together.
pub(crate) struct Chosen {
    /// The name of the study, or of the folder.
    pub(crate) title: String,
    /// The plans, in the order of the folder or of the command line.
    pub(crate) plans: Vec<Planned>,
}

impl Chosen {
    /// Returns what there is to say of files that models start from.
    pub(crate) fn notes(&self) -> BTreeSet<String> {
        self.plans.iter().flat_map(|planned| planned.plan.notes()).collect()
    }
}

/// A plan and where its study came from.
pub(crate) struct Planned {
    /// The file's path, or the built-in study's name.
    pub(crate) file: String,
    /// The plan.
    pub(crate) plan: Plan,
}

impl Planned {
    /// Turns an error of the study into a complaint that shows its place.
    pub(crate) fn complain(&self, error: StudyError) -> Complaint {
        let text = self.plan.text.written.clone();
        Complaint::Study { file: self.file.clone(), text, error }
    }
}

/// Plans everything that was asked for; nothing has run when this fails.
pub(crate) fn plan_all(words: &[String]) -> Result<Chosen, Complaint> {
    let (overrides, names): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.contains('=') && !Path::new(word).exists());
    if names.is_empty() {
        return Err(Complaint::usage("no study was named, only overrides"));
    }
    let mut plans = Vec::new();
    for name in &names {
        for (file, study, text) in find(name)? {
            plans.push(plan(file, &study, &text, &overrides)?);
        }
    }
    let title = names.iter().map(|name| stem(Path::new(name))).collect::<Vec<_>>().join(", ");
    Ok(Chosen { title, plans })
}

/// Finds study texts: file or built-in name, study name, text.
fn find(name: &str) -> Result<Vec<(String, String, String)>, Complaint> {
    let path = Path::new(name);
    if path.is_dir() {
        return folder(path);
    }
    if path.is_file() {
        return Ok(vec![(name.to_owned(), stem(path), read(path)?)]);
    }
    let built_in: Vec<_> = BUILTIN
        .iter()
        .filter(|study| study.name == name || study.folder == Some(name))
        .map(|study| {
            (format!("{} (built in)", study.path()), study.name.to_owned(), study.text.to_owned())
        })
        .collect();
    if !built_in.is_empty() {
        return Ok(built_in);
    }
    let known = BUILTIN.iter().flat_map(|study| study.folder.into_iter().chain([study.name]));
    let help = match nearest(name, known) {
        Some(nearest) => format!("did you mean `{nearest}`? `convscope list studies` shows all"),
        None => "`convscope list studies` shows the built-in ones".to_owned(),
    };
    let message = format!("there is no study, file or folder called `{name}`");
    Err(Complaint::Usage { message, help: Some(help) })
}

fn folder(path: &Path) -> Result<Vec<(String, String, String)>, Complaint> {
    let entries = std::fs::read_dir(path)
        .map_err(|error| Complaint::usage(format!("cannot list {}: {error}", path.display())))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(Complaint::usage(format!("{} holds no .toml file", path.display())));
    }
    files.iter().map(|file| Ok((file.display().to_string(), stem(file), read(file)?))).collect()
}

fn plan(file: String, name: &str, text: &str, overrides: &[&String]) -> Result<Planned, Complaint> {
    let complain =
        |error: StudyError| Complaint::Study { file: file.clone(), text: text.to_owned(), error };
    let mut parsed = Text::parse(text).map_err(&complain)?;
    for assignment in overrides {
        parsed.set(assignment).map_err(&complain)?;
    }
    let plan = Plan::of(name, parsed, &crate::library::library()).map_err(&complain)?;
    let planned = Planned { file, plan };
    if let Some(memory) = crate::machine::memory() {
        planned.plan.check_memory(memory).map_err(|error| planned.complain(error))?;
    }
    crate::page::check(&planned.plan).map_err(|error| planned.complain(error))?;
    Ok(planned)
}

fn read(path: &Path) -> Result<String, Complaint> {
    std::fs::read_to_string(path)
        .map_err(|error| Complaint::usage(format!("cannot read {}: {error}", path.display())))
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map_or_else(|| path.display().to_string(), |stem| stem.to_string_lossy().into_owned())
}
