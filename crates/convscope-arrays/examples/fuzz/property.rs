//! What holds for every file.

use convscope_arrays::Arrays;

/// Reads whatever came as far as it goes, and returns whether it is a file of arrays.
///
/// # Panics
/// If the peak of memory is more than a small multiple of the file, or anything else does.
pub(crate) fn survives_within(bytes: &[u8]) -> bool {
    let mut read = false;
    let taken = allocation_counter::measure(|| read = survives(bytes));
    // Numbers of 8 bits make 64-bit floats; a text has a word of its own; a byte of a pickle makes
    // at most one object.
    let most = 400 * bytes.len() as u64 + 65_536;
    assert!(taken.bytes_max < most, "{} of memory for {} bytes", taken.bytes_max, bytes.len());
    read
}

fn survives(bytes: &[u8]) -> bool {
    let arrays = match Arrays::read(bytes) {
        Ok(arrays) => arrays,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "an error says what is wrong");
            return false;
        }
    };
    let _ = arrays.sample_ids();
    for name in arrays.names() {
        let array = arrays.get(name).unwrap();
        assert!(array.bytes() <= bytes.len() as u64, "more numbers than bytes");
        if let Some(numbers) = array.numbers::<f64>(arrays.source()).unwrap() {
            assert_eq!(numbers.len(), array.count());
        }
        let rows = array.dimensions().first().copied().unwrap_or(1);
        if let Some(numbers) = array.whole_rows(arrays.source(), 0..rows).unwrap() {
            assert_eq!(numbers.len(), array.count());
        }
        for row in 0..rows.min(3) {
            let _ = array.rows::<f32>(arrays.source(), row..row + 1).unwrap();
        }
        let _ = arrays.words(array).unwrap();
    }
    true
}
