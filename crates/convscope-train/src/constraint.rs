//! Kernels that are kept in a form from the first weights on.

use std::borrow::Cow;

use convscope_core::registry::{self, SettingError, nearest};
use convscope_core::{Seed, Subspace};
use convscope_model::{Net, Parameter, Role, freeze};
use convscope_probe::{STRUCTURES, Size, Structure};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::handling::Handling;
use crate::piece::Piece;

/// What the kernels of a net's convolutions are kept in, checked against the net.
///
/// ```toml
/// [model.mirrored]
/// constrain = [{ on = "conv*.weight", to = "mirror-both" }]   # or "separable", "central-row", …
/// [model.control]
/// constrain = [{ on = "conv*.weight", to = { random = { like = "mirror-both" } } }]
/// ```
///
/// Structures are those of [`STRUCTURES`], each kernel being held in it on its own. `random` is the control: a
/// subspace of as many dimensions as the structure has, spanned by normal vectors, so that every
/// direction is as likely; all kernels of a layer share it, as they share a structure, and each layer of each
/// replicate has its own. `free` constrains nothing and is the same model as without it.
///
/// ```
/// use convscope_core::Seed;
/// use convscope_model::{Layer, Net, Op, Shape, layer::Conv};
/// use convscope_train::Constraints;
/// use serde_json::json;
///
/// let conv = Op::Conv(Conv { filters: 2, kernel: 3, ..Conv::default() });
/// let net = Net::new(Shape::image(1, 8, 8), vec![Layer::new("conv", conv)])?;
/// let written = [json!({ "on": "conv.weight", "to": "mirror-both" })];
/// let constraints = Constraints::read(&net, &written)?;
/// let handling = constraints.handling(&net, Seed::root(1));
/// assert_eq!(handling[0].freedom(18), 2 * 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Constraints {
    /// The index of a parameter, and what its kernels are kept in.
    kept: Vec<(usize, Form)>,
    described: Vec<String>,
}

/// First weights that a constraint leaves nothing of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{parameter}` starts with kernels that have nothing of the form it is kept in; give it another \
     initialiser or another form"
)]
pub struct NothingLeft {
    /// The parameter.
    pub parameter: String,
}

/// `{ on = "conv*.weight", to = "mirror-both" }`
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    /// A name pattern of the weights of convolutions, such as `conv*.weight`.
    on: String,
    /// A structure that each kernel has, or a random subspace of as many dimensions.
    #[schemars(schema_with = "form_schema")]
    to: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Random {
    like: String,
}

/// What kernels are kept in.
#[derive(Debug, Clone, Copy)]
enum Form {
    Of(&'static Structure),
    /// A random subspace of a structure's dimension.
    Like(&'static Structure),
}

/// Projections that keep a smaller share of a layer's sum of squares have kept rounding errors only.
const NOTHING: f64 = 1e-10;

impl Constraints {
    /// Reads the constraints of a net.
    ///
    /// # Errors
    /// A [`SettingError`] at a pattern that matches no parameter or one without kernels, at a structure that
    /// does not exist, with the nearest name, or not for kernels of that size, and at what is
    /// constrained twice.
    pub fn read(net: &Net, written: &[Value]) -> Result<Self, SettingError> {
        let mut constraints = Self::default();
        for (index, written) in written.iter().enumerate() {
            constraints.add(net, written).map_err(|error| error.below(&index.to_string()))?;
        }
        constraints.kept.sort_by_key(|(parameter, _)| *parameter);
        Ok(constraints)
    }

    /// Returns what each constrained parameter is kept in, by its name; empty when nothing is constrained.
    pub fn canonical(&self, net: &Net) -> Map<String, Value> {
        let held = self.kept.iter().filter(|(_, form)| !form.is_free());
        held.map(|(index, form)| (net.parameters()[*index].name.clone(), form.written())).collect()
    }

    /// Describes them in a few words, if there are any.
    pub fn describe(&self) -> Option<String> {
        (!self.described.is_empty()).then(|| self.described.join(", "))
    }

    /// Says which of some frozen parameters is constrained as well, if one is.
    pub fn frozen<'n>(&self, net: &'n Net, frozen: &[bool]) -> Option<&'n str> {
        let held = self.kept.iter().find(|(index, form)| frozen[*index] && !form.is_free())?;
        Some(&net.parameters()[held.0].name)
    }

    /// Returns a handling for each parameter; random subspaces are drawn from the children of a seed.
    pub fn handling(&self, net: &Net, seed: Seed) -> Vec<Handling> {
        let mut handling = vec![Handling::default(); net.parameters().len()];
        for (index, form) in self.kept.iter().filter(|(_, form)| !form.is_free()) {
            let parameter = &net.parameters()[*index];
            let size = kernels(parameter).expect("only what has kernels was taken");
            let piece = form.piece(size, seed.child(&parameter.name));
            handling[*index] = Handling::of_pieces(vec![piece; parameter.len() / size.count()]);
        }
        handling
    }
}

impl Constraints {
    fn add(&mut self, net: &Net, written: &Value) -> Result<(), SettingError> {
        let Written { on, to } = registry::read(written.clone())?;
        let form = Form::read(&to).map_err(|error| error.below("to"))?;
        let flags = freeze::flags(net, std::slice::from_ref(&on))
            .map_err(|error| SettingError { path: vec!["on".into()], ..error })?;
        for (index, parameter) in net.parameters().iter().enumerate().filter(|(i, _)| flags[*i]) {
            let name = &parameter.name;
            let Some(size) = kernels(parameter) else {
                let message = format!(
                    "`{name}` has no kernels; write a pattern of convolutions' weights only, such as \
                     `conv*.weight`"
                );
                return Err(SettingError::at("on", message));
            };
            form.fits(size, name).map_err(|message| SettingError::at("to", message))?;
            if self.kept.iter().any(|(known, _)| *known == index) {
                return Err(SettingError::at("on", format!("`{name}` is constrained twice")));
            }
            self.kept.push((index, form));
        }
        if !form.is_free() {
            self.described.push(format!("{on} kept {}", form.described()));
        }
        Ok(())
    }
}

impl JsonSchema for Constraints {
    fn schema_name() -> Cow<'static, str> {
        "Constraint".into()
    }

    /// Describes one constraint of the list.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Written::json_schema(generator)
    }
}

impl Form {
    fn read(written: &Value) -> Result<Self, SettingError> {
        match written {
            Value::String(name) => structure(name).map(Self::Of),
            Value::Object(table) if table.len() == 1 && table.contains_key("random") => {
                let Random { like } = registry::read(table["random"].clone())
                    .map_err(|error: SettingError| error.below("random"))?;
                let placed = |error: SettingError| error.below("like").below("random");
                let structure = structure(&like).map_err(placed)?;
                Ok(if structure.is_free() { Self::Of(structure) } else { Self::Like(structure) })
            }
            other => {
                let message = format!(
                    "wanted a structure's name or `{{ random = {{ like = \"mirror-both\" }} }}`, not {other}"
                );
                Err(SettingError::at("", message))
            }
        }
    }

    fn structure(self) -> &'static Structure {
        let (Self::Of(structure) | Self::Like(structure)) = self;
        structure
    }

    fn is_free(self) -> bool {
        self.structure().is_free()
    }

    fn written(self) -> Value {
        match self {
            Self::Of(structure) => json!(structure.id),
            Self::Like(structure) => json!({ "random": { "like": structure.id } }),
        }
    }

    fn described(self) -> String {
        match self {
            Self::Of(structure) => structure.id.into(),
            Self::Like(structure) => {
                format!("in a random subspace of the dimension of {}", structure.id)
            }
        }
    }

    /// Says why kernels of a size cannot be kept so.
    fn fits(self, size: Size, name: &str) -> Result<(), String> {
        let structure = self.structure();
        if structure.is_free() || dimension(structure, size).is_some() {
            return Ok(());
        }
        let others = STRUCTURES.iter().filter(|other| dimension(other, size).is_some());
        let others: Vec<&str> = others.map(|other| other.id).collect();
        let kernels = format!("`{name}` has kernels of {size}");
        Err(if others.is_empty() {
            format!("{kernels}, which have no structure but `free`; leave it out of `on`")
        } else {
            format!(
                "{kernels}, for which `{}` means nothing, or nothing of its own; there are {}",
                structure.id,
                others.join(", ")
            )
        })
    }

    fn piece(self, size: Size, seed: Seed) -> Piece {
        let structure = self.structure();
        match self {
            Self::Of(_) if structure.is_separable() => Piece::Separable(size),
            Self::Of(_) => {
                Piece::Within(structure.subspace(size).expect("the size was checked before"))
            }
            Self::Like(_) => {
                let dimension = dimension(structure, size).expect("the size was checked before");
                Piece::Within(random(size.count(), dimension, seed))
            }
        }
    }
}

/// Brings drawn first weights into the forms that pieces are kept in, and scales them: each parameter has
/// the sum of squares that it was drawn with.
///
/// A projection alone would leave weights of a smaller variance, and with them smaller activations: kept in d
/// of n dimensions, d/n of it on average.
///
/// # Errors
/// [`NothingLeft`] when the form takes away all of a parameter that was not 0.
pub fn constrain_start(
    net: &Net,
    handling: &[Handling],
    weights: &mut [f32],
) -> Result<(), NothingLeft> {
    let held = net.parameters().iter().zip(handling).filter(|(_, own)| !own.pieces.is_empty());
    for (parameter, own) in held {
        let numbers = &mut weights[parameter.range()];
        let drawn = squares(numbers);
        own.project(numbers);
        let left = squares(numbers);
        if left < NOTHING * drawn {
            return Err(NothingLeft { parameter: parameter.name.clone() });
        }
        if left > 0.0 && left != drawn {
            let scale = (drawn / left).sqrt();
            numbers.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
        }
    }
    Ok(())
}

fn squares(numbers: &[f32]) -> f64 {
    numbers.iter().map(|&value| f64::from(value).powi(2)).sum()
}

/// Returns the size of a parameter's kernels, if it has any.
pub(crate) fn kernels(parameter: &Parameter) -> Option<Size> {
    match parameter.dimensions[..] {
        [_, _, rows, columns] if parameter.role == Role::Weight => Some(Size { rows, columns }),
        _ => None,
    }
}

/// Returns how many numbers a structure takes at a size, where it is one of its own.
pub(crate) fn dimension(structure: &Structure, size: Size) -> Option<usize> {
    if structure.is_separable() {
        let dimension = size.rows + size.columns - 1;
        return (dimension < size.count()).then_some(dimension);
    }
    structure.subspace(size).map(|subspace| subspace.dimension())
}

/// Finds a structure by its name.
pub(crate) fn structure(name: &str) -> Result<&'static Structure, SettingError> {
    STRUCTURES.iter().find(|structure| structure.id == name).ok_or_else(|| SettingError {
        nearest: nearest(name, STRUCTURES.iter().map(|structure| structure.id)),
        ..SettingError::at("", format!("there is no structure called `{name}`"))
    })
}

/// Draws a subspace, every direction being as likely.
fn random(width: usize, dimension: usize, seed: Seed) -> Subspace {
    let mut stream = seed.stream();
    let mut vector = || (0..width).map(|_| stream.normal()).collect();
    let vectors: Vec<Vec<f64>> = (0..dimension).map(|_| vector()).collect();
    Subspace::spanned_by(width, &vectors)
}

fn form_schema(_: &mut SchemaGenerator) -> Schema {
    let ids: Vec<&str> = STRUCTURES.iter().map(|structure| structure.id).collect();
    json_schema!({ "anyOf": [
        { "enum": ids },
        {
            "type": "object",
            "description": "a random subspace of the dimension of a structure: the control",
            "properties": { "random": {
                "type": "object",
                "properties": { "like": { "enum": ids } },
                "required": ["like"],
                "additionalProperties": false,
            } },
            "required": ["random"],
            "additionalProperties": false,
        },
    ] })
}
