//! Colours between colours, and the signed scale of kernels.

/// How many colours the signed scale has: odd, so that one of them is zero's own.
pub(crate) const STEPS: usize = 33;

/// The signed scale on a light background: blue is negative, orange is positive.
///
/// Vega's "blueorange", whose two sides stay at least 31 apart (CIELAB, ΔE 1976) in every kind of
/// colour sight; its middle is the paper, so that zero is quiet.
pub(crate) const SIGNED_LIGHT: [&str; 9] = [
    "#134B85", "#2F78B3", "#5DA2CB", "#9DCAE1", "#F5F5F3", "#FBBF74", "#E8932F", "#C5690D",
    "#8A3F05",
];

/// The signed scale on a dark background: zero is dark, both ends are bright.
pub(crate) const SIGNED_DARK: [&str; 9] = [
    "#A9D6FF", "#5FADEB", "#3580BF", "#265E92", "#22262C", "#85571B", "#B9761F", "#EDA545",
    "#FFD9A0",
];

/// Returns the colour at `share` (0 to 1) of the way along evenly spaced colours.
pub(crate) fn colour(stops: &[&str], share: f64) -> String {
    let along = share.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
    let below = (along.floor() as usize).min(stops.len() - 2);
    let (from, to) = (channels(stops[below]), channels(stops[below + 1]));
    let part = along - below as f64;
    let mixed = [0, 1, 2].map(|channel| {
        (f64::from(from[channel]) * (1.0 - part) + f64::from(to[channel]) * part).round() as u8
    });
    format!("#{:02X}{:02X}{:02X}", mixed[0], mixed[1], mixed[2])
}

/// Returns the step of the signed scale for a number between −`limit` and `limit`.
pub(crate) fn step(number: f64, limit: f64) -> usize {
    let share = if limit > 0.0 { (number / limit).clamp(-1.0, 1.0) } else { 0.0 };
    let middle = (STEPS / 2) as f64;
    (middle + share * middle).round() as usize
}

fn channels(hex: &str) -> [u8; 3] {
    let channel = |at: usize| {
        u8::from_str_radix(&hex[at..at + 2], 16).expect("colours are written as #RRGGBB")
    };
    [channel(1), channel(3), channel(5)]
}

#[cfg(test)]
mod tests {
    use super::{SIGNED_DARK, SIGNED_LIGHT, STEPS, colour, step};

    #[test]
    fn a_ramp_meets_its_stops_and_mixes_between_them() {
        assert_eq!(colour(&["#000000", "#204060"], 0.0), "#000000");
        assert_eq!(colour(&["#000000", "#204060"], 0.5), "#102030");
        assert_eq!(colour(&["#000000", "#204060"], 1.0), "#204060");
    }

    #[test]
    fn zero_has_the_middle_step_and_signs_lie_on_their_sides() {
        assert_eq!(step(0.0, 2.0), STEPS / 2);
        assert_eq!(step(-2.0, 2.0), 0);
        assert_eq!(step(9.0, 2.0), STEPS - 1);
        assert_eq!(step(-1.0, 2.0) + step(1.0, 2.0), STEPS - 1);
        assert_eq!(step(0.0, 0.0), STEPS / 2, "a layer of zeros");
    }

    #[test]
    fn zero_is_neutral_on_both_backgrounds() {
        for ramp in [SIGNED_LIGHT, SIGNED_DARK] {
            let zero = super::channels(&colour(&ramp, 0.5));
            let spread = zero.iter().max().unwrap() - zero.iter().min().unwrap();
            assert!(spread <= 10, "{zero:?}");
        }
    }
}
