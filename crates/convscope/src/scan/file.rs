//! A file, layer by layer.

use convscope_probe::Size;
use rayon::prelude::*;

use super::blocks::SIDE;
use super::layer::Tools;
use super::progress::Progress;
use super::summary::Summary;
use super::tallied::Tallied;
use crate::complaint::Complaint;
use crate::kernels::{Found, Layer, Skipped, Sought};

/// What was found in a file.
pub(crate) struct ScannedFile {
    /// Its path, as it was typed or found.
    pub(super) path: String,
    pub(super) format: &'static str,
    pub(super) bytes: u64,
    /// How arrays were read where that is not plain to see, one sentence each.
    pub(super) notes: Vec<String>,
    pub(super) layers: Vec<ScannedLayer>,
    /// Arrays that were not scanned, and why.
    pub(super) skipped: Vec<Skipped>,
    pub(super) summary: Summary,
}

/// What was found in a layer.
pub(crate) struct ScannedLayer {
    pub(super) name: String,
    pub(super) dimensions: Vec<usize>,
    pub(super) kind: &'static str,
    /// What the dimensions are, and how that is known.
    pub(super) layout: String,
    pub(super) how: &'static str,
    pub(super) transposed: bool,
    pub(super) summary: Summary,
}

/// Scans the 3 × 3 kernels of a file; there may be none.
///
/// So many layers as there are cores are scanned at a time.
pub(super) fn scanned(
    sought: &Sought,
    tools: &Tools,
    progress: &Progress,
) -> Result<(ScannedFile, Tallied), Complaint> {
    let path = sought.path.display().to_string();
    let (arrays, Found { layers, mut skipped, notes }) = Found::look(sought)?;
    for note in &notes {
        progress.say(&format!("note: {path}: {note}"));
    }
    let is_scanned =
        |layer: &Layer| layer.layout.size(layer.array.dimensions()) == Size::square(SIDE);
    let (layers, others): (Vec<Layer>, Vec<Layer>) = layers.into_iter().partition(is_scanned);
    skipped.extend(others.into_iter().map(other));
    let (mut all, mut told) = (Tallied::new(), Vec::new());
    for some in layers.chunks(rayon::current_num_threads()) {
        let scan = |layer: &Layer| tools.scan(layer, arrays.source(), progress);
        let found: Vec<Result<Tallied, String>> = some.par_iter().map(scan).collect();
        for (layer, found) in some.iter().zip(found) {
            let found = found
                .map_err(|why| Complaint::Trouble(format!("{path}: `{}`: {why}", layer.name)))?;
            all.merge(&found);
            told.push(of_layer(layer, Summary::of(&found, tools.zero)));
        }
    }
    let file = ScannedFile {
        path,
        format: arrays.format().name,
        bytes: arrays.source().length(),
        notes,
        layers: told,
        skipped,
        summary: Summary::of(&all, tools.zero),
    };
    Ok((file, all))
}

fn of_layer(layer: &Layer, summary: Summary) -> ScannedLayer {
    ScannedLayer {
        name: layer.name.clone(),
        dimensions: layer.array.dimensions().to_vec(),
        kind: layer.array.kind(),
        layout: layer.layout.letters().to_owned(),
        how: layer.how,
        transposed: layer.transposed,
        summary,
    }
}

/// Says that kernels of another size are not scanned.
fn other(layer: Layer) -> Skipped {
    let size = layer.layout.size(layer.array.dimensions());
    Skipped {
        dimensions: layer.array.dimensions().to_vec(),
        kind: layer.array.kind(),
        why: format!("kernels of {size}; 3 × 3 is scanned"),
        name: layer.name,
    }
}
