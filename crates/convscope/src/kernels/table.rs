//! Lines, columns and counts on a terminal.

use std::fmt::Write;

use convscope_core::Value;

/// Counts things in words.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Writes a number with so many digits behind the point.
pub(super) fn number(value: &Value, digits: usize) -> String {
    value.number().map_or_else(|| "–".into(), |number| format!("{number:.digits$}"))
}

/// Adds a line.
pub(crate) fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}

/// Writes rows in columns: words flush left, what begins with a digit in all rows flush right.
pub(crate) fn table<const N: usize>(
    text: &mut String,
    heads: Option<[&str; N]>,
    rows: &[[String; N]],
) {
    let is_number = |cell: &str| {
        let unsigned = cell.strip_prefix('-').unwrap_or(cell);
        let begins = unsigned.starts_with(|c: char| c.is_ascii_digit());
        cell == "–" || begins && !cell.contains(", ")
    };
    let heads = heads.map(|heads| heads.map(str::to_owned));
    let all = || heads.iter().chain(rows);
    let column = |place: usize| {
        let wide = all().map(|row| row[place].chars().count()).max().unwrap_or_default();
        (wide, place > 0 && rows.iter().all(|row| is_number(&row[place])))
    };
    let columns: [(usize, bool); N] = std::array::from_fn(column);
    for row in all() {
        let cells = row.iter().zip(columns).map(|(cell, (wide, right))| {
            if right { format!("{cell:>wide$}") } else { format!("{cell:<wide$}") }
        });
        line(text, format!("  {}", cells.collect::<Vec<_>>().join("  ")).trim_end());
    }
}
