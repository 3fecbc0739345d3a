//! Which images a set is made of, as far as that is known before they are read.

use std::ops::Range;

use serde_json::Value;

/// The images that a set may hold: places in one order of something with a name.
///
/// By this a study is kept from testing on what it trains on. Two pools that share nothing have no
/// image in common for any draw; two that share may differ by the luck of the draw.
///
/// ```
/// use convscope_data::Pool;
/// use serde_json::json;
///
/// let (train, valid) = (Pool::some(json!("digits"), None, 0..50), Pool::some(json!("digits"), None, 50..60));
/// assert!(!train.shares_with(&valid));
/// assert!(Pool::all(json!("digits")).shares_with(&valid));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    images: Value,
    /// Of how many images the order is a shuffle; `None` for the order in which they are stored.
    shuffle_of: Option<usize>,
    places: Range<usize>,
}

impl Pool {
    /// Takes everything that goes by a name.
    pub fn all(images: Value) -> Self {
        Self { images, shuffle_of: None, places: 0..usize::MAX }
    }

    /// Takes some places, of the stored order or of that replicate's shuffle of so many images.
    pub fn some(images: Value, shuffle_of: Option<usize>, places: Range<usize>) -> Self {
        Self { images, shuffle_of, places }
    }

    /// Returns whether both may hold the same image.
    ///
    /// Places of different orders may, whatever they are.
    pub fn shares_with(&self, other: &Self) -> bool {
        let (first, second) = (&self.places, &other.places);
        let meet = first.start < second.end && second.start < first.end;
        self.images == other.images && (meet || self.shuffle_of != other.shuffle_of)
    }
}
