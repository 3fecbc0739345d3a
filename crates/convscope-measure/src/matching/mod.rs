//! Two networks of one shape with their hidden units in the same order.
//!
//! Two networks may compute the same and differ in every weight, because hidden units have no order of
//! their own. What is compared weight by weight must first be put in one order: that of
//! [`match_weights`], which looks at weights alone, or that of [`match_units`], which looks at what
//! units do on samples. Which axes of which tensors are reordered together is the caller's
//! knowledge of the network; here it is plain data.

mod gains;
mod units;
mod weights;

pub use units::match_units;
pub use weights::{Matching, Run, match_weights};

/// One tensor of two networks.
#[derive(Debug, Clone)]
pub struct TensorPair<'a> {
    /// The numbers of the first network, the last axis fastest.
    pub a: &'a [f32],
    /// The numbers of the second network.
    pub b: &'a [f32],
    /// The axes, slowest first.
    pub axes: Vec<TensorAxis>,
}

/// One axis of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TensorAxis {
    /// How many entries it has: a whole number of blocks, one for each member of its order.
    pub length: usize,
    /// The order that it follows, if its entries may change places.
    pub order: Option<usize>,
}
