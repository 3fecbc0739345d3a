//! Arrays in the format of Hugging Face: a header of JSON, then all numbers.

use std::collections::BTreeMap;

use safetensors::tensor::Metadata;

use crate::array::Array;
use crate::arrays::Found;
use crate::bytes::{Bytes, Why};
use crate::kind::Kind;
use crate::{ArraysError, Format, SAMPLE_IDS, SampleIds, Source};

pub(crate) const FORMAT: Format = Format {
    name: "safetensors",
    extensions: &["safetensors"],
    named: true,
    in_order: false,
    // The length of the header, then the header.
    begins: |bytes| bytes.get(8) == Some(&b'{'),
    find: |source| found(source).map_err(|why| ArraysError::Format { format: FORMAT.name, why }),
};

fn found(source: &Source<'_>) -> Result<Found, Why> {
    let length = Bytes::new(&source.read(0, LENGTH)?).u64()?;
    let held = source.length() - LENGTH;
    if length > held {
        return Err(format!("its header of {length} bytes is longer than the file"));
    }
    let header = source.read(LENGTH, length)?;
    let metadata: Metadata = serde_json::from_slice(&header).map_err(|error| error.to_string())?;
    if metadata.data_len() as u64 != held - length {
        return Err(format!(
            "its header tells of {} bytes of numbers, but {} follow",
            metadata.data_len(),
            held - length
        ));
    }
    let numbers = LENGTH + length;
    let mut arrays = BTreeMap::new();
    for name in metadata.offset_keys() {
        let Some(info) = metadata.info(&name) else { continue };
        let placed = |why: Why| format!("`{name}`: {why}");
        let came = info.dtype.to_string();
        let kind = Kind::named(&came);
        let kind = kind.ok_or_else(|| placed(format!("it holds {came}, which is not read")))?;
        let (start, end) = info.data_offsets;
        let place = numbers + start as u64..numbers + end as u64;
        let array = Array::contiguous(kind, info.shape.clone(), place).map_err(placed)?;
        arrays.insert(name, array);
    }
    let mut found = Found::of(arrays);
    let notes = metadata.metadata().as_ref();
    found.sample_ids =
        notes.and_then(|notes| notes.get(SAMPLE_IDS)).map(|text| SampleIds::written(text));
    Ok(found)
}

/// The length of the header, in a number of this many bytes.
const LENGTH: u64 = 8;
