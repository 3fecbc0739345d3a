//! The kernels of a file, snapped: what is in the file, what becomes of it, and how that is told.
//!
//! ```text
//! file ─┬─► net known, images given ─► the edit `snap` ─┐
//!       └─► bare kernels ───────────► snap_alone ───────┴─► Snapped ─► file, text, JSON, page
//! ```

mod bare;
mod known;
mod page;
mod tell;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use convscope_arrays::Writer;
use convscope_edit::{EditError, Edited, Standing};
use convscope_model::Net;
use serde_json::{Map, Value, json};

pub(crate) use self::page::page;
pub(crate) use self::tell::{json, text};
use crate::args::SnapArgs;
use crate::complaint::Complaint;
use crate::kernels::{Layout, counted, placed};

/// What snapping made of a file.
pub(crate) struct Snapped {
    /// The file's path, as it was typed.
    pub(crate) path: String,
    /// What it is, in a few words.
    pub(crate) what: String,
    /// The layers whose kernels may have changed.
    pub(crate) layers: Vec<Layer>,
    /// What the edit says, and all numbers after it.
    pub(crate) edited: Edited,
    /// How the model does on images, by the name of the set: before and after.
    pub(crate) standings: Vec<(String, [Standing; 2])>,
    /// What the user should know.
    pub(crate) remarks: Vec<String>,
    /// All arrays that are written, where their numbers stand among those of the edit.
    arrays: Arrays,
}

/// The kernels of a layer, before.
pub(crate) struct Layer {
    /// The array's name.
    pub(crate) name: String,
    /// The array's dimensions.
    pub(crate) dimensions: Vec<usize>,
    /// What these are.
    pub(crate) layout: Layout,
    /// Filters and kernels of a filter.
    pub(crate) counts: [usize; 2],
    /// Rows and columns.
    pub(crate) sides: [usize; 2],
    /// Where its numbers stand among those of the edit.
    pub(crate) offset: usize,
    /// Its numbers as they were, kernel by kernel.
    pub(crate) before: Vec<f32>,
    /// The kernels that cannot be snapped, by their places, and why.
    pub(crate) unfit: BTreeMap<usize, String>,
}

/// What is written.
enum Arrays {
    /// A model of a net.
    Net(Box<Net>),
    /// Arrays by name with their dimensions: those that were snapped, and others as they are.
    Bare(BTreeMap<String, (Vec<usize>, Content)>),
}

enum Content {
    /// The numbers of a layer, by its place.
    Snapped(usize),
    Left(Vec<f32>),
}

impl Layer {
    /// Returns where the numbers of each kernel that is snapped stand among those of the edit.
    fn fit(&self) -> impl Iterator<Item = Range<usize>> {
        let each = self.sides[0] * self.sides[1];
        let kernels = 0..self.before.len() / each;
        kernels.filter(|kernel| !self.unfit.contains_key(kernel)).map(move |kernel| {
            let first = self.offset + kernel * each;
            first..first + each
        })
    }

    /// Counts the kernels that are left as they are, and says of the first why; nothing where none is.
    fn left(&self) -> Option<String> {
        const NAMED: usize = 3;
        let [outputs, inputs] = self.counts;
        let place = |kernel: usize| placed(self.counts, [kernel / inputs, kernel % inputs]);
        let named = self.unfit.iter().take(NAMED);
        let mut named: Vec<String> =
            named.map(|(kernel, why)| format!("{} {why}", place(*kernel))).collect();
        let count = self.unfit.len();
        match count {
            0 => return None,
            more if more > NAMED => named.push(format!("{} more", more - NAMED)),
            _ => {}
        }
        let all = counted(outputs * inputs, "kernel");
        let left = if count == 1 { "is left as it is" } else { "are left as they are" };
        Some(format!("`{}`: {count} of {all} {left}: {}", self.name, named.join("; ")))
    }
}

impl Snapped {
    /// Reads a file and snaps its kernels.
    pub(crate) fn of(args: &SnapArgs) -> Result<Self, Complaint> {
        if args.data.is_empty() {
            for (given, name) in [
                (args.budget.is_some(), "--budget"),
                (args.bits.is_some(), "--bits"),
                (args.refit, "--refit"),
                (!args.test.is_empty(), "--test"),
            ] {
                if given {
                    return Err(Complaint::Usage {
                        message: format!("{name} wants images that show what snapping costs"),
                        help: Some(
                            "name them by `--data`, as in `--data mnist split=train`".into(),
                        ),
                    });
                }
            }
            return Ok(bare::snapped(args)?.with_reason(args));
        }
        Ok(known::snapped(args)?.with_reason(args))
    }

    /// Says how many kernels keep no structure, and why.
    fn with_reason(mut self, args: &SnapArgs) -> Self {
        let (all, free) = (self.edited.forms.len(), self.forms().get("free").copied());
        if let Some(free) = free {
            let why = match (args.bits, args.budget, args.tolerance) {
                (Some(_), ..) => "the bits asked for are reached without them".to_owned(),
                (_, Some(_), _) => {
                    "no structure is chosen for them, or none that the budget allows".into()
                }
                (.., Some(share)) => {
                    format!("no structure leaves at most {share} of their sum of squares")
                }
                _ => "no structure makes their code shorter; --tolerance allows for larger changes"
                    .into(),
            };
            let rounded = match args.precision.bits() {
                32 => String::new(),
                bits => format!(", only rounded to {bits} bits a number"),
            };
            let kernels = counted(all, "kernel");
            self.remarks.push(format!("{free} of {kernels} not snapped{rounded}: {why}"));
        }
        self
    }

    /// Returns a layer's numbers after.
    pub(crate) fn after(&self, layer: &Layer) -> &[f32] {
        &self.edited.weights[layer.offset..layer.offset + layer.before.len()]
    }

    /// Returns a number that the edit tells.
    pub(crate) fn value(&self, name: &str) -> Option<f64> {
        let found = self.edited.values.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| *value)
    }

    /// Counts the kernels of each form.
    pub(crate) fn forms(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for own in &self.edited.forms {
            *counts.entry(own.form.as_str()).or_insert(0) += 1;
        }
        counts
    }

    /// Writes all arrays as safetensors.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Complaint> {
        let cannot = |error: &dyn std::fmt::Display| {
            Complaint::Trouble(format!("cannot write {}: {error}", path.display()))
        };
        if path.extension().is_none_or(|extension| extension != "safetensors") {
            return Err(Complaint::Usage {
                message: format!("{} is no .safetensors file", path.display()),
                help: Some("kernels are written as safetensors: name such a file".into()),
            });
        }
        match &self.arrays {
            Arrays::Net(net) => {
                let bytes = convscope_model::formats::safetensors::write(net, &self.edited.weights)
                    .map_err(|error| cannot(&error))?;
                std::fs::write(path, bytes).map_err(|error| cannot(&error))
            }
            Arrays::Bare(arrays) => {
                let heads: Vec<(String, Vec<usize>)> = arrays
                    .iter()
                    .map(|(name, (dimensions, _))| (name.clone(), dimensions.clone()))
                    .collect();
                let mut writer = Writer::create(path, &heads, &BTreeMap::new())
                    .map_err(|error| cannot(&error))?;
                for (name, (dimensions, content)) in arrays {
                    let written = match content {
                        Content::Snapped(layer) => {
                            let layer = &self.layers[*layer];
                            let numbers = layer.layout.restored(dimensions, self.after(layer));
                            writer.write(name, &numbers)
                        }
                        Content::Left(numbers) => writer.write(name, numbers),
                    };
                    written.map_err(|error| cannot(&error))?;
                }
                writer.finish().map_err(|error| cannot(&error))
            }
        }
    }
}

/// Returns the settings of the edit that a command line asks for.
fn settings(args: &SnapArgs) -> Value {
    let mut settings = Map::new();
    let mut set = |key: &str, value: Value| settings.insert(key.into(), value);
    set("precision", json!(args.precision.bits()));
    set("choose", json!(args.choose.name()));
    if let Some(tolerance) = args.tolerance {
        set("tolerance", json!(tolerance));
    }
    if !args.on.is_empty() {
        set("on", json!(args.on));
    }
    if !args.data.is_empty() {
        set("calibrate", json!(args.data.join(" ")));
        set("samples", json!(args.samples));
        set("rounds", json!(args.rounds));
        set("refit", json!(args.refit));
    }
    for (key, target) in [("bits", args.bits), ("budget", args.budget)] {
        if let Some(target) = target {
            set(key, json!(target));
        }
    }
    Value::Object(settings)
}

/// Complains of a setting by its option.
fn misset(error: &convscope_core::SettingError) -> Complaint {
    let option = match error.path.first().map(String::as_str) {
        None => String::new(),
        Some("calibrate") => "--data: ".into(),
        Some(key) => format!("--{key}: "),
    };
    Complaint::Usage {
        message: format!("{option}{}", error.message),
        help: error.nearest.as_ref().map(|nearest| format!("did you mean `{nearest}`?")),
    }
}

/// Complains of weights.
fn refused(path: &str, error: &EditError) -> Complaint {
    let odd = matches!(error, EditError::NotFinite { .. });
    let help = odd.then(|| {
        "a net with such a weight has no loss; leave --data out: only kernels that hold one are then left as \
         they are"
            .to_owned()
    });
    Complaint::Usage { message: format!("{path}: {error}"), help }
}
