//! Where data sets lie.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::files::FilesError;
use crate::stored::Stored;

/// The folders in which data sets may lie, in the order in which they are looked through.
///
/// Clones share what has been read: the images of a set are read once and kept as bytes for as long
/// as a clone, or a set that was opened with one, is there.
///
/// ```
/// use convscope_core::registry::find;
/// use convscope_data::{Library, SOURCES};
/// use serde_json::json;
///
/// let mnist = (find(SOURCES, "data source", "mnist")?.build)(json!({ "split": "test" }))?;
/// let missing = mnist.open(&Library::default()).err().expect("there is no folder to look in");
/// assert!(missing.help().is_some_and(|help| help.contains("convscope data get mnist")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Library {
    roots: Vec<PathBuf>,
    /// Whether published sets are taken to be there without a look.
    on_trust: bool,
    shelf: Arc<Mutex<BTreeMap<String, Slot>>>,
}

/// The images of one set, read when they are first asked for.
pub(crate) type Slot = Arc<LazyLock<Read, Box<dyn FnOnce() -> Read + Send>>>;

/// What reading the images of a set gave.
pub(crate) type Read = Result<Stored, FilesError>;

impl Library {
    /// Looks in these folders; a set lies below one of them, in a folder of its name.
    pub fn new(roots: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { roots: roots.into_iter().collect(), ..Self::default() }
    }

    /// Takes every published set to be there: studies can be planned, not run.
    pub fn on_trust() -> Self {
        Self { on_trust: true, ..Self::default() }
    }

    /// Returns the folders, in the order in which they are looked through.
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// Returns whether published sets are taken to be there.
    pub(crate) fn trusts(&self) -> bool {
        self.on_trust
    }

    /// Finds what a study names by a path: as it is, or below one of the folders.
    pub fn find(&self, path: &Path) -> Option<PathBuf> {
        let below = self.roots.iter().map(|root| root.join(path));
        std::iter::once(path.to_owned()).chain(below).find(|path| path.exists())
    }

    /// Returns the place where images are kept once read; `read` is used by the first who asks.
    pub(crate) fn slot(&self, key: String, read: impl FnOnce() -> Read + Send + 'static) -> Slot {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || -> Slot { Arc::new(LazyLock::new(Box::new(read))) };
        Arc::clone(shelf.entry(key).or_insert_with(new))
    }
}
