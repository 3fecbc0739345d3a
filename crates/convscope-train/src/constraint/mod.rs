//! Kernels that are kept in a form from the first weights on.

mod kept;
mod start;

use std::borrow::Cow;

use convscope_core::Seed;
use convscope_core::registry::{self, SettingError};
use convscope_model::{Net, Parameter, Role, freeze};
use convscope_probe::Size;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::handling::Handling;
use kept::Kept;

pub(crate) use kept::{dimension, structure};
pub use start::{NothingLeft, constrain_start};

/// What the kernels of a net's convolutions are kept in, checked against the net.
///
/// ```toml
/// [model.mirrored]
/// constrain = [{ on = "conv*.weight", to = "mirror-both" }]   # or "separable", "central-row", …
/// [model.control]
/// constrain = [{ on = "conv*.weight", to = { random = { like = "mirror-both" } } }]
/// ```
///
/// Structures are those of [`STRUCTURES`](convscope_probe::STRUCTURES), and each kernel is held in its own. `random`
/// is the control: a subspace of as many dimensions as the structure has, spanned by normal vectors, so
/// that every direction is as likely; all kernels of a layer share it, as they share a structure, and each layer
/// of each replicate has its own. `free` constrains nothing and is the same model as without it.
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
    /// By parameter.
    kept: Vec<OfParameter>,
    described: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct OfParameter {
    index: usize,
    /// That of its kernels.
    size: Size,
    form: Kept,
}

/// `{ on = "conv*.weight", to = "mirror-both" }`
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    /// A name pattern of the weights of convolutions, such as `conv*.weight`.
    on: String,
    /// A structure that each kernel has, or a random subspace of as many dimensions.
    #[schemars(schema_with = "kept::schema")]
    to: Value,
}

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
        constraints.kept.sort_by_key(|own| own.index);
        Ok(constraints)
    }

    /// Returns what each constrained parameter is kept in, by its name; empty when nothing is constrained.
    pub fn canonical(&self, net: &Net) -> Map<String, Value> {
        let named = |own: &OfParameter| net.parameters()[own.index].name.clone();
        self.held().map(|own| (named(own), own.form.written())).collect()
    }

    /// Describes them in a few words, if there are any.
    pub fn describe(&self) -> Option<String> {
        (!self.described.is_empty()).then(|| self.described.join(", "))
    }

    /// Says which of some frozen parameters is constrained as well, if one is.
    pub fn frozen<'n>(&self, net: &'n Net, frozen: &[bool]) -> Option<&'n str> {
        let both = self.held().find(|own| frozen[own.index])?;
        Some(&net.parameters()[both.index].name)
    }

    /// Returns a handling for each parameter; random subspaces are drawn from the children of a seed.
    pub fn handling(&self, net: &Net, seed: Seed) -> Vec<Handling> {
        let mut handling = vec![Handling::default(); net.parameters().len()];
        for &OfParameter { index, size, form } in self.held() {
            let parameter = &net.parameters()[index];
            let piece = form.piece(size, seed.child(&parameter.name));
            handling[index] = Handling::of_pieces(vec![piece; parameter.len() / size.count()]);
        }
        handling
    }

    /// Returns what is kept in a form, not what is said to be free.
    fn held(&self) -> impl Iterator<Item = &OfParameter> {
        self.kept.iter().filter(|own| !own.form.is_free())
    }

    fn add(&mut self, net: &Net, written: &Value) -> Result<(), SettingError> {
        let Written { on, to } = registry::read(written.clone())?;
        let form = Kept::read(&to).map_err(|error| error.below("to"))?;
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
            if self.kept.iter().any(|known| known.index == index) {
                return Err(SettingError::at("on", format!("`{name}` is constrained twice")));
            }
            self.kept.push(OfParameter { index, size, form });
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

/// Returns the size of a parameter's kernels, if it has any.
pub(crate) fn kernels(parameter: &Parameter) -> Option<Size> {
    match parameter.dimensions[..] {
        [_, _, rows, columns] if parameter.role == Role::Weight => Some(Size { rows, columns }),
        _ => None,
    }
}
