//! Products of columns and rows, on a grid.

use convscope_probe::{Grid, Size, singular};

use super::form::{dot, rounded};

/// Rounds the nearest product of a column and a row, as rows + columns − 1 numbers.
///
/// The row has length 1, and its last number is not negative: the column has the sign. Instead of its numbers v stand
/// those at which the line from (0, …, 0, −1) through v meets the plane of all numbers but the last:
///
/// ```text
/// yᵢ = vᵢ / (1 + v_last),  vᵢ = 2 yᵢ / (1 + |y|²),  v_last = (1 − |y|²) / (1 + |y|²)
/// ```
///
/// All lie within −1..1, on a grid of the same precision. The column is what the kernel has along the row, at most
/// Σ |v| times the largest number, in as many steps as that has. So nothing needs to say which number of the row sets its scale.
pub(super) fn product(numbers: &[f64], size: Size, grid: Grid) -> Vec<f64> {
    let near = singular(numbers, size).first();
    let lines = || near.chunks_exact(size.columns);
    let longer = |a: &&[f64], b: &&[f64]| dot(a, a).total_cmp(&dot(b, b));
    let longest = lines().max_by(longer).expect("a kernel has rows");
    let length = dot(longest, longest).sqrt();
    if length == 0.0 {
        return near;
    }
    let (last, others) = longest.split_last().expect("a kernel has columns");
    let scale = if *last < 0.0 { -length } else { length };
    let unit = Grid { step: 1.0 / (2.0_f64.powi(grid.precision as i32 - 1) - 1.0), ..grid };
    let met = |value: &f64| rounded(value / scale / (1.0 + last / scale), unit);
    let met: Vec<f64> = others.iter().map(met).collect();
    let square = dot(&met, &met);
    let row: Vec<f64> = met
        .iter()
        .map(|y| 2.0 * y / (1.0 + square))
        .chain([(1.0 - square) / (1.0 + square)])
        .collect();
    let reach: f64 = row.iter().map(|value| value.abs()).sum();
    let mut found = Vec::with_capacity(near.len());
    for line in lines() {
        let along = rounded(dot(line, &row), Grid { step: grid.step * reach, ..grid });
        found.extend(row.iter().map(|value| value * along));
    }
    found
}

/// Rounds the factors of the nearest kernel of a rank.
///
/// The kernel is written as `rank` of its columns, on the grid, times how each column is made of them. Of all
/// choices of columns that of the largest volume is taken: all shares then lie within −1..1, on a grid of the
/// same precision.
pub(super) fn of_rank(rank: usize, numbers: &[f64], size: Size, grid: Grid) -> Vec<f64> {
    let near = singular(numbers, size).sum(rank);
    let column =
        |c: usize| -> Vec<f64> { (0..size.rows).map(|r| near[r * size.columns + c]).collect() };
    let mut best: Option<(f64, Vec<usize>)> = None;
    each_choice(size.columns, rank, &mut |chosen| {
        let volume = volume(chosen.iter().map(|c| column(*c)).collect());
        if best.as_ref().is_none_or(|(most, _)| volume > *most) {
            best = Some((volume, chosen.to_vec()));
        }
    });
    let Some((volume, chosen)) = best else { return near };
    if volume <= 0.0 {
        // A kernel of lower rank: fewer columns make it.
        return if rank > 1 {
            of_rank(rank - 1, numbers, size, grid)
        } else {
            vec![0.0; near.len()]
        };
    }
    let columns: Vec<Vec<f64>> = chosen.iter().map(|c| column(*c)).collect();
    let shares: Vec<Vec<f64>> = (0..size.columns).map(|c| shares(&columns, &column(c))).collect();
    let unit = Grid { step: 1.0 / (2.0_f64.powi(grid.precision as i32 - 1) - 1.0), ..grid };
    let mut sum = vec![0.0; near.len()];
    for (place, value) in sum.iter_mut().enumerate() {
        let (r, c) = (place / size.columns, place % size.columns);
        for (k, own) in columns.iter().enumerate() {
            let whole = if chosen[k] == c { 1.0 } else { 0.0 };
            let share = if chosen.contains(&c) { whole } else { rounded(shares[c][k], unit) };
            *value += rounded(own[r], grid) * share;
        }
    }
    sum
}

/// Shows every choice of `rank` of so many columns, in order.
fn each_choice(columns: usize, rank: usize, show: &mut dyn FnMut(&[usize])) {
    let mut chosen: Vec<usize> = (0..rank).collect();
    loop {
        show(&chosen);
        let movable = |&place: &usize| chosen[place] < columns - rank + place;
        let Some(place) = (0..rank).rev().find(movable) else { return };
        chosen[place] += 1;
        for later in place + 1..rank {
            chosen[later] = chosen[later - 1] + 1;
        }
    }
}

/// Returns the volume that some columns span, 0 where one nearly depends on those before.
fn volume(mut columns: Vec<Vec<f64>>) -> f64 {
    let mut volume = 1.0;
    for place in 0..columns.len() {
        let (before, after) = columns.split_at_mut(place);
        let own = &mut after[0];
        let whole = dot(own, own).sqrt();
        for _ in 0..2 {
            for known in &*before {
                let along = dot(known, own);
                own.iter_mut().zip(known).for_each(|(value, known)| *value -= along * known);
            }
        }
        let length = dot(own, own).sqrt();
        if length <= 1e-9 * whole {
            return 0.0;
        }
        for value in own.iter_mut() {
            *value /= length;
        }
        volume *= length;
    }
    volume
}

/// Returns how a column is made of some that are independent: least squares by orthogonalising.
fn shares(columns: &[Vec<f64>], column: &[f64]) -> Vec<f64> {
    let rank = columns.len();
    let (mut q, mut r): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), vec![vec![0.0; rank]; rank]);
    for (place, own) in columns.iter().enumerate() {
        let mut rest = own.clone();
        for _ in 0..2 {
            for (k, known) in q.iter().enumerate() {
                let along = dot(known, &rest);
                r[k][place] += along;
                rest.iter_mut().zip(known).for_each(|(value, known)| *value -= along * known);
            }
        }
        let length = dot(&rest, &rest).sqrt();
        r[place][place] = length;
        q.push(rest.iter().map(|value| value / length).collect());
    }
    let mut shares: Vec<f64> = q.iter().map(|known| dot(known, column)).collect();
    for place in (0..rank).rev() {
        for later in place + 1..rank {
            shares[place] -= r[place][later] * shares[later];
        }
        shares[place] /= r[place][place];
    }
    shares
}

#[cfg(test)]
mod tests {
    use convscope_probe::{Grid, Size, singular};

    use super::product;

    fn drawn(size: Size, seed: usize) -> Vec<f64> {
        (0..size.count())
            .map(|i| (((i + 11 * seed) * 7919 + 13) % 1009) as f64 / 504.5 - 1.0)
            .collect()
    }

    #[test]
    fn a_product_is_made_of_as_many_whole_numbers_as_it_is_paid_for() {
        for (rows, columns) in [(3, 3), (5, 5), (7, 7), (2, 5), (5, 2)] {
            let size = Size { rows, columns };
            for seed in 0..20 {
                let kernel = drawn(size, seed);
                let grid = Grid::of(&kernel, 8);
                let found = product(&kernel, size, grid);
                let parts = singular(&found, size);
                assert!(parts.values[1] <= 1e-12 * parts.values[0], "{:?}", parts.values);
                // Read back: the row from its longest line, codes from it, and the kernel from codes.
                let square = |line: &[f64]| line.iter().map(|value| value * value).sum::<f64>();
                let line = found
                    .chunks(columns)
                    .max_by(|a, b| square(a).total_cmp(&square(b)))
                    .expect("there are rows");
                let length = square(line).sqrt();
                let sign = if line[columns - 1] < 0.0 { -length } else { length };
                let row: Vec<f64> = line.iter().map(|value| value / sign).collect();
                let codes: Vec<f64> = row[..columns - 1]
                    .iter()
                    .map(|v| 127.0 * v / (1.0 + row[columns - 1]))
                    .collect();
                let reach: f64 = row.iter().map(|value| value.abs()).sum();
                let column: Vec<f64> = found
                    .chunks(columns)
                    .map(|line| {
                        let along: f64 = line.iter().zip(&row).map(|(a, b)| a * b).sum();
                        along / (grid.step * reach)
                    })
                    .collect();
                for code in codes.iter().chain(&column) {
                    assert!((code - code.round()).abs() < 1e-6, "{code} of {size}");
                    assert!(code.abs() <= 127.0 + 1e-6, "{code} is beyond the grid");
                }
                assert_eq!(codes.len() + column.len(), rows + columns - 1);
                let again = product(&found, size, grid);
                let moved =
                    found.iter().zip(&again).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(moved < 1e-9, "{moved}");
            }
        }
    }

    #[test]
    fn a_product_is_near_the_nearest_one() {
        let size = Size::square(5);
        for seed in 0..20 {
            let kernel = drawn(size, seed);
            let near = singular(&kernel, size).first();
            let off = |precision: u32| {
                let found = product(&kernel, size, Grid::of(&kernel, precision));
                found.iter().zip(&near).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
            };
            assert!(off(8) < 0.03, "{}", off(8));
            assert!(off(16) < 2e-4, "{}", off(16));
            assert!(off(32) < 1e-12, "{}", off(32));
        }
        assert_eq!(product(&[0.0; 25], size, Grid::of(&[0.0; 25], 8)), [0.0; 25]);
    }
}
