//! How errors are told: the place underlined, what was wanted, what came, what to do.

use std::process::ExitCode;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use convscope_study::{Place, StudyError};

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Complaint {
    /// A study that cannot be used.
    Study {
        /// The file's path, or the built-in study's name.
        file: String,
        /// Its text.
        text: String,
        /// What is wrong with it.
        error: StudyError,
    },
    /// Something asked for that does not exist or makes no sense.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// Something that went wrong on the way.
    Trouble(String),
}

impl Complaint {
    /// States a slip of the user.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), help: None }
    }

    /// States what went wrong.
    pub(crate) fn trouble(error: impl std::fmt::Display) -> Self {
        Self::Trouble(error.to_string())
    }

    /// Returns what is wrong, without what to do about it.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Study { error, .. } => &error.message,
            Self::Usage { message, .. } | Self::Trouble(message) => message,
        }
    }

    /// Prints it to standard error.
    pub(crate) fn print(&self) {
        let renderer = Renderer::styled();
        anstream::eprintln!("{}", renderer.render(&self.groups()));
    }

    /// Returns what the process should exit with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Study { .. } | Self::Usage { .. } => ExitCode::from(2),
            Self::Trouble(_) => ExitCode::FAILURE,
        }
    }

    fn groups(&self) -> Vec<Group<'_>> {
        match self {
            Self::Study { file, text, error } => study_groups(file, text, error),
            Self::Usage { message, help } => plain_groups(message, help.as_deref()),
            Self::Trouble(message) => plain_groups(message, None),
        }
    }
}

fn study_groups<'a>(file: &'a str, text: &'a str, error: &'a StudyError) -> Vec<Group<'a>> {
    let title = Level::ERROR.primary_title(error.message.as_str());
    let group = match &error.place {
        Place::Bytes(range) => {
            let snippet = Snippet::source(text).path(file);
            let here = AnnotationKind::Primary.span(range.clone());
            title.element(snippet.annotation(here.label("here")))
        }
        Place::Override(assignment) => {
            title.element(Level::NOTE.message(format!("in the override `{assignment}`")))
        }
        Place::Whole => title.element(Level::NOTE.message(format!("in {file}"))),
    };
    let general =
        "`convscope list` shows every name that a study may use, `convscope schema` every setting";
    let help = error.help.as_deref().unwrap_or(general);
    vec![group.element(Level::HELP.message(help))]
}

fn plain_groups<'a>(message: &'a str, help: Option<&'a str>) -> Vec<Group<'a>> {
    let title = Level::ERROR.primary_title(message);
    match help {
        Some(help) => vec![title.element(Level::HELP.message(help))],
        None => vec![Group::with_title(title)],
    }
}
