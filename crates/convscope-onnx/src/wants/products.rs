//! Bounds of operators that multiply.

use std::collections::BTreeMap;

use super::{Call, broadcast, product, whole, wide};

pub(super) fn matmul(call: &Call<'_>) -> Option<u128> {
    let (a, b) = (call.dimensions(0)?, call.dimensions(1)?);
    let rows = if a.len() < 2 { 1 } else { a[a.len() - 2] };
    let columns = if b.len() < 2 { 1 } else { b[b.len() - 1] };
    let batch = |sizes: &[usize]| sizes[..sizes.len().saturating_sub(2)].to_vec();
    let (a, b) = (batch(a), batch(b));
    let batch = broadcast([a.as_slice(), &b].into_iter());
    // Small batches are put together before, which copies an input.
    Some(product([batch, rows as u128, columns as u128]).saturating_add(call.sum()))
}

pub(super) fn gemm(call: &Call<'_>) -> Option<u128> {
    let turned = |name| call.whole(name).unwrap_or(0) != 0;
    let (&[a0, a1], &[b0, b1]) = (call.dimensions(0)?, call.dimensions(1)?) else { return None };
    let rows = if turned("transA") { a1 } else { a0 };
    let columns = if turned("transB") { b0 } else { b1 };
    Some(product([rows as u128, columns as u128]))
}

pub(super) fn matmul_n_bits(call: &Call<'_>) -> Option<u128> {
    let (k, n) = (whole(call, "K", 0), whole(call, "N", 0));
    let rows = call.count(0) / k.max(1) + 1;
    Some(product([rows, n]).saturating_add(product([k, n])))
}

pub(super) fn einsum(call: &Call<'_>) -> Option<u128> {
    let equation: String =
        call.attribute("equation")?.text.chars().filter(|c| !c.is_whitespace()).collect();
    let (terms, output) = match equation.split_once("->") {
        Some((terms, output)) => (terms.to_owned(), Some(output.to_owned())),
        None => (equation, None),
    };
    let mut sizes = BTreeMap::new();
    // What dots stand for is not told apart: it counts in full for every input.
    let mut dotted = 1_u128;
    for (place, term) in terms.split(',').enumerate() {
        let own = call.dimensions(place)?;
        let labels: Vec<char> = term.chars().filter(|c| *c != '.').collect();
        if labels.len() == own.len() {
            for (label, size) in labels.iter().zip(wide(own)) {
                let known = sizes.entry(*label).or_insert(1);
                *known = size.max(*known);
            }
        } else {
            dotted = dotted.saturating_mul(product(wide(own)));
            for label in labels {
                sizes.entry(label).or_insert(1);
            }
        }
    }
    let of = |labels: &str| product(labels.chars().filter_map(|label| sizes.get(&label).copied()));
    let all = || product(sizes.values().copied());
    let two = call.all().count() <= 2;
    let made = output.filter(|_| two).map_or_else(all, |output| of(&output));
    // Inputs are put into another order, which copies them.
    Some(product([made, dotted]).saturating_add(call.sum().saturating_mul(3)))
}

pub(super) fn recurrent(call: &Call<'_>) -> Option<u128> {
    let (&[a, b, _], &[directions, gates, _]) = (call.dimensions(0)?, call.dimensions(2)?) else {
        return None;
    };
    let steps = product([a as u128, b as u128, directions as u128]);
    // Quantised weights stand the other way round.
    let widest = call.dimensions(2)?.iter().copied().fold(gates, usize::max);
    Some(product([steps, widest as u128, 3]))
}

pub(super) fn attention(call: &Call<'_>) -> Option<u128> {
    let query = call.dimensions(0)?;
    let heads = ["q_num_heads", "num_heads"].into_iter().find_map(|name| call.whole(name));
    let heads = match (heads, query) {
        (Some(heads), _) => heads.max(1) as u128,
        (None, [_, heads, ..]) => *heads as u128,
        _ => return None,
    };
    let rows = *query.get(query.len().checked_sub(2)?)? as u128;
    // Keys of before and of now; whichever dimension they are counted along, it is among these.
    let columns =
        call.all().map(|given| given.dimensions.iter().copied().max().unwrap_or(1) as u128);
    let scores = product([query[0] as u128, heads, rows, columns.sum()]);
    Some(scores.saturating_mul(2).saturating_add(call.sum().saturating_mul(4)))
}
