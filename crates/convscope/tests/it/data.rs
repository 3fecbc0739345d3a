//! Data sets from the command line.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::typed::TINY;

/// Types a command line in a folder, with a library in it and no other.
fn typed(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_convscope"))
        .args(words)
        .current_dir(folder)
        .env("CONVSCOPE_DATA", folder.join("library"))
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env("HOME", folder)
        .envs(["http_proxy", "https_proxy", "all_proxy"].map(|name| (name, "")))
        .envs(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map(|name| (name, "")))
        .output()
        .unwrap()
}

#[track_caller]
fn printed(folder: &Path, words: &[&str]) -> String {
    let output = typed(folder, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refused(folder: &Path, words: &[&str], code: i32, parts: &[&str]) {
    let output = typed(folder, words);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
}

/// The folder of real data sets; `None`, said aloud, where there is none.
fn real() -> Option<PathBuf> {
    let folder = std::env::var_os("CONVSCOPE_DATA").map(PathBuf::from);
    if folder.is_none() {
        crate::typed::skipped("CONVSCOPE_DATA names no folder of real data sets");
    }
    folder
}

#[test]
fn what_is_known_is_listed_with_what_is_there() {
    let folder = TempDir::new().unwrap();
    let listed = printed(folder.path(), &["data", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["folders"].as_array().unwrap().len(), 2);
    let sets = listed["sets"].as_array().unwrap();
    assert!(sets.iter().any(|set| set["name"] == "mnist" && set["there"] == false));
    assert!(printed(folder.path(), &["data", "list"]).contains("not there"));
    let sources = printed(folder.path(), &["list", "sources"]);
    for name in ["edges", "mnist", "cifar-10-jpeg", "folder", "arrays"] {
        assert!(sources.contains(&format!("\n  {name} ")), "{sources}");
    }
}

#[test]
fn a_study_whose_set_is_not_there_is_refused_with_what_gets_it() {
    let folder = TempDir::new().unwrap();
    let study = |source: &str| {
        let source = format!("source = {{ {source} }}\n[data.valid]");
        let text = TINY
            .replace("images = [4, 8]", "kernel = [3, 5]")
            .replace("{ kernel = 3 }", "{ kernel = \"$kernel\" }");
        let (head, rest) = text.split_once("[data.train]\n").unwrap();
        let (_, rest) = rest.split_once("[data.valid]").unwrap();
        std::fs::write(folder.path().join("s.toml"), format!("{head}[data.train]\n{source}{rest}"))
            .unwrap();
    };
    study("mnist = { take = 100 }");
    let gets = [
        "s.toml:",
        "mnist is not there",
        "library/mnist",
        "convscope data get mnist",
        "convscope data add mnist",
    ];
    refused(folder.path(), &["run", "s.toml", "--store", "S"], 2, &gets);
    study("mnist = { takes = 100 }");
    refused(folder.path(), &["plan", "s.toml"], 2, &["takes = 100", "did you mean `take`"]);
    study("folder = { path = \"nowhere\" }");
    refused(
        folder.path(),
        &["plan", "s.toml"],
        2,
        &["there is no `nowhere`", "path = \"nowhere\""],
    );
    assert!(!folder.path().join("S").exists());
}

#[test]
fn nothing_is_got_unasked_or_offline() {
    let folder = TempDir::new().unwrap();
    let words = ["data", "get", "mnist", "--offline"];
    refused(folder.path(), &words, 2, &["--offline forbids", "convscope data add mnist"]);
    refused(folder.path(), &["data", "get", "mnits"], 2, &["did you mean `mnist`"]);
    refused(
        folder.path(),
        &["data", "get", "cifar-10-jpeg"],
        2,
        &["on no host", "data add cifar-10-jpeg"],
    );
    refused(
        folder.path(),
        &["data", "verify", "kmnist"],
        2,
        &["kmnist is not there", "data get kmnist"],
    );
    refused(folder.path(), &["data", "show", "mnist"], 2, &["data get mnist"]);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let host = format!("http://{nobody}");
    let words = ["data", "get", "mnist", "--host", &host, "--progress", "plain"];
    refused(
        folder.path(),
        &words,
        1,
        &["asking", &host, "no host gave train-images", "data add mnist"],
    );
    let empty = TempDir::new().unwrap();
    let copy = empty.path().display().to_string();
    refused(
        folder.path(),
        &["data", "add", "mnist", &copy],
        2,
        &["no copy of mnist", "train-images-idx3-ubyte"],
    );
    let left = std::fs::read_dir(folder.path().join("library")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing half-written is left");
}

#[test]
fn drawn_images_are_shown_in_numbers() {
    let folder = TempDir::new().unwrap();
    let words = ["data", "show", "edges", "per-class=50", "--out", "a.png"];
    let shown = printed(folder.path(), &words);
    assert!(shown.contains("150 of 1×28×28") && shown.contains("horizontal      50"), "{shown}");
    assert!(std::fs::read(folder.path().join("a.png")).unwrap().starts_with(b"\x89PNG"));
    let shown = printed(folder.path(), &["data", "show", "edges", "per-class=50", "--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["classes"][0]["images"], 50);
    refused(folder.path(), &["data", "show", "edges", "width=[1,28]"], 2, &["edges.width"]);
}

#[test]
fn a_real_set_is_got_added_verified_and_shown() {
    let Some(real) = real() else { return };
    let folder = TempDir::new().unwrap();
    let host = serve(real.join("fashion-mnist"));
    let words = ["data", "get", "fashion-mnist", "--host", &host, "--progress", "plain"];
    printed(folder.path(), &words);
    let verified = printed(folder.path(), &["data", "verify", "fashion-mnist"]);
    assert!(verified.contains("fashion-mnist: 4 files, all as published"), "{verified}");
    printed(folder.path(), &["data", "get", "fashion-mnist", "--offline"]);
    let mnist = real.join("mnist").display().to_string();
    printed(folder.path(), &["data", "add", "mnist", &mnist, "--link"]);
    let shown = printed(folder.path(), &["data", "show", "mnist", "split=test"]);
    assert!(shown.contains("mean 0.1325, standard deviation 0.3105"), "{shown}");
    assert!(shown.contains("10000 of 1×28×28") && shown.contains("0     980"), "{shown}");
    // A flipped byte is found, and named.
    let file = folder.path().join("library/fashion-mnist/t10k-labels-idx1-ubyte.gz");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let output = typed(folder.path(), &["data", "verify", "fashion-mnist"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("FAULT") && said.contains("1 of 4 files"), "{said}");
    let offline = ["data", "get", "fashion-mnist", "--offline"];
    refused(folder.path(), &offline, 2, &["there, but damaged", "data verify fashion-mnist"]);
    // A damaged file that would be read in the place of the one that comes is set aside.
    let shadow = folder.path().join("library/fashion-mnist/t10k-labels-idx1-ubyte");
    std::fs::write(&shadow, "torn").unwrap();
    let got = typed(folder.path(), &words);
    let said = String::from_utf8(got.stderr).unwrap();
    assert!(got.status.success() && said.contains("set aside"), "{said}");
    printed(folder.path(), &["data", "verify", "fashion-mnist"]);
    assert_eq!(std::fs::read_to_string(shadow.with_extension("damaged")).unwrap(), "torn");
}

/// Serves the files of a folder, each whole; returns the address.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request: Vec<String> =
                lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let name = request[0].split(' ').nth(1).unwrap().trim_start_matches('/');
            let bytes = std::fs::read(folder.join(name)).unwrap();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                bytes.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&bytes));
        }
    });
    address
}
