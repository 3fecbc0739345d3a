//! The order of crates is the architecture.

use std::collections::BTreeSet;
use std::path::Path;

/// Each crate with the crates it may use, in the order of the workspace.
const ARROWS: &[(&str, &[&str])] = &[
    ("convscope-core", &[]),
    ("convscope-measure", &["core"]),
    ("convscope-probe", &["core"]),
    ("convscope-arrays", &["core"]),
    ("convscope-onnx", &["core", "arrays"]),
    ("convscope-data", &["core", "arrays"]),
    ("convscope-model", &["core", "arrays"]),
    ("convscope-engine", &["core", "model"]),
    ("convscope-train", &["core", "probe", "data", "model", "engine"]),
    ("convscope-edit", &["core", "measure", "probe", "data", "model", "engine", "train"]),
    ("convscope-store", &["core"]),
    (
        "convscope-study",
        &["core", "measure", "probe", "data", "model", "edit", "engine", "train", "store"],
    ),
    ("convscope-report", &["core", "store"]),
    ("convscope-burn", &["core", "data", "model", "engine", "train"]),
    (
        "convscope",
        &[
            "core", "measure", "probe", "arrays", "onnx", "data", "model", "edit", "engine",
            "train", "store", "study", "report", "burn",
        ],
    ),
];

#[test]
fn crates_use_only_what_the_architecture_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let workspace = read("Cargo.toml");
    let members: Vec<&str> = workspace
        .lines()
        .filter_map(|line| line.trim().strip_prefix("\"crates/")?.strip_suffix("\","))
        .collect();
    assert_eq!(members, ARROWS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (name, allowed) in ARROWS {
        let manifest = read(&format!("crates/{name}/Cargo.toml"));
        let (uses, _) = manifest.split_once("[lints]").unwrap();
        let used: BTreeSet<&str> = uses
            .lines()
            .filter_map(|line| line.strip_prefix("convscope-")?.split(['.', ' ']).next())
            .collect();
        let extra: Vec<&&str> = used.iter().filter(|used| !allowed.contains(used)).collect();
        assert!(extra.is_empty(), "{name} uses {extra:?}, which the architecture does not allow");
    }
}

#[test]
fn nobody_builds_burn_unasked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    assert!(read("Cargo.toml").contains("\ndefault-members = [\"crates/convscope\"]\n"));
    let manifest = read("crates/convscope/Cargo.toml");
    let burn = manifest.lines().find(|line| line.starts_with("convscope-burn = ")).unwrap();
    assert!(burn.contains("optional = true"), "{burn}");
    assert!(!manifest.contains("\ndefault = "), "a feature of a device is on by default");
    assert!(read("check").contains("--exclude convscope-burn"));
}
