use convscope_model::layer::{Conv, Linear, Pool};
use convscope_model::{Layer, Net, NetError, Op, Shape};

#[test]
fn a_net_larger_than_any_memory_is_refused_without_overflow() {
    let conv = Conv { filters: 1 << 16, kernel: 1 << 16, padding: 1 << 16, ..Conv::default() };
    let layers = vec![Layer::new("conv", Op::Conv(conv))];
    let error = Net::new(Shape::image(1 << 16, 1 << 16, 1 << 16), layers).unwrap_err();
    assert!(error.to_string().contains("65536×65536×65536×65536"), "{error}");
}

#[test]
fn weights_of_all_layers_count_together() {
    // 2^16 · 2^14 = 2^30 weights each: one fits, two with their biases do not.
    let linear = |name: &str, outputs| Layer::new(name, Op::Linear(Linear { outputs, bias: true }));
    let input = Shape::flat(1 << 14);
    let one = vec![linear("fc1", 1 << 16)];
    assert!(Net::new(input, one.clone()).is_ok());
    let two = [one, vec![linear("fc2", 1 << 14)]].concat();
    assert!(
        matches!(Net::new(input, two), Err(NetError::Geometry { layer, .. }) if layer == "fc2")
    );
}

#[test]
fn a_net_that_leaves_an_image_is_no_classifier() {
    let layers = vec![Layer::new("pool", Op::MaxPool(Pool::default()))];
    let net = Net::new(Shape::image(3, 8, 8), layers).unwrap();
    let error = net.classifies(3).unwrap_err();
    assert_eq!(error, NetError::NotAClassifier { classes: 3, came: Shape::image(3, 4, 4) });
    assert!(error.to_string().contains("3×4×4"), "{error}");
}

#[test]
fn images_without_pixels_are_refused() {
    let layers = || vec![Layer::new("flatten", Op::Flatten)];
    assert!(Net::new(Shape::image(1, 0, 5), layers()).is_err());
    assert!(Net::new(Shape::image(1, 1 << 40, 5), layers()).is_err());
}
