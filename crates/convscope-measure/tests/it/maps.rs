//! Matrices of layers of maps.

use convscope_core::Seed;
use convscope_core::registry::find;
use convscope_measure::MEASURES;
use convscope_measure::maps::{Maps, TREATMENTS, drawn_places};

#[test]
fn places_are_drawn_evenly_and_none_twice() {
    let (samples, places, wanted) = (20, 16, 40);
    let mut counts = vec![0_i32; samples * places];
    for number in 0..800 {
        let drawn = drawn_places(samples, places, wanted, Seed::root(3).nth(number));
        assert_eq!(drawn.iter().map(Vec::len).sum::<usize>(), wanted);
        for (sample, own) in drawn.iter().enumerate() {
            assert!(own.is_sorted_by(|a, b| a < b), "{own:?}");
            own.iter().for_each(|place| counts[sample * places + place] += 1);
        }
    }
    // A binomial count of mean 100 and standard deviation 9.4; five of them.
    assert!(counts.iter().all(|count| (count - 100).abs() < 48), "{counts:?}");
    assert_eq!(drawn_places(2, 3, 6, Seed::root(1)), [[0, 1, 2], [0, 1, 2]]);
}

#[test]
fn every_treatment_makes_as_many_numbers_as_it_says() {
    let maps = Maps { channels: 3, sizes: vec![2, 5] };
    let sample: Vec<f64> = (0..30).map(f64::from).collect();
    for treatment in TREATMENTS {
        let mut made = Vec::new();
        treatment.add(&maps, &sample, &[0, 7], &mut made);
        let rows = if treatment.by_place { 2 } else { 1 };
        assert_eq!(made.len(), rows * treatment.units(&maps), "{}", treatment.id);
        if let Some(measure) = treatment.measure {
            assert!(find(MEASURES, "measure", measure).is_ok(), "{measure}");
        }
    }
}
