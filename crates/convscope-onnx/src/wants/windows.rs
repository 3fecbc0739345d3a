//! Bounds of operators on maps: windows, borders, other sizes.

use super::{Call, from_end, product, whole, wide};

pub(super) fn conv(call: &Call<'_>) -> Option<u128> {
    let (x, w) = (call.dimensions(0)?, call.dimensions(1)?);
    if x.len() != w.len() || x.len() < 3 {
        return None;
    }
    let maps = windows(call, &x[2..], &w[2..])?;
    let images = [x[0] as u128, w[0] as u128];
    Some(product(images.into_iter().chain(maps)).saturating_add(call.sum()))
}

pub(super) fn pool(call: &Call<'_>) -> Option<u128> {
    let x = call.dimensions(0)?;
    let kernel: Vec<usize> =
        call.wholes("kernel_shape")?.iter().map(|size| (*size).max(0) as usize).collect();
    if kernel.len() + 2 != x.len() {
        return None;
    }
    let maps = windows(call, &x[2..], &kernel)?;
    Some(product(wide(&x[..2]).chain(maps)).saturating_mul(call.outputs()))
}

pub(super) fn conv_transpose(call: &Call<'_>) -> Option<u128> {
    let (x, w) = (call.dimensions(0)?, call.dimensions(1)?);
    if x.len() != w.len() || x.len() < 3 || call.attribute("output_shape").is_some() {
        return None;
    }
    let rank = x.len() - 2;
    let at = |name: &str, place: usize, usual: i64| {
        let set = call.wholes(name).and_then(|list| list.get(place).copied());
        i128::from(set.unwrap_or(usual))
    };
    let one = |place: usize| {
        let (size, kernel) = (x[place + 2] as i128, w[place + 2] as i128);
        let stretched = at("strides", place, 1).max(1).saturating_mul((size - 1).max(0));
        let reach = at("dilations", place, 1).max(1).saturating_mul((kernel - 1).max(0));
        let cut = at("pads", place, 0).min(0) + at("pads", place + rank, 0).min(0);
        let more = at("output_padding", place, 0).max(0);
        (stretched.saturating_add(reach) + 1 + more - cut) as u128
    };
    let channels = product([w[1] as u128, whole(call, "group", 1).max(1)]);
    let made = product([x[0] as u128, channels].into_iter().chain((0..rank).map(one)));
    // What each place of the input adds to the output, before it is added.
    let columns = product(wide(&x[2..]).chain(wide(&w[1..])));
    Some(made.saturating_add(columns))
}

pub(super) fn grid_sample(call: &Call<'_>) -> Option<u128> {
    let (x, grid) = (call.dimensions(0)?, call.dimensions(1)?);
    let (_, places) = grid.get(1..)?.split_last()?;
    Some(product(wide(x.get(..2)?).chain(wide(places))))
}

pub(super) fn resize(call: &Call<'_>) -> Option<u128> {
    let sizes = call.dimensions(0)?;
    let policy = call.attribute("keep_aspect_ratio_policy").map(|own| own.text.as_str());
    if matches!(policy, Some("not_smaller" | "not_larger")) || call.attribute("axes").is_some() {
        return None;
    }
    if call.count(3) > 0 {
        return Some(product(call.sizes(3)?).max(call.count(0)));
    }
    let place = if call.node.op == "Upsample" { 1 } else { 2 };
    let set =
        || call.attribute("scales").map(|own| own.reals.iter().map(|x| f64::from(*x)).collect());
    let scales: Vec<f64> = call.reals(place).map(<[f64]>::to_vec).or_else(set)?;
    if scales.len() != sizes.len() || scales.iter().any(|scale| scale.is_nan()) {
        return None;
    }
    // Two passes, one axis after the other, make a value between.
    let scaled = |(size, scale): (u128, &f64)| (size as f64 * scale.max(1.0)).ceil() as u128;
    Some(product(wide(sizes).zip(&scales).map(scaled)))
}

pub(super) fn pad(call: &Call<'_>) -> Option<u128> {
    let sizes = call.dimensions(0)?;
    let listed = |name| call.wholes(name).map(<[i64]>::to_vec);
    let given = || Some(call.reals(1)?.iter().map(|pad| *pad as i64).collect());
    let pads: Vec<i64> = listed("pads").or_else(|| listed("paddings")).or_else(given)?;
    let rank = sizes.len();
    let axes: Vec<usize> = match call.given(3) {
        Some(_) => {
            call.reals(3)?.iter().map(|axis| from_end(*axis as i64, rank)).collect::<Option<_>>()?
        }
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return None;
    }
    let mut padded: Vec<u128> = wide(sizes).collect();
    for (place, axis) in axes.iter().enumerate() {
        for pad in [pads[place], pads[place + axes.len()]] {
            padded[*axis] = padded[*axis].saturating_add(pad.max(0) as u128);
        }
    }
    Some(product(padded))
}

/// Returns the sizes of maps under a window; `None` if the settings are of other dimensions.
fn windows(call: &Call<'_>, maps: &[usize], kernel: &[usize]) -> Option<Vec<u128>> {
    let each = |name: &str, usual: i64, count: usize| match call.wholes(name) {
        Some(list) if list.len() == count => Some(list.to_vec()),
        Some([]) | None => Some(vec![usual; count]),
        Some(_) => None,
    };
    let rank = maps.len();
    let strides = each("strides", 1, rank)?;
    let dilations = each("dilations", 1, rank)?;
    let pads = each("pads", 0, 2 * rank)?;
    let same = call.attribute("auto_pad").is_some_and(|own| own.text.starts_with("SAME"));
    let one = |place: usize| {
        let stride = strides[place].max(1) as u128;
        let size = maps[place] as u128;
        if same {
            return size.div_ceil(stride);
        }
        let pads = [pads[place], pads[place + rank]].map(|pad| pad.max(0) as u128);
        let reach = (dilations[place].max(1) as u128)
            .saturating_mul((kernel[place] as u128).saturating_sub(1))
            .saturating_add(1);
        // One more where the last window may stand out.
        size.saturating_add(pads[0]).saturating_add(pads[1]).saturating_sub(reach) / stride + 2
    };
    Some((0..rank).map(one).collect())
}
