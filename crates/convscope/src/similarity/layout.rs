//! Which dimension of a layer is what.

use convscope_measure::maps::Maps;

use crate::complaint::Complaint;

/// Letters for dimensions: `n` samples, `c` channels, others places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    letters: String,
    channels: usize,
}

/// What layers of four and five dimensions are unless somebody says otherwise.
const USUAL: [&str; 2] = ["nchw", "ncdhw"];

impl Layout {
    /// Reads `nchw`, `nhwc`, `ntc` and so on.
    pub(crate) fn of(letters: &str) -> Result<Self, Complaint> {
        let once = |letter: char| letters.matches(letter).count() == 1;
        let all_once = letters.chars().all(once) && letters.is_ascii();
        let channels = letters.find('c');
        match channels {
            Some(channels) if all_once && letters.starts_with('n') && letters.len() > 2 => {
                Ok(Self { letters: letters.to_owned(), channels })
            }
            _ => Err(Complaint::Usage {
                message: format!("`{letters}` is no layout of maps"),
                help: Some(
                    "write a letter for each dimension: n for samples, which stand first, c for \
                     channels, others for places; such as nchw, nhwc, ntc"
                        .into(),
                ),
            }),
        }
    }

    /// Returns the layout for so many dimensions: one that was given, or else the usual one.
    pub(crate) fn for_dimensions(given: &[Self], count: usize) -> Option<Self> {
        let fits = |layout: &&Self| layout.letters.len() == count;
        given.iter().find(fits).cloned().or_else(|| {
            let usual = USUAL.iter().find(|letters| letters.len() == count)?;
            Self::of(usual).ok()
        })
    }

    /// Returns the letters.
    pub(crate) fn letters(&self) -> &str {
        &self.letters
    }

    /// Returns the maps of a layer of these dimensions.
    pub(crate) fn maps(&self, dimensions: &[usize]) -> Maps {
        let places = (1..dimensions.len()).filter(|axis| *axis != self.channels);
        Maps {
            channels: dimensions[self.channels],
            sizes: places.map(|axis| dimensions[axis]).collect(),
        }
    }

    /// Puts the channels of one sample first.
    pub(crate) fn channels_first(&self, dimensions: &[usize], sample: &[f64], into: &mut Vec<f64>) {
        if self.channels == 1 {
            into.extend(sample);
            return;
        }
        // Channels stand between the places before them and those behind.
        let before: usize = dimensions[1..self.channels].iter().product();
        let behind: usize = dimensions[self.channels + 1..].iter().product();
        let channels = dimensions[self.channels];
        for channel in 0..channels {
            for place in 0..before {
                let start = (place * channels + channel) * behind;
                into.extend(&sample[start..start + behind]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Layout;

    #[test]
    fn channels_come_first_whatever_the_layout() {
        // One sample of 2 × 2 places and 3 channels: place 10 · row + column, channel hundreds.
        let value = |r: usize, c: usize, k: usize| (100 * k + 10 * r + c) as f64;
        let mut last = Vec::new();
        for r in 0..2 {
            for c in 0..2 {
                last.extend((0..3).map(|k| value(r, c, k)));
            }
        }
        let mut first = Vec::new();
        let layout = Layout::of("nhwc").unwrap();
        layout.channels_first(&[1, 2, 2, 3], &last, &mut first);
        let wanted: Vec<f64> = (0..3)
            .flat_map(|k| (0..2).flat_map(move |r| (0..2).map(move |c| value(r, c, k))))
            .collect();
        assert_eq!(first, wanted);
        assert_eq!(layout.maps(&[7, 2, 2, 3]).sizes, [2, 2]);
        let mut middle = Vec::new();
        let mixed = Layout::of("nhcw").unwrap();
        mixed.channels_first(&[1, 2, 3, 2], &wanted_nhcw(value), &mut middle);
        assert_eq!(middle, wanted);
    }

    fn wanted_nhcw(value: impl Fn(usize, usize, usize) -> f64 + Copy) -> Vec<f64> {
        (0..2).flat_map(|r| (0..3).flat_map(move |k| (0..2).map(move |c| value(r, c, k)))).collect()
    }

    #[test]
    fn layouts_that_name_no_maps_are_refused() {
        for odd in ["chw", "nhw", "nnc", "nc", "", "nchh", "ñchw"] {
            assert!(Layout::of(odd).is_err(), "{odd}");
        }
    }
}
