//! Threads, kills, two runs at once, damage, full disks: the records are the same, nothing is lost.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::typed::{TINY, complaint, convscope, everything, printed, skipped};

/// Long enough to be killed in the middle.
fn longer() -> String {
    TINY.replace("seeds = 3", "seeds = 20").replace("epochs = 3", "epochs = 40")
}

fn with(study: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("study.toml"), study).unwrap();
    folder
}

fn segments(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder.join("S/segments")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn records_do_not_depend_on_threads() {
    let folder = with(TINY);
    for threads in ["1", "2", "5"] {
        printed(folder.path(), &["run", "study.toml", "--store", threads, "--threads", threads]);
    }
    let one = everything(folder.path(), "1");
    assert_eq!(one, everything(folder.path(), "2"));
    assert_eq!(one, everything(folder.path(), "5"));
}

#[test]
fn a_killed_run_goes_on_to_the_same_records() {
    let folder = with(&longer());
    printed(folder.path(), &["run", "study.toml", "--store", "whole"]);
    let mut killed = Command::new(env!("CARGO_BIN_EXE_convscope"))
        .args(["run", "study.toml", "--store", "S", "--threads", "1"])
        .current_dir(folder.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = std::time::Instant::now();
    let lines = || {
        let texts = segments(folder.path())
            .into_iter()
            .map(|file| std::fs::read_to_string(file).unwrap_or_default());
        texts.map(|text| text.lines().count()).sum::<usize>()
    };
    while lines() < 10 && begun.elapsed() < Duration::from_mins(1) {
        std::thread::sleep(Duration::from_millis(1));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(segments(folder.path()).len(), 1, "the killed writer leaves its segment");
    let output = convscope(folder.path(), &["run", "study.toml", "--store", "S"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && !said.contains(" 0 done before"), "{said}");
    assert_eq!(everything(folder.path(), "S"), everything(folder.path(), "whole"));
}

/// Sends the signal of Ctrl-C.
#[cfg(unix)]
fn interrupt(process: u32) {
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {process}")]).status();
    assert!(sent.unwrap().success());
}

#[test]
#[cfg(unix)]
fn a_training_goes_on_from_the_epoch_of_ctrl_c() {
    let folder =
        with(&TINY.replace("seeds = 3", "seeds = 1").replace("epochs = 3", "epochs = 4000"));
    let run = Command::new(env!("CARGO_BIN_EXE_convscope"))
        .args(["run", "study.toml", "--store", "S", "--threads", "1"])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A segment is there once jobs begin.
    let begun = std::time::Instant::now();
    while segments(folder.path()).is_empty() && begun.elapsed() < Duration::from_mins(1) {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(20));
    interrupt(run.id());
    let output = run.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(
        said.contains(", 1 of them with the epochs so far; the same command goes on"),
        "{said}"
    );
    let again = convscope(folder.path(), &["run", "study.toml", "--store", "S"]);
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(again.status.success() && said.contains("a training goes on after epoch"), "{said}");
    printed(folder.path(), &["run", "study.toml", "--store", "whole"]);
    assert_eq!(everything(folder.path(), "S"), everything(folder.path(), "whole"));
}

#[test]
fn two_runs_at_once_double_nothing() {
    let folder = with(&longer());
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_convscope"))
            .args(["run", "study.toml", "--store", "S", "--threads", "2"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let (mut one, mut two) = (start(), start());
    assert!(one.wait().unwrap().success() && two.wait().unwrap().success());
    printed(folder.path(), &["run", "study.toml", "--store", "whole"]);
    assert_eq!(everything(folder.path(), "S"), everything(folder.path(), "whole"));
}

#[test]
fn a_damaged_line_is_named_and_its_job_done_again() {
    let folder = with(TINY);
    printed(folder.path(), &["run", "study.toml", "--store", "S"]);
    let before = everything(folder.path(), "S");
    let damaged = folder.path().join("S/segments/zzz.jsonl");
    std::fs::create_dir_all(damaged.parent().unwrap()).unwrap();
    std::fs::write(&damaged, "0000 {\"not\": \"a record\"}\nhalf a li").unwrap();
    let output = convscope(folder.path(), &["query", "select 1 as one", "--store", "S"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("zzz.jsonl, line 1"), "{said}");
    assert_eq!(everything(folder.path(), "S"), before);
    assert_eq!(convscope(folder.path(), &["doctor", "--store", "S"]).status.code(), Some(1));
}

#[test]
fn a_store_of_a_newer_version_is_named() {
    let folder = with(TINY);
    printed(folder.path(), &["run", "study.toml", "--store", "S"]);
    let format = folder.path().join("S/format.json");
    let newer = std::fs::read_to_string(&format).unwrap().replace('1', "99");
    std::fs::write(&format, newer).unwrap();
    let said = complaint(folder.path(), &["query", "select 1", "--store", "S"]);
    assert!(said.contains("99"), "{said}");
    let output = convscope(folder.path(), &["run", "study.toml", "--store", "S"]);
    assert_eq!(output.status.code(), Some(1));
}

/// A file system of one megabyte needs a privilege; without it the test says that it was skipped.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_loses_nothing() {
    let folder = with(&longer());
    let store = folder.path().join("S");
    std::fs::create_dir(&store).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=192k", "tmpfs"])
        .arg(&store)
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        skipped("a small file system cannot be mounted here: that needs a privilege");
        return;
    }
    let output = convscope(folder.path(), &["run", "study.toml", "--store", "S"]);
    let said = String::from_utf8(output.stderr).unwrap();
    let kept = printed(
        folder.path(),
        &[
            "query",
            "select count(*) as n from jobs where outcome = 'done'",
            "--store",
            "S",
            "--csv",
        ],
    );
    let grown = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&store).status();
    let again = convscope(folder.path(), &["run", "study.toml", "--store", "S"]);
    let after = everything(folder.path(), "S");
    let unmounted = Command::new("umount").arg(&store).status();
    assert!(grown.unwrap().success() && unmounted.unwrap().success());
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("segments") && said.contains("kept before is"), "{said}");
    assert_ne!(kept, "n\n0\n", "some records were kept before the disk was full");
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    printed(folder.path(), &["run", "study.toml", "--store", "whole"]);
    assert_eq!(after, everything(folder.path(), "whole"));
}
