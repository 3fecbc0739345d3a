//! The largest number of many kernels.

use super::COUNT;

/// All bits of a number but its sign's.
const SIZE: u32 = !(1 << 31);
/// What is not finite is as large, by these bits, or larger.
const INFINITE: u32 = f32::INFINITY.to_bits();
/// So many numbers are compared side by side.
const LANES: usize = 32;

/// Returns the largest number, without its sign, of kernels of which all numbers are finite; 0 of none.
pub(super) fn largest(kernels: &[f32]) -> f32 {
    let all = most(kernels);
    if all < INFINITE {
        return f32::from_bits(all);
    }
    let each = kernels.as_chunks::<COUNT>().0.iter().map(|kernel| most(kernel));
    f32::from_bits(each.filter(|bits| *bits < INFINITE).max().unwrap_or(0))
}

/// Returns the most that the numbers' bits are without their signs, which order them by size.
fn most(numbers: &[f32]) -> u32 {
    let (blocks, rest) = numbers.as_chunks::<LANES>();
    let mut lanes = [0; LANES];
    for block in blocks {
        for (lane, number) in lanes.iter_mut().zip(block) {
            *lane = size(*number).max(*lane);
        }
    }
    let rest = rest.iter().copied().map(size).max().unwrap_or(0);
    lanes.into_iter().fold(rest, i32::max) as u32
}

/// Returns bits with a sign, which is never set: vectors compare such numbers.
fn size(number: f32) -> i32 {
    (number.to_bits() & SIZE) as i32
}

#[cfg(test)]
mod tests {
    use super::largest;

    #[test]
    fn kernels_that_are_not_finite_are_left_out() {
        for count in [0, 1, 3, 4, 100] {
            let mut kernels: Vec<f32> = (0..count * 9).map(|at| -(at as f32)).collect();
            let most = |at: f32| at.max(0.0).to_bits();
            assert_eq!(largest(&kernels).to_bits(), most(count as f32 * 9.0 - 1.0));
            for odd in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                if let Some(last) = kernels.last_mut() {
                    *last = odd;
                    assert_eq!(largest(&kernels).to_bits(), most(count as f32 * 9.0 - 10.0));
                }
            }
        }
    }
}
