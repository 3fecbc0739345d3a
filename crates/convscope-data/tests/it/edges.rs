//! What an image of each class shows.

use convscope_core::Seed;
use convscope_data::{Draw, Images, SOURCES};
use serde_json::json;

use crate::{columns, covered, draw, images, levels, rows, source};

#[test]
fn what_is_promised_before_drawing_is_kept() {
    let five = ["none", "both", "diagonal", "vertical", "horizontal"];
    let source = source(json!({ "classes": five, "per-class": 3, "resolution": 17 }));
    let images = source.load(draw()).unwrap();
    assert_eq!(images.shape(), source.shape());
    assert_eq!(images.shape().to_string(), "1×17×17");
    assert_eq!(images.classes(), source.classes());
    assert_eq!(images.classes(), five);
    assert_eq!((images.len(), source.len()), (15, 15));
    assert_eq!(images.labels(), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
}

#[test]
fn pixels_are_256_levels() {
    let images = images(json!({ "per-class": 20, "classes": ["diagonal", "both"] }));
    let level = |pixel: &f32| (pixel * 255.0).round() / 255.0;
    assert!(images.pixels().iter().all(|pixel| pixel.to_bits() == level(pixel).to_bits()));
}

#[test]
fn every_straight_edge_is_there_as_one_block_of_even_brightness() {
    let images = images(json!({ "per-class": 1000 }));
    for sample in 0..1000 {
        one_block(&rows(&images, sample));
        one_block(&columns(&images, 1000 + sample));
        let none = levels(&images, 2000 + sample);
        assert!(none.iter().all(|level| *level == none[0] && *level <= 51));
    }
}

fn one_block(lines: &[Vec<u8>]) {
    assert!(lines.iter().all(|line| line.iter().all(|pixel| *pixel == line[0])));
    let covered = covered(lines);
    assert!((1..=4).contains(&covered.len()), "{covered:?}");
    assert!(covered.windows(2).all(|pair| pair[1] == pair[0] + 1), "{covered:?}");
    assert!(covered.iter().all(|line| lines[*line] == lines[covered[0]]), "uneven: {covered:?}");
}

#[test]
fn both_edges_cross_and_the_vertical_one_is_on_top() {
    let images = images(json!({ "classes": ["both"], "per-class": 500 }));
    for sample in 0..images.len() {
        let (rows, columns) = (rows(&images, sample), columns(&images, sample));
        let (across, down) = (covered(&rows), covered(&columns));
        assert!((1..=4).contains(&across.len()) && (1..=4).contains(&down.len()));
        assert!(
            down.iter().all(|column| columns[*column].iter().all(|p| *p == columns[down[0]][0]))
        );
    }
}

#[test]
fn each_of_several_edges_has_its_own_place_and_brightness() {
    let two = json!({ "horizontal": 2, "vertical": 1, "diagonal": 1 });
    let images = images(json!({ "edges-per-kind": two, "per-class": 400, "width": [1, 1] }));
    let apart = (0..400).filter(|sample| {
        let rows = rows(&images, *sample);
        let covered = covered(&rows);
        covered.len() == 2 && rows[covered[0]] != rows[covered[1]]
    });
    // Two of 27 places are the same once in 27 draws, two of 192 levels once in 192.
    let expected = 400.0 * (26.0 / 27.0) * (191.0 / 192.0);
    assert!((apart.count() as f64 - expected).abs() < 5.0 * 4.0, "{expected}");
    for sample in 400..800 {
        assert_eq!(covered(&columns(&images, sample)).len(), 1, "one vertical edge as before");
    }
}

#[test]
fn a_second_diagonal_turns_the_first_one_with_it() {
    let with = |count: u32| {
        let counts = json!({ "diagonal": count });
        images(json!({ "classes": ["diagonal"], "per-class": 200, "edges-per-kind": counts }))
    };
    let (one, two) = (with(1), with(2));
    let kept = |sample: &usize| {
        let pairs = one.sample(*sample).iter().zip(two.sample(*sample));
        pairs.filter(|(one, _)| **one > 0.22).all(|(one, two)| two >= one)
    };
    // Without the second turn the first edge would stay in place under the second one.
    assert!((0..200).filter(kept).count() < 20);
}

#[test]
fn an_image_depends_on_nothing_but_its_own_class_and_index() {
    let alone = images(json!({ "classes": ["vertical"], "per-class": 7 }));
    let among = images(json!({ "classes": ["none", "vertical", "both"], "per-class": 12 }));
    assert_eq!(alone.pixels(), &among.pixels()[12 * 784..19 * 784]);
}

#[test]
fn replicates_differ_and_repeat() {
    let source = source(json!({ "per-class": 5 }));
    let of = |seed: u64| source.load(Draw { seed: Seed::root(seed) }).unwrap().content();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn only_diagonal_images_depend_on_the_spline_and_on_the_policy() {
    let classes = ["horizontal", "both", "none", "diagonal"];
    let with = |key: &str, value: serde_json::Value| {
        images(json!({ "classes": classes, "per-class": 50, key: value }))
    };
    let base = with("rotate-order", json!(3));
    for other in [with("rotate-order", json!(1)), with("out-of-range", json!("wrap"))] {
        let of_class = |images: &Images, class: usize| {
            images.of_class(class).map(|sample| images.sample(sample).to_vec()).collect::<Vec<_>>()
        };
        for class in 0..3 {
            assert_eq!(of_class(&base, class), of_class(&other, class));
        }
        assert_ne!(of_class(&base, 3), of_class(&other, 3));
    }
}

#[test]
fn settings_at_their_default_are_no_settings() {
    let edges = SOURCES.iter().find(|entry| entry.id == "edges").unwrap();
    let written =
        json!({ "rotate-order": 3, "per-class": 1000, "width": [1, 4], "split": "valid" });
    assert_eq!((edges.canonical)(written).unwrap(), json!({ "split": "valid" }));
}

#[test]
fn the_schema_names_every_setting() {
    let edges = SOURCES.iter().find(|entry| entry.id == "edges").unwrap();
    let schema = (edges.schema)(&mut schemars::SchemaGenerator::default());
    let keys: Vec<_> =
        schema.as_value()["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "classes",
            "per-class",
            "resolution",
            "width",
            "intensity",
            "background",
            "location-ratio",
            "split",
            "edges-per-kind",
            "permute-pixels",
            "nested",
            "rotate-order",
            "out-of-range"
        ]
    );
    assert_eq!(schema.as_value()["properties"]["rotate-order"]["enum"], json!([1, 3]));
}
