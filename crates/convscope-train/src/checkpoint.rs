//! What a training remembers from one epoch to the next.

use std::borrow::Cow;
use std::collections::BTreeMap;

use convscope_core::Identity;
use safetensors::tensor::{Dtype, SafeTensors, View, serialize};
use serde::{Deserialize, Serialize};

/// All that the epochs to come depend on, beside the training itself: weights, what the optimiser and
/// penalties remember, and the numbers of the epochs so far.
///
/// Orders of images and draws need no memory: they follow from the epoch's number. So a training that
/// [goes on](crate::resume()) ends with the same bits as one that was never stopped.
///
/// As bytes it is a safetensors file of named lists, with a checksum over all of them: as large as the
/// weights two to three times.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    pub(crate) epoch: u32,
    pub(crate) lists: BTreeMap<String, List>,
}

/// Numbers that are remembered under a name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum List {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

/// A checkpoint from which a training cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It was written by another convscope, whose steps may differ.
    #[error("it was written by convscope {came}, and this is {VERSION}")]
    Version {
        /// That version.
        came: String,
    },
    /// It is that of another training.
    #[error("it is that of another training: {0}")]
    Other(String),
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The name of the [`Head`] in a file.
const HEAD: &str = "convscope";

#[derive(Serialize, Deserialize)]
struct Head {
    version: String,
    epoch: u32,
    sum: Identity,
}

impl Checkpoint {
    /// Returns the epoch after which it was made, the first being 1.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Writes it; the same checkpoint gives the same bytes.
    #[expect(
        clippy::missing_panics_doc,
        reason = "what is written is made here, and fits the format"
    )]
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = Head { version: VERSION.into(), epoch: self.epoch, sum: self.sum() };
        let head = serde_json::to_string(&head).expect("names and numbers can be written");
        let lists =
            self.lists.iter().map(|(name, list)| (name, Flat { length: [list.len()], list }));
        serialize(lists, Some([(HEAD.to_owned(), head)].into())).expect("each list has its length")
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`CheckpointError`] when these are other bytes, or another version wrote them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(&error))?;
        let head = metadata.metadata().as_ref().and_then(|head| head.get(HEAD));
        let head = head.ok_or_else(|| damaged(&"it does not say who wrote it"))?;
        let head: Head = serde_json::from_str(head).map_err(|error| damaged(&error))?;
        if head.version != VERSION {
            return Err(CheckpointError::Version { came: head.version });
        }
        let file = SafeTensors::deserialize(bytes).map_err(|error| damaged(&error))?;
        let lists = file.iter().map(|(name, tensor)| {
            let list = List::read(tensor.dtype(), tensor.data());
            Ok((
                name.to_owned(),
                list.ok_or_else(|| damaged(&format!("`{name}` holds no floats")))?,
            ))
        });
        let own = Self { epoch: head.epoch, lists: lists.collect::<Result<_, _>>()? };
        if own.sum() == head.sum { Ok(own) } else { Err(damaged(&"its checksum is another")) }
    }

    fn sum(&self) -> Identity {
        let epoch = Cow::Owned(self.epoch.to_le_bytes().to_vec());
        let lists = self
            .lists
            .iter()
            .flat_map(|(name, list)| [Cow::Borrowed(name.as_bytes()), list.data()]);
        Identity::of_parts(std::iter::once(epoch).chain(lists))
    }

    /// Returns a list of so many numbers.
    pub(crate) fn singles(&self, name: &str, count: usize) -> Result<&[f32], CheckpointError> {
        match self.lists.get(name) {
            Some(List::Single(numbers)) if numbers.len() == count => Ok(numbers),
            other => Err(unlike(name, count, other)),
        }
    }

    /// Returns a list of so many numbers of 64 bits; any number of them where none is said.
    pub(crate) fn doubles(
        &self,
        name: &str,
        count: Option<usize>,
    ) -> Result<&[f64], CheckpointError> {
        match self.lists.get(name) {
            Some(List::Double(numbers)) if count.is_none_or(|count| count == numbers.len()) => {
                Ok(numbers)
            }
            other => Err(unlike(name, count.unwrap_or(0), other)),
        }
    }
}

fn damaged(why: &impl ToString) -> CheckpointError {
    CheckpointError::Damaged(why.to_string())
}

fn unlike(name: &str, wanted: usize, came: Option<&List>) -> CheckpointError {
    let came = came.map_or_else(|| "none".into(), |list| list.len().to_string());
    CheckpointError::Other(format!("`{name}` should have {wanted} numbers, but has {came}"))
}

impl List {
    fn read(kind: Dtype, data: &[u8]) -> Option<Self> {
        match kind {
            Dtype::F32 => {
                let numbers = data.as_chunks().0.iter();
                Some(Self::Single(numbers.map(|own| f32::from_le_bytes(*own)).collect()))
            }
            Dtype::F64 => {
                let numbers = data.as_chunks().0.iter();
                Some(Self::Double(numbers.map(|own| f64::from_le_bytes(*own)).collect()))
            }
            _ => None,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Single(numbers) => numbers.len(),
            Self::Double(numbers) => numbers.len(),
        }
    }

    fn data(&self) -> Cow<'static, [u8]> {
        match self {
            Self::Single(numbers) => numbers.iter().flat_map(|own| own.to_le_bytes()).collect(),
            Self::Double(numbers) => numbers.iter().flat_map(|own| own.to_le_bytes()).collect(),
        }
    }
}

/// A list as the format knows it: a tensor of one dimension.
struct Flat<'a> {
    length: [usize; 1],
    list: &'a List,
}

impl View for Flat<'_> {
    fn dtype(&self) -> Dtype {
        match self.list {
            List::Single(_) => Dtype::F32,
            List::Double(_) => Dtype::F64,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.length
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.list.data()
    }

    fn data_len(&self) -> usize {
        match self.list {
            List::Single(numbers) => size_of_val(numbers.as_slice()),
            List::Double(numbers) => size_of_val(numbers.as_slice()),
        }
    }
}
