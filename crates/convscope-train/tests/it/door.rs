use convscope_core::Shape;
use convscope_data::{DataError, Images};
use convscope_model::NetError;
use convscope_train::{Handling, TrainError, Training, train};
use serde_json::json;

use crate::{SIDE, net, planted, recipe, start, training};

/// Trains on planted images after a change, to which another set of images is handed.
fn refused(
    other: &Images,
    change: impl for<'a> Fn(&mut Training<'a>, &'a Images, &mut Vec<f32>),
) -> TrainError {
    let (net, images) = (net("two-layer-mlp"), planted(6, 1));
    let recipe = recipe(json!({ "epochs": 1 }));
    let plain = vec![Handling::default(); net.parameters().len()];
    let mut training = training(&net, &images, &recipe, &plain);
    let mut weights = start(&net, 1);
    change(&mut training, other, &mut weights);
    let mut watched = false;
    let error = train(&training, weights, &mut |_, _| {
        watched = true;
        convscope_train::Continue::Yes
    });
    assert!(!watched);
    error.expect_err("this does not fit together")
}

#[test]
fn images_with_nan_never_come_so_far() {
    let mut pixels = planted(6, 1).pixels().to_vec();
    pixels[SIDE * SIDE * 4 + 1] = f32::NAN;
    let images = Images::new(Shape::image(1, SIDE, SIDE), pixels, vec![0; 6], vec!["any".into()]);
    assert!(matches!(images, Err(DataError::Pixel { sample: 4, .. })));
}

#[test]
fn images_of_another_shape_are_refused_by_the_name_of_their_set() {
    let classes = planted(3, 1).classes().to_vec();
    let wide = Images::new(Shape::image(1, 1, 64), vec![0.5; 64], vec![0], classes).unwrap();
    let error = refused(&wide, |training, wide, _| training.valid = Some(wide));
    let came = Shape::image(1, 1, 64);
    assert_eq!(error, TrainError::ImageShape { set: "valid", wanted: Shape::image(1, 8, 8), came });
    assert!(error.to_string().contains("1×1×64"));
}

#[test]
fn sets_of_other_classes_are_refused() {
    let classes = ["column", "row", "none"].map(str::to_owned).to_vec();
    let swapped = planted(3, 1);
    let swapped =
        Images::new(swapped.shape(), swapped.pixels().to_vec(), vec![0, 1, 2], classes).unwrap();
    let error = refused(&swapped, |training, swapped, _| training.test = Some(swapped));
    assert!(matches!(error, TrainError::Classes { set: "test", .. }), "{error}");
}

#[test]
fn a_net_for_other_classes_is_refused() {
    let two = planted(3, 1);
    let two = Images::new(
        two.shape(),
        two.pixels().to_vec(),
        vec![0, 1, 0],
        vec!["row".into(), "column".into()],
    );
    let two = two.unwrap();
    let error = refused(&two, |training, two, _| training.images = two);
    assert!(
        matches!(error, TrainError::Net(NetError::NotAClassifier { classes: 2, .. })),
        "{error}"
    );
}

#[test]
fn weights_and_flags_that_do_not_fit_are_refused() {
    let error = refused(&planted(3, 1), |_, _, weights| weights.truncate(5));
    assert!(matches!(error, TrainError::Weights { came: 5, .. }), "{error}");
    let error =
        refused(&planted(3, 1), |_, _, weights| *weights.last_mut().unwrap() = f32::INFINITY);
    assert!(
        matches!(&error, TrainError::WeightNotFinite { parameter, .. } if parameter == "fc2.bias"),
        "{error}"
    );
    let error = refused(&planted(3, 1), |training, _, _| training.handling = &[]);
    assert_eq!(error, TrainError::Handlings { wanted: 4, came: 0 });
}

#[test]
fn instructions_that_the_machine_lacks_are_refused() {
    use convscope_engine::Level;
    let absent = Level::ALL.into_iter().find(|level| !level.is_available());
    let absent = absent.expect("no machine has the instructions of two");
    let error = refused(&planted(3, 1), |training, _, _| training.level = absent);
    assert_eq!(error, TrainError::Level(absent));
}
