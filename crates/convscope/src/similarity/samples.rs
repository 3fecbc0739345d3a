//! Whether the rows of two files are the same samples, and in which order.

use convscope_arrays::{Order, SAMPLE_IDS, Unmatched};

use super::side::Side;
use crate::complaint::Complaint;

/// How the rows of the second file become those of the first.
pub(crate) struct Matched {
    pub(crate) order: Option<Vec<usize>>,
    /// How that is known, in one word for programs.
    pub(crate) how: &'static str,
    /// The same for people, where it must be said.
    pub(crate) note: Option<String>,
}

/// Matches samples by what the files say of them; refuses what cannot be the same samples.
pub(crate) fn matched(a: &Side, b: Option<&Side>) -> Result<Matched, Complaint> {
    let Some(b) = b else {
        return Ok(Matched { order: None, how: "same-file", note: None });
    };
    let matched = match (&a.ids, &b.ids) {
        (Some(first), Some(second)) => match first.order_of(second) {
            Ok(Order::Same) => Matched { order: None, how: "ids", note: None },
            Ok(Order::Shuffled(order)) => {
                let note =
                    format!("samples stand in another order in {} and were matched by id", b.file);
                Matched { order: Some(order), how: "ids-reordered", note: Some(note) }
            }
            Err(unmatched) => return Err(refused(a, b, &unmatched)),
        },
        (first, second) => {
            let who = match (first, second) {
                (Some(_), None) => format!("{} has no `{SAMPLE_IDS}`", b.file),
                (None, Some(_)) => format!("{} has no `{SAMPLE_IDS}`", a.file),
                _ => format!("no `{SAMPLE_IDS}` in the files"),
            };
            let note = format!("{who}: that samples stand in the same order was taken on trust");
            Matched { order: None, how: "trust", note: Some(note) }
        }
    };
    if a.samples == b.samples {
        return Ok(matched);
    }
    Err(Complaint::Usage {
        message: format!(
            "{} has {} samples and {} has {}: both must be seen on the same samples",
            a.file, a.samples, b.file, b.samples
        ),
        help: Some(format!(
            "store the ids of the samples as `{SAMPLE_IDS}` and the difference can be named"
        )),
    })
}

fn refused(a: &Side, b: &Side, unmatched: &Unmatched) -> Complaint {
    let help = match unmatched {
        Unmatched::Missing { .. } => "capture both networks on the same samples",
        Unmatched::Ambiguous(_) => "give every sample an id of its own",
        Unmatched::Hash(_) => "a list of ids can be matched in any order",
    };
    Complaint::Usage {
        message: format!("{} and {}: {unmatched}", a.file, b.file),
        help: Some(help.into()),
    }
}
