//! Where images come from, one file for each kind.

mod arrays;
mod choice;
mod chosen;
mod edges;
mod folder;
mod named;
mod with;

use convscope_core::registry::{self, Entry, SettingError, Settings};
use convscope_core::{Seed, Shape};
use serde_json::Value;

use self::named::Named;
use crate::known::{CIFAR_10, CIFAR_10_JPEG, CIFAR_100, FASHION_MNIST, KMNIST, MNIST};
use crate::{DataError, Images, Library, Permutation, Pool};

/// Every source that a study can name.
///
/// ```
/// use convscope_core::registry::find;
/// use convscope_data::SOURCES;
/// use serde_json::json;
///
/// let edges = find(SOURCES, "data source", "edges")?;
/// let refused = (edges.build)(json!({ "width": [1, 28] })).err().expect("wider than the image");
/// assert_eq!(refused.path, ["width"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub static SOURCES: &[Entry<dyn Source>] = &[
    edges::ENTRY,
    named::entry!(&MNIST),
    named::entry!(&FASHION_MNIST),
    named::entry!(&KMNIST),
    named::entry!(&CIFAR_10),
    named::entry!(&CIFAR_100),
    named::entry!(&CIFAR_10_JPEG),
    folder::ENTRY,
    arrays::ENTRY,
];

/// A place that images come from, its settings checked.
pub trait Source: Send + Sync {
    /// Finds what the settings speak of; images are drawn or read later.
    ///
    /// Costs what it takes to tell shape, classes and length: published sets are looked for and not
    /// read, folders and files of one's own are read once for each library.
    ///
    /// # Errors
    /// [`DataError::Files`] when files are missing or damaged, [`DataError::Setting`] when settings ask
    /// for more than there is.
    fn open(&self, library: &Library) -> Result<Box<dyn Set>, DataError>;
}

/// A set of images that is there.
///
/// What it is asked before [`load`](Self::load) costs nothing: a study is planned with it.
pub trait Set: Send + Sync {
    /// Returns the names of the classes, in the order of the labels.
    fn classes(&self) -> Vec<String>;

    /// Returns the shape of every sample.
    fn shape(&self) -> Shape;

    /// Returns the count of samples.
    fn len(&self) -> usize;

    /// Returns whether there is no sample.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says which images it may hold: by this a study is kept from testing on what it trains on.
    fn pool(&self) -> Pool;

    /// Draws or reads the images; the same draw gives the same images.
    ///
    /// # Errors
    /// [`DataError`] when what was read is not what was promised.
    fn load(&self, draw: Draw) -> Result<Images, DataError>;

    /// Returns how [`load`](Self::load) with this draw moves the pixels of every image, if it does.
    ///
    /// Its [inverse](Permutation::inverse) brings back what was there before.
    fn permutation(&self, draw: Draw) -> Option<Permutation> {
        let _ = draw;
        None
    }

    /// Turns the canonical settings of its source into what makes an identity: what the images are,
    /// in the place of where they lie.
    fn identified(&self, settings: Value) -> Value {
        settings
    }
}

/// What is random in a set of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// The seed of all data of one replicate.
    ///
    /// Every data set of the replicate has the same one: what differs between training and
    /// validation stands in the settings of the source.
    pub seed: Seed,
}

/// Settings that can be read and still be impossible.
trait Checked {
    fn check(&self) -> Result<(), SettingError>;
}

const fn entry<S: Source + Settings + Checked + 'static>(
    id: &'static str,
    about: &'static str,
    source: &'static str,
) -> Entry<dyn Source> {
    Entry {
        id,
        about,
        source,
        build: |settings| {
            let settings: S = registry::read(settings)?;
            settings.check()?;
            Ok(Box::new(settings))
        },
        canonical: registry::canonical::<S>,
        schema: S::json_schema,
    }
}
