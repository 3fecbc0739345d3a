//! Data sets of a study.

use convscope_core::registry::{self, SettingError, build};
use convscope_data::transforms::Chain;
use convscope_data::{DataError, SOURCES};
use serde_json::{Value, json};

use super::Resolver;
use crate::error::{StudyError, defined};
use crate::file::DataTable;
use crate::job::Drawn;
use crate::sweep::Point;

impl Resolver<'_> {
    /// Resolves a data set that a model or a figure names.
    pub(crate) fn data_set(&self, name: &str, point: &Point<'_>) -> Result<Drawn, StudyError> {
        let placed = |error: SettingError| {
            StudyError::of_setting(self.text, error.below(name).below("data"))
        };
        let table = point.fill(&self.file.data[name]).map_err(placed)?;
        let table: DataTable = registry::read(table).map_err(placed)?;
        let (source, settings) = build(SOURCES, "data source", &table.source)
            .map_err(|error| placed(error.below("source")))?;
        let source = source.open(self.library).map_err(|error| {
            let help = error.help().map(str::to_owned);
            let kind = table.source.as_object().and_then(|table| table.keys().next());
            let error = match error {
                DataError::Setting(error) => error,
                other => SettingError::at("", other.to_string()),
            };
            let error = kind.into_iter().fold(error, |error, kind| error.below(kind));
            let error = placed(error.below("source"));
            help.into_iter().fold(error, StudyError::help)
        })?;
        let transforms = Chain::build(&table.transform, source.shape())
            .map_err(|error| placed(error.below("transform")))?;
        let augment =
            augment(&table.augment, &transforms).map_err(|error| placed(error.below("augment")))?;
        let mut settings = json!({ "source": source.identified(settings) });
        if !transforms.is_empty() {
            settings["transform"] = json!(transforms.canonical());
        }
        if !augment.is_empty() {
            settings["augment"] = json!(augment.canonical());
        }
        Ok(Drawn { settings, set: source, transforms, augment })
    }

    /// Resolves the data set that stands under a key of a model.
    pub(super) fn data(
        &self,
        model: &str,
        key: &str,
        name: &str,
        point: &Point<'_>,
    ) -> Result<Drawn, StudyError> {
        let names = self.file.data.keys().map(String::as_str);
        defined("data set", name, names).map_err(|error| {
            StudyError::of_setting(self.text, error.below(key).below(model).below("model"))
        })?;
        self.data_set(name, point)
    }
}

/// Builds what is done to images anew in every epoch; it leaves their shape as it is.
fn augment(written: &[Value], transforms: &Chain) -> Result<Chain, SettingError> {
    let chain = Chain::build(written, transforms.shape())?;
    let (before, after) = (chain.input(), chain.shape());
    if before != after {
        let message =
            format!("this makes images of {before} to {after}: what does belongs in `transform`");
        return Err(SettingError::at("", message));
    }
    Ok(chain)
}

/// Checks that what is watched or tested on is the same task, and has no image of what is trained on.
pub(super) fn same_task(data: &Drawn, other: Option<&Drawn>) -> Result<(), String> {
    let Some(other) = other else { return Ok(()) };
    if data.set.pool().shares_with(&other.set.pool()) {
        let help = "give it another part of the source, such as another `split` or `range`";
        return Err(format!("it draws the very images that `data` does: {help}"));
    }
    alike(data, other)
}

/// Checks that two sets are of one shape and of the same classes.
pub(super) fn alike(data: &Drawn, other: &Drawn) -> Result<(), String> {
    let (here, there) = (data.shape(), other.shape());
    if here != there {
        return Err(format!("its images are {there}, those of `data` {here}"));
    }
    let (here, there) = (data.set.classes(), other.set.classes());
    if here != there {
        return Err(format!(
            "its classes are {}, those of `data` {}",
            there.join(", "),
            here.join(", ")
        ));
    }
    Ok(())
}
