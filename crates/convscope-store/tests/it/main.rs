//! What a store promises.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod compaction;
mod concurrency;
mod damage;
mod full_disk;
mod job_files;
mod queries;
mod read_only;
mod round_trip;
mod rows;
mod same_job;
mod samples;
mod studies;
mod versions;
