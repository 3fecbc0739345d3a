//! Axes and their values, and the filling in of `$axis`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use convscope_core::registry::{SettingError, nearest};
use serde_json::{Map, Value};

/// Column names that an axis cannot have.
const COLUMNS: &[&str] = &[
    "study",
    "model",
    "seed",
    "name",
    "value",
    "reason",
    "job",
    "epoch",
    "layer",
    "row",
    "column",
    "count",
    "kind",
    "outcome",
    "wall_seconds",
    "peak_memory_bytes",
    "level",
    "tool",
];

/// The axes of a study.
///
/// A dimension is one axis with its values, or several axes whose values go together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sweep {
    dimensions: Vec<Dimension>,
}

#[derive(Debug, Clone)]
struct Dimension {
    /// The key in `[sweep]`.
    name: String,
    axes: Vec<String>,
    /// One row for each position, one value for each axis.
    positions: Vec<Vec<Value>>,
}

impl Sweep {
    /// Reads `[sweep]`.
    pub(crate) fn read(table: &Map<String, Value>) -> Result<Self, SettingError> {
        let mut sweep = Self::default();
        for (name, values) in table {
            let dimension = read_dimension(name, values).map_err(|error| error.below(name))?;
            for axis in &dimension.axes {
                if COLUMNS.contains(&axis.as_str()) {
                    return Err(SettingError::at(
                        name,
                        format!(
                            "an axis cannot be called `{axis}`: results have a column of that name"
                        ),
                    ));
                }
                if sweep.axes().any(|earlier| earlier == axis) {
                    return Err(SettingError::at(
                        name,
                        format!("there are two axes called `{axis}`"),
                    ));
                }
            }
            sweep.dimensions.push(dimension);
        }
        Ok(sweep)
    }

    /// Returns the names of all axes, in the order of the file.
    pub(crate) fn axes(&self) -> impl Iterator<Item = &String> + Clone {
        self.dimensions.iter().flat_map(|dimension| &dimension.axes)
    }

    /// Walks over the combinations of positions of which no two are the same to who visits them.
    pub(crate) fn walk(&self) -> Walk<'_> {
        let first = vec![0; self.dimensions.len()];
        Walk { sweep: self, waiting: BTreeSet::from([first]), seen: BTreeMap::new() }
    }

    fn at(&self, chosen: Vec<usize>) -> Point<'_> {
        Point { sweep: self, chosen, mentioned: RefCell::default() }
    }

    /// Returns the dimension and the column of an axis.
    fn find(&self, axis: &str) -> Result<(usize, usize), SettingError> {
        let mut places = self.dimensions.iter().enumerate().filter_map(|(index, dimension)| {
            Some((index, dimension.axes.iter().position(|name| name == axis)?))
        });
        places.next().ok_or_else(|| {
            let nearest = nearest(axis, self.axes().map(String::as_str));
            let message = format!("there is no axis called `{axis}` in [sweep]");
            SettingError { nearest, ..SettingError::at("", message) }
        })
    }

    /// Returns the values of an axis.
    pub(crate) fn values(&self, axis: &str) -> Option<Vec<&Value>> {
        self.dimensions.iter().find_map(|dimension| {
            let column = dimension.axes.iter().position(|name| name == axis)?;
            Some(dimension.positions.iter().map(|row| &row[column]).collect())
        })
    }
}

fn read_dimension(name: &str, values: &Value) -> Result<Dimension, SettingError> {
    let Some(values) = values.as_array() else {
        return Err(SettingError::at("", format!("the values of `{name}` must be a list")));
    };
    let Some(first) = values.first() else {
        return Err(SettingError::at("", format!("`{name}` has no values")));
    };
    let axes: Vec<String> = match first {
        Value::Object(entries) => entries.keys().cloned().collect(),
        _ => vec![name.to_owned()],
    };
    let mut positions: Vec<Vec<Value>> = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let row = match (value, first) {
            (Value::Object(entries), Value::Object(_)) => tied_row(&axes, entries),
            (Value::Object(_), _) | (_, Value::Object(_)) => None,
            (value, _) => Some(vec![value.clone()]),
        };
        let row = row.ok_or_else(|| {
            let wanted = format!("every value of `{name}` must have the same keys as the first");
            SettingError::at(&index.to_string(), wanted)
        })?;
        if positions.contains(&row) {
            return Err(SettingError::at(&index.to_string(), "this value stands there twice"));
        }
        positions.push(row);
    }
    Ok(Dimension { name: name.to_owned(), axes, positions })
}

fn tied_row(axes: &[String], entries: &Map<String, Value>) -> Option<Vec<Value>> {
    let row: Option<Vec<Value>> = axes.iter().map(|axis| entries.get(axis).cloned()).collect();
    row.filter(|_| entries.len() == axes.len())
}

/// A walk over a sweep, the last dimension changing fastest.
///
/// Points that differ only on axes that a visit did not mention are one to it. So it takes as many visits as there
/// are results, and not as many as the sweep has points, which are more than can be counted soon.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    sweep: &'a Sweep,
    waiting: BTreeSet<Vec<usize>>,
    /// Where visits were: the dimensions that each mentioned, and the positions on these.
    seen: BTreeMap<Vec<usize>, BTreeSet<Vec<usize>>>,
}

impl<'a> Walk<'a> {
    /// Returns the next point.
    pub(crate) fn next(&mut self) -> Option<Point<'a>> {
        loop {
            let chosen = self.waiting.pop_first()?;
            let stands = |(dimensions, seen): (&Vec<usize>, &BTreeSet<Vec<usize>>)| {
                seen.contains(&dimensions.iter().map(|&index| chosen[index]).collect::<Vec<_>>())
            };
            if !self.seen.iter().any(stands) {
                return Some(self.sweep.at(chosen));
            }
        }
    }

    /// Goes on from a point whose visit is over, to where what it mentioned differs.
    pub(crate) fn visited(&mut self, point: &Point<'a>) {
        let dimensions: Vec<usize> = point.mentioned.borrow().iter().copied().collect();
        for &index in &dimensions {
            for position in 0..self.sweep.dimensions[index].positions.len() {
                let mut next = point.chosen.clone();
                next[index] = position;
                self.waiting.insert(next);
            }
        }
        let here = dimensions.iter().map(|&index| point.chosen[index]).collect();
        self.seen.entry(dimensions).or_default().insert(here);
    }
}

/// One combination of positions on all dimensions, which remembers what was asked of it.
#[derive(Debug, Clone)]
pub(crate) struct Point<'a> {
    sweep: &'a Sweep,
    chosen: Vec<usize>,
    mentioned: RefCell<BTreeSet<usize>>,
}

impl Point<'_> {
    /// Fills in every `$axis` of a value.
    pub(crate) fn fill(&self, value: &Value) -> Result<Value, SettingError> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(axis) => self.value(axis)?.clone(),
                None => value.clone(),
            },
            Value::Array(items) => {
                let filled = items.iter().enumerate().map(|(index, item)| {
                    self.fill(item).map_err(|error| error.below(&index.to_string()))
                });
                Value::Array(filled.collect::<Result<_, _>>()?)
            }
            Value::Object(entries) => {
                let filled = entries.iter().map(|(key, item)| {
                    let item = self.fill(item).map_err(|error| error.below(key))?;
                    Ok((key.clone(), item))
                });
                Value::Object(filled.collect::<Result<_, SettingError>>()?)
            }
            other => other.clone(),
        })
    }

    /// Returns the name in `[sweep]` of each dimension that was mentioned so far, and its count of positions.
    pub(crate) fn dimensions(&self) -> Vec<(&str, usize)> {
        let mentioned = self.mentioned.borrow();
        let all = mentioned.iter().map(|&index| &self.sweep.dimensions[index]);
        all.map(|dimension| (dimension.name.as_str(), dimension.positions.len())).collect()
    }

    /// Returns the axes that were mentioned so far, with their values.
    pub(crate) fn mentioned(&self) -> BTreeMap<String, Value> {
        let mentioned = self.mentioned.borrow();
        mentioned
            .iter()
            .flat_map(|&index| {
                let dimension = &self.sweep.dimensions[index];
                let row = &dimension.positions[self.chosen[index]];
                dimension.axes.iter().cloned().zip(row.iter().cloned())
            })
            .collect()
    }

    /// Returns the points that differ from this one on an axis alone, one for each of its values; none of
    /// them has mentioned anything.
    pub(crate) fn across(&self, axis: &str) -> Result<Vec<(Value, Self)>, SettingError> {
        let (index, column) = self.sweep.find(axis)?;
        let positions = self.sweep.dimensions[index].positions.iter().enumerate();
        let at = positions.map(|(position, row)| {
            let mut chosen = self.chosen.clone();
            chosen[index] = position;
            (row[column].clone(), self.sweep.at(chosen))
        });
        Ok(at.collect())
    }

    /// Takes over what another point has mentioned, but for the axes that move with `axis`.
    pub(crate) fn mention_as(&self, other: &Self, axis: &str) -> Result<(), SettingError> {
        let (across, _) = self.sweep.find(axis)?;
        let theirs = other.mentioned.borrow();
        self.mentioned.borrow_mut().extend(theirs.iter().filter(|index| **index != across));
        Ok(())
    }

    fn value(&self, axis: &str) -> Result<&Value, SettingError> {
        let (index, column) = self.sweep.find(axis).map_err(|error| SettingError {
            nearest: error.nearest.map(|name| format!("${name}")),
            ..error
        })?;
        self.mentioned.borrow_mut().insert(index);
        Ok(&self.sweep.dimensions[index].positions[self.chosen[index]][column])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Sweep;

    fn sweep(table: &Value) -> Sweep {
        Sweep::read(table.as_object().unwrap()).unwrap()
    }

    #[test]
    fn only_what_is_mentioned_counts() {
        let sweep = sweep(&json!({ "images": [10, 30], "kernel": [3, 5, 7] }));
        let point = sweep.at(vec![0, 1]);
        assert_eq!(point.fill(&json!({ "k": ["$kernel"] })).unwrap(), json!({ "k": [5] }));
        assert_eq!(
            point.mentioned().into_iter().collect::<Vec<_>>(),
            [("kernel".to_owned(), json!(5))]
        );
    }

    /// What a visit mentions may depend on what it has seen before.
    #[test]
    fn a_walk_visits_what_is_not_the_same_once_and_in_order() {
        let many: Vec<u32> = (0..1000).collect();
        let sweep = sweep(&json!({ "a": many, "b": [0, 1], "c": many, "d": [0, 1, 2], "e": many }));
        let visits = |ask: &dyn Fn(&super::Point<'_>)| {
            let (mut walk, mut visits) = (sweep.walk(), Vec::new());
            while let Some(point) = walk.next() {
                ask(&point);
                visits.push(point.mentioned().into_values().collect::<Vec<_>>());
                walk.visited(&point);
            }
            visits
        };
        assert_eq!(visits(&|_| ()), [Vec::<Value>::new()]);
        let pairs: Vec<Vec<Value>> = (0..6).map(|i| vec![json!(i / 3), json!(i % 3)]).collect();
        assert_eq!(visits(&|point| drop(point.fill(&json!(["$d", "$b"])).unwrap())), pairs);
        let some = visits(&|point| {
            if point.fill(&json!("$b")).unwrap() == json!(1) {
                point.fill(&json!("$d")).unwrap();
            }
        });
        let expected: Vec<Vec<Value>> = [vec![0], vec![1, 0], vec![1, 1], vec![1, 2]]
            .map(|one| one.into_iter().map(Value::from).collect())
            .into();
        assert_eq!(some, expected);
    }

    #[test]
    fn tied_axes_move_together() {
        let sweep = sweep(
            &json!({ "set": [{ "lr": 0.01, "epochs": 300 }, { "lr": 0.05, "epochs": 500 }] }),
        );
        let point = sweep.at(vec![1]);
        assert_eq!(point.fill(&json!("$lr")).unwrap(), json!(0.05));
        assert_eq!(point.mentioned().len(), 2, "mentioning one mentions both");
    }

    #[test]
    fn points_across_an_axis_keep_the_other_axes() {
        let sweep = sweep(&json!({ "noise": ["blur", "erase"], "images": [10, 30] }));
        let points = [sweep.at(vec![0, 0]), sweep.at(vec![0, 1])];
        let across = points[1].across("noise").unwrap();
        assert_eq!(across.len(), 2);
        assert_eq!(across[1].0, json!("erase"));
        let filled = across[1].1.fill(&json!(["$noise", "$images"])).unwrap();
        assert_eq!(filled, json!(["erase", 30]));
        points[1].mention_as(&across[1].1, "noise").unwrap();
        assert_eq!(points[1].mentioned().into_keys().collect::<Vec<_>>(), ["images"]);
        assert!(points[0].across("nois").is_err_and(|error| error.nearest.is_some()));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let fault = |table: Value| Sweep::read(table.as_object().unwrap()).unwrap_err();
        assert_eq!(fault(json!({ "images": 3 })).path, ["images"]);
        assert_eq!(fault(json!({ "images": [3, 3] })).path, ["images", "1"]);
        assert_eq!(fault(json!({ "seed": [3] })).path, ["seed"]);
        assert_eq!(fault(json!({ "s": [{ "a": 1 }, { "b": 1 }] })).path, ["s", "1"]);
        let sweep = sweep(&json!({ "images": [1] }));
        let error = sweep.at(vec![0]).fill(&json!({ "n": "$image" })).unwrap_err();
        assert_eq!((error.path, error.nearest.as_deref()), (vec!["n".into()], Some("$images")));
    }
}
