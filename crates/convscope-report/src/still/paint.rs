//! SVG to pixels.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

use super::font;
use crate::{figure::FigureError, theme};

/// Paints an SVG, `scale` pixels for each of its units, with the bundled typeface only.
///
/// # Errors
/// When the SVG cannot be read, or the picture would have no pixel or too many.
pub(crate) fn png(svg: &str, scale: f32) -> Result<Vec<u8>, FigureError> {
    let failed = |error: &dyn std::fmt::Display| FigureError::Paint(error.to_string());
    let options = Options {
        fontdb: font::faces(),
        font_family: theme::STATIC_FONT.into(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(&error))?;
    let size = tree.size();
    let pixels = |length: f32| (length * scale).ceil() as u32;
    let (width, height) = (pixels(size.width()), pixels(size.height()));
    let mut picture = Pixmap::new(width, height)
        .ok_or_else(|| FigureError::Paint(format!("{width} by {height} pixels")))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    picture.encode_png().map_err(|error| failed(&error))
}
