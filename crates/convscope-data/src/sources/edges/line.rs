//! One edge before it is painted.

use std::ops::{Range, RangeInclusive};

use convscope_core::Stream;

/// The rows or columns that an edge covers, and how bright it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) covers: Range<usize>,
    pub(super) intensity: f64,
}

impl Line {
    /// Draws width, start and intensity, each evenly.
    ///
    /// The last of `places` stays free, as in the source: no start lets an edge reach it.
    pub(super) fn drawn(
        stream: &mut Stream,
        widths: RangeInclusive<u32>,
        places: Range<u32>,
        [darkest, brightest]: [f64; 2],
    ) -> Self {
        let (narrowest, widest) = widths.into_inner();
        let width = narrowest + stream.below(u64::from(widest - narrowest) + 1) as u32;
        let starts = places.end - width - places.start;
        let start = places.start + stream.below(u64::from(starts)) as u32;
        let intensity = stream.uniform_in(darkest, brightest);
        Self { covers: start as usize..(start + width) as usize, intensity }
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::Seed;

    use super::Line;

    #[test]
    fn every_width_and_start_is_drawn_and_no_other() {
        let mut stream = Seed::root(1).stream();
        let mut drawn: Vec<_> = (0..2000)
            .map(|_| Line::drawn(&mut stream, 1..=3, 4..9, [0.5, 0.5]).covers)
            .map(|covers| (covers.len(), covers.start))
            .collect();
        drawn.sort_unstable();
        drawn.dedup();
        let allowed: Vec<_> =
            (1..=3).flat_map(|width| (4..9 - width).map(move |start| (width, start))).collect();
        assert_eq!(drawn, allowed);
    }
}
