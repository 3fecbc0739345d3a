//! Published data sets, one member of the family for each.

use convscope_core::SettingError;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chosen::Chosen;
use super::with::With;
use crate::known::{Known, SplitName};
use crate::{DataError, Library, Set, Source};

/// Makes a published set a source.
macro_rules! entry {
    ($known:expr) => {
        Entry {
            id: $known.name,
            about: $known.about,
            source: $known.source,
            build: |settings| Ok(Box::new(Named::read($known, settings)?)),
            canonical: Named::canonical,
            schema: Named::schema,
        }
    };
}
pub(super) use entry;

/// What is particular to published sets.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Own {
    /// Which of the parts that the authors made.
    split: SplitName,
}

/// A published set and which of its images are chosen.
pub(super) struct Named {
    known: &'static Known,
    settings: With<Own>,
}

impl Named {
    pub(super) fn read(known: &'static Known, settings: Value) -> Result<Self, SettingError> {
        Ok(Self { known, settings: With::read(settings)? })
    }

    pub(super) fn canonical(settings: Value) -> Result<Value, SettingError> {
        With::<Own>::canonical(settings)
    }

    pub(super) fn schema(generator: &mut SchemaGenerator) -> Schema {
        With::<Own>::json_schema(generator)
    }
}

impl Source for Named {
    fn open(&self, library: &Library) -> Result<Box<dyn Set>, DataError> {
        let (known, split) = (self.known, self.settings.own.split);
        let place = known.place(library, split)?;
        let key = format!("{} {split:?} {place:?}", known.name);
        let slot = library.slot(key, move || known.read(&place, split));
        let chosen = Chosen {
            shape: known.shape(),
            classes: known.classes(),
            samples: known.samples(split),
            content: Value::from(known.content(split).as_str()),
            places: &[],
            choice: self.settings.choice.clone(),
            slot,
        };
        Ok(chosen.checked()?)
    }
}
