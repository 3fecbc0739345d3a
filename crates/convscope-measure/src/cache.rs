//! Factors that depend on a setting, kept by it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Values by key, each computed once and shared.
#[derive(Debug)]
pub(crate) struct Shelf<K, V>(Mutex<BTreeMap<K, Arc<V>>>);

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }
}

impl<K: Ord, V> Shelf<K, V> {
    /// Returns the value of a key if there is one.
    pub(crate) fn known(&self, key: &K) -> Option<Arc<V>> {
        self.lock().get(key).map(Arc::clone)
    }

    /// Returns the value of a key; it is computed while the shelf is open to others.
    pub(crate) fn get(&self, key: K, value: impl FnOnce() -> V) -> Arc<V> {
        if let Some(value) = self.known(&key) {
            return value;
        }
        let value = Arc::new(value());
        Arc::clone(self.lock().entry(key).or_insert(value))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<K, Arc<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
