//! The eight flips and rotations of a kernel.

use crate::Size;

/// A flip or rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flip {
    /// Nothing changes.
    None,
    /// The first column becomes the last.
    LeftRight,
    /// The first row becomes the last.
    UpDown,
    /// By 180°.
    HalfTurn,
    /// By 90° clockwise.
    QuarterTurn,
    /// By 90° anticlockwise.
    ThreeQuarterTurn,
    /// Rows and columns change places.
    Diagonal,
    /// Rows and columns change places about the other diagonal.
    Antidiagonal,
}

impl Flip {
    /// All eight, the one that changes nothing first.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::LeftRight,
        Self::UpDown,
        Self::HalfTurn,
        Self::QuarterTurn,
        Self::ThreeQuarterTurn,
        Self::Diagonal,
        Self::Antidiagonal,
    ];

    /// Returns its name.
    pub const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::LeftRight => "left-right",
            Self::UpDown => "up-down",
            Self::HalfTurn => "half-turn",
            Self::QuarterTurn => "quarter-turn",
            Self::ThreeQuarterTurn => "three-quarter-turn",
            Self::Diagonal => "diagonal",
            Self::Antidiagonal => "antidiagonal",
        }
    }

    /// Returns whether it leaves kernels of this size at this size.
    pub const fn fits(self, size: Size) -> bool {
        size.is_square()
            || matches!(self, Self::None | Self::LeftRight | Self::UpDown | Self::HalfTurn)
    }

    /// Returns where the number at a place comes to; nothing where the flip does not fit the size.
    pub(crate) fn to(self, [r, c]: [usize; 2], size: Size) -> Option<[usize; 2]> {
        let (below, right) = (size.rows - 1 - r, size.columns - 1 - c);
        self.fits(size).then_some(match self {
            Self::None => [r, c],
            Self::LeftRight => [r, right],
            Self::UpDown => [below, c],
            Self::HalfTurn => [below, right],
            Self::QuarterTurn => [c, below],
            Self::ThreeQuarterTurn => [right, r],
            Self::Diagonal => [c, r],
            Self::Antidiagonal => [right, below],
        })
    }

    /// Returns for each place the place to which its number comes; nothing where it does not fit.
    pub(crate) fn places(self, size: Size) -> Option<Vec<usize>> {
        let places = size.places().map(|place| self.to(place, size));
        places.map(|to| to.map(|[r, c]| r * size.columns + c)).collect()
    }

    /// Returns the flipped kernel; nothing where the flip does not fit the size.
    ///
    /// ```
    /// use convscope_probe::{Flip, Size};
    ///
    /// let turned = Flip::QuarterTurn.apply(&[1.0, 2.0, 3.0, 4.0], Size::square(2));
    /// assert_eq!(turned.unwrap(), [3.0, 1.0, 4.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// When the kernel has another number of values than the size: a caller's bug.
    pub fn apply(self, kernel: &[f64], size: Size) -> Option<Vec<f64>> {
        assert_eq!(kernel.len(), size.count(), "caller's bug: a kernel of {size}");
        let mut flipped = vec![0.0; kernel.len()];
        for (value, to) in kernel.iter().zip(self.places(size)?) {
            flipped[to] = *value;
        }
        Some(flipped)
    }
}

/// Under which of the eight flips something is unchanged, where they fit the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flips {
    /// All eight.
    All,
    /// The mirrors on either axis and the half turn.
    Upright,
    /// The mirrors on either diagonal and the half turn.
    Slanted,
}

impl Flips {
    /// Returns whether a flip is among them.
    pub const fn contain(self, flip: Flip) -> bool {
        match (self, flip) {
            (Self::All, _) | (_, Flip::None | Flip::HalfTurn) => true,
            (Self::Upright, _) => matches!(flip, Flip::LeftRight | Flip::UpDown),
            (Self::Slanted, _) => matches!(flip, Flip::Diagonal | Flip::Antidiagonal),
        }
    }
}
