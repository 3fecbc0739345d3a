//! The folder of studies.
//!
//! ```text
//! studies/<name>-<hash>/study.toml plan.json     one copy for each text and plan
//! studies/<name>.current                         the folder name of the copy in force
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    Axis, AxisNameError, Fault, Flaw, Placement, StoreError, StudyCopy, aside, axes, folder,
    format::VERSION, merge::Place, name,
};

pub(crate) const STUDIES: &str = "studies";

const CURRENT: &str = ".current";

#[derive(Serialize, Deserialize)]
struct Plan {
    version: u32,
    study: String,
    placements: Vec<Placement>,
}

/// Publishes a copy, then points to it.
pub(crate) fn publish(root: &Path, study: &StudyCopy) -> Result<(), StoreError> {
    name::check("study", &study.name)?;
    axes::check([study])?;
    check_finite(study)?;
    let folder_name = study.folder_name();
    let folder = root.join(STUDIES).join(&folder_name);
    let plan =
        Plan { version: VERSION, study: study.name.clone(), placements: study.placements.clone() };
    let plan = serde_json::to_vec(&plan).expect("finite numbers and text keys can be written");
    aside::publish(&folder.join("study.toml"), study.toml.as_bytes())?;
    aside::publish(&folder.join("plan.json"), &plan)?;
    let pointer = root.join(STUDIES).join(format!("{}{CURRENT}", study.name));
    aside::publish(&pointer, format!("{folder_name}\n").as_bytes())
}

/// Reads the copies that are pointed to.
pub(crate) fn read_current(
    root: &Path,
    faults: &mut Vec<Fault>,
) -> Result<Vec<StudyCopy>, StoreError> {
    let mut copies = Vec::new();
    for pointer in folder::files(&root.join(STUDIES), CURRENT)? {
        match read_copy(root, &pointer) {
            Ok(copy) => copies.push(copy),
            Err((file, flaw)) => faults.push(Place { file, line: None }.fault(flaw)),
        }
    }
    Ok(copies)
}

type Flawed = (PathBuf, Flaw);

fn read_copy(root: &Path, pointer: &str) -> Result<StudyCopy, Flawed> {
    let pointer_file = Path::new(STUDIES).join(pointer);
    let damaged = |file: &Path, why: String| (file.to_owned(), Flaw::Damaged { why });
    let folder_name = read_text(root, &pointer_file)?.trim_end().to_owned();
    if name::check("study", &folder_name).is_err() {
        return Err(damaged(&pointer_file, "it does not hold a folder's name".into()));
    }
    let folder = Path::new(STUDIES).join(&folder_name);
    let plan_file = folder.join("plan.json");
    let text = read_text(root, &plan_file)?;
    check_version(&text).map_err(|flaw| (plan_file.clone(), flaw))?;
    let plan: Plan =
        serde_json::from_str(&text).map_err(|error| damaged(&plan_file, error.to_string()))?;
    let toml = read_text(root, &folder.join("study.toml"))?;
    let copy = StudyCopy { name: plan.study, toml, placements: plan.placements };
    if copy.folder_name() != folder_name {
        return Err(damaged(
            &folder,
            "text and plan are not those that its name stands for".into(),
        ));
    }
    Ok(copy)
}

/// A plan of a newer version may have other fields; only its version is certain.
fn check_version(plan: &str) -> Result<(), Flaw> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    match serde_json::from_str::<Version>(plan) {
        Ok(Version { version }) if version > VERSION => {
            Err(Flaw::Newer { found: version, known: VERSION })
        }
        Ok(_) => Ok(()),
        Err(error) => Err(Flaw::Damaged { why: error.to_string() }),
    }
}

fn read_text(root: &Path, file: &Path) -> Result<String, Flawed> {
    fs::read_to_string(root.join(file))
        .map_err(|error| (file.to_owned(), Flaw::Unreadable { reason: error.to_string() }))
}

fn check_finite(study: &StudyCopy) -> Result<(), AxisNameError> {
    let mut positions = study.placements.iter().flat_map(|placement| &placement.axes);
    let wild = |(_, axis): &(&String, &Axis)| matches!(axis, Axis::Number(x) if !x.is_finite());
    match positions.find(wild) {
        Some((axis, _)) => Err(AxisNameError::NotFinite { axis: axis.clone() }),
        None => Ok(()),
    }
}
