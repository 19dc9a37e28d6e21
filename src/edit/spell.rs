//! How a value is written in YAML: plain only where no reader sees anything but that text, quoted
//! otherwise; collections in the layout of their place.
//! Never: looks at a file; `habits` says what is usual there.

use std::fmt::Write as _;

use crate::edit::words;
use crate::model::edit::Wanted;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quote {
    Plain,
    Single,
    Double,
    /// Double, with every character beyond ASCII escaped: what no reader can take differently.
    Ascii,
}

/// Where a scalar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Block,
    /// Between brackets or braces, or as a key.
    Flow,
}

/// What is usual where a value is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Of the value that stands there, or `Plain`.
    pub quote: Quote,
    /// Where quotes must be and `quote` says none.
    pub quotes: Quote,
    /// Columns by which a map is indented, and a list below its key.
    pub map_indent: usize,
    pub list_indent: usize,
    pub flow_lists: bool,
    pub eol: &'static str,
}

impl Style {
    /// The same for the parts of a value, which have no quotes yet.
    pub(crate) fn inner(self) -> Self {
        let quote = match self.quote {
            Quote::Ascii => Quote::Ascii,
            Quote::Plain | Quote::Single | Quote::Double => Quote::Plain,
        };
        Self { quote, ..self }
    }
}

/// A scalar on one line.
pub(crate) fn text(text: &str, style: Style, place: Place) -> String {
    match style.quote {
        Quote::Plain if is_plain(text, place) => text.to_owned(),
        Quote::Plain if style.quotes == Quote::Single => quoted(text),
        Quote::Plain => double(text, false),
        Quote::Single if fits_single(text) => single(text),
        Quote::Single | Quote::Double => double(text, false),
        Quote::Ascii => double(text, true),
    }
}

/// A scalar in single quotes, or in double ones where those need no escapes and single ones do.
pub(crate) fn quoted(text: &str) -> String {
    let bare = text.contains('\'') && !text.contains(['"', '\\']);
    if fits_single(text) && !bare {
        single(text)
    } else {
        double(text, false)
    }
}

/// True where every reader reads this very text from the word without quotes.
fn is_plain(text: &str, place: Place) -> bool {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return false;
    };
    let second = characters.next();
    let begins = match first {
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
        | '@' | '`' => false,
        '-' | '?' | ':' => {
            place == Place::Block
                && second.is_some_and(|next| !next.is_whitespace() && next != first)
        }
        _ => true,
    };
    begins
        && !text.starts_with("...")
        && text
            .chars()
            .all(|character| is_readable(character) && character != '\t')
        && text.trim() == text
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && (place == Place::Block || !text.contains([',', '[', ']', '{', '}', '?', ':', '#']))
        && !words::is_typed(text)
        && !words::is_special(text)
}

/// True for what may stand in a file as it is: no control character, no line break of any YAML, no
/// byte order mark.
fn is_readable(character: char) -> bool {
    !matches!(character,
        '\0'..='\u{8}' | '\n'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}'
        | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn fits_single(text: &str) -> bool {
    text.chars()
        .all(|character| is_readable(character) && character != '\t')
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn double(text: &str, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_readable(character) && (character.is_ascii() || !ascii) => out.push(character),
            _ => escape(&mut out, u32::from(character)),
        }
    }
    out.push('"');
    out
}

fn escape(out: &mut String, code: u32) {
    let written = match code {
        0..0x100 => write!(out, "\\x{code:02X}"),
        0x100..0x1_0000 => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
    written.expect("because writing to memory does not fail");
}

/// The header and the lines of a literal scalar, indented by `indent`; none where a literal cannot
/// carry the text.
pub(crate) fn literal(text: &str, indent: usize, eol: &str) -> Option<(&'static str, String)> {
    let content = text.trim_end_matches('\n');
    let first = content.lines().find(|line| !line.is_empty())?;
    let carries = !first.starts_with([' ', '\t'])
        && content
            .chars()
            .all(|character| is_readable(character) || character == '\n');
    if !carries {
        return None;
    }
    let header = match text.len() - content.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    };
    let mut lines = String::with_capacity(text.len() + 16);
    let last = text.strip_suffix('\n').unwrap_or(text);
    for line in last.split('\n') {
        if !line.is_empty() {
            lines.extend(std::iter::repeat_n(' ', indent));
            lines.push_str(line);
        }
        lines.push_str(eol);
    }
    Some((header, lines))
}

/// A key.
pub(crate) fn key(name: &str, style: Style) -> String {
    text(name, style.inner(), Place::Flow)
}

/// A value on one line.
pub(crate) fn flow(value: &Wanted, style: Style, place: Place) -> String {
    match value {
        Wanted::Text(word) | Wanted::Alike(word) => text(word, style, place),
        Wanted::Plain(word) => word.clone(),
        Wanted::Null => "null".to_owned(),
        Wanted::List(items) => format!("[{}]", flow_items(items, style.inner())),
        Wanted::Map(pairs) => format!("{{{}}}", flow_pairs(pairs, style.inner())),
    }
}

/// The inside of brackets.
pub(crate) fn flow_items(items: &[Wanted], style: Style) -> String {
    let items = items.iter().map(|item| flow(item, style, Place::Flow));
    items.collect::<Vec<_>>().join(", ")
}

fn flow_pairs(pairs: &[(String, Wanted)], style: Style) -> String {
    let pairs = pairs
        .iter()
        .map(|(name, value)| flow_pair(name, value, style));
    pairs.collect::<Vec<_>>().join(", ")
}

/// The inside of braces, for one key.
pub(crate) fn flow_pair(name: &str, value: &Wanted, style: Style) -> String {
    format!(
        "{}: {}",
        key(name, style),
        flow(value, style.inner(), Place::Flow)
    )
}

/// `key: value` in lines of its own, with their endings, the key indented by `indent`.
pub(crate) fn pair_lines(name: &str, value: &Wanted, indent: usize, style: Style) -> String {
    let mut out = " ".repeat(indent);
    out.push_str(&key(name, style));
    out.push(':');
    out.push_str(&after_colon(value, indent, style));
    out
}

/// What stands behind the colon of a key indented by `indent`, to the end of its last line.
pub(crate) fn after_colon(value: &Wanted, indent: usize, style: Style) -> String {
    match below(value, indent, style) {
        Some((head, lines)) => format!("{head}{}{lines}", style.eol),
        None => format!(" {}{}", flow(value, style, Place::Block), style.eol),
    }
}

/// A value that stands in lines below its key: what is left on the key's line, and the lines.
pub(crate) fn below(value: &Wanted, indent: usize, style: Style) -> Option<(String, String)> {
    match value {
        Wanted::Text(text) | Wanted::Alike(text)
            if style.quote == Quote::Plain && text.contains('\n') =>
        {
            let (header, lines) = literal(text, indent + style.map_indent, style.eol)?;
            Some((format!(" {header}"), lines))
        }
        Wanted::List(items) if !items.is_empty() && !style.flow_lists => {
            let lines = items
                .iter()
                .map(|item| item_lines(item, indent + style.list_indent, "- ", style.inner()));
            Some((String::new(), lines.collect()))
        }
        Wanted::Map(pairs) if !pairs.is_empty() => {
            let inner = indent + style.map_indent;
            let lines = pairs
                .iter()
                .map(|(name, value)| pair_lines(name, value, inner, style.inner()));
            Some((String::new(), lines.collect()))
        }
        _ => None,
    }
}

/// One item of a block list: a map as lines, anything else on one line. `dash` is `-` and blanks.
pub(crate) fn item_lines(item: &Wanted, indent: usize, dash: &str, style: Style) -> String {
    let lead = format!("{}{dash}", " ".repeat(indent));
    match item {
        Wanted::Map(pairs) if !pairs.is_empty() => {
            let inner = indent + dash.len();
            let mut lines = String::new();
            for (name, value) in pairs {
                lines.push_str(&pair_lines(name, value, inner, style));
            }
            lines.replace_range(..inner, &lead);
            lines
        }
        _ => format!("{lead}{}{}", flow(item, style, Place::Block), style.eol),
    }
}
