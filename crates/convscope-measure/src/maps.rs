//! Layers of maps, as convolutions have them, made samples × units.
//!
//! A layer of a convolutional network says c numbers at each of h × w places for each sample.
//! Measures compare matrices; which matrix is made of the maps is a choice that changes the answer,
//! so each has a name here and none is silent.

use std::collections::BTreeSet;

use convscope_core::Seed;

/// A way of making a matrix of maps.
#[derive(Debug, Clone, Copy)]
pub struct Treatment {
    /// Its name.
    pub id: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Authors, year and identifier, or where it is described.
    pub source: &'static str,
    /// The one measure that it goes with; any if `None`.
    pub measure: Option<&'static str>,
    /// Whether places stand as samples, so that only maps of equal sizes can be compared.
    pub by_place: bool,
    /// How many units it makes.
    units: fn(&Maps) -> usize,
    /// Appends what it makes of one sample, of which some places are wanted.
    add: fn(&Maps, &[f64], &[usize], &mut Vec<f64>),
}

/// Every way of making a matrix of maps.
///
/// ```
/// use convscope_measure::maps::{Maps, TREATMENTS};
///
/// // Two channels at 1 × 3 places.
/// let maps = Maps { channels: 2, sizes: vec![1, 3] };
/// let sample = [1.0, 2.0, 6.0, 0.0, 0.5, 1.0];
/// let of = |id: &str| {
///     let treatment = TREATMENTS.iter().find(|treatment| treatment.id == id).unwrap();
///     let mut made = Vec::new();
///     treatment.add(&maps, &sample, &[0, 2], &mut made);
///     (treatment.units(&maps), made)
/// };
/// assert_eq!(of("flatten"), (6, sample.to_vec()));
/// assert_eq!(of("global-average"), (2, vec![3.0, 0.5]));
/// assert_eq!(of("spatial-as-samples"), (2, vec![1.0, 0.0, 6.0, 1.0]));
/// ```
pub static TREATMENTS: &[Treatment] = &[
    Treatment {
        id: "flatten",
        about: "Every channel at every place is a unit: asks for the same things at the same places.",
        source: "Kornblith, Norouzi, Lee and Hinton 2019, arXiv:1905.00414",
        measure: None,
        by_place: false,
        units: |maps| maps.channels * maps.places(),
        add: |_, sample, _, into| into.extend(sample),
    },
    Treatment {
        id: "spatial-as-samples",
        about: "Channels are units and places are samples, a random part of them if there are many.",
        source: "Raghu, Gilmer, Yosinski and Sohl-Dickstein 2017, arXiv:1706.05806",
        measure: None,
        by_place: true,
        units: |maps| maps.channels,
        add: |maps, sample, wanted, into| {
            for place in wanted {
                into.extend(sample.iter().skip(*place).step_by(maps.places()));
            }
        },
    },
    Treatment {
        id: "global-average",
        about: "The mean of each channel over all places is a unit: blind to where things are.",
        source: "Lin, Chen and Yan 2013, arXiv:1312.4400",
        measure: None,
        by_place: false,
        units: |maps| maps.channels,
        add: |maps, sample, _, into| {
            let places = maps.places();
            into.extend(sample.chunks(places).map(|map| map.iter().sum::<f64>() / places as f64));
        },
    },
    Treatment {
        id: "shift-aligned",
        about: "The best cyclic shift and rotation of channels are found first: shift-procrustes.",
        source: "Williams, Kunz, Kornblith and Linderman 2021, arXiv:2110.14739",
        measure: Some("shift-procrustes"),
        by_place: false,
        units: |maps| maps.channels * maps.places(),
        add: |_, sample, _, into| into.extend(sample),
    },
];

/// The form of one sample of a layer of maps, channels first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maps {
    /// How many channels.
    pub channels: usize,
    /// The sizes of a map, such as height and width.
    pub sizes: Vec<usize>,
}

impl Maps {
    /// Returns how many places a map has.
    pub fn places(&self) -> usize {
        self.sizes.iter().product()
    }
}

impl Treatment {
    /// Returns how many units it makes of maps.
    pub fn units(&self, maps: &Maps) -> usize {
        (self.units)(maps)
    }

    /// Appends what it makes of one sample: a row, or one for each of some `places`.
    ///
    /// # Panics
    /// If the sample is not of these maps or has no such place: a caller's bug.
    pub fn add(&self, maps: &Maps, sample: &[f64], places: &[usize], into: &mut Vec<f64>) {
        let whole = maps.channels * maps.places();
        assert!(sample.len() == whole, "caller's bug: the sample is not of these maps");
        assert!(
            places.iter().all(|place| *place < maps.places()),
            "caller's bug: there is no such place"
        );
        (self.add)(maps, sample, places, into);
    }
}

/// Draws places of `samples` maps of `places` each, at most so many, and tells them by sample.
///
/// Every set of that size is equally likely (Floyd's way, Bentley and Floyd 1987). A fixed stride
/// would do worse than it seems: where it is a multiple of the map's size, it sees one place only.
pub fn drawn_places(samples: usize, places: usize, at_most: usize, seed: Seed) -> Vec<Vec<usize>> {
    let all = samples * places;
    if all <= at_most {
        return vec![(0..places).collect(); samples];
    }
    let mut draws = seed.stream();
    let mut chosen = BTreeSet::new();
    for last in all - at_most..all {
        let drawn = draws.below(last as u64 + 1) as usize;
        if !chosen.insert(drawn) {
            chosen.insert(last);
        }
    }
    let mut by_sample = vec![Vec::new(); samples];
    for place in chosen {
        by_sample[place / places].push(place % places);
    }
    by_sample
}
