//! A model that can be run up to any of its values.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use convscope_arrays::{Arrays, Source};
use rten::{Model, ModelOptions, ThreadPool};
use rten_tensor::prelude::*;

use crate::bare::bare;
use crate::graph::Graph;
use crate::running::Running;
use crate::{CaptureError, Outline};

/// A model, ready to compute.
pub struct Network {
    file: String,
    outline: Outline,
    graph: Graph,
    model: Model,
    pool: Arc<ThreadPool>,
    memory: u64,
}

/// Bytes that values may take at once, if nobody says so.
const MEMORY: u64 = 4_000_000_000;

/// Numbers for an input.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The name of the input.
    pub input: String,
    /// Their dimensions, samples first.
    pub dimensions: Vec<usize>,
    /// The numbers, the last dimension fastest.
    pub numbers: Numbers,
}

/// Numbers of the types that are computed with; whole numbers have at most 32 bits.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// 32-bit floats.
    Floats(Vec<f32>),
    /// Whole numbers; 64 bits of the model are 32 here.
    Wholes(Vec<i32>),
    /// Bytes with a sign.
    Signed(Vec<i8>),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A value of a model for one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// Its dimensions.
    pub dimensions: Vec<usize>,
    /// Its numbers, the last dimension fastest; `None` when they are no floats.
    pub numbers: Option<Vec<f32>>,
}

impl Network {
    /// Reads a model, and the files beside it in which its weights may be, to compute with so many
    /// threads.
    ///
    /// # Errors
    /// [`CaptureError::Model`] for a file that is no model or damaged, for weights that are not where it
    /// says, and for operators that are not known.
    pub fn open(path: &Path, threads: usize) -> Result<Self, CaptureError> {
        let file = path.display().to_string();
        let wrong = |why: String| CaptureError::Model { file: file.clone(), why };
        let source = Source::open(path).map_err(|error| wrong(error.to_string()))?;
        let unread = |why| wrong(format!("this is no ONNX model that can be read: {why}"));
        let outline = Outline::read(&source).map_err(unread)?;
        let graph = Graph::read(&source).map_err(unread)?;
        if path.extension().is_none_or(|extension| extension != "onnx") {
            return Err(wrong("a model's file must be called .onnx".into()));
        }
        // The runtime takes memory for weights before it looks whether they are there.
        let weights = Arrays::open(path);
        let weights = weights.map_err(|error| wrong(format!("it cannot be loaded: {error}")))?;
        let alone = weights.source().length_with_beside() == weights.source().length();
        let mut options = ModelOptions::with_all_ops();
        options.enable_optimization(false);
        let model = caught(|| {
            if !alone {
                return options.load_file(path).map_err(|error| error.to_string());
            }
            let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
            options.load(bare(&bytes)?).map_err(|error| error.to_string())
        });
        let model = model.map_err(|why| wrong(format!("it cannot be loaded: {why}")))?;
        let pool = ThreadPool::with_num_threads(threads).into();
        Ok(Self { file, outline, graph, model, pool, memory: MEMORY })
    }

    /// Sets how many bytes values may take at once, 4 GB if nobody does: those that are still needed, and
    /// the most that the node about to run could make.
    #[must_use]
    pub fn with_memory(self, bytes: u64) -> Self {
        Self { memory: bytes, ..self }
    }

    /// Returns the model's file, as it was named.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns what the model says of itself.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Computes some values; what none of them needs is left out.
    ///
    /// # Errors
    /// What the runtime says, or which node would take more memory than values may.
    pub fn run(&self, batches: Vec<Batch>, names: &[&str]) -> Result<Vec<Computed>, String> {
        let nodes = self.graph.order(names)?;
        let named = |batch: Batch| Ok((batch.input.clone(), value(batch)?));
        let inputs = batches.into_iter().map(named).collect::<Result<Vec<_>, String>>()?;
        let mut running = Running::new(self, &nodes, names, inputs);
        for node in nodes {
            running.step(node)?;
        }
        names.iter().map(|name| running.take(name).map(computed)).collect()
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    pub(crate) fn pool(&self) -> Arc<ThreadPool> {
        Arc::clone(&self.pool)
    }

    pub(crate) fn memory(&self) -> u64 {
        self.memory
    }
}

fn value(batch: Batch) -> Result<rten::Value, String> {
    let shape = batch.dimensions;
    let unlike = |error: &dyn std::fmt::Display| error.to_string();
    match batch.numbers {
        Numbers::Floats(numbers) => rten::Value::from_shape(shape, numbers).map_err(|e| unlike(&e)),
        Numbers::Wholes(numbers) => rten::Value::from_shape(shape, numbers).map_err(|e| unlike(&e)),
        Numbers::Signed(numbers) => rten::Value::from_shape(shape, numbers).map_err(|e| unlike(&e)),
        Numbers::Bytes(numbers) => rten::Value::from_shape(shape, numbers).map_err(|e| unlike(&e)),
    }
}

fn computed(value: rten::Value) -> Computed {
    let dimensions = value.shape().to_vec();
    let numbers = match value {
        rten::Value::FloatTensor(tensor) => Some(tensor.to_vec()),
        _ => None,
    };
    Computed { dimensions, numbers }
}

/// Calls the runtime, which says of some models in a panic what is wrong with them.
pub(crate) fn caught<T>(call: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let said = |payload: Box<dyn Any + Send>| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        format!("the runtime panicked: {}", text.unwrap_or("it did not say why"))
    };
    catch_unwind(AssertUnwindSafe(call)).map_err(said)?
}
