//! Pictures of one's own: a folder for each class.

use std::path::{Path, PathBuf};

use convscope_core::{Entry, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::chosen::Chosen;
use super::with::With;
use crate::files::{EXTENSIONS, FilesError, Raster};
use crate::stored::{MOST_BYTES, Pixels, Stored};
use crate::{DataError, Library, Set, Source};

pub(super) const ENTRY: Entry<dyn Source> = Entry {
    id: "folder",
    about: "PNG and JPEG files of your own, all of one size, a folder for each class",
    source: "",
    build: |settings| Ok(Box::new(Folder(With::read(settings)?))),
    canonical: With::<Own>::canonical,
    schema: With::<Own>::json_schema,
};

/// What is particular to folders.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Own {
    /// The folder of the folders, as it is or below one of the library's. Classes are in the order of
    /// their names, files of a class in the order of theirs.
    path: String,
}

struct Folder(With<Own>);

impl Source for Folder {
    /// Reads all pictures: what is wrong with one is known before anything is trained.
    fn open(&self, library: &Library) -> Result<Box<dyn Set>, DataError> {
        let With { own, choice } = &self.0;
        let path = found(library, &own.path)?;
        let slot = library.slot(format!("folder {}", path.display()), move || read(&path));
        let content = |stored: &Stored| json!({ "sha256": stored.checksum(), "shape": stored.shape, "classes": stored.classes });
        Ok(Chosen::of_read(slot, choice.clone(), content, &["path"])?.checked()?)
    }
}

/// Finds what a `path` names.
pub(super) fn found(library: &Library, path: &str) -> Result<PathBuf, SettingError> {
    if path.is_empty() {
        return Err(SettingError::at("path", "a `path` is wanted"));
    }
    library.find(Path::new(path)).ok_or_else(|| {
        let roots: Vec<String> =
            library.roots().iter().map(|root| format!(", {}", root.display())).collect();
        let message = format!("there is no `{path}` here{}", roots.concat());
        SettingError::at("path", message)
    })
}

fn read(folder: &Path) -> Result<Stored, FilesError> {
    let mut classes = entries(folder)?;
    classes.retain(|path| path.is_dir());
    if classes.is_empty() {
        return Err(FilesError::of(folder, "a folder for each class is wanted; there is none"));
    }
    if classes.len() > usize::from(u16::MAX) {
        return Err(FilesError::of(folder, format!("it holds {} classes", classes.len())));
    }
    let mut first: Option<(PathBuf, convscope_core::Shape)> = None;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (label, class) in (0..).zip(&classes) {
        let files = pictures(class)?;
        for file in files {
            let raster = Raster::read(&file)?;
            let (like, shape) = first.get_or_insert_with(|| (file.clone(), raster.shape));
            if raster.shape != *shape {
                let why = format!(
                    "it is {}, but {} is {shape}: all images of a folder have one size and are all \
                     grey or all colour",
                    raster.shape,
                    like.display()
                );
                let help = || "resize or convert them first; nothing is resized unasked".to_owned();
                return Err(FilesError::of(&file, why).or_help(help));
            }
            pixels.extend(raster.pixels);
            labels.push(label);
            if pixels.len() > MOST_BYTES {
                let why = format!("its images have more than {MOST_BYTES} bytes of pixels");
                return Err(FilesError::of(folder, why));
            }
        }
    }
    let shape = first.map(|(_, shape)| shape).ok_or_else(|| FilesError::of(folder, "no image"))?;
    let names = classes.iter().map(|class| name(class).to_owned()).collect();
    Ok(Stored::new(shape, names, Pixels::Bytes(pixels), labels))
}

/// Lists the pictures of a class; whatever else lies there is named.
fn pictures(class: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let files = entries(class)?;
    if files.is_empty() {
        let why = "the class has no image; add some, or remove the folder";
        return Err(FilesError::of(class, why));
    }
    let picture = |file: &Path| {
        let extension = file.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        extension.is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
    };
    match files.iter().find(|file| !file.is_file() || !picture(file)) {
        None => Ok(files),
        Some(other) => {
            let why = format!(
                "it is no image: files of a class end in {}",
                EXTENSIONS.map(|extension| format!(".{extension}")).join(", ")
            );
            Err(FilesError::of(other, why).or_help(|| "move it elsewhere".into()))
        }
    }
}

/// Lists what a folder holds, by name; what begins with a dot is not looked at.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let wrong =
        |error: std::io::Error| FilesError::of(folder, format!("it cannot be listed: {error}"));
    let entries = std::fs::read_dir(folder).map_err(wrong)?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| Ok(entry.map_err(wrong)?.path())).collect::<Result<_, FilesError>>()?;
    if let Some(path) =
        paths.iter().find(|path| path.file_name().is_some_and(|n| n.to_str().is_none()))
    {
        return Err(FilesError::of(path, "its name is no UTF-8"));
    }
    paths.retain(|path| !name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
