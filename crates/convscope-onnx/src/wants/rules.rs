//! The bound of each operator that the runtime knows.

use super::{Call, Rule, broadcast, from_end, lists, product, products, wide, windows};

/// Operators by what bounds them; an operator stands in one list.
pub(super) static RULES: &[(&str, Rule)] = &[
    (NO_LARGER, |call| Some(call.largest().saturating_mul(call.outputs()))),
    (BROADCAST, |call| Some(broadcast(call.all().map(|given| given.dimensions.as_slice())))),
    (JOINED, |call| Some(call.sum().max(1))),
    ("Shape Size", |call| Some(call.dimensions(0)?.len().max(1) as u128)),
    ("Split SplitToSequence", |call| Some(call.count(0))),
    ("NonZero", |call| Some(product([call.count(0), call.dimensions(0)?.len() as u128]))),
    ("NonMaxSuppression", |call| Some(product([3, call.count(1)]))),
    ("ConstantOfShape", |call| Some(product(call.sizes(0)?))),
    ("Expand", expand),
    ("Tile", |call| Some(product([call.count(0), product(call.sizes(1)?)]))),
    ("Range", range),
    ("OneHot", |call| Some(product([call.count(0), *call.sizes(1)?.first()?]))),
    ("Pad", windows::pad),
    ("Resize Upsample", windows::resize),
    ("Gather", gather),
    ("GatherND", gather_nd),
    ("MatMul MatMulInteger", products::matmul),
    ("Gemm", products::gemm),
    ("MatMulNBits", products::matmul_n_bits),
    ("Einsum", products::einsum),
    ("Conv ConvInteger", windows::conv),
    ("AveragePool MaxPool", windows::pool),
    ("ConvTranspose", windows::conv_transpose),
    ("LSTM GRU DynamicQuantizeLSTM", products::recurrent),
    ("Attention MultiHeadAttention GroupQueryAttention", products::attention),
    ("GridSample", windows::grid_sample),
    ("If", condition),
];

/// Each output is no larger than the largest input.
const NO_LARGER: &str = "\
    Abs Acos Acosh ArgMax ArgMin Asin Asinh Atan Atanh BatchNormalization BitCast Cast CastLike \
    Ceil Clip Cos Cosh CumSum DepthToSpace DequantizeLinear DynamicQuantizeLinear Elu Erf Exp \
    EyeLike FastGelu Flatten Floor GatherElements Gelu GlobalAveragePool GlobalMaxPool \
    HardSigmoid HardSwish Identity InstanceNormalization IsInf IsNaN LayerNormalization \
    LeakyRelu Log LogSoftmax LpNormalization Neg Not QuantizeLinear QuickGelu RMSNormalization \
    Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin \
    ReduceProd ReduceSum ReduceSumSquare Relu Reshape ReverseSequence RotaryEmbedding Round \
    Scatter ScatterElements ScatterND SequenceAt SequenceEmpty SequenceErase SequenceLength \
    Sigmoid Sign SimplifiedLayerNormalization Sin Sinh Slice Softmax Softplus Softsign Sqrt \
    Squeeze Swish Tan Tanh TopK Transpose Trilu Unsqueeze";

/// One output, of inputs put one over the other.
const BROADCAST: &str = "\
    Add And BiasGelu Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or \
    PRelu Pow Sub Sum Where Xor";

/// One output, of all inputs behind each other, or several of them.
const JOINED: &str = "\
    Concat ConcatFromSequence SequenceConstruct SequenceInsert SkipLayerNormalization \
    SkipSimplifiedLayerNormalization";

fn expand(call: &Call<'_>) -> Option<u128> {
    let sizes: Vec<usize> = call
        .sizes(1)?
        .into_iter()
        .map(|size| usize::try_from(size).unwrap_or(usize::MAX))
        .collect();
    Some(broadcast([call.dimensions(0)?, &sizes].into_iter()))
}

fn range(call: &Call<'_>) -> Option<u128> {
    let at = |place: usize| call.reals(place)?.first().copied();
    let steps = ((at(1)? - at(0)?) / at(2)?).ceil();
    // A step of nothing makes infinitely many, or NaN of nothing.
    if steps.is_nan() { None } else { Some(steps.max(0.0) as u128) }
}

fn gather(call: &Call<'_>) -> Option<u128> {
    let sizes = call.dimensions(0)?;
    let axis = from_end(call.whole("axis").unwrap_or(0), sizes.len())?;
    let others = wide(sizes).enumerate().filter(|(place, _)| *place != axis);
    Some(product(others.map(|(_, size)| size).chain([call.count(1)])))
}

fn gather_nd(call: &Call<'_>) -> Option<u128> {
    let (sizes, indices) = (call.dimensions(0)?, call.dimensions(1)?);
    let (depth, rows) = indices.split_last()?;
    let batch = usize::try_from(call.whole("batch_dims").unwrap_or(0)).ok()?;
    let rest = sizes.get(batch.checked_add(*depth)?..)?;
    Some(product(wide(rows).chain(wide(rest))))
}

/// One of two graphs, none of whose nodes makes more than it reads.
fn condition(call: &Call<'_>) -> Option<u128> {
    let mut left: Vec<_> = call.node.inner.iter().collect();
    let mut nodes = 1_u128;
    while let Some(node) = left.pop() {
        if !lists(NO_LARGER, &node.op) {
            return None;
        }
        nodes += 1;
        left.extend(&node.inner);
    }
    Some(nodes.saturating_mul(call.largest_known))
}
