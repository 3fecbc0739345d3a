//! The catalogue: dimensions as group theory has them, and what is nearest.

use std::collections::BTreeMap;

use convscope_core::Seed;
use convscope_probe::{Catalogue, Grid, STRUCTURES, Size};

/// The dimension of each structure at k × k, from orbit counts by hand; 0 where there is none.
fn dimensions(k: usize) -> BTreeMap<&'static str, usize> {
    let (n, half, odd) = (k * k, k.div_ceil(2), k % 2);
    let mirrored_and = |sign: usize| if sign == 1 { k * half } else { k * (k / 2) };
    let all = [
        ("constant", 1),
        ("identical-columns", k),
        ("identical-rows", k),
        ("identical-columns-mirrored", half),
        ("identical-rows-mirrored", half),
        ("identical-columns-opposed", k / 2),
        ("identical-rows-opposed", k / 2),
        ("central-row", k * odd),
        ("central-column", k * odd),
        ("first-order-steerable", 2),
        ("second-order-steerable", 3),
        ("smooth-radial", if k < 5 { 2 } else { 3 }),
        ("all-flips", half * (half + 1) / 2),
        ("quarter-turn", (n + 3 * odd) / 4),
        ("mirror-both", half * half),
        ("mirror-left-right", mirrored_and(1)),
        ("mirror-up-down", mirrored_and(1)),
        ("mirror-diagonal", k * (k + 1) / 2),
        ("mirror-antidiagonal", k * (k + 1) / 2),
        ("half-turn", n.div_ceil(2)),
        ("opposed-left-right", mirrored_and(0)),
        ("opposed-up-down", mirrored_and(0)),
        ("opposed-diagonal", k * (k - 1) / 2),
        ("opposed-antidiagonal", k * (k - 1) / 2),
        ("opposed-half-turn", n / 2),
    ];
    all.into_iter().collect()
}

#[test]
fn dimensions_are_those_of_group_theory() {
    for k in 3..=9 {
        let size = Size::square(k);
        let expected = dimensions(k);
        let linear = STRUCTURES.iter().filter(|s| !s.is_free() && !s.is_separable());
        assert_eq!(linear.clone().count(), expected.len());
        for structure in linear {
            let found = structure.subspace(size).map_or(0, |subspace| subspace.dimension());
            assert_eq!(found, expected[structure.id], "{} at {k}", structure.id);
        }
    }
}

#[test]
fn small_and_oblong_kernels_have_what_means_something() {
    let names = |size| {
        let catalogue = Catalogue::new(size);
        catalogue.structures().map(|(structure, _)| structure.id).collect::<Vec<_>>()
    };
    assert_eq!(names(Size::square(1)), ["free"]);
    // Of one row: a row is mirrored or not, and all rows are identical anyway.
    let row = names(Size { rows: 1, columns: 5 });
    assert!(row.contains(&"constant") && row.contains(&"identical-rows-mirrored"), "{row:?}");
    assert!(!row.iter().any(|id| id.contains("diagonal") || *id == "separable"), "{row:?}");
    let oblong = names(Size { rows: 3, columns: 5 });
    assert!(oblong.contains(&"mirror-both") && oblong.contains(&"half-turn"), "{oblong:?}");
    assert!(!oblong.contains(&"quarter-turn") && !oblong.contains(&"mirror-diagonal"));
}

#[test]
fn what_is_nearest_is_nearest_to_itself() {
    let mut draws = Seed::root(5).child("kernels").stream();
    for (rows, columns) in [(2, 2), (3, 3), (4, 4), (5, 5), (3, 5), (7, 7), (1, 6)] {
        let size = Size { rows, columns };
        let catalogue = Catalogue::new(size);
        let kernel: Vec<f64> = (0..size.count()).map(|_| draws.normal()).collect();
        let grid = Grid::of(&kernel, 8);
        for once in catalogue.descriptions(&kernel, grid) {
            let all = catalogue.descriptions(&once.ideal, grid);
            let twice = all.iter().find(|d| d.structure.id == once.structure.id).unwrap();
            let moved = once.ideal.iter().zip(&twice.ideal).map(|(a, b)| (a - b).abs());
            assert!(moved.fold(0.0, f64::max) < 1e-12, "{} at {size}", once.structure.id);
            assert!(twice.energy > 1.0 - 1e-12, "{} at {size}", once.structure.id);
        }
    }
}

#[test]
fn kernels_of_a_structure_are_described_by_it_or_a_simpler_one() {
    let mut draws = Seed::root(6).child("kernels").stream();
    for k in [3, 5, 7] {
        let catalogue = Catalogue::new(Size::square(k));
        for (structure, dimension) in catalogue.structures() {
            let kernel: Vec<f64> = (0..k * k).map(|_| draws.normal()).collect();
            let grid = Grid::of(&kernel, 8);
            let all = catalogue.descriptions(&kernel, grid);
            let planted = all.iter().find(|d| d.structure.id == structure.id).unwrap();
            let found = catalogue.describe(&planted.ideal, grid);
            assert!(
                found.dimension <= dimension,
                "{} found for {}",
                found.structure.id,
                structure.id
            );
            assert!(found.code_length <= planted.bits + 1e-6, "an ideal kernel leaves nothing");
        }
    }
}

#[test]
fn zeros_are_constant() {
    let catalogue = Catalogue::new(Size::square(3));
    let found = catalogue.describe(&[0.0; 9], Grid::of(&[0.0; 9], 8));
    assert_eq!((found.structure.id, found.energy), ("constant", 1.0));
    assert_eq!(found.ideal, [0.0; 9]);
}
