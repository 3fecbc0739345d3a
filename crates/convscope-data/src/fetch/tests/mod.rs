//! What becomes of hosts that misbehave, on a server of this machine.

mod server;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use self::server::{Manner, Server};
use super::{FetchError, Fetcher, Pace, Step};
use crate::known::tiny::{Tiny, gzip, idx, records};
use crate::{Library, SplitName};

/// A pace at which the tests do not wait long.
const PACE: Pace = Pace { stretch: Duration::from_millis(200), least: 100 };

/// Serves the set whole, but the first file in another manner.
fn host(tiny: &Tiny, manner: impl Fn(Vec<u8>) -> Manner) -> Server {
    let files = tiny.files.iter().enumerate().map(|(at, (name, content))| {
        let packed = gzip(content);
        let manner = if at == 0 { manner(packed) } else { Manner::Ranges(packed) };
        (format!("{name}.gz"), manner)
    });
    Server::new(files.collect(), Manner::Status("404 Not Found"))
}

fn good(tiny: &Tiny) -> Server {
    host(tiny, Manner::Ranges)
}

fn get(tiny: &Tiny, root: &TempDir, hosts: &[&Server]) -> Result<(), FetchError> {
    let fetcher = Fetcher::default().at(PACE).from_hosts(hosts.iter().map(|h| h.base.clone()));
    fetcher.get(tiny.known, root.path(), &mut |_| ())
}

/// Everything that lies in the set's folder.
fn left(root: &TempDir) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root.path().join("tiny")) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn assert_whole(tiny: &Tiny, root: &TempDir) {
    let library = Library::new([root.path().to_owned()]);
    let checked = tiny.known.verify(&library).unwrap();
    assert!(checked.iter().all(|file| file.fault.is_none()), "{checked:?}");
    assert!(
        left(root).iter().all(|name| Path::new(name).extension().is_some_and(|end| end == "gz")),
        "{:?}",
        left(root)
    );
}

#[test]
fn a_set_is_got_and_not_got_twice() {
    let (tiny, root) = (idx(), TempDir::new().unwrap());
    let server = good(&tiny);
    let mut steps = Vec::new();
    let fetcher = Fetcher::default().at(PACE).from_hosts([server.base.clone()]);
    fetcher
        .get(tiny.known, root.path(), &mut |step| {
            steps.push(match step {
                Step::There(_) => "there",
                Step::Asking(_) => "asking",
                Step::Came(..) => "came",
                Step::Failed(..) => "failed",
                Step::Done(_) => "done",
                Step::SetAside(_) => "set aside",
            });
        })
        .unwrap();
    assert_whole(&tiny, &root);
    steps.dedup();
    assert_eq!(steps, ["asking", "came", "done"].repeat(4));
    get(&tiny, &root, &[&server]).unwrap();
    assert_eq!(server.asked().len(), 4, "what is there is not asked for");
    // What is there and damaged is got again, alone.
    fs::write(root.path().join("tiny/test-labels.gz"), "torn").unwrap();
    get(&tiny, &root, &[&server]).unwrap();
    assert_whole(&tiny, &root);
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn an_archive_is_accepted_however_it_is_packed() {
    let tiny = records();
    let serve = |archive: Vec<u8>| {
        let files = BTreeMap::from([("tiny.tar.gz".to_owned(), Manner::Ranges(archive))]);
        Server::new(files, Manner::Status("404 Not Found"))
    };
    let again = gzip(&crate::known::tiny::tar(&tiny.files));
    let stored = {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        let mut files = tiny.files.clone();
        files.reverse();
        std::io::Write::write_all(&mut packed, &crate::known::tiny::tar(&files)).unwrap();
        packed.finish().unwrap()
    };
    assert_ne!(stored, again);
    for archive in [tiny.archive.clone(), stored] {
        let root = TempDir::new().unwrap();
        get(&tiny, &root, &[&serve(archive)]).unwrap();
        assert_eq!(left(&root), ["tiny.tar.gz"]);
        let library = Library::new([root.path().to_owned()]);
        let place = tiny.known.place(&library, SplitName::Test).unwrap();
        assert_eq!(tiny.known.read(&place, SplitName::Test).unwrap().labels, [1]);
    }
    let mut other = tiny.files.clone();
    other[2].1[5] ^= 1;
    let root = TempDir::new().unwrap();
    let other = serve(gzip(&crate::known::tiny::tar(&other)));
    let error = get(&tiny, &root, &[&other]).unwrap_err().to_string();
    assert!(error.contains("not what was published"), "{error}");
    assert_eq!(left(&root), [""; 0]);
}

#[test]
fn a_host_that_breaks_off_is_left_for_the_next_which_goes_on() {
    let (tiny, root) = (idx(), TempDir::new().unwrap());
    let (breaking, next) = (host(&tiny, |file| Manner::Breaks(file, 12)), good(&tiny));
    get(&tiny, &root, &[&breaking, &next]).unwrap();
    assert_whole(&tiny, &root);
    assert_eq!(next.asked(), [("train-images.gz".to_owned(), "12".to_owned())]);
}

#[test]
fn what_came_before_a_break_waits_for_the_next_time() {
    let (tiny, root) = (idx(), TempDir::new().unwrap());
    let breaking = host(&tiny, |file| Manner::Breaks(file, 12));
    let error = get(&tiny, &root, &[&breaking]).unwrap_err();
    assert!(error.to_string().contains("broke off after 12 of"), "{error}");
    assert!(error.help().unwrap().contains("12 bytes came and are kept"));
    assert_eq!(left(&root), ["train-images.gz.part"], "aside, and under no name that is read");
    let whole = host(&tiny, Manner::Whole);
    get(&tiny, &root, &[&whole]).unwrap();
    assert_whole(&tiny, &root);
    assert_eq!(whole.asked()[0].1, "12");
}

#[test]
fn a_beginning_that_does_not_fit_is_loaded_anew() {
    let (tiny, root) = (idx(), TempDir::new().unwrap());
    fs::create_dir(root.path().join("tiny")).unwrap();
    fs::write(root.path().join("tiny/train-images.gz.part"), [0x1f, 0x8b, 1, 2, 3]).unwrap();
    let server = good(&tiny);
    get(&tiny, &root, &[&server]).unwrap();
    assert_whole(&tiny, &root);
    let ranges: Vec<String> = server.asked()[..2].iter().map(|(_, range)| range.clone()).collect();
    assert_eq!(ranges, ["5", ""]);
    // More than there is: the host knows no such part.
    fs::remove_file(root.path().join("tiny/train-images.gz")).unwrap();
    fs::write(root.path().join("tiny/train-images.gz.part"), [0x1f; 5000]).unwrap();
    let strict = host(&tiny, |_| Manner::Status("416 Range Not Satisfiable"));
    get(&tiny, &root, &[&strict, &server]).unwrap();
    assert_whole(&tiny, &root);
}

#[test]
fn silence_and_slowness_pass_to_the_next_host() {
    for manner in [|file| Manner::Stalls(file, 12), Manner::Drips] {
        let (tiny, root) = (idx(), TempDir::new().unwrap());
        let (slow, next) = (host(&tiny, manner), good(&tiny));
        let begun = Instant::now();
        get(&tiny, &root, &[&slow, &next]).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_whole(&tiny, &root);
        assert_ne!(next.asked()[0].1, "", "it goes on where the other stopped");
    }
}

#[test]
fn a_slow_host_is_good_enough_where_there_is_no_other() {
    let (tiny, root) = (idx(), TempDir::new().unwrap());
    let (slow, gone) = (host(&tiny, Manner::Drips), host(&tiny, |_| Manner::Status("500 Oops")));
    get(&tiny, &root, &[&slow, &gone]).unwrap();
    assert_whole(&tiny, &root);
}

#[test]
fn a_page_in_the_place_of_a_file_leaves_nothing() {
    let (tiny, next) = (idx(), good(&idx()));
    for kind in ["text/html; charset=utf-8", "application/gzip"] {
        let (page, root) = (host(&tiny, |_| Manner::Page(kind)), TempDir::new().unwrap());
        let error = get(&tiny, &root, &[&page]).unwrap_err();
        assert!(error.to_string().contains("a web page came in the place of the file"), "{error}");
        assert!(error.to_string().contains(&page.base), "{error}");
        assert!(error.help().unwrap().contains("convscope data add"), "{error:?}");
        assert!(!root.path().join("tiny").exists());
        get(&tiny, &root, &[&page, &next]).unwrap();
        assert_whole(&tiny, &root);
    }
}

#[test]
fn wrong_content_leaves_nothing() {
    let tiny = idx();
    let other = gzip(&[7; 40]);
    let manners: [(&str, Manner); 4] = [
        ("not the file", Manner::Ranges(other)),
        ("begins with", Manner::Ranges(b"PK\x03\x04 and so on".to_vec())),
        ("answered 404", Manner::Status("404 Not Found")),
        ("bytes are announced", Manner::Ranges(vec![0x1f; 100_000])),
    ];
    for (says, manner) in manners {
        let (server, root) = (host(&tiny, |_| manner.clone()), TempDir::new().unwrap());
        let error = get(&tiny, &root, &[&server]).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        assert!(!root.path().join("tiny").exists(), "{says}");
    }
}

#[test]
fn a_part_that_was_not_asked_for_is_not_put_behind_what_is_there() {
    let (tiny, root) = (idx(), TempDir::new().unwrap());
    let breaking = host(&tiny, |file| Manner::Breaks(file, 12));
    let astray = host(&tiny, Manner::Astray);
    get(&tiny, &root, &[&breaking, &astray]).unwrap();
    assert_whole(&tiny, &root);
    assert_eq!((astray.asked()[0].1.as_str(), astray.asked()[1].1.as_str()), ("12", ""));
}

#[test]
fn without_a_network_every_host_says_so() {
    let (tiny, root) = (idx(), TempDir::new().unwrap());
    // A port that was free a moment ago, and a name that no network has.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let hosts = [format!("http://127.0.0.1:{port}/"), "http://nowhere.invalid/".to_owned()];
    let fetcher = Fetcher::default().at(PACE).from_hosts(hosts.clone());
    let error = fetcher.get(tiny.known, root.path(), &mut |_| ()).unwrap_err();
    let said = error.to_string();
    assert!(hosts.iter().all(|host| said.contains(&format!("{host}train-images.gz"))), "{said}");
    assert!(said.contains("no answer"), "{said}");
    assert!(said.contains("the host is not found: no network, or a proxy is needed"), "{said}");
    assert!(!root.path().join("tiny").exists());
    let none = Fetcher::default().get(tiny.known, root.path(), &mut |_| ()).unwrap_err();
    assert!(matches!(none, FetchError::NoHost { set: "tiny", .. }), "{none}");
    let proxy = Fetcher::default().from_hosts(hosts).through("no proxy".into(), "");
    let error = proxy.get(tiny.known, root.path(), &mut |_| ()).unwrap_err();
    assert_eq!(error, FetchError::Proxy("no proxy".into()));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let (tiny, root) = (idx(), TempDir::new().unwrap());
    let server = good(&tiny);
    // A file where the folder should be stops every user, the administrator too.
    let wall: PathBuf = root.path().join("tiny");
    fs::write(&wall, "").unwrap();
    let error = get(&tiny, &root, &[&server]).unwrap_err();
    assert!(error.to_string().starts_with(&wall.display().to_string()), "{error}");
    assert!(error.to_string().contains("cannot be written"), "{error}");
    assert!(error.help().unwrap().contains("CONVSCOPE_DATA"));
    assert_eq!(server.asked(), [], "nothing is asked for before there is a place for it");
}
