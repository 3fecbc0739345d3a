//! Kernels of which no net is known.

use std::collections::BTreeMap;
use std::path::Path;

use convscope_arrays::{Array, Arrays as Held};
use convscope_edit::{Edited, Kernels, SnapError, snap_alone};

use super::{Arrays, Content, Layer, Snapped, misset, refused, settings};
use crate::args::SnapArgs;
use crate::compare::bounded;
use crate::complaint::Complaint;
use crate::kernels::{Found, Skipped, Sought, counted, not_finite};

/// Snaps all kernels of a file, by code length or within a tolerance.
pub(super) fn snapped(args: &SnapArgs) -> Result<Snapped, Complaint> {
    let path = args.file.display().to_string();
    let sought = Sought::of(&args.file, ("--on", &args.on), &args.layout)?;
    let (held, found) = Found::open(&sought)?;
    let file = File { held, sought, found };
    let wrong = |why: String| Complaint::usage(format!("{path}: {why}"));
    let layers = file.layers().map_err(wrong)?;
    let arrays = Arrays::Bare(file.arrays().map_err(wrong)?);
    let left: Vec<String> = layers.iter().filter_map(Layer::left).collect();
    let kernels = kernels(&layers);
    if kernels.is_empty() {
        return Err(Complaint::Usage {
            message: format!("{path} has no kernel that can be snapped: {}", left.join("; ")),
            help: Some(
                "kernels are snapped all of whose numbers are finite: save such ones".into(),
            ),
        });
    }
    let edited = snap_alone(settings(args), &kernels).map_err(|error| match error {
        SnapError::Setting(error) => misset(&error),
        SnapError::Edit(error) => refused(&path, &error),
    })?;
    let edited = in_place(edited, &layers);
    let mut remarks = file.remarks(args.out.as_deref());
    remarks.extend(left);
    let what = format!(
        "{} of {}, of no known net",
        counted(edited.forms.len(), "kernel"),
        counted(layers.len(), "array")
    );
    Ok(Snapped { path, what, layers, edited, standings: Vec::new(), remarks, arrays })
}

/// Takes the kernels that can be snapped.
fn kernels(layers: &[Layer]) -> Vec<Kernels> {
    let of = |layer: &Layer| {
        let fit = layer.fit().flat_map(|place| {
            layer.before[place.start - layer.offset..place.end - layer.offset].to_vec()
        });
        Kernels { name: layer.name.clone(), sides: layer.sides, numbers: fit.collect() }
    };
    layers.iter().map(of).filter(|kernels| !kernels.numbers.is_empty()).collect()
}

/// Puts snapped kernels among those that were left as they are.
fn in_place(mut edited: Edited, layers: &[Layer]) -> Edited {
    let mut all: Vec<f32> = layers.iter().flat_map(|layer| &layer.before).copied().collect();
    for (form, place) in edited.forms.iter_mut().zip(layers.iter().flat_map(Layer::fit)) {
        all[place.clone()].copy_from_slice(&edited.weights[form.range.clone()]);
        form.range = place;
    }
    Edited { weights: all, ..edited }
}

/// A file, and what is found in it.
struct File {
    held: Held<'static>,
    sought: Sought,
    found: Found,
}

impl File {
    /// Reads the kernels.
    fn layers(&self) -> Result<Vec<Layer>, String> {
        let mut offset = 0;
        let of = |own: &crate::kernels::Layer| {
            let (dimensions, layout) = (own.array.dimensions().to_vec(), own.layout.clone());
            let numbers = own.array.numbers::<f32>(self.held.source())?;
            let numbers = numbers.ok_or_else(|| format!("`{}` holds no floats", own.name))?;
            let before = layout.ordered(&dimensions, numbers);
            let (counts, size) = (layout.counts(&dimensions), layout.size(&dimensions));
            let (name, sides) = (self.name(&own.name), [size.rows, size.columns]);
            let first = offset;
            offset += before.len();
            let each = before.chunks_exact(size.count()).enumerate();
            let odd = |(kernel, numbers): (usize, &[f32])| {
                let numbers: Vec<f64> = numbers.iter().copied().map(f64::from).collect();
                Some((kernel, not_finite(&numbers, size)?))
            };
            let unfit = each.filter_map(odd).collect();
            Ok(Layer { name, dimensions, layout, counts, sides, offset: first, before, unfit })
        };
        self.found.layers.iter().map(of).collect()
    }

    /// Reads all that is written: kernels by the places of their layers, and all other floats.
    fn arrays(&self) -> Result<BTreeMap<String, (Vec<usize>, Content)>, String> {
        let all: Vec<(&str, &Array)> =
            self.held.names().filter_map(|name| Some((name, self.held.get(name)?))).collect();
        let bytes = all.iter().map(|(_, array)| array.bytes());
        bounded(bytes, self.held.source().length_with_beside())?;
        let mut arrays = BTreeMap::new();
        for (name, array) in all {
            let content = match self.layer_of(name, array) {
                Some(layer) => Content::Snapped(layer),
                None if !array.is_float() => continue,
                None => match array.numbers(self.held.source())? {
                    Some(numbers) => Content::Left(numbers),
                    None => continue,
                },
            };
            arrays.insert(self.name(name), (array.dimensions().to_vec(), content));
        }
        Ok(arrays)
    }

    /// Returns the layer whose numbers an array has: its own, or one that it shares them with.
    fn layer_of(&self, name: &str, array: &Array) -> Option<usize> {
        let wanted = self.sought.wants(name);
        self.found.layers.iter().position(|layer| wanted && layer.array == *array)
    }

    /// Returns what an array is called: one without a name as its file.
    fn name(&self, name: &str) -> String {
        let stem = self.sought.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        if name.is_empty() { stem.unwrap_or_else(|| "kernels".into()) } else { name.to_owned() }
    }

    /// Says how the file was read, and what became of all that is no kernel.
    fn remarks(&self, out: Option<&Path>) -> Vec<String> {
        let mut remarks = self.found.notes.clone();
        remarks.push(
            "without --data nothing shows what snapping costs: kernels are snapped by their code length, or \
             within a tolerance, alone"
                .into(),
        );
        let (mut shared, mut left, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        for one in &self.found.skipped {
            let array = self.held.get(&one.name);
            let of = match array {
                Some(array) if self.layer_of(&one.name, array).is_some() => &mut shared,
                Some(array) if array.is_float() => &mut left,
                _ => &mut lost,
            };
            of.push(one.clone());
        }
        for (what, skipped) in [
            ("snapped together", shared),
            ("left as they are", left),
            ("not written, as only floats are", lost),
        ] {
            if !skipped.is_empty() {
                remarks.push(format!("{what}: {}", Skipped::told(&skipped)));
            }
        }
        let mut layouts: Vec<&str> = Vec::new();
        for layer in self.found.layers.iter().filter(|layer| !layer.tells_its_layout()) {
            if !layouts.contains(&layer.layout.letters()) {
                layouts.push(layer.layout.letters());
            }
        }
        if let Some(out) = out.filter(|_| !layouts.is_empty()) {
            remarks.push(format!(
                "arrays keep their dimensions: {} is read again with `--layout {}`",
                out.display(),
                layouts.join(",")
            ));
        }
        remarks
    }
}
