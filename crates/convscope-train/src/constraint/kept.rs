//! What one kernel is kept in.

use convscope_core::registry::{self, SettingError, nearest};
use convscope_core::{Seed, Subspace};
use convscope_probe::{STRUCTURES, Size, Structure};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::piece::Piece;

/// What kernels are kept in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    /// A structure.
    Of(&'static Structure),
    /// A random subspace of a structure's dimension.
    Like(&'static Structure),
}

impl Kept {
    pub(super) fn read(written: &Value) -> Result<Self, SettingError> {
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

    pub(super) fn is_free(self) -> bool {
        self.structure().is_free()
    }

    pub(super) fn written(self) -> Value {
        match self {
            Self::Of(structure) => json!(structure.id),
            Self::Like(structure) => json!({ "random": { "like": structure.id } }),
        }
    }

    pub(super) fn described(self) -> String {
        match self {
            Self::Of(structure) => structure.id.into(),
            Self::Like(structure) => {
                format!("in a random subspace of the dimension of {}", structure.id)
            }
        }
    }

    /// Says why kernels of a size cannot be kept so.
    pub(super) fn fits(self, size: Size, name: &str) -> Result<(), String> {
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

    pub(super) fn piece(self, size: Size, seed: Seed) -> Piece {
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

/// Describes what is read to editors.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Random {
    like: String,
}
