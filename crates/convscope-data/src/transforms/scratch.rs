//! Memory between images.

/// Memory that transforms use again for the next image, so that none is taken anew.
///
/// What it holds means nothing from one image to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// An image, or a channel of it.
    pub(super) first: Vec<f32>,
    /// Another.
    pub(super) second: Vec<f32>,
    /// A third.
    pub(super) third: Vec<f32>,
}

/// Makes a buffer that long; what it held stays where it still fits.
pub(super) fn sized(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    buffer.resize(length, 0.0);
    buffer
}
