//! One array of `NumPy`, as `numpy.save` writes it.

use crate::archive::Place;
use crate::array::{Array, MOST_DIMENSIONS, strides};
use crate::arrays::Found;
use crate::bytes::{Bytes, Why};
use crate::kind::Kind;
use crate::{ArraysError, Format, Source};

pub(crate) const FORMAT: Format = Format {
    name: "NumPy arrays",
    extensions: &["npy"],
    named: false,
    in_order: true,
    begins: |bytes| bytes.starts_with(BEGINNING),
    find: |source| {
        let found = array(source, 0..source.length());
        let found = found.map_err(|why| ArraysError::Format { format: FORMAT.name, why })?;
        Ok(Found::of([(String::new(), found)]))
    },
};

const BEGINNING: &[u8] = b"\x93NUMPY";
/// The beginning, the version, and the length of the header at its longest.
const BEFORE_HEADER: u64 = 12;

/// Reads an array's header.
///
/// Source: NEP 1, A simple file format for `NumPy` arrays.
pub(crate) fn array(source: &Source<'_>, place: Place) -> Result<Array, Why> {
    let held = place.end - place.start;
    let start = source.read(place.start, BEFORE_HEADER.min(held))?;
    let mut bytes = Bytes::new(&start);
    if bytes.take(BEGINNING.len() as u64)? != BEGINNING {
        return Err("it is no array".into());
    }
    let [major, _minor] = bytes.array()?;
    let (length, before) = match major {
        1 => (u64::from(bytes.u16()?), BEFORE_HEADER - 2),
        2 | 3 => (u64::from(bytes.u32()?), BEFORE_HEADER),
        other => return Err(format!("its version is {other}; 1, 2 and 3 are read")),
    };
    if before + length > held {
        return Err(format!("its header of {length} bytes is longer than it is"));
    }
    let header = source.read(place.start + before, length)?;
    let header = std::str::from_utf8(&header).map_err(|_| "its header is no text")?;
    let (kind, dimensions, columns) = described(header)?;
    let storage = place.start + before + length..place.end;
    if columns {
        let strides = strides(dimensions.iter());
        Array::new(kind, dimensions, strides, 0, storage)
    } else {
        Array::contiguous(kind, dimensions, storage)
    }
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn described(header: &str) -> Result<(Kind, Vec<usize>, bool), Why> {
    let unlike = || {
        let shown: String = header.trim_end().chars().take(200).collect();
        format!("its header `{shown}` is none of an array of numbers")
    };
    let after = |key: &str| {
        let (_, after) = header.split_once(&format!("'{key}':"))?;
        Some(after.trim_start())
    };
    let quoted = after("descr").and_then(|text| text.strip_prefix('\'')?.split_once('\''));
    let (name, _) = quoted.ok_or_else(unlike)?;
    let kind = Kind::of_numpy(name);
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
