//! Archives of `NumPy` arrays, as `numpy.savez` writes them.

use std::collections::BTreeMap;

use crate::array::Array;
use crate::arrays::Found;
use crate::bytes::Why;
use crate::{ArraysError, Format, Source, archive, npy};

pub(crate) const FORMAT: Format = Format {
    name: "NumPy arrays",
    extensions: &["npz"],
    named: true,
    in_order: true,
    begins: |bytes| archive::first_name(bytes).is_some_and(|name| name.ends_with(SUFFIX)),
    find: |source| {
        let found = arrays(source);
        found.map(Found::of).map_err(|why| ArraysError::Format { format: FORMAT.name, why })
    },
};

/// What stands behind the name of an array in its archive.
pub(crate) const SUFFIX: &[u8] = b".npy";

/// Each array is an entry under its name with `.npy` behind it.
fn arrays(source: &Source<'_>) -> Result<BTreeMap<String, Array>, Why> {
    let mut arrays = BTreeMap::new();
    for (name, place) in archive::entries(source)? {
        let name = name.strip_suffix(".npy");
        let name = name.ok_or("it is an archive of other things than arrays")?;
        let array = npy::array(source, place).map_err(|why| format!("`{name}`: {why}"))?;
        arrays.insert(name.to_owned(), array);
    }
    if arrays.is_empty() {
        return Err("it is an archive of nothing".into());
    }
    Ok(arrays)
}
