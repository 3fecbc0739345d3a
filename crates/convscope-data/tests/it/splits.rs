//! Which images different sets of one replicate share, and where their edges lie.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{columns, covered, draw, images, levels, rows, source};

#[test]
fn smaller_sets_begin_larger_ones() {
    let (small, large) = (images(json!({ "per-class": 10 })), images(json!({ "per-class": 30 })));
    assert_eq!(large.first_of_each_class(10).unwrap(), small);
}

#[test]
fn independent_sets_of_different_sizes_share_no_image() {
    let of =
        |size: u32| samples(json!({ "per-class": size, "nested": false, "classes": ["both"] }));
    assert!(of(100).is_disjoint(&of(200)));
    assert_eq!(of(100), of(100));
    assert!(of(100).is_disjoint(&samples(json!({ "per-class": 100, "classes": ["both"] }))));
}

#[test]
fn splits_share_no_image() {
    let of =
        |split: &str| samples(json!({ "per-class": 200, "split": split, "classes": ["both"] }));
    let (train, valid, test) = (of("train"), of("valid"), of("test"));
    assert!(train.is_disjoint(&valid) && valid.is_disjoint(&test) && test.is_disjoint(&train));
}

/// All different images of a set; those of class both are nearly never alike by chance.
fn samples(settings: Value) -> BTreeSet<Vec<u8>> {
    let images = images(settings);
    let different: BTreeSet<Vec<u8>> =
        (0..images.len()).map(|sample| levels(&images, sample)).collect();
    assert_eq!(different.len(), images.len());
    different
}

#[test]
fn with_a_location_ratio_training_and_validation_edges_never_meet() {
    let lines = |split: &str| {
        let images = images(json!({ "per-class": 1000, "location-ratio": 0.5, "split": split }));
        let across = (0..1000).flat_map(|sample| covered(&rows(&images, sample)));
        let down = (1000..2000).flat_map(|sample| covered(&columns(&images, sample)));
        across.chain(down).collect::<BTreeSet<usize>>()
    };
    assert_eq!(lines("train"), (0..13).collect(), "the last line of a part stays free");
    assert_eq!(lines("valid"), (14..27).collect());
    assert_eq!(lines("test"), (0..27).collect());
}

#[test]
fn a_ratio_cuts_rows_as_whole_numbers_do() {
    // ⌊0.57 · 28⌋ is 15, not the nearest 16.
    let images = images(json!({
        "classes": ["horizontal"], "per-class": 1000, "location-ratio": 0.57, "split": "valid"
    }));
    let first = (0..1000).flat_map(|sample| covered(&rows(&images, sample))).min();
    assert_eq!(first, Some(15));
}

#[test]
fn one_permutation_serves_all_splits_and_its_inverse_shows_the_images() {
    for split in ["train", "valid", "test"] {
        let plain = source(json!({ "per-class": 20, "split": split }));
        let mixed = source(json!({ "per-class": 20, "split": split, "permute-pixels": true }));
        assert_eq!(plain.permutation(draw()), None);
        let permutation = mixed.permutation(draw()).unwrap();
        assert_eq!(
            Some(&permutation),
            source(json!({ "permute-pixels": true })).permutation(draw()).as_ref()
        );
        let (plain, mixed) = (plain.load(draw()).unwrap(), mixed.load(draw()).unwrap());
        assert_ne!(plain, mixed);
        assert_eq!(mixed.permuted(&permutation.inverse()).unwrap(), plain);
        assert_eq!(plain.permuted(&permutation).unwrap(), mixed);
    }
}
