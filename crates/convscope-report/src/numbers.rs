//! How numbers are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// As it is, with four significant digits.
    #[default]
    Number,
    /// A fraction, written in percent.
    Percent,
    /// A difference of fractions, written in percentage points with its sign.
    Points,
}

impl Unit {
    /// Writes a number.
    ///
    /// ```
    /// use convscope_report::Unit;
    ///
    /// assert_eq!(Unit::Number.show(0.12345), "0.1235");
    /// assert_eq!(Unit::Percent.show(0.8667), "86.7\u{a0}%");
    /// assert_eq!(Unit::Points.show(-0.02), "−2.0\u{a0}points");
    /// ```
    pub fn show(self, number: f64) -> String {
        match self {
            Self::Number => number_text(number),
            Self::Percent => {
                format!("{}\u{a0}%", minus(&format!("{:.1}", nonnegative_zero(number * 100.0, 1))))
            }
            Self::Points => format!(
                "{}\u{a0}points",
                minus(&format!("{:+.1}", nonnegative_zero(number * 100.0, 1)))
            ),
        }
    }

    /// Writes a number without its unit, for a column whose head has it.
    pub(crate) fn bare(self, number: f64) -> String {
        let shown = self.show(number);
        shown.split('\u{a0}').next().unwrap_or_default().to_owned()
    }

    /// Returns what stands behind a bare number, for the head of a column.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Number => "",
            Self::Percent => " (%)",
            Self::Points => " (points)",
        }
    }

    /// Returns the d3 format of axes.
    pub(crate) fn axis_format(self) -> &'static str {
        match self {
            Self::Number => "~g",
            Self::Percent => ".3~p",
            Self::Points => "+.3~p",
        }
    }

    /// Returns the d3 format of numbers in tooltips and cells.
    pub(crate) fn cell_format(self) -> &'static str {
        match self {
            Self::Number => ".4~g",
            Self::Percent => ".1%",
            Self::Points => "+.1%",
        }
    }
}

/// Writes a distance in standard deviations, with one decimal.
///
/// ```
/// use convscope_report::deviations;
///
/// assert_eq!(deviations(-2.34), "−2.3");
/// assert_eq!(deviations(-0.01), "0.0");
/// ```
pub fn deviations(z: f64) -> String {
    minus(&format!("{:.1}", nonnegative_zero(z, 1)))
}

/// Rounds to six significant digits: what a figure embeds, so that pages stay small.
pub(crate) fn rounded(number: f64) -> f64 {
    format!("{number:.5e}").parse().expect("a formatted float parses")
}

/// Returns a number as it is embedded: rounded, and whole numbers without a point.
pub(crate) fn embedded(number: f64) -> Value {
    let rounded = rounded(number);
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 {
        Value::from(rounded as i64)
    } else {
        Value::from(rounded)
    }
}

/// Writes a count with thin spaces between thousands.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Writes how many things there are: "1 row", "2 rows".
pub(crate) fn counted(number: usize, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", count(number))
}

fn number_text(number: f64) -> String {
    if number == 0.0 {
        return "0".into();
    }
    let magnitude = number.abs().log10().floor() as i32;
    if (-5..7).contains(&magnitude) {
        let decimals = (3 - magnitude).max(0) as usize;
        let text = format!("{number:.decimals$}");
        let text = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        };
        minus(&text)
    } else {
        minus(&format!("{number:.3e}"))
    }
}

/// Keeps a rounded zero from carrying a minus sign.
fn nonnegative_zero(number: f64, decimals: i32) -> f64 {
    if number.abs() < 0.5 * 10f64.powi(-decimals) { 0.0 } else { number }
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::{Unit, count, counted, embedded};

    #[test]
    fn numbers_keep_four_digits_and_a_true_minus() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (-0.031_25, "−0.03125"),
            (1234.5, "1234"),
            (2.5e-7, "2.500e−7"),
        ];
        for (number, wanted) in cases {
            assert_eq!(Unit::Number.show(number), wanted);
        }
    }

    #[test]
    fn a_rounded_zero_has_no_minus() {
        assert_eq!(Unit::Percent.show(-0.000_1), "0.0\u{a0}%");
        assert_eq!(Unit::Points.bare(-0.000_1), "+0.0");
    }

    #[test]
    fn thousands_are_parted() {
        assert_eq!(count(606), "606");
        assert_eq!(count(39_793), "39\u{202f}793");
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(0, "row"), "0 rows");
    }

    #[test]
    fn embedded_numbers_have_six_digits() {
        assert_eq!(embedded(1.0 / 3.0).to_string(), "0.333333");
        assert_eq!(embedded(-123_456_789.0).to_string(), "-123457000");
        assert_eq!(embedded(10.0).to_string(), "10");
    }
}
