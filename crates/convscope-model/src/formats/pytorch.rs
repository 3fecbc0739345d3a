//! What `torch.save` writes: an archive of a pickle and its storages, and before version 1.6 both
//! in a row.

use std::collections::BTreeMap;

use super::bytes::{Bytes, Why};
use super::error::WeightsError;
use super::pickle::{self, Found, Object, Pickle, View};
use super::state_dict::StateDict;
use super::tensor::Tensor;
use super::{Format, archive};

pub(super) const ARCHIVE: Format = Format {
    name: "PyTorch weights",
    extensions: &["pt", "pth"],
    begins: is_archive,
    read: |bytes| {
        let damaged = |why| WeightsError::Format { format: ARCHIVE.name, why };
        let entries = archive::entries(bytes).map_err(damaged)?;
        let (folder, pickle) = pickled(&entries).map_err(damaged)?;
        state_dict(ARCHIVE.name, &pickle, |view| {
            let name = format!("{folder}data/{}", view.storage.key);
            let storage = entries.get(name.as_str()).copied();
            storage.ok_or_else(|| format!("its entry `{name}` is missing"))
        })
    },
};

pub(super) const LEGACY: Format = Format {
    name: "PyTorch weights of before version 1.6",
    extensions: &["pt", "pth"],
    begins: |bytes| bytes.starts_with(LEGACY_BEGINNING),
    read: |bytes| {
        let damaged = |why| WeightsError::Format { format: LEGACY.name, why };
        let (pickle, storages) = in_a_row(bytes).map_err(damaged)?;
        state_dict(LEGACY.name, &pickle, |view| {
            let storage = storages.as_ref().map_err(Clone::clone)?.get(view.storage.key).copied();
            storage.ok_or_else(|| format!("its storage {} is missing", view.storage.key))
        })
    },
};

/// A pickle of the number 0x1950a86a20f9469cfc6c.
const LEGACY_BEGINNING: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// The pickle within an archive.
const PICKLE: &str = "data.pkl";

/// Returns whether an archive is `PyTorch`'s: the first entry of `NumPy`'s is an array.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    archive::first_name(bytes).is_some_and(|name| !name.ends_with(b".npy"))
}

/// Finds and runs the pickle of an archive; returns its folder with it.
fn pickled<'a>(entries: &BTreeMap<&'a str, &'a [u8]>) -> Result<(&'a str, Pickle<'a>), Why> {
    let folder = |name: &&'a str| {
        let folder = name.strip_suffix(PICKLE)?;
        (folder.is_empty() || folder.ends_with('/')).then_some(folder)
    };
    let folder = entries.keys().filter_map(folder).min_by_key(|folder| folder.len());
    let folder = folder.ok_or("it is an archive without a `data.pkl`")?;
    let order = entries.get(format!("{folder}byteorder").as_str());
    if order.is_some_and(|order| *order != b"little") {
        return Err("its numbers stand big end first, which is not read".into());
    }
    let bytes = entries[format!("{folder}{PICKLE}").as_str()];
    Ok((folder, pickle::run(&mut Bytes::new(bytes))?))
}

/// The storages of a file by their keys, or what is wrong with them.
type Storages<'a> = Result<BTreeMap<&'a str, &'a [u8]>, Why>;

/// Reads five pickles, of which the fourth holds the model and the fifth lists the storages that
/// follow.
fn in_a_row(bytes: &[u8]) -> Result<(Pickle<'_>, Storages<'_>), Why> {
    let mut bytes = Bytes::new(bytes);
    bytes.take(LEGACY_BEGINNING.len() as u64)?;
    let _version = pickle::run(&mut bytes)?;
    let system = pickle::run(&mut bytes)?;
    let little = system.entry(system.root, "little_endian").map(|id| &system.objects[id]);
    if !matches!(little, Some(Object::Flag(true))) {
        return Err("its numbers stand big end first, which is not read".into());
    }
    let model = pickle::run(&mut bytes)?;
    let storages = storages(&model, bytes);
    Ok((model, storages))
}

fn storages<'a>(model: &Pickle<'a>, mut bytes: Bytes<'a>) -> Storages<'a> {
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
        storages.insert(key, bytes.take(length.ok_or("it ends before it should")?)?);
    }
    Ok(storages)
}

/// Finds the tensors of a pickle in their storages.
fn state_dict<'a>(
    format: &'static str,
    pickle: &Pickle<'a>,
    storage: impl Fn(&View<'a>) -> Result<&'a [u8], Why>,
) -> Result<StateDict<'a>, WeightsError> {
    let damaged = |why| WeightsError::Format { format, why };
    let Found { views, notes } = pickle.tensors().map_err(|unknown| match unknown {
        Some(global) => WeightsError::Code { global },
        None => damaged("it holds no tensors".into()),
    })?;
    let mut tensors = BTreeMap::new();
    for (name, view) in views {
        let placed = |why| damaged(format!("`{name}`: {why}"));
        let offset = view.offset.checked_add(view.storage.offset);
        let offset = offset.ok_or("it starts nowhere".to_owned()).map_err(placed)?;
        let (dimensions, strides) = (view.dimensions.clone(), view.strides.clone());
        let bytes = storage(view).map_err(placed)?;
        let tensor = Tensor::new(view.storage.kind, dimensions, strides, offset, bytes);
        tensors.insert(name.clone(), tensor.map_err(placed)?);
    }
    Ok(StateDict::new(tensors, notes))
}
