//! IDX, the format of MNIST and its relatives.
//!
//! Two zeros, the type of numbers (8: bytes), the count of dimensions; then each dimension as four
//! bytes, the high one first; then the numbers, the last dimension fastest.
//!
//! Source: Y. `LeCun`, C. Cortes, C. Burges, The MNIST database of handwritten digits, "file formats".

/// The type of unsigned bytes, the only one that images and labels come in.
const BYTES: u8 = 8;

/// Finds the numbers of a file: dimensions, then where the numbers begin.
///
/// # Errors
/// What was wanted and what came, in words.
pub(crate) fn read<const N: usize>(file: &[u8]) -> Result<([usize; N], &[u8]), String> {
    let wanted = [0, 0, BYTES, N as u8];
    let Some((magic, rest)) = file.split_first_chunk::<4>() else {
        return Err(format!("an IDX file begins with 4 bytes, this one has {}", file.len()));
    };
    if *magic != wanted {
        return Err(format!(
            "an IDX file of bytes in {N} dimensions begins with {wanted:02x?}, this one with \
             {magic:02x?}"
        ));
    }
    if rest.len() < 4 * N {
        return Err(format!("it ends within its header, after {} bytes", file.len()));
    }
    let (header, numbers) = rest.split_at(4 * N);
    let mut dimensions = [0; N];
    for (size, bytes) in dimensions.iter_mut().zip(header.as_chunks::<4>().0) {
        *size = u32::from_be_bytes(*bytes) as usize;
    }
    let told = dimensions.iter().try_fold(1_usize, |count, size| count.checked_mul(*size));
    if told != Some(numbers.len()) {
        let told = dimensions.map(|size| size.to_string()).join("×");
        return Err(format!("its header tells of {told} bytes; {} follow", numbers.len()));
    }
    Ok((dimensions, numbers))
}
