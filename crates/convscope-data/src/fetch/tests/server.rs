//! A host on this machine that behaves as it is told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a host does when it is asked for a file.
#[derive(Debug, Clone)]
pub(super) enum Manner {
    /// Gives it, or the part asked for.
    Ranges(Vec<u8>),
    /// Gives all of it whatever part was asked for.
    Whole(Vec<u8>),
    /// Announces all of it and closes after so many bytes.
    Breaks(Vec<u8>, usize),
    /// Gives so many bytes and then nothing, without closing.
    Stalls(Vec<u8>, usize),
    /// Gives a byte at a time, with pauses.
    Drips(Vec<u8>),
    /// Gives a page in the place of the file.
    Page(&'static str),
    /// Gives a part that was not asked for.
    Astray(Vec<u8>),
    /// Says no.
    Status(&'static str),
}

/// The host, and the requests that it got: path and range.
pub(super) struct Server {
    pub(super) base: String,
    pub(super) asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    /// Serves files by their names, all others in one manner.
    pub(super) fn new(files: BTreeMap<String, Manner>, others: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (files, others, noted) = (files.clone(), others.clone(), Arc::clone(&noted));
                thread::spawn(move || serve(stream, &files, &others, &noted));
            }
        });
        Self { base, asked }
    }

    pub(super) fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
    }
}

/// Reads what is asked for: the path, and from which byte on.
fn heard(stream: &TcpStream) -> Option<(String, String)> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    let mut range = String::new();
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("range")
        {
            range = value.trim_start_matches("bytes=").trim_end_matches('-').to_owned();
        }
    }
    Some((path, range))
}

fn serve(
    mut stream: TcpStream,
    files: &BTreeMap<String, Manner>,
    others: &Manner,
    noted: &Mutex<Vec<(String, String)>>,
) -> Option<()> {
    let (path, range) = heard(&stream)?;
    noted.lock().unwrap().push((path.clone(), range.clone()));
    let start: usize = range.parse().unwrap_or(0);
    let mut head = |status: &str, kind: &str, length: usize, more: &str| {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n{more}\r\n"
        );
        stream.write_all(head.as_bytes()).ok()
    };
    let part =
        |start: usize, all: usize| format!("Content-Range: bytes {start}-{}/{all}\r\n", all - 1);
    let file = "application/octet-stream";
    let mut announce = |bytes: &[u8]| {
        if start > 0 && start < bytes.len() {
            head("206 Partial Content", file, bytes.len() - start, &part(start, bytes.len()))
        } else {
            head("200 OK", file, bytes.len(), "")
        }
    };
    match files.get(&path).unwrap_or(others) {
        Manner::Ranges(bytes) => {
            announce(bytes)?;
            stream.write_all(&bytes[start..]).ok()
        }
        Manner::Whole(bytes) => {
            head("200 OK", file, bytes.len(), "")?;
            stream.write_all(bytes).ok()
        }
        Manner::Breaks(bytes, count) => {
            announce(bytes)?;
            stream.write_all(&bytes[start..(start + count).min(bytes.len())]).ok()
        }
        Manner::Stalls(bytes, count) => {
            announce(bytes)?;
            stream.write_all(&bytes[start..(start + count).min(bytes.len())]).ok()?;
            thread::sleep(Duration::from_secs(30));
            Some(())
        }
        Manner::Drips(bytes) => {
            announce(bytes)?;
            for byte in &bytes[start..] {
                stream.write_all(&[*byte]).ok()?;
                thread::sleep(Duration::from_millis(20));
            }
            Some(())
        }
        Manner::Page(kind) => {
            let page = "<!DOCTYPE html><title>Please sign in</title>";
            head("200 OK", kind, page.len(), "")?;
            stream.write_all(page.as_bytes()).ok()
        }
        Manner::Astray(bytes) => {
            head("206 Partial Content", file, bytes.len(), &part(0, bytes.len()))?;
            stream.write_all(bytes).ok()
        }
        Manner::Status(status) => head(status, "text/plain", 0, ""),
    }
}
