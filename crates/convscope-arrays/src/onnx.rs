//! Initialisers of ONNX models: weights, as exporters name them.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::array::{Array, MOST_DIMENSIONS, count};
use crate::arrays::Found;
use crate::beside::BesideFiles;
use crate::bytes::Why;
use crate::kind::Kind;
use crate::protobuf::{Field, Message, Value};
use crate::{ArraysError, Format, Source};

pub(crate) const FORMAT: Format = Format {
    name: "ONNX models",
    extensions: &["onnx"],
    named: true,
    in_order: true,
    begins,
    find: |source| found(source).map_err(|why| ArraysError::Format { format: FORMAT.name, why }),
};

/// Returns whether bytes begin with the version of a model, and then another field of one.
fn begins(bytes: &[u8]) -> bool {
    // Texts and messages 2 to 4, 6 to 8, 14, 20 and 25, and the number 5.
    let next = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72, 0xa2, 0xca];
    matches!(bytes, [0x08, 1..=0x7f, key, ..] if next.contains(key))
}

/// Finds the graph of a model: exactly one, and the operators that it is made of.
///
/// # Errors
/// What is wrong with the model, in words.
pub fn graph(source: &Source<'_>) -> Result<Range<u64>, String> {
    let mut model = Message::new(source, 0..source.length())?;
    let (mut graph, mut operators) = (None, false);
    while let Some(Field { number, value }) = model.field()? {
        match number {
            7 if graph.is_some() => return Err("it has two graphs".into()),
            7 => graph = Some(value.range()?),
            8 => operators = true,
            _ => {}
        }
    }
    if !operators {
        return Err("it does not say which operators it is made of; was it copied whole?".into());
    }
    graph.ok_or_else(|| "it has no graph".into())
}

/// Source: onnx.proto of ONNX 1.23.
fn found(source: &Source<'_>) -> Result<Found, Why> {
    let mut graph = Message::new(source, graph(source)?)?;
    let (mut arrays, mut unread) = (BTreeMap::new(), BTreeMap::<String, Vec<String>>::new());
    let mut files = BesideFiles::of(source);
    while let Some(Field { number, value }) = graph.field()? {
        if number != INITIALISER {
            continue;
        }
        let tensor = Tensor::read(source, value.range()?)?;
        let named = |why: Why| format!("`{}`: {why}", tensor.name);
        if arrays.contains_key(&tensor.name) {
            return Err(named("two initialisers have this name".into()));
        }
        match tensor.array(&mut files).map_err(named)? {
            Ok(array) => drop(arrays.insert(tensor.name, array)),
            Err(why) => unread.entry(why).or_default().push(tensor.name),
        }
    }
    let note = |(why, names): (&String, &Vec<String>)| {
        let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
        let more = names.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("left out: {}{more}; {why}", shown.join(", "))
    };
    let notes = unread.iter().map(note).collect();
    Ok(Found { arrays, notes, sample_ids: None, beside: files.into_files() })
}

/// How many names a note gives.
const NAMED: usize = 5;

/// The field of a graph that holds initialisers.
const INITIALISER: u64 = 5;

/// What a file says of one initialiser.
#[derive(Default)]
struct Tensor {
    name: String,
    /// Its type by ONNX' number.
    kind: u64,
    dimensions: Vec<usize>,
    /// Where its numbers stand as they are in memory.
    plain: Vec<Range<u64>>,
    /// Whether numbers stand one by one, in digits of seven bits or each behind a key.
    listed: bool,
    /// Where numbers of four or eight bytes stand in a row.
    rows: Vec<Range<u64>>,
    /// Whether they are in another file.
    is_elsewhere: bool,
    elsewhere: Elsewhere,
}

/// Where in another file numbers are, as it is written.
#[derive(Default)]
struct Elsewhere {
    location: Option<String>,
    offset: Option<String>,
    length: Option<String>,
}

impl Tensor {
    fn read(source: &Source<'_>, range: Range<u64>) -> Result<Self, Why> {
        let mut tensor = Self::default();
        let mut message = Message::new(source, range)?;
        while let Some(Field { number, value }) = message.field()? {
            match (number, &value) {
                (1, Value::Bytes(row)) => {
                    let mut row = Message::new(source, row.clone())?;
                    while let Some(size) = row.element()? {
                        tensor.dimension(size)?;
                    }
                }
                (1, _) => tensor.dimension(value.whole()?)?,
                (2, _) => tensor.kind = value.whole()?,
                (4 | 10, Value::Bytes(row)) => tensor.rows.push(row.clone()),
                (4 | 5 | 6 | 7 | 10 | 11, _) => tensor.listed = true,
                (8, _) => tensor.name = value.text(source)?,
                (9, _) => tensor.plain.push(value.range()?),
                (13, _) => tensor.elsewhere.take(source, value.range()?)?,
                (14, _) => tensor.is_elsewhere = value.whole()? == 1,
                _ => {}
            }
        }
        if tensor.name.is_empty() {
            return Err("an initialiser has no name".into());
        }
        Ok(tensor)
    }

    fn dimension(&mut self, size: u64) -> Result<(), Why> {
        let size = i64::try_from(size).ok().and_then(|size| usize::try_from(size).ok());
        self.dimensions.push(size.ok_or("a dimension is below zero")?);
        if self.dimensions.len() > MOST_DIMENSIONS {
            return Err(format!("an initialiser has more than {MOST_DIMENSIONS} dimensions"));
        }
        Ok(())
    }

    /// Finds its numbers; in words why they are not read, where nothing is wrong with them.
    fn array(&self, files: &mut BesideFiles<'_, '_>) -> Result<Result<Array, String>, Why> {
        let Some(kind) = kind(self.kind) else {
            return Ok(Err(format!("ONNX' type {} is not read", self.kind)));
        };
        if self.is_elsewhere || self.elsewhere.location.is_some() {
            return self.elsewhere(kind, files).map(Ok);
        }
        let rows_of = matches!(kind.name, "F32" | "F64");
        let place = match (self.plain.as_slice(), self.rows.as_slice(), self.listed) {
            ([], [], false) => 0..0,
            ([place], [], false) => place.clone(),
            ([], [place], false) if rows_of => place.clone(),
            _ => {
                let kind = kind.name;
                return Ok(Err(format!("{kind} written one by one are not read")));
            }
        };
        let held = place.end - place.start;
        let array = Array::contiguous(kind, self.dimensions.clone(), place)?;
        if array.bytes() != held {
            let dimensions = &self.dimensions;
            return Err(format!(
                "{dimensions:?} {} take {} bytes, and {held} stand there",
                kind.name,
                array.bytes()
            ));
        }
        Ok(Ok(array))
    }

    /// Finds its numbers in another file.
    fn elsewhere(&self, kind: Kind, files: &mut BesideFiles<'_, '_>) -> Result<Array, Why> {
        let Elsewhere { location, offset, length } = &self.elsewhere;
        let (offset, length) =
            (whole("offset", offset.as_ref())?, whole("length", length.as_ref())?);
        if !(self.plain.is_empty() && self.rows.is_empty()) || self.listed {
            return Err("it has numbers here and in another file".into());
        }
        let name = location.as_ref().ok_or("its numbers stand in another file without a name")?;
        let wanted = count(&self.dimensions).and_then(|count| count.checked_mul(kind.width));
        let dimensions = &self.dimensions;
        let wanted =
            wanted.ok_or_else(|| format!("{dimensions:?} are more than any file holds"))?;
        let wanted = wanted as u64;
        if let Some(length) = length.filter(|length| *length != wanted) {
            let kind = kind.name;
            return Err(format!(
                "{dimensions:?} {kind} take {wanted} bytes, and {length} stand in `{name}`"
            ));
        }
        let place = files.find(name, offset.unwrap_or(0), wanted)?;
        Array::contiguous(kind, dimensions.clone(), place)
    }
}

impl Elsewhere {
    /// Takes a pair of texts: which file, from where on, or how many bytes.
    fn take(&mut self, source: &Source<'_>, pair: Range<u64>) -> Result<(), Why> {
        let mut pair = Message::new(source, pair)?;
        let mut texts = [String::new(), String::new()];
        while let Some(Field { number, value }) = pair.field()? {
            if let Some(text) = texts.get_mut(number.wrapping_sub(1) as usize) {
                *text = value.text(source)?;
            }
        }
        let [key, value] = texts;
        let slot = match key.as_str() {
            "location" => &mut self.location,
            "offset" => &mut self.offset,
            "length" => &mut self.length,
            _ => return Ok(()),
        };
        if slot.replace(value).is_some() {
            return Err(format!("an initialiser says twice what the {key} of its numbers is"));
        }
        Ok(())
    }
}

/// Reads a whole number that may be written.
fn whole(key: &str, written: Option<&String>) -> Result<Option<u64>, Why> {
    let Some(text) = written else { return Ok(None) };
    let unlike = |_| format!("the {key} of its numbers is `{text}`, no whole number");
    text.parse().map(Some).map_err(unlike)
}

/// Returns the name of a type of number, as [`Array::kind`] has it, by its number in ONNX.
pub fn kind_name(number: u64) -> Option<&'static str> {
    kind(number).map(|kind| kind.name)
}

fn kind(number: u64) -> Option<Kind> {
    let names = [
        "", "F32", "U8", "I8", "U16", "I16", "I32", "I64", "", "BOOL", "F16", "F64", "U32", "U64",
        "C64", "C128", "BF16",
    ];
    let name = names.get(usize::try_from(number).ok()?)?;
    Kind::named(name)
}
