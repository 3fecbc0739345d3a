//! Looks at pixels without owning them.

use convscope_core::Shape;

/// One image: channel after channel, row after row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View<'a> {
    shape: Shape,
    pixels: &'a [f32],
}

impl<'a> View<'a> {
    /// Looks at the pixels of one image.
    ///
    /// # Panics
    /// When the shape has another count of pixels, or none.
    pub fn new(shape: Shape, pixels: &'a [f32]) -> Self {
        assert!(
            pixels.len() == shape.len() && !shape.is_empty(),
            "caller's bug: {} pixels for an image of {shape}",
            pixels.len()
        );
        Self { shape, pixels }
    }

    /// Returns channels, rows and columns.
    pub fn shape(self) -> Shape {
        self.shape
    }

    /// Returns all pixels.
    pub fn pixels(self) -> &'a [f32] {
        self.pixels
    }

    /// Returns the channels in order, each row after row.
    pub fn planes(self) -> std::slice::ChunksExact<'a, f32> {
        self.pixels.chunks_exact(self.shape.height * self.shape.width)
    }
}
