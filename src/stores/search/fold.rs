//! Folding: what letters are equal for a search, and what kind a character is.
//! Gets characters. Gives classes, and lower-case text without accents.
//! Never: looks at more than one character, keeps state, fails.

use std::sync::LazyLock;

use unicode_normalization::char::{compose, decompose_compatible, is_combining_mark};

/// What a character is for the tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Ends a word.
    Other,
    /// Part of a word: letters and digits of scripts that write spaces.
    Word,
    /// One sign of a script that writes no spaces (or hardly): Han, kana, Hangul, Thai, Khmer, ...
    Unit,
    /// Belongs to the character before it; begins nothing.
    Mark,
    /// A picture: a word of its own.
    Emoji,
    /// Half of a flag.
    Flag,
}

/// The scripts below this (Latin, Greek, Cyrillic) are looked up in a table.
const COMMON: usize = 0x530;

/// What is known of a common character: its class, and what it folds to where that is one.
static TABLE: LazyLock<Vec<(Class, Option<char>)>> = LazyLock::new(|| {
    let entry = |code| {
        let c = char::from_u32(code).expect("because all codes this low are characters");
        let mut folded = String::new();
        fold_any(c, &mut folded);
        let mut chars = folded.chars();
        let one = chars.next().filter(|_| chars.next().is_none());
        (class_of_any(c), one)
    };
    (0..COMMON as u32).map(entry).collect()
});

/// The class of a character.
pub(crate) fn class(c: char) -> Class {
    match TABLE.get(c as usize) {
        Some(&(class, _)) => class,
        None => class_of_any(c),
    }
}

fn class_of_any(c: char) -> Class {
    match u32::from(c) {
        0..=0x7F => of_letter(c.is_ascii_alphanumeric()),
        0xAD => Class::Mark,
        0x80..=0x2FF => of_letter(c.is_alphanumeric()),
        0x300..=0x36F | 0x483..=0x489 => Class::Mark,
        0x370..=0x52F => of_letter(c.is_alphanumeric()),
        0xE00..=0xEFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0xA9E0..=0xA9FF | 0xAA60..=0xAA7F => {
            if is_combining_mark(c) {
                Class::Mark
            } else if c.is_numeric() {
                Class::Word
            } else if c.is_alphanumeric() {
                Class::Unit
            } else {
                Class::Other
            }
        }
        0x200B..=0x200F | 0x2060 | 0xFE00..=0xFE0F | 0xE0100..=0xE01EF => Class::Mark,
        0x231A | 0x231B | 0x2328 | 0x23CF | 0x23E9..=0x23FA | 0x2600..=0x27BF => Class::Emoji,
        0x2B00..=0x2BFF | 0x1F000..=0x1F0FF => Class::Emoji,
        0x1F1E6..=0x1F1FF => Class::Flag,
        0x1F3FB..=0x1F3FF => Class::Mark,
        0x1F300..=0x1FAFF => Class::Emoji,
        0x3099 | 0x309A => Class::Mark,
        0x1100..=0x11FF
        | 0x3005
        | 0x3007
        | 0x3041..=0x309F
        | 0x30A1..=0x30FA
        | 0x30FC..=0x318F
        | 0x31A0..=0x31BF
        | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF
        | 0xA960..=0xA97F
        | 0xAC00..=0xD7FF
        | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9D
        | 0xFFA0..=0xFFDC
        | 0x20000..=0x3FFFF => of_unit(c),
        0xFF9E | 0xFF9F => Class::Mark,
        _ if is_combining_mark(c) => Class::Mark,
        _ if stands_for_unit(c) => Class::Unit,
        _ => of_letter(c.is_alphanumeric()),
    }
}

/// True for a sign that only is another form of such signs: `㆒`, `㊀` and `㈠` are all `一`.
fn stands_for_unit(c: char) -> bool {
    if !c.is_alphanumeric() || !matches!(u32::from(c), 0x3190..=0x33FF | 0x1F100..=0x1F2FF) {
        return false;
    }
    let mut found = false;
    decompose_compatible(c, |part| {
        found |= part != c && class_of_any(part) == Class::Unit;
    });
    found
}

fn of_letter(letter: bool) -> Class {
    if letter { Class::Word } else { Class::Other }
}

fn of_unit(c: char) -> Class {
    if c.is_alphanumeric() {
        Class::Unit
    } else {
        Class::Other
    }
}

/// Appends a character of a word, folded: lower case, compatibility forms resolved, accents gone.
/// A character that only decorates appends nothing.
pub(crate) fn fold_char(c: char, out: &mut String) {
    match TABLE.get(c as usize) {
        Some(&(_, Some(one))) => out.push(one),
        _ => fold_any(c, out),
    }
}

fn fold_any(c: char, out: &mut String) {
    decompose_compatible(c, |part| {
        // The halfwidth voiced marks come apart into these, which outside kana only decorate.
        if matches!(part, '\u{3099}' | '\u{309A}') {
            return;
        }
        for lower in part.to_lowercase() {
            fold_simple(lower, out);
        }
    });
}

/// Folds a decomposed lower-case character.
fn fold_simple(c: char, out: &mut String) {
    if is_dropped(c) {
        return;
    }
    match c {
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' | 'ð' => out.push('d'),
        'ħ' => out.push('h'),
        'ŧ' => out.push('t'),
        'ŋ' => out.push('n'),
        'ı' | 'ɨ' => out.push('i'),
        'ȷ' => out.push('j'),
        'ĸ' => out.push('k'),
        'ς' => out.push('σ'),
        // Arabic, Persian and Devanagari digits.
        '\u{660}'..='\u{669}' => push_digit(c, '\u{660}', out),
        '\u{6F0}'..='\u{6F9}' => push_digit(c, '\u{6F0}', out),
        '\u{966}'..='\u{96F}' => push_digit(c, '\u{966}', out),
        '\u{E50}'..='\u{E59}' => push_digit(c, '\u{E50}', out),
        _ if c.is_alphanumeric() => out.push(c),
        // A mark that stays needs a letter before it.
        _ if is_combining_mark(c) && !out.is_empty() => out.push(c),
        _ => {}
    }
}

fn push_digit(c: char, zero: char, out: &mut String) {
    let digit = u32::from(c) - u32::from(zero);
    out.push(char::from_digit(digit, 10).expect("because the ranges hold ten digits"));
}

/// Marks that a search does not see: accents of Latin, Greek and Cyrillic, Hebrew points, Arabic
/// vowel signs, and invisible joiners. Vowel signs of the Indic scripts are letters and stay.
fn is_dropped(c: char) -> bool {
    matches!(
        u32::from(c),
        0xAD
            | 0x300..=0x36F
            | 0x483..=0x489
            | 0x591..=0x5BD
            | 0x5BF
            | 0x5C1
            | 0x5C2
            | 0x5C4
            | 0x5C5
            | 0x5C7
            | 0x610..=0x61A
            | 0x640
            | 0x64B..=0x65F
            | 0x670
            | 0x6D6..=0x6DC
            | 0x6DF..=0x6E8
            | 0x6EA..=0x6ED
            | 0x1AB0..=0x1AFF
            | 0x1DC0..=0x1DFF
            | 0x200B..=0x200F
            | 0x2060
            | 0x20D0..=0x20FF
            | 0xFE00..=0xFE0F
            | 0xFE20..=0xFE2F
            | 0xE0100..=0xE01EF
    )
}

/// Appends a character of a unit: composed, so that both ways to write `が` or `한` are one, and
/// half-width and compatibility forms become the common ones.
pub(crate) fn fold_unit(c: char, out: &mut String) {
    match u32::from(c) {
        0xF900..=0xFAFF | 0xFF61..=0xFFDC | 0x2F800..=0x2FA1F => {
            decompose_compatible(c, |part| push_composed(part, out));
        }
        _ if stands_for_unit(c) => decompose_compatible(c, |part| {
            if part.is_alphanumeric() {
                push_composed(part, out);
            }
        }),
        _ if is_dropped(c) => {}
        _ => push_composed(c, out),
    }
}

fn push_composed(c: char, out: &mut String) {
    if let Some(last) = out.chars().next_back()
        && let Some(joined) = compose(last, c)
    {
        out.pop();
        out.push(joined);
    } else {
        out.push(c);
    }
}

/// True for a Hangul vowel or final consonant that is written apart: it belongs to the unit before.
pub(crate) fn continues_syllable(c: char) -> bool {
    matches!(u32::from(c), 0x1160..=0x11FF | 0xD7B0..=0xD7FB)
}

/// A whole text folded for comparison as one: words folded, all else kept, spaces trimmed.
pub(crate) fn fold_whole(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = Class::Other;
    for c in text.trim().chars() {
        let class = class(c);
        match class {
            Class::Unit => fold_unit(c, &mut out),
            Class::Mark if before == Class::Unit => fold_unit(c, &mut out),
            Class::Word | Class::Mark => fold_char(c, &mut out),
            Class::Other | Class::Emoji | Class::Flag => out.push(c),
        }
        if class != Class::Mark {
            before = class;
        }
    }
    // A mark that went may have stood in front of a space.
    out.trim().to_owned()
}

#[cfg(test)]
mod tests;
