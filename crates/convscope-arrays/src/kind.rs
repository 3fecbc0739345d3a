//! Types of numbers in files.

use half::{bf16, f16};

/// A type of number, or of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Its name, as safetensors has it.
    pub(crate) name: &'static str,
    /// `PyTorch`'s name of a storage of it.
    storage: &'static str,
    /// `NumPy`'s name, little end first.
    numpy: &'static str,
    /// How many bytes one takes, at least one.
    pub(crate) width: usize,
    /// How its bytes are understood.
    pub(crate) form: Form,
}

/// How bytes are understood, little end first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Half,
    Brain,
    Single,
    Double,
    Signed,
    Unsigned,
    /// A text of one byte a letter, filled up with zeros.
    Bytes,
    /// A text of four bytes a letter, filled up with zeros.
    Letters,
    /// What has a name here and is not read.
    Other,
}

/// Every type of number that a file may hold.
static KINDS: &[Kind] = &[
    kind("F32", "FloatStorage", "<f4", 4, Form::Single),
    kind("F64", "DoubleStorage", "<f8", 8, Form::Double),
    kind("F16", "HalfStorage", "<f2", 2, Form::Half),
    kind("BF16", "BFloat16Storage", "", 2, Form::Brain),
    kind("I64", "LongStorage", "<i8", 8, Form::Signed),
    kind("I32", "IntStorage", "<i4", 4, Form::Signed),
    kind("I16", "ShortStorage", "<i2", 2, Form::Signed),
    kind("I8", "CharStorage", "|i1", 1, Form::Signed),
    kind("U64", "", "<u8", 8, Form::Unsigned),
    kind("U32", "", "<u4", 4, Form::Unsigned),
    kind("U16", "", "<u2", 2, Form::Unsigned),
    kind("U8", "ByteStorage", "|u1", 1, Form::Unsigned),
    kind("BOOL", "BoolStorage", "|b1", 1, Form::Other),
    kind("C64", "ComplexFloatStorage", "<c8", 8, Form::Other),
    kind("C128", "ComplexDoubleStorage", "<c16", 16, Form::Other),
    kind("F8_E5M2", "", "", 1, Form::Other),
    kind("F8_E4M3", "", "", 1, Form::Other),
];

impl Kind {
    /// Finds a type by its name in safetensors.
    pub(crate) fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|kind| kind.name == name).copied()
    }

    /// Finds a type by `PyTorch`'s name of its storage.
    pub(crate) fn stored(name: &str) -> Option<Self> {
        KINDS.iter().find(|kind| !name.is_empty() && kind.storage == name).copied()
    }

    /// Finds a type by `NumPy`'s name; `<U12` is a text of twelve letters, `|S12` of twelve bytes.
    pub(crate) fn of_numpy(name: &str) -> Option<Self> {
        let text = |letters: &str, bytes: usize, form: Form| {
            let width = letters.parse::<usize>().ok()?.checked_mul(bytes)?;
            (width > 0).then(|| kind("TEXT", "", "", width, form))
        };
        if let Some(letters) = name.strip_prefix("<U") {
            return text(letters, 4, Form::Letters);
        }
        if let Some(letters) = name.strip_prefix("|S") {
            return text(letters, 1, Form::Bytes);
        }
        KINDS.iter().find(|kind| !name.is_empty() && kind.numpy == name).copied()
    }

    /// Returns whether it is a type of float that is read.
    pub(crate) fn is_float(self) -> bool {
        matches!(self.form, Form::Half | Form::Brain | Form::Single | Form::Double)
    }

    /// Reads floats that stand one after another; other types have none.
    pub(crate) fn floats<N: Number>(self, bytes: &[u8], into: &mut Vec<N>) {
        match self.form {
            Form::Half => N::halves(bytes, into),
            Form::Brain => N::brains(bytes, into),
            Form::Single => N::singles(bytes, into),
            Form::Double => N::doubles(bytes, into),
            _ => {}
        }
    }

    /// Reads whole numbers that stand one after another; returns whether it is a type of them and
    /// all have a place in 64 bits with a sign.
    pub(crate) fn wholes(self, bytes: &[u8], into: &mut Vec<i64>) -> bool {
        let mut words = bytes.chunks_exact(self.width);
        words.all(|word| match (self.form, wide(word)) {
            (Form::Signed, Some(wide)) => {
                into.push(signed(wide, self.width));
                true
            }
            (Form::Unsigned, Some(wide)) => i64::try_from(wide).is_ok_and(|whole| {
                into.push(whole);
                true
            }),
            _ => false,
        })
    }

    /// Writes a whole number or text as text; `None` for other types and for no text.
    pub(crate) fn word(self, bytes: &[u8]) -> Option<String> {
        match self.form {
            Form::Unsigned => Some(wide(bytes)?.to_string()),
            Form::Signed => Some(signed(wide(bytes)?, bytes.len()).to_string()),
            Form::Bytes => {
                let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                Some(std::str::from_utf8(&bytes[..end]).ok()?.to_owned())
            }
            Form::Letters => {
                let letters = bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b));
                let text: Option<String> = letters.map(char::from_u32).collect();
                Some(text?.trim_end_matches('\0').to_owned())
            }
            _ => None,
        }
    }
}

/// A float that numbers can be read into, which stand one after another, little end first.
///
/// Each is rounded to the nearest where it does not fit.
pub trait Number: Copy {
    /// Reads floats of 16 bits.
    fn halves(bytes: &[u8], into: &mut Vec<Self>);
    /// Reads floats of 16 bits that are the first half of one of 32.
    fn brains(bytes: &[u8], into: &mut Vec<Self>);
    /// Reads floats of 32 bits.
    fn singles(bytes: &[u8], into: &mut Vec<Self>);
    /// Reads floats of 64 bits.
    fn doubles(bytes: &[u8], into: &mut Vec<Self>);
}

/// Makes a float a [`Number`]: here, where loops are compiled for speed, not where they are called for.
macro_rules! number {
    ($number:ty) => {
        impl Number for $number {
            fn halves(bytes: &[u8], into: &mut Vec<Self>) {
                all(bytes, into, |b| f16::from_le_bytes(b).to_f32().into());
            }

            fn brains(bytes: &[u8], into: &mut Vec<Self>) {
                all(bytes, into, |b| bf16::from_le_bytes(b).to_f32().into());
            }

            fn singles(bytes: &[u8], into: &mut Vec<Self>) {
                all(bytes, into, |b| f32::from_le_bytes(b).into());
            }

            fn doubles(bytes: &[u8], into: &mut Vec<Self>) {
                all(bytes, into, |b| f64::from_le_bytes(b) as Self);
            }
        }
    };
}

number!(f32);
number!(f64);

/// Fills a number of at most eight bytes up with zeros.
fn wide(bytes: &[u8]) -> Option<u64> {
    let mut wide = [0; 8];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(u64::from_le_bytes(wide))
}

/// Repeats the sign of a number of so many bytes.
fn signed(wide: u64, bytes: usize) -> i64 {
    let unused = 64 - 8 * bytes as u32;
    (wide << unused).cast_signed() >> unused
}

fn all<const W: usize, N>(bytes: &[u8], into: &mut Vec<N>, read: impl Fn([u8; W]) -> N) {
    into.extend(bytes.as_chunks::<W>().0.iter().map(|bytes| read(*bytes)));
}

const fn kind(
    name: &'static str,
    storage: &'static str,
    numpy: &'static str,
    width: usize,
    form: Form,
) -> Kind {
    Kind { name, storage, numpy, width, form }
}
