//! What training does with a parameter besides following its gradient.

use std::sync::Arc;

use convscope_model::Parameter;

use crate::piece::Piece;

/// How one parameter is handled; by default as every parameter is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Handling {
    /// Whether it stays as it is, bit for bit.
    pub frozen: bool,
    /// Which of its numbers are weights at all, one flag for each; the others are 0.
    ///
    /// They are set to 0 before the first step and after every step, and their gradients before
    /// it: neither momentum, weight decay nor a penalty brings them back.
    pub mask: Option<Arc<[bool]>>,
    /// What steps may make of each of its pieces; empty when of all anything.
    ///
    /// Pieces are of one length: with one for each kernel of a convolution they are its kernels, with one
    /// for each filter its filters.
    pub pieces: Arc<[Piece]>,
}

impl Handling {
    /// Returns a handling for each of some flags that say what is frozen.
    pub fn of_flags(frozen: &[bool]) -> Vec<Self> {
        frozen.iter().map(|&frozen| Self { frozen, ..Self::default() }).collect()
    }

    /// Returns a handling that gives each of some pieces its own.
    ///
    /// ```
    /// use convscope_core::Subspace;
    /// use convscope_train::{Handling, Piece};
    ///
    /// // Four kernels of 2 × 2: one frozen, one of a single value, two free.
    /// let constant = Subspace::spanned_by(4, &[vec![1.0; 4]]);
    /// let pieces = [Piece::Frozen, Piece::Within(constant), Piece::Free, Piece::Free];
    /// assert_eq!(Handling::of_pieces(pieces).freedom(16), 0 + 1 + 4 + 4);
    /// ```
    pub fn of_pieces(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self { pieces: pieces.into_iter().collect(), ..Self::default() }
    }

    /// Returns how many of a parameter's numbers training can choose freely.
    pub fn freedom(&self, count: usize) -> usize {
        match &self.mask {
            _ if self.frozen => 0,
            Some(mask) => mask.iter().filter(|is| **is).count(),
            None if self.pieces.is_empty() => count,
            None => {
                let width = count / self.pieces.len();
                self.pieces.iter().map(|piece| piece.freedom(width)).sum()
            }
        }
    }

    /// Puts a parameter's numbers at the nearest ones of the form that they are kept in.
    ///
    /// # Panics
    /// When it does not fit the parameter: a caller's bug.
    pub fn project(&self, numbers: &mut [f32]) {
        if let Some(mask) = &self.mask {
            let zeros = numbers.iter_mut().zip(mask.iter()).filter(|(_, is)| !**is);
            zeros.for_each(|(number, _)| *number = 0.0);
        }
        let Some(width) = numbers.len().checked_div(self.pieces.len()) else { return };
        let room = self.pieces.iter().map(Piece::room).max();
        let mut room = vec![0.0; room.unwrap_or(0)];
        for (numbers, piece) in numbers.chunks_exact_mut(width).zip(self.pieces.iter()) {
            piece.project(numbers, &mut room);
        }
    }

    /// Says what does not fit a parameter.
    pub(crate) fn misfit(&self, parameter: &Parameter) -> Option<String> {
        let (count, pieces) = (parameter.len(), self.pieces.len());
        let mask = self.mask.as_ref().map(|mask| mask.len());
        if self.frozen && mask.is_some() {
            return Some("it is frozen and has a mask; mask its first weights instead".into());
        }
        if self.frozen && pieces > 0 {
            return Some("it is frozen and its pieces are handled; give it one of them".into());
        }
        if mask.is_some() && pieces > 0 {
            return Some("it has a mask and its pieces are handled; give it one of them".into());
        }
        if let Some(flags) = mask.filter(|&flags| flags != count) {
            return Some(format!("its mask has {flags} flags, but it has {count} numbers"));
        }
        if pieces > 0 && !count.is_multiple_of(pieces) {
            return Some(format!("its {count} numbers do not make {pieces} pieces of one length"));
        }
        let width = count.checked_div(pieces)?;
        let other = self.pieces.iter().filter_map(Piece::width).find(|&other| other != width)?;
        Some(format!("its pieces have {width} numbers, but one is handled as one of {other}"))
    }
}
