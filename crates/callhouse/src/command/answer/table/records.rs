//! A column a line.

use console::measure_text_width;

use super::Cells;

pub(super) fn lines(cells: &Cells) -> String {
    let widest = |texts: &mut dyn Iterator<Item = &String>| {
        texts.map(|text| measure_text_width(text)).max().unwrap_or_default()
    };
    let names = widest(&mut cells.names.iter());
    let mut text = String::new();
    for (row, number) in cells.rows.iter().zip(1_u64..) {
        text.push_str(&format!("-[ record {number} ]-\n"));
        for (name, value) in cells.names.iter().zip(row) {
            let space = " ".repeat(names - measure_text_width(name));
            text.push_str(format!("{name}{space} | {value}").trim_end());
            text.push('\n');
        }
    }
    text
}
