//! `convscope data list|sample`

use std::process::ExitCode;

use convscope_core::registry::find;
use convscope_data::{Draw, SOURCES};
use convscope_study::{Text, replicate_seed};
use serde_json::{Value, json};

use crate::args::{DataCommand, ListArgs, SampleArgs};
use crate::complaint::Complaint;

/// Lists sources, or draws from one.
pub(crate) fn data(command: &DataCommand) -> Result<ExitCode, Complaint> {
    match command {
        DataCommand::List { json } => {
            super::list::list(&ListArgs { family: Some("sources".into()), json: *json })
        }
        DataCommand::Sample(args) => sample(args),
    }
}
