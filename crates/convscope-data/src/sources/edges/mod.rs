//! Straight edges on an even background.
//!
//! The class of an image says which edges it has. Every random number of an image is keyed by
//! split, class name and index within the class, so that an image depends neither on how many are
//! drawn nor on which other classes there are. The last row and column of where edges may lie stay
//! free, as in the source, whose bound of starts is exclusive.

mod canvas;
mod check;
mod line;
mod rotation;
mod settings;

use convscope_core::registry::Entry;
use convscope_core::{Seed, Shape};
use serde_json::json;

use self::canvas::Canvas;
use self::line::Line;
use self::rotation::TURNS;
use self::settings::{Class, Edges};
use crate::sources::{Draw, Set, Source, entry};
use crate::{DataError, Images, Library, Permutation, Pool};

pub(super) const ENTRY: Entry<dyn Source> = entry::<Edges>(
    "edges",
    "horizontal, vertical and diagonal edges on an even background, drawn on demand",
    "Exploring inductive bias of CNN, UC Berkeley EECS 182/282A homework",
);

impl Source for Edges {
    /// Nothing of it lies on a disk.
    fn open(&self, _: &Library) -> Result<Box<dyn Set>, DataError> {
        Ok(Box::new(self.clone()))
    }
}

impl Set for Edges {
    fn classes(&self) -> Vec<String> {
        self.classes.iter().map(|class| class.name().to_owned()).collect()
    }

    fn shape(&self) -> Shape {
        Shape::image(1, self.side(), self.side())
    }

    fn len(&self) -> usize {
        self.classes.len() * self.per_class as usize
    }

    /// Counts and classes only choose among the images of a split.
    fn pool(&self) -> Pool {
        let size = if self.nested { 0 } else { self.per_class };
        Pool::all(json!({ "edges": { "split": self.split.name(), "size": size } }))
    }

    /// Draws the images, class after class.
    fn load(&self, draw: Draw) -> Result<Images, DataError> {
        let mut pixels = Vec::with_capacity(self.len() * self.shape().len());
        let mut labels = Vec::with_capacity(self.len());
        for (label, class) in (0..).zip(&self.classes) {
            let seed = self.seed_of(*class, draw);
            for index in 0..self.per_class {
                let canvas = self.canvas(*class, index, seed.nth(u64::from(index)));
                pixels
                    .extend(canvas.levels(self.out_of_range).map(|level| f32::from(level) / 255.0));
                labels.push(label);
            }
        }
        let images = Images::new(self.shape(), pixels, labels, self.classes())?;
        match self.permutation(draw) {
            Some(permutation) => images.permuted(&permutation),
            None => Ok(images),
        }
    }

    fn permutation(&self, draw: Draw) -> Option<Permutation> {
        let pixels = self.resolution * self.resolution;
        self.permute_pixels.then(|| Permutation::drawn(pixels, draw.seed.child("permutation")))
    }
}

impl Edges {
    fn seed_of(&self, class: Class, draw: Draw) -> Seed {
        let split = draw.seed.child(self.split.name());
        let sets = if self.nested {
            split
        } else {
            split.child("independent").nth(u64::from(self.per_class))
        };
        sets.child(class.name())
    }

    /// Draws one image before it is cut to 8 bits.
    fn canvas(&self, class: Class, index: u32, seed: Seed) -> Canvas {
        let [darkest, brightest] = self.background;
        let background = seed.child("background").stream().uniform_in(darkest, brightest);
        let mut canvas = Canvas::flat(self.side(), background);
        match class {
            Class::Horizontal => self.draw_rows(&mut canvas, seed),
            Class::Vertical => self.draw_columns(&mut canvas, seed),
            Class::Both => {
                self.draw_rows(&mut canvas, seed);
                self.draw_columns(&mut canvas, seed);
            }
            Class::Diagonal => canvas = self.with_diagonals(canvas, background, index, seed),
            Class::None => {}
        }
        canvas
    }

    fn draw_rows(&self, canvas: &mut Canvas, seed: Seed) {
        for edge in 0..self.per_kind.horizontal {
            let mut stream = seed.child("horizontal").nth(u64::from(edge)).stream();
            let line =
                Line::drawn(&mut stream, self.straight_widths(), self.places(), self.intensity);
            canvas.paint_rows(line.covers, line.intensity);
        }
    }

    fn draw_columns(&self, canvas: &mut Canvas, seed: Seed) {
        for edge in 0..self.per_kind.vertical {
            let mut stream = seed.child("vertical").nth(u64::from(edge)).stream();
            let line =
                Line::drawn(&mut stream, self.straight_widths(), self.places(), self.intensity);
            canvas.paint_columns(line.covers, line.intensity);
        }
    }

    /// Draws and turns one edge after the other, so that a later edge turns the earlier ones too.
    fn with_diagonals(&self, start: Canvas, background: f64, index: u32, seed: Seed) -> Canvas {
        let mut canvas = start;
        for edge in 0..self.per_kind.diagonal {
            let mut stream = seed.child("diagonal").nth(u64::from(edge)).stream();
            let line =
                Line::drawn(&mut stream, self.diagonal_widths(), self.places(), self.intensity);
            if index.is_multiple_of(2) {
                canvas.paint_rows(line.covers, line.intensity);
            } else {
                canvas.paint_columns(line.covers, line.intensity);
            }
            let turn = TURNS[stream.below(TURNS.len() as u64) as usize];
            canvas = canvas.rotated(turn, self.rotate_order, background);
        }
        canvas
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use convscope_core::Seed;

    use super::Edges;
    use super::settings::Class;

    const DRAWN: u32 = 10_000;

    /// numpy and scipy drew the others by the same rules.
    #[test]
    fn cubic_splines_make_a_third_of_diagonal_images_dip_below_zero() {
        let golden: BTreeMap<String, f64> = serde_json::from_str(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../golden/diagonals.json"
        )))
        .unwrap();
        let expected = golden["below"] / golden["images"];
        let edges = Edges::default();
        let below = |index: &u32| {
            let seed = Seed::root(7).nth(u64::from(*index));
            edges.canvas(Class::Diagonal, *index, seed).values().iter().any(|value| *value < 0.0)
        };
        let share = (0..DRAWN).filter(below).count() as f64 / f64::from(DRAWN);
        let spread = expected * (1.0 - expected);
        let error = (spread / f64::from(DRAWN) + spread / golden["images"]).sqrt();
        assert!((share - expected).abs() < 4.0 * error, "{share} here, {expected} there");
    }

    #[test]
    fn linear_splines_stay_between_background_and_edge() {
        let edges: Edges = serde_json::from_str(r#"{ "rotate-order": 1 }"#).unwrap();
        for index in 0..500 {
            let canvas = edges.canvas(Class::Diagonal, index, Seed::root(8).nth(u64::from(index)));
            assert!(canvas.values().iter().all(|value| (0.0..=1.0).contains(value)));
        }
    }
}
