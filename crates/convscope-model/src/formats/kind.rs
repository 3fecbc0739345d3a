//! Types of numbers in files.

use half::{bf16, f16};

/// A type of number.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its name, as safetensors has it.
    pub(super) name: &'static str,
    /// `PyTorch`'s name of a storage of it.
    pub(super) storage: &'static str,
    /// `NumPy`'s name, little end first.
    pub(super) numpy: &'static str,
    /// How many bytes a number takes.
    pub(super) width: usize,
    /// Reads the nearest 32-bit float, if it is a type of float.
    pub(super) read: Option<fn(&[u8]) -> f32>,
}

/// Every type that a file may hold; only floats are read.
pub(super) static KINDS: &[Kind] = &[
    kind("F32", "FloatStorage", "<f4", 4, Some(|b| f32::from_le_bytes(whole(b)))),
    kind("F64", "DoubleStorage", "<f8", 8, Some(|b| f64::from_le_bytes(whole(b)) as f32)),
    kind("F16", "HalfStorage", "<f2", 2, Some(|b| f16::from_le_bytes(whole(b)).to_f32())),
    kind("BF16", "BFloat16Storage", "", 2, Some(|b| bf16::from_le_bytes(whole(b)).to_f32())),
    kind("I64", "LongStorage", "<i8", 8, None),
    kind("I32", "IntStorage", "<i4", 4, None),
    kind("I16", "ShortStorage", "<i2", 2, None),
    kind("I8", "CharStorage", "|i1", 1, None),
    kind("U64", "", "<u8", 8, None),
    kind("U32", "", "<u4", 4, None),
    kind("U16", "", "<u2", 2, None),
    kind("U8", "ByteStorage", "|u1", 1, None),
    kind("BOOL", "BoolStorage", "|b1", 1, None),
    kind("C64", "ComplexFloatStorage", "<c8", 8, None),
    kind("C128", "ComplexDoubleStorage", "<c16", 16, None),
    kind("F8_E5M2", "", "", 1, None),
    kind("F8_E4M3", "", "", 1, None),
];

/// The type that numbers are read into.
pub(super) const READ_INTO: &str = "F32";

/// Finds a type by one of its names; an empty name is nobody's.
pub(super) fn find(name: &str, of: impl Fn(&Kind) -> &'static str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| !name.is_empty() && of(kind) == name)
}

const fn kind(
    name: &'static str,
    storage: &'static str,
    numpy: &'static str,
    width: usize,
    read: Option<fn(&[u8]) -> f32>,
) -> Kind {
    Kind { name, storage, numpy, width, read }
}

/// Readers are handed as many bytes as their type is wide.
fn whole<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("as many bytes as the type is wide")
}
