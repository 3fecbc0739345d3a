//! What `torch.save` writes: an archive of a pickle and its storages, and before version 1.6 both
//! in a row.

use std::collections::BTreeMap;

use crate::archive::{self, Place};
use crate::array::Array;
use crate::arrays::Found;
use crate::bytes::{Bytes, Why};
use crate::pickle::{self, Object, Pickle, View};
use crate::{ArraysError, Format, SAMPLE_IDS, SampleIds, Source, npz};

pub(crate) const ARCHIVE: Format = Format {
    name: "PyTorch weights",
    extensions: &["pt", "pth"],
    named: true,
    in_order: true,
    begins: is_archive,
    find: |source| {
        let damaged = |why| ArraysError::Format { format: ARCHIVE.name, why };
        let entries = archive::entries(source).map_err(damaged)?;
        let (folder, place) = pickled(source, &entries).map_err(damaged)?;
        let bytes = source.read(place.start, place.end - place.start).map_err(damaged)?;
        let pickle = pickle::run(&mut Bytes::new(&bytes)).map_err(damaged)?;
        found(ARCHIVE.name, &pickle, |view| {
            let name = format!("{folder}data/{}", view.storage.key);
            entries.get(&name).cloned().ok_or_else(|| format!("its entry `{name}` is missing"))
        })
    },
};

pub(crate) const LEGACY: Format = Format {
    name: "PyTorch weights of before version 1.6",
    extensions: &["pt", "pth"],
    named: true,
    in_order: true,
    begins: |bytes| bytes.starts_with(LEGACY_BEGINNING),
    find: |source| {
        let damaged = |why| ArraysError::Format { format: LEGACY.name, why };
        // Where its storages begin is told by nothing but its pickles, one after another.
        let bytes = source.read(0, source.length()).map_err(damaged)?;
        let (pickle, storages) = in_a_row(&bytes).map_err(damaged)?;
        found(LEGACY.name, &pickle, |view| {
            let storage = storages.as_ref().map_err(Clone::clone)?.get(view.storage.key).cloned();
            storage.ok_or_else(|| format!("its storage {} is missing", view.storage.key))
        })
    },
};

/// A pickle of the number 0x1950a86a20f9469cfc6c.
const LEGACY_BEGINNING: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// The pickle within an archive.
const PICKLE: &str = "data.pkl";

/// Returns whether an archive is `PyTorch`'s: the first entry of `NumPy`'s is an array.
fn is_archive(bytes: &[u8]) -> bool {
    archive::first_name(bytes).is_some_and(|name| !name.ends_with(npz::SUFFIX))
}

/// Finds the pickle of an archive; returns its folder with it.
fn pickled<'e>(
    source: &Source<'_>,
    entries: &'e BTreeMap<String, Place>,
) -> Result<(&'e str, Place), Why> {
    let folder = |name: &'e String| {
        let folder = name.strip_suffix(PICKLE)?;
        (folder.is_empty() || folder.ends_with('/')).then_some(folder)
    };
    let folder = entries.keys().filter_map(folder).min_by_key(|folder| folder.len());
    let folder = folder.ok_or("it is an archive without a `data.pkl`")?;
    if let Some(place) = entries.get(&format!("{folder}byteorder"))
        && *source.read(place.start, place.end - place.start)? != *b"little"
    {
        return Err("its numbers stand big end first, which is not read".into());
    }
    Ok((folder, entries[&format!("{folder}{PICKLE}")].clone()))
}

/// The storages of a file by their keys, or what is wrong with them.
type Storages<'a> = Result<BTreeMap<&'a str, Place>, Why>;

/// Reads five pickles, of which the fourth holds the model and the fifth lists the storages that
/// follow.
fn in_a_row(whole: &[u8]) -> Result<(Pickle<'_>, Storages<'_>), Why> {
    let mut bytes = Bytes::new(whole);
    bytes.take(LEGACY_BEGINNING.len() as u64)?;
    let _version = pickle::run(&mut bytes)?;
    let system = pickle::run(&mut bytes)?;
    let little = system.entry(system.root, "little_endian").map(|id| &system.objects[id]);
    if !matches!(little, Some(Object::Flag(true))) {
        return Err("its numbers stand big end first, which is not read".into());
    }
    let model = pickle::run(&mut bytes)?;
    let storages = storages(&model, bytes, whole.len());
    Ok((model, storages))
}

fn storages<'a>(model: &Pickle<'a>, mut bytes: Bytes<'a>, whole: usize) -> Storages<'a> {
    let keys = pickle::run(&mut bytes)?;
    let mut widths = BTreeMap::new();
    for object in &model.objects {
        if let Object::Storage(storage) = object {
            widths.insert(storage.key, storage.kind.width);
        }
    }
    let mut storages = BTreeMap::new();
    for &key in keys.row(keys.root).ok_or("its list of storages is none")? {
        let key = keys.text(key).ok_or("its list of storages is none")?;
        let width = widths.get(key).ok_or("it lists a storage of an unknown type")?;
        let length = bytes.u64()?.checked_mul(*width as u64);
        let length = length.ok_or("it ends before it should")?;
        let start = (whole - bytes.left()) as u64;
        bytes.take(length)?;
        storages.insert(key, start..start + length);
    }
    Ok(storages)
}

/// Finds the tensors of a pickle in their storages.
fn found<'a>(
    format: &'static str,
    pickle: &Pickle<'a>,
    storage: impl Fn(&View<'a>) -> Result<Place, Why>,
) -> Result<Found, ArraysError> {
    let damaged = |why| ArraysError::Format { format, why };
    let pickle::Found { views, notes } = pickle.tensors().map_err(|unknown| match unknown {
        Some(global) => ArraysError::Code { global },
        None => damaged("it holds no tensors".into()),
    })?;
    let mut arrays = BTreeMap::new();
    for (name, view) in views {
        let placed = |why| damaged(format!("`{name}`: {why}"));
        let offset = view.offset.checked_add(view.storage.offset);
        let offset = offset.ok_or("it starts nowhere".to_owned()).map_err(placed)?;
        let (dimensions, strides) = (view.dimensions.clone(), view.strides.clone());
        let place = storage(view).map_err(placed)?;
        let array = Array::new(view.storage.kind, dimensions, strides, offset, place);
        arrays.insert(name.clone(), array.map_err(placed)?);
    }
    let listed = pickle.entry(pickle.root, SAMPLE_IDS).and_then(|list| pickle.words(list));
    let sample_ids = listed.map(SampleIds::Names);
    Ok(Found { arrays, notes, sample_ids, beside: Vec::new() })
}
