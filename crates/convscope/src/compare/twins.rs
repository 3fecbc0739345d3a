//! The best twin of each filter.

use convscope_core::Seed;
use convscope_measure::filters::{
    Filters, Flip, Judged, Modulo, Motion, Nearest, nearest, random_nearest,
};

use super::Alignment;

/// How many filters of a layer are looked at.
const MOST: usize = 64;

/// The best twins of a layer's filters.
pub(crate) struct Twins {
    /// How many filters the layer has.
    pub(crate) filters: usize,
    /// What does not count.
    pub(crate) modulo: Modulo,
    /// The mean cosine of the twins, beside that of random layers.
    pub(crate) mean: Judged,
    /// The twins, by filter of the first model.
    pub(crate) pairs: Vec<Pair>,
}

/// A filter of the first model and its twin in the second.
pub(crate) struct Pair {
    /// Filter, twin, cosine and motion; the twin by its place after the alignment.
    pub(crate) found: Nearest,
    /// Where the twin stands in the second model as it is.
    pub(crate) stood: Option<usize>,
}

/// Finds twins among filters whose channels stand in one order; `None` for layers without filters.
///
/// Signs never count, nor flips of kernels, nor shifts by up to a quarter of a side.
pub(crate) fn find(
    name: &str,
    [a, b]: [&[f32]; 2],
    [channels, side]: [usize; 2],
    alignment: Option<&Alignment>,
    seed: Seed,
) -> Option<Twins> {
    let a = Filters::from_f32(a, channels, side).ok()?;
    let b = Filters::from_f32(b, channels, side).ok()?;
    let seed = seed.child("twins").child(name);
    let modulo = Modulo { sign: true, scale: true, flips: side > 1, shift: side / 4 };
    let mut rows: Vec<usize> = (0..a.count()).collect();
    if rows.len() > MOST {
        seed.child("sample").stream().shuffle(&mut rows);
        rows.truncate(MOST);
        rows.sort_unstable();
    }
    let found = nearest(modulo, &a, &rows, &b).ok()?;
    let mean = random_nearest(modulo, &found, [b.count(), channels, side], seed).ok()?;
    let pairs = found.into_iter().map(|found| {
        let place = |twin| alignment.map_or(twin, |alignment| alignment.stood(name, twin));
        Pair { stood: found.second.map(place), found }
    });
    Some(Twins { filters: a.count(), modulo, mean, pairs: pairs.collect() })
}

/// Names what was done to a twin.
pub(crate) fn words(motion: Motion) -> String {
    let flip = match motion.flip {
        Flip::Identity => "",
        Flip::Quarter => "quarter turn left",
        Flip::Half => "half turn",
        Flip::ThreeQuarters => "quarter turn right",
        Flip::LeftRight => "left-right flip",
        Flip::UpDown => "up-down flip",
        Flip::Transpose => "transpose",
        Flip::AntiTranspose => "anti-transpose",
    };
    let shift = match motion.shift {
        [0, 0] => String::new(),
        [down, right] => format!("shift {down:+} down, {right:+} right"),
    };
    let sign = if motion.negated { "negated" } else { "" };
    let parts: Vec<&str> =
        [flip, &shift, sign].into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "as it is".into() } else { parts.join(", ") }
}
