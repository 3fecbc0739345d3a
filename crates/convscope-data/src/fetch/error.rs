//! Why a set could not be got.

use crate::FilesError;

/// A set that could not be got.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Nobody gives it away.
    #[error("{set} is on no host")]
    NoHost {
        /// The set.
        set: &'static str,
        /// What to do instead.
        help: String,
    },
    /// The proxy's address is none.
    #[error("`{0}` is no address of a proxy; one is written `http://name:port`")]
    Proxy(String),
    /// Every host failed.
    #[error("no host gave {file}{}", listed(.tries))]
    AllFailed {
        /// The file.
        file: String,
        /// What happened, in order.
        tries: Vec<Try>,
        /// How many bytes came and wait for the next time.
        kept: u64,
    },
    /// Files cannot be written.
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// What one host did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// What was asked for.
    pub url: String,
    /// Why it did not come.
    pub why: String,
}

impl FetchError {
    /// Returns what to do about it, where there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoHost { help, .. } => Some(help.clone()),
            Self::Proxy(_) => None,
            Self::AllFailed { kept: 0, .. } => Some(
                "without a way out, load the file elsewhere and add it: \
                 `convscope data add NAME FOLDER`"
                    .into(),
            ),
            Self::AllFailed { kept, .. } => {
                Some(format!("{kept} bytes came and are kept: the next try goes on from there"))
            }
            Self::Files(error) => error.help().map(str::to_owned),
        }
    }
}

fn listed(tries: &[Try]) -> String {
    let line = |tried: &Try| format!("{}: {}", tried.url, tried.why);
    let lines: Vec<String> = tries.iter().map(line).collect();
    format!("\n  {}", lines.join("\n  "))
}
