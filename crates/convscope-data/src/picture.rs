//! Images as PNG, in memory.

use convscope_core::Shape;

use crate::Images;

const WHITE: u8 = 255;

/// A grey or red-green-blue picture of 8 bits a channel.
///
/// A pixel is shown as 255 times its value, rounded; below 0 it is black, above 1 white. Normalised
/// images are therefore to be shown before they are normalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    channels: usize,
    /// Row after row, pixel after pixel.
    bytes: Vec<u8>,
}

impl Picture {
    /// Shows one sample, one pixel for each of its own.
    ///
    /// # Errors
    /// [`PictureError`] when there is no such sample or it has neither one channel nor three.
    pub fn of(images: &Images, sample: usize) -> Result<Self, PictureError> {
        if sample >= images.len() {
            return Err(PictureError::Sample { sample, samples: images.len() });
        }
        let Shape { height, width, .. } = images.shape();
        let mut picture = Self::blank(images, height, width)?;
        picture.draw(images, sample, (0, 0));
        Ok(picture)
    }

    /// Shows the first `columns` samples of each class, one row for each class, with white lines
    /// of `gutter` pixels between and around them.
    ///
    /// A class with fewer samples leaves the rest of its row white.
    ///
    /// # Errors
    /// [`PictureError`] when `columns` is 0 or samples have neither one channel nor three.
    pub fn contact_sheet(
        images: &Images,
        columns: usize,
        gutter: usize,
    ) -> Result<Self, PictureError> {
        if columns == 0 {
            return Err(PictureError::NoColumns);
        }
        let Shape { height, width, .. } = images.shape();
        let beside = |cells: usize, size: usize| gutter + cells * (size + gutter);
        let rows = images.classes().len();
        let mut sheet = Self::blank(images, beside(rows, height), beside(columns, width))?;
        for class in 0..rows {
            for (column, sample) in images.of_class(class).take(columns).enumerate() {
                sheet.draw(images, sample, (beside(class, height), beside(column, width)));
            }
        }
        Ok(sheet)
    }

    /// Makes every pixel a square of `times` by `times`; 0 counts as 1.
    #[must_use]
    pub fn magnified(&self, times: usize) -> Self {
        let times = times.max(1);
        let mut bytes = Vec::with_capacity(self.bytes.len() * times * times);
        for row in self.bytes.chunks_exact(self.width * self.channels) {
            let pixels = row.chunks_exact(self.channels);
            let wide: Vec<u8> = pixels.flat_map(|pixel| pixel.repeat(times)).collect();
            bytes.extend(wide.repeat(times));
        }
        Self { width: self.width * times, height: self.height * times, bytes, ..*self }
    }

    /// Writes a PNG file into memory; the same picture gives the same bytes.
    ///
    /// # Panics
    /// When the picture is wider or higher than a PNG file can be, 2³¹ pixels.
    pub fn png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width as u32, self.height as u32);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_color(if self.channels == 1 {
            png::ColorType::Grayscale
        } else {
            png::ColorType::Rgb
        });
        let written = encoder.write_header().and_then(|mut png| {
            png.write_image_data(&self.bytes)?;
            png.finish()
        });
        written.expect("memory takes all bytes, as many as the header says");
        file
    }

    /// Returns the columns of pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the rows of pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    fn blank(images: &Images, height: usize, width: usize) -> Result<Self, PictureError> {
        let channels = images.shape().channels;
        if channels != 1 && channels != 3 {
            return Err(PictureError::Channels(channels));
        }
        Ok(Self { width, height, channels, bytes: vec![WHITE; height * width * channels] })
    }

    fn draw(&mut self, images: &Images, sample: usize, (top, left): (usize, usize)) {
        let Shape { channels, height, width } = images.shape();
        for (at, pixel) in images.sample(sample).iter().enumerate() {
            let (channel, row, column) = (at / (height * width), at / width % height, at % width);
            let place = (top + row) * self.width + left + column;
            self.bytes[place * channels + channel] = (pixel * 255.0).round() as u8;
        }
    }
}

/// Images that cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Neither grey nor red, green and blue.
    #[error("pictures have 1 channel or 3; these images have {0}")]
    Channels(usize),
    /// There is no such sample.
    #[error("there are {samples} samples, counted from 0; sample {sample} was asked for")]
    Sample {
        /// Which was asked for.
        sample: usize,
        /// How many there are.
        samples: usize,
    },
    /// There would be nothing to see.
    #[error("a contact sheet has at least 1 column; came 0")]
    NoColumns,
}
