//! Random landscapes by the diamond-square algorithm (Fournier, Fussell, Carpenter 1982).

use crate::transforms::scratch::sized;

/// How far the first heights stray.
const FIRST: f32 = 100.0;

/// Writes `side`² heights, which join at opposite borders, and returns the lowest and the highest.
///
/// From one corner of height 0, every round halves the distance of known heights: the middle of each
/// square, then the middle of each of its sides, is the mean of the four around it and a stray w · u,
/// u drawn evenly from −w to w; w falls by `decay` from round to round. `noise` holds `side`² − 1
/// numbers in 0..1, taken in order; `side` is a power of 2.
pub(super) fn plasma(side: usize, decay: f32, noise: &[f32], to: &mut Vec<f32>) -> (f32, f32) {
    let mut noise = noise.iter();
    let heights = sized(to, side * side);
    heights[0] = 0.0;
    let (mut step, mut stray) = (side, FIRST);
    while step >= 2 {
        let half = step / 2;
        let reach = stray * stray;
        let mut strayed = |sum: f32| {
            let drawn = noise.next().copied().unwrap_or(0.5) * 2.0 - 1.0;
            sum * 0.25 + reach * drawn
        };
        let beyond = |place: usize| place & (side - 1);
        for row in (0..side).step_by(step) {
            let (above, below) = (row * side, beyond(row + step) * side);
            let to = (row + half) * side + half;
            for column in (0..side).step_by(step) {
                let right = beyond(column + step);
                let squares = heights[above + column] + heights[below + column];
                let sum = squares + heights[above + right] + heights[below + right];
                heights[to + column] = strayed(sum);
            }
        }
        for row in (0..side).step_by(step) {
            let (own, above, below) =
                (row * side, beyond(row + side - half) * side + half, (row + half) * side + half);
            for column in (0..side).step_by(step) {
                let sides = heights[above + column] + heights[below + column];
                let sum = sides + heights[own + column] + heights[own + beyond(column + step)];
                heights[own + half + column] = strayed(sum);
            }
        }
        for row in (0..side).step_by(step) {
            let (own, above, below) = ((row + half) * side, row * side, beyond(row + step) * side);
            for column in (0..side).step_by(step) {
                let left = heights[own + beyond(column + side - half)];
                let sides = left + heights[own + column + half];
                let sum = sides + heights[above + column] + heights[below + column];
                heights[own + column] = strayed(sum);
            }
        }
        step = half;
        stray /= decay;
    }
    heights.iter().fold((f32::MAX, f32::MIN), |(least, most), h| (least.min(*h), most.max(*h)))
}
