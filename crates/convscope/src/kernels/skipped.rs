//! Arrays that are not looked at, and why.

use std::collections::BTreeMap;

use super::table::counted;

/// An array that is not looked at.
#[derive(Debug, Clone)]
pub(crate) struct Skipped {
    /// Its name.
    pub(crate) name: String,
    /// Its dimensions, slowest first.
    pub(crate) dimensions: Vec<usize>,
    /// Its type of number.
    pub(crate) kind: &'static str,
    /// Why, in words that follow "2 arrays: ".
    pub(crate) why: String,
}

impl Skipped {
    /// Counts those of each reason.
    pub(crate) fn told(all: &[Self]) -> String {
        let told = by_reason(all).into_iter().map(|(why, arrays)| {
            format!("{} ({}): {why}", counted(arrays.len(), "array"), named(&arrays))
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

/// How many names are given for a reason.
const NAMED: usize = 3;

/// Returns each reason with the arrays that it holds for, in the order of their first.
pub(crate) fn by_reason(skipped: &[Skipped]) -> Vec<(&str, Vec<&Skipped>)> {
    let mut order: Vec<&str> = Vec::new();
    let mut gathered: BTreeMap<&str, Vec<&Skipped>> = BTreeMap::new();
    for one in skipped {
        let of = gathered.entry(&one.why).or_default();
        if of.is_empty() {
            order.push(&one.why);
        }
        of.push(one);
    }
    let take = |why| (why, gathered.remove(why).unwrap_or_default());
    order.into_iter().map(take).collect()
}

/// Names the first arrays with their dimensions, and says how many more there are.
pub(crate) fn named(arrays: &[&Skipped]) -> String {
    let shown = arrays.iter().take(NAMED).map(|one| {
        let name = if one.name.is_empty() { "the array" } else { one.name.as_str() };
        format!("{name} {:?}", one.dimensions)
    });
    let mut shown: Vec<String> = shown.collect();
    if arrays.len() > NAMED {
        shown.push(format!("{} more", arrays.len() - NAMED));
    }
    shown.join(", ")
}
