//! Pictures in files: PNG and JPEG.

use std::io::Cursor;
use std::path::Path;

use convscope_core::Shape;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{FilesError, packed};

/// What files of pictures are called.
pub(crate) const EXTENSIONS: [&str; 3] = ["png", "jpg", "jpeg"];

/// A picture: channel after channel, row after row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raster {
    pub(crate) shape: Shape,
    pub(crate) pixels: Vec<u8>,
}

/// A picture's file is at most so long, and a side of it.
const MOST_BYTES: u64 = 1 << 28;
const MOST_SIDE: usize = 1 << 14;

impl Raster {
    /// Reads a picture whose format its first bytes tell: grey, or red, green and blue.
    ///
    /// JPEG is decoded by plain integer arithmetic, so that pixels are the same on every machine; other
    /// programs may differ by a level or two.
    ///
    /// # Errors
    /// [`FilesError`] for other formats, damage, transparency and more than 8 bits.
    pub(crate) fn read(path: &Path) -> Result<Self, FilesError> {
        let bytes = packed(path, MOST_BYTES)?;
        let read = if bytes.starts_with(b"\x89PNG") {
            png(&bytes)
        } else if bytes.starts_with(&[0xff, 0xd8]) {
            jpeg(&bytes)
        } else {
            let first = &bytes[..bytes.len().min(4)];
            Err(format!("it begins with {first:02x?}, neither as PNG nor as JPEG"))
        };
        read.map_err(|why| FilesError::of(path, why))
    }

    /// Takes pixels that lie side by side, each with all its channels.
    fn interleaved(channels: usize, width: usize, height: usize, bytes: &[u8]) -> Self {
        let channel = |channel: usize| bytes.iter().skip(channel).step_by(channels).copied();
        let pixels = (0..channels).flat_map(channel).collect();
        Self { shape: Shape::image(channels, height, width), pixels }
    }
}

fn png(bytes: &[u8]) -> Result<Raster, String> {
    let damage = |error: png::DecodingError| format!("the PNG file is damaged: {error}");
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    // Palettes and fewer than 8 bits become grey or colour of 8.
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(damage)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    check_side(width, height)?;
    let (color, depth) = reader.output_color_type();
    let channels = match (color, depth) {
        (png::ColorType::Grayscale, png::BitDepth::Eight) => 1,
        (png::ColorType::Rgb, png::BitDepth::Eight) => 3,
        (color, depth) => {
            return Err(format!(
                "it holds {color:?} of {} bits; grey or colour of 8 bits without transparency is wanted",
                depth as u8
            ));
        }
    };
    let mut pixels = vec![0; channels * width * height];
    reader.next_frame(&mut pixels).map_err(damage)?;
    reader.finish().map_err(damage)?;
    Ok(Raster::interleaved(channels, width, height, &pixels))
}

fn jpeg(bytes: &[u8]) -> Result<Raster, String> {
    let damage = |error: &dyn std::fmt::Debug| format!("the JPEG file is damaged: {error:?}");
    // Of progressive files the decoder does not miss what is cut off at the end.
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b'\n' | b'\r'));
    if !end.is_some_and(|end| bytes[..=end].ends_with(&[0xff, 0xd9])) {
        return Err(
            "the JPEG file is damaged: it does not end with ff d9, so its end is cut off".into()
        );
    }
    // Strict: what is missing is no grey. Safe: no instruction that only some machines have.
    let options = DecoderOptions::new_safe()
        .set_strict_mode(true)
        .set_max_width(MOST_SIDE)
        .set_max_height(MOST_SIDE);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| damage(&error))?;
    let channels = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => 1,
        Some(ColorSpace::YCbCr | ColorSpace::RGB) => 3,
        other => return Err(format!("it holds {other:?}; grey or colour is wanted")),
    };
    let space = if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let info = decoder.info().ok_or("the JPEG file is damaged: it has no size")?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    let pixels = decoder.decode().map_err(|error| damage(&error))?;
    if pixels.len() != channels * width * height {
        return Err(format!("the JPEG file is damaged: it holds {} values", pixels.len()));
    }
    Ok(Raster::interleaved(channels, width, height, &pixels))
}

fn check_side(width: usize, height: usize) -> Result<(), String> {
    if width.max(height) > MOST_SIDE {
        return Err(format!("it is {width}×{height}; a side has {MOST_SIDE} pixels at most"));
    }
    Ok(())
}
