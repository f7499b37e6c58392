//! A row a line, or a few lines where a value is broken.

use console::measure_text_width;

use super::Cells;

/// A column is not made narrower than this, or than its values need.
const LEAST_WIDTH: usize = 8;

/// The width of each column when there is room for everything.
pub(super) fn natural(cells: &Cells) -> Vec<usize> {
    let of_column = |(index, name): (usize, &String)| {
        let values = cells.rows.iter().filter_map(|row| row.get(index));
        values.chain([name]).map(|text| measure_text_width(text)).max().unwrap_or_default().max(1)
    };
    cells.names.iter().enumerate().map(of_column).collect()
}

/// The narrowest widths.
pub(super) fn least(cells: &Cells) -> Vec<usize> {
    natural(cells).into_iter().map(|width| width.min(LEAST_WIDTH)).collect()
}

/// Widths that fit into a line: what is widest gives way first. `None` when none do.
pub(super) fn fit(cells: &Cells, line: usize) -> Option<Vec<usize>> {
    let natural = natural(cells);
    let capped = |cap: usize| natural.iter().map(move |width| (*width).min(cap));
    let fits = |cap: usize| capped(cap).map(|width| width + 3).sum::<usize>() <= line + 1;
    let widest = natural.iter().copied().max().unwrap_or_default();
    if fits(widest) {
        return Some(natural);
    }
    // The greatest cap that fits, between one that may and one that does not.
    let (mut good, mut bad) = (LEAST_WIDTH, widest);
    if !fits(good) {
        return None;
    }
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        if fits(middle) { good = middle } else { bad = middle }
    }
    Some(capped(good).collect())
}

pub(super) fn lines(cells: &Cells, widths: &[usize]) -> String {
    let mut text = String::new();
    let left = vec![false; widths.len()];
    put(&mut text, &cells.names, widths, &left);
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    text.push_str(&rule.join("+"));
    text.push('\n');
    for row in &cells.rows {
        put(&mut text, row, widths, &cells.numbers);
    }
    text
}

/// One row, over as many lines as its longest value needs.
fn put(text: &mut String, row: &[String], widths: &[usize], right: &[bool]) {
    let parts: Vec<Vec<&str>> = row.iter().zip(widths).map(|(value, width)| broken(value, *width)).collect();
    let height = parts.iter().map(Vec::len).max().unwrap_or_default().max(1);
    for line in 0..height {
        let shown: Vec<String> = parts
            .iter()
            .zip(widths)
            .zip(right)
            .map(|((parts, width), right)| {
                let part = parts.get(line).copied().unwrap_or_default();
                let space = " ".repeat(width.saturating_sub(measure_text_width(part)));
                if *right { format!(" {space}{part} ") } else { format!(" {part}{space} ") }
            })
            .collect();
        text.push_str(shown.join("|").trim_end());
        text.push('\n');
    }
}

/// A value in parts of at most `width` characters of a terminal.
fn broken(value: &str, width: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = value;
    while measure_text_width(rest) > width {
        let mut used = 0;
        let mut end = rest.len();
        for (at, letter) in rest.char_indices() {
            used += measure_text_width(letter.encode_utf8(&mut [0; 4]));
            // At least one letter a line, however wide it is.
            if used > width && at > 0 {
                end = at;
                break;
            }
        }
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}
