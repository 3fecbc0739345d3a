//! A model without what it says of the values between its inputs and outputs.
//!
//! The runtime holds a value that it is given against what the file says of it. Between nodes that may be
//! out of date, as where a size was made free by hand; nothing is computed from it.

use convscope_arrays::Source;
use convscope_arrays::protobuf::{Field, Message};

/// Fields of a graph that say something of its outputs and of values within it.
const SAID: [u64; 2] = [12, 13];
/// The field of a model that holds its graph, and how it begins.
const GRAPH: (u64, u8) = (7, 0x3a);

/// Returns the bytes of a model that says nothing of values but of its inputs.
///
/// # Errors
/// What is wrong with the model, in words.
pub(crate) fn bare(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let source = Source::Memory(bytes);
    let mut model = Message::new(&source, 0..bytes.len() as u64)?;
    let mut bare = Vec::with_capacity(bytes.len());
    while let Some((piece, Field { number, value })) = piece(&mut model, bytes)? {
        if number != GRAPH.0 {
            bare.extend(piece);
            continue;
        }
        let mut kept: Vec<u8> = Vec::new();
        let mut graph = Message::new(&source, value.range()?)?;
        while let Some((piece, Field { number, .. })) = self::piece(&mut graph, bytes)? {
            if !SAID.contains(&number) {
                kept.extend(piece);
            }
        }
        bare.push(GRAPH.1);
        bare.extend(whole(kept.len()));
        bare.extend(kept);
    }
    Ok(bare)
}

/// Reads a field with the bytes that it takes.
fn piece<'b>(
    message: &mut Message<'_, '_>,
    bytes: &'b [u8],
) -> Result<Option<(&'b [u8], Field)>, String> {
    let start = message.place();
    let field = message.field()?;
    Ok(field.map(|field| (&bytes[start as usize..message.place() as usize], field)))
}

/// Writes a whole number in digits of seven bits.
fn whole(mut number: usize) -> Vec<u8> {
    let mut digits = Vec::new();
    while number > 0x7f {
        digits.push(number as u8 | 0x80);
        number >>= 7;
    }
    digits.push(number as u8);
    digits
}
