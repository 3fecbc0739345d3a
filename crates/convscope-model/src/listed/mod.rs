//! Nets that a user writes as a list of layers.

mod kinds;
mod reader;
mod schema;

use std::borrow::Cow;

use convscope_core::SettingError;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use self::kinds::CLASSES;
use self::reader::Reader;
use crate::layer::{Linear, Op};
use crate::nets::Architecture;
use crate::{Layer, Shape};

/// A net written layer by layer.
///
/// ```toml
/// net = [
///     { conv = { filters = 3, kernel = 7, padding = 3, pad-with = "reflect" } },
///     "relu",
///     { max-pool = 2 },
///     "global-average-pool",
///     { linear = "classes" },
/// ]
/// ```
///
/// A layer is its kind's name, or a table with that name and the settings, or with the one setting
/// that matters: `{ max-pool = 2 }` is `{ max-pool = { size = 2 } }`. `"classes"` stands for the
/// number of classes. A layer may have a `name`; those without are numbered by kind: `conv1`,
/// `relu1`, `conv2`, `fc1`.
///
/// A layer takes what the layer before it leaves, or what the one named by `from` leaves; `"input"`
/// stands for the samples, and `{ add = "conv1" }` is a sum of two. A residual block is a list within
/// the list: what its `body` leaves is added to what came in, or to what its `shortcut` makes of that.
///
/// ```toml
/// { residual = { body = [{ conv = { filters = 8, kernel = 3, padding = 1 } }, "batch-norm"] } }
/// ```
///
/// ```
/// use convscope_model::{Architecture, ListedNet, Shape};
/// use serde_json::json;
///
/// let listed = ListedNet::read(json!(["flatten", { "linear": "classes" }]))?;
/// let net = listed.net(Shape::image(1, 28, 28), 3)?;
/// assert_eq!(net.parameters()[0].name, "fc1.weight");
/// assert_eq!(net.parameter_count(), 784 * 3 + 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ListedNet {
    layers: Vec<ListedLayer>,
}

#[derive(Debug, Clone, PartialEq)]
struct ListedLayer {
    layer: Layer,
    /// Whether the count of outputs is the number of classes.
    for_classes: bool,
}

impl ListedNet {
    /// Reads a list of layers.
    ///
    /// # Errors
    /// A [`SettingError`] at the layer's index and setting: an unknown kind or key (with the nearest
    /// one), a wrong type, a setting that is needed but absent, a name that is taken or unusable, or
    /// an empty list. Whether sizes fit is known only when the net is made for an image shape.
    pub fn read(list: Value) -> Result<Self, SettingError> {
        let items = match list {
            Value::Array(items) if !items.is_empty() => items,
            _ => return Err(SettingError::at("", "a net is a list of at least one layer")),
        };
        let mut reader = Reader::default();
        reader.read_all(items)?;
        Ok(Self { layers: reader.layers })
    }

    /// Returns the list with every layer named and without settings equal to their defaults.
    ///
    /// Lists that make the same net have the same canonical form, and reading it gives the net.
    pub fn canonical(&self) -> Value {
        self.layers.iter().map(ListedLayer::canonical).collect()
    }
}

impl Architecture for ListedNet {
    fn layers(&self, _input: Shape, classes: usize) -> Vec<Layer> {
        self.layers.iter().map(|listed| listed.for_classes(classes)).collect()
    }

    fn describe(&self) -> String {
        let names: Vec<&str> =
            self.layers.iter().map(|listed| listed.layer.name.as_str()).collect();
        names.join(" → ")
    }
}

impl JsonSchema for ListedNet {
    fn schema_name() -> Cow<'static, str> {
        "ListedNet".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema::of_list(generator)
    }
}

impl ListedLayer {
    fn for_classes(&self, classes: usize) -> Layer {
        let mut layer = self.layer.clone();
        if let (true, Op::Linear(Linear { outputs, .. })) = (self.for_classes, &mut layer.op) {
            *outputs = classes;
        }
        layer
    }

    fn canonical(&self) -> Value {
        let (kind, mut settings) = kinds::settings_of(&self.layer.op);
        if self.for_classes {
            settings.insert("outputs".into(), CLASSES.into());
        }
        settings.insert("name".into(), self.layer.name.as_str().into());
        if let Some(from) = &self.layer.from {
            settings.insert("from".into(), from.as_str().into());
        }
        json!({ kind.id: settings })
    }
}
