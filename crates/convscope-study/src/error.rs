//! What is wrong with a study, and where it stands.

use std::ops::Range;

use convscope_core::registry::{self, SettingError};

use crate::text::Text;

/// A study that cannot be planned: where, what was wanted, what came, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StudyError {
    /// What was wanted and what came.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where in the study.
    pub place: Place,
}

/// Where a study is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A range of bytes of the file.
    Bytes(Range<usize>),
    /// A `key=value` given on the command line.
    Override(String),
    /// The study as a whole.
    Whole,
}

impl StudyError {
    /// Places a setting that cannot be used.
    pub(crate) fn of_setting(text: &Text, error: SettingError) -> Self {
        let place = text.place(&error.path, error.about_key);
        let help = error.nearest.map(|nearest| format!("did you mean `{nearest}`?"));
        Self { message: error.message, help, place }
    }

    /// States what is wrong with what stands under a path.
    pub(crate) fn at(text: &Text, path: &[&str], message: impl Into<String>) -> Self {
        let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
        Self { message: message.into(), help: None, place: text.place(&path, false) }
    }

    /// Adds what to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Looks a name up among those that the study defines.
pub(crate) fn defined<'a>(
    family: &'static str,
    name: &str,
    mut names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), SettingError> {
    if names.clone().any(|defined| defined == name) {
        return Ok(());
    }
    let nearest = registry::nearest(name, names.clone());
    let message = match names.next() {
        None => format!("there is no {family} called `{name}`: the study defines none"),
        Some(first) => {
            let others: Vec<&str> = std::iter::once(first).chain(names).collect();
            format!(
                "there is no {family} called `{name}`; the study defines {}",
                others.iter().map(|other| format!("`{other}`")).collect::<Vec<_>>().join(", ")
            )
        }
    };
    Err(SettingError { nearest, ..SettingError::at("", message) })
}
