//! The settings of jobs.

use std::sync::Arc;

use serde_json::{Map, Value};

/// The canonical settings of one job, without those equal to their default.
///
/// What all replicates have in common is held once: of ten thousand seeds each would take some kilobytes.
#[derive(Debug, Clone)]
pub struct Settings {
    shared: Arc<Map<String, Value>>,
    own: Vec<(&'static str, Value)>,
}

impl Settings {
    /// Puts together what is shared and what is one job's own.
    pub(crate) fn new(shared: &Arc<Map<String, Value>>, own: Vec<(&'static str, Value)>) -> Self {
        Self { shared: Arc::clone(shared), own }
    }

    /// Returns all of them as one table.
    pub fn whole(&self) -> Value {
        let mut settings = Map::clone(&self.shared);
        settings.extend(self.own.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        Value::Object(settings)
    }
}
