//! Lines that know whether they are whole.
//!
//! ```text
//! <first 16 digits of the SHA-256 of the JSON> <JSON>\n
//! ```

use convscope_core::Identity;
use serde::{Deserialize, Serialize};

use crate::{Provenance, Record};

/// What a line of a segment says.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Line {
    Segment(Header),
    Provenance(Provenance),
    Record(Record),
}

/// A line to be written.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Written<'a> {
    Segment(&'a Header),
    Provenance(&'a Provenance),
    Record(&'a Record),
}

/// The first line of a segment.
#[derive(Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) version: u32,
}

/// Writes a line, with its end.
pub(crate) fn encode(line: &Written<'_>) -> Vec<u8> {
    let json = serde_json::to_vec(line).expect("finite numbers and text keys can be written");
    let mut bytes = checksum(&json).into_bytes();
    bytes.push(b' ');
    bytes.extend(json);
    bytes.push(b'\n');
    bytes
}

/// Reads a line without its end; returns its checksum too.
pub(crate) fn decode(line: &[u8]) -> Result<(Line, &str), String> {
    let text = str::from_utf8(line).map_err(|_| "it is not text".to_owned())?;
    let (stated, json) = text.split_once(' ').ok_or("it has no checksum")?;
    let actual = checksum(json.as_bytes());
    if stated != actual {
        return Err(format!("its checksum is {actual}, not {stated:.16}"));
    }
    let line = serde_json::from_str(json).map_err(|error| error.to_string())?;
    Ok((line, stated))
}

/// Returns the first 16 hexadecimal digits of the SHA-256.
pub(crate) fn checksum(bytes: &[u8]) -> String {
    Identity::of_bytes(bytes).as_str()[..16].to_owned()
}
