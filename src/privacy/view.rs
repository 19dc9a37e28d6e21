//! A text as it reads: escapes, entities, `%20` and the like are resolved, what cannot be seen is gone.
//!
//! Secrets are looked for in it as well as in the text as it is written, because what shows it resolves it.
//! Never: stands in for the text itself; findings are told in ranges of that.

use std::ops::Range;

use unicode_normalization::char::compose;

/// The text as it reads, and how it came about.
pub(super) struct View {
    pub text: String,
    seams: Vec<Seam>,
}

/// A piece of the view that is written differently.
struct Seam {
    shown: Range<usize>,
    written: Range<usize>,
}

impl View {
    /// `None` where the text reads as it is written.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut shown = String::new();
        let mut seams = Vec::new();
        let mut copied = 0;
        let mut at = 0;
        let is_special = |byte: &u8| SPECIAL[usize::from(*byte)];
        while let Some(next) = text.as_bytes()[at..].iter().position(is_special) {
            at += next;
            let Some((length, resolved)) = resolve(&text[at..]) else {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
                continue;
            };
            shown.push_str(&text[copied..at]);
            let start = shown.len();
            shown.extend(resolved);
            seams.push(Seam {
                shown: start..shown.len(),
                written: at..at + length,
            });
            at += length;
            copied = at;
        }
        if seams.is_empty() {
            return None;
        }
        shown.push_str(&text[copied..]);
        Some(Self { text: shown, seams })
    }

    /// The paragraphs that are written differently; everything where a key in many paragraphs could be. What
    /// reads as it is written is looked through as that.
    pub(super) fn pieces(&self) -> Vec<Range<usize>> {
        let mut pieces: Vec<Range<usize>> = Vec::new();
        for seam in &self.seams {
            let from = match pieces.last() {
                Some(last) if seam.shown.start <= last.end => continue,
                Some(last) => last.end,
                None => 0,
            };
            let start = self.text[from..seam.shown.start].rfind("\n\n");
            let end = self.text[seam.shown.end..].find("\n\n");
            let start = start.map_or(from, |start| from + start);
            let end = end.map_or(self.text.len(), |end| seam.shown.end + end);
            pieces.push(start..end);
        }
        let has_key = |piece: &Range<usize>| {
            let text = &self.text[piece.clone()];
            text.contains("PRIVATE KEY") || text.contains("PuTTY")
        };
        if pieces.iter().any(has_key) {
            pieces.clear();
            pieces.push(0..self.text.len());
        }
        pieces
    }

    /// The range of the written text that shows as that range, which is not empty.
    pub(super) fn written(&self, range: &Range<usize>) -> Range<usize> {
        let start = match self.seam(range.start) {
            Some(seam) if range.start < seam.shown.end => seam.written.start,
            Some(seam) => seam.written.end + (range.start - seam.shown.end),
            None => range.start,
        };
        let end = match self.seam(range.end - 1) {
            Some(seam) if range.end <= seam.shown.end => seam.written.end,
            Some(seam) => seam.written.end + (range.end - seam.shown.end),
            None => range.end,
        };
        start..end
    }

    /// The last seam that begins at or before that place.
    fn seam(&self, at: usize) -> Option<&Seam> {
        let behind = self.seams.partition_point(|seam| seam.shown.start <= at);
        behind.checked_sub(1).map(|last| &self.seams[last])
    }
}

/// Bytes with which something begins that may read differently.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let all = b"\0\\&%\xc2\xcd\xe1\xe2\xef";
    let mut at = 0;
    while at < all.len() {
        special[all[at] as usize] = true;
        at += 1;
    }
    special
};

/// How many bytes stand for what; a character that is not seen stands for nothing.
fn resolve(text: &str) -> Option<(usize, Option<char>)> {
    let first = text.chars().next()?;
    let shown = |(length, c): (usize, char)| (length, Some(c).filter(|c| !is_unseen(*c)));
    match first {
        '\\' => escape(&text[1..]).map(|(length, c)| shown((length + 1, c))),
        '&' => entity(text).map(shown),
        '%' => percent(text).map(shown),
        c if is_unseen(c) => Some((c.len_utf8(), None)),
        // The wide forms of what addresses and numbers are made of.
        '\u{ff0b}'
        | '\u{ff0d}'..='\u{ff0e}'
        | '\u{ff10}'..='\u{ff19}'
        | '\u{ff20}'..='\u{ff3a}'
        | '\u{ff3f}'
        | '\u{ff41}'..='\u{ff5a}' => {
            let narrow = char::from_u32(u32::from(first) - 0xfee0)?;
            Some((first.len_utf8(), Some(narrow)))
        }
        _ => None,
    }
}

/// What takes no room; U+FFFD is how a NUL shows.
fn is_unseen(c: char) -> bool {
    matches!(c, '\0' | '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fffd}')
}

/// Of Markdown, JSON and YAML; `text` begins behind the backslash.
fn escape(text: &str) -> Option<(usize, char)> {
    let first = text.chars().next()?;
    let code = |digits: usize| {
        let written = text.get(1..=digits)?;
        Some((digits + 1, code(written, 16)?))
    };
    match first {
        'n' => Some((1, '\n')),
        't' | 'r' => Some((1, ' ')),
        'x' => code(2),
        'u' => code(4),
        'U' => code(8),
        _ => first.is_ascii_punctuation().then_some((1, first)),
    }
}

fn code(digits: &str, radix: u32) -> Option<char> {
    let is_plain = digits.chars().all(|c| c.is_digit(radix));
    let number = u32::from_str_radix(digits, radix).ok();
    number.filter(|_| is_plain).and_then(char::from_u32)
}

fn entity(text: &str) -> Option<(usize, char)> {
    let name = &text.as_bytes()[1..text.len().min(12)];
    let end = 1 + name.iter().position(|byte| *byte == b';')?;
    let name = text.get(1..end)?;
    let c = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => code(digits, 16)?,
            None => code(number, 10)?,
        },
        None => named(name)?,
    };
    Some((end + 1, c))
}

/// What secrets, addresses and names can be made of.
fn named(name: &str) -> Option<char> {
    let mark = |name: &str| {
        let marks = [
            ("grave", '\u{300}'),
            ("acute", '\u{301}'),
            ("circ", '\u{302}'),
            ("tilde", '\u{303}'),
            ("uml", '\u{308}'),
            ("ring", '\u{30a}'),
            ("caron", '\u{30c}'),
            ("cedil", '\u{327}'),
        ];
        let (_, mark) = marks
            .into_iter()
            .find(|(mark, _)| name.get(1..) == Some(mark))?;
        compose(name.chars().next()?, mark)
    };
    Some(match name {
        "nbsp" | "ensp" | "emsp" | "thinsp" | "Tab" => ' ',
        "NewLine" => '\n',
        "shy" | "zwj" | "zwnj" => '\u{ad}',
        "amp" | "AMP" => '&',
        "lt" | "LT" => '<',
        "gt" | "GT" => '>',
        "quot" | "QUOT" => '"',
        "apos" => '\'',
        "commat" => '@',
        "period" => '.',
        "lowbar" | "UnderBar" => '_',
        "hyphen" | "dash" | "ndash" | "mdash" | "minus" => '-',
        "plus" => '+',
        "equals" => '=',
        "colon" => ':',
        "semi" => ';',
        "comma" => ',',
        "sol" => '/',
        "bsol" => '\\',
        "num" => '#',
        "dollar" => '$',
        "percnt" => '%',
        "excl" => '!',
        "quest" => '?',
        "ast" => '*',
        "grave" => '`',
        "lpar" => '(',
        "rpar" => ')',
        "vert" | "verbar" => '|',
        "szlig" => 'ß',
        "oslash" => 'ø',
        "Oslash" => 'Ø',
        "aelig" => 'æ',
        "AElig" => 'Æ',
        _ => return mark(name),
    })
}

/// A character as addresses write it.
fn percent(text: &str) -> Option<(usize, char)> {
    let byte = |at: usize| {
        let triple = text.as_bytes().get(3 * at..3 * at + 3)?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(triple[1])? << 4 | digit(triple[2])?;
        u8::try_from(value).ok().filter(|_| triple[0] == b'%')
    };
    let first = byte(0)?;
    let length = match first {
        0..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let bytes: Vec<u8> = (0..length).map_while(byte).collect();
    let c = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    Some((3 * length, c))
}
