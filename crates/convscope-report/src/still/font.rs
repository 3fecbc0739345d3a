//! The bundled typeface: its widths for laying out, its outlines for painting.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::Database;
use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

static REGULAR: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.ttf");
static SEMI_BOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.ttf");

static FACES: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut faces = Database::new();
    faces.load_font_data(REGULAR.to_vec());
    faces.load_font_data(SEMI_BOLD.to_vec());
    Arc::new(faces)
});

/// Returns the faces for painting.
pub(super) fn faces() -> Arc<Database> {
    Arc::clone(&FACES)
}

/// Returns the width of a line of text at size 1.
pub(super) fn width(text: &str, heavy: bool) -> f64 {
    let font =
        FontRef::new(if heavy { SEMI_BOLD } else { REGULAR }).expect("the bundled fonts are whole");
    let metrics = font.glyph_metrics(Size::new(1.0), LocationRef::default());
    let letters = font.charmap();
    text.chars()
        .map(|letter| letters.map(letter).unwrap_or_default())
        .map(|glyph| f64::from(metrics.advance_width(glyph).unwrap_or(0.0)))
        .sum()
}

#[cfg(test)]
mod tests {
    use skrifa::{FontRef, MetadataProvider};

    use super::{REGULAR, SEMI_BOLD, faces, width};

    #[test]
    fn widths_add_up_and_heavy_letters_are_wider() {
        let (one, two) = (width("m", false), width("mm", false));
        assert!(one > 0.5 && (two - 2.0 * one).abs() < 1e-6);
        assert!(width("model", true) > width("model", false));
    }

    #[test]
    fn every_letter_of_our_titles_is_there() {
        for font in [REGULAR, SEMI_BOLD] {
            let letters = FontRef::new(font).unwrap().charmap();
            for letter in "aZ09äéßøαλ−×±≤²→–…%√".chars() {
                assert!(letters.map(letter).is_some(), "{letter}");
            }
        }
    }

    #[test]
    fn the_painter_knows_the_family_by_the_name_that_charts_use() {
        let named = |name: &str| name == crate::theme::STATIC_FONT;
        assert!(faces().faces().any(|face| face.families.iter().any(|(name, _)| named(name))));
    }
}
