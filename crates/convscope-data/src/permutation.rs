//! Orders in which pixels are put.

use convscope_core::Seed;

/// A fixed order of the pixels of a channel.
///
/// Pixel `i` afterwards is pixel `order[i]` before, as numpy's `image[order]`.
///
/// ```
/// use convscope_core::Seed;
/// use convscope_data::Permutation;
///
/// let permutation = Permutation::drawn(784, Seed::root(10).child("permutation"));
/// let (there, back) = (permutation.as_slice(), permutation.inverse());
/// assert!((0..784).all(|i| there[back.as_slice()[i] as usize] == i as u32));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permutation(Vec<u32>);

impl Permutation {
    /// Draws one of all orders of `pixels`, each with the same chance.
    pub fn drawn(pixels: u32, seed: Seed) -> Self {
        let mut order: Vec<u32> = (0..pixels).collect();
        seed.stream().shuffle(&mut order);
        Self(order)
    }

    /// Returns the order that undoes this one.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let mut order = vec![0; self.0.len()];
        for (to, from) in (0..).zip(&self.0) {
            order[*from as usize] = to;
        }
        Self(order)
    }

    /// Returns where each pixel comes from.
    pub fn as_slice(&self) -> &[u32] {
        &self.0
    }

    /// Returns the count of pixels.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no pixel to move.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the values of one channel in this order.
    pub(crate) fn applied_to(&self, channel: &[f32]) -> impl Iterator<Item = f32> {
        self.0.iter().map(|from| channel[*from as usize])
    }
}
