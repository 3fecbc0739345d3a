//! Which images of a set: one way of saying it for all sets that are kept in files.

use std::ops::Range;

use convscope_core::{Seed, SettingError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::stored::Stored;
use crate::{DataError, Pool};

/// Which images of a set, and in what order: first `shuffle`, of that order the `range`, of the
/// range the `part`, of the part as many as are to be taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Choice {
    /// Whether the images are chosen from an order drawn for the replicate, the same for every
    /// choice from the set, or from the order in which they are stored. All images, taken whole, are
    /// in the order in which they are stored.
    pub(super) shuffle: bool,
    /// The first place in the order and the place after the last: `[50000, 60000]` are the last
    /// 10,000 of 60,000.
    pub(super) range: Option<[u32; 2]>,
    /// One of several parts that share no image and are of one size, give or take one.
    pub(super) part: Option<Part>,
    /// How many images, the first in the order.
    pub(super) take: Option<u32>,
    /// How many images of each class, the first in the order.
    pub(super) per_class: Option<u32>,
}

/// `part = { of = 6, index = 2 }`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Part {
    /// How many parts.
    pub(super) of: u32,
    /// Which one, counted from 0.
    pub(super) index: u32,
}

impl Default for Choice {
    fn default() -> Self {
        Self { shuffle: true, range: None, part: None, take: None, per_class: None }
    }
}

impl Choice {
    /// Holds the choice against a set of so many samples and classes.
    pub(super) fn check(&self, samples: usize, classes: usize) -> Result<(), SettingError> {
        let wrong = |key: &str, message: String| Err(SettingError::at(key, message));
        if let Some([first, after]) = self.range
            && (first >= after || after as usize > samples)
        {
            let message = format!(
                "two places in 0..{samples} are wanted, the first and the one after the last; \
                 came {first} and {after}"
            );
            return wrong("range", message);
        }
        if let Some(Part { of, index }) = self.part {
            let held = self.ranged(samples).len();
            if of == 0 || of as usize > held {
                let message = format!("1 to {held} parts of {held} images are possible; came {of}");
                return Err(SettingError::at("of", message).below("part"));
            }
            if index >= of {
                let message = format!("{of} parts are counted 0 to {}; came {index}", of - 1);
                return Err(SettingError::at("index", message).below("part"));
            }
        }
        let held = self.places(samples).len();
        let (key, count, each) = match (self.take, self.per_class) {
            (None, None) => return Ok(()),
            (Some(_), Some(_)) => {
                return wrong("take", "give `take` or `per-class`, not both".into());
            }
            (Some(count), None) => ("take", count, 1),
            (None, Some(count)) => ("per-class", count, classes),
        };
        let most = held / each.max(1);
        if count == 0 || count as usize > most {
            let of = if each == 1 { String::new() } else { format!(" of {classes} classes") };
            return wrong(
                key,
                format!("1 to {most} of {held} images{of} are possible; came {count}"),
            );
        }
        Ok(())
    }

    /// Returns how many images are chosen.
    pub(super) fn len(&self, samples: usize, classes: usize) -> usize {
        match (self.take, self.per_class) {
            (Some(count), _) => count as usize,
            (None, Some(count)) => count as usize * classes,
            (None, None) => self.places(samples).len(),
        }
    }

    /// Returns which images of `images` may be chosen.
    pub(super) fn pool(&self, images: Value, samples: usize) -> Pool {
        let places = self.places(samples);
        let end = self.take.map_or(places.end, |count| places.start + count as usize);
        Pool::some(images, self.shuffle.then_some(samples), places.start..end)
    }

    /// Returns the places of the chosen samples in their set, in the order chosen.
    ///
    /// # Errors
    /// [`DataError::Setting`] when a class has too few.
    pub(super) fn samples(&self, stored: &Stored, seed: Seed) -> Result<Vec<usize>, DataError> {
        let mut order: Vec<usize> = (0..stored.len()).collect();
        if self.shuffle && *self != Self::default() {
            seed.child("shuffle").stream().shuffle(&mut order);
        }
        let order = &order[self.places(stored.len())];
        match (self.take, self.per_class) {
            (Some(count), _) => Ok(order[..count as usize].to_vec()),
            (None, Some(count)) => of_each_class(order, stored, count as usize),
            (None, None) => Ok(order.to_vec()),
        }
    }

    fn ranged(&self, samples: usize) -> Range<usize> {
        self.range.map_or(0..samples, |[first, after]| first as usize..after as usize)
    }

    /// Returns the places in the order from which images are taken.
    fn places(&self, samples: usize) -> Range<usize> {
        let range = self.ranged(samples);
        let Some(Part { of, index }) = self.part else { return range };
        let border = |part: u32| range.start + range.len() * part as usize / of as usize;
        border(index)..border(index + 1)
    }
}

fn of_each_class(order: &[usize], stored: &Stored, count: usize) -> Result<Vec<usize>, DataError> {
    let mut found = vec![0; stored.classes.len()];
    let mut chosen = Vec::with_capacity(count * found.len());
    for sample in order {
        let found = &mut found[usize::from(stored.labels[*sample])];
        if *found < count {
            *found += 1;
            chosen.push(*sample);
        }
    }
    if let Some(class) = found.iter().position(|found| *found < count) {
        let message = format!(
            "class {} has {} among the {} images to choose from; {count} of each are wanted",
            stored.classes[class],
            found[class],
            order.len()
        );
        return Err(SettingError::at("per-class", message).into());
    }
    Ok(chosen)
}
