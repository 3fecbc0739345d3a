//! The kinds of layer that a list may hold.

use convscope_core::SettingError;
use convscope_core::registry::{self, Settings, nearest};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::layer::{Adaptive, Add, BatchNorm, Conv, Dropout, LeakyRelu, Linear, Op, Pool};

/// What a block of layers is called, which is added to what came in.
pub(super) const RESIDUAL: &str = "residual";

/// What stands for the number of classes.
pub(super) const CLASSES: &str = "classes";

/// A kind of layer.
pub(super) struct Kind {
    /// As a user writes it.
    pub(super) id: &'static str,
    /// How layers without a name are called, before their number.
    pub(super) prefix: &'static str,
    /// The setting that a bare value stands for.
    pub(super) short: Option<&'static str>,
    /// The settings that must be written.
    pub(super) needed: &'static [&'static str],
    /// Describes the settings for editors.
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
    op: fn(Value) -> Result<Op, SettingError>,
}

/// A layer of a list, read.
pub(super) struct Read {
    pub(super) name: Option<String>,
    pub(super) from: Option<String>,
    pub(super) op: Op,
    pub(super) for_classes: bool,
}

/// Every kind of layer.
pub(super) static KINDS: &[Kind] = &[
    Kind {
        needed: &["filters", "kernel"],
        ..kind::<Conv>("conv", "conv", |settings| Ok(Op::Conv(registry::read(settings)?)))
    },
    Kind {
        short: Some("outputs"),
        needed: &["outputs"],
        ..kind::<Linear>("linear", "fc", |settings| Ok(Op::Linear(registry::read(settings)?)))
    },
    kind::<BatchNorm>("batch-norm", "bn", |settings| Ok(Op::BatchNorm(registry::read(settings)?))),
    bare("relu", "relu", |settings| nothing(settings).map(|()| Op::Relu)),
    Kind {
        short: Some("slope"),
        ..kind::<LeakyRelu>("leaky-relu", "leaky", |settings| {
            Ok(Op::LeakyRelu(registry::read(settings)?))
        })
    },
    bare("tanh", "tanh", |settings| nothing(settings).map(|()| Op::Tanh)),
    bare("gelu", "gelu", |settings| nothing(settings).map(|()| Op::Gelu)),
    Kind {
        short: Some("size"),
        ..kind::<Pool>("max-pool", "pool", |settings| Ok(Op::MaxPool(registry::read(settings)?)))
    },
    Kind {
        short: Some("size"),
        ..kind::<Pool>("average-pool", "pool", |settings| {
            Ok(Op::AveragePool(registry::read(settings)?))
        })
    },
    Kind {
        short: Some("size"),
        needed: &["size"],
        ..kind::<Adaptive>("adaptive-average-pool", "pool", |settings| {
            Ok(Op::AdaptiveAveragePool(registry::read(settings)?))
        })
    },
    bare("global-average-pool", "gap", |settings| {
        nothing(settings).map(|()| Op::GlobalAveragePool)
    }),
    bare("flatten", "flatten", |settings| nothing(settings).map(|()| Op::Flatten)),
    Kind {
        short: Some("rate"),
        ..kind::<Dropout>("dropout", "dropout", |settings| {
            Ok(Op::Dropout(registry::read(settings)?))
        })
    },
    Kind {
        short: Some("with"),
        needed: &["with"],
        ..kind::<Add>("add", "add", |settings| Ok(Op::Add(registry::read(settings)?)))
    },
];

/// Finds a kind and its index by the name that a user wrote.
pub(super) fn find(id: &str) -> Result<(usize, &'static Kind), SettingError> {
    let ids = || KINDS.iter().map(|kind| kind.id).chain([RESIDUAL]);
    let found = KINDS.iter().enumerate().find(|(_, kind)| kind.id == id);
    found.ok_or_else(|| SettingError {
        nearest: nearest(id, ids()),
        ..SettingError::at(
            "",
            format!(
                "there is no layer `{id}`; layers are {}",
                ids().collect::<Vec<_>>().join(", ")
            ),
        )
    })
}

/// Returns a layer's kind and its settings, without those that may be left out.
pub(super) fn settings_of(op: &Op) -> (&'static Kind, Map<String, Value>) {
    let (written, id) = match serde_json::to_value(op) {
        Ok(Value::Object(table)) => {
            let (id, settings) = table.into_iter().next().expect("serde writes the kind's name");
            (settings, id)
        }
        Ok(Value::String(id)) => (Value::Null, id),
        other => unreachable!("serde writes an enum as a table or a text, not as {other:?}"),
    };
    let (_, kind) = find(&id).expect("layers serialise under the names of their kinds");
    let Value::Object(written) = written else { return (kind, Map::new()) };
    let reduced = match op {
        Op::Conv(conv) => registry::without_defaults(conv),
        Op::Linear(linear) => registry::without_defaults(linear),
        Op::MaxPool(pool) | Op::AveragePool(pool) => registry::without_defaults(pool),
        Op::BatchNorm(norm) => registry::without_defaults(norm),
        Op::LeakyRelu(leaky) => registry::without_defaults(leaky),
        Op::AdaptiveAveragePool(pool) => registry::without_defaults(pool),
        Op::Dropout(dropout) => registry::without_defaults(dropout),
        Op::Add(add) => registry::without_defaults(add),
        Op::Relu | Op::Tanh | Op::Gelu | Op::GlobalAveragePool | Op::Flatten => Value::Null,
    };
    let stays = |key: &str| kind.needed.contains(&key) || reduced.get(key).is_some();
    (kind, written.into_iter().filter(|(key, _)| stays(key)).collect())
}

impl Kind {
    /// Reads the settings of a layer of this kind.
    pub(super) fn read(&self, written: Value) -> Result<Read, SettingError> {
        let mut settings = match (written, self.short) {
            (Value::Object(table), _) => table,
            (value, Some(short)) => Map::from_iter([(short.to_owned(), value)]),
            (_, None) => {
                return Err(SettingError::at(
                    "",
                    format!("`{}` wants a table of settings", self.id),
                ));
            }
        };
        let name = take_text(&mut settings, "name")?;
        let from = take_text(&mut settings, "from")?;
        if let Some(key) = self.needed.iter().find(|&&key| !settings.contains_key(key)) {
            return Err(SettingError::at("", format!("`{}` needs the setting `{key}`", self.id)));
        }
        let for_classes = take_classes(&mut settings)?;
        let op = (self.op)(Value::Object(settings))?;
        Ok(Read { name, from, op, for_classes })
    }
}

fn take_text(settings: &mut Map<String, Value>, key: &str) -> Result<Option<String>, SettingError> {
    match settings.shift_remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(SettingError::at(key, "the name of a layer is a text")),
    }
}

/// Replaces the word for the number of classes, which is not yet known, by a number.
fn take_classes(settings: &mut Map<String, Value>) -> Result<bool, SettingError> {
    let Some(outputs) = settings.get_mut("outputs") else { return Ok(false) };
    match outputs.as_str() {
        Some(CLASSES) => *outputs = Linear::default().outputs.into(),
        Some(other) => {
            let message = format!("outputs are a number or \"{CLASSES}\", not \"{other}\"");
            let nearest = nearest(other, [CLASSES]);
            return Err(SettingError { nearest, ..SettingError::at("outputs", message) });
        }
        None => return Ok(false),
    }
    Ok(true)
}

const fn kind<S: Settings>(
    id: &'static str,
    prefix: &'static str,
    op: fn(Value) -> Result<Op, SettingError>,
) -> Kind {
    Kind { id, prefix, short: None, needed: &[], schema: S::json_schema, op }
}

const fn bare(
    id: &'static str,
    prefix: &'static str,
    op: fn(Value) -> Result<Op, SettingError>,
) -> Kind {
    kind::<Nothing>(id, prefix, op)
}

/// The settings of a layer that has none.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Nothing {}

fn nothing(settings: Value) -> Result<(), SettingError> {
    registry::read::<Nothing>(settings).map(|_| ())
}
