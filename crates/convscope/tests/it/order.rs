//! The order of crates is the architecture.

use std::collections::BTreeSet;
use std::path::Path;

/// Each crate with the crates it may use, in the order of the workspace.
const ARROWS: &[(&str, &[&str])] = &[
    ("convscope-core", &[]),
    ("convscope-measure", &["core"]),
    ("convscope-data", &["core"]),
    ("convscope-model", &["core"]),
    ("convscope-engine", &["core", "model"]),
    ("convscope-train", &["core", "data", "model", "engine"]),
    ("convscope-store", &["core"]),
    ("convscope-study", &["core", "data", "model", "engine", "train", "store"]),
    ("convscope-report", &["core", "store"]),
    ("convscope-burn", &["core", "data", "model", "engine", "train"]),
    (
        "convscope",
        &[
            "core", "measure", "data", "model", "engine", "train", "store", "study", "report",
            "burn",
        ],
    ),
];

#[test]
fn crates_use_only_what_the_architecture_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let workspace = read("Cargo.toml");
    let listed = |list: &str| {
        let list = workspace.split_once(&format!("\n{list} = [")).unwrap().1;
        let lines = list.lines().skip(1).take_while(|line| *line != "]");
        let crates = lines.map(|line| line.trim().trim_matches(['"', ',']));
        crates.map(|path| path.strip_prefix("crates/").unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut crates: Vec<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed("members"), crates);
    // Everybody else is spared the minutes that Burn takes.
    crates.retain(|name| *name != "convscope-burn");
    assert_eq!(listed("default-members"), crates);
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
