//! Where diagonal edges lie and which way they run.

use serde_json::json;

use crate::{images, levels};

const SIDE: usize = 56;
const DRAWN: usize = 800;

/// Lines of even index start as rows, of odd index as columns, and both turn counterclockwise; so a
/// row above the centre and a column left of it end on opposite sides when they end as the same
/// rising line, and on the same side when they end as the same falling line.
#[test]
fn lines_have_four_directions_with_even_chances_and_lie_where_their_turn_leads() {
    let images = images(json!({
        "classes": ["diagonal"], "per-class": DRAWN, "resolution": SIDE, "location-ratio": 0.5,
        "intensity": [1.0, 1.0], "background": [0.0, 0.0], "rotate-order": 1
    }));
    let mut counts = [0_i32; 4];
    for sample in 0..DRAWN {
        let line = Seen::of(&levels(&images, sample));
        let nearest = [30.0, 45.0, 120.0, 135.0].iter().position(|angle| line.runs_at(*angle));
        let direction = nearest.expect("one of the four");
        counts[direction] += 1;
        let lies_at = match (direction, sample % 2) {
            (0, 0) => 120.0,
            (1, 0) => 135.0,
            (0, 1) => 300.0,
            (1, 1) => 315.0,
            (2, _) => 210.0,
            _ => 225.0,
        };
        assert!(line.lies_towards(lies_at), "{sample}: {line:?}, {lies_at}");
    }
    // Five standard deviations of a count with mean 200.
    assert!(counts.iter().all(|count| (count - 200).abs() < 62), "{counts:?}");
}

#[test]
fn diagonal_edges_of_default_widths_are_one_pixel_wide() {
    let area = |width: [u32; 2]| {
        let images = images(json!({
            "classes": ["diagonal"], "per-class": DRAWN, "resolution": SIDE, "width": width,
            "intensity": [1.0, 1.0], "background": [0.0, 0.0], "rotate-order": 1
        }));
        f64::from(images.pixels().iter().sum::<f32>()) / DRAWN as f64
    };
    let one = area([1, 3]);
    assert!((area([1, 4]) / one - 1.0).abs() < 1e-6, "widths below 2");
    let ratio = area([1, 5]) / one;
    assert!((ratio - 1.5).abs() < 0.1, "widths below 3: {ratio}");
}

#[test]
fn no_diagonal_edge_is_turned_out_of_the_image() {
    let images = images(json!({ "classes": ["diagonal"], "per-class": 4000 }));
    for sample in 0..images.len() {
        let levels = levels(&images, sample);
        let background = levels.iter().filter(|level| **level <= 51).max().copied().unwrap_or(51);
        let bright = levels.iter().filter(|level| **level > background).count();
        assert!(bright >= 5, "{sample}: {bright}");
    }
}

/// The line of best fit: the mean place of the light and the direction in which it spreads, both
/// with x to the right and y up.
#[derive(Debug)]
struct Seen {
    mean: [f64; 2],
    degrees: f64,
}

impl Seen {
    fn of(levels: &[u8]) -> Self {
        let centre = (SIDE - 1) as f64 / 2.0;
        let light: Vec<_> = levels
            .iter()
            .enumerate()
            .map(|(at, level)| {
                let (row, column) = ((at / SIDE) as f64, (at % SIDE) as f64);
                (column - centre, centre - row, f64::from(*level))
            })
            .collect();
        let total: f64 = light.iter().map(|(_, _, weight)| weight).sum();
        let mean = |value: &dyn Fn(f64, f64) -> f64| {
            light.iter().map(|(x, y, weight)| weight * value(*x, *y)).sum::<f64>() / total
        };
        let (x, y) = (mean(&|x, _| x), mean(&|_, y| y));
        let across = mean(&|a, _| (a - x) * (a - x));
        let up = mean(&|_, b| (b - y) * (b - y));
        let both = mean(&|a, b| (a - x) * (b - y));
        let degrees = 0.5 * (2.0 * both).atan2(across - up).to_degrees();
        Self { mean: [x, y], degrees: degrees.rem_euclid(180.0) }
    }

    fn runs_at(&self, degrees: f64) -> bool {
        (self.degrees - degrees).abs() < 5.0
    }

    fn lies_towards(&self, degrees: f64) -> bool {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        self.mean[0] * cosine + self.mean[1] * sine > 0.0
    }
}
