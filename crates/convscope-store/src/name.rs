//! Names that no two processes share, and names that are safe in paths.

use std::{io, process};

use crate::StoreError;

/// Returns a name that no other process on any host has: host, process, and random bits.
///
/// The random bits are there because process ids return and host names are not always different.
/// Nothing that is computed depends on them.
pub(crate) fn unique() -> Result<String, StoreError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| {
        StoreError::system("draw random bits for", "a writer")(io::Error::other(error))
    })?;
    Ok(format!("{}-{}-{:016x}", host(), process::id(), u64::from_le_bytes(random)))
}

/// Refuses a name that is not a plain file name on every system.
pub(crate) fn check(what: &'static str, name: &str) -> Result<(), StoreError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(plain)
        && name.len() <= 100;
    if fits { Ok(()) } else { Err(StoreError::Name { what, name: name.to_owned() }) }
}

fn host() -> String {
    let name = gethostname::gethostname().to_string_lossy().to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = name.chars().map(plain).take(40).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "host".into() } else { name.into() }
}
