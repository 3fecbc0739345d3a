//! Which files a set is got in, and how each is known.

use std::path::Path;

use crate::files::{FilesError, archived, plain, sha256};
use crate::known::{Known, Member};

/// A file to get.
pub(super) struct Wanted {
    /// Its name on the hosts and in the folder.
    pub(super) name: String,
    /// How many bytes it can have at most.
    pub(super) most: u64,
    what: What,
}

enum What {
    /// One file under gzip.
    File(&'static Member),
    /// An archive of all files of a set.
    Archive(&'static Known, &'static str),
}

/// Gzip can make what cannot be packed a little longer.
const LONGER: u64 = 1 << 16;

/// Lists the files to get.
pub(super) fn all(known: &'static Known) -> Vec<Wanted> {
    let members = known.splits.iter().flat_map(|split| split.files);
    match &known.archive {
        Some(archive) => vec![Wanted {
            name: archive.name.to_owned(),
            most: members.map(|member| member.bytes + LONGER).sum(),
            what: What::Archive(known, archive.sha256),
        }],
        None => members
            .map(|member| Wanted {
                name: format!("{}.gz", member.name),
                most: member.bytes + LONGER,
                what: What::File(member),
            })
            .collect(),
    }
}

impl Wanted {
    /// Holds a file against what was published: an archive as it is, or else what is in it, so that
    /// one that somebody packed again is as good.
    pub(super) fn check(&self, file: &Path) -> Result<(), FilesError> {
        match self.what {
            What::File(member) => member.check(&(file.to_owned(), plain(file, member.bytes)?)),
            What::Archive(_, wanted) if sha256(file)? == wanted => Ok(()),
            What::Archive(known, _) => {
                let members: Vec<&Member> =
                    known.splits.iter().flat_map(|split| split.files).collect();
                let names: Vec<_> =
                    members.iter().map(|member| (member.name, member.bytes)).collect();
                let files = archived(file, &names, names.iter().map(|(_, bytes)| bytes).sum())?;
                let contents = files.into_iter().map(|content| (file.to_owned(), content));
                members.iter().zip(contents).try_for_each(|(member, file)| member.check(&file))
            }
        }
    }
}
