//! Names of arrays: patterns that choose some, and an order in which numbers count.

/// Returns whether a name fits a pattern, in which a `*` stands for any characters or none.
///
/// ```
/// use convscope_arrays::names::matches;
///
/// assert!(matches("conv*.bias", "conv1.bias"));
/// assert!(!matches("conv1", "conv10"));
/// ```
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let start = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(start) else { return false };
    let Some(end) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(end)
}

/// Splits a name so that numbers in it are compared as numbers: conv2 before conv10.
///
/// ```
/// use convscope_arrays::names::natural;
///
/// let mut names = ["conv10", "conv2", "fc", "conv1.b", "conv1"];
/// names.sort_by_key(|name| natural(name));
/// assert_eq!(names, ["conv1", "conv1.b", "conv2", "conv10", "fc"]);
/// ```
pub fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts: Vec<(String, u64)> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (words, after) = rest.split_at(digits);
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        parts.push((words.to_owned(), after[..end].parse().unwrap_or(u64::MAX)));
        rest = &after[end..];
    }
    parts
}
