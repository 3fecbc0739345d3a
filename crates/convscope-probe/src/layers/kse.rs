//! How much each input of a layer matters, by its kernels alone.

use rayon::prelude::*;

use super::Ranked;
use super::nulls::{Nulls, of_own};
use crate::Layer;

/// How much each input of a layer matters, by the size and the spread of its kernels (KSE).
///
/// ```text
/// KSE = √(ŝ / (1 + ê)),   ŝ and ê being s and e brought to 0 … 1 over the inputs of the layer
/// ```
///
/// Low where the kernels of an input are small, or lie evenly apart. Misleads: some input of every layer has 0 and so
/// seems to do nothing, because sizes are brought to 0 … 1 within the layer. A chance level says what a random input
/// *among those of this layer* would have, with s and e held within theirs. Sizes of weights say nothing where inputs come
/// in sizes of their own. In grouped layers the kernels counted as one input's are those of one input of each group.
///
/// Li et al. 2019, Exploiting kernel sparsity and entropy for interpretable CNN compression, arXiv:1812.04368; with
/// their α = 1 and five neighbours, without bringing KSE itself to 0 … 1 once more.
#[derive(Debug, Clone, PartialEq)]
pub struct Kse {
    /// For each input s, the sum of all its weights without their signs: small where the input is hardly used.
    pub sparsity: Ranked,
    /// For each input e, how evenly its kernels lie apart, in bits; nothing where all of them are the same.
    ///
    /// ```text
    /// −Σ pᵢ log₂ pᵢ,   pᵢ = dᵢ / Σd,   dᵢ the distances from kernel i to the five nearest, added up
    /// ```
    ///
    /// At most log₂ of their count, and close to it by chance. It sees how even distances are and not how large: kernels
    /// all nearly alike and kernels all far apart have the same. One kernel far from the others lowers it.
    pub entropy: Ranked,
    /// For each input its KSE.
    pub indicator: Ranked,
    /// How many kernels of an input were held against each other: all, or of more than
    /// [`MOST`](Self::MOST) so many, evenly spread over outputs.
    pub compared: usize,
}

/// How many neighbours a kernel has, or as many as there are.
const NEAREST: usize = 5;

impl Kse {
    /// The most kernels of an input that are held against each other.
    pub const MOST: usize = 1024;

    /// Looks at a layer, or says why that means nothing.
    ///
    /// Cost: inputs and draws times the square of kernels compared times the numbers of a kernel, on all cores.
    pub(super) fn new(layer: &Layer, nulls: &Nulls) -> Result<Self, &'static str> {
        if layer.inputs() < 2 {
            return Err("one input for each output: there is nothing to hold it against");
        }
        if layer.outputs() < 3 {
            return Err("fewer than three kernels for each input: distances have no spread");
        }
        if layer.largest() == 0.0 {
            return Err("all kernels are zeros");
        }
        let own: Vec<[Option<f64>; 2]> =
            (0..layer.inputs()).into_par_iter().map(|input| of_input(layer, input)).collect();
        let [s, e] = [0, 1].map(|which| own.iter().map(|of| of[which]).collect::<Vec<_>>());
        let spans = [span(&s)?, span(&e)?];
        let [gaussian, permuted] = by_chance(layer, nulls);
        let indicator = |[s, e]: &[f64; 2]| {
            let [s, e] = [(s, spans[0]), (e, spans[1])]
                .map(|(value, [low, high])| ((value - low) / (high - low)).clamp(0.0, 1.0));
            (s / (1.0 + e)).sqrt()
        };
        let own = own.iter().map(|[s, e]| Some(indicator(&[(*s)?, (*e)?]))).collect();
        let [of_size, of_spread] = [0, 1].map(|which| move |of: &[f64; 2]| of[which]);
        let (drawn, dealt) = (|| gaussian.iter(), || permuted.iter());
        Ok(Self {
            sparsity: Ranked::drawn(s, drawn().map(of_size), dealt().map(of_size))?,
            entropy: Ranked::drawn(e, drawn().map(of_spread), dealt().map(of_spread))?,
            indicator: Ranked::drawn(own, drawn().map(indicator), dealt().map(indicator))?,
            compared: layer.outputs().min(Self::MOST),
        })
    }
}

/// Returns s and e of an input.
fn of_input(layer: &Layer, input: usize) -> [Option<f64>; 2] {
    let scale = layer.largest();
    let kernels = (0..layer.outputs()).flat_map(|output| layer.kernel([output, input]));
    let kernels: Vec<f64> = kernels.map(|value| value / scale).collect();
    let [s, e] = both(&kernels, layer.size().count());
    [s.map(|s| s * scale), e]
}

/// Draws s and e of inputs of normal numbers with the layer's mean square, and of its own numbers in random places.
fn by_chance(layer: &Layer, nulls: &Nulls) -> [Vec<[f64; 2]>; 2] {
    let (count, scale) = (layer.size().count(), layer.largest());
    let whole = layer.outputs() * count;
    let squares = layer.numbers().iter().map(|value| (value / scale).powi(2)).sum::<f64>();
    let deviation = scale * (squares / layer.numbers().len() as f64).sqrt();
    let drawn = nulls.draws("inputs", &[layer.outputs(), count], |draws| {
        let kernels: Vec<f64> = (0..whole).map(|_| draws.normal()).collect();
        both(&kernels, count).into_iter().flatten().collect()
    });
    let pairs = drawn.iter().filter_map(|of| Some([deviation * of.first()?, *of.get(1)?]));
    let permuted = of_own(layer, "inputs", whole, |kernels| {
        let [s, e] = both(kernels, count);
        Some([s?, e?])
    });
    [pairs.collect(), permuted]
}

/// Returns the least and the largest of some numbers.
fn span(values: &[Option<f64>]) -> Result<[f64; 2], &'static str> {
    let known = || values.iter().flatten().copied();
    let [low, high] =
        [known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max)];
    if high > low {
        Ok([low, high])
    } else {
        Err("the kernels of all inputs are alike in size or spread")
    }
}

/// Returns the sum of sizes of the kernels of an input, and how evenly they lie apart.
fn both(kernels: &[f64], count: usize) -> [Option<f64>; 2] {
    let size = kernels.iter().map(|value| value.abs()).sum();
    let all = kernels.len() / count;
    let compared = all.min(Kse::MOST);
    let kernel = |place: usize| {
        let first = place * all / compared * count;
        &kernels[first..first + count]
    };
    let mut nearest = vec![[f64::INFINITY; NEAREST]; compared];
    for i in 0..compared {
        for j in 0..i {
            let pairs = kernel(i).iter().zip(kernel(j));
            let apart = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
            keep(&mut nearest[i], apart);
            keep(&mut nearest[j], apart);
        }
    }
    let near = NEAREST.min(compared - 1);
    let reaches = nearest.iter().map(|squares| squares[..near].iter().map(|s| s.sqrt()).sum());
    let reaches: Vec<f64> = reaches.collect();
    let whole: f64 = reaches.iter().sum();
    let bits = |reach: &f64| -(reach / whole) * (reach / whole).log2();
    let entropy = || reaches.iter().filter(|reach| **reach > 0.0).map(bits).sum();
    [Some(size), (whole > 0.0).then(entropy)]
}

/// Puts a number among the least ones, which rise.
fn keep(least: &mut [f64; NEAREST], value: f64) {
    let Some(place) = least.iter().position(|held| value < *held) else { return };
    least.copy_within(place..NEAREST - 1, place + 1);
    least[place] = value;
}
