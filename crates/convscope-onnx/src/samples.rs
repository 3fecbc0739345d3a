//! Samples for the inputs of a model, from one file of arrays or several.

use std::ops::Range;
use std::path::{Path, PathBuf};

use convscope_arrays::names::natural;
use convscope_arrays::{Array, Arrays, FORMATS, SAMPLE_IDS, SampleIds};

use crate::outline::{Port, Size};
use crate::{Batch, CaptureError, Network, Numbers};

/// Samples in the order of their files.
pub struct Samples {
    inputs: Vec<Port>,
    pieces: Vec<Piece>,
    count: usize,
    ids: Option<SampleIds>,
    notes: Vec<String>,
}

/// A file of samples.
struct Piece {
    file: String,
    arrays: Arrays<'static>,
    /// The array for each input.
    of_inputs: Vec<Array>,
    count: usize,
}

impl Samples {
    /// Opens files of samples for a model, one after another; a folder stands for the files of
    /// arrays in it, those with smaller numbers in their names first.
    ///
    /// A file of one array serves a model of one input; otherwise arrays are called as the inputs.
    ///
    /// # Errors
    /// [`CaptureError::Samples`] when an input finds no array, or one of another type or other
    /// dimensions, and when files disagree about how many samples there are or whether they are
    /// named.
    pub fn open(paths: &[PathBuf], network: &Network) -> Result<Self, CaptureError> {
        let inputs = &network.outline().inputs;
        if inputs.is_empty() {
            let why = "it has no inputs, so that no samples can be given".into();
            return Err(CaptureError::Model { file: network.file().into(), why });
        }
        let (mut pieces, mut notes) = (Vec::new(), Vec::new());
        for path in files(paths)? {
            pieces.push(Piece::open(&path, inputs, &mut notes)?);
        }
        let ids = ids(&pieces)?;
        let count = pieces.iter().map(|piece| piece.count).sum();
        if count == 0 {
            return Err(wrong(&pieces[0].file, "it holds no samples".into(), None));
        }
        Ok(Self { inputs: inputs.clone(), pieces, count, ids, notes })
    }

    /// Returns how many samples there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns what the files say of them.
    pub fn ids(&self) -> Option<&SampleIds> {
        self.ids.as_ref()
    }

    /// Returns what was noticed on opening.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Reads some samples.
    ///
    /// # Errors
    /// [`CaptureError::Samples`] when the file system says so, or a whole number does not fit the
    /// input.
    pub fn rows(&self, rows: Range<usize>) -> Result<Vec<Batch>, CaptureError> {
        (0..self.inputs.len()).map(|index| self.input(index, rows.clone())).collect()
    }

    fn input(&self, index: usize, rows: Range<usize>) -> Result<Batch, CaptureError> {
        let port = &self.inputs[index];
        let (mut numbers, mut start) = (None, 0);
        let mut dimensions = Vec::new();
        for piece in &self.pieces {
            let own = rows.start.clamp(start, start + piece.count) - start
                ..rows.end.clamp(start, start + piece.count) - start;
            start += piece.count;
            if own.is_empty() {
                continue;
            }
            let array = &piece.of_inputs[index];
            dimensions = array.dimensions().to_vec();
            let read = piece.read(port, array, own);
            let read = read.map_err(|why| wrong(&piece.file, why, None))?;
            numbers = Some(match numbers {
                None => read,
                Some(before) => joined(before, read),
            });
        }
        dimensions[0] = rows.len();
        let numbers = numbers.expect("caller's bug: no such samples");
        Ok(Batch { input: port.name.clone(), dimensions, numbers })
    }
}

impl Piece {
    fn open(path: &Path, inputs: &[Port], notes: &mut Vec<String>) -> Result<Self, CaptureError> {
        let file = path.display().to_string();
        let arrays = Arrays::open(path).map_err(|error| wrong(&file, error.to_string(), None))?;
        notes.extend(arrays.notes().iter().map(|note| format!("{file}: {note}")));
        let names: Vec<&str> = arrays.names().filter(|name| *name != SAMPLE_IDS).collect();
        let mut of_inputs: Vec<Array> = Vec::new();
        for port in inputs {
            let lone = (inputs.len() == 1 && names.len() == 1).then(|| names[0]);
            let found = arrays.get(lone.unwrap_or(&port.name));
            let array = found.ok_or_else(|| missing(&file, port, &names))?;
            fits(port, array).map_err(|(why, help)| wrong(&file, why, help))?;
            if let Some(first) = of_inputs.first()
                && first.dimensions()[0] != array.dimensions()[0]
            {
                let counts = [first, array].map(|array| array.dimensions()[0]);
                let why = format!(
                    "`{}` has {} samples and `{}` has {}",
                    inputs[0].name, counts[0], port.name, counts[1]
                );
                return Err(wrong(&file, why, None));
            }
            of_inputs.push(array.clone());
        }
        let unused =
            |name: &&&str| names.len() > 1 && inputs.iter().all(|port| port.name != **name);
        let left: Vec<String> = names.iter().filter(unused).map(|n| format!("`{n}`")).collect();
        if !left.is_empty() {
            notes.push(format!("{file}: no input takes {}", left.join(", ")));
        }
        let count = of_inputs[0].dimensions()[0];
        Ok(Self { file, arrays, of_inputs, count })
    }

    /// Reads rows as an input takes them.
    fn read(&self, port: &Port, array: &Array, rows: Range<usize>) -> Result<Numbers, String> {
        let source = self.arrays.source();
        if array.is_float() {
            let numbers = array.rows(source, rows)?;
            return Ok(Numbers::Floats(numbers.expect("it was seen to hold floats")));
        }
        let first = rows.start;
        let wholes = array.whole_rows(source, rows)?;
        let wholes = wholes.ok_or("a whole number has more than 63 bits")?;
        let kind = port.form.kind.unwrap_or("F32");
        let each = array.dimensions()[1..].iter().product::<usize>().max(1);
        let unfit = |at: usize| {
            let (sample, number) = (first + at / each, wholes[at]);
            format!("sample {sample}: {number} does not fit `{}`, which takes {kind}", port.name)
        };
        Ok(match kind {
            // Exact, because only numbers of 16 bits and fewer are taken.
            "F32" => Numbers::Floats(wholes.iter().map(|whole| *whole as f32).collect()),
            "I8" => Numbers::Signed(narrowed(&wholes).map_err(unfit)?),
            "U8" => Numbers::Bytes(narrowed(&wholes).map_err(unfit)?),
            _ => Numbers::Wholes(narrowed(&wholes).map_err(unfit)?),
        })
    }
}

fn narrowed<N: TryFrom<i64>>(wholes: &[i64]) -> Result<Vec<N>, usize> {
    let narrow = |(place, whole): (usize, &i64)| N::try_from(*whole).map_err(|_| place);
    wholes.iter().enumerate().map(narrow).collect()
}

fn joined(before: Numbers, after: Numbers) -> Numbers {
    match (before, after) {
        (Numbers::Floats(a), Numbers::Floats(b)) => Numbers::Floats([a, b].concat()),
        (Numbers::Wholes(a), Numbers::Wholes(b)) => Numbers::Wholes([a, b].concat()),
        (Numbers::Signed(a), Numbers::Signed(b)) => Numbers::Signed([a, b].concat()),
        (Numbers::Bytes(a), Numbers::Bytes(b)) => Numbers::Bytes([a, b].concat()),
        _ => unreachable!("an input takes one type of numbers"),
    }
}

/// Returns the files that were named, and those in folders that were.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CaptureError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unread =
            |why: std::io::Error| wrong(&path.display().to_string(), why.to_string(), None);
        let is_known = |path: &PathBuf| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            let of = |format: &convscope_arrays::Format| {
                extension.is_some_and(|own| format.extensions.contains(&own))
            };
            FORMATS.iter().any(of)
        };
        let entries = std::fs::read_dir(path).map_err(unread)?;
        let entries: Result<Vec<PathBuf>, _> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect();
        let mut inside = entries.map_err(unread)?;
        inside.retain(is_known);
        inside.sort_by_cached_key(|path| natural(&path.display().to_string()));
        if inside.is_empty() {
            let why = "there is no file of arrays in this folder".into();
            return Err(wrong(&path.display().to_string(), why, None));
        }
        files.extend(inside);
    }
    Ok(files)
}

/// Joins the ids of all files; a hash can be kept of one file only.
fn ids(pieces: &[Piece]) -> Result<Option<SampleIds>, CaptureError> {
    let mut all: Vec<Option<SampleIds>> = Vec::new();
    for piece in pieces {
        let own = piece.arrays.sample_ids().map_err(|why| wrong(&piece.file, why, None))?;
        if let Some(count) = own.as_ref().and_then(SampleIds::count)
            && count != piece.count
        {
            let why = format!("`{SAMPLE_IDS}` has {count} entries for {} samples", piece.count);
            return Err(wrong(&piece.file, why, None));
        }
        all.push(own);
    }
    if all.len() == 1 {
        return Ok(all.remove(0));
    }
    if all.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut names = Vec::new();
    for (piece, own) in pieces.iter().zip(all) {
        let Some(SampleIds::Names(own)) = own else {
            let why = format!("it does not name its samples as `{SAMPLE_IDS}`, and other files do");
            return Err(wrong(&piece.file, why, Some("name them in all files, or in none".into())));
        };
        names.extend(own);
    }
    Ok(Some(SampleIds::Names(names)))
}

/// Holds an array against what an input takes; in words what is wrong, and what to do.
fn fits(port: &Port, array: &Array) -> Result<(), (String, Option<String>)> {
    let given = array.dimensions();
    let came = format!("{} {given:?}", array.kind());
    let taken = format!("the input `{}` takes {}", port.name, port.form);
    let whole = ["U8", "I8", "U16", "I16", "I32", "I64", "U32", "U64"].contains(&array.kind());
    let short = ["U8", "I8", "U16", "I16"].contains(&array.kind());
    let kind_fits = match port.form.kind.unwrap_or("F32") {
        "F32" => array.is_float() || short,
        "I64" | "I32" | "U8" | "I8" => whole,
        _ => {
            let help = "export the model with 32-bit floats or whole numbers".into();
            return Err((format!("{taken}, which is not computed with"), Some(help)));
        }
    };
    if !kind_fits {
        return Err((format!("{taken}, and {came} was given"), None));
    }
    let Some(wanted) = &port.form.dimensions else {
        let why = format!("`{}` has no samples: its dimensions are {given:?}", port.name);
        return if given.is_empty() { Err((why, None)) } else { Ok(()) };
    };
    let fit = |sizes: &[usize]| {
        let one = |(wanted, given): (&Size, &usize)| match wanted {
            Size::Fixed(size) => size == given,
            Size::Free(_) => true,
        };
        // Samples come in batches, whatever the first dimension says.
        wanted.len() == sizes.len() && wanted.iter().zip(sizes).skip(1).all(one)
    };
    if given.is_empty() || wanted.is_empty() || !fit(given) {
        let moved = match given {
            [n, h, w, c] => fit(&[*n, *c, *h, *w]),
            _ => false,
        };
        let alone = fit(&[&[1], given].concat());
        let help = match (moved, alone) {
            (true, _) => Some("channels stand last: `numpy.moveaxis(x, -1, 1)` puts them second"),
            (_, true) => Some("a dimension of samples is missing: `x[None]` has one sample"),
            _ => None,
        };
        return Err((format!("{taken}, and {came} was given"), help.map(Into::into)));
    }
    Ok(())
}

fn missing(file: &str, port: &Port, names: &[&str]) -> CaptureError {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let why = format!(
        "no array is called `{}`, which is an input of the model ({}); there is {}",
        port.name,
        port.form,
        if names.is_empty() { "none".into() } else { names.join(", ") }
    );
    wrong(file, why, Some("give a .npz or .safetensors with an array for each input".into()))
}

fn wrong(file: &str, why: String, help: Option<String>) -> CaptureError {
    CaptureError::Samples { file: file.into(), why, help }
}
