//! One host and one file.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use ureq::http::{Response, header};
use ureq::{Agent, Body, Proxy};

use super::wanted::Wanted;
use super::{Pace, Step};
use crate::files::{FilesError, GZIP};

/// A file's address on a host.
pub(super) struct Host<'a> {
    url: &'a str,
    pace: Pace,
    proxy: Option<String>,
    agent: Agent,
}

/// Why a host did not give a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Too little came in too much time; another host may be faster.
    #[error("{0}")]
    Slow(String),
    /// It does not answer or broke off; what came is kept.
    #[error("{0}")]
    Broken(String),
    /// What it gives is not the file; nothing of it is kept.
    #[error("{0}")]
    Wrong(String),
    /// Here, not there.
    #[error(transparent)]
    Disk(FilesError),
}

/// How much is held in memory at once.
const PIECE: usize = 1 << 16;
const CONNECT: Duration = Duration::from_secs(10);

impl<'a> Host<'a> {
    pub(super) fn new(url: &'a str, pace: Pace, proxy: Option<Proxy>) -> Self {
        let name = proxy.as_ref().map(|proxy| proxy.host().to_owned());
        let config = Agent::config_builder()
            .user_agent(concat!("convscope/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            // Without this the library would look for one in the environment.
            .proxy(proxy)
            .timeout_resolve(Some(CONNECT.min(pace.stretch)))
            .timeout_connect(Some(CONNECT.min(pace.stretch)))
            .timeout_recv_response(Some(pace.stretch))
            .timeout_per_read(Some(pace.stretch));
        Self { url, pace, proxy: name, agent: config.build().new_agent() }
    }

    /// Loads the file, going on after what is there, and holds it against its checksum.
    pub(super) fn give(
        &self,
        wanted: &Wanted,
        aside: &Path,
        file: &mut File,
        watch: &mut dyn FnMut(Step<'_>),
    ) -> Result<(), Failure> {
        let disk = |error: &std::io::Error| Failure::Disk(FilesError::unwritable(aside, error));
        loop {
            let before = file.metadata().map_err(|error| disk(&error))?.len();
            let loaded = self.load(wanted, before, aside, file, watch);
            let loaded = loaded.and_then(|()| {
                wanted.check(aside).map_err(|error| {
                    let why = match error {
                        FilesError::File { why, .. } => why,
                        other => other.to_string(),
                    };
                    Failure::Wrong(format!("what came is not the file: {why}"))
                })
            });
            let Err(Failure::Wrong(why)) = loaded else { return loaded };
            file.set_len(0).map_err(|error| disk(&error))?;
            // What was there before may have been the fault: once more from the beginning.
            if before == 0 {
                return Err(Failure::Wrong(why));
            }
        }
    }

    fn load(
        &self,
        wanted: &Wanted,
        before: u64,
        aside: &Path,
        file: &mut File,
        watch: &mut dyn FnMut(Step<'_>),
    ) -> Result<(), Failure> {
        let mut request = self.agent.get(self.url);
        if before > 0 {
            request = request.header(header::RANGE, format!("bytes={before}-"));
        }
        let response = request.call().map_err(|error| self.no_answer(&error))?;
        let disk = |error: &std::io::Error| Failure::Disk(FilesError::unwritable(aside, error));
        let start = begins_at(&response, before)?;
        if start < before {
            file.set_len(start).map_err(|error| disk(&error))?;
        }
        let total = response.body().content_length().map(|left| start + left);
        if let Some(total) = total.filter(|total| *total > wanted.most) {
            let most = wanted.most;
            return Err(Failure::Wrong(format!(
                "{total} bytes are announced; {most} are the most"
            )));
        }
        self.copy(response.into_body(), (start, total), wanted.most, file, &disk, watch)
    }

    fn copy(
        &self,
        body: Body,
        (start, total): (u64, Option<u64>),
        most: u64,
        file: &mut File,
        disk: &dyn Fn(&std::io::Error) -> Failure,
        watch: &mut dyn FnMut(Step<'_>),
    ) -> Result<(), Failure> {
        let mut reader = body.into_reader();
        let mut piece = vec![0; PIECE];
        let (mut have, mut head) = (start, Vec::new());
        let (mut since, mut then) = (Instant::now(), have);
        loop {
            let count = match reader.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.broken(&error, have, total)),
            };
            if start == 0 && head.len() < GZIP.len() {
                head.extend(&piece[..count.min(GZIP.len())]);
                check_head(&head)?;
            }
            have += count as u64;
            if have > most {
                return Err(Failure::Wrong(format!("more than {most} bytes came")));
            }
            file.write_all(&piece[..count]).map_err(|error| disk(&error))?;
            watch(Step::Came(have, total));
            if since.elapsed() >= self.pace.stretch {
                if have - then < self.pace.least {
                    let (bytes, time) = (have - then, since.elapsed().as_secs_f64());
                    return Err(Failure::Slow(format!("only {bytes} bytes came in {time:.0} s")));
                }
                (since, then) = (Instant::now(), have);
            }
        }
        match total {
            Some(total) if have < total => {
                Err(Failure::Broken(format!("it broke off after {have} of {total} bytes")))
            }
            _ => Ok(()),
        }
    }

    fn no_answer(&self, error: &ureq::Error) -> Failure {
        let unknown = match error {
            ureq::Error::HostNotFound => true,
            // What the standard library says of a name that nobody knows; it has no kind for it.
            ureq::Error::Io(error) => error.to_string().contains("lookup address"),
            _ => false,
        };
        match error {
            ureq::Error::Timeout(_) => Failure::Slow(format!("no answer: {error}")),
            _ if unknown => Failure::Broken(match &self.proxy {
                Some(proxy) => format!("no answer: the proxy `{proxy}` is not found"),
                None => "no answer: the host is not found: no network, or a proxy is needed".into(),
            }),
            _ => Failure::Broken(format!("no answer: {error}")),
        }
    }

    fn broken(&self, error: &std::io::Error, have: u64, total: Option<u64>) -> Failure {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
        let timeout =
            error.kind() == ErrorKind::TimedOut || matches!(inner, Some(ureq::Error::Timeout(_)));
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        if timeout {
            let time = self.pace.stretch.as_secs_f64();
            return Failure::Slow(format!("nothing came for {time:.0} s, after {have}{of} bytes"));
        }
        Failure::Broken(format!("it broke off after {have}{of} bytes: {error}"))
    }
}

/// Returns at which byte an answer begins: at that which was asked for, or at the first.
fn begins_at(response: &Response<Body>, asked: u64) -> Result<u64, Failure> {
    let text = |name: header::HeaderName| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let status = response.status();
    let start = match status.as_u16() {
        200 => 0,
        206 => {
            let range = text(header::CONTENT_RANGE);
            let start = range.strip_prefix("bytes ").and_then(|range| range.split_once('-'));
            let start = start.and_then(|(start, _)| start.parse::<u64>().ok());
            if start != Some(asked) {
                let why = format!("asked for bytes from {asked} on, it answered with `{range}`");
                return Err(Failure::Wrong(why));
            }
            asked
        }
        416 => return Err(Failure::Wrong(format!("it has no bytes from {asked} on"))),
        _ => return Err(Failure::Broken(format!("it answered {status}"))),
    };
    if text(header::CONTENT_TYPE).starts_with("text/html") {
        return Err(page());
    }
    Ok(start)
}

/// Everything that is got is gzip: something else is found out at its first bytes.
fn check_head(head: &[u8]) -> Result<(), Failure> {
    if GZIP.starts_with(head) || head.starts_with(&GZIP) {
        return Ok(());
    }
    Err(if head.starts_with(b"<") {
        page()
    } else {
        Failure::Wrong(format!("a gzip file begins with {GZIP:02x?}, what came with {head:02x?}"))
    })
}

fn page() -> Failure {
    Failure::Wrong(
        "a web page came in the place of the file: a proxy or a login stands in between".into(),
    )
}
