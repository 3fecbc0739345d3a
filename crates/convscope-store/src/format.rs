//! The version of what lies on disk.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use crate::{StoreError, aside};

/// The format that is written, and the newest that can be read.
pub(crate) const VERSION: u32 = 1;

const FILE: &str = "format.json";

#[derive(Serialize, Deserialize)]
struct Format {
    /// Says to a person who opens the file what kind of folder it is in.
    #[serde(rename = "convscope-store")]
    version: u32,
}

/// Writes the version, unless it is there.
pub(crate) fn write(root: &Path) -> Result<(), StoreError> {
    match check(root) {
        Err(StoreError::NotAStore { .. }) => {
            let content =
                serde_json::to_vec(&Format { version: VERSION }).expect("a number can be written");
            aside::publish(&root.join(FILE), &content)
        }
        checked => checked,
    }
}

/// Refuses a folder that is no store, and one of a newer version.
pub(crate) fn check(root: &Path) -> Result<(), StoreError> {
    let file = root.join(FILE);
    let content = match fs::read(&file) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(StoreError::NotAStore { folder: root.to_owned() });
        }
        Err(error) => return Err(StoreError::system("read", file)(error)),
    };
    match serde_json::from_slice::<Format>(&content) {
        Ok(format) if format.version <= VERSION => Ok(()),
        Ok(format) => Err(StoreError::Newer { file, found: format.version, known: VERSION }),
        Err(error) => Err(StoreError::Damaged { file, why: error.to_string() }),
    }
}
