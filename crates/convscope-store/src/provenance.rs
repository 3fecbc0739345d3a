//! Where a record came from.

use std::collections::BTreeMap;

use convscope_core::Identity;
use serde::{Deserialize, Serialize};

/// How and where a job was carried out: what may differ between two runs of the same job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The job.
    pub job: Identity,
    /// The version of convscope.
    pub tool: String,
    /// Who computed: the engine, by its instruction level ("avx2"), or a device, with its precision where
    /// that is not 32 bits ("cuda:0", "cuda:0 mixed").
    pub level: String,
    /// How many threads computed the job.
    pub threads: u32,
    /// How long the job took, in seconds: of one that was interrupted and went on, the last part. On a device, those that
    /// were trained with it took as long.
    pub wall_seconds: f64,
    /// The most memory that the process had used by then.
    pub peak_memory_bytes: u64,
    /// The content hash of every data set that was read, by the data set's name.
    #[serde(default)]
    pub data: BTreeMap<String, String>,
}
