//! One file for each command.

pub(crate) mod capture;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod data;
pub(crate) mod doctor;
pub(crate) mod figure;
pub(crate) mod kernels;
pub(crate) mod list;
pub(crate) mod plan;
pub(crate) mod query;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod scan;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod similarity;
pub(crate) mod snap;

use convscope_store::Store;

use crate::complaint::Complaint;

/// Opens the store of a command that only reads.
fn open(args: &crate::args::StoreArgs) -> Result<Store, Complaint> {
    Store::open(&args.store).map_err(|error| Complaint::Usage {
        message: error.to_string(),
        help: Some(
            "`convscope run STUDY --store DIR` fills a store; name it with --store DIR".into(),
        ),
    })
}
