//! Archives of `NumPy` arrays, as `numpy.savez` writes them.

use std::collections::BTreeMap;

use super::Format;
use super::archive;
use super::bytes::{Bytes, Why};
use super::error::WeightsError;
use super::kind::{self, Kind};
use super::state_dict::StateDict;
use super::tensor::{MOST_DIMENSIONS, Tensor, strides};

pub(super) const FORMAT: Format = Format {
    name: "NumPy arrays",
    extensions: &["npz"],
    begins: |bytes| archive::first_name(bytes).is_some_and(|name| name.ends_with(SUFFIX)),
    read: |bytes| {
        let format = FORMAT.name;
        state_dict(bytes).map_err(|why| WeightsError::Format { format, why })
    },
};

/// What stands behind the name of an array in its archive.
const SUFFIX: &[u8] = b".npy";

const BEGINNING: &[u8] = b"\x93NUMPY";

/// Each array is an entry under the tensor's name with `.npy` behind it.
fn state_dict(bytes: &[u8]) -> Result<StateDict<'_>, Why> {
    let mut tensors = BTreeMap::new();
    for (name, bytes) in archive::entries(bytes)? {
        let name = name.strip_suffix(".npy");
        let name = name.ok_or("it is an archive of other things than arrays")?;
        let tensor = array(bytes).map_err(|why| format!("`{name}`: {why}"))?;
        tensors.insert(name.to_owned(), tensor);
    }
    if tensors.is_empty() {
        return Err("it is an archive of nothing".into());
    }
    Ok(StateDict::new(tensors, Vec::new()))
}

/// Reads an array's header.
///
/// Source: NEP 1, A simple file format for `NumPy` arrays.
fn array(bytes: &[u8]) -> Result<Tensor<'_>, Why> {
    let mut bytes = Bytes::new(bytes);
    if bytes.take(BEGINNING.len() as u64)? != BEGINNING {
        return Err("it is no array".into());
    }
    let [major, _minor] = bytes.array()?;
    let length = match major {
        1 => bytes.u16()?.into(),
        2 | 3 => bytes.u32()?,
        other => return Err(format!("its version is {other}; 1, 2 and 3 are read")),
    };
    let header = std::str::from_utf8(bytes.take(length.into())?);
    let (kind, dimensions, columns) = described(header.map_err(|_| "its header is no text")?)?;
    let numbers = bytes.take(bytes.left() as u64)?;
    if columns {
        let strides = strides(dimensions.iter());
        Tensor::new(kind, dimensions, strides, 0, numbers)
    } else {
        Tensor::contiguous(kind, dimensions, numbers)
    }
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn described(header: &str) -> Result<(&'static Kind, Vec<usize>, bool), Why> {
    let unlike = || format!("its header `{}` is none of an array", header.trim_end());
    let after = |key: &str| {
        let (_, after) = header.split_once(&format!("'{key}':"))?;
        Some(after.trim_start())
    };
    let quoted = after("descr").and_then(|text| text.strip_prefix('\'')?.split_once('\''));
    let (name, _) = quoted.ok_or_else(unlike)?;
    let kind = kind::find(name, |kind| kind.numpy);
    let kind = kind.ok_or_else(|| format!("it holds `{name}`, which is not read"))?;
    let columns = match after("fortran_order").ok_or_else(unlike)? {
        text if text.starts_with("True") => true,
        text if text.starts_with("False") => false,
        _ => return Err(unlike()),
    };
    let inside = after("shape").and_then(|text| text.strip_prefix('(')?.split_once(')'));
    let (inside, _) = inside.ok_or_else(unlike)?;
    let sizes = inside.split(',').map(str::trim).filter(|size| !size.is_empty());
    let dimensions = sizes.take(MOST_DIMENSIONS + 1).map(|size| size.parse().map_err(|_| unlike()));
    Ok((kind, dimensions.collect::<Result<_, _>>()?, columns))
}
