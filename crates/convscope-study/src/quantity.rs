//! Numbers as they are printed in publications: `86.67 %`, `0.916`, `200 to 300`.

/// A printed number, and how precisely it was printed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantity {
    /// The number; `86.67 %` is 0.8667.
    pub value: f64,
    /// Half a unit of the last printed digit.
    pub rounding: f64,
    /// Whether it was printed in per cent.
    pub percent: bool,
}

impl Quantity {
    /// Reads a printed number; `None` when it is none.
    ///
    /// ```
    /// use convscope_study::Quantity;
    ///
    /// let printed = Quantity::parse("86.67 %").expect("a number");
    /// assert!((printed.value - 0.8667).abs() < 1e-12 && (printed.rounding - 5e-5).abs() < 1e-12);
    /// assert_eq!(Quantity::parse("many"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (digits, percent) = match text.strip_suffix('%') {
            Some(digits) => (digits.trim_end(), true),
            None => (text, false),
        };
        let number: f64 = digits.parse().ok().filter(|number: &f64| number.is_finite())?;
        let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
        let scale = if percent { 0.01 } else { 1.0 };
        let rounding = 0.5 * libm::pow(10.0, -(decimals as f64));
        Some(Self { value: number * scale, rounding: rounding * scale, percent })
    }

    /// Reads a printed range, `LOW to HIGH`.
    pub fn parse_range(text: &str) -> Option<(Self, Self)> {
        let (low, high) = text.split_once(" to ")?;
        let (mut low, high) = (Self::parse(low)?, Self::parse(high)?);
        if high.percent && !low.percent {
            low = Self { value: low.value / 100.0, rounding: low.rounding / 100.0, percent: true };
        }
        (low.value <= high.value).then_some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn ranges_share_their_unit() {
        let (low, high) = Quantity::parse_range("2 to 8 %").unwrap();
        assert!((low.value - 0.02).abs() < 1e-12 && (high.value - 0.08).abs() < 1e-12);
        let (low, high) = Quantity::parse_range("200 to 300").unwrap();
        assert!(!high.percent && (low.value - 200.0).abs() < 1e-12);
        assert_eq!(Quantity::parse_range("300 to 200"), None);
        assert_eq!(Quantity::parse_range("200"), None);
    }
}
