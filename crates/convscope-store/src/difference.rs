//! Where two records of one job part.

use convscope_core::Value;

use crate::{Curve, Named, Record, Table};

/// Returns the first difference in words; `None` when the records are equal bit for bit.
///
/// ```text
/// value `valid-accuracy`: 0.93 against 0.94
/// ```
pub(crate) fn difference(one: &Record, two: &Record) -> Option<String> {
    if one.settings != two.settings {
        return Some("its settings".into());
    }
    if one.outcome != two.outcome {
        return Some(format!("outcome: {} against {}", one.outcome, two.outcome));
    }
    between("value", &one.values, &two.values, |named: &Named| &named.name, of_values)
        .or_else(|| {
            between("curve", &one.curves, &two.curves, |curve: &Curve| &curve.name, of_curves)
        })
        .or_else(|| {
            between("table", &one.tables, &two.tables, |table: &Table| &table.name, of_tables)
        })
}

/// Compares two lists of named things, pair by pair.
fn between<T>(
    kind: &str,
    one: &[T],
    two: &[T],
    name: fn(&T) -> &str,
    differ: fn(&T, &T) -> Option<String>,
) -> Option<String> {
    for (a, b) in one.iter().zip(two) {
        if name(a) != name(b) {
            return Some(format!("{kind} `{}` against {kind} `{}`", name(a), name(b)));
        }
        if let Some(how) = differ(a, b) {
            return Some(format!("{kind} `{}`{how}", name(a)));
        }
    }
    (one.len() != two.len()).then(|| format!("{} against {} {kind}s", one.len(), two.len()))
}

fn of_values(one: &Named, two: &Named) -> Option<String> {
    if one.layer != two.layer {
        return Some(": its layer".into());
    }
    (!same(&one.value, &two.value)).then(|| format!(": {}", against(&one.value, &two.value)))
}

fn of_curves(one: &Curve, two: &Curve) -> Option<String> {
    if one.layer != two.layer {
        return Some(": its layer".into());
    }
    if (one.first_epoch, one.values.len()) != (two.first_epoch, two.values.len()) {
        return Some(": its epochs".into());
    }
    let at = one.values.iter().zip(&two.values).position(|(a, b)| !same(a, b))?;
    let epoch = one.first_epoch as usize + at;
    Some(format!(", epoch {epoch}: {}", against(&one.values[at], &two.values[at])))
}

fn of_tables(one: &Table, two: &Table) -> Option<String> {
    if one.layer != two.layer {
        return Some(": its layer".into());
    }
    if (&one.rows, &one.columns, one.counts.len()) != (&two.rows, &two.columns, two.counts.len()) {
        return Some(": its rows or columns".into());
    }
    let pairs = one.counts.iter().zip(&two.counts);
    let (a, b) = pairs.into_iter().find(|(a, b)| a.to_bits() != b.to_bits())?;
    Some(format!(": {a:?} against {b:?}"))
}

fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => one.to_bits() == two.to_bits(),
        (one, two) => one == two,
    }
}

fn against(one: &Value, two: &Value) -> String {
    let words = |value: &Value| match value {
        Value::Number(number) => format!("{number:?}"),
        Value::Missing(missing) => format!("nothing ({})", missing.missing),
    };
    format!("{} against {}", words(one), words(two))
}
