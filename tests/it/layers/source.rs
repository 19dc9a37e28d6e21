//! As much of Rust's syntax as the rules need: code without comments and literals, the folders
//! that it imports, the modules and types that it declares.

/// The text with comments blanked and literals emptied; lines stay lines.
pub(crate) fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let skip = if rest.starts_with(b"//") {
            rest.iter()
                .position(|byte| *byte == b'\n')
                .unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            block_comment(rest)
        } else if let Some(length) = raw_string(bytes, at) {
            length
        } else if rest[0] == b'"' {
            out.push(b'"');
            quoted(rest, b'"')
        } else if rest[0] == b'\'' {
            match character(rest) {
                Some(length) => length,
                None => {
                    out.push(b'\'');
                    at += 1;
                    continue;
                }
            }
        } else {
            out.push(rest[0]);
            at += 1;
            continue;
        };
        let lines = rest[..skip].iter().filter(|byte| **byte == b'\n').count();
        out.resize(out.len() + lines, b'\n');
        at += skip;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Length of `/* … */`, nested ones within.
fn block_comment(bytes: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// Length of `r"…"`, `r#"…"#`, `br"…"`, … at this place.
fn raw_string(bytes: &[u8], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).map(|before| bytes[before]);
    if bytes[at] != b'r' || before.is_some_and(|byte| is_word(byte) && byte != b'b') {
        return None;
    }
    let hashes = bytes[at + 1..]
        .iter()
        .take_while(|byte| **byte == b'#')
        .count();
    let start = at + 1 + hashes;
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    let mut end = vec![b'"'];
    end.resize(1 + hashes, b'#');
    let close = bytes[start + 1..]
        .windows(end.len())
        .position(|window| window == end)?;
    Some(start + 1 + close + end.len() - at)
}

/// Length of a literal with escapes, from its opening quote.
fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Length of a character literal; none where the quote begins a lifetime.
fn character(bytes: &[u8]) -> Option<usize> {
    if bytes.get(1) == Some(&b'\\') {
        return Some(quoted(bytes, b'\''));
    }
    let text = String::from_utf8_lossy(&bytes[1..bytes.len().min(6)]);
    let width = text.chars().next()?.len_utf8();
    (bytes.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether `word` occurs with no letter, digit or `_` right before it (and, where it ends in a
/// letter, right after it).
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    places(code, word).next().is_some()
}

fn places<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| {
            let free = |place: Option<usize>| {
                place
                    .and_then(|place| bytes.get(place))
                    .is_none_or(|byte| !is_word(*byte))
            };
            let ends_in_word = word.as_bytes().last().is_some_and(|byte| is_word(*byte));
            free(at.checked_sub(1)) && (!ends_in_word || free(Some(at + word.len())))
        })
}

/// The first segments behind every `crate::`, those of `crate::{a, b::c}` too; sorted.
pub(crate) fn crate_imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for at in places(code, "crate::") {
        let rest = code[at + "crate::".len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group)),
            None => found.extend(identifier(rest)),
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The first segments of a use group, up to its closing brace.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut fresh) = (0, true);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if letter.is_whitespace() => {}
            _ if fresh && depth == 0 => {
                heads.extend(identifier(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    heads
}

fn identifier(text: &str) -> Option<String> {
    let name: String = text
        .chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect();
    (!name.is_empty()).then_some(name)
}

/// Names of `mod name;` lines.
pub(crate) fn declared_modules(code: &str) -> Vec<String> {
    places(code, "mod")
        .filter_map(|at| {
            let rest = code[at + 3..].trim_start();
            let name = identifier(rest)?;
            rest[name.len()..]
                .trim_start()
                .starts_with(';')
                .then_some(name)
        })
        .collect()
}

/// Names behind `struct`, `enum`, `trait` and `type`.
pub(crate) fn declared_types(code: &str) -> Vec<String> {
    ["struct", "enum", "trait", "type"]
        .iter()
        .flat_map(|word| places(code, word).map(move |at| at + word.len()))
        .filter_map(|at| identifier(code[at..].trim_start()))
        .collect()
}

#[test]
fn code_is_told_from_comments_and_literals() {
    let text = "a // crate::x\n/* b /* c */ d */ e \"f \\\" g\" 'h' '\\'' i<'j> r#\"k \"# l";
    assert_eq!(code(text), "a \n e \"   i<'j>  l");
    assert_eq!(code("\"a\nb\"c").matches('\n').count(), 1);
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "use crate::a::B; use crate::{c::{d, e}, f, g::h}; pub(crate) fn x() { crate::i::j() } mycrate::k";
    assert_eq!(crate_imports(text), ["a", "c", "f", "g", "i"]);
    assert_eq!(
        declared_modules("mod a; pub(crate) mod b; mod c { } mode d;"),
        ["a", "b"]
    );
}
