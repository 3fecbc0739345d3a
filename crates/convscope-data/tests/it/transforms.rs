//! What every transform promises, member by member.

use std::collections::BTreeMap;

use convscope_core::registry::find;
use convscope_core::{Seed, Shape};
use convscope_data::transforms::{Chain, Scratch, View};
use convscope_data::{DataError, Images, Picture, TRANSFORMS, Transform};
use serde_json::{Value, json};

const GREY: Shape = Shape { channels: 1, height: 28, width: 28 };
const COLOUR: Shape = Shape { channels: 3, height: 24, width: 31 };

#[test]
fn shapes_are_those_that_were_promised_and_results_are_finite() {
    for (entry, shape) in members_and_shapes() {
        let transform = built(entry.id, json!({}));
        let Ok(promised) = transform.shape(shape) else {
            continue;
        };
        for (sample, image) in (0..20).zip(pictures(shape)) {
            let to = applied(&*transform, shape, &image, seed(sample));
            assert_eq!(to.len(), promised.len(), "{}", entry.id);
            assert!(to.iter().all(|value| value.is_finite()), "{}", entry.id);
        }
    }
}

#[test]
fn every_member_takes_grey_images_and_all_but_those_of_mnist_c_and_channels_take_colour() {
    for entry in TRANSFORMS {
        let transform = built(entry.id, json!({}));
        assert!(transform.shape(GREY).is_ok(), "{}", entry.id);
        let only_grey = entry.id.starts_with("mnist-c-") || entry.id == "channels";
        assert_eq!(transform.shape(COLOUR).is_err(), only_grey, "{}", entry.id);
    }
}

#[test]
fn the_same_seed_gives_the_same_image_and_another_one_another() {
    // These draw nothing.
    let fixed = [
        "normalize",
        "pad",
        "channels",
        "mnist-c-scale",
        "mnist-c-brightness",
        "mnist-c-stripe",
        "mnist-c-canny-edges",
    ];
    for entry in TRANSFORMS {
        let settings = lively(entry.id);
        let transform = built(entry.id, settings);
        let image = &pictures(GREY).next().unwrap();
        let of = |number: u64| applied(&*transform, GREY, image, seed(number));
        assert_eq!(of(1), of(1), "{}", entry.id);
        let different = (2..22).filter(|number| of(*number) != of(1)).count();
        let expected = if fixed.contains(&entry.id) { different == 0 } else { different >= 5 };
        assert!(expected, "{}: {different} of 20 differ", entry.id);
    }
}

#[test]
fn scratch_and_target_hold_nothing_that_shows() {
    let (mut scratch, mut to) = (Scratch::default(), vec![f32::NAN; 5000]);
    for (entry, shape) in members_and_shapes().chain(members_and_shapes()) {
        let transform = built(entry.id, lively(entry.id));
        if transform.shape(shape).is_ok() {
            let image = pictures(shape).nth(3).unwrap();
            transform.apply(View::new(shape, &image), seed(5), &mut scratch, &mut to);
            assert_eq!(to, applied(&*transform, shape, &image, seed(5)), "{}", entry.id);
        }
    }
}

#[test]
fn at_no_strength_images_stay_as_they_are() {
    for (name, settings) in [
        ("normalize", json!({ "mean": 0, "sd": 1 })),
        ("pad", json!({ "amount": 0 })),
        ("channels", json!({ "count": 1 })),
        ("random-crop", json!({})),
        ("horizontal-flip", json!({ "p": 0 })),
        ("shift", json!({ "rows": [0, 0], "columns": [0, 0] })),
        ("rotation", json!({ "degrees": 0 })),
        ("affine", json!({ "interpolation": "bilinear", "fill": -1 })),
        ("affine", json!({})),
        ("perspective", json!({ "p": 1, "distortion": 0, "fill": 1 })),
        ("perspective", json!({ "p": 0 })),
        ("elastic", json!({ "alpha": 0 })),
        ("gaussian-blur", json!({ "kernel": 1 })),
        ("gaussian-noise", json!({ "sigma": 0, "clip": "none" })),
        ("random-erasing", json!({ "p": 0 })),
        ("color-jitter", json!({})),
    ] {
        let transform = built(name, settings.clone());
        for shape in [GREY, COLOUR].into_iter().filter(|shape| transform.shape(*shape).is_ok()) {
            for (sample, image) in (0..5).zip(pictures(shape)) {
                let to = applied(&*transform, shape, &image, seed(sample));
                for (here, before) in to.iter().zip(&image) {
                    assert!((here - before).abs() < 2e-5, "{name} {settings}: {here} {before}");
                }
            }
        }
    }
}

#[test]
fn a_set_is_transformed_as_its_images_are_one_by_one() {
    let images = set(150);
    let chain = chain(&[json!({ "rotation": { "degrees": [0, 30] } }), json!("gaussian-noise")]);
    let all = chain.apply(&images, seed(3), |place| place as u64).unwrap();
    let mut worker = chain.worker(seed(3));
    let mut to = Vec::new();
    // Backwards, so that no order can matter.
    for sample in (0..images.len()).rev() {
        worker.apply(sample as u64, images.sample(sample), &mut to);
        assert_eq!(to, all.sample(sample));
    }
    assert_eq!((all.labels(), all.classes()), (images.labels(), images.classes()));
}

#[test]
fn a_corruption_does_not_depend_on_which_other_images_there_are() {
    let images = set(100);
    let few = images.first_of_each_class(7).unwrap();
    let ids: Vec<u64> =
        (0..2).flat_map(|class| images.of_class(class).take(7)).map(|s| s as u64).collect();
    let chain = chain(&[json!("elastic"), json!({ "random-erasing": { "value": "random" } })]);
    let all = chain.apply(&images, seed(4), |place| place as u64).unwrap();
    let alone = chain.apply(&few, seed(4), |place| ids[place]).unwrap();
    for (place, id) in ids.iter().enumerate() {
        assert_eq!(alone.sample(place), all.sample(*id as usize));
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let images = set(300);
    let chain = chain(&[json!("elastic"), json!("gaussian-noise"), json!("mnist-c-spatter")]);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| chain.apply(&images, seed(6), |place| place as u64).unwrap().content())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn the_order_of_steps_matters_but_other_names_do_not_change_draws() {
    let image = pictures(GREY).next().unwrap();
    let of = |steps: &[Value]| {
        let mut to = Vec::new();
        chain(steps).worker(seed(7)).apply(11, &image, &mut to);
        to
    };
    let noise = json!({ "gaussian-noise": { "clip": "none" } });
    let blur = json!("gaussian-blur");
    assert_ne!(of(&[noise.clone(), blur.clone()]), of(&[blur, noise.clone()]));
    // A step that changes nothing, in front, leaves the noise as it was; the same name twice is not
    // the same noise twice.
    let nothing = json!({ "pad": { "amount": 0 } });
    assert_eq!(of(&[nothing, noise.clone()]), of(std::slice::from_ref(&noise)));
    let (once, twice) = (of(std::slice::from_ref(&noise)), of(&[noise.clone(), noise]));
    let again: Vec<f32> = image.iter().zip(&once).map(|(x, y)| y + (y - x)).collect();
    assert!(twice.iter().zip(&again).any(|(a, b)| (a - b).abs() > 0.01));
}

#[test]
fn each_epoch_draws_anew() {
    let chain = chain(&[json!({ "shift": { "rows": [-9, 9] } })]);
    let image = pictures(GREY).next().unwrap();
    let mut worker = chain.worker(seed(8).nth(0));
    let mut epochs = Vec::new();
    for epoch in 0..10 {
        let mut to = Vec::new();
        worker.restart(seed(8).nth(epoch));
        worker.apply(2, &image, &mut to);
        epochs.push(to);
    }
    assert!(epochs[1..].iter().any(|epoch| epoch != &epochs[0]));
    let mut again = Vec::new();
    worker.restart(seed(8).nth(3));
    worker.apply(2, &image, &mut again);
    assert_eq!(again, epochs[3]);
}

#[test]
fn shapes_follow_from_step_to_step() {
    let steps = [json!({ "pad": { "amount": 2 } }), json!("channels"), json!("normalize")];
    let built = Chain::build(&steps, GREY).unwrap();
    assert_eq!(built.shape(), Shape::image(3, 32, 32));
    assert_eq!(
        built.canonical(),
        [json!({ "pad": {} }), json!({ "channels": {} }), json!({ "normalize": {} })]
    );
    assert!(Chain::build(&[], GREY).unwrap().is_empty());
    let other = Chain::build(&steps, Shape::image(1, 24, 24)).unwrap();
    let refused = other.apply(&set(3), seed(1), |place| place as u64);
    let wanted = Shape::image(1, 24, 24);
    assert_eq!(refused, Err(DataError::Shape { wanted, came: GREY }));
}

#[test]
fn what_lies_outside_zero_to_one_is_shown_black_or_white() {
    let pixels = vec![-1.0, -0.001, 0.5, 1.001, 7.0, 0.25];
    let images = Images::new(Shape::image(1, 1, 6), pixels, vec![0], vec!["a".into()]).unwrap();
    let shown = Picture::of(&images, 0).unwrap().png();
    let mut reader = png::Decoder::new(std::io::Cursor::new(shown)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut bytes).unwrap();
    assert_eq!(bytes, [0, 0, 128, 255, 255, 64]);
}

#[test]
fn names_are_unique_and_defaults_are_no_settings() {
    let mut about = BTreeMap::new();
    for entry in TRANSFORMS {
        assert_eq!((entry.canonical)(json!({})).unwrap(), json!({}), "{}", entry.id);
        assert!(about.insert(entry.id, entry.about).is_none());
    }
    assert_eq!(about.len(), 14 + 15);
}

/// Settings with which a transform that draws changes most images.
pub(crate) fn lively(name: &str) -> Value {
    match name {
        "random-crop" => json!({ "padding": 4 }),
        "affine" => json!({ "degrees": 20, "translate": [0.2, 0.1] }),
        "color-jitter" => {
            json!({ "brightness": 0.5, "contrast": 0.5, "hue": 0.3, "saturation": 0.5 })
        }
        "perspective" | "random-erasing" => json!({ "p": 1 }),
        _ => json!({}),
    }
}

pub(crate) fn built(name: &str, settings: Value) -> Box<dyn Transform> {
    (find(TRANSFORMS, "transform", name).unwrap().build)(settings).unwrap()
}

pub(crate) fn seed(number: u64) -> Seed {
    Seed::root(10).child("transforms").nth(number)
}

pub(crate) fn applied(
    transform: &dyn Transform,
    shape: Shape,
    image: &[f32],
    seed: Seed,
) -> Vec<f32> {
    let mut to = Vec::new();
    transform.apply(View::new(shape, image), seed, &mut Scratch::default(), &mut to);
    to
}

/// Images without two equal pixels beside each other, in 0..1.
fn pictures(shape: Shape) -> impl Iterator<Item = Vec<f32>> {
    (0..).map(move |number| {
        let mut draws = Seed::root(3).nth(number).stream();
        (0..shape.len()).map(|_| draws.uniform() as f32).collect()
    })
}

fn set(count: usize) -> Images {
    let pixels = pictures(GREY).take(count).flatten().collect();
    let labels = (0..count).map(|sample| u16::from(sample % 3 == 0)).collect();
    Images::new(GREY, pixels, labels, vec!["a".into(), "b".into()]).unwrap()
}

fn chain(steps: &[Value]) -> Chain {
    Chain::build(steps, GREY).unwrap()
}

fn members_and_shapes()
-> impl Iterator<Item = (&'static convscope_core::Entry<dyn Transform>, Shape)> {
    let shapes = [GREY, COLOUR, Shape::image(1, 33, 22)];
    TRANSFORMS.iter().flat_map(move |entry| shapes.map(|shape| (entry, shape)))
}
