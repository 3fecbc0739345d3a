//! Axes as columns.

use std::collections::BTreeMap;

use crate::StudyCopy;

/// The columns that the views have besides those of the axes.
pub const FIXED_COLUMNS: [&str; 19] = [
    "study",
    "model",
    "seed",
    "name",
    "layer",
    "epoch",
    "row",
    "column",
    "count",
    "value",
    "reason",
    "job",
    "kind",
    "outcome",
    "tool",
    "level",
    "threads",
    "wall_seconds",
    "peak_memory_bytes",
];

/// An axis that cannot be a column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AxisNameError {
    /// Its name is that of a fixed column.
    #[error(
        "an axis cannot be called `{axis}`: the views have a column of that name; rename the axis"
    )]
    Fixed {
        /// The axis.
        axis: String,
    },
    /// Two names are one to SQL.
    #[error(
        "axes `{one}` and `{two}` differ only in upper and lower case, which SQL does not tell apart; rename one"
    )]
    Case {
        /// The first.
        one: String,
        /// The second.
        two: String,
    },
    /// It has no name.
    #[error("an axis has an empty name; name it")]
    Empty,
    /// It has a position that is no number.
    #[error("axis `{axis}` has a position that is not a finite number; write it as text")]
    NotFinite {
        /// The axis.
        axis: String,
    },
}

/// Returns the union of the axes of studies, sorted.
///
/// # Errors
/// [`AxisNameError`] when one could not be a column of the views.
pub(crate) fn check<'a>(
    studies: impl IntoIterator<Item = &'a StudyCopy>,
) -> Result<Vec<String>, AxisNameError> {
    let placements = studies.into_iter().flat_map(|study| &study.placements);
    check_axis_names(placements.flat_map(|placement| placement.axes.keys().map(String::as_str)))
}

/// Refuses names of axes that could not be columns of the views; returns each once, sorted.
///
/// ```
/// use convscope_store::check_axis_names;
///
/// assert_eq!(check_axis_names(["kernel", "images", "kernel"]).unwrap(), ["images", "kernel"]);
/// assert!(check_axis_names(["epoch"]).is_err());
/// ```
///
/// # Errors
/// [`AxisNameError`] for the name of a fixed column, two that differ in case only, or none.
pub fn check_axis_names<'a>(
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<String>, AxisNameError> {
    let mut by_sql_name: BTreeMap<String, &str> = BTreeMap::new();
    for axis in names {
        if axis.is_empty() {
            return Err(AxisNameError::Empty);
        }
        let sql_name = axis.to_ascii_lowercase();
        if FIXED_COLUMNS.contains(&sql_name.as_str()) {
            return Err(AxisNameError::Fixed { axis: axis.to_owned() });
        }
        match by_sql_name.insert(sql_name, axis) {
            Some(other) if other != axis => {
                return Err(AxisNameError::Case { one: other.to_owned(), two: axis.to_owned() });
            }
            _ => {}
        }
    }
    let mut names: Vec<String> = by_sql_name.into_values().map(ToOwned::to_owned).collect();
    names.sort();
    Ok(names)
}
