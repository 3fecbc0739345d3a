//! A net: layers checked against an input shape.

use convscope_core::Shape;
use convscope_core::registry::nearest;

use crate::geometry::output_shape;
use crate::layer::{INPUT, Layer, Op};

/// The largest count of trainable numbers, 8 GiB of them.
const MOST_WEIGHTS: u128 = 1 << 31;

/// A list of layers whose geometry has been checked.
///
/// A layer takes what the layer before it leaves, or what an earlier one [leaves](Layer::from); a sum
/// takes another's values too. A model of the net is a list of numbers: its [parameters](Net::parameters),
/// which are trained, then its [statistics](Net::statistics), which batch norms keep.
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
    sources: Vec<Vec<Source>>,
    shapes: Vec<Shape>,
    parameters: Vec<Parameter>,
    statistics: Vec<Parameter>,
}

/// Where a layer's input comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The sample itself.
    Sample,
    /// An earlier layer, by its index.
    Layer(usize),
}

/// One tensor of a model's numbers: a parameter, or a running statistic of a batch norm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// `layer.weight`, `layer.bias`, `layer.running_mean` or `layer.running_var`, as `PyTorch` names it.
    pub name: String,
    /// Index of its layer.
    pub layer: usize,
    /// What it is to its layer.
    pub role: Role,
    /// Its dimensions, slowest first: filters × channels × rows × columns, outputs × inputs, outputs.
    pub dimensions: Vec<usize>,
    /// Where it starts in the model's numbers.
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

    /// Returns its range of the model's numbers.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// What a parameter is to its layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It multiplies what a convolution or linear layer takes.
    Weight,
    /// It is added by a convolution or linear layer.
    Bias,
    /// It multiplies a normalised channel.
    Scale,
    /// It is added to a normalised channel.
    Shift,
    /// It is the running mean of a channel.
    Mean,
    /// It is the running variance of a channel.
    Variance,
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
    /// A layer has the name of the samples.
    #[error("`{INPUT}` stands for the samples; give that layer another name")]
    ReservedName,
    /// A layer takes what does not exist, or comes later.
    #[error("layer `{layer}` takes what `{named}` leaves, but no earlier layer is called so{}", hint(nearest.as_deref()))]
    UnknownSource {
        /// The layer's name.
        layer: String,
        /// The layer that it names.
        named: String,
        /// The earlier layer whose name is nearest.
        nearest: Option<String>,
    },
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
        let mut net = Self {
            input,
            sources: Vec::with_capacity(layers.len()),
            shapes: Vec::with_capacity(layers.len()),
            parameters: Vec::new(),
            statistics: Vec::new(),
            layers,
        };
        for index in 0..net.layers.len() {
            net.check_name(index)?;
            net.sources.push(net.find_sources(index)?);
            let (layer, before) = (&net.layers[index], net.shape_before(index));
            let misfit = |why| NetError::Geometry { layer: layer.name.clone(), input: before, why };
            if let [_, other] = net.sources[index][..] {
                let other = net.shape_of(other);
                if other != before {
                    let why = format!("it cannot be added to the {other} of another layer");
                    return Err(misfit(why));
                }
            }
            net.shapes.push(output_shape(&layer.op, before).map_err(misfit)?);
            let tensors = tensors(layer, before);
            check_size(&tensors, net.parameter_count()).map_err(misfit)?;
            net.add(index, tensors);
        }
        let mut offset = net.parameter_count();
        for statistic in &mut net.statistics {
            statistic.offset = offset;
            offset += statistic.len();
        }
        Ok(net)
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

    /// Returns where a layer's input comes from: one source, and a second one for a sum.
    pub fn sources(&self, layer: usize) -> &[Source] {
        &self.sources[layer]
    }

    /// Returns the shape that reaches a layer.
    pub fn shape_before(&self, layer: usize) -> Shape {
        self.shape_of(self.sources[layer][0])
    }

    /// Returns the shape that a layer leaves.
    pub fn shape_after(&self, layer: usize) -> Shape {
        self.shapes[layer]
    }

    /// Returns the shape of what a source gives.
    pub fn shape_of(&self, source: Source) -> Shape {
        match source {
            Source::Sample => self.input,
            Source::Layer(layer) => self.shapes[layer],
        }
    }

    /// Returns the trained tensors, in the order of the model's numbers.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Returns the running means and variances, which stand behind the parameters.
    pub fn statistics(&self) -> &[Parameter] {
        &self.statistics
    }

    /// Returns every tensor of a model, in the order of its numbers.
    pub fn tensors(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().chain(&self.statistics)
    }

    /// Returns the tensor of a layer that has a role in it.
    pub fn tensor(&self, layer: usize, role: Role) -> Option<&Parameter> {
        self.tensors().find(|tensor| tensor.layer == layer && tensor.role == role)
    }

    /// Returns the count of trained numbers.
    pub fn parameter_count(&self) -> usize {
        self.parameters.last().map_or(0, |last| last.range().end)
    }

    /// Returns the count of all numbers of a model.
    pub fn number_count(&self) -> usize {
        self.statistics.last().map_or(self.parameter_count(), |last| last.range().end)
    }

    fn check_name(&self, index: usize) -> Result<(), NetError> {
        let name = &self.layers[index].name;
        if name == INPUT {
            return Err(NetError::ReservedName);
        }
        if self.layers[..index].iter().any(|earlier| earlier.name == *name) {
            return Err(NetError::DuplicateName(name.clone()));
        }
        Ok(())
    }

    fn find_sources(&self, index: usize) -> Result<Vec<Source>, NetError> {
        let layer = &self.layers[index];
        let before = index.checked_sub(1).map_or(Source::Sample, Source::Layer);
        let first = layer.from.as_deref().map_or(Ok(before), |name| self.find(index, name))?;
        let second = match &layer.op {
            Op::Add(add) => Some(self.find(index, &add.with)?),
            _ => None,
        };
        Ok([first].into_iter().chain(second).collect())
    }

    fn find(&self, index: usize, name: &str) -> Result<Source, NetError> {
        if name == INPUT {
            return Ok(Source::Sample);
        }
        let names = || self.layers[..index].iter().map(|layer| layer.name.as_str());
        let found = names().position(|earlier| earlier == name).map(Source::Layer);
        found.ok_or_else(|| NetError::UnknownSource {
            layer: self.layers[index].name.clone(),
            named: name.to_owned(),
            nearest: nearest(name, names().chain([INPUT])),
        })
    }

    /// Adds a layer's tensors; statistics are placed when all parameters are known.
    fn add(&mut self, layer: usize, tensors: Vec<(&str, Role, Vec<usize>)>) {
        let fan_in = tensors.first().map_or(0, |(_, _, own)| own[1..].iter().product());
        for (suffix, role, dimensions) in tensors {
            let name = format!("{}.{suffix}", self.layers[layer].name);
            let offset = self.parameter_count();
            let tensor = Parameter { name, layer, role, dimensions, offset, fan_in };
            match role {
                Role::Mean | Role::Variance => self.statistics.push(tensor),
                _ => self.parameters.push(tensor),
            }
        }
    }
}

/// Returns what a layer adds to a model: name, role and dimensions of each tensor.
fn tensors(layer: &Layer, input: Shape) -> Vec<(&'static str, Role, Vec<usize>)> {
    let affine = |outputs: usize, weight: Vec<usize>, bias: bool| {
        let bias = bias.then(|| ("bias", Role::Bias, vec![outputs]));
        [("weight", Role::Weight, weight)].into_iter().chain(bias).collect()
    };
    match &layer.op {
        Op::Conv(conv) => {
            let seen = input.channels / conv.groups;
            let weight = vec![conv.filters, seen, conv.kernel, conv.kernel];
            affine(conv.filters, weight, conv.bias)
        }
        Op::Linear(linear) => {
            affine(linear.outputs, vec![linear.outputs, input.len()], linear.bias)
        }
        Op::BatchNorm(_) => [
            ("weight", Role::Scale),
            ("bias", Role::Shift),
            ("running_mean", Role::Mean),
            ("running_var", Role::Variance),
        ]
        .map(|(suffix, role)| (suffix, role, vec![input.channels]))
        .into(),
        _ => Vec::new(),
    }
}

/// Keeps every later sum of sizes from overflowing.
fn check_size(tensors: &[(&str, Role, Vec<usize>)], before: usize) -> Result<(), String> {
    let mut total = before as u128;
    for (.., dimensions) in tensors {
        let sizes = dimensions.iter().map(|&size| size as u128);
        total = sizes.fold(1_u128, u128::saturating_mul).saturating_add(total);
        if total > MOST_WEIGHTS {
            let sizes: Vec<String> = dimensions.iter().map(ToString::to_string).collect();
            return Err(format!(
                "its weights, {}, would make the net larger than {MOST_WEIGHTS} numbers",
                sizes.join("×")
            ));
        }
    }
    Ok(())
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
