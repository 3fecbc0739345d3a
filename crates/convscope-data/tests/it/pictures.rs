//! PNG files, read back.

use std::io::Cursor;

use convscope_core::Shape;
use convscope_data::{Images, Picture, PictureError};
use serde_json::json;

use crate::images;

#[test]
fn one_image_comes_back_level_by_level() {
    let images = images(json!({ "classes": ["diagonal"], "per-class": 3 }));
    let (info, bytes) = decoded(&Picture::of(&images, 2).unwrap().png());
    assert_eq!((info.width, info.height, info.color_type), (28, 28, png::ColorType::Grayscale));
    let pixels: Vec<f32> = bytes.iter().map(|byte| f32::from(*byte) / 255.0).collect();
    assert_eq!(pixels, images.sample(2));
}

#[test]
fn a_contact_sheet_has_a_row_for_each_class_and_white_gutters() {
    let pixels = vec![0.2, 0.4, 0.6, 0.8, 0.0, 0.0];
    let classes = vec!["a".to_owned(), "b".to_owned()];
    let images = Images::new(Shape::image(1, 1, 2), pixels, vec![1, 0, 0], classes).unwrap();
    let sheet = Picture::contact_sheet(&images, 2, 1).unwrap();
    let (info, bytes) = decoded(&sheet.png());
    assert_eq!((info.width, info.height), (7, 5));
    assert_eq!((sheet.width(), sheet.height()), (7, 5));
    #[rustfmt::skip]
    assert_eq!(bytes, [
        255, 255, 255, 255, 255, 255, 255,
        255, 153, 204, 255,   0,   0, 255,
        255, 255, 255, 255, 255, 255, 255,
        255,  51, 102, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255,
    ]);
}

#[test]
fn three_channels_are_red_green_and_blue() {
    let pixels = vec![1.0, 0.0, 0.0, 0.2, 0.4, 0.6];
    let images = Images::new(Shape::image(3, 1, 2), pixels, vec![0], vec!["a".into()]).unwrap();
    let (info, bytes) = decoded(&Picture::of(&images, 0).unwrap().magnified(2).png());
    assert_eq!((info.width, info.height, info.color_type), (4, 2, png::ColorType::Rgb));
    let row = [255, 0, 102, 255, 0, 102, 0, 51, 153, 0, 51, 153];
    assert_eq!(bytes, [row, row].concat());
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let grey = images(json!({ "per-class": 1 }));
    let refused = Picture::of(&grey, 3).unwrap_err();
    assert_eq!(refused, PictureError::Sample { sample: 3, samples: 3 });
    assert_eq!(Picture::contact_sheet(&grey, 0, 1).unwrap_err(), PictureError::NoColumns);
    let two = Images::new(Shape::image(2, 1, 1), vec![0.0; 2], vec![0], vec!["a".into()]).unwrap();
    assert_eq!(Picture::of(&two, 0).unwrap_err(), PictureError::Channels(2));
}

fn decoded(file: &[u8]) -> (png::OutputInfo, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    (info, bytes)
}
