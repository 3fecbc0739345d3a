//! Messages in the wire format of protocol buffers, field by field, at places of a file.
//!
//! Texts, numbers and messages within a message are ranges of the file until they are asked for, so
//! that what is looked for is found without reading what stands between.
//!
//! Source: Protocol Buffers Documentation, Encoding.

use std::borrow::Cow;
use std::ops::Range;

use crate::Source;

/// What is left of a message.
#[derive(Debug)]
pub struct Message<'s, 'a> {
    source: &'s Source<'a>,
    left: Range<u64>,
    /// What was read ahead, and where it starts.
    ahead: Cow<'a, [u8]>,
    start: u64,
}

/// A field of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its number in the message's description.
    pub number: u64,
    /// Its value.
    pub value: Value,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number; a signed one in two's complement.
    Whole(u64),
    /// Where a number of four or eight bytes stands.
    Fixed(Range<u64>),
    /// Where a text, a message or a row of numbers stands.
    Bytes(Range<u64>),
}

/// How much is read ahead; what a field begins with is 20 bytes at most.
const AHEAD: u64 = 4096;
/// A whole number of 64 bits takes at most so many bytes.
const LONGEST_WHOLE: u32 = 10;

impl<'s, 'a> Message<'s, 'a> {
    /// Starts with the first field of a message that stands in a range of a file.
    ///
    /// # Errors
    /// What is wrong, in words, when the file ends before the range.
    pub fn new(source: &'s Source<'a>, range: Range<u64>) -> Result<Self, String> {
        if range.start > range.end || range.end > source.length() {
            return Err("it ends before it should".into());
        }
        let start = range.start;
        Ok(Self { source, left: range, ahead: Cow::Borrowed(&[]), start })
    }

    /// Returns where in the file the next field begins.
    pub fn place(&self) -> u64 {
        self.left.start
    }

    /// Reads the next field; `None` at the end.
    ///
    /// # Errors
    /// What is wrong with the message, in words, or what the file system says.
    pub fn field(&mut self) -> Result<Option<Field>, String> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let key = self.whole()?;
        let value = match key & 7 {
            0 => Value::Whole(self.whole()?),
            1 => Value::Fixed(self.skip(8)?),
            2 => {
                let length = self.whole()?;
                Value::Bytes(self.skip(length)?)
            }
            5 => Value::Fixed(self.skip(4)?),
            other => return Err(format!("a field is of the kind {other}, which there is none of")),
        };
        match key >> 3 {
            0 => Err("a field has the number 0, which there is none of".into()),
            number => Ok(Some(Field { number, value })),
        }
    }

    /// Reads a whole number as it stands in a row of them; `None` at the end.
    ///
    /// # Errors
    /// As [`Message::field`].
    pub fn element(&mut self) -> Result<Option<u64>, String> {
        if self.left.is_empty() { Ok(None) } else { self.whole().map(Some) }
    }

    fn whole(&mut self) -> Result<u64, String> {
        let mut number = 0;
        for digit in 0..LONGEST_WHOLE {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).unbounded_shl(7 * digit);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("a number has more than 64 bits".into())
    }

    fn byte(&mut self) -> Result<u8, String> {
        if self.left.is_empty() {
            return Err("a field ends before it should".into());
        }
        let read = self.start..self.start + self.ahead.len() as u64;
        if !read.contains(&self.left.start) {
            let count = AHEAD.min(self.left.end - self.left.start);
            self.ahead = self.source.read(self.left.start, count)?;
            self.start = self.left.start;
        }
        let byte = self.ahead[(self.left.start - self.start) as usize];
        self.left.start += 1;
        Ok(byte)
    }

    fn skip(&mut self, count: u64) -> Result<Range<u64>, String> {
        let start = self.left.start;
        let end = start.checked_add(count).filter(|end| *end <= self.left.end);
        let end = end.ok_or_else(|| {
            format!("a field of {count} bytes is longer than the {} left", self.left.end - start)
        })?;
        self.left.start = end;
        Ok(start..end)
    }
}

impl Value {
    /// Returns a whole number, if it is one.
    ///
    /// # Errors
    /// That it is none.
    pub fn whole(&self) -> Result<u64, String> {
        match self {
            Self::Whole(number) => Ok(*number),
            _ => Err("a field is no whole number, where one was wanted".into()),
        }
    }

    /// Returns where a text, message or row stands, if it is one.
    ///
    /// # Errors
    /// That it is none.
    pub fn range(&self) -> Result<Range<u64>, String> {
        match self {
            Self::Bytes(range) => Ok(range.clone()),
            _ => Err("a field holds a number, where a text or message was wanted".into()),
        }
    }

    /// Reads floats of four bytes: one, or a row of them.
    ///
    /// # Errors
    /// That it is none, or what the file system says.
    pub fn singles(&self, source: &Source<'_>) -> Result<Vec<f32>, String> {
        let place = match self {
            Self::Fixed(place) | Self::Bytes(place) => place.clone(),
            Self::Whole(_) => return Err("a field is no float, where one was wanted".into()),
        };
        let bytes = source.read(place.start, place.end - place.start)?;
        match bytes.as_chunks() {
            (singles, []) => Ok(singles.iter().map(|four| f32::from_le_bytes(*four)).collect()),
            _ => Err("a row of floats ends within one".into()),
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// That it is none, or what the file system says.
    pub fn text(&self, source: &Source<'_>) -> Result<String, String> {
        let range = self.range()?;
        let bytes = source.read(range.start, range.end - range.start)?;
        String::from_utf8(bytes.into_owned()).map_err(|_| "a text is none in UTF-8".into())
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Message, Value};
    use crate::Source;

    fn fields(bytes: &[u8]) -> Result<Vec<Field>, String> {
        let source = Source::Memory(bytes);
        let mut message = Message::new(&source, 0..bytes.len() as u64)?;
        let mut fields = Vec::new();
        while let Some(field) = message.field()? {
            fields.push(field);
        }
        Ok(fields)
    }

    #[test]
    fn examples_of_the_documentation() {
        // Field 1 is 150; field 2 is "testing"; field 4 is 1.5 in four bytes.
        let bytes = b"\x08\x96\x01\x12\x07testing\x25\x00\x00\xc0\x3f";
        let found = fields(bytes).unwrap();
        let number = |number, value| Field { number, value };
        let wanted = [
            number(1, Value::Whole(150)),
            number(2, Value::Bytes(5..12)),
            number(4, Value::Fixed(13..17)),
        ];
        assert_eq!(found, wanted);
        assert_eq!(found[1].value.text(&Source::Memory(bytes)).unwrap(), "testing");
        assert_eq!(found[2].value.singles(&Source::Memory(bytes)), Ok(vec![1.5]));
        assert!(found[0].value.singles(&Source::Memory(bytes)).is_err());
        assert!(found[1].value.singles(&Source::Memory(bytes)).is_err(), "seven bytes");
        // Minus one, in ten bytes.
        let minus = b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(fields(minus).unwrap(), [number(1, Value::Whole(u64::MAX))]);
    }

    #[test]
    fn what_is_longer_than_its_message_is_none() {
        let said = |bytes| fields(bytes).unwrap_err();
        assert_eq!(said(b"\x12\x05abcd"), "a field of 5 bytes is longer than the 4 left");
        let huge = b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(said(huge), format!("a field of {} bytes is longer than the 0 left", u64::MAX));
        assert_eq!(said(b"\x08\x80"), "a field ends before it should");
        assert_eq!(
            said(b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
            "a number has more than 64 bits"
        );
        assert!(said(b"\x0b").contains("of the kind 3"));
        assert!(said(b"\x00\x00").contains("the number 0"));
    }

    #[test]
    fn fields_behind_what_was_read_ahead() {
        let long = [&b"\x12\x88\x27"[..], &[7; 5000], b"\x08\x2a"].concat();
        assert_eq!(fields(&long).unwrap()[1].value, Value::Whole(42));
    }
}
