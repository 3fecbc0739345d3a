//! Which jobs an arm's models are made from.

use std::sync::Arc;

use convscope_core::Identity;
use serde_json::{Map, Value, json};

use crate::error::StudyError;
use crate::plan::Plan;
use crate::resolve::{Resolved, Resolver};
use crate::settings::Settings;
use crate::sweep::Point;

/// The jobs that an arm's models start from, one for each replicate.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    /// The models whose weights are the start; empty where there are none.
    pub(crate) parents: Vec<Identity>,
    /// For each edit its donors, each with its name.
    pub(crate) donors: Vec<Vec<(String, Vec<Identity>)>>,
}

impl Lineage {
    /// Returns what one replicate starts from.
    pub(crate) fn of(&self, replicate: u32) -> (Option<Identity>, Vec<Vec<(String, Identity)>>) {
        let replicate = replicate as usize;
        let own = |donors: &Vec<(String, Vec<Identity>)>| {
            donors.iter().map(|(name, ids)| (name.clone(), ids[replicate].clone())).collect()
        };
        (self.parents.get(replicate).cloned(), self.donors.iter().map(own).collect())
    }
}

impl Plan {
    /// Finds the jobs that an arm, resolved at a point, starts from.
    pub(crate) fn lineage(
        &self,
        resolved: &Resolved,
        point: &Point<'_>,
    ) -> Result<Lineage, StudyError> {
        let mut lineage = Lineage::default();
        if let Some(parent) = &resolved.parent {
            lineage.parents = self.jobs_of(parent, point)?;
        }
        for edit in &resolved.training.edits {
            let donors = edit.donors().map(|donors| self.across(donors.from, donors.across, point));
            lineage.donors.push(donors.transpose()?.unwrap_or_default());
        }
        Ok(lineage)
    }

    /// Returns the jobs of an arm at each value of an axis, with the value as name.
    pub(crate) fn across(
        &self,
        arm: &str,
        axis: &str,
        point: &Point<'_>,
    ) -> Result<Vec<(String, Vec<Identity>)>, StudyError> {
        let points = point.across(axis).expect("the axis was looked up when the arm was resolved");
        let named = points.iter().map(|(value, there)| {
            let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Ok((name, self.jobs_of(arm, there)?))
        });
        named.collect()
    }

    /// Returns the jobs, one for each replicate, of an arm at a point.
    pub(crate) fn jobs_of(
        &self,
        arm: &str,
        point: &Point<'_>,
    ) -> Result<Vec<Identity>, StudyError> {
        let resolver = Resolver { text: &self.text, file: &self.file, library: &self.library };
        let resolved = resolver.arm(arm, point)?;
        let lineage = self.lineage(&resolved, point)?;
        let shared = Arc::new(resolved.settings);
        let ids = (0..self.file.seeds).map(|replicate| {
            Identity::of_json(&self.settings(&shared, &lineage, replicate).whole())
        });
        Ok(ids.collect())
    }

    /// Returns the settings of one replicate, which are its identity.
    pub(crate) fn settings(
        &self,
        shared: &Arc<Map<String, Value>>,
        lineage: &Lineage,
        replicate: u32,
    ) -> Settings {
        let mut own = vec![("replicate", json!(replicate))];
        if self.file.root_seed != 0 {
            own.push(("root-seed", json!(self.file.root_seed)));
        }
        let (parent, donors) = lineage.of(replicate);
        if let Some(parent) = parent {
            own.push(("from", json!(parent.as_str())));
        }
        if donors.iter().any(|of_edit| !of_edit.is_empty()) {
            own.push(("donors", json!(donors)));
        }
        Settings::new(shared, own)
    }
}
