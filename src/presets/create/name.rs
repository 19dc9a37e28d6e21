//! Titles as names of files, and as text of headings.
//! Never: gives a name that some system refuses, hides, or takes for something else.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A title as a part of a file name, of at most so many characters.
type Style = fn(&str, usize) -> String;

/// The words for a title in the paths of recipes, and what each of them makes of it.
pub(super) const STYLES: [(&str, Style); 4] = [
    ("{slug}", |title, most| slug_of(title, false, most)),
    ("{title:words}", |title, _| words(title)),
    ("{title:name}", |title, _| file_name(title)),
    ("", |title, most| slug_of(title, true, most)),
];

/// Characters of a slug at most.
pub(super) const SLUG: usize = 50;
/// Bytes of a title in a file name at most.
const NAME: usize = 180;

/// Letters that do not come apart by themselves.
const LETTERS: [(char, &str); 7] = [
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('þ', "th"),
];

/// A title in small ASCII letters, digits and hyphens; empty where it has no such letters, unless
/// `any` letters will do.
pub(super) fn slug(title: &str, any: bool) -> String {
    slug_of(title, any, SLUG)
}

fn slug_of(title: &str, any: bool, most: usize) -> String {
    let letters = title.nfkd().filter(|c| !is_combining_mark(*c));
    let letters = letters.flat_map(char::to_lowercase).flat_map(apart);
    let mut slug = hyphened(letters, |c| c.is_ascii_alphanumeric(), most);
    if slug.is_empty() && any {
        let letters = title.nfc().flat_map(char::to_lowercase);
        slug = hyphened(
            letters,
            |c| c.is_alphanumeric() || is_combining_mark(c),
            most,
        );
    }
    fit(slug)
}

/// What other letters write one that does not come apart by itself.
fn apart(c: char) -> impl Iterator<Item = char> {
    let found = LETTERS.iter().find(|(letter, _)| *letter == c);
    let letters = found.map_or("", |(_, letters)| letters).chars();
    letters.chain(found.is_none().then_some(c))
}

/// Words with hyphens between them, as many as fit.
fn hyphened(
    letters: impl Iterator<Item = char>,
    keep: impl Fn(char) -> bool,
    most: usize,
) -> String {
    let mut kept: Vec<char> = Vec::new();
    for c in letters.filter(|c| !matches!(c, '\'' | '’')) {
        if keep(c) {
            kept.push(c);
        } else if kept.last().is_some_and(|last| *last != '-') {
            kept.push('-');
        }
        if kept.len() > most {
            // Not in the middle of a word, unless that leaves little.
            let hyphen = kept.iter().rposition(|c| *c == '-');
            kept.truncate(hyphen.filter(|at| *at > most / 2).unwrap_or(most));
            break;
        }
    }
    let slug: String = kept.into_iter().collect();
    slug.trim_matches('-').to_owned()
}

/// A name that is no device.
fn fit(name: String) -> String {
    if is_device(&name) {
        name + "-item"
    } else {
        name
    }
}

/// A title with hyphens between its words, its letters as they are.
pub(super) fn words(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    fit(cut(&words.join("-"), NAME).trim_matches('-').to_owned())
}

/// A title as a file name that reads like it.
pub(super) fn file_name(title: &str) -> String {
    let mut out = String::new();
    for c in title.chars() {
        match c {
            // Nobody sees these, and they turn what is seen around.
            '\u{200b}'
            | '\u{200c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {}
            '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '#' | '^' | '[' | ']' | '{'
            | '}' => {
                out.push(' ');
            }
            c if c.is_control() || c.is_whitespace() => out.push(' '),
            c => out.push(c),
        }
    }
    let out = out.split(' ').filter(|word| !word.is_empty());
    let out = out.collect::<Vec<_>>().join(" ");
    // A dot would hide it, a hyphen would make an option of it.
    let out = out.trim_start_matches(['.', '-', ' ']);
    let out = cut(out, NAME).trim_end_matches(['.', ' ']);
    if is_device(out) || out.eq_ignore_ascii_case("git~1") {
        format!("{out} item")
    } else {
        out.to_owned()
    }
}

/// At most so many bytes, whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// A name that means a device on Windows, whatever stands behind a dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_lowercase();
    let port = |port: &str| {
        let rest = stem
            .strip_prefix(port)
            .map(|rest| rest.chars().collect::<Vec<_>>());
        matches!(rest.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    };
    matches!(
        &*stem,
        "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$"
    ) || port("com")
        || port("lpt")
}

/// A text of which Markdown takes no sign for anything but itself.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
