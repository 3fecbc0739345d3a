//! Getting published sets from their hosts, when somebody asks for it and never otherwise.
//!
//! A file is loaded aside (`NAME.part`), held against its checksum, and renamed. Hosts are tried in
//! order; one that breaks off, or that is slow while another may not be, is left for the next, which
//! goes on where it stopped. Nothing that turned out wrong stays.

mod error;
mod host;
mod pace;
mod proxy;
#[cfg(test)]
mod tests;
mod wanted;

use std::fs::File;
use std::path::Path;

pub use self::error::{FetchError, Try};
use self::host::{Failure, Host};
pub use self::pace::Pace;
use self::proxy::Between;
use self::wanted::Wanted;
use crate::files::FilesError;
use crate::known::Known;

/// How published sets are got from their hosts.
///
/// ```no_run
/// use convscope_data::{Fetcher, Known};
///
/// let mnist = Known::named("mnist").expect("it is in the list");
/// Fetcher::default().get(mnist, "data".as_ref(), &mut |_| ())?;
/// # Ok::<(), convscope_data::FetchError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Fetcher {
    hosts: Option<Vec<String>>,
    between: Option<Between>,
    pace: Pace,
}

/// What is happening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A file is there already and is what was published.
    There(&'a Path),
    /// A host is asked for a file.
    Asking(&'a str),
    /// So many bytes have come, of how many, where the host said so.
    Came(u64, Option<u64>),
    /// A host did not give the file, and why.
    Failed(&'a str, &'a str),
    /// A file has come and is what was published.
    Done(&'a Path),
    /// A damaged file lay in its place and now has this name.
    SetAside(&'a Path),
}

impl Fetcher {
    /// Asks these hosts, each ending in `/`, in the place of a set's own.
    #[must_use]
    pub fn from_hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.hosts = Some(hosts.into_iter().collect());
        self
    }

    /// Goes through a proxy, given as `http://name:port`, but for some hosts.
    ///
    /// These are set apart by commas as in `NO_PROXY`; each stands for all names below it, `*` for every host.
    #[must_use]
    pub fn through(mut self, proxy: String, exceptions: &str) -> Self {
        self.between = Some(Between::new(proxy, exceptions));
        self
    }

    /// Calls other hosts slow.
    #[must_use]
    pub fn at(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Gets the files of a set that are not in its folder below `root`, and tells `watch` how far it is.
    ///
    /// # Errors
    /// [`FetchError`] when no host gives a file, with what each of them did, and when the folder cannot
    /// be written.
    pub fn get(
        &self,
        known: &'static Known,
        root: &Path,
        watch: &mut dyn FnMut(Step<'_>),
    ) -> Result<(), FetchError> {
        let hosts: Vec<&str> = match &self.hosts {
            Some(hosts) => hosts.iter().map(String::as_str).collect(),
            None => known.hosts.to_vec(),
        };
        if hosts.is_empty() {
            return Err(FetchError::NoHost { set: known.name, help: known.how_to_get() });
        }
        let folder = root.join(known.folders[0]);
        std::fs::create_dir_all(&folder)
            .map_err(|error| FilesError::unwritable(&folder, &error))?;
        let got = wanted::all(known)
            .iter()
            .try_for_each(|wanted| self.file(wanted, &hosts, &folder, watch));
        // A folder in which nothing came to lie was not wanted; one that holds something stays.
        let _ = std::fs::remove_dir(&folder);
        got?;
        for file in known.set_aside_damaged(&folder)? {
            watch(Step::SetAside(&file));
        }
        Ok(())
    }

    fn file(
        &self,
        wanted: &Wanted,
        hosts: &[&str],
        folder: &Path,
        watch: &mut dyn FnMut(Step<'_>),
    ) -> Result<(), FetchError> {
        let target = folder.join(&wanted.name);
        if target.is_file() && wanted.check(&target).is_ok() {
            watch(Step::There(&target));
            return Ok(());
        }
        let aside = folder.join(format!("{}.part", wanted.name));
        let file = File::options().read(true).append(true).create(true).open(&aside);
        let mut file = file.map_err(|error| FilesError::unwritable(&aside, &error))?;
        if file.try_lock().is_err() {
            return Err(FilesError::of(&aside, "another process is getting it").into());
        }
        let came = self.ask_all(wanted, hosts, (&aside, &mut file), watch);
        if let Err(error) = came {
            if file.metadata().is_ok_and(|data| data.len() == 0) {
                let _ = std::fs::remove_file(&aside);
            }
            return Err(error);
        }
        std::fs::rename(&aside, &target)
            .map_err(|error| FilesError::unwritable(&target, &error))?;
        watch(Step::Done(&target));
        Ok(())
    }

    /// Asks host after host; when some were only slow, all of them once more, with patience.
    fn ask_all(
        &self,
        wanted: &Wanted,
        hosts: &[&str],
        (aside, file): (&Path, &mut File),
        watch: &mut dyn FnMut(Step<'_>),
    ) -> Result<(), FetchError> {
        let mut tries: Vec<Try> = Vec::new();
        for pace in [self.pace, self.pace.patient()] {
            let mut slow = false;
            for base in hosts {
                let url = format!("{base}{}", wanted.name);
                watch(Step::Asking(&url));
                let proxy = self.between.as_ref().map_or(Ok(None), |between| between.to(&url))?;
                let host = Host::new(&url, pace, proxy);
                match host.give(wanted, aside, file, watch) {
                    Ok(()) => return Ok(()),
                    Err(Failure::Disk(error)) => return Err(error.into()),
                    Err(failure) => {
                        slow |= matches!(failure, Failure::Slow(_));
                        let why = failure.to_string();
                        watch(Step::Failed(&url, &why));
                        tries.push(Try { url, why });
                    }
                }
            }
            if !slow {
                break;
            }
        }
        let kept = file.metadata().map_or(0, |data| data.len());
        Err(FetchError::AllFailed { file: wanted.name.clone(), tries, kept })
    }
}
