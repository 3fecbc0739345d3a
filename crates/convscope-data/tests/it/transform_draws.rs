//! How parameters are distributed, read off transformed images, against what torchvision states.
//!
//! Bounds are five standard errors.

use convscope_core::Shape;
use serde_json::{Value, json};

use crate::transforms::{applied, built, seed};

const GREY: Shape = Shape { channels: 1, height: 28, width: 28 };
const DRAWN: u64 = 4000;

#[test]
fn flips_happen_as_often_as_asked() {
    let image: Vec<f32> = (0..784).map(|at| (at % 28) as f32 / 28.0).collect();
    for p in [0.5, 0.1] {
        let flipped = share(&json!({ "p": p }), "horizontal-flip", &image, |to| to[0] > to[27]);
        near(flipped, p, p * (1.0 - p));
    }
}

#[test]
fn crops_begin_anywhere_with_equal_chances() {
    // The bright pixel at (4, 4) tells where the part began: padding 4, so from (8, 8) to (0, 0).
    let mut image = vec![0.0; 784];
    image[4 * 28 + 4] = 1.0;
    let mut counts = [[0_u32; 9]; 2];
    for to in images(&json!({ "padding": 4 }), "random-crop", &image) {
        let at = to.iter().position(|pixel| *pixel > 0.5).unwrap();
        counts[0][at / 28] += 1;
        counts[1][at % 28] += 1;
    }
    for count in counts.as_flattened() {
        near(f64::from(*count) / DRAWN as f64, 1.0 / 9.0, 8.0 / 81.0);
    }
}

#[test]
fn shifts_are_even_and_may_be_to_one_side() {
    let mut image = vec![0.0; 784];
    image[14 * 28 + 14] = 1.0;
    let mut counts = [0_u32; 4];
    for to in images(&json!({ "rows": [0, 3], "columns": [-2, -2] }), "shift", &image) {
        let at = to.iter().position(|pixel| *pixel > 0.5).unwrap();
        assert_eq!(at % 28, 12);
        counts[at / 28 - 14] += 1;
    }
    for count in counts {
        near(f64::from(count) / DRAWN as f64, 0.25, 3.0 / 16.0);
    }
}

/// The angle of the line from the centre to a bright spot.
#[test]
fn rotations_are_even_in_their_range_and_anticlockwise() {
    for (range, low, high) in [(json!([0, 30]), 0.0, 30.0), (json!(30), -30.0, 30.0)] {
        let settings = json!({ "degrees": range, "interpolation": "bilinear" });
        let angles: Vec<f64> = images(&settings, "rotation", &spot(13.5, 24.0))
            .map(|to| {
                let [row, column] = centre_of_mass(&to);
                (13.5 - row).atan2(column - 13.5).to_degrees()
            })
            .collect();
        even(&angles, low, high, 0.4);
    }
}

#[test]
fn affine_maps_draw_each_part_from_its_own_range() {
    let spot_at = spot(13.5, 13.5);
    let moves: Vec<[f64; 2]> = images(&json!({ "translate": [0.2, 0.1] }), "affine", &spot_at)
        .map(|to| centre_of_mass(&to))
        .collect();
    // 0.2 · 28 = 5.6 columns and 2.8 rows to both sides, rounded.
    let columns: Vec<f64> = moves.iter().map(|[_, column]| column - 13.5).collect();
    let rows: Vec<f64> = moves.iter().map(|[row, _]| row - 13.5).collect();
    for (moved, most) in [(columns, 5.6), (rows, 2.8)] {
        let variance: f64 = moved.iter().map(|x| x * x).sum::<f64>() / DRAWN as f64;
        // Of a rounded even variable: the ends k = ±⌊most + ½⌋ have what is left of the range.
        let end = (most + 0.5_f64).floor();
        let whole: f64 = (1..end as i32).map(|k| f64::from(k * k)).sum();
        let expected = (2.0 * whole + 2.0 * end * end * (most - end + 0.5)) / (2.0 * most);
        assert!((variance - expected).abs() < 0.07 * expected, "{variance} {expected}");
        assert!(moved.iter().all(|x| (x - x.round()).abs() < 0.01 && x.abs() < end + 0.01));
    }
    let settings = json!({ "scale": [0.5, 1.5], "interpolation": "bilinear" });
    let scales: Vec<f64> = images(&settings, "affine", &spot(13.5, 19.5))
        .map(|to| (centre_of_mass(&to)[1] - 13.5) / 6.0)
        .collect();
    even(&scales, 0.5, 1.5, 0.02);
    // Clockwise, unlike `rotation`.
    let turned: Vec<f64> = images(&json!({ "degrees": [0, 30] }), "affine", &spot(13.5, 24.0))
        .map(|to| centre_of_mass(&to)[0] - 13.5)
        .collect();
    assert!(turned.iter().all(|down| *down > -0.3), "downwards");
}

/// Of a white image on black, the mean share of white says how far corners go in.
#[test]
fn perspectives_are_drawn_as_often_as_asked_and_only_inwards() {
    let white = vec![1.0; 784];
    let settings = json!({ "distortion": 0.3, "p": 0.25, "interpolation": "nearest" });
    let changed = share(&settings, "perspective", &white, |to| to.contains(&0.0));
    // All eight offsets in 0..=4 are 0 in one of 5⁸ images.
    near(changed, 0.25, 0.25 * 0.75);
    let settings = json!({ "distortion": 0.3, "p": 1 });
    let shares: Vec<f64> = images(&settings, "perspective", &white).map(|to| mean(&to)).collect();
    // Corners move inwards by 2 pixels on average, so about (27 − 4)² of 27² remain.
    let average = shares.iter().sum::<f64>() / DRAWN as f64;
    assert!((average - (23.0_f64 / 27.0).powi(2)).abs() < 0.02, "{average}");
    assert!(shares.iter().all(|share| *share > 0.4));
}

/// Area, aspect, place and the rule of ten tries, beside the same rule with other random numbers.
#[test]
fn erased_rectangles_have_the_areas_and_aspects_of_the_rule() {
    let white = vec![1.0; 784];
    let of = |settings: Value| -> Vec<Option<[usize; 4]>> {
        images(&settings, "random-erasing", &white).map(|to| rectangle(&to)).collect()
    };
    let erased = of(json!({}));
    near(erased.iter().flatten().count() as f64 / DRAWN as f64, 0.5, 0.25);
    let erased: Vec<[usize; 4]> = of(json!({ "p": 1 })).into_iter().flatten().collect();
    let simulated: Vec<[f64; 2]> = (0..200_000).filter_map(|n| sides(n, [0.02, 0.33])).collect();
    let area = |[height, width]: [f64; 2]| height * width / 784.0;
    let aspect = |[height, width]: [f64; 2]| (height / width).ln();
    for statistic in [area, aspect] {
        let ours: Vec<f64> =
            erased.iter().map(|[_, _, h, w]| statistic([*h as f64, *w as f64])).collect();
        let rule: Vec<f64> = simulated.iter().map(|sides| statistic(*sides)).collect();
        let (a, b) = (moments(&ours), moments(&rule));
        let error = (a[1] / ours.len() as f64 + b[1] / rule.len() as f64).sqrt();
        assert!((a[0] - b[0]).abs() < 5.0 * error, "{a:?} {b:?}");
        assert!((a[1] / b[1] - 1.0).abs() < 0.12, "{a:?} {b:?}");
    }
    // Where rectangles lie: as far from the left as from the right, on average.
    let slack = erased.iter().map(|[top, left, height, width]| {
        let share = |at: usize, side: usize| at as f64 / (28 - side) as f64 - 0.5;
        share(*top, *height) + share(*left, *width)
    });
    let slack = moments(&slack.collect::<Vec<_>>());
    assert!(slack[0].abs() < 5.0 * (slack[1] / erased.len() as f64).sqrt(), "{slack:?}");
    // Where hardly any rectangle fits, ten tries are not enough for all.
    let changed = of(json!({ "p": 1, "scale": [0.85, 1.0], "ratio": [0.3, 3.3] }));
    let changed = changed.iter().flatten().count() as f64 / DRAWN as f64;
    let fits = (0..50_000).filter(|n| sides(*n, [0.85, 1.0]).is_some()).count() as f64 / 50_000.0;
    assert!(fits > 0.02 && fits < 0.98, "{fits}: the rule would not be tested");
    let error = (fits * (1.0 - fits) * (1.0 / DRAWN as f64 + 1.0 / 50_000.0)).sqrt();
    assert!((changed - fits).abs() < 5.0 * error, "{changed} {fits}");
}

#[test]
fn noise_has_its_mean_and_deviation_and_no_clip_unless_asked() {
    let grey = vec![0.5; 784];
    let settings = json!({ "mean": 0.1, "sigma": 0.5, "clip": "none" });
    let values: Vec<f64> = images(&settings, "gaussian-noise", &grey)
        .take(500)
        .flat_map(|to| to.into_iter().map(f64::from))
        .collect();
    let [mean, variance] = moments(&values);
    let n = values.len() as f64;
    assert!((mean - 0.6).abs() < 5.0 * 0.5 / n.sqrt(), "{mean}");
    assert!((variance - 0.25).abs() < 5.0 * 0.25 * (2.0 / n).sqrt(), "{variance}");
    let clipped = images(&json!({ "sigma": 0.5 }), "gaussian-noise", &grey).take(20);
    assert!(clipped.flatten().all(|value| (0.0..=1.0).contains(&value)));
}

#[test]
fn blurs_have_widths_even_in_their_range() {
    let mut point = vec![0.0; 784];
    point[14 * 28 + 14] = 1.0;
    let settings = json!({ "kernel": 9, "sigma": [0.5, 2.0] });
    // The neighbour of the brightest pixel has e^(−1 / 2σ²) of it.
    let widths: Vec<f64> = images(&settings, "gaussian-blur", &point)
        .map(|to| (-0.5 / f64::from(to[14 * 28 + 15] / to[14 * 28 + 14]).ln()).sqrt())
        .collect();
    even(&widths, 0.5, 2.0, 1e-4);
}

/// On a slope the brightness of a pixel says where it was taken from.
#[test]
fn rubber_is_stretched_by_blurred_even_noise_on_each_axis_by_itself() {
    let (alpha, sigma) = (10.0, 3.0);
    let settings = json!({ "alpha": alpha, "sigma": sigma });
    let moves = [|at: usize| at % 28, |at: usize| at / 28].map(|place| {
        let slope: Vec<f32> = (0..784).map(|at| place(at) as f32 / 27.0).collect();
        let moved = images(&settings, "elastic", &slope);
        moved.map(|to| f64::from(to[14 * 28 + 14]) * 27.0 - 14.0).collect::<Vec<f64>>()
    });
    // A filter of 8σ + 1 taps on either axis, over numbers that are even in −1..1.
    let taps: Vec<f64> =
        (-12..=12).map(|x| (-f64::from(x * x) / (2.0 * sigma * sigma)).exp()).collect();
    let sum: f64 = taps.iter().sum();
    let kept: f64 = taps.iter().map(|tap| (tap / sum).powi(2)).sum();
    let expected = (alpha / 2.0_f64).powi(2) / 3.0 * kept * kept;
    let n = DRAWN as f64;
    for moved in &moves {
        let [mean, variance] = moments(moved);
        assert!(mean.abs() < 5.0 * (expected / n).sqrt(), "{mean}");
        assert!(
            (variance / expected - 1.0).abs() < 5.0 * (2.0 / n).sqrt(),
            "{variance} {expected}"
        );
    }
    let together: f64 = moves[0].iter().zip(&moves[1]).map(|(x, y)| x * y).sum::<f64>() / n;
    assert!(together.abs() < 5.0 * expected / n.sqrt(), "{together}");
}

#[test]
fn brightness_and_contrast_are_even_around_one() {
    let grey = vec![0.5; 784];
    let factors = images(&json!({ "brightness": 0.4 }), "color-jitter", &grey);
    let factors: Vec<f64> = factors.map(|to| f64::from(to[0]) * 2.0).collect();
    even(&factors, 0.6, 1.4, 1e-6);
    let halves = halves();
    let factors = images(&json!({ "contrast": 0.4 }), "color-jitter", &halves);
    let factors: Vec<f64> = factors.map(|to| f64::from(to[27] - to[0]) * 2.0).collect();
    even(&factors, 0.6, 1.4, 1e-6);
}

#[test]
fn saturation_is_even_around_one_and_hue_around_zero() {
    let of = |settings: Value, colour: [f32; 3]| {
        let image: Vec<f32> = colour.iter().flat_map(|part| [*part; 784]).collect();
        let (transform, shape) = (built("color-jitter", settings), Shape { channels: 3, ..GREY });
        (0..DRAWN).map(move |number| {
            let to = applied(&*transform, shape, &image, seed(number));
            [to[0], to[784], to[2 * 784]].map(f64::from)
        })
    };
    let factors = of(json!({ "saturation": 0.4 }), [0.6, 0.5, 0.4]);
    let factors: Vec<f64> = factors.map(|[red, _, blue]| (red - blue) / 0.2).collect();
    even(&factors, 0.6, 1.4, 1e-5);
    // Near red, green above blue says how far the hue was turned, in sixths.
    let turns = of(json!({ "hue": 0.1 }), [0.8, 0.2, 0.2]);
    let turns: Vec<f64> = turns.map(|[_, green, blue]| (green - blue) / 0.6 / 6.0).collect();
    even(&turns, -0.1, 0.1, 1e-5);
}

/// Twice as bright and then at half the contrast, 0.75 is 0.875; the other way round it is 1.
#[test]
fn changes_of_colour_come_in_any_order() {
    let settings = json!({ "brightness": [2, 2], "contrast": [0.5, 0.5] });
    let brighter_first = share(&settings, "color-jitter", &halves(), |to| to[27] < 0.9);
    near(brighter_first, 0.5, 0.25);
}

/// Rows and columns of an erased rectangle by the rule of torchvision, with other random numbers.
fn sides(number: u64, scale: [f64; 2]) -> Option<[f64; 2]> {
    let mut draws = seed(number).child("the rule").stream();
    for _ in 0..10 {
        let area = 784.0 * (scale[0] + (scale[1] - scale[0]) * draws.uniform());
        let aspect = (0.3_f64.ln() + (3.3_f64.ln() - 0.3_f64.ln()) * draws.uniform()).exp();
        let sides = [(area * aspect).sqrt(), (area / aspect).sqrt()].map(f64::round_ties_even);
        if sides.iter().all(|side| *side < 28.0) {
            return Some(sides);
        }
    }
    None
}

/// Top, left, height and width of what is black.
fn rectangle(to: &[f32]) -> Option<[usize; 4]> {
    let black: Vec<usize> = (0..784).filter(|at| to[*at] == 0.0).collect();
    let (first, last) = (black.first()?, black.last()?);
    let (height, width) = (last / 28 - first / 28 + 1, last % 28 - first % 28 + 1);
    assert_eq!(black.len(), height * width, "one rectangle");
    Some([first / 28, first % 28, height, width])
}

/// A dark half and a bright one, grey on average.
fn halves() -> Vec<f32> {
    (0..784).map(|at| if at % 28 < 14 { 0.25 } else { 0.75 }).collect()
}

/// A soft spot of light.
pub(crate) fn spot(row: f64, column: f64) -> Vec<f32> {
    let light = |at: usize| {
        let (down, right) = ((at / 28) as f64 - row, (at % 28) as f64 - column);
        (-(down * down + right * right) / 2.0).exp() as f32
    };
    (0..784).map(light).collect()
}

/// Row and column.
pub(crate) fn centre_of_mass(to: &[f32]) -> [f64; 2] {
    let sum: f64 = to.iter().map(|pixel| f64::from(*pixel)).sum();
    let along = |place: fn(usize) -> usize| {
        let weighted = to.iter().enumerate().map(|(at, x)| place(at) as f64 * f64::from(*x));
        weighted.sum::<f64>() / sum
    };
    [along(|at| at / 28), along(|at| at % 28)]
}

pub(crate) fn images<'a>(
    settings: &Value,
    name: &str,
    image: &'a [f32],
) -> impl Iterator<Item = Vec<f32>> + use<'a> {
    let transform = built(name, settings.clone());
    (0..DRAWN).map(move |number| applied(&*transform, GREY, image, seed(number)))
}

pub(crate) fn share(
    settings: &Value,
    name: &str,
    image: &[f32],
    is: impl Fn(&[f32]) -> bool,
) -> f64 {
    images(settings, name, image).filter(|to| is(to)).count() as f64 / DRAWN as f64
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64
}

/// Mean and variance.
pub(crate) fn moments(values: &[f64]) -> [f64; 2] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    [mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n]
}

pub(crate) fn near(share: f64, expected: f64, variance: f64) {
    let error = (variance / DRAWN as f64).sqrt();
    assert!((share - expected).abs() < 5.0 * error, "{share}, not {expected}");
}

/// Holds ends, mean and variance against those of an even distribution; `blurred` is how far a reading
/// may be off.
pub(crate) fn even(values: &[f64], low: f64, high: f64, blurred: f64) {
    let (n, width) = (values.len() as f64, high - low);
    let [mean, variance] = moments(values);
    let (least, most) =
        values.iter().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
    assert!((mean - f64::midpoint(low, high)).abs() < 5.0 * width / (12.0 * n).sqrt() + blurred);
    // Var((x − mean)²) = width⁴ / 180.
    let slack = 5.0 * width * width / (180.0 * n).sqrt() + blurred * width;
    assert!((variance - width * width / 12.0).abs() < slack, "{variance}");
    assert!(least >= low - blurred && most <= high + blurred, "{least} {most}");
    assert!(least < low + 0.01 * width + blurred && most > high - 0.01 * width - blurred);
}
