//! No change.

use convscope_core::Entry;
use convscope_core::registry::SettingError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Moment, Schedule, entry};

pub(super) const ENTRY: Entry<dyn Schedule> =
    entry::<Constant>("constant", "The same rate in every epoch.", "textbook");

/// The same rate in every epoch.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Constant {}

impl Schedule for Constant {
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    fn rate(&self, start: f64, _at: Moment) -> f64 {
        start
    }

    fn describe(&self) -> String {
        "constant rate".into()
    }
}
