//! Labelled samples of one shape.

use std::iter;

use convscope_core::{Identity, SettingError, Shape};

use crate::{FilesError, Permutation};

/// Labelled samples of one shape: finite pixels, sample after sample.
///
/// Sources give brightness in 0..1; transforms may leave that range (normalised images lie in −1..1,
/// noise goes anywhere). A [`Picture`](crate::Picture) shows what lies outside 0..1 as black or white.
///
/// A sample lies channel after channel, row after row. The door checks; whoever holds `Images`
/// need not.
///
/// ```
/// use convscope_core::Shape;
/// use convscope_data::Images;
///
/// let classes = vec!["dark".to_owned(), "bright".to_owned()];
/// let images = Images::new(Shape::image(1, 1, 2), vec![0.0, 0.1, 0.9, 1.0], vec![0, 1], classes)?;
/// assert_eq!(images.sample(1), [0.9, 1.0]);
/// # Ok::<(), convscope_data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    shape: Shape,
    pixels: Vec<f32>,
    labels: Vec<u16>,
    classes: Vec<String>,
}

impl Images {
    /// Keeps `labels.len()` samples of `shape`.
    ///
    /// # Errors
    /// [`DataError`] when there is nothing, when the count of pixels is not that of the samples, when
    /// a pixel is not finite, or when a label has no class; the last two name the sample.
    pub fn new(
        shape: Shape,
        pixels: Vec<f32>,
        labels: Vec<u16>,
        classes: Vec<String>,
    ) -> Result<Self, DataError> {
        let samples = labels.len();
        if samples == 0 || shape.is_empty() {
            return Err(DataError::Empty { samples, shape });
        }
        if pixels.len() != samples * shape.len() {
            let wanted = samples * shape.len();
            return Err(DataError::Pixels { samples, shape, wanted, came: pixels.len() });
        }
        if let Some(at) = not_finite(&pixels) {
            return Err(DataError::Pixel { sample: at / shape.len(), value: pixels[at] });
        }
        if let Some(sample) = labels.iter().position(|label| usize::from(*label) >= classes.len()) {
            let (label, classes) = (labels[sample], classes.len());
            return Err(DataError::Label { sample, label, classes });
        }
        Ok(Self { shape, pixels, labels, classes })
    }

    /// Returns the shape of each sample.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Returns all pixels, sample after sample.
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// Returns the pixels of one sample.
    ///
    /// # Panics
    /// When there is no such sample.
    pub fn sample(&self, sample: usize) -> &[f32] {
        &self.pixels[sample * self.shape.len()..][..self.shape.len()]
    }

    /// Returns the class of each sample, as a place in [`classes`](Self::classes).
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// Returns the names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Returns the count of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns false: there is always a sample.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the places of the samples of one class, in order.
    pub fn of_class(&self, class: usize) -> impl Iterator<Item = usize> {
        let labels = self.labels.iter().enumerate();
        labels.filter(move |(_, label)| usize::from(**label) == class).map(|(sample, _)| sample)
    }

    /// Keeps the first `count` samples of each class, class after class; a class that has fewer
    /// keeps all.
    ///
    /// # Errors
    /// [`DataError::Empty`] when `count` is 0.
    pub fn first_of_each_class(&self, count: usize) -> Result<Self, DataError> {
        let classes = 0..self.classes.len();
        let kept: Vec<usize> = classes.flat_map(|class| self.of_class(class).take(count)).collect();
        Self::new(
            self.shape,
            kept.iter().flat_map(|sample| self.sample(*sample)).copied().collect(),
            kept.iter().map(|sample| self.labels[*sample]).collect(),
            self.classes.clone(),
        )
    }

    /// Moves the pixels of every sample and channel in the same way.
    ///
    /// # Errors
    /// [`DataError::Positions`] when the permutation is of another count of pixels.
    pub fn permuted(&self, permutation: &Permutation) -> Result<Self, DataError> {
        let wanted = self.shape.height * self.shape.width;
        if permutation.len() != wanted {
            return Err(DataError::Positions { wanted, came: permutation.len() });
        }
        let channels = self.pixels.chunks_exact(wanted);
        let pixels = channels.flat_map(|channel| permutation.applied_to(channel)).collect();
        Ok(Self { pixels, ..self.clone() })
    }

    /// Returns the identity of everything in it: shape, class names, labels and the bits of pixels.
    pub fn content(&self) -> Identity {
        let Shape { channels, height, width } = self.shape;
        let mut head = Vec::new();
        for count in [channels, height, width, self.classes.len(), self.labels.len()] {
            head.extend((count as u64).to_le_bytes());
        }
        for class in &self.classes {
            head.extend((class.len() as u64).to_le_bytes());
            head.extend(class.as_bytes());
        }
        head.extend(self.labels.iter().flat_map(|label| label.to_le_bytes()));
        // All pixels as bytes at once would take as much memory as the images again.
        let bytes = |pixels: &[f32]| pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
        Identity::of_parts(iter::once(head).chain(self.pixels.chunks(PART).map(bytes)))
    }
}

/// Pixels that are looked at together.
const PART: usize = 1 << 12;

/// Returns the place of the first pixel that is not a finite number.
fn not_finite(pixels: &[f32]) -> Option<usize> {
    // A part is looked at as a whole, many pixels at a time.
    let finite = |part: &[f32]| part.iter().fold(true, |all, pixel| all & pixel.is_finite());
    let part = pixels.chunks(PART).position(|part| !finite(part))?;
    let within = pixels[part * PART..].iter().position(|pixel| !pixel.is_finite())?;
    Some(part * PART + within)
}

/// Images that cannot be, or cannot be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There is no sample, or samples have no pixel.
    #[error("images need at least one sample of at least one pixel; came {samples} of {shape}")]
    Empty {
        /// How many samples came.
        samples: usize,
        /// Their shape.
        shape: Shape,
    },
    /// The count of pixels is not that of the labelled samples.
    #[error("{samples} samples of {shape} have {wanted} pixels; came {came}")]
    Pixels {
        /// How many samples are labelled.
        samples: usize,
        /// Their shape.
        shape: Shape,
        /// The product of both.
        wanted: usize,
        /// How many pixels came.
        came: usize,
    },
    /// A pixel is not a number, or infinite.
    #[error("pixels are finite numbers; sample {sample} holds {value}")]
    Pixel {
        /// The first such sample.
        sample: usize,
        /// What it holds.
        value: f32,
    },
    /// A label has no class.
    #[error("labels are below the number of classes, {classes}; sample {sample} has {label}")]
    Label {
        /// The first such sample.
        sample: usize,
        /// What it is labelled.
        label: u16,
        /// How many classes there are.
        classes: usize,
    },
    /// Images have another shape than the one that something was made for.
    #[error("images of {wanted} are wanted; came {came}")]
    Shape {
        /// What was wanted.
        wanted: Shape,
        /// What came.
        came: Shape,
    },
    /// A permutation is of another count of pixels than a channel has.
    #[error("a permutation of {wanted} pixels is wanted; came one of {came}")]
    Positions {
        /// How many pixels a channel has.
        wanted: usize,
        /// How many the permutation moves.
        came: usize,
    },
    /// Files are missing or damaged.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Settings ask for what is not there.
    #[error(transparent)]
    Setting(#[from] SettingError),
}

impl DataError {
    /// Returns what to do about it, where there is something.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Files(error) => error.help(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use convscope_core::{Seed, Shape};

    use super::{DataError, Images, PART, not_finite};
    use crate::Permutation;

    fn images(pixels: Vec<f32>, labels: Vec<u16>) -> Result<Images, DataError> {
        Images::new(Shape::image(1, 1, 2), pixels, labels, vec!["a".into(), "b".into()])
    }

    #[test]
    fn the_door_names_the_sample_that_is_wrong() {
        let said = |result: Result<Images, DataError>| result.unwrap_err().to_string();
        assert_eq!(
            said(images(vec![], vec![])),
            "images need at least one sample of at least one pixel; came 0 of 1×1×2"
        );
        assert_eq!(
            said(images(vec![0.0; 3], vec![0, 1])),
            "2 samples of 1×1×2 have 4 pixels; came 3"
        );
        let nan = images(vec![0.0, 1.0, 0.5, f32::NAN], vec![0, 1]);
        assert_eq!(said(nan), "pixels are finite numbers; sample 1 holds NaN");
        let blinding = images(vec![0.0, f32::INFINITY, 0.5, 0.5], vec![0, 1]);
        assert_eq!(said(blinding), "pixels are finite numbers; sample 0 holds inf");
        assert!(images(vec![-1.0, 1.5, 0.5, f32::MAX], vec![0, 1]).is_ok());
        assert_eq!(
            said(images(vec![0.0; 4], vec![0, 2])),
            "labels are below the number of classes, 2; sample 1 has 2"
        );
    }

    #[test]
    fn a_wrong_pixel_is_found_behind_many_good_ones() {
        let mut pixels = vec![0.5; 2 * PART + 3];
        assert_eq!(not_finite(&pixels), None);
        pixels[2 * PART + 1] = f32::NAN;
        assert_eq!(not_finite(&pixels), Some(2 * PART + 1));
        pixels[PART] = f32::NEG_INFINITY;
        assert_eq!(not_finite(&pixels), Some(PART));
    }

    #[test]
    fn content_changes_with_every_part() {
        let base = images(vec![0.0, 0.25, 0.5, 1.0], vec![0, 1]).unwrap();
        let tall = Images { shape: Shape::image(1, 2, 1), ..base.clone() };
        let renamed = Images { classes: vec!["ab".into(), String::new()], ..base.clone() };
        let relabelled = Images { labels: vec![1, 0], ..base.clone() };
        let brighter = Images { pixels: vec![0.0, 0.25, 0.5, 0.999_999_94], ..base.clone() };
        let mut contents: Vec<_> =
            [&base, &tall, &renamed, &relabelled, &brighter].map(Images::content).to_vec();
        contents.sort();
        contents.dedup();
        assert_eq!(contents.len(), 5);
        assert_eq!(base.content(), base.clone().content());
    }

    #[test]
    fn the_first_of_each_class_come_class_after_class() {
        let mixed = images(vec![0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], vec![1, 0, 1, 1]).unwrap();
        let kept = mixed.first_of_each_class(2).unwrap();
        assert_eq!(kept.labels(), [0, 1, 1]);
        assert_eq!(kept.pixels(), [0.2, 0.3, 0.0, 0.1, 0.4, 0.5]);
        assert!(matches!(mixed.first_of_each_class(0), Err(DataError::Empty { samples: 0, .. })));
    }

    #[test]
    fn a_permutation_moves_every_channel_alike_and_its_inverse_restores() {
        let pixels: Vec<f32> = (0..24).map(|i| i as f32 / 24.0).collect();
        let shape = Shape::image(2, 2, 3);
        let colour = Images::new(shape, pixels, vec![0, 0], vec!["a".into()]).unwrap();
        let permutation = Permutation::drawn(6, Seed::root(1));
        let permuted = colour.permuted(&permutation).unwrap();
        let order = permutation.as_slice();
        for (to, from) in order.iter().enumerate() {
            for channel in [0, 6, 12, 18] {
                let came_from = colour.pixels()[channel + *from as usize];
                assert_eq!(permuted.pixels()[channel + to].to_bits(), came_from.to_bits());
            }
        }
        assert_ne!(permuted, colour);
        assert_eq!(permuted.permuted(&permutation.inverse()).unwrap(), colour);
        let short = colour.permuted(&Permutation::drawn(5, Seed::root(1)));
        assert_eq!(short, Err(DataError::Positions { wanted: 6, came: 5 }));
    }
}
