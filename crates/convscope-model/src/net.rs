//! A net: layers checked against an input shape.

use convscope_core::Shape;

use crate::geometry::output_shape;
use crate::layer::{Layer, Op};

/// The largest count of trainable numbers, 8 GiB of them.
const MOST_WEIGHTS: u128 = 1 << 31;

/// A list of layers whose geometry has been checked.
///
/// ```
/// use convscope_model::{Layer, Net, Op, Shape, layer::Linear};
///
/// let layers = vec![
///     Layer::new("flatten", Op::Flatten),
///     Layer::new("fc", Op::Linear(Linear { outputs: 3, bias: true })),
/// ];
/// let net = Net::new(Shape::image(1, 28, 28), layers)?;
/// assert_eq!(net.parameter_count(), 784 * 3 + 3);
/// # Ok::<(), convscope_model::NetError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Net {
    input: Shape,
    layers: Vec<Layer>,
    shapes: Vec<Shape>,
    parameters: Vec<Parameter>,
}

/// One tensor of trainable numbers, a range of a model's weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// `layer.weight` or `layer.bias`, as `PyTorch` names it.
    pub name: String,
    /// Index of its layer.
    pub layer: usize,
    /// What it is to its layer.
    pub role: Role,
    /// Its dimensions, slowest first: filters × channels × rows × columns, outputs × inputs, outputs.
    pub dimensions: Vec<usize>,
    /// Where it starts in the model's weights.
    pub offset: usize,
    /// How many inputs one output of its layer sees.
    pub fan_in: usize,
}

impl Parameter {
    /// Returns the count of its numbers.
    pub fn len(&self) -> usize {
        self.dimensions.iter().product()
    }

    /// Returns whether it has no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns its range of the model's weights.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// What a parameter is to its layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It multiplies.
    Weight,
    /// It is added.
    Bias,
}

/// A layer that does not fit what reaches it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// Some sizes contradict each other.
    #[error("layer `{layer}` does not fit its input of {input}: {why}")]
    Geometry {
        /// The layer's name.
        layer: String,
        /// What reaches it.
        input: Shape,
        /// What was wanted and what came.
        why: String,
    },
    /// Two layers have one name.
    #[error("two layers are called `{0}`; names must be unique")]
    DuplicateName(String),
    /// There is nothing to compute.
    #[error("a net needs at least one layer")]
    Empty,
    /// It does not leave one number for each class.
    #[error(
        "the net leaves {came} for each sample, but a classifier leaves one number for each of \
         its {classes} classes; let it end with a linear layer of {classes} outputs"
    )]
    NotAClassifier {
        /// How many classes there are.
        classes: usize,
        /// What the last layer leaves.
        came: Shape,
    },
}

impl Net {
    /// Checks layers against an input shape.
    ///
    /// # Errors
    /// [`NetError`] naming the layer, the shape that reaches it and what was wanted.
    pub fn new(input: Shape, layers: Vec<Layer>) -> Result<Self, NetError> {
        if layers.is_empty() {
            return Err(NetError::Empty);
        }
        let mut shapes = Vec::with_capacity(layers.len());
        let mut parameters = Vec::new();
        let mut here = input;
        for (index, layer) in layers.iter().enumerate() {
            if layers[..index].iter().any(|earlier| earlier.name == layer.name) {
                return Err(NetError::DuplicateName(layer.name.clone()));
            }
            let misfit = |why| NetError::Geometry { layer: layer.name.clone(), input: here, why };
            let next = output_shape(&layer.op, here).map_err(misfit)?;
            add_parameters(&mut parameters, index, layer, here).map_err(misfit)?;
            shapes.push(next);
            here = next;
        }
        Ok(Self { input, layers, shapes, parameters })
    }

    /// Checks that the net leaves one number for each class.
    ///
    /// # Errors
    /// [`NetError::NotAClassifier`] with the shape that the net leaves.
    pub fn classifies(&self, classes: usize) -> Result<(), NetError> {
        let came = self.output();
        let fits = came == Shape::flat(classes) && classes > 0;
        if fits { Ok(()) } else { Err(NetError::NotAClassifier { classes, came }) }
    }

    /// Returns the shape of a sample.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// Returns the shape that the last layer leaves.
    pub fn output(&self) -> Shape {
        self.shapes.last().copied().unwrap_or(self.input)
    }

    /// Returns the layers in order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Returns the shape that reaches a layer.
    pub fn shape_before(&self, layer: usize) -> Shape {
        if layer == 0 { self.input } else { self.shapes[layer - 1] }
    }

    /// Returns the shape that a layer leaves.
    pub fn shape_after(&self, layer: usize) -> Shape {
        self.shapes[layer]
    }

    /// Returns the parameters in the order of the model's weights.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Returns the count of trainable numbers.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(Parameter::len).sum()
    }
}

fn add_parameters(
    parameters: &mut Vec<Parameter>,
    index: usize,
    layer: &Layer,
    input: Shape,
) -> Result<(), String> {
    let (outputs, dimensions, bias) = match &layer.op {
        Op::Conv(conv) => {
            let seen = input.channels / conv.groups;
            (conv.filters, vec![conv.filters, seen, conv.kernel, conv.kernel], conv.bias)
        }
        Op::Linear(linear) => (linear.outputs, vec![linear.outputs, input.len()], linear.bias),
        _ => return Ok(()),
    };
    let start = parameters.last().map_or(0, |last| last.range().end);
    let count = dimensions.iter().try_fold(1_u128, |count, &size| count.checked_mul(size as u128));
    if count.is_none_or(|count| count + start as u128 > MOST_WEIGHTS) {
        return Err(format!(
            "its weights, {}, would make the net larger than {MOST_WEIGHTS} numbers",
            dimensions.iter().map(ToString::to_string).collect::<Vec<_>>().join("×")
        ));
    }
    let fan_in = dimensions[1..].iter().product();
    let mut add = |suffix: &str, role, dimensions| {
        let offset = parameters.last().map_or(0, |last| last.range().end);
        let name = format!("{}.{suffix}", layer.name);
        parameters.push(Parameter { name, layer: index, role, dimensions, offset, fan_in });
    };
    add("weight", Role::Weight, dimensions);
    if bias {
        add("bias", Role::Bias, vec![outputs]);
    }
    Ok(())
}
