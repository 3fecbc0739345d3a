//! Sample images as pixels.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    figure::{FigureError, SampleGroup, SampleImage, SampleSheet},
    numbers::Unit,
    table::{Column, Table},
};

impl SampleSheet {
    /// Checks that there are images, and that all their pixels are there.
    pub(crate) fn check(&self) -> Result<(), FigureError> {
        let mut images = self.groups.iter().flat_map(|group| &group.images).peekable();
        if images.peek().is_none() {
            return Err(FigureError::NoRows);
        }
        for (place, image) in images.enumerate() {
            let wanted = image.channels * image.height * image.width;
            let fits = wanted == image.pixels.len() && matches!(image.channels, 1 | 3);
            if wanted == 0 || !fits {
                let what = format!("image {place} of `{}`, grey or in colour,", self.id);
                return Err(FigureError::Shape { what, wanted, came: image.pixels.len() });
            }
        }
        Ok(())
    }

    /// Returns the table behind the sheet: a row for each image.
    pub(crate) fn table(&self) -> Table {
        let words = ["version", "class"].map(Column::words);
        let numbers = ["image", "mean", "least", "most"].map(Column::numbers);
        let rows = self.groups.iter().flat_map(|group| {
            group.images.iter().enumerate().map(|(place, image)| {
                let words = [group.name.clone(), image.class.clone(), (place + 1).to_string()];
                words.into_iter().chain(facts(&image.pixels)).collect()
            })
        });
        Table {
            caption: "Every image: mean, least and most pixel, from 0 (black) to 1".into(),
            columns: words.into_iter().chain(numbers).collect(),
            rows: rows.collect(),
        }
    }
}

impl SampleGroup {
    /// Returns the images by class, classes in the order in which they appear.
    pub(crate) fn classes(&self) -> Vec<(&str, Vec<&SampleImage>)> {
        let mut order = Vec::new();
        let mut images: BTreeMap<&str, Vec<&SampleImage>> = BTreeMap::new();
        for image in &self.images {
            let known = images.entry(&image.class).or_default();
            if known.is_empty() {
                order.push(image.class.as_str());
            }
            known.push(image);
        }
        order.into_iter().map(|class| (class, images.remove(class).unwrap_or_default())).collect()
    }
}

impl SampleImage {
    /// Returns the image as a PNG in a `data:` address.
    pub(crate) fn address(&self) -> Result<String, FigureError> {
        let plane = self.height * self.width;
        let mut bytes = Vec::with_capacity(self.pixels.len());
        for pixel in 0..plane {
            for channel in 0..self.channels {
                let shade = f64::from(self.pixels[channel * plane + pixel]).clamp(0.0, 1.0);
                bytes.push((shade * 255.0).round() as u8);
            }
        }
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width as u32, self.height as u32);
        encoder.set_color(if self.channels == 3 {
            png::ColorType::Rgb
        } else {
            png::ColorType::Grayscale
        });
        encoder.set_compression(png::Compression::High);
        let written = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&bytes)?;
            writer.finish()
        });
        written.map_err(|error| FigureError::Paint(error.to_string()))?;
        Ok(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(file)))
    }
}

fn facts(pixels: &[f32]) -> [String; 3] {
    let wide = || pixels.iter().map(|&pixel| f64::from(pixel));
    let mean = wide().sum::<f64>() / pixels.len() as f64;
    let least = wide().fold(f64::INFINITY, f64::min);
    let most = wide().fold(f64::NEG_INFINITY, f64::max);
    [mean, least, most].map(|number| Unit::Number.show(number))
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};

    use crate::figure::{SampleGroup, SampleImage, SampleSheet};

    fn image(class: &str, channels: usize, pixels: Vec<f32>) -> SampleImage {
        SampleImage { class: class.into(), channels, height: 1, width: 2, pixels }
    }

    #[test]
    fn pixels_survive_the_way_through_png() {
        let address = image("a", 3, vec![0.0, 1.0, 0.2, 0.4, 0.6, 2.0]).address().unwrap();
        let file = BASE64_STANDARD.decode(address.split_once(',').unwrap().1).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        assert_eq!(bytes, [0, 51, 153, 255, 102, 255], "red, green, blue of each pixel");
    }

    #[test]
    fn classes_keep_their_order() {
        let images = ["b", "a", "b"].map(|class| image(class, 1, vec![0.0; 2])).into();
        let group = SampleGroup { name: "as drawn".into(), images };
        let classes: Vec<(&str, usize)> =
            group.classes().into_iter().map(|(class, images)| (class, images.len())).collect();
        assert_eq!(classes, [("b", 2), ("a", 1)]);
    }

    #[test]
    fn two_channels_are_refused() {
        let group = SampleGroup { name: "x".into(), images: vec![image("a", 2, vec![0.0; 4])] };
        let sheet = SampleSheet {
            id: "s".into(),
            title: String::new(),
            note: String::new(),
            groups: vec![group],
        };
        assert!(sheet.check().is_err());
    }
}
