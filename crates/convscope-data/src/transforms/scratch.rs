//! Memory between images.

/// Memory that transforms use again for the next image, so that none is taken anew.
///
/// What it holds means nothing from one image to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Where each pixel comes from: its column, then its row, in pixels.
    pub(super) columns: Vec<f32>,
    pub(super) rows: Vec<f32>,
    /// A channel, or a field as large as one.
    pub(super) plane: Vec<f32>,
    /// Channels between two passes of a filter.
    pub(super) planes: [Vec<f32>; 2],
    /// What every pixel of a line adds to every other.
    pub(super) matrix: Vec<f32>,
    /// Weights of a filter along rows and of one along columns.
    pub(super) taps: [Vec<f32>; 2],
    /// Planes in 64 bits.
    pub(super) wide: [Vec<f64>; 3],
    /// Random bits.
    pub(super) bits: Vec<u32>,
}

/// Makes a buffer that long; what it held stays where it still fits.
pub(super) fn sized<T: Copy + Default>(buffer: &mut Vec<T>, length: usize) -> &mut [T] {
    buffer.resize(length, T::default());
    buffer
}
