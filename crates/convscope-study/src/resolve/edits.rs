//! What happens to weights before they are trained: edits, their donors and the images they look at.

use convscope_core::registry::{SettingError, build};
use convscope_edit::{EDITS, Edit};
use convscope_model::Net;
use serde_json::{Map, Value, json};

use super::data::alike;
use super::{Resolved, Resolver, default_init};
use crate::error::{StudyError, defined};
use crate::job::{Calibrating, Drawn, Training};
use crate::sweep::Point;

/// What is wrong with an edit, here or with a model that it needs.
pub(super) enum Misfit {
    Here(SettingError),
    Elsewhere(StudyError),
}

impl From<SettingError> for Misfit {
    fn from(error: SettingError) -> Self {
        Self::Here(error)
    }
}

impl From<StudyError> for Misfit {
    fn from(error: StudyError) -> Self {
        Self::Elsewhere(error)
    }
}

impl Resolver<'_> {
    /// Adds what a table under `edit` says to an arm.
    pub(super) fn add_edit(
        &self,
        resolved: &mut Resolved,
        written: &Value,
        point: &Point<'_>,
        children: &mut Vec<String>,
    ) -> Result<(), Misfit> {
        let (edit, settings) = build(EDITS, "edit", written)?;
        let net = &resolved.training.net;
        let in_settings = |key: &str, error: SettingError| {
            let id = written.as_object().and_then(|table| table.keys().next());
            Misfit::Here(error.below(key).below(id.map_or("", String::as_str)))
        };
        let mut count = 0;
        if let Some(donors) = edit.donors() {
            let models = self.file.model.keys().map(String::as_str);
            defined("model", donors.from, models).map_err(|error| in_settings("from", error))?;
            let across =
                point.across(donors.across).map_err(|error| in_settings("across", error))?;
            for (_, there) in &across {
                let donor = self.arm_below(donors.from, there, children)?;
                if donor.training.net != *net {
                    let message = unlike_nets(net, &donor.training.net);
                    return Err(in_settings("from", SettingError::at("", message)));
                }
                point.mention_as(there, donors.across)?;
            }
            count = across.len();
        }
        edit.fits(net, count).map_err(|error| {
            let id = written.as_object().and_then(|table| table.keys().next());
            error.below(id.map_or("", String::as_str))
        })?;
        let calibrating = match edit.calibration() {
            None => None,
            Some(wanted) => {
                let names = self.file.data.keys().map(String::as_str);
                let placed = |error| in_settings("calibrate", error);
                defined("data set", wanted.set, names).map_err(placed)?;
                let data = self.data_set(wanted.set, point)?;
                calibrates(&resolved.training, &data)
                    .map_err(|message| placed(SettingError::at("", message)))?;
                Some(Calibrating { data, samples: wanted.samples })
            }
        };
        resolved.note_edit(edit, settings, calibrating);
        Ok(())
    }
}

impl Resolved {
    /// Adds an edit; which arm its donors are of does not count, they are named by their identities.
    ///
    /// Nor does the name of the set whose images it looks at, but what it is.
    fn note_edit(
        &mut self,
        edit: Box<dyn Edit>,
        mut settings: Value,
        calibrating: Option<Calibrating>,
    ) {
        let tables = settings.as_object_mut().into_iter().flat_map(Map::values_mut);
        for table in tables.filter_map(Value::as_object_mut) {
            if edit.donors().is_some() {
                table.retain(|key, _| key != "from" && key != "across");
            }
            if let Some(Calibrating { data, .. }) = &calibrating {
                let mut set = data.settings.clone();
                // Images are looked at as they are before they are drawn anew in every epoch.
                set.as_object_mut().into_iter().for_each(|set| drop(set.remove("augment")));
                table.insert("calibrate".into(), set);
            }
        }
        if edit.reads_fresh() && self.init_settings != default_init() {
            self.settings.insert("init".into(), self.init_settings.clone());
        }
        self.described.recipe = format!("{}; {}", edit.describe(), self.described.recipe);
        let edits = self.settings.entry("edit").or_insert_with(|| json!([]));
        edits.as_array_mut().expect("edits are a list").push(settings);
        self.training.edits.push(edit);
        self.training.calibrations.push(calibrating);
    }
}

/// Says where two nets begin to differ, with both shapes.
fn unlike_nets(net: &Net, other: &Net) -> String {
    let shape = |net: &Net| {
        let of = |own: &convscope_model::Parameter| {
            let sizes: Vec<String> = own.dimensions.iter().map(ToString::to_string).collect();
            format!("`{}` of {}", own.name, sizes.join("×"))
        };
        net.tensors().map(of).collect::<Vec<_>>()
    };
    let (here, there) = (shape(net), shape(other));
    let place = here.iter().zip(&there).position(|(here, there)| here != there);
    match place {
        Some(place) => format!(
            "parts are taken of models of the same net: this one has {}, those have {}",
            here[place], there[place]
        ),
        None if here.len() == there.len() => {
            "parts are taken of models of the same net: the weights of these have the same shapes, \
             but what happens between them differs"
                .into()
        }
        None => format!(
            "parts are taken of models of the same net: this one has {} tensors, those have {}",
            here.len(),
            there.len()
        ),
    }
}

/// Checks that an edit may look at a set: never at what its model is tested on.
fn calibrates(training: &Training, set: &Drawn) -> Result<(), String> {
    let tested = training.test.as_ref();
    if tested.is_some_and(|test| test.set.pool().shares_with(&set.set.pool())) {
        let help = "look at what it is trained on, or at a part of its own";
        return Err(format!("it draws images that `test` does: {help}"));
    }
    alike(&training.data, set)
}
