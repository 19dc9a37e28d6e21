//! The words of a text: the one tokenizer, used for indexing, for queries and for highlighting.
//! Gets any text. Gives folded tokens with byte ranges and positions, one at a time.
//! Never: fails, looks back, keeps more than one word, takes more than linear time.
//!
//! A word is a run of letters and digits, so `KABSD-FTR-0014` is three words in a row. What a run
//! holds besides goes to extra tokens:
//! - `camelCase`: the joined word where the first part stands, then the parts in a row;
//! - `C++`, `C#`, `.NET`: the whole symbol where its word stands;
//! - scripts without spaces: every two neighboring signs, and the last sign alone;
//! - emoji: one token each.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::stores::search::fold::{Class, class, continues_syllable, fold_char, fold_unit};

/// A longer word is cut into pieces of so many bytes, which stand in a row.
const WORD_BYTES: usize = 100;
/// A longer word is not looked through for parts: it is data, not a name.
const CAMEL_BYTES: usize = 64;
const CAMEL_PARTS: usize = 12;
/// More marks on one sign are noise.
const UNIT_BYTES: usize = 48;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// A camel-case word as one; the parts follow, the first at the same position.
    Joined,
    Part,
    /// `c++` and the like, at the position of the word before.
    Symbol,
    /// Two neighboring signs.
    Pair,
    /// The last sign of a run; a run of one has only this.
    Last,
    Emoji,
}

/// Buffers that outlive a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffers {
    token: Token,
    unit: String,
}

/// What the last find left to give.
#[derive(Debug, Clone, Copy)]
enum Pending {
    Nothing,
    /// Part number `next` of the camel-case word at `from`.
    Parts {
        from: usize,
        next: usize,
    },
    Symbol {
        from: usize,
        to: usize,
    },
    /// `Buffers::unit` holds a sign that no pair has begun with.
    Unit {
        from: usize,
        to: usize,
    },
}

/// The stream of tokens of one text.
pub(crate) struct Words<'a> {
    text: &'a str,
    at: usize,
    position: usize,
    pending: Pending,
    kind: Kind,
    /// Ends of the parts of the camel-case word, relative to its begin.
    cuts: [u8; CAMEL_PARTS],
    cut_count: usize,
    buffers: &'a mut Buffers,
}

const SPACE: u8 = 3;
const HIGH: u8 = 4;
const LOWER: u8 = 0;
const UPPER: u8 = 1;
const DIGIT: u8 = 2;

/// The class of each byte, so that ASCII text is scanned without decoding.
static BYTES: [u8; 256] = {
    let mut table = [SPACE; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        if byte.is_ascii_lowercase() {
            table[at] = LOWER;
        } else if byte.is_ascii_uppercase() {
            table[at] = UPPER;
        } else if byte.is_ascii_digit() {
            table[at] = DIGIT;
        } else if at >= 0x80 {
            table[at] = HIGH;
        }
        at += 1;
    }
    table
};

fn byte_class(byte: u8) -> u8 {
    BYTES[usize::from(byte)]
}

/// The bit for a step from one class to the next inside a word.
const fn step(from: u8, to: u8) -> u16 {
    1 << (4 * from + to)
}

/// True where the steps of a word are such that it may have several parts.
fn may_have_parts(steps: u16) -> bool {
    const RISE: u16 = step(LOWER, UPPER) | step(DIGIT, UPPER);
    const FALL: u16 = step(UPPER, UPPER) | step(UPPER, LOWER);
    steps & RISE != 0 || steps & FALL == FALL
}

impl<'a> Words<'a> {
    /// The words of `text`.
    pub(crate) fn new(text: &'a str, buffers: &'a mut Buffers) -> Self {
        Self {
            text,
            at: 0,
            position: 0,
            pending: Pending::Nothing,
            kind: Kind::Word,
            cuts: [0; CAMEL_PARTS],
            cut_count: 0,
            buffers,
        }
    }

    /// What the current token is made of.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Sets the current token, but for its text.
    fn place(&mut self, kind: Kind, from: usize, to: usize, position: usize) {
        self.kind = kind;
        let token = &mut self.buffers.token;
        token.offset_from = from;
        token.offset_to = to;
        token.position = position;
        token.position_length = 1;
    }

    /// Sets the text of the current token to a folded piece of the text.
    fn fold(&mut self, from: usize, to: usize) {
        let out = &mut self.buffers.token.text;
        out.clear();
        let piece = &self.text[from..to];
        if piece.is_ascii() {
            out.push_str(piece);
            out.make_ascii_lowercase();
        } else {
            piece.chars().for_each(|c| fold_char(c, out));
        }
    }

    /// Gives what is pending; false where nothing is.
    fn give_pending(&mut self) -> bool {
        match self.pending {
            Pending::Nothing => false,
            Pending::Parts { from, next } => {
                let begin = match next {
                    0 => from,
                    _ => from + usize::from(self.cuts[next - 1]),
                };
                let end = from + usize::from(self.cuts[next]);
                self.fold(begin, end);
                self.place(Kind::Part, begin, end, self.position);
                self.position += 1;
                self.pending = if next + 1 < self.cut_count {
                    Pending::Parts {
                        from,
                        next: next + 1,
                    }
                } else {
                    Pending::Nothing
                };
                true
            }
            Pending::Symbol { from, to } => {
                self.fold(from, to);
                self.place(Kind::Symbol, from, to, self.position - 1);
                self.pending = Pending::Nothing;
                true
            }
            Pending::Unit { from, to } => {
                let token = &mut self.buffers.token.text;
                token.clear();
                token.push_str(&self.buffers.unit);
                if let Some((next_from, next_to)) = self.read_unit() {
                    self.buffers.token.text.push_str(&self.buffers.unit);
                    self.place(Kind::Pair, from, next_to, self.position);
                    self.pending = Pending::Unit {
                        from: next_from,
                        to: next_to,
                    };
                } else {
                    self.place(Kind::Last, from, to, self.position);
                    self.pending = Pending::Nothing;
                }
                self.position += 1;
                true
            }
        }
    }

    /// Reads one sign with its marks at `at` into the unit buffer; none where there is none.
    fn read_unit(&mut self) -> Option<(usize, usize)> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        if class(first) != Class::Unit {
            return None;
        }
        let unit = &mut self.buffers.unit;
        unit.clear();
        fold_unit(first, unit);
        let mut len = first.len_utf8();
        for c in rest[len..].chars() {
            if class(c) != Class::Mark && !continues_syllable(c) {
                break;
            }
            if unit.len() < UNIT_BYTES {
                fold_unit(c, unit);
            }
            len += c.len_utf8();
        }
        let from = self.at;
        self.at += len;
        Some((from, self.at))
    }

    /// Finds the next token that begins with an ASCII letter or digit at `at`.
    fn ascii_word(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let from = self.at;
        let limit = bytes.len().min(from + WORD_BYTES);
        let mut to = from + 1;
        let mut last = byte_class(bytes[from]);
        let mut steps = 0u16;
        while to < limit {
            let class = byte_class(bytes[to]);
            if class >= SPACE {
                break;
            }
            steps |= step(last, class);
            last = class;
            to += 1;
        }
        if to < limit
            && bytes[to] >= 0x80
            && let Some(c) = self.text[to..].chars().next()
            && matches!(class(c), Class::Word | Class::Mark)
        {
            return self.wide_word();
        }
        self.at = to;
        let out = &mut self.buffers.token.text;
        out.clear();
        out.push_str(&self.text[from..to]);
        out.make_ascii_lowercase();
        if may_have_parts(steps) && self.cut(from, to) {
            return true;
        }
        self.place(Kind::Word, from, to, self.position);
        self.position += 1;
        if to < bytes.len() && matches!(bytes[to], b'+' | b'#') {
            self.find_suffix(from, to);
        } else if to - from == 3 && from > 0 && bytes[from - 1] == b'.' {
            self.find_net(from, to);
        }
        true
    }

    /// Finds the next token that begins at `at` with a letter and holds more than ASCII. False
    /// where the word is made of nothing but decoration.
    fn wide_word(&mut self) -> bool {
        let from = self.at;
        let mut to = from;
        let mut humps = false;
        let mut after_lower = false;
        for c in self.text[from..].chars() {
            let class = class(c);
            if !matches!(class, Class::Word | Class::Mark) || to + c.len_utf8() > from + WORD_BYTES
            {
                break;
            }
            humps |= after_lower && c.is_uppercase();
            if class == Class::Word {
                after_lower = c.is_lowercase();
            }
            to += c.len_utf8();
        }
        self.at = to;
        self.fold(from, to);
        if self.buffers.token.text.is_empty() {
            return false;
        }
        if humps && self.cut(from, to) {
            return true;
        }
        self.place(Kind::Word, from, to, self.position);
        self.position += 1;
        true
    }

    /// Cuts a camel-case word into parts. Where it has several, gives the joined word (its text is
    /// in the token already) and leaves the parts pending; else false.
    fn cut(&mut self, from: usize, to: usize) -> bool {
        if to - from > CAMEL_BYTES {
            return false;
        }
        let word = &self.text[from..to];
        let mut count = 0;
        let mut before = 'A';
        for (at, c) in word.char_indices() {
            let lower_after = |wanted: usize| {
                let next = word[at + c.len_utf8()..].chars().take(wanted);
                next.filter(|next| next.is_lowercase()).count() == wanted
            };
            let hump = at > 0
                && c.is_uppercase()
                && if before.is_uppercase() {
                    lower_after(2) // `HTTPServer`, but not `URLs`
                } else if before.is_numeric() {
                    lower_after(1) // `2Client`, but not `01ARZ3`
                } else {
                    before.is_lowercase()
                };
            if hump {
                if count + 1 == CAMEL_PARTS {
                    return false;
                }
                self.cuts[count] = at as u8;
                count += 1;
            }
            if class(c) == Class::Word {
                before = c;
            }
        }
        if count == 0 {
            return false;
        }
        self.cuts[count] = word.len() as u8;
        self.cut_count = count + 1;
        self.place(Kind::Joined, from, to, self.position);
        self.buffers.token.position_length = self.cut_count;
        self.pending = Pending::Parts { from, next: 0 };
        true
    }

    /// `C++`, `g++`, `C#`: leaves the symbol pending.
    fn find_suffix(&mut self, from: usize, to: usize) {
        let bytes = self.text.as_bytes();
        let after = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
        if !bytes[from].is_ascii_alphabetic() || to - from > 16 {
            return;
        }
        if bytes[to] == b'#' {
            let next = after(to + 1);
            if to - from == 1 && next != b'#' && byte_class(next) >= SPACE {
                self.pending = Pending::Symbol { from, to: to + 1 };
            }
        } else if after(to + 1) == b'+' {
            let next = after(to + 2);
            if next != b'+' && !next.is_ascii_alphabetic() {
                self.pending = Pending::Symbol { from, to: to + 2 };
            }
        }
    }

    /// `.NET`, `ASP.NET`, but not `example.net`: leaves the symbol pending.
    fn find_net(&mut self, from: usize, to: usize) {
        let bytes = self.text.as_bytes();
        let word = &bytes[from..to];
        let apart = from < 2 || byte_class(bytes[from - 2]) == SPACE;
        if word == b"NET" || (apart && word.eq_ignore_ascii_case(b"net")) {
            self.pending = Pending::Symbol { from: from - 1, to };
        }
    }

    /// Looks at a character beyond ASCII at `at`; false where it begins no token.
    fn wide(&mut self) -> bool {
        let Some(c) = self.text[self.at..].chars().next() else {
            return false;
        };
        let from = self.at;
        match class(c) {
            Class::Other | Class::Mark => {
                self.at += c.len_utf8();
                false
            }
            Class::Word => self.wide_word(),
            Class::Unit => {
                if let Some((from, to)) = self.read_unit() {
                    self.pending = Pending::Unit { from, to };
                }
                self.give_pending()
            }
            Class::Emoji | Class::Flag => {
                let mut to = from + c.len_utf8();
                if class(c) == Class::Flag
                    && let Some(second) = self.text[to..].chars().next()
                    && class(second) == Class::Flag
                {
                    to += second.len_utf8();
                }
                self.at = to;
                let out = &mut self.buffers.token.text;
                out.clear();
                out.push_str(&self.text[from..to]);
                self.place(Kind::Emoji, from, to, self.position);
                self.position += 1;
                true
            }
        }
    }
}

impl TokenStream for Words<'_> {
    fn advance(&mut self) -> bool {
        if self.give_pending() {
            return true;
        }
        let bytes = self.text.as_bytes();
        loop {
            while self.at < bytes.len() && byte_class(bytes[self.at]) == SPACE {
                self.at += 1;
            }
            if self.at >= bytes.len() {
                return false;
            }
            let found = if bytes[self.at] < 0x80 {
                self.ascii_word()
            } else {
                self.wide()
            };
            if found {
                return true;
            }
        }
    }

    fn token(&self) -> &Token {
        &self.buffers.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.buffers.token
    }
}

/// The tokenizer as tantivy wants it.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordTokenizer {
    buffers: Buffers,
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = Words<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words<'a> {
        Words::new(text, &mut self.buffers)
    }
}

#[cfg(test)]
mod tests;
