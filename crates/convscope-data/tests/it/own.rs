//! Images of one's own: folders of pictures, and which of a set's images are chosen.

use std::fs;
use std::path::Path;

use convscope_core::registry::build;
use convscope_data::{DataError, Draw, Images, Library, SOURCES, Set};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::draw;

/// Opens a source with a library that has one folder.
pub(crate) fn opened(settings: &Value, root: &Path) -> Result<Box<dyn Set>, DataError> {
    let (source, _) = build(SOURCES, "data source", settings)?;
    source.open(&Library::new([root.to_owned()]))
}

/// A folder of two classes, `cat` with 7 and `dog` with 5 grey images of 2×3, all different.
pub(crate) fn pets() -> TempDir {
    let root = TempDir::new().unwrap();
    for (class, first, count) in [("cat", 0, 7), ("dog", 100, 5)] {
        fs::create_dir_all(root.path().join("pets").join(class)).unwrap();
        for index in 0..count {
            let pixels: Vec<u8> = (0..6).map(|pixel| first + 6 * index + pixel).collect();
            let file = root.path().join(format!("pets/{class}/{index:02}.png"));
            fs::write(file, png(3, 2, png::ColorType::Grayscale, &pixels)).unwrap();
        }
    }
    root
}

pub(crate) fn png(width: u32, height: u32, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    file
}

fn pet(settings: Value) -> Box<dyn Set> {
    let root = pets();
    chosen(settings, root.path()).unwrap()
}

fn chosen(mut settings: Value, root: &Path) -> Result<Box<dyn Set>, DataError> {
    settings["path"] = json!("pets");
    opened(&json!({ "folder": settings }), root)
}

/// The first pixel of each image tells which one it is.
fn which(images: &Images) -> Vec<u8> {
    (0..images.len()).map(|sample| (images.sample(sample)[0] * 255.0).round() as u8).collect()
}

#[test]
fn a_folder_is_read_class_after_class_and_file_after_file() {
    let set = pet(json!({}));
    assert_eq!((set.shape().to_string(), set.len()), ("1×2×3".to_owned(), 12));
    assert_eq!(set.classes(), ["cat", "dog"]);
    let images = set.load(draw()).unwrap();
    assert_eq!(which(&images), [0, 6, 12, 18, 24, 30, 36, 100, 106, 112, 118, 124]);
    assert_eq!(images.labels(), [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    assert_eq!(images.sample(1)[2].to_bits(), (8.0_f32 / 255.0).to_bits());
}

#[test]
fn parts_of_one_replicate_share_nothing_and_leave_nothing() {
    let part = |index: u32, draw: Draw| {
        let set = pet(json!({ "part": { "of": 5, "index": index } }));
        let images = set.load(draw).unwrap();
        assert_eq!(images.len(), set.len());
        which(&images)
    };
    let parts: Vec<Vec<u8>> = (0..5).map(|index| part(index, draw())).collect();
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 3, 2, 3]);
    let mut all = parts.concat();
    let whole = which(&pet(json!({})).load(draw()).unwrap());
    assert_ne!(all, whole, "they are parts of a shuffle");
    all.sort_unstable();
    assert_eq!(all, whole);
    let other = Draw { seed: draw().seed.nth(1) };
    assert_ne!(part(0, draw()), part(0, other), "another replicate has another shuffle");
    let stored = pet(json!({ "part": { "of": 3, "index": 1 }, "shuffle": false }));
    assert_eq!(which(&stored.load(draw()).unwrap()), [24, 30, 36, 100]);
}

#[test]
fn choices_nest_range_then_part_then_count() {
    let of = |settings: Value| which(&pet(settings).load(draw()).unwrap());
    let shuffled = of(json!({ "range": [0, 12] }));
    assert_eq!(of(json!({ "range": [3, 9] })), shuffled[3..9]);
    assert_eq!(of(json!({ "take": 4 })), shuffled[..4]);
    assert_eq!(of(json!({ "range": [3, 9], "part": { "of": 2, "index": 1 } })), shuffled[6..9]);
    assert_eq!(of(json!({ "range": [3, 9], "take": 2 })), shuffled[3..5]);
    assert_eq!(of(json!({ "take": 4, "shuffle": false })), [0, 6, 12, 18]);
    let each = pet(json!({ "per-class": 3 }));
    assert_eq!(each.len(), 6);
    let images = each.load(draw()).unwrap();
    for class in [0, 1] {
        let chosen: Vec<u8> =
            which(&images).into_iter().filter(|first| (*first >= 100) == (class == 1)).collect();
        let all = shuffled.iter().filter(|first| (**first >= 100) == (class == 1));
        assert_eq!(chosen, all.take(3).copied().collect::<Vec<_>>());
    }
    let scarce = pet(json!({ "per-class": 6 })).load(draw()).unwrap_err();
    assert_eq!(
        scarce.to_string(),
        "class dog has 5 among the 12 images to choose from; 6 of each are wanted"
    );
}

#[test]
fn what_there_is_not_enough_of_is_refused_where_it_stands() {
    let root = pets();
    for (settings, path, message) in [
        (json!({ "take": 13 }), "take", "1 to 12 of 12 images are possible; came 13"),
        (json!({ "take": 0 }), "take", "1 to 12 of 12 images are possible; came 0"),
        (json!({ "take": 1, "per-class": 1 }), "take", "give `take` or `per-class`, not both"),
        (
            json!({ "per-class": 7 }),
            "per-class",
            "1 to 6 of 12 images of 2 classes are possible; came 7",
        ),
        (
            json!({ "range": [4, 13] }),
            "range",
            "two places in 0..12 are wanted, the first and the one after the last; came 4 and 13",
        ),
        (
            json!({ "range": [4, 4] }),
            "range",
            "two places in 0..12 are wanted, the first and the one after the last; came 4 and 4",
        ),
        (
            json!({ "part": { "of": 0, "index": 0 } }),
            "part.of",
            "1 to 12 parts of 12 images are possible; came 0",
        ),
        (
            json!({ "part": { "of": 6, "index": 6 } }),
            "part.index",
            "6 parts are counted 0 to 5; came 6",
        ),
        (json!({ "range": [0, 4], "take": 5 }), "take", "1 to 4 of 4 images are possible; came 5"),
    ] {
        let Err(DataError::Setting(error)) = chosen(settings.clone(), root.path()) else {
            panic!("{settings} should be refused")
        };
        assert_eq!((error.path.join(".").as_str(), error.message.as_str()), (path, message));
    }
    for (key, nearest) in [("par", "part"), ("pth", "path"), ("perclass", "per-class")] {
        let error = build(SOURCES, "data source", &json!({ "folder": { key: 1 } })).err().unwrap();
        assert_eq!(error.nearest.as_deref(), Some(nearest));
        assert!(error.message.contains("`path`, `shuffle`, `range`"), "{}", error.message);
    }
}

#[test]
fn pools_meet_exactly_where_an_image_may_be_shared() {
    let shares = |a: Value, b: Value| pet(a).pool().shares_with(&pet(b).pool());
    let part = |of: u32, index: u32| json!({ "part": { "of": of, "index": index } });
    assert!(!shares(part(3, 0), part(3, 1)));
    assert!(shares(part(3, 1), part(3, 1)));
    assert!(shares(part(3, 0), part(4, 1)), "places 3 to 4 are in both");
    assert!(!shares(json!({ "range": [0, 8] }), json!({ "range": [8, 12] })));
    assert!(!shares(json!({ "take": 4 }), json!({ "range": [4, 12], "per-class": 1 })));
    assert!(shares(json!({ "take": 5 }), json!({ "range": [4, 12] })));
    assert!(shares(json!({}), part(3, 0)));
    let stored = json!({ "range": [8, 12], "shuffle": false });
    assert!(shares(json!({ "range": [0, 8] }), stored.clone()), "places of two orders");
    assert!(!shares(json!({ "range": [0, 8], "shuffle": false }), stored));
    // And what pools say is so.
    let images = |settings: Value| which(&pet(settings).load(draw()).unwrap());
    let (one, other) = (images(part(3, 0)), images(part(3, 2)));
    assert!(one.iter().all(|image| !other.contains(image)));
}

#[test]
fn an_identity_is_made_of_images_and_not_of_places() {
    let identity = |settings: &Value, root: &Path| {
        let (source, canonical) = build(SOURCES, "data source", settings).unwrap();
        source.open(&Library::new([root.to_owned()])).unwrap().identified(canonical)
    };
    let (here, there) = (pets(), pets());
    fs::rename(there.path().join("pets"), there.path().join("animals")).unwrap();
    let pets = json!({ "folder": { "path": "pets", "take": 3 } });
    let animals = json!({ "folder": { "path": "animals", "take": 3 } });
    let identities = [identity(&pets, here.path()), identity(&animals, there.path())];
    assert_eq!(identities[0], identities[1]);
    assert_eq!(identities[0]["folder"]["take"], 3);
    assert!(identities[0]["folder"].get("path").is_none(), "{}", identities[0]);
    // Another pixel, another class name: another identity.
    fs::rename(there.path().join("animals/dog"), there.path().join("animals/hound")).unwrap();
    assert_ne!(identity(&animals, there.path()), identities[0]);
    let file = here.path().join("pets/cat/00.png");
    fs::write(file, png(3, 2, png::ColorType::Grayscale, &[0, 1, 2, 3, 4, 6])).unwrap();
    assert_ne!(identity(&pets, here.path()), identities[0]);
}

#[test]
fn one_library_reads_a_folder_once() {
    let root = pets();
    let library = Library::new([root.path().to_owned()]);
    let open = || {
        let settings = json!({ "folder": { "path": "pets" } });
        build(SOURCES, "data source", &settings).unwrap().0.open(&library)
    };
    let first = open().unwrap();
    fs::remove_dir_all(root.path().join("pets/dog")).unwrap();
    let again = open().unwrap();
    assert_eq!(again.load(draw()).unwrap(), first.load(draw()).unwrap());
}

#[test]
fn folders_that_are_not_sound_name_the_file() {
    let colour = png(3, 2, png::ColorType::Rgb, &[9; 18]);
    let large = png(3, 3, png::ColorType::Grayscale, &[9; 9]);
    let clear = png(3, 2, png::ColorType::GrayscaleAlpha, &[9; 12]);
    let mut flipped = png(3, 2, png::ColorType::Grayscale, &[9; 6]);
    let middle = flipped.len() - 20;
    flipped[middle] ^= 0x10;
    let short = colour[..colour.len() - 16].to_vec();
    for (name, content, says) in [
        ("03.png", colour, "is 3×2×3, but"),
        ("03.png", large, "all images of a folder have one size"),
        ("03.png", clear, "without transparency"),
        ("03.png", flipped, "the PNG file is damaged"),
        ("03.png", short, "the PNG file is damaged"),
        ("03.png", Vec::new(), "neither as PNG nor as JPEG"),
        ("03.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF".to_vec(), "the JPEG file is damaged"),
        (
            "notes.txt",
            b"cats".to_vec(),
            "it is no image: files of a class end in .png, .jpg, .jpeg",
        ),
    ] {
        let root = pets();
        let file = root.path().join("pets/cat").join(name);
        fs::write(&file, content).unwrap();
        let error = chosen(json!({}), root.path()).err().unwrap();
        assert!(error.to_string().starts_with(&file.display().to_string()), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let root = pets();
    fs::create_dir(root.path().join("pets/fish")).unwrap();
    let error = chosen(json!({}), root.path()).err().unwrap().to_string();
    assert!(error.contains("fish: the class has no image"), "{error}");
    let empty = TempDir::new().unwrap();
    fs::create_dir(empty.path().join("pets")).unwrap();
    let error = chosen(json!({}), empty.path()).err().unwrap().to_string();
    assert!(error.contains("a folder for each class is wanted; there is none"), "{error}");
    let error = opened(&json!({ "folder": { "path": "nowhere" } }), empty.path()).err().unwrap();
    assert!(error.to_string().contains("there is no `nowhere` here"), "{error}");
}
