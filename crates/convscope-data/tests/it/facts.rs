//! Shares and means against what the rules imply, within five standard deviations.

use serde_json::json;

use crate::{columns, covered, images, levels, rows};

const DRAWN: usize = 4000;

#[test]
fn each_row_is_covered_as_often_as_the_rules_say() {
    let images = images(json!({ "per-class": DRAWN, "classes": ["horizontal", "vertical"] }));
    let mut counts = [[0_u32; 28]; 2];
    for sample in 0..DRAWN {
        for row in covered(&rows(&images, sample)) {
            counts[0][row] += 1;
        }
        for column in covered(&columns(&images, DRAWN + sample)) {
            counts[1][column] += 1;
        }
    }
    for line in 0..28 {
        let expected = chance_of_cover(line);
        let deviation = (expected * (1.0 - expected) / DRAWN as f64).sqrt();
        for count in counts {
            let share = f64::from(count[line]) / DRAWN as f64;
            assert!((share - expected).abs() <= 5.0 * deviation, "{line}: {share} {expected}");
        }
    }
}

/// Mean over widths 1 to 4 of the share of starts 0..28 − width that cover the line.
fn chance_of_cover(line: usize) -> f64 {
    let of_width = |width: usize| {
        let starts = 28 - width;
        let covering = (0..starts).filter(|start| (*start..start + width).contains(&line));
        covering.count() as f64 / starts as f64
    };
    (1..=4).map(of_width).sum::<f64>() / 4.0
}

#[test]
fn widths_are_even() {
    let images = images(json!({ "per-class": DRAWN, "classes": ["horizontal"] }));
    let mut counts = [0_i32; 5];
    for sample in 0..DRAWN {
        counts[covered(&rows(&images, sample)).len()] += 1;
    }
    assert_eq!(counts[0], 0, "an edge of no width would be labelled wrongly");
    assert!(counts[1..].iter().all(|count| (count - 1000).abs() < 137), "{counts:?}");
}

#[test]
fn backgrounds_and_edges_have_the_means_of_their_ranges() {
    let images = images(json!({ "per-class": DRAWN, "classes": ["horizontal"] }));
    let (mut edges, mut backgrounds) = (0.0, 0.0);
    for sample in 0..DRAWN {
        let rows = rows(&images, sample);
        edges += f64::from(rows[covered(&rows)[0]][0]);
        backgrounds += f64::from(rows[27][0]);
    }
    // Levels are rounded down: half a level less on average.
    let near = |sum: f64, low: f64, high: f64| {
        let deviation = (high - low) / (12.0 * DRAWN as f64).sqrt();
        let mean = (sum / DRAWN as f64 + 0.5) / 255.0;
        assert!((mean - f64::midpoint(low, high)).abs() < 5.0 * deviation, "{mean}");
    };
    near(edges, 0.25, 1.0);
    near(backgrounds, 0.0, 0.2);
}

/// Of 120,000 images that numpy and scipy drew by the same rules, 32.76 % wrap, 31.3 pixels each.
#[test]
fn wrapping_turns_a_third_of_diagonal_images_bright() {
    let of = |policy: &str| {
        images(json!({ "classes": ["diagonal"], "per-class": DRAWN, "out-of-range": policy }))
    };
    let (saturated, wrapped) = (of("saturate"), of("wrap"));
    let changed: Vec<usize> = (0..DRAWN)
        .map(|sample| {
            let pairs = levels(&saturated, sample).into_iter().zip(levels(&wrapped, sample));
            let changed = pairs.filter(|(saturated, wrapped)| saturated != wrapped);
            changed.inspect(|(black, bright)| assert!(*black == 0 && *bright > 200)).count()
        })
        .filter(|pixels| *pixels > 0)
        .collect();
    let share = changed.len() as f64 / DRAWN as f64;
    assert!((share - 0.3276).abs() < 5.0 * (0.3276 * 0.6724 / DRAWN as f64).sqrt(), "{share}");
    let pixels = changed.iter().sum::<usize>() as f64 / changed.len() as f64;
    assert!((pixels - 31.3).abs() < 3.0, "{pixels}");
}
