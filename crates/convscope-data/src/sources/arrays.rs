//! Images of one's own in a file of arrays.

use std::path::Path;

use convscope_arrays::{Array, Arrays, ArraysError};
use convscope_core::{Entry, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::chosen::Chosen;
use super::folder::found;
use super::with::With;
use crate::files::FilesError;
use crate::stored::{MOST_BYTES, Pixels, Stored};
use crate::{DataError, Library, Set, Source};

pub(super) const ENTRY: Entry<dyn Source> = Entry {
    id: "arrays",
    about: "images of your own in a file of arrays: .npz, .safetensors or .pt",
    source: "",
    build: |settings| Ok(Box::new(File(With::read(settings)?))),
    canonical: With::<Own>::canonical,
    schema: With::<Own>::json_schema,
};

/// What is particular to files of arrays.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Own {
    /// The file, as it is or below one of the library's folders.
    path: String,
    /// The name of the array of images: samples, channels, rows, columns; samples, rows, columns; or
    /// samples, features. Bytes, or floats in 0..1.
    images: String,
    /// Whether channels come last, after rows and columns.
    channels_last: bool,
    /// The name of the array of labels: whole numbers from 0 on.
    labels: String,
    /// The names of the classes; numbers up to the largest label when absent.
    classes: Option<Vec<String>>,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            path: String::new(),
            images: "images".into(),
            channels_last: false,
            labels: "labels".into(),
            classes: None,
        }
    }
}

struct File(With<Own>);

impl Source for File {
    /// Reads the file: what is wrong with it is known before anything is trained.
    fn open(&self, library: &Library) -> Result<Box<dyn Set>, DataError> {
        let With { own, choice } = &self.0;
        let path = found(library, &own.path)?;
        let key = format!("arrays {} {}", path.display(), json!(own));
        let own = own.clone();
        let slot =
            library.slot(key, move || own.read(&path).map_err(|why| FilesError::of(&path, why)));
        let content = |stored: &Stored| json!({ "sha256": stored.checksum(), "shape": stored.shape, "classes": stored.classes });
        let places = &["path", "images", "labels", "channels-last", "classes"];
        Ok(Chosen::of_read(slot, choice.clone(), content, places)?.checked()?)
    }
}

impl Own {
    fn read(&self, path: &Path) -> Result<Stored, String> {
        let arrays = Arrays::open(path).map_err(|error: ArraysError| error.to_string())?;
        let array = |name: &str| {
            arrays.get(name).ok_or_else(|| {
                let names: Vec<String> = arrays.names().map(|name| format!("`{name}`")).collect();
                format!("there is no array `{name}` in it; there are {}", names.join(", "))
            })
        };
        let (images, labels) = (array(&self.images)?, array(&self.labels)?);
        let shape = self.shape(images)?;
        let samples = images.dimensions()[0];
        if samples == 0 || shape.is_empty() {
            return Err(format!("`{}` has no image: {:?}", self.images, images.dimensions()));
        }
        if labels.dimensions() != [samples] {
            let (named, came) = (&self.labels, labels.dimensions());
            return Err(format!(
                "`{named}` is {came:?}; {samples} labels are wanted, one an image"
            ));
        }
        if images.count() > MOST_BYTES {
            return Err(format!(
                "`{}` has {} pixels; {MOST_BYTES} are the most",
                self.images,
                images.count()
            ));
        }
        let mut pixels = self.pixels(&arrays, images)?;
        if self.channels_last {
            pixels = pixels.channels_first(shape);
        }
        let labels = self.labels(&arrays, labels)?;
        let classes = self.classes(&labels)?;
        Ok(Stored::new(shape, classes, pixels, labels))
    }

    fn shape(&self, images: &Array) -> Result<Shape, String> {
        match (images.dimensions(), self.channels_last) {
            (&[_, features], false) => Ok(Shape::flat(features)),
            (&[_, height, width], false) => Ok(Shape::image(1, height, width)),
            (&[_, channels, height, width], false) | (&[_, height, width, channels], true) => {
                Ok(Shape::image(channels, height, width))
            }
            (came, last) => {
                let wanted = if last { "4 dimensions" } else { "2 to 4 dimensions" };
                Err(format!("`{}` is {came:?}; {wanted} are wanted, samples first", self.images))
            }
        }
    }

    fn pixels(&self, arrays: &Arrays<'_>, images: &Array) -> Result<Pixels, String> {
        if let Some(bytes) = images.octets(arrays.source())? {
            return Ok(Pixels::Bytes(bytes));
        }
        let Some(numbers) = images.numbers::<f32>(arrays.source())? else {
            let (named, kind) = (&self.images, images.kind());
            return Err(format!("`{named}` holds {kind}; bytes (U8) or floats in 0..1 are wanted"));
        };
        let per_sample = numbers.len() / images.dimensions()[0];
        match numbers.iter().position(|number| !(0.0..=1.0).contains(number)) {
            None => Ok(Pixels::Floats(numbers)),
            Some(at) => Err(format!(
                "floats in 0..1 are wanted in `{}`; sample {} holds {}",
                self.images,
                at / per_sample,
                numbers[at]
            )),
        }
    }

    fn labels(&self, arrays: &Arrays<'_>, labels: &Array) -> Result<Vec<u16>, String> {
        let words = arrays.words(labels)?;
        let wrong = |sample: usize, came: &str| {
            let most = u16::MAX;
            format!(
                "`{}` wants whole numbers in 0..{most}; sample {sample} has {came}",
                self.labels
            )
        };
        let words = words.ok_or_else(|| {
            format!("`{}` holds {}; whole numbers are wanted", self.labels, labels.kind())
        })?;
        let label = |(sample, word): (usize, &String)| {
            word.parse::<u16>().ok().filter(|l| *l < u16::MAX).ok_or_else(|| wrong(sample, word))
        };
        words.iter().enumerate().map(label).collect()
    }

    fn classes(&self, labels: &[u16]) -> Result<Vec<String>, String> {
        let largest = labels.iter().max().copied().unwrap_or_default();
        match &self.classes {
            None => Ok((0..=largest).map(|class| class.to_string()).collect()),
            Some(classes) if usize::from(largest) < classes.len() => Ok(classes.clone()),
            Some(classes) => {
                let sample = labels.iter().position(|label| *label == largest).unwrap_or_default();
                Err(format!(
                    "{} `classes` are named; sample {sample} has label {largest}",
                    classes.len()
                ))
            }
        }
    }
}
