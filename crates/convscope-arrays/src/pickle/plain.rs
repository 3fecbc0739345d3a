//! Texts, numbers and flags of a pickle: what stands in it as it is.

use super::Object;
use crate::bytes::{Bytes, Why};

/// Reads a text, number or flag.
pub(super) fn plain<'a>(code: u8, bytes: &mut Bytes<'a>) -> Result<Object<'a>, Why> {
    Ok(match code {
        b'N' => Object::Other,
        0x88 => Object::Flag(true),
        0x89 => Object::Flag(false),
        b'J' => Object::Whole(i32::from_le_bytes(bytes.array()?).into()),
        b'K' => Object::Whole(bytes.u8()?.into()),
        b'M' => Object::Whole(bytes.u16()?.into()),
        0x8a => long(counted(1, bytes)?),
        0x8b => long(counted(4, bytes)?),
        b'U' | 0x8c => as_text(counted(1, bytes)?),
        b'T' | b'X' => as_text(counted(4, bytes)?),
        0x8d => as_text(counted(8, bytes)?),
        b'C' => other(counted(1, bytes)?),
        b'B' => other(counted(4, bytes)?),
        0x8e | 0x96 => other(counted(8, bytes)?),
        b'G' => other(bytes.take(8)?),
        b'F' | b'S' | b'V' => other(bytes.line()?),
        b'I' => match bytes.line()? {
            b"00" => Object::Flag(false),
            b"01" => Object::Flag(true),
            line => Object::Whole(decimal(line)?),
        },
        b'L' => {
            let line = bytes.line()?;
            Object::Whole(decimal(line.strip_suffix(b"L").unwrap_or(line))?)
        }
        other => return Err(format!("it has the step {other:#04x}, which no such file needs")),
    })
}

/// Reads a number in digits.
pub(super) fn decimal(line: &[u8]) -> Result<i64, Why> {
    let number = text(line).and_then(|line| line.trim().parse().ok());
    number.ok_or_else(|| "it has a number that is none".into())
}

pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Takes as many bytes as a number before them says, which is itself so many bytes wide.
fn counted<'a>(width: usize, bytes: &mut Bytes<'a>) -> Result<&'a [u8], Why> {
    let count = match width {
        1 => bytes.u8()?.into(),
        4 => bytes.u32()?.into(),
        _ => bytes.u64()?,
    };
    bytes.take(count)
}

fn as_text(bytes: &[u8]) -> Object<'_> {
    text(bytes).map_or(Object::Other, Object::Text)
}

fn other(_bytes: &[u8]) -> Object<'_> {
    Object::Other
}

/// Reads a whole number, little end first; those of more than 64 bits are of no use.
fn long(bytes: &[u8]) -> Object<'_> {
    if bytes.len() > 8 {
        return Object::Other;
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut whole = if negative { [0xff; 8] } else { [0; 8] };
    whole[..bytes.len()].copy_from_slice(bytes);
    Object::Whole(i64::from_le_bytes(whole))
}
