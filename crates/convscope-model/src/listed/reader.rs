//! Reads layers and blocks of layers, one after another.

use convscope_core::SettingError;
use convscope_core::registry;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::ListedLayer;
use super::kinds::{self, KINDS, Kind, RESIDUAL};
use crate::layer::{Add, INPUT, Layer, Op};

/// The layers read so far.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) layers: Vec<ListedLayer>,
    /// How many layers of each kind there were, at the first kind of their prefix.
    counts: Vec<usize>,
}

/// The settings of a residual block.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Residual {
    /// The layers whose values are added to.
    body: Vec<Value>,
    /// The layers that the added values pass; none leaves them as they are.
    #[serde(default)]
    shortcut: Vec<Value>,
    /// The name of the sum.
    name: Option<String>,
}

impl Reader {
    /// Reads a list; errors are placed at the index of their item.
    pub(super) fn read_all(&mut self, items: Vec<Value>) -> Result<(), SettingError> {
        for (index, item) in items.into_iter().enumerate() {
            self.read(item).map_err(|error| error.below(&index.to_string()))?;
        }
        Ok(())
    }

    fn read(&mut self, item: Value) -> Result<(), SettingError> {
        let in_table = item.is_object();
        let (id, written) = match item {
            Value::String(id) => (id, Value::Object(Map::new())),
            Value::Object(table) if table.len() == 1 => {
                table.into_iter().next().expect("the table has one entry")
            }
            _ => {
                let wanted =
                    "a layer is the name of its kind, or a table with that name and settings";
                return Err(SettingError::at("", wanted));
            }
        };
        if id == RESIDUAL {
            return self.read_residual(written).map_err(|error| error.below(RESIDUAL));
        }
        let placed = |error: SettingError| if in_table { error.below(&id) } else { error };
        let (number, kind) = kinds::find(&id)
            .map_err(|error| placed(SettingError { about_key: in_table, ..error }))?;
        let read = kind.read(written).map_err(placed)?;
        let numbered = self.next_name(number, kind);
        let name = read.name.unwrap_or(numbered);
        let layer = Layer { name, op: read.op, from: read.from };
        self.push(kind, ListedLayer { layer, for_classes: read.for_classes })
    }

    /// A block is its body, its shortcut from the block's input on, and their sum.
    fn read_residual(&mut self, written: Value) -> Result<(), SettingError> {
        let Residual { body, shortcut, name } = registry::read(written)?;
        if body.is_empty() {
            return Err(SettingError::at("body", "a residual block wants at least one layer"));
        }
        let input = self.last_name();
        self.read_all(body).map_err(|error| error.below("body"))?;
        let with = if shortcut.is_empty() {
            input
        } else {
            let (first, body) = (self.layers.len(), self.last_name());
            self.read_all(shortcut).map_err(|error| error.below("shortcut"))?;
            self.layers[first].layer.from.get_or_insert(input);
            body
        };
        let (number, kind) = kinds::find("add")?;
        let numbered = self.next_name(number, kind);
        let layer = Layer::new(name.unwrap_or(numbered), Op::Add(Add { with }));
        self.push(kind, ListedLayer { layer, for_classes: false })
    }

    fn last_name(&self) -> String {
        self.layers.last().map_or_else(|| INPUT.to_owned(), |last| last.layer.name.clone())
    }

    /// Numbers a layer among those of its prefix, and counts it.
    fn next_name(&mut self, number: usize, kind: &Kind) -> String {
        let same = KINDS.iter().position(|other| other.prefix == kind.prefix).unwrap_or(number);
        self.counts.resize(KINDS.len(), 0);
        self.counts[same] += 1;
        format!("{}{}", kind.prefix, self.counts[same])
    }

    fn push(&mut self, kind: &Kind, read: ListedLayer) -> Result<(), SettingError> {
        let name = &read.layer.name;
        let misnamed = |message| SettingError::at("name", message).below(kind.id);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name == INPUT || !name.chars().all(plain) {
            return Err(misnamed(format!(
                "`{name}` is no name; use letters, digits, `.`, `-` and `_`, but not `{INPUT}`"
            )));
        }
        match self.layers.iter().position(|other| other.layer.name == *name) {
            None => {
                self.layers.push(read);
                Ok(())
            }
            Some(index) => Err(misnamed(format!(
                "layer {index} is already called `{name}`; give one of the two another name"
            ))),
        }
    }
}
