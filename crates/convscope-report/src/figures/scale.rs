//! Axes of numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{groups::Summary, numbers::Unit};

/// How numbers are spaced along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// By their logarithms.
    Log,
}

/// The axis of averaged numbers.
pub(super) struct NumberAxis {
    scale: Value,
    ticks: Value,
    format: &'static str,
    /// What an interval is cut at, because a logarithmic axis never reaches 0.
    floor: Option<f64>,
}

impl Scale {
    /// Sets the kind of a scale; a logarithmic one cannot hold zero.
    pub(super) fn set(self, scale: &mut Value) {
        if self == Self::Log {
            scale["type"] = json!("log");
            scale.as_object_mut().map(|scale| scale.remove("zero"));
        }
    }
}

impl NumberAxis {
    /// Fits an axis to averages.
    pub(super) fn of(kind: Scale, domain: Option<[f64; 2]>, unit: Unit, all: &[Summary]) -> Self {
        let format = unit.axis_format();
        match kind {
            Scale::Linear => {
                let scale = number_scale(domain, unit, all);
                Self { scale, ticks: Value::Null, format, floor: None }
            }
            Scale::Log => {
                let ends = domain.unwrap_or_else(|| round_ends(all));
                let scale = json!({ "type": "log", "domain": ends, "nice": false });
                Self { scale, ticks: json!(round_numbers(ends)), format, floor: Some(ends[0]) }
            }
        }
    }

    /// Returns the channel of a field.
    pub(super) fn channel(&self, field: &str) -> Value {
        json!({ "field": field, "type": "quantitative", "scale": self.scale,
                "axis": { "title": null, "format": self.format, "tickCount": 6,
                          "values": self.ticks } })
    }

    /// Returns the channel of the intervals' lower ends, and the transforms that it needs.
    pub(super) fn lower_end(&self) -> (Value, Vec<Value>) {
        let Some(floor) = self.floor else { return (self.channel("low"), Vec::new()) };
        let cut = format!("isValid(datum.low) ? max(datum.low, {floor}) : null");
        (self.channel("from"), vec![json!({ "calculate": cut, "as": "from" })])
    }
}

/// Returns the scale of averaged numbers.
///
/// Without a given domain, percentages end at 0 and 100 even where an interval does not.
pub(super) fn number_scale(domain: Option<[f64; 2]>, unit: Unit, all: &[Summary]) -> Value {
    let mut scale = json!({ "zero": false });
    if let Some(domain) = domain {
        scale["domain"] = json!(domain);
    } else if unit == Unit::Percent && all.iter().all(|it| (0.0..=1.0).contains(&it.mean)) {
        if all.iter().any(|it| it.high.is_some_and(|high| high > 1.0)) {
            scale["domainMax"] = json!(1);
        }
        if all.iter().any(|it| it.low.is_some_and(|low| low < 0.0)) {
            scale["domainMin"] = json!(0);
        }
    }
    scale
}

/// Returns round numbers around all means and upper ends.
fn round_ends(all: &[Summary]) -> [f64; 2] {
    let least = all.iter().map(|it| it.mean).fold(f64::INFINITY, f64::min);
    let most = all.iter().map(|it| it.high.unwrap_or(it.mean)).fold(least, f64::max);
    let around = round_numbers_between(least / 10.0, most * 10.0);
    let below = around.iter().rev().find(|&&it| it <= least).copied();
    let above = around.iter().find(|&&it| it >= most).copied();
    [below.unwrap_or(least), above.unwrap_or(most)]
}

/// Returns powers of ten within `ends`; where these are few, 2 and 5 times them as well.
fn round_numbers([low, high]: [f64; 2]) -> Vec<f64> {
    let all = round_numbers_between(low, high);
    let is_power = |number: &f64| (number.log10() - number.log10().round()).abs() < 1e-9;
    let powers: Vec<f64> = all.iter().copied().filter(is_power).collect();
    if powers.len() >= 3 { powers } else { all }
}

fn round_numbers_between(low: f64, high: f64) -> Vec<f64> {
    let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
    powers
        .flat_map(|power| [1, 2, 5].map(|digit| format!("{digit}e{power}")))
        .filter_map(|text| text.parse().ok())
        .filter(|number| (low..=high).contains(number))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{round_ends, round_numbers};
    use crate::groups::Summary;

    #[test]
    fn a_logarithmic_axis_ends_at_round_numbers() {
        let at =
            |mean: f64, high: f64| Summary { mean, low: Some(-1.0), high: Some(high), count: 3 };
        let ends = round_ends(&[at(0.003, 0.01), at(0.7, 1.3)]);
        assert_eq!(ends.map(|end| end.to_string()), ["0.002", "2"]);
    }

    #[test]
    fn wide_axes_are_marked_by_powers_of_ten() {
        assert_eq!(round_numbers([0.002, 2.0]), [0.01, 0.1, 1.0]);
        assert_eq!(round_numbers([0.5, 20.0]), [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]);
    }
}
