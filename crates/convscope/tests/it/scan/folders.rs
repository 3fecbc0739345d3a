//! Folders of files that can and cannot be read; paths that are not there.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{drawn, put, scan};
use crate::similarity::{array, bytes_64, normal, npy, npz, safetensors};
use crate::typed::{complaint, convscope};

/// A folder with a good file, one in a folder of its own, a broken one, an empty one, and one without convolutions.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    std::fs::create_dir_all(at.join("m/deep")).unwrap();
    put(at, "m/b.safetensors", &safetensors(&[drawn("conv.weight", 4, 2)], &json!({})));
    put(at, "m/deep/a.npz", &npz(&[drawn("conv.weight", 3, 1)], &[]));
    put(at, "m/broken.pt", b"PK\x03\x04 and no more");
    put(at, "m/empty.npy", b"");
    let matrix = [array("fc.weight", &[4, 9], normal("fc", 36))];
    put(at, "m/plain.safetensors", &safetensors(&matrix, &json!({})));
    put(at, "m/readme.txt", b"no model");
    folder
}

#[test]
fn a_folder_is_scanned_to_its_end() {
    let folder = folder();
    let output = convscope(folder.path(), &["scan", "m", "--json", "--out", "page.html"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("2 paths cannot be read: m/broken.pt: ") && said.contains("m/empty.npy: "),
        "{said}"
    );
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = |key: &str| -> Vec<String> {
        let all = found[key].as_array().unwrap().iter();
        all.map(|file| file["file"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("files"), ["m/b.safetensors", "m/deep/a.npz", "m/plain.safetensors"]);
    assert_eq!(names("unread"), ["m/broken.pt", "m/empty.npy"]);
    for one in found["unread"].as_array().unwrap() {
        let why = one["why"].as_str().unwrap();
        assert!(!why.is_empty() && !why.contains("m/"), "{why}");
    }
    let total = &found["total"];
    let counts =
        ["files", "layers", "files-without", "kernels"].map(|key| total[key].as_u64().unwrap());
    assert_eq!(counts, [2, 2, 1, 11]);
    assert_eq!(
        (&found["files-of-other-kinds"], &found["files"][2]["together"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(found["skipped"][0]["why"], "a matrix, such as that of a linear layer");
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(
        page.contains("m/broken.pt") && page.contains("a matrix, such as"),
        "what is missing is said"
    );
    let output = convscope(folder.path(), &["scan", "m"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    for part in [
        "11 kernels of 3 × 3 in 2 layers of 2 files",
        "1 file without kernels of 3 × 3",
        "not read: m/broken.pt: ",
        "1 file of other kinds in the folders",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn files_together_are_the_sum_of_the_files() {
    let folder = folder();
    let [one, other] =
        ["m/b.safetensors", "m/deep"].map(|path| scan(folder.path(), &[path])["total"].clone());
    let both = scan(folder.path(), &["m/b.safetensors", "m/deep", "m/deep/a.npz"]);
    assert_eq!(both["files-again"], 1);
    let both = &both["total"];
    let count = |of: &Value| of.as_u64().unwrap();
    assert_eq!(count(&both["kernels"]), count(&one["kernels"]) + count(&other["kernels"]));
    for (place, of) in both["structures"].as_array().unwrap().iter().enumerate() {
        let parts = [&one, &other].map(|all| &all["structures"][place]);
        assert_eq!(count(&of["count"]), count(&parts[0]["count"]) + count(&parts[1]["count"]));
        // By chance it is the mean over all kernels: eight of one file, three of the other.
        let share = |of: &Value| of["permuted"].as_f64().unwrap();
        let wanted = (8.0 * share(parts[0]) + 3.0 * share(parts[1])) / 11.0;
        assert!((share(of) - wanted).abs() < 1e-12, "{of}");
    }
}

#[cfg(unix)]
#[test]
fn links_to_folders_are_not_followed_and_links_to_files_are() {
    let folder = folder();
    let at = folder.path();
    std::os::unix::fs::symlink("..", at.join("m/deep/round")).unwrap();
    std::fs::create_dir(at.join("links")).unwrap();
    std::os::unix::fs::symlink("../m/b.safetensors", at.join("links/linked.safetensors")).unwrap();
    std::os::unix::fs::symlink("nowhere.pt", at.join("links/dangling.pt")).unwrap();
    let found = scan(at, &["m/deep"]);
    assert_eq!((&found["folders-not-followed"], &found["total"]["files"]), (&json!(1), &json!(1)));
    let output = convscope(at, &["scan", "links", "--json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(found["files"][0]["file"], "links/linked.safetensors");
    assert_eq!(found["unread"][0]["file"], "links/dangling.pt");
}

#[test]
fn slips_are_named() {
    let folder = folder();
    let at = folder.path();
    let said = |words: &[&str]| complaint(at, &[&["scan"], words].concat());
    assert!(said(&["m", "nowhere"]).contains("nowhere: "));
    assert!(said(&[]).contains("<PATH>"));
    assert!(
        said(&["m/b.safetensors", "--layer", "conv1.weight"])
            .contains("did you mean `conv.weight`?")
    );
    assert!(said(&["m", "--layer", "zzz"]).contains("there is nothing to scan"));
    assert!(
        said(&["m/b.safetensors", "--layout", "nchw"]).contains("`nchw` is no layout of kernels")
    );
    let plain = said(&["m/plain.safetensors"]);
    assert!(plain.contains("a matrix, such as that of a linear layer"), "{plain}");
    assert!(said(&["m/empty.npy"]).contains("m/empty.npy: "));
    std::fs::create_dir(at.join("none")).unwrap();
    put(at, "none/notes.txt", b"");
    let none = said(&["none"]);
    assert!(
        none.contains("none holds no file of kernels") && none.contains("1 file of other kinds"),
        "{none}"
    );
    put(at, "large.npy", &npy("<f8", &[5, 5], &bytes_64(&normal("large", 25))));
    assert!(said(&["large.npy"]).contains("kernels of 5 × 5; 3 × 3 is scanned"));
    let output = convscope(at, &["scan", "large.npy", "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["total"]["kernels"], 0);
}
