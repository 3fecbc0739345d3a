//! What may be done to a filter that leaves it the same up to symmetry.

/// One of the eight flips and rotations of a square (the dihedral group D₄).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flip {
    /// As it is.
    Identity,
    /// A quarter turn to the left.
    Quarter,
    /// A half turn.
    Half,
    /// A quarter turn to the right.
    ThreeQuarters,
    /// Left and right exchanged.
    LeftRight,
    /// Top and bottom exchanged.
    UpDown,
    /// Rows and columns exchanged.
    Transpose,
    /// Rows and columns exchanged about the other diagonal.
    AntiTranspose,
}

impl Flip {
    /// Every flip and rotation.
    pub const ALL: [Self; 8] = [
        Self::Identity,
        Self::Quarter,
        Self::Half,
        Self::ThreeQuarters,
        Self::LeftRight,
        Self::UpDown,
        Self::Transpose,
        Self::AntiTranspose,
    ];

    /// Returns the row and column that come to stand at row r and column c.
    fn source(self, r: usize, c: usize, side: usize) -> (usize, usize) {
        let far = side - 1;
        match self {
            Self::Identity => (r, c),
            Self::Quarter => (c, far - r),
            Self::Half => (far - r, far - c),
            Self::ThreeQuarters => (far - c, r),
            Self::LeftRight => (r, far - c),
            Self::UpDown => (far - r, c),
            Self::Transpose => (c, r),
            Self::AntiTranspose => (far - c, far - r),
        }
    }
}

/// A flip or rotation, then a shift, then a sign: the same for all channels of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Motion {
    /// Whether every weight changes its sign.
    pub negated: bool,
    /// The flip or rotation.
    pub flip: Flip,
    /// By how many places down and to the right; what leaves the kernel is lost, zeros come in.
    pub shift: [isize; 2],
}

impl Motion {
    /// Leaves a filter as it is.
    pub const NONE: Self = Self { negated: false, flip: Flip::Identity, shift: [0, 0] };

    /// Returns the weights of a filter after the motion.
    ///
    /// # Panics
    /// If `weights` are not whole kernels of side × side: a caller's bug.
    pub fn apply(self, weights: &[f64], side: usize) -> Vec<f64> {
        let area = side * side;
        assert!(
            area > 0 && weights.len().is_multiple_of(area),
            "caller's bug: {} weights are no kernels of {side} × {side}",
            weights.len()
        );
        let sign = if self.negated { -1.0 } else { 1.0 };
        let mut moved = Vec::with_capacity(weights.len());
        for kernel in weights.chunks(area) {
            for place in 0..area {
                let from =
                    |at: usize, by: isize| at.checked_add_signed(-by).filter(|at| *at < side);
                let (r, c) = (from(place / side, self.shift[0]), from(place % side, self.shift[1]));
                moved.push(r.zip(c).map_or(0.0, |(r, c)| {
                    let (r, c) = self.flip.source(r, c, side);
                    sign * kernel[r * side + c]
                }));
            }
        }
        moved
    }
}
