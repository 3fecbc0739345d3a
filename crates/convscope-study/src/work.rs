//! What a job does: one training, or a few images.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use convscope_core::{Identity, Seed, Value};
use convscope_data::DataError;
use convscope_edit::{EditError, Edited, Note, Rounding};
use convscope_engine::Level;
use convscope_model::Net;
use convscope_model::formats::{WeightsError, safetensors};
use convscope_store::{Curve, Named, Outcome, Record, Store, Table};
use convscope_train::{
    Checkpoint, Continue, Handling, TrainError, Trained, Trainer, measure as examine, resume, train,
};

use crate::job::{Drawn, Job, Kept, SAMPLES_FILE, StartError, Training, Work};
use crate::kept::{KeptError, kept_weights};
use crate::made::{Edits, Made, Told};
use crate::measure::Measurement;
use crate::samples::draw_samples;
use crate::shelf::{Shelf, Shelved};

/// What a job leaves.
pub(crate) enum Left {
    /// It is finished.
    Done(Done),
    /// It was interrupted: what its next run can go on from, where there is that.
    Stopped(Option<Checkpoint>),
}

/// A finished job: its record, and the files it leaves.
pub(crate) struct Done {
    pub(crate) record: Record,
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
    /// The identities of the images that it used, by the set's name.
    pub(crate) data: BTreeMap<String, String>,
}

/// Who computes.
#[derive(Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) level: Level,
    /// How many threads a job has to itself.
    pub(crate) threads: usize,
    /// The device that trains in the engine's place.
    pub(crate) trainer: Option<&'a dyn Trainer>,
    /// Where sets of images are.
    pub(crate) shelf: &'a Shelf,
}

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.trainer {
            Some(trainer) => f.write_str(trainer.name()),
            None => self.level.fmt(f),
        }
    }
}

/// Why a job has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("weights that it needs: {0}")]
    Kept(#[from] KeptError),
}

/// Does a job, from a checkpoint if there is one.
///
/// A job that fails does not end the run: its record says why. That holds for a panic as well.
pub(crate) fn do_job(
    job: &Job,
    from: Option<&Checkpoint>,
    store: &Store,
    by: By<'_>,
    interrupt: &AtomicBool,
) -> Left {
    let left = catch_unwind(AssertUnwindSafe(|| match &job.work {
        Work::Train { .. } => train_model(job, from, store, by, interrupt),
        Work::Measure { measurement, subjects } => {
            measure(job, measurement, subjects, store).map(Left::Done)
        }
        Work::Sample { data, per_class, seed } => {
            sample(job, data, *per_class, *seed).map(Left::Done)
        }
    }));
    match left {
        Ok(Ok(left)) => left,
        Ok(Err(error)) => Left::Done(failed(job, error.to_string())),
        Err(panic) => Left::Done(failed(job, bug(&*panic))),
    }
}

fn train_model(
    job: &Job,
    from: Option<&Checkpoint>,
    store: &Store,
    by: By<'_>,
    interrupt: &AtomicBool,
) -> Result<Left, WorkError> {
    let ready = Ready::of(job, store, by)?;
    let (training, start) = (ready.describe(by), ready.start.clone());
    let mut watch = |_: &_, _: &[f32]| go_on(interrupt);
    let resumed = from.map(|from| resume(&training, start.clone(), from, &mut watch));
    let trained = match resumed {
        // Only somebody who moved files can bring another training's checkpoint here: the job begins anew.
        None | Some(Err(TrainError::Checkpoint(_))) => train(&training, start, &mut watch),
        Some(resumed) => resumed,
    };
    ready.leave(trained?, by)
}

/// Lets a training go on until somebody interrupts the run.
pub(crate) fn go_on(interrupt: &AtomicBool) -> Continue {
    if interrupt.load(Ordering::Relaxed) { Continue::No } else { Continue::Yes }
}

/// A training that can begin.
pub(crate) struct Ready<'j> {
    pub(crate) job: &'j Job,
    training: &'j Training,
    seed: Seed,
    pub(crate) images: Arc<Shelved>,
    pub(crate) valid: Option<Arc<Shelved>>,
    pub(crate) test: Option<Arc<Shelved>>,
    /// The first weights.
    pub(crate) start: Vec<f32>,
    told: Told,
    /// What rounds kernels again after training.
    roundings: Vec<Rounding>,
    handling: Vec<Handling>,
}

impl<'j> Ready<'j> {
    /// Loads what a training job needs.
    pub(crate) fn of(job: &'j Job, store: &Store, by: By<'_>) -> Result<Self, WorkError> {
        let Work::Train { training, parent, donors, seed } = &job.work else {
            unreachable!("only a training trains")
        };
        let load = |drawn: &Drawn| by.shelf.get(drawn, *seed);
        let images = load(&training.data)?;
        let valid = training.valid.as_ref().map(load).transpose()?;
        let test = training.test.as_ref().map(load).transpose()?;
        let own = training.seed(*seed);
        let mut handling = training.handling(own);
        let start = match (parent, &training.start) {
            (Some(parent), _) => weights_of(store, parent, Kept::Final, &training.net)?,
            (None, Some(file)) => file.weights(&training.net).map_err(StartError::File)?,
            (None, None) => training.begin(own, &handling)?,
        };
        let edits = Edits { training, handling: &handling, donors, seeds: [*seed, own], store, by };
        let Made { weights: mut start, handling: handled, told, roundings } = edits.make(start)?;
        // What a parent, a file or an edit left need not have the form.
        for (parameter, handling) in training.net.parameters().iter().zip(&handling) {
            handling.project(&mut start[parameter.range()]);
        }
        // What the arm itself asks for counts more than what an edit does.
        let plain = Handling::default();
        for (parameter, own) in handled {
            if handling[parameter] == plain {
                handling[parameter] = own;
            }
        }
        Ok(Self { job, training, seed: own, images, valid, test, start, told, roundings, handling })
    }

    /// Describes it to who trains.
    pub(crate) fn describe(&self, by: By<'_>) -> convscope_train::Training<'_> {
        convscope_train::Training {
            net: &self.training.net,
            images: &self.images.images,
            augment: Some(&self.training.data.augment),
            valid: self.valid.as_ref().map(|set| &set.images),
            test: self.test.as_ref().map(|set| &set.images),
            recipe: &self.training.recipe,
            handling: &self.handling,
            seed: self.seed,
            level: by.level,
            threads: by.threads,
        }
    }

    /// Makes what is kept of it.
    pub(crate) fn leave(&self, trained: Trained, by: By<'_>) -> Result<Left, WorkError> {
        let Self { job, training, images, .. } = self;
        let mut told = self.told.clone();
        let trained = self.rounded(trained, &mut told, by)?;
        let outcome = match trained.outcome {
            convscope_train::Outcome::Stopped { .. } => {
                return Ok(Left::Stopped(trained.checkpoint));
            }
            convscope_train::Outcome::Done => Outcome::Done,
            convscope_train::Outcome::Diverged { epoch } => Outcome::Diverged { epoch },
        };
        let files = weights_files(&job.keep, &training.net, &self.start, &trained.weights)?;
        let sets =
            [("train", Some(images)), ("valid", self.valid.as_ref()), ("test", self.test.as_ref())];
        let data = sets
            .into_iter()
            .filter_map(|(set, images)| Some((set.into(), images?.content().to_string())));
        let data = data.collect();
        let record = record(job, outcome, trained, &told, self);
        Ok(Left::Done(Done { record, files, data }))
    }

    /// Rounds kernels again where edits ask for it, and measures the model that results.
    ///
    /// What was measured before is kept under `unrounded-` and its name. The engine measures here also what a
    /// device trained.
    fn rounded(
        &self,
        mut trained: Trained,
        told: &mut Told,
        by: By<'_>,
    ) -> Result<Trained, WorkError> {
        if self.roundings.is_empty() || trained.outcome != convscope_train::Outcome::Done {
            return Ok(trained);
        }
        for rounding in &self.roundings {
            let Edited { weights, notes, values, .. } = rounding.round(trained.weights);
            trained.weights = weights;
            told.renew(notes, values);
        }
        let rounded = examine(&self.describe(by), trained.weights)?;
        let of = |values: &[(String, Value)], name: &str| {
            values.iter().find(|(own, _)| own == name).and_then(|(_, value)| value.number())
        };
        let losses = [&rounded.values, &trained.values].map(|values| of(values, "train-loss"));
        if let [Some(after), Some(before)] = losses {
            told.add(Vec::new(), vec![("rounding-loss-change".into(), after - before)]);
        }
        let before = trained.values.into_iter().filter(|(name, _)| name != "free-parameters");
        let before = before.map(|(name, value)| (format!("unrounded-{name}"), value));
        let values = rounded.values.into_iter().chain(before).collect();
        Ok(Trained { values, curves: trained.curves, ..rounded })
    }
}

pub(crate) fn weights_of(
    store: &Store,
    id: &Identity,
    kept: Kept,
    net: &Net,
) -> Result<Vec<f32>, WorkError> {
    Ok(kept_weights(store, id, kept, net)?)
}

fn weights_files(
    keep: &BTreeSet<Kept>,
    net: &Net,
    initial: &[f32],
    last: &[f32],
) -> Result<Vec<(&'static str, Vec<u8>)>, WorkError> {
    let file = |kept: &Kept| {
        let weights = match kept {
            Kept::Initial => initial,
            Kept::Final => last,
        };
        Ok((kept.file(), safetensors::write(net, weights)?))
    };
    keep.iter().map(file).collect()
}

fn record(job: &Job, outcome: Outcome, trained: Trained, told: &Told, ready: &Ready<'_>) -> Record {
    let classes = ready.images.images.classes();
    let edited = told.values.iter().map(|(name, value)| Named::new(name, Value::of(*value)));
    let values = trained.values.into_iter().map(|(name, value)| Named::new(name, value));
    let table = |confusions: convscope_train::Confusions| {
        let counts = confusions.counts.iter().map(|&count| count as f64).collect();
        Table::new(confusions.name, classes.to_vec(), classes.to_vec(), counts)
    };
    Record {
        job: job.id.clone(),
        settings: job.settings.whole(),
        outcome,
        values: values.chain(edited).collect(),
        curves: trained
            .curves
            .into_iter()
            .map(|curve| Curve::new(curve.name, 1, curve.values))
            .collect(),
        tables: told.notes.iter().map(noted).chain(trained.tables.into_iter().map(table)).collect(),
    }
}

fn noted(note: &Note) -> Table {
    let Note { name, rows, columns, values } = note.clone();
    Table::new(name, rows, columns, values)
}

fn measure(
    job: &Job,
    measurement: &Measurement,
    subjects: &[(String, Identity, Kept)],
    store: &Store,
) -> Result<Done, WorkError> {
    let weights = subjects.iter().map(|(name, id, kept)| {
        Ok((name.clone(), weights_of(store, id, *kept, &measurement.net)?))
    });
    let weights = weights.collect::<Result<Vec<_>, WorkError>>()?;
    let mut record = empty(job, Outcome::Done);
    measurement.take(&weights, &mut record);
    Ok(Done { record, files: Vec::new(), data: BTreeMap::new() })
}

fn sample(job: &Job, data: &Drawn, per_class: u32, seed: Seed) -> Result<Done, WorkError> {
    let bytes = draw_samples(data, per_class, seed)?;
    Ok(Done {
        record: empty(job, Outcome::Done),
        files: vec![(SAMPLES_FILE, bytes)],
        data: BTreeMap::new(),
    })
}

pub(crate) fn failed(job: &Job, reason: String) -> Done {
    Done {
        record: empty(job, Outcome::Failed { reason }),
        files: Vec::new(),
        data: BTreeMap::new(),
    }
}

fn empty(job: &Job, outcome: Outcome) -> Record {
    Record {
        job: job.id.clone(),
        settings: job.settings.whole(),
        outcome,
        values: Vec::new(),
        curves: Vec::new(),
        tables: Vec::new(),
    }
}

/// Says what a panic said.
pub(crate) fn bug(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("a bug in convscope: {}", text.unwrap_or_else(|| "a panic".into()))
}
