//! The plan of a study: every job, where it stands, and what will be asked of the records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use convscope_core::Identity;
use convscope_core::registry::{self, SettingError};
use convscope_data::Library;
use convscope_store::{Axis, Contents, Database, JobKind, Placement, StudyCopy};
use serde_json::{Map, Value};

use crate::claims::{Names, PlannedClaim, expand};
use crate::described::Described;
use crate::error::StudyError;
use crate::file::StudyFile;
use crate::job::{Job, Kept, Training, Work, multiply_adds, replicate_seed};
use crate::measures;
use crate::resolve::{Resolved, Resolver};
use crate::show::{self, PlannedShow};
use crate::sweep::{Point, Sweep};
use crate::text::Text;

/// A study with all names resolved and all settings checked.
pub struct Plan {
    /// The study's name: that of its file.
    pub name: String,
    /// What the file says.
    pub file: StudyFile,
    /// The file's text, for pointing at places.
    pub text: Text,
    /// The arms, in the order of the file.
    pub arms: Vec<Arm>,
    /// The jobs, by identity.
    pub jobs: BTreeMap<Identity, Job>,
    /// Where each job stands in the study.
    pub placements: Vec<Placement>,
    /// The claims, one for each published number.
    pub claims: Vec<PlannedClaim>,
    /// The figures, in the order of the page.
    pub shows: Vec<PlannedShow>,
    /// Where its data sets lie.
    pub library: Library,
}

/// One way of making models.
#[derive(Debug, Clone)]
pub struct Arm {
    /// The name in the file.
    pub name: String,
    /// What it is, at all points of the sweep together.
    pub described: Described,
    /// The axes that multiply it, with their values.
    pub axes: Vec<(String, Vec<Value>)>,
    /// How many jobs it has.
    pub jobs: usize,
}

impl Arm {
    /// Returns the axes that a reader is shown: values that are tables go along with an axis that names them.
    pub fn named_axes(&self) -> impl Iterator<Item = &(String, Vec<Value>)> {
        self.axes.iter().filter(|(_, values)| !values.iter().any(Value::is_object))
    }
}

impl Plan {
    /// Plans a study whose data sets lie in a library.
    ///
    /// # Errors
    /// [`StudyError`] at the place of the first thing that does not fit; nothing has run by then.
    pub fn of(name: &str, text: Text, library: &Library) -> Result<Self, StudyError> {
        let file: StudyFile = registry::read(text.values.clone())
            .map_err(|error| StudyError::of_setting(&text, error))?;
        if file.seeds == 0 {
            return Err(StudyError::at(&text, &["seeds"], "a study wants at least one seed"));
        }
        if file.model.is_empty() {
            return Err(StudyError::at(&text, &["model"], "a study wants at least one model"));
        }
        let sweep = Sweep::read(&file.sweep)
            .map_err(|error| StudyError::of_setting(&text, error.below("sweep")))?;
        let mut plan = Self {
            name: name.to_owned(),
            file,
            text,
            arms: Vec::new(),
            jobs: BTreeMap::new(),
            placements: Vec::new(),
            claims: Vec::new(),
            shows: Vec::new(),
            library: library.clone(),
        };
        plan.add_arms(&sweep)?;
        plan.keep_parents();
        measures::plan(&mut plan, &sweep)?;
        plan.check_mentions(&sweep)?;
        plan.shows = show::plan(&mut plan, &sweep)?;
        plan.claims = plan.expand_claims(&sweep)?;
        plan.check_queries()?;
        Ok(plan)
    }

    /// Returns the study as the store keeps it.
    pub fn copy(&self) -> StudyCopy {
        StudyCopy {
            name: self.name.clone(),
            toml: self.text.written.clone(),
            placements: self.placements.clone(),
        }
    }

    /// Returns a copy with the places of one seed: what can be asked of it is what can be asked of all.
    pub fn outline(&self) -> StudyCopy {
        let placements = self.placements.iter().filter(|placement| placement.seed == 0);
        StudyCopy {
            name: self.name.clone(),
            toml: self.text.written.clone(),
            placements: placements.cloned().collect(),
        }
    }

    /// Returns the multiply-adds of all jobs.
    pub fn cost(&self) -> f64 {
        self.jobs.values().map(|job| job.cost).sum()
    }

    /// Returns what was done to files that models start from so that they fit their nets, each told once.
    pub fn notes(&self) -> BTreeSet<String> {
        let starts = self.jobs.values().filter_map(|job| match &job.work {
            Work::Train { training, .. } => training.start.as_ref(),
            _ => None,
        });
        starts
            .flat_map(|start| start.notes().iter().map(|note| format!("{}: {note}", start.name())))
            .collect()
    }

    /// States what is wrong with what stands under a path of the file.
    pub fn wrong(&self, path: &[&str], error: SettingError) -> StudyError {
        let error = path.iter().rev().fold(error, |error, key| error.below(key));
        StudyError::of_setting(&self.text, error)
    }

    fn add_arms(&mut self, sweep: &Sweep) -> Result<(), StudyError> {
        let names: Vec<String> = self.file.model.keys().cloned().collect();
        for name in names {
            let (mut mentioned, mut jobs) = (BTreeSet::new(), 0);
            let (mut walk, mut described) = (sweep.walk(), Vec::new());
            let before = self.placements.len();
            while let Some(point) = walk.next() {
                let resolver =
                    Resolver { text: &self.text, file: &self.file, library: &self.library };
                let resolved = resolver.arm(&name, &point)?;
                self.check_count(&name, &point, before)?;
                let axes: Map<String, Value> = point.mentioned().into_iter().collect();
                described.push(resolved.described.clone());
                self.add_cell(&name, &point, resolved, &axes)?;
                walk.visited(&point);
                mentioned.extend(axes.into_iter().map(|(axis, _)| axis));
                jobs += self.file.seeds as usize;
            }
            let described =
                Described::together(&described).expect("a sweep has at least one point");
            let axes = sweep
                .axes()
                .filter(|axis| mentioned.contains(*axis))
                .map(|axis| (axis.clone(), swept(sweep, axis)))
                .collect();
            self.arms.push(Arm { name, described, axes, jobs });
        }
        Ok(())
    }

    fn add_cell(
        &mut self,
        name: &str,
        point: &Point<'_>,
        resolved: Resolved,
        axes: &Map<String, Value>,
    ) -> Result<(), StudyError> {
        let lineage = self.lineage(&resolved, point)?;
        let cost = training_cost(&resolved.training);
        let (training, shared) = (Arc::new(resolved.training), Arc::new(resolved.settings));
        for replicate in 0..self.file.seeds {
            let (parent, donors) = lineage.of(replicate);
            let settings = self.settings(&shared, &lineage, replicate);
            let id = Identity::of_json(&settings.whole());
            self.placements.push(Placement {
                model: name.to_owned(),
                seed: replicate,
                axes: axes.iter().map(|(axis, value)| (axis.clone(), axis_value(value))).collect(),
                job: id.clone(),
                kind: JobKind::Train,
            });
            let seed = replicate_seed(self.file.root_seed, replicate);
            let of_donors = donors.iter().flatten().map(|(_, id)| id.clone());
            let after = parent.iter().cloned().chain(of_donors).collect();
            let work = Work::Train { training: Arc::clone(&training), parent, donors, seed };
            let keep = BTreeSet::new();
            self.jobs.entry(id.clone()).or_insert(Job { id, settings, after, cost, work, keep });
        }
        Ok(())
    }

    /// What a job starts from must be in the store when it begins.
    fn keep_parents(&mut self) {
        let parents: Vec<Identity> = self.jobs.values().flat_map(|job| job.after.clone()).collect();
        for parent in parents {
            if let Some(job) = self.jobs.get_mut(&parent) {
                job.keep.insert(Kept::Final);
            }
        }
    }

    /// An axis that nothing mentions multiplies nothing: most likely it is a slip.
    fn check_mentions(&self, sweep: &Sweep) -> Result<(), StudyError> {
        let mentioned: BTreeSet<&String> =
            self.placements.iter().flat_map(|placement| placement.axes.keys()).collect();
        match sweep.axes().find(|axis| !mentioned.contains(axis)) {
            None => Ok(()),
            Some(axis) => {
                let message = format!("no model mentions the axis `{axis}`");
                let error = StudyError::at(&self.text, &["sweep", axis], message);
                Err(error
                    .help(format!("write `\"${axis}\"` where its values belong, or remove it")))
            }
        }
    }

    fn expand_claims(&self, sweep: &Sweep) -> Result<Vec<PlannedClaim>, StudyError> {
        let names = Names {
            models: self
                .file
                .model
                .keys()
                .chain(self.file.measure.keys())
                .map(String::as_str)
                .collect(),
            axes: sweep.axes().map(String::as_str).collect(),
        };
        let mut claims = Vec::new();
        for (index, claim) in self.file.claim.iter().enumerate() {
            let place = index.to_string();
            let expanded =
                expand(claim, &names).map_err(|error| self.wrong(&["claim", &place], error))?;
            claims.extend(expanded);
        }
        Ok(claims)
    }

    /// Asks every query of a store without records: what cannot be asked is found before work begins.
    fn check_queries(&self) -> Result<(), StudyError> {
        let (contents, copy) = (Contents::default(), self.outline());
        let database = Database::of(&contents, [&copy])
            .map_err(|error| StudyError::at(&self.text, &["sweep"], error.to_string()))?;
        for (index, show) in self.file.show.iter().enumerate() {
            if let Some(sql) = &show.sql {
                database.query(sql).map_err(|error| {
                    let path = ["show", &index.to_string(), "sql"];
                    StudyError::at(&self.text, &path, error.to_string())
                })?;
            }
        }
        for claim in &self.claims {
            for query in claim.queries() {
                database.query(query).map_err(|error| {
                    let message =
                        format!("the query of the claim \"{}\" fails: {error}", claim.says);
                    StudyError::at(&self.text, &["claim"], message)
                })?;
            }
        }
        Ok(())
    }
}

fn swept(sweep: &Sweep, axis: &str) -> Vec<Value> {
    sweep.values(axis).unwrap_or_default().into_iter().cloned().collect()
}

/// Forward passes that the gradient of a single image costs: sixteen are computed, three times.
const SAMPLE_GRADIENT: f64 = 48.0;

/// A step costs three forward passes: one forward, two backward.
fn training_cost(training: &Training) -> f64 {
    let images = |drawn: &crate::job::Drawn| drawn.set.len() as f64;
    let epochs = f64::from(training.recipe.epochs());
    let watched = training.valid.as_ref().map_or(0.0, images);
    let looked_at = training.calibrations.iter().flatten().map(|set| set.samples as f64);
    let edits = SAMPLE_GRADIENT * looked_at.sum::<f64>();
    multiply_adds(&training.net) * (epochs * (3.0 * images(&training.data) + watched) + edits)
}

pub(crate) fn axis_value(value: &Value) -> Axis {
    match value {
        Value::Number(number) => Axis::Number(number.as_f64().unwrap_or_default()),
        Value::String(text) => Axis::Text(text.clone()),
        other => Axis::Text(other.to_string()),
    }
}
