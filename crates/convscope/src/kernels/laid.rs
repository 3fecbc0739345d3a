//! A layer's kernels as they lie on the workbench.

use convscope_arrays::Arrays;
use convscope_onnx::Use;
use convscope_probe::{
    Card, Catalogue, Description, Grid, Layer as Kernels, LayerCard, Nulls, Reading, Size,
};
use rayon::prelude::*;

use super::find::Layer;
use super::fit::{Fit, Unfit};

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
    /// The structures that its kernels may have.
    pub(crate) catalogue: Catalogue,
    /// The steps to which their numbers are rounded.
    pub(crate) grid: Grid,
    /// What all kernels are together, or why that is not said.
    pub(crate) together: Result<LayerCard, &'static str>,
    /// Those that cannot, and why.
    pub(crate) unfit: Vec<Unfit>,
    /// The output and input of each kernel that can be looked at.
    places: Vec<[usize; 2]>,
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

/// Bits of a number.
const PRECISION: u32 = 8;

/// What kernels without a structure are counted as.
pub(crate) const FREE: &str = "free";

/// What kernels of zeros are counted as, which every structure would describe.
pub(crate) const ZERO: &str = "zero";

impl Laid {
    /// Reads the kernels of a layer; those with numbers that are not finite are put aside.
    pub(crate) fn read(layer: &Layer, arrays: &Arrays<'_>, nulls: &Nulls) -> Result<Self, String> {
        let Fit { outputs, inputs, size, kernels, places, unfit } = Fit::read(layer, arrays)?;
        let together = match &kernels {
            Some(kernels) if unfit.is_empty() => Ok(LayerCard::new(kernels, nulls)),
            _ => Err("some kernels cannot be looked at"),
        };
        Ok(Self {
            name: layer.name.clone(),
            dimensions: layer.array.dimensions().to_vec(),
            kind: layer.array.kind(),
            layout: layer.layout.letters().to_owned(),
            how: layer.how,
            used: layer.used.clone(),
            transposed: layer.transposed,
            outputs,
            inputs,
            size,
            catalogue: Catalogue::new(size),
            grid: Grid::of(kernels.as_ref().map_or(&[][..], Kernels::numbers), PRECISION),
            kernels,
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
        let structure = counted(values, &card.description);
        Placed {
            place: self.places[index],
            is_zero: structure == ZERO,
            structure,
            bits: card.description.code_length,
            plain: self.catalogue.free(values, self.grid).code_length,
            card,
        }
    }

    /// Returns what a kernel is counted as, and the bits of its shortest code.
    pub(crate) fn shortest(&self, kernel: &[f64]) -> (&'static str, f64) {
        let description = self.catalogue.describe(kernel, self.grid);
        (counted(kernel, &description), description.code_length)
    }

    /// Returns the bits of a kernel whose numbers are written as they stand on the grid.
    pub(crate) fn free_bits(&self) -> f64 {
        self.catalogue.bits(self.size.count(), PRECISION)
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
    pub(crate) fn place(&self, place: [usize; 2]) -> String {
        placed([self.outputs, self.inputs], place)
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

/// Names the place of a kernel among so many outputs and inputs; a kernel alone needs no name.
pub(crate) fn placed(counts: [usize; 2], [output, input]: [usize; 2]) -> String {
    match counts {
        [1, 1] => "the kernel".into(),
        [_, 1] => format!("filter {output}"),
        _ => format!("filter {output}, input {input}"),
    }
}

/// Returns what a kernel is counted as.
fn counted(kernel: &[f64], description: &Description) -> &'static str {
    if kernel.iter().all(|value| *value == 0.0) { ZERO } else { description.structure.id }
}
