//! What a job does: one training, or a few images.

use std::sync::atomic::{AtomicBool, Ordering};

use convscope_core::{Seed, Value};
use convscope_data::{Draw, Images};
use convscope_engine::Level;
use convscope_model::formats::safetensors;
use convscope_store::{Record, Store};
use convscope_train::{Continue, Trained};

use crate::job::{Drawn, Job, Kept, SAMPLES_FILE, Training, Work};

/// A finished job: its record, and the files it leaves.
pub(crate) struct Done {
    pub(crate) record: Record,
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
}
