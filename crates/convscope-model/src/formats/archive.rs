//! Zip archives whose entries are stored as they are.

use std::collections::BTreeMap;

use super::bytes::{Bytes, Why};

const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
/// A comment after the end is at most so long.
const LONGEST_COMMENT: usize = 0xffff;
const LOCATOR_64: u32 = 0x0706_4b50;
const LOCATOR_64_LENGTH: usize = 20;
const END_64: u32 = 0x0606_4b50;
/// What stands where a number of 64 bits follows elsewhere.
const ELSEWHERE: u64 = 0xffff_ffff;
const EXTRA_64: u16 = 1;

/// Returns the name of an archive's first entry; `None` for bytes that begin otherwise.
pub(super) fn first_name(bytes: &[u8]) -> Option<&[u8]> {
    let mut first = Bytes::new(bytes);
    if first.u32().ok()? != LOCAL_HEADER {
        return None;
    }
    first.take(22).ok()?;
    let (length, _extra) = (first.u16().ok()?, first.u16().ok()?);
    first.take(length.into()).ok()
}

/// Finds the entries of an archive by name.
///
/// Compressed and encrypted entries are refused, so that no entry is longer than the archive; all
/// of them together are not longer either, though they may say that they lie in one place.
///
/// Source: APPNOTE.TXT, .ZIP File Format Specification 6.3.10.
pub(super) fn entries(bytes: &[u8]) -> Result<BTreeMap<&str, &[u8]>, Why> {
    let (count, mut directory) = directory(bytes)?;
    let mut entries = BTreeMap::new();
    let mut held = 0_usize;
    for _ in 0..count {
        let (name, data) = entry(bytes, &mut directory)?;
        held = held.saturating_add(data.len());
        if held > bytes.len() {
            return Err("its entries are longer than the whole file".into());
        }
        entries.insert(name, data);
    }
    Ok(entries)
}

/// Finds the list of entries, and how many there are.
fn directory(bytes: &[u8]) -> Result<(u64, Bytes<'_>), Why> {
    let last = bytes.len().checked_sub(END_LENGTH).ok_or("it is too short")?;
    let first = last.saturating_sub(LONGEST_COMMENT);
    let end = (first..=last).rev().find(|&place| bytes[place..].starts_with(END));
    let end = end.ok_or("its end is missing; was it copied whole?")?;
    let mut record = Bytes::at(bytes, end as u64 + 10)?;
    let (count, _size, place) = (record.u16()?, record.u32()?, record.u32()?);
    let (mut count, mut place) = (u64::from(count), u64::from(place));
    if (count == 0xffff || place == ELSEWHERE) && end >= LOCATOR_64_LENGTH {
        let mut locator = Bytes::at(bytes, (end - LOCATOR_64_LENGTH) as u64)?;
        if locator.u32()? == LOCATOR_64 {
            locator.u32()?;
            let mut record = Bytes::at(bytes, locator.u64()?)?;
            if record.u32()? != END_64 {
                return Err("its list of entries is not where it says".into());
            }
            record.take(28)?;
            (count, _, place) = (record.u64()?, record.u64()?, record.u64()?);
        }
    }
    Ok((count, Bytes::at(bytes, place)?))
}

/// Reads the next line of the list, and finds the entry that it tells of.
fn entry<'a>(bytes: &'a [u8], directory: &mut Bytes<'a>) -> Result<(&'a str, &'a [u8]), Why> {
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
    let name = name.map_err(|_| "an entry's name is no UTF-8")?;
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
    let mut entry = Bytes::at(bytes, place)?;
    if entry.u32()? != LOCAL_HEADER {
        return Err(format!("its entry `{name}` is not where it says"));
    }
    entry.take(22)?;
    let lengths = [entry.u16()?, entry.u16()?].map(u64::from);
    entry.take(lengths[0] + lengths[1])?;
    let data = entry.take(size)?;
    if crc32fast::hash(data) != checksum {
        return Err(format!("its entry `{name}` is damaged: the checksum differs"));
    }
    Ok((name, data))
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
