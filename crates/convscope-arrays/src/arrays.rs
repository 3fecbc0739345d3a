//! The arrays of a file by their names.

use std::collections::BTreeMap;
use std::path::Path;

use crate::beside::Beside;
use crate::{Array, ArraysError, FORMATS, Format, SAMPLE_IDS, SampleIds, Source, archive};

/// The arrays of a file by their names, and where its bytes are.
///
/// ```
/// use convscope_arrays::Arrays;
///
/// let mut file = b"\x93NUMPY\x01\x00\x46\x00".to_vec();
/// let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
/// file.extend(format!("{header:<69}\n").bytes());
/// file.extend([1.5_f32, -2.0].iter().flat_map(|number| number.to_le_bytes()));
///
/// let arrays = Arrays::read(&file)?;
/// let array = arrays.get("").expect("a .npy holds one array without a name");
/// assert_eq!((array.dimensions(), array.kind()), (&[2, 1][..], "F32"));
/// assert_eq!(array.numbers::<f64>(arrays.source())?, Some(vec![1.5, -2.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Arrays<'a> {
    source: Source<'a>,
    format: &'static Format,
    found: Found,
}

/// What a format finds in a file.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) arrays: BTreeMap<String, Array>,
    /// How the arrays were found, where that is not plain to see.
    pub(crate) notes: Vec<String>,
    /// What stands under `sample_ids` beside the arrays.
    pub(crate) sample_ids: Option<SampleIds>,
    /// Files beside the file in which some of the arrays are.
    pub(crate) beside: Vec<Beside>,
}

impl Found {
    pub(crate) fn of(arrays: impl IntoIterator<Item = (String, Array)>) -> Self {
        Self { arrays: arrays.into_iter().collect(), ..Self::default() }
    }
}

impl Arrays<'static> {
    /// Finds the arrays of a file on the disk, whose numbers stay there.
    ///
    /// Archives (`.npz`, `.pt`) are read once through, to hold them against their checksums. Of an
    /// ONNX model's numbers some may be in files of the same folder, which are then read too.
    ///
    /// # Errors
    /// [`ArraysError::File`] from the file system, and as [`Arrays::read`].
    pub fn open(path: &Path) -> Result<Self, ArraysError> {
        Self::found(Source::open(path).map_err(|error| ArraysError::File(error.to_string()))?)
    }
}

impl<'a> Arrays<'a> {
    /// Finds the arrays of a file, whose format its first bytes tell.
    ///
    /// # Errors
    /// [`ArraysError::Unknown`] for a file of another format, [`ArraysError::Format`] for one that
    /// is damaged, [`ArraysError::Code`] for one whose arrays only its own program can find.
    pub fn read(bytes: &'a [u8]) -> Result<Self, ArraysError> {
        Self::found(Source::Memory(bytes))
    }

    fn found(source: Source<'a>) -> Result<Self, ArraysError> {
        let first = source.beginning(archive::BEGINNING).map_err(ArraysError::File)?;
        let format = FORMATS.iter().find(|format| (format.begins)(&first));
        let format = format.ok_or(ArraysError::Unknown)?;
        let mut found = (format.find)(&source)?;
        let source = source.with_beside(std::mem::take(&mut found.beside));
        Ok(Self { source, format, found })
    }

    /// Returns the names of the arrays, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.found.arrays.keys().map(String::as_str)
    }

    /// Returns an array.
    pub fn get(&self, name: &str) -> Option<&Array> {
        self.found.arrays.get(name)
    }

    /// Returns how the arrays were found, where that is not plain to see.
    pub fn notes(&self) -> &[String] {
        &self.found.notes
    }

    /// Returns the kind of file.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// Returns where the bytes are.
    pub fn source(&self) -> &Source<'a> {
        &self.source
    }

    /// Reads whole numbers or texts, such as labels; `None` when the array holds neither.
    ///
    /// # Errors
    /// What the file system says, in words.
    pub fn words(&self, array: &Array) -> Result<Option<Vec<String>>, String> {
        array.words(&self.source)
    }

    /// Reads what the file says of its samples: an array `sample_ids` of whole numbers or texts, in
    /// safetensors an entry `sample_ids` of the metadata, or beside tensors of `PyTorch` a list.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn sample_ids(&self) -> Result<Option<SampleIds>, String> {
        if let Some(array) = self.get(SAMPLE_IDS) {
            let words = self.words(array)?.filter(|_| array.dimensions().len() == 1);
            let (kind, dimensions) = (array.kind(), array.dimensions());
            let wanted = "one list of whole numbers or texts was wanted";
            let words = words
                .ok_or_else(|| format!("`{SAMPLE_IDS}` holds {kind} {dimensions:?}; {wanted}"))?;
            return Ok(Some(SampleIds::Names(words)));
        }
        Ok(self.found.sample_ids.clone())
    }
}
