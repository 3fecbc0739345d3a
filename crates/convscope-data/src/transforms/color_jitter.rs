//! Other light, other colours.

use convscope_core::registry::{Entry, SettingError};
use convscope_core::{Seed, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Span;
use super::{Scratch, Transform, View, entry};

pub(super) const ENTRY: Entry<dyn Transform> = entry::<ColorJitter>(
    "color-jitter",
    "changes brightness, contrast, saturation and hue in random order",
    "torchvision 0.29, transforms.v2.ColorJitter",
);

/// Four changes in an order drawn for each image, each by a factor drawn evenly.
///
/// As torchvision's `ColorJitter` on images of floats: results are clipped to 0..1, so it belongs
/// before normalisation. Of grey images, brightness and contrast change alone. By default nothing
/// changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ColorJitter {
    /// Factors of brightness: how far from 1 to both sides (not below 0), or the lowest and highest.
    brightness: Span,
    /// Factors of contrast, away from the mean grey, in the same form.
    contrast: Span,
    /// Factors of saturation, away from each pixel's grey, in the same form.
    saturation: Span,
    /// Turns of the hue: at most 0.5 to both sides, or the lowest and the highest.
    hue: Span,
}

impl Default for ColorJitter {
    fn default() -> Self {
        let none = Span::Around(0.0);
        Self { brightness: none, contrast: none, saturation: none, hue: none }
    }
}

/// One of the four and by how much.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Brightness(f64),
    Contrast(f64),
    Saturation(f64),
    Hue(f64),
}

impl ColorJitter {
    /// Draws the order and the factors; what a factor leaves as it is is not in it.
    fn drawn(&self, seed: Seed) -> impl Iterator<Item = Change> {
        let mut draws = seed.stream();
        let mut order = [0, 1, 2, 3];
        draws.shuffle(&mut order);
        let mut factor = |span: Span, centre: f64, least: f64| {
            let [low, high] = factors(span, centre, least);
            let drawn = draws.uniform_in(low, high);
            (low < centre || high > centre).then_some(drawn)
        };
        let changes = [
            factor(self.brightness, 1.0, 0.0).map(Change::Brightness),
            factor(self.contrast, 1.0, 0.0).map(Change::Contrast),
            factor(self.saturation, 1.0, 0.0).map(Change::Saturation),
            factor(self.hue, 0.0, -0.5).map(Change::Hue),
        ];
        order.into_iter().filter_map(move |which: usize| changes[which])
    }
}

/// Returns the lowest and the highest factor; those around a centre are no lower than `least`.
fn factors(span: Span, centre: f64, least: f64) -> [f64; 2] {
    let [low, high] = span.ends(centre);
    [low.max(least), high]
}

impl Transform for ColorJitter {
    fn check(&self) -> Result<(), SettingError> {
        let factors = [
            ("brightness", self.brightness),
            ("contrast", self.contrast),
            ("saturation", self.saturation),
        ];
        for (key, span) in factors {
            span.check(key)?;
            if let Span::Between([low, _]) = span
                && low < 0.0
            {
                return Err(SettingError::at(
                    key,
                    format!("factors from 0 on are wanted; came {low}"),
                ));
            }
        }
        self.hue.check("hue")?;
        if self.hue.ends(0.0).into_iter().any(|end| end.abs() > 0.5) {
            return Err(SettingError::at(
                "hue",
                "at most half a turn, 0.5, to either side is wanted",
            ));
        }
        Ok(())
    }

    fn shape(&self, of: Shape) -> Result<Shape, SettingError> {
        if matches!(of.channels, 1 | 3) {
            return Ok(of);
        }
        let message = format!("grey images or those of three channels are wanted; these are {of}");
        Err(SettingError::at("", message))
    }

    fn apply(&self, image: View<'_>, seed: Seed, _: &mut Scratch, to: &mut Vec<f32>) {
        to.clear();
        to.extend_from_slice(image.pixels());
        for change in self.drawn(seed) {
            change.apply(to, image.shape().channels);
        }
    }
}

impl Change {
    fn apply(self, pixels: &mut [f32], channels: usize) {
        match self {
            Self::Brightness(factor) => {
                let factor = factor as f32;
                for pixel in pixels {
                    *pixel = unit(*pixel * factor);
                }
            }
            Self::Contrast(factor) => contrast(pixels, channels, factor),
            Self::Saturation(factor) if channels == 3 => saturation(pixels, factor),
            Self::Hue(turns) if channels == 3 => hue(pixels, turns as f32),
            Self::Saturation(_) | Self::Hue(_) => (),
        }
    }
}

fn unit(value: f32) -> f32 {
    value.clamp(0.0, 1.0)
}

/// The grey of a pixel, with the weights of ITU-R BT.601 as torchvision rounds them.
fn grey(red: f32, green: f32, blue: f32) -> f32 {
    red * 0.2989 + green * 0.587 + blue * 0.114
}

fn blend(pixel: f32, other: f32, factor: f64) -> f32 {
    unit(pixel * factor as f32 + other * (1.0 - factor) as f32)
}

fn contrast(pixels: &mut [f32], channels: usize, factor: f64) {
    let count = pixels.len() / channels;
    let sum: f64 = if channels == 3 {
        let (red, others) = pixels.split_at(count);
        let (green, blue) = others.split_at(count);
        let colours = red.iter().zip(green).zip(blue);
        colours.map(|((red, green), blue)| f64::from(grey(*red, *green, *blue))).sum()
    } else {
        pixels.iter().map(|pixel| f64::from(*pixel)).sum()
    };
    let mean = (sum / count as f64) as f32;
    for pixel in pixels {
        *pixel = blend(*pixel, mean, factor);
    }
}

/// Changes every pixel of three channels by its own three values.
fn recoloured(pixels: &mut [f32], colour: impl Fn([f32; 3]) -> [f32; 3]) {
    let count = pixels.len() / 3;
    let (red, others) = pixels.split_at_mut(count);
    let (green, blue) = others.split_at_mut(count);
    for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
        [*red, *green, *blue] = colour([*red, *green, *blue]);
    }
}

fn saturation(pixels: &mut [f32], factor: f64) {
    recoloured(pixels, |[red, green, blue]| {
        let grey = grey(red, green, blue);
        [red, green, blue].map(|value| blend(value, grey, factor))
    });
}

/// Turns the hue: from red, green and blue to hue, saturation and value, and back.
fn hue(pixels: &mut [f32], turns: f32) {
    recoloured(pixels, |[red, green, blue]| {
        let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
        let range = most - least;
        let (range_or_1, most_or_1) = if range == 0.0 { (1.0, 1.0) } else { (range, most) };
        let saturation = range / most_or_1;
        let [r, g, b] = [red, green, blue].map(|value| (most - value) / range_or_1);
        let sixths = if red >= most {
            b - g
        } else if green >= most {
            r + 2.0 - b
        } else {
            g + 4.0 - r
        };
        let hue = below_one(sixths * (1.0 / 6.0) + 1.0) + turns;
        rgb(below_one(if hue < 0.0 { hue + 1.0 } else { hue }), saturation, most)
    });
}

/// Takes a whole turn away from what is one or more; less than two came.
fn below_one(turns: f32) -> f32 {
    if turns >= 1.0 { turns - 1.0 } else { turns }
}

fn rgb(hue: f32, saturation: f32, value: f32) -> [f32; 3] {
    let sixths = hue * 6.0;
    let sector = sixths as i32;
    let rest = sixths - sector as f32;
    let q = unit((1.0 - saturation * rest) * value);
    let t = unit((saturation * rest + (1.0 - saturation)) * value);
    let p = unit((1.0 - saturation) * value);
    match sector % 6 {
        0 => [value, t, p],
        1 => [q, value, p],
        2 => [p, value, t],
        3 => [p, q, value],
        4 => [t, p, value],
        _ => [value, p, q],
    }
}

#[cfg(test)]
mod tests {
    use super::Change;
    use crate::transforms::golden;

    #[test]
    fn recoloured_images_equal_those_of_torchvision() {
        let count = golden::compared("color-jitter", |image, case, _, to| {
            to.clear();
            to.extend_from_slice(image.pixels());
            for (name, factor) in case.read::<Vec<(String, f64)>>("changes") {
                let change = match name.as_str() {
                    "brightness" => Change::Brightness(factor),
                    "contrast" => Change::Contrast(factor),
                    "saturation" => Change::Saturation(factor),
                    _ => Change::Hue(factor),
                };
                change.apply(to, image.shape().channels);
            }
        });
        assert_eq!(count, 20);
    }
}
