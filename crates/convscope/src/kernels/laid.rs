//! A layer's kernels as they lie on the workbench.

use convscope_arrays::Arrays;
use convscope_onnx::Use;
use convscope_probe::{
    Card, Catalogue, Description, Grid, Layer as Kernels, LayerCard, Reading, Size,
};
use rayon::prelude::*;

use super::find::Layer;

/// How many cards are made at a time.
const AT_A_TIME: usize = 4096;

/// The kernels of a layer.
pub(crate) struct Laid {
    pub(crate) name: String,
    pub(crate) dimensions: Vec<usize>,
    pub(crate) kind: &'static str,
    /// What the dimensions are, and how that is known.
    pub(crate) layout: String,
    pub(crate) how: &'static str,
    /// What the model does with the kernels, where that is known.
    pub(crate) used: Option<Use>,
    pub(crate) transposed: bool,
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
    pub(crate) size: Size,
    /// The kernels that can be looked at; nothing where there are none.
    pub(crate) kernels: Option<Kernels>,
    /// What codes of kernels are made of.
    pub(crate) codes: Codes,
    /// What all kernels are together, or why that is not said.
    pub(crate) together: Result<LayerCard, &'static str>,
    /// Those that cannot, and why.
    pub(crate) unfit: Vec<Unfit>,
    /// The output and input of each kernel that can be looked at.
    places: Vec<[usize; 2]>,
}

/// A kernel that cannot be looked at.
pub(crate) struct Unfit {
    pub(crate) place: [usize; 2],
    pub(crate) why: String,
}

/// A card, and the kernel that it is of.
pub(crate) struct Placed {
    /// The output and input of the kernel.
    pub(crate) place: [usize; 2],
    /// Whether all its numbers are 0.
    pub(crate) is_zero: bool,
    /// What it is counted as: its structure, [`ZERO`], or [`FREE`] where none makes its code shorter.
    pub(crate) structure: &'static str,
    /// The bits of its shortest code.
    pub(crate) bits: f64,
    /// The bits of its shortest code without a structure.
    pub(crate) plain: f64,
    pub(crate) card: Card,
}

impl Placed {
    /// Returns whether it has a structure.
    pub(crate) fn is_structured(&self) -> bool {
        ![ZERO, FREE].contains(&self.structure)
    }

    /// Returns how many numbers describe it, of so many that it has.
    pub(crate) fn dimension(&self, numbers: usize) -> usize {
        match self.structure {
            ZERO => 0,
            FREE => numbers,
            _ => self.card.description.dimension,
        }
    }
}

/// Numbers with sizes beyond these, whose squares may have none, are not looked at.
const SIZES: [f64; 2] = [1e-30, 1e30];

/// Says why a kernel cannot be looked at, if it cannot.
fn trouble(values: &[f64], size: Size) -> Option<String> {
    let [least, most] = SIZES;
    let place = |at: usize| format!("at row {}, column {}", at / size.columns, at % size.columns);
    let odd = values.iter().position(|value| !value.is_finite() || value.abs() > most);
    if let Some(at) = odd {
        let (value, place) = (values[at], place(at));
        let beyond = if value.is_finite() { format!(", beyond {most:e}") } else { String::new() };
        return Some(format!("holds {value:e} {place}{beyond}"));
    }
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    (largest > 0.0 && largest < least).then(|| format!("holds nothing but numbers below {least:e}"))
}

/// What codes of a layer's kernels are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes {
    pub(crate) grid: Grid,
    /// The bits that name a structure.
    name: f64,
    /// The bits of all numbers of a kernel as they stand on the grid.
    numbers: f64,
}

impl Codes {
    fn of(numbers: &[f64], size: Size) -> Self {
        let structures = Catalogue::new(size).structures().count() as f64;
        Self {
            grid: Grid::of(numbers, PRECISION),
            name: structures.log2(),
            numbers: size.count() as f64 * f64::from(PRECISION),
        }
    }

    /// Returns the bits of a free kernel whose numbers are written as they stand on the grid.
    pub(crate) fn free(&self) -> f64 {
        self.name + self.numbers
    }

    /// Returns the bits of the shortest code of a kernel without a structure.
    ///
    /// ```text
    /// log₂(structures) + min(n · 8, n/2 · log₂(1 + 12 · mean square / step²))
    /// ```
    ///
    /// The second is what a structure of no numbers would leave. Without it small kernels of a layer
    /// with a few large ones would seem to have a structure, only because that what structures
    /// leave is not written in 8 bits a number.
    pub(crate) fn plain(&self, kernel: &[f64]) -> f64 {
        let count = kernel.len() as f64;
        let step = self.grid.step;
        if step <= 0.0 {
            return self.name;
        }
        let squares: f64 = kernel.iter().map(|value| (value / step).powi(2)).sum();
        let spread = count / 2.0 * (12.0 * squares / count).ln_1p() / std::f64::consts::LN_2;
        self.name + self.numbers.min(spread)
    }
}

/// Bits of a number.
const PRECISION: u32 = 8;

/// What kernels without a structure are counted as.
pub(crate) const FREE: &str = "free";

/// What kernels of zeros are counted as, which every structure would describe.
pub(crate) const ZERO: &str = "zero";

impl Laid {
    /// Reads the kernels of a layer; those with numbers that are not finite are put aside.
    pub(crate) fn read(layer: &Layer, arrays: &Arrays<'_>) -> Result<Self, String> {
        let dimensions = layer.array.dimensions();
        let ([outputs, inputs], size) =
            (layer.layout.counts(dimensions), layer.layout.size(dimensions));
        let numbers = layer.array.numbers::<f64>(arrays.source())?;
        let numbers = numbers.ok_or_else(|| format!("`{}` holds no floats", layer.name))?;
        let mut numbers = layer.layout.ordered(dimensions, numbers);
        let (mut unfit, mut places) = (Vec::new(), Vec::new());
        for (kernel, values) in numbers.chunks_exact(size.count()).enumerate() {
            let place = [kernel / inputs, kernel % inputs];
            match trouble(values, size) {
                None => places.push(place),
                Some(why) => unfit.push(Unfit { place, why }),
            }
        }
        let mut counts = [outputs, inputs];
        if !unfit.is_empty() {
            let fit = |values: &&[f64]| trouble(values, size).is_none();
            numbers = numbers.chunks_exact(size.count()).filter(fit).flatten().copied().collect();
            counts = [places.len(), 1];
        }
        let finite = if places.is_empty() { &[][..] } else { &numbers[..] };
        let codes = Codes::of(finite, size);
        let kernels = if places.is_empty() {
            None
        } else {
            let kernels = Kernels::new(layer.name.clone(), counts, size, numbers);
            Some(kernels.map_err(|error| error.to_string())?)
        };
        let together = match &kernels {
            Some(kernels) if unfit.is_empty() => Ok(LayerCard::new(kernels)),
            _ => Err("some kernels cannot be looked at"),
        };
        Ok(Self {
            name: layer.name.clone(),
            dimensions: dimensions.to_vec(),
            kind: layer.array.kind(),
            layout: layer.layout.letters().to_owned(),
            how: layer.how,
            used: layer.used.clone(),
            transposed: layer.transposed,
            outputs,
            inputs,
            size,
            kernels,
            codes,
            together,
            unfit,
            places,
        })
    }

    /// Returns how many kernels it has, those that cannot be looked at among them.
    pub(crate) fn count(&self) -> usize {
        self.outputs * self.inputs
    }

    /// Makes the cards of all kernels, some thousands at a time, in their order.
    pub(crate) fn cards<'l>(
        &'l self,
        reading: &'l Reading<'_>,
    ) -> impl Iterator<Item = Vec<Placed>> + 'l {
        let starts = (0..self.places.len()).step_by(AT_A_TIME);
        starts.map(move |start| {
            let end = self.places.len().min(start + AT_A_TIME);
            (start..end).into_par_iter().map(|index| self.card(index, reading)).collect()
        })
    }

    /// Makes the card of one of the kernels that can be looked at.
    pub(crate) fn card(&self, index: usize, reading: &Reading<'_>) -> Placed {
        let (values, card) = (self.values(index), reading.card(self.inner(index)));
        let (structure, bits) = self.counted(values, &card.description);
        let (is_zero, plain) = (structure == ZERO, self.codes.plain(values));
        Placed { place: self.places[index], is_zero, structure, bits, plain, card }
    }

    /// Returns what a kernel is counted as, and the bits of its shortest code.
    pub(crate) fn shortest(&self, kernel: &[f64], catalogue: &Catalogue) -> (&'static str, f64) {
        self.counted(kernel, &catalogue.describe(kernel, self.codes.grid))
    }

    fn counted(&self, kernel: &[f64], description: &Description) -> (&'static str, f64) {
        let plain = self.codes.plain(kernel);
        if kernel.iter().all(|value| *value == 0.0) {
            return (ZERO, plain);
        }
        if description.code_length < plain {
            return (description.structure.id, description.code_length);
        }
        (FREE, plain)
    }

    /// Returns the numbers of one of the kernels that can be looked at.
    pub(crate) fn values(&self, index: usize) -> &[f64] {
        let kernels = self.kernels.as_ref().expect("an index is of a kernel");
        kernels.kernel(self.inner(index))
    }

    fn inner(&self, index: usize) -> [usize; 2] {
        if self.unfit.is_empty() { self.places[index] } else { [index, 0] }
    }

    /// Names a place for a reader; a kernel alone needs no name.
    pub(crate) fn place(&self, [output, input]: [usize; 2]) -> String {
        match (self.outputs, self.inputs) {
            (1, 1) => "the kernel".into(),
            (_, 1) => format!("filter {output}"),
            _ => format!("filter {output}, input {input}"),
        }
    }

    /// Names a place where there is little room.
    pub(crate) fn tag(&self, [output, input]: [usize; 2]) -> String {
        if self.inputs == 1 { output.to_string() } else { format!("{output}·{input}") }
    }

    /// Says in words what kind of layer it is.
    pub(crate) fn words(&self) -> String {
        let transposed = if self.transposed { "transposed, " } else { "" };
        let groups = self.used.as_ref().map_or(1, |used| used.groups);
        let inputs = match self.inputs {
            _ if groups > 1 => format!("{} inputs each in {groups} groups", self.inputs),
            1 => "1 input each".into(),
            inputs => format!("{inputs} inputs each"),
        };
        let filters = if self.outputs == 1 { "filter" } else { "filters" };
        format!("{transposed}{} {filters} of {inputs}, kernels of {}", self.outputs, self.size)
    }
}
