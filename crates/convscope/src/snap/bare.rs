//! Kernels of which no net is known.

use std::collections::BTreeMap;
use std::path::Path;

use convscope_arrays::Arrays as Found;
use convscope_edit::{Kernels, SnapError, snap_alone};
use convscope_model::freeze::matches;

use super::{Arrays, Content, Layer, Snapped, misset, refused, settings};
use crate::args::SnapArgs;
use crate::compare::Model;
use crate::complaint::Complaint;

/// An array of a file.
struct Entry {
    name: String,
    dimensions: Vec<usize>,
    /// Its numbers; nothing where they are no floats.
    numbers: Option<Vec<f32>>,
}

/// Snaps all kernels of a file, by code length or within a tolerance.
pub(super) fn snapped(args: &SnapArgs) -> Result<Snapped, Complaint> {
    let path = args.file.display().to_string();
    let (entries, single) = entries(&args.file)?;
    let (mut layers, mut kernels) = (Vec::new(), Vec::new());
    let (mut arrays, mut offset, mut left) = (BTreeMap::new(), 0, Vec::new());
    for Entry { name, dimensions, numbers } in entries {
        let named = args.on.is_empty() || args.on.iter().any(|pattern| matches(pattern, &name));
        let shape = shape(&dimensions, single);
        match (shape, numbers) {
            (Ok([filters, inputs, rows, columns]), Some(numbers)) if named => {
                kernels.push(Kernels {
                    name: name.clone(),
                    sides: [rows, columns],
                    numbers: numbers.clone(),
                });
                let dimensions = vec![filters, inputs, rows, columns];
                arrays.insert(name.clone(), (dimensions, Content::Snapped(offset)));
                let (counts, sides) = ([filters, inputs], [rows, columns]);
                let count = numbers.len();
                layers.push(Layer { name, counts, sides, offset, before: numbers });
                offset += count;
            }
            (shape, Some(numbers)) => {
                left.push(match shape {
                    Err(why) => format!("`{name}` ({why})"),
                    Ok(_) => format!("`{name}` (not named by --on)"),
                });
                arrays.insert(name, (dimensions, Content::Left(numbers)));
            }
            (_, None) => left.push(format!("`{name}` (no floats; it is not written)")),
        }
    }
    if layers.is_empty() {
        return Err(Complaint::Usage {
            message: format!("{path} has no kernels larger than 1 × 1: {}", left.join(", ")),
            help: Some("kernels are arrays of filters × channels × rows × columns".into()),
        });
    }
    let edited = snap_alone(settings(args), &kernels).map_err(|error| match error {
        SnapError::Setting(error) => misset(&error),
        SnapError::Edit(error) => refused(&path, &error),
    })?;
    let mut remarks = vec![
        "without --data nothing shows what snapping costs: kernels are snapped by their code length, or \
         within a tolerance, alone"
            .to_owned(),
    ];
    if !left.is_empty() {
        remarks.push(format!("left as they are: {}: {}", left.len(), left.join(", ")));
    }
    let count: usize = edited.forms.len();
    let what = format!("{count} kernels of {} arrays, of no known net", layers.len());
    let arrays = Arrays::Bare(arrays);
    Ok(Snapped { path, what, layers, edited, standings: Vec::new(), remarks, arrays })
}

/// Reads all arrays; whether the file is one array without a name.
fn entries(path: &Path) -> Result<(Vec<Entry>, bool), Complaint> {
    if path.extension().is_some_and(|extension| extension == "npy") {
        let shown = path.display();
        let wrong = |error: &dyn std::fmt::Display| Complaint::usage(format!("{shown}: {error}"));
        let found = Found::open(path).map_err(|error| wrong(&error))?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let stem = stem.unwrap_or_else(|| "kernels".into());
        let names: Vec<String> = found.names().map(str::to_owned).collect();
        let entry = |name: &String| {
            let array = found.get(name).expect("a file has the arrays that it names");
            let numbers = if array.is_float() {
                array.numbers::<f32>(found.source()).map_err(|error| wrong(&error))?
            } else {
                None
            };
            let name = if names.len() == 1 { stem.clone() } else { name.clone() };
            Ok(Entry { name, dimensions: array.dimensions().to_vec(), numbers })
        };
        return Ok((names.iter().map(entry).collect::<Result<_, Complaint>>()?, true));
    }
    let model = Model::read(path)?;
    let entry = |(name, tensor): (String, crate::compare::Tensor)| Entry {
        name,
        dimensions: tensor.dimensions,
        numbers: tensor.numbers,
    };
    Ok((model.tensors.into_iter().map(entry).collect(), false))
}

/// Returns filters, channels, rows and columns, or why these are no kernels.
fn shape(dimensions: &[usize], single: bool) -> Result<[usize; 4], String> {
    let shape = match *dimensions {
        [filters, channels, rows, columns] => [filters, channels, rows, columns],
        [kernels, rows, columns] if single => [kernels, 1, rows, columns],
        [rows, columns] if single => [1, 1, rows, columns],
        _ => return Err(format!("{} dimensions", dimensions.len())),
    };
    match shape {
        [.., 1, 1] => Err("1 × 1".into()),
        shape if shape.contains(&0) => Err("empty".into()),
        shape => Ok(shape),
    }
}
