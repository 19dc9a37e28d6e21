//! Values beside their names: in a column that is headed by the name, in `name: DB_PASSWORD` before `value: …`.
//!
//! Name and value are put together as `name: value`, and looked at as [`named`] looks at that.
//! Never: takes a value whose name it has not seen.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::named;

/// A value is looked at so far.
const LONGEST: usize = 4096;

static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?i)\b(?:name|key|variable|env|label)["']?[ \t]*[:=][ \t]*["']?([A-Za-z][A-Za-z0-9_.-]{1,60})["']?[ \t]*(?:,|\r?\n|[ \t])\s{0,40}["']?(?:value|val|default)["']?[ \t]*[:=][ \t]*"#;
    Regex::new(pattern).expect("because the pattern is tested")
});

/// Where values stand.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for captures in PAIR.captures_iter(text) {
        let (Some(all), Some(name)) = (captures.get(0), captures.get(1)) else {
            continue;
        };
        let rest = &text[all.end()..text.floor_char_boundary(all.end() + LONGEST)];
        let rest = rest.lines().next().unwrap_or("");
        found.extend(beside(
            text,
            name.as_str(),
            all.end()..all.end() + rest.len(),
        ));
    }
    columns(text, &mut found);
    found
}

/// The value in that range, if it is one behind that name.
fn beside(text: &str, name: &str, range: Range<usize>) -> Option<Range<usize>> {
    if !named::is_name(name) {
        return None;
    }
    let together = format!("{name}: {}", &text[range.clone()]);
    let begin = name.len() + 2;
    let value = named::values(&together)
        .into_iter()
        .find(|value| value.start >= begin)?;
    Some(range.start + value.start - begin..range.start + value.end - begin)
}

/// The values of tables whose column is headed by the name of a secret.
fn columns(text: &str, found: &mut Vec<Range<usize>>) {
    let mut head = 0..0;
    // The columns that hold secrets, and how they are called.
    let mut secret: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let here = at..at + line.len();
        at = here.end;
        if is_rule(line) {
            let names = cells(text, head.clone()).into_iter().enumerate();
            secret = names
                .map(|(column, cell)| (column, text[cell].trim()))
                .filter(|(_, name)| named::is_name(name))
                .collect();
        } else if !secret.is_empty() {
            if !line.contains('|') {
                secret.clear();
            }
            let cells = cells(text, here.clone());
            for (column, name) in secret.iter().take_while(|(at, _)| *at < cells.len()) {
                found.extend(beside(text, name, cells[*column].clone()));
            }
        }
        head = here;
    }
}

/// `|---|:--|`: what stands below the head of a table.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.starts_with(['|', '-', ':', '>'])
        && line.contains('|')
        && line.contains('-')
        && line
            .bytes()
            .all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ' | b'\t' | b'>'))
}

/// What stands between the bars of a line.
fn cells(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let written = &text[line.clone()];
    let trimmed = written.trim_start_matches([' ', '\t', '>']);
    let start = line.start + written.len() - trimmed.len();
    let start = start + usize::from(trimmed.starts_with('|'));
    let mut begin = start;
    let mut cells = Vec::new();
    for at in start..line.end {
        if matches!(text.as_bytes()[at], b'|' | b'\n') && !text.as_bytes()[..at].ends_with(b"\\") {
            cells.push(begin..at);
            begin = at + 1;
        }
    }
    if begin < line.end {
        cells.push(begin..line.end);
    }
    // The blanks around are not part of it.
    for cell in &mut cells {
        let written = &text[cell.clone()];
        let length = written.trim_end().len();
        let lead = written.len() - written.trim_start().len();
        *cell = cell.start + lead.min(length)..cell.start + length;
    }
    cells
}
