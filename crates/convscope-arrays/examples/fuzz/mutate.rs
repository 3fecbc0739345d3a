//! Ways to damage bytes.

use convscope_core::Stream;

/// Damages bytes in one to four ways, with pieces of another file among them.
pub(crate) fn mutated(bytes: &[u8], other: &[u8], draws: &mut Stream) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=draws.below(4) {
        if bytes.is_empty() {
            break;
        }
        once(&mut bytes, other, draws);
    }
    bytes
}

/// Lengths, places and counts that programs trip over.
const NUMBERS: [u64; 14] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_fffe,
    u64::MAX,
];

fn once(bytes: &mut Vec<u8>, other: &[u8], draws: &mut Stream) {
    let mut below = |count: usize| draws.below(count as u64) as usize;
    // Headers stand at the beginning, and what they tell of is larger.
    let most = if below(2) == 0 { bytes.len() } else { bytes.len().min(200) };
    let place = below(most);
    match below(10) {
        0 => bytes[place] ^= 1 << below(8),
        1 => bytes[place] = below(256) as u8,
        2 => bytes.truncate(place),
        3 => {
            let number = NUMBERS[below(NUMBERS.len())].to_le_bytes();
            let width = 1 << below(4);
            let end = (place + width).min(bytes.len());
            bytes[place..end].copy_from_slice(&number[..end - place]);
        }
        4 => {
            // A digit, or many: sizes and places in texts.
            let text = NUMBERS[below(NUMBERS.len())].to_string();
            let digits = bytes[place..].iter().position(u8::is_ascii_digit).map(|at| place + at);
            if let Some(start) = digits {
                let rest = &bytes[start..];
                let end = start + rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                bytes.splice(start..end, text.bytes());
            }
        }
        5 => {
            // A whole number as protocol buffers write it.
            let mut number = NUMBERS[below(NUMBERS.len())];
            let mut digits = Vec::new();
            while number > 0x7f {
                digits.push(number as u8 | 0x80);
                number >>= 7;
            }
            digits.push(number as u8);
            let end = (place + 1 + below(2)).min(bytes.len());
            bytes.splice(place..end, digits);
        }
        6 => {
            let end = (place + 1 + below(32)).min(bytes.len());
            bytes.drain(place..end);
        }
        7 => {
            // A piece once more: stacks, marks, entries under one name.
            let end = (place + 1 + below(64)).min(bytes.len());
            let piece = bytes[place..end].repeat(1 + below(8));
            let to = below(bytes.len());
            bytes.splice(to..to, piece);
        }
        8 if !other.is_empty() => {
            let start = below(other.len());
            let end = (start + 1 + below(128)).min(other.len());
            bytes.splice(place..place, other[start..end].iter().copied());
        }
        _ => {
            // One file begins, the other ends.
            let cut = below(other.len().max(1));
            bytes.truncate(place);
            bytes.extend(&other[cut.min(other.len())..]);
        }
    }
}
