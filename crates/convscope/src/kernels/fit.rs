//! The kernels of an array that can be looked at.

use convscope_arrays::Arrays;
use convscope_probe::{Layer as Kernels, Size};

use super::find::Layer;

/// The kernels of an array, those that cannot be looked at put aside.
pub(super) struct Fit {
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    pub(super) size: Size,
    /// The kernels that can be looked at; nothing where there are none.
    pub(super) kernels: Option<Kernels>,
    /// The output and input of each of them.
    pub(super) places: Vec<[usize; 2]>,
    /// Those that cannot, and why.
    pub(super) unfit: Vec<Unfit>,
}

/// A kernel that cannot be looked at.
pub(crate) struct Unfit {
    pub(crate) place: [usize; 2],
    pub(crate) why: String,
}

/// Numbers with sizes beyond these, whose squares may have none, are not looked at.
const SIZES: [f64; 2] = [1e-30, 1e30];

impl Fit {
    /// Reads the kernels of an array.
    pub(super) fn read(layer: &Layer, arrays: &Arrays<'_>) -> Result<Self, String> {
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
        let kernels = if places.is_empty() {
            None
        } else {
            let kernels = Kernels::new(layer.name.clone(), counts, size, numbers);
            Some(kernels.map_err(|error| error.to_string())?)
        };
        Ok(Self { outputs, inputs, size, kernels, places, unfit })
    }
}

/// Says which number of a kernel is not finite, if one is not.
pub(crate) fn not_finite(values: &[f64], size: Size) -> Option<String> {
    let at = values.iter().position(|value| !value.is_finite())?;
    Some(format!("holds {:e} {}", values[at], place(at, size)))
}

fn place(at: usize, size: Size) -> String {
    format!("at row {}, column {}", at / size.columns, at % size.columns)
}

/// Says why a kernel cannot be looked at, if it cannot.
fn trouble(values: &[f64], size: Size) -> Option<String> {
    let [least, most] = SIZES;
    if let Some(why) = not_finite(values, size) {
        return Some(why);
    }
    if let Some(at) = values.iter().position(|value| value.abs() > most) {
        return Some(format!("holds {:e} {}, beyond {most:e}", values[at], place(at, size)));
    }
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    (largest > 0.0 && largest < least).then(|| format!("holds nothing but numbers below {least:e}"))
}
