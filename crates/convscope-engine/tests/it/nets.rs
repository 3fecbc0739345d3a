//! Nets and numbers to try the engine on.

use convscope_core::Seed;
use convscope_model::layer::{
    Adaptive, Add, BatchNorm, Conv, Dropout, LeakyRelu, Linear, PadWith, Pool,
};
use convscope_model::{Layer, Net, Op, Role, Shape};

/// A net and what is special about it.
pub(crate) type Case = (&'static str, Net);

/// Builds a net from its input and its steps.
pub(crate) fn net(input: Shape, ops: &[Op]) -> Net {
    let layers = ops.iter().enumerate().map(|(i, op)| Layer::new(format!("layer{i}"), op.clone()));
    Net::new(input, layers.collect()).expect("the test's net is well formed")
}

/// Draws numbers of mean 0 and the given spread.
pub(crate) fn normal(seed: &str, count: usize, spread: f64) -> Vec<f64> {
    let mut stream = Seed::root(1).child(seed).stream();
    (0..count).map(|_| spread * stream.normal()).collect()
}

/// Small nets that have between them every layer, padding, stride, dilation and odd size.
pub(crate) fn zoo() -> Vec<Case> {
    [dense(), plain_convolutions(), pooled(), unusual_convolutions(), odd_orders()].concat()
}

/// The net that the speed of the engine is stated for.
pub(crate) fn simple_cnn() -> Net {
    let conv = Op::Conv(reflect(3, 7, 3));
    let head = [GAP, linear(3)];
    let body = [conv.clone(), RELU, max(2, 0), conv, RELU];
    net(Shape::image(1, 28, 28), &[&body[..], &head].concat())
}

/// A linear layer with bias.
pub(crate) fn linear(outputs: usize) -> Op {
    Op::Linear(Linear { outputs, bias: true })
}

/// A convolution, zero padded.
pub(crate) fn zero(filters: usize, kernel: usize, padding: usize) -> Conv {
    Conv { filters, kernel, padding, ..Conv::default() }
}

/// A convolution, padded by reflection.
pub(crate) fn reflect(filters: usize, kernel: usize, padding: usize) -> Conv {
    Conv { pad_with: PadWith::Reflect, ..zero(filters, kernel, padding) }
}

/// A maximum over windows; a step of 0 stands for the window's size.
pub(crate) fn max(size: usize, step: usize) -> Op {
    Op::MaxPool(Pool { size, stride: (step > 0).then_some(step), padding: 0 })
}

/// A mean over windows; a step of 0 stands for the window's size.
pub(crate) fn average(size: usize, step: usize) -> Op {
    Op::AveragePool(Pool { size, stride: (step > 0).then_some(step), padding: 0 })
}

pub(crate) const RELU: Op = Op::Relu;
pub(crate) const GAP: Op = Op::GlobalAveragePool;
pub(crate) const FLAT: Op = Op::Flatten;

fn case(name: &'static str, (c, h, w): (usize, usize, usize), ops: &[Op]) -> Case {
    (name, net(Shape::image(c, h, w), ops))
}

fn dense() -> Vec<Case> {
    let no_bias = Op::Linear(Linear { outputs: 18, bias: false });
    vec![
        case("linear", (7, 1, 1), &[linear(3)]),
        case("mlp", (1, 5, 7), &[FLAT, linear(19), RELU, linear(4), RELU, linear(3)]),
        case("linear without bias", (33, 1, 1), &[no_bias]),
        case("linear of even width", (2, 4, 4), &[FLAT, linear(32), linear(16), RELU]),
    ]
}

fn plain_convolutions() -> Vec<Case> {
    let c = Op::Conv;
    let without_bias = |filters| Op::Conv(Conv { bias: false, ..zero(filters, 3, 1) });
    vec![
        case("valid", (2, 6, 9), &[c(zero(3, 3, 0)), FLAT, linear(3)]),
        case("even", (1, 7, 6), &[c(zero(4, 2, 1)), RELU, c(zero(2, 2, 0)), GAP, linear(3)]),
        case("even reflected", (1, 5, 6), &[c(reflect(2, 2, 1)), RELU, c(reflect(3, 2, 1)), GAP]),
        case("to the limit", (1, 4, 5), &[c(reflect(2, 7, 3)), c(reflect(3, 7, 3)), GAP]),
        case("without bias", (1, 6, 6), &[without_bias(9), without_bias(5), GAP]),
        case("wide pad", (1, 3, 3), &[c(zero(2, 3, 5)), c(zero(3, 5, 4)), FLAT, linear(3)]),
        case("wide rows", (1, 3, 23), &[c(zero(2, 3, 1)), RELU, c(zero(7, 3, 1)), GAP, linear(3)]),
        case("image at the end", (1, 5, 4), &[c(zero(3, 4, 0))]),
    ]
}

fn pooled() -> Vec<Case> {
    let c = Op::Conv;
    let (first, second) = (c(reflect(3, 7, 3)), c(reflect(3, 3, 1)));
    let (early, late) = (c(zero(5, 5, 2)), c(zero(3, 5, 2)));
    let wide = c(zero(2, 3, 1));
    vec![
        case("pooled", (1, 9, 11), &[first, RELU, max(2, 0), second, RELU, GAP, linear(3)]),
        case(
            "pooled before the positive part",
            (1, 9, 11),
            &[early, max(3, 0), RELU, late, average(2, 0), RELU, FLAT, linear(3)],
        ),
        case("averaged", (1, 8, 8), &[wide.clone(), RELU, average(2, 0), c(zero(3, 3, 1)), GAP]),
        case("pool alone", (2, 6, 6), &[max(3, 2), average(2, 1), FLAT, linear(3)]),
        case(
            "overlapping pools",
            (1, 9, 8),
            &[wide.clone(), RELU, max(3, 1), c(zero(3, 3, 0)), average(3, 2), GAP],
        ),
        case(
            "pools with gaps",
            (1, 11, 10),
            &[wide, max(2, 3), RELU, c(zero(3, 3, 1)), average(1, 2), GAP],
        ),
    ]
}

fn unusual_convolutions() -> Vec<Case> {
    let c = Op::Conv;
    let stride = |stride, conv| c(Conv { stride, ..conv });
    let dilation = |dilation, conv| Conv { dilation, ..conv };
    let groups = |groups, conv| c(Conv { groups, ..conv });
    vec![
        case(
            "stride",
            (2, 9, 8),
            &[stride(2, zero(3, 3, 1)), RELU, stride(3, zero(4, 2, 1)), FLAT, linear(3)],
        ),
        case(
            "stride reflected",
            (1, 9, 10),
            &[stride(2, reflect(2, 5, 2)), stride(2, reflect(3, 3, 1)), GAP],
        ),
        case("stride of points", (1, 8, 9), &[c(zero(2, 1, 0)), stride(2, zero(3, 1, 0)), GAP]),
        case(
            "dilation",
            (1, 9, 9),
            &[
                c(dilation(2, zero(2, 3, 2))),
                RELU,
                stride(2, dilation(3, reflect(3, 3, 3))),
                max(2, 0),
                GAP,
            ],
        ),
        case(
            "groups",
            (4, 6, 5),
            &[groups(2, zero(6, 3, 1)), RELU, groups(6, zero(6, 3, 1)), c(zero(3, 1, 0)), GAP],
        ),
    ]
}

fn odd_orders() -> Vec<Case> {
    let c = Op::Conv;
    let (points, flat_pools) = (c(zero(4, 3, 1)), [max(1, 0), average(1, 0), GAP, RELU, FLAT]);
    let back_and_forth = [&[linear(6), points, RELU][..], &flat_pools, &[linear(3)]].concat();
    vec![
        case("several positive parts", (1, 4, 4), &[RELU, c(zero(3, 3, 0)), RELU, RELU, FLAT]),
        case("convolution of a flat sample", (5, 1, 1), &back_and_forth),
        case("flat at once", (2, 3, 2), &[GAP, FLAT, linear(3)]),
        case("no weights", (3, 2, 2), &[RELU, GAP]),
    ]
}

/// Small nets that have between them every layer that is computed for whole batches only, and layers that
/// take more than the one before them.
pub(crate) fn layered() -> Vec<Case> {
    [branched(), normalised(), pointwise(), windowed()].concat()
}

fn norm() -> Op {
    Op::BatchNorm(BatchNorm::default())
}

fn add(with: &str) -> Op {
    Op::Add(Add { with: with.into() })
}

fn branched() -> Vec<Case> {
    let residual = Net::new(
        Shape::image(2, 6, 5),
        vec![
            Layer::new("stem", Op::Conv(zero(3, 3, 1))),
            Layer::new("bn", norm()),
            Layer::new("relu", RELU),
            Layer::new("conv1", Op::Conv(zero(3, 3, 1))),
            Layer::new("bn1", norm()),
            Layer::new("sum1", add("relu")),
            Layer::new("relu1", RELU),
            Layer::new("conv2", Op::Conv(Conv { stride: 2, bias: false, ..zero(4, 3, 1) })),
            Layer::new("bn2", norm()),
            Layer::new("short", Op::Conv(Conv { stride: 2, bias: false, ..zero(4, 1, 0) }))
                .from("relu1"),
            Layer::new("bn3", norm()),
            Layer::new("sum2", add("bn2")),
            Layer::new("gap", GAP),
            Layer::new("fc", linear(3)),
        ],
    );
    let from_samples = Net::new(
        Shape::image(3, 4, 4),
        vec![
            Layer::new("conv", Op::Conv(reflect(3, 3, 1))),
            Layer::new("sum", add("input")),
            Layer::new("other", Op::Conv(zero(2, 2, 0))).from("input"),
            Layer::new("flat", FLAT),
            Layer::new("fc", linear(4)),
            Layer::new("mean", GAP).from("sum"),
            Layer::new("fc2", linear(4)),
            Layer::new("both", add("fc")),
        ],
    );
    vec![
        ("residual", residual.expect("the net is well formed")),
        ("from the samples", from_samples.expect("the net is well formed")),
    ]
}

fn normalised() -> Vec<Case> {
    vec![
        case("batch norm", (2, 4, 3), &[norm(), FLAT, linear(3)]),
        case("batch norm of features", (5, 1, 1), &[linear(7), norm(), RELU, linear(3)]),
        case(
            "batch norm without a relu",
            (1, 5, 5),
            &[Op::Conv(zero(2, 3, 0)), norm(), max(2, 0), FLAT, linear(3)],
        ),
        case(
            "depthwise",
            (4, 6, 6),
            &[
                Op::Conv(Conv { groups: 4, ..zero(8, 3, 1) }),
                norm(),
                RELU,
                Op::Conv(Conv { dilation: 2, groups: 2, ..zero(4, 3, 2) }),
                GAP,
                linear(3),
            ],
        ),
    ]
}

fn pointwise() -> Vec<Case> {
    vec![
        case(
            "leaky",
            (1, 5, 4),
            &[Op::Conv(zero(3, 3, 1)), Op::LeakyRelu(LeakyRelu { slope: 0.2 }), GAP, linear(3)],
        ),
        case("tanh", (2, 3, 3), &[Op::Conv(reflect(2, 3, 1)), Op::Tanh, FLAT, linear(3)]),
        case("gelu", (9, 1, 1), &[linear(6), Op::Gelu, linear(3)]),
        case(
            "dropout",
            (2, 4, 4),
            &[
                Op::Conv(zero(3, 3, 1)),
                RELU,
                Op::Dropout(Dropout { rate: 0.3 }),
                FLAT,
                linear(5),
                Op::Dropout(Dropout::default()),
                linear(3),
            ],
        ),
    ]
}

fn windowed() -> Vec<Case> {
    let padded = |size, stride, padding| Pool { size, stride: Some(stride), padding };
    vec![
        case(
            "padded pools",
            (2, 7, 6),
            &[
                Op::Conv(zero(2, 3, 1)),
                Op::MaxPool(padded(3, 2, 1)),
                Op::AveragePool(padded(2, 1, 1)),
                FLAT,
                linear(3),
            ],
        ),
        case(
            "adaptive",
            (2, 5, 7),
            &[
                Op::Conv(zero(2, 1, 0)),
                Op::AdaptiveAveragePool(Adaptive { size: 3 }),
                FLAT,
                linear(3),
            ],
        ),
        case(
            "adaptive, enlarging",
            (2, 2, 1),
            &[
                Op::AdaptiveAveragePool(Adaptive { size: 4 }),
                Op::Conv(zero(2, 3, 1)),
                GAP,
                linear(3),
            ],
        ),
    ]
}

/// A net whose convolutions have so many channels that they are computed in another way.
pub(crate) fn wide() -> Vec<Case> {
    vec![case(
        "many channels",
        (3, 5, 6),
        &[
            Op::Conv(zero(32, 3, 1)),
            RELU,
            Op::Conv(zero(32, 3, 1)),
            RELU,
            add("layer1"),
            Op::Conv(Conv { bias: false, ..zero(32, 3, 1) }),
            add("layer1"),
            Op::Conv(zero(5, 3, 0)),
            GAP,
            linear(3),
        ],
    )]
}

/// Makes running variances what they can be.
pub(crate) fn positive_variances(net: &Net, numbers: &mut [f64]) {
    for tensor in net.statistics().iter().filter(|tensor| tensor.role == Role::Variance) {
        numbers[tensor.range()].iter_mut().for_each(|x| *x = x.abs() + 0.1);
    }
}
