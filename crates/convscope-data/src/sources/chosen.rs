//! Images chosen from what is kept in files.

use convscope_core::{SettingError, Shape};
use serde_json::Value;

use super::choice::Choice;
use crate::library::Slot;
use crate::stored::Stored;
use crate::{DataError, Draw, Images, Pool, Set};

/// A choice from a set of which shape, classes and length are known before it is read.
pub(super) struct Chosen {
    pub(super) shape: Shape,
    pub(super) classes: Vec<String>,
    /// How many samples the set has.
    pub(super) samples: usize,
    /// What the images of the set are, wherever they lie.
    pub(super) content: Value,
    /// Settings that say where the set lies.
    pub(super) places: &'static [&'static str],
    pub(super) choice: Choice,
    pub(super) slot: Slot,
}

impl Chosen {
    /// Takes a set that is read already, or now: `content` says what its images are, `places` which
    /// settings only say where it lies or how it is written.
    pub(super) fn of_read(
        slot: Slot,
        choice: Choice,
        content: impl Fn(&Stored) -> Value,
        places: &'static [&'static str],
    ) -> Result<Self, DataError> {
        let stored = slot.as_ref().as_ref().map_err(Clone::clone)?;
        let (shape, classes, samples) = (stored.shape, stored.classes.clone(), stored.len());
        let content = content(stored);
        Ok(Self { shape, classes, samples, content, places, choice, slot })
    }

    /// Holds the choice against what there is to choose from.
    pub(super) fn checked(self) -> Result<Box<dyn Set>, SettingError> {
        self.choice.check(self.samples, self.classes.len())?;
        Ok(Box::new(self))
    }
}

impl Set for Chosen {
    fn classes(&self) -> Vec<String> {
        self.classes.clone()
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn len(&self) -> usize {
        self.choice.len(self.samples, self.classes.len())
    }

    fn pool(&self) -> Pool {
        self.choice.pool(self.content.clone(), self.samples)
    }

    fn load(&self, draw: Draw) -> Result<Images, DataError> {
        let stored = self.slot.as_ref().as_ref().map_err(Clone::clone)?;
        stored.images(&self.choice.samples(stored, draw.seed)?)
    }

    /// Puts what the images are in the place of where they lie.
    fn identified(&self, mut settings: Value) -> Value {
        let tables = settings.as_object_mut().into_iter().flat_map(|table| table.values_mut());
        for table in tables.filter_map(Value::as_object_mut) {
            table.retain(|key, _| !self.places.contains(&key.as_str()));
            table.insert("content".into(), self.content.clone());
        }
        settings
    }
}
