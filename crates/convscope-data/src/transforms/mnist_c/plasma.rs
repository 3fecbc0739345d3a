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
        // Which quarter is filled, and where the four lie around it.
        let rounds: [([usize; 2], [[usize; 2]; 4]); 3] = [
            ([half, half], [[0, 0], [step, 0], [0, step], [step, step]]),
            ([0, half], [[half, half], [side - half, half], [0, 0], [0, step]]),
            ([half, 0], [[half, half], [half, side - half], [0, 0], [step, 0]]),
        ];
        for ([to_row, to_column], around) in rounds {
            for row in (0..side).step_by(step) {
                let rows = around.map(|[down, _]| ((row + down) & (side - 1)) * side);
                for column in (0..side).step_by(step) {
                    let known =
                        |of: usize| heights[rows[of] + ((column + around[of][1]) & (side - 1))];
                    let mean = (known(0) + known(1) + known(2) + known(3)) * 0.25;
                    let drawn = noise.next().copied().unwrap_or(0.5) * 2.0 - 1.0;
                    heights[(row + to_row) * side + column + to_column] =
                        mean + stray * stray * drawn;
                }
            }
        }
        step = half;
        stray /= decay;
    }
    heights.iter().fold((f32::MAX, f32::MIN), |(least, most), h| (least.min(*h), most.max(*h)))
}
