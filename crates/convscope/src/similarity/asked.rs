//! What was asked for: measures, treatments of maps, tests.

use std::path::PathBuf;

use convscope_core::registry::{self, SettingError, nearest};
use convscope_core::{Seed, UnknownName};
use convscope_measure::maps::{TREATMENTS, Treatment};
use convscope_measure::{MEASURES, Measure, OUTPUT_MEASURES, OutputMeasure};
use convscope_study::Text;
use serde_json::{Map, Value, json};

use super::layout::Layout;
use crate::args::{Shown, SimilarityArgs};
use crate::complaint::Complaint;

/// What is computed where no measure is named: one of each common kind, all from one factorisation
/// a layer.
const USUAL: [&str; 11] = [
    "debiased-cka",
    "cka",
    "rbf-cka.bandwidth=0.5",
    "mean-cca",
    "squared-cca",
    "pwcca",
    "pwcca.weights=second",
    "nbs",
    "angular-shape",
    "squared-procrustes",
    "regression-r2",
];

/// Everything that was asked, checked.
pub(crate) struct Asked {
    pub(crate) paths: [PathBuf; 2],
    pub(crate) measures: Vec<Wanted>,
    pub(crate) outputs: Vec<&'static OutputMeasure>,
    pub(crate) treatments: Vec<&'static Treatment>,
    pub(crate) layers: Vec<String>,
    pub(crate) layouts: Vec<Layout>,
    pub(crate) places: usize,
    pub(crate) permutations: Option<usize>,
    pub(crate) bootstrap: Option<usize>,
    pub(crate) show: Vec<Shown>,
    pub(crate) number: u64,
    pub(crate) seed: Seed,
    /// Bytes that layers may take.
    pub(crate) memory: u64,
}

/// A measure with its settings.
pub(crate) struct Wanted {
    pub(crate) id: &'static str,
    pub(crate) about: &'static str,
    pub(crate) source: &'static str,
    /// The settings that differ from their defaults.
    pub(crate) settings: Value,
    pub(crate) measure: Box<dyn Measure>,
}

impl Asked {
    /// Checks what was typed.
    pub(crate) fn of(args: &SimilarityArgs) -> Result<Self, Complaint> {
        let mut written: Vec<String> = Vec::new();
        for name in &args.measure {
            if name == "all" {
                written.extend(MEASURES.iter().map(|entry| entry.id.to_owned()));
            } else {
                written.push(name.clone());
            }
        }
        if written.is_empty() {
            written = USUAL.map(str::to_owned).into();
        }
        let (mut measures, mut outputs) = (Vec::new(), Vec::new());
        for one in &written {
            if let Some(measure) = OUTPUT_MEASURES.iter().find(|measure| measure.id == one) {
                outputs.push(measure);
                continue;
            }
            let wanted = Wanted::of(one)?;
            let same = |m: &Wanted| m.id == wanted.id && m.settings == wanted.settings;
            if !measures.iter().any(same) {
                measures.push(wanted);
            }
        }
        let mut treatments: Vec<&Treatment> = Vec::new();
        for name in &args.conv {
            let treatment = treatment(name)?;
            if !treatments.iter().any(|known| known.id == treatment.id) {
                treatments.push(treatment);
            }
        }
        let layouts: Result<Vec<_>, Complaint> =
            args.layout.iter().map(|l| Layout::of(l)).collect();
        if !(args.memory.is_finite() && args.memory > 0.0) {
            return Err(Complaint::usage("--memory wants gigabytes above 0"));
        }
        Ok(Self {
            paths: [args.a.clone(), args.b.clone()],
            measures,
            outputs,
            treatments,
            layers: args.layers.clone(),
            layouts: layouts?,
            places: args.places as usize,
            permutations: args.permutations.map(|n| n as usize),
            bootstrap: args.bootstrap.map(|n| n as usize),
            show: args.show.clone(),
            number: args.seed,
            seed: Seed::root(args.seed).child("similarity"),
            memory: (args.memory * 1e9) as u64,
        })
    }
}

impl Wanted {
    /// Reads `cka`, `rbf-cka.bandwidth=0.5` or `rbf-cka={ bandwidth = 0.5 }`.
    fn of(written: &str) -> Result<Self, Complaint> {
        let value = if written.contains('=') {
            let mut text = Text::parse("").expect("nothing is a study file too");
            text.set(written).map_err(|error| Complaint::usage(error.message))?;
            text.values().clone()
        } else {
            json!(written)
        };
        Self::built(&value)
    }

    /// Builds the measure of a name, or of a table with one name and its settings.
    pub(crate) fn built(written: &Value) -> Result<Self, Complaint> {
        let (measure, canonical) =
            registry::build(MEASURES, "measure", written).map_err(wrong_setting)?;
        let Value::Object(canonical) = canonical else {
            unreachable!("the canonical form is a table")
        };
        let (name, settings) = canonical.into_iter().next().expect("it has one name");
        let entry = registry::find(MEASURES, "measure", &name).expect("it was just built");
        let (about, source) = (entry.about, entry.source);
        Ok(Self { id: entry.id, about, source, settings, measure })
    }

    /// Builds a measure with the sizes of maps.
    pub(crate) fn of_maps(id: &str, sizes: &[usize]) -> Result<Self, Complaint> {
        let (height, width) = (sizes.iter().rev().skip(1).product::<usize>(), sizes.last());
        let settings = json!({ "height": height, "width": width.copied().unwrap_or(1) });
        Self::built(&Value::Object(Map::from_iter([(id.to_owned(), settings)])))
    }
}

/// Writes a name with its settings, short: `pwcca (weights second)`.
pub(crate) fn titled(id: &str, settings: &Value) -> String {
    let written: Vec<String> = settings
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{key} {value}")
        })
        .collect();
    if written.is_empty() { id.to_owned() } else { format!("{id} ({})", written.join(", ")) }
}

fn treatment(name: &str) -> Result<&'static Treatment, Complaint> {
    let ids = || TREATMENTS.iter().map(|treatment| treatment.id);
    TREATMENTS.iter().find(|treatment| treatment.id == name).ok_or_else(|| {
        let family = "treatment of maps";
        let unknown = UnknownName { family, name: name.into(), nearest: nearest(name, ids()) };
        Complaint::Usage {
            message: unknown.to_string(),
            help: Some(format!("--conv knows {}", ids().collect::<Vec<_>>().join(", "))),
        }
    })
}

fn wrong_setting(error: SettingError) -> Complaint {
    let place = if error.path.is_empty() { String::new() } else { error.path.join(".") + ": " };
    Complaint::Usage {
        message: format!("{place}{}", error.message),
        help: Some(match error.nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "`convscope list measures` and `convscope list outputs` show all names".into(),
        }),
    }
}
