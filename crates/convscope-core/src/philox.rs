//! Philox4x32-10, the counter-based generator behind every random number.
//!
//! A block is a pure function of key and counter, so any draw can be made again without the
//! draws before it. Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy
//! as 1, 2, 3"; the test vectors are those of the Random123 distribution.

#![allow(
    clippy::inline_always,
    reason = "loops must be compiled within what is compiled for vectors"
)]

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// Returns the four random words of one counter under one key.
pub(crate) fn block(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    let (mut key, mut words) = (key, counter);
    for round in 0..ROUNDS {
        if round > 0 {
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        let (high0, low0) = wide_product(MULTIPLIERS[0], words[0]);
        let (high1, low1) = wide_product(MULTIPLIERS[1], words[2]);
        words = [high1 ^ words[1] ^ key[0], low1, high0 ^ words[3] ^ key[1], low0];
    }
    words
}

/// Fills blocks with the random words of consecutive counters, whose other words stay, under one key.
///
/// The same words as [`block`] makes, one after another; with the vectors of the processor about six times as
/// fast.
pub(crate) fn blocks(key: [u32; 2], first: u64, rest: [u32; 2], to: &mut [[u32; 4]]) {
    pulp::Arch::new().dispatch(Blocks { key, first, rest, to });
}

struct Blocks<'a> {
    key: [u32; 2],
    first: u64,
    rest: [u32; 2],
    to: &'a mut [[u32; 4]],
}

/// How many blocks are made at once.
const LANES: usize = 8;

impl pulp::NullaryFnOnce for Blocks<'_> {
    type Output = ();

    // Within the caller, which is compiled for the vectors of one kind of processor.
    #[inline(always)]
    fn call(self) {
        let Self { key, first, rest, to } = self;
        let mut counters = first;
        let (many, few) = to.as_chunks_mut::<LANES>();
        for group in many {
            let counter = |lane: usize| counters + lane as u64;
            let mut words = [
                std::array::from_fn(|lane| counter(lane) & LOW),
                std::array::from_fn(|lane| counter(lane) >> 32),
                [u64::from(rest[0]); LANES],
                [u64::from(rest[1]); LANES],
            ];
            rounds(key, &mut words);
            for (lane, block) in group.iter_mut().enumerate() {
                *block = words.each_ref().map(|word| word[lane] as u32);
            }
            counters += LANES as u64;
        }
        for one in few {
            *one = block(key, [counters as u32, (counters >> 32) as u32, rest[0], rest[1]]);
            counters += 1;
        }
    }
}

/// Words stand in the low halves of 64 bits, where products take them from; what gathers in the high halves is
/// never looked at.
#[inline(always)]
fn rounds(mut key: [u32; 2], words: &mut [[u64; LANES]; 4]) {
    let [a, b, c, d] = words;
    for round in 0..ROUNDS {
        if round > 0 {
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        for lane in 0..LANES {
            let first = u64::from(MULTIPLIERS[0]) * (a[lane] & LOW);
            let second = u64::from(MULTIPLIERS[1]) * (c[lane] & LOW);
            a[lane] = (second >> 32) ^ b[lane] ^ u64::from(key[0]);
            b[lane] = second;
            c[lane] = (first >> 32) ^ d[lane] ^ u64::from(key[1]);
            d[lane] = first;
        }
    }
}

const LOW: u64 = u32::MAX as u64;

fn wide_product(a: u32, b: u32) -> (u32, u32) {
    let product = u64::from(a) * u64::from(b);
    ((product >> 32) as u32, product as u32)
}

#[cfg(test)]
mod tests {
    use super::block;

    #[test]
    fn blocks_equal_the_random123_vectors() {
        assert_eq!(block([0; 2], [0; 4]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            block([u32::MAX; 2], [u32::MAX; 4]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            block([0xa409_3822, 0x299f_31d0], [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }
}
