//! The engine's promises.

mod agreement;
mod differences;
mod doors;
mod inlined;
mod nets;
mod promises;
mod steps;
mod symmetry;
mod trial;
mod zoo;
