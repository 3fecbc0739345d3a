//! Zip archives whose entries are stored as they are.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::Source;
use crate::bytes::{Bytes, Why};

const LOCAL_HEADER: u32 = 0x0403_4b50;
/// The header of an entry up to its name.
const LOCAL_LENGTH: u64 = 30;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
/// A comment after the end is at most so long.
const LONGEST_COMMENT: usize = 0xffff;
const LOCATOR_64: u32 = 0x0706_4b50;
const LOCATOR_64_LENGTH: usize = 20;
const END_64: u32 = 0x0606_4b50;
const END_64_LENGTH: u64 = 56;
/// What stands where a number of 64 bits follows elsewhere.
const ELSEWHERE: u64 = 0xffff_ffff;
const EXTRA_64: u16 = 1;

/// How many bytes tell the name of an archive's first entry, at most.
pub(crate) const BEGINNING: u64 = LOCAL_LENGTH + 0xffff;

/// Returns the name of an archive's first entry; `None` for bytes that begin otherwise.
pub(crate) fn first_name(bytes: &[u8]) -> Option<&[u8]> {
    let mut first = Bytes::new(bytes);
    if first.u32().ok()? != LOCAL_HEADER {
        return None;
    }
    first.take(22).ok()?;
    let (length, _extra) = (first.u16().ok()?, first.u16().ok()?);
    first.take(length.into()).ok()
}

/// Where the bytes of an entry stand in the file.
pub(crate) type Place = Range<u64>;

/// Finds the entries of an archive by name.
///
/// Compressed and encrypted entries are refused, so that no entry is longer than the archive; all
/// of them together are not longer either, though they may say that they lie in one place. Each is
/// held against its checksum: one pass over the file.
///
/// Source: APPNOTE.TXT, .ZIP File Format Specification 6.3.10.
pub(crate) fn entries(source: &Source<'_>) -> Result<BTreeMap<String, Place>, Why> {
    let (count, directory) = directory(source)?;
    let mut directory = Bytes::new(&directory);
    let mut entries = BTreeMap::new();
    let mut held = 0_u64;
    for _ in 0..count {
        let (name, place, checksum) = entry(source, &mut directory)?;
        held = held.saturating_add(place.end - place.start);
        if held > source.length() {
            return Err("its entries are longer than the whole file".into());
        }
        if source.crc32(place.clone())? != checksum {
            return Err(format!("its entry `{name}` is damaged: the checksum differs"));
        }
        entries.insert(name, place);
    }
    Ok(entries)
}

/// Finds the list of entries, and how many there are.
fn directory<'a>(source: &Source<'a>) -> Result<(u64, Cow<'a, [u8]>), Why> {
    let longest = (END_LENGTH + LONGEST_COMMENT + LOCATOR_64_LENGTH) as u64;
    let start = source.length().saturating_sub(longest);
    let tail = source.read(start, source.length() - start)?;
    let last = tail.len().checked_sub(END_LENGTH).ok_or("it is too short")?;
    let first = last.saturating_sub(LONGEST_COMMENT);
    let end = (first..=last).rev().find(|&place| tail[place..].starts_with(END));
    let end = end.ok_or("its end is missing; was it copied whole?")?;
    let mut record = Bytes::at(&tail, end as u64 + 10)?;
    let (count, size, place) = (record.u16()?, record.u32()?, record.u32()?);
    let (mut count, mut size, mut place) = (u64::from(count), u64::from(size), u64::from(place));
    if (count == 0xffff || place == ELSEWHERE) && end >= LOCATOR_64_LENGTH {
        let mut locator = Bytes::at(&tail, (end - LOCATOR_64_LENGTH) as u64)?;
        if locator.u32()? == LOCATOR_64 {
            locator.u32()?;
            let record = source.read(locator.u64()?, END_64_LENGTH)?;
            let mut record = Bytes::new(&record);
            if record.u32()? != END_64 {
                return Err("its list of entries is not where it says".into());
            }
            record.take(28)?;
            (count, size, place) = (record.u64()?, record.u64()?, record.u64()?);
        }
    }
    Ok((count, source.read(place, size)?))
}

/// Reads the next line of the list: a name, where its bytes are, and their checksum.
fn entry(source: &Source<'_>, directory: &mut Bytes<'_>) -> Result<(String, Place, u32), Why> {
    if directory.u32()? != CENTRAL_HEADER {
        return Err("its list of entries is damaged".into());
    }
    directory.take(4)?;
    let (flags, method) = (directory.u16()?, directory.u16()?);
    directory.take(4)?;
    let checksum = directory.u32()?;
    let mut sizes = [u64::from(directory.u32()?), u64::from(directory.u32()?), 0];
    let lengths = [directory.u16()?, directory.u16()?, directory.u16()?].map(u64::from);
    directory.take(8)?;
    sizes[2] = u64::from(directory.u32()?);
    let name = std::str::from_utf8(directory.take(lengths[0])?);
    let name = name.map_err(|_| "an entry's name is no UTF-8")?.to_owned();
    let extra = directory.take(lengths[1])?;
    directory.take(lengths[2])?;
    let [stored, size, place] = sizes_64(sizes, extra)?;
    if flags & 1 != 0 {
        return Err(format!("its entry `{name}` is encrypted"));
    }
    if method != 0 || stored != size {
        return Err(format!(
            "its entry `{name}` is compressed; save it without compression (`numpy.savez`, not \
             `numpy.savez_compressed`)"
        ));
    }
    let header = source.read(place, LOCAL_LENGTH)?;
    let mut header = Bytes::new(&header);
    if header.u32()? != LOCAL_HEADER {
        return Err(format!("its entry `{name}` is not where it says"));
    }
    header.take(22)?;
    let lengths = [header.u16()?, header.u16()?].map(u64::from);
    let start = place + LOCAL_LENGTH + lengths[0] + lengths[1];
    let end = start.checked_add(size).filter(|end| *end <= source.length());
    Ok((name, start..end.ok_or("it ends before it should")?, checksum))
}

/// Fills in what stands in an extra field: the size, that of what is stored, the place.
fn sizes_64([stored, size, place]: [u64; 3], extra: &[u8]) -> Result<[u64; 3], Why> {
    let mut fields = Bytes::new(extra);
    while fields.left() >= 4 {
        let (id, length) = (fields.u16()?, fields.u16()?);
        let mut field = Bytes::new(fields.take(length.into())?);
        if id == EXTRA_64 {
            let mut filled = |short: u64| if short == ELSEWHERE { field.u64() } else { Ok(short) };
            let (size, stored) = (filled(size)?, filled(stored)?);
            return Ok([stored, size, filled(place)?]);
        }
    }
    Ok([stored, size, place])
}
