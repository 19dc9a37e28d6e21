//! What a person typed into a search, understood leniently.
//! Gets any text. Gives clauses of words, phrases and prefixes, with hints for what was left out.
//! Never: fails, or gives a character of the text to a query parser; what is no sign of this small
//! language is a word.
//!
//! The language: words (all must be there), `"a phrase"`, `begin*`, `-without`, `this OR that`.

use tantivy::tokenizer::TokenStream;

use crate::stores::search::words::{Buffers, Kind, Words};

/// Longer texts are cut.
const MAX_CHARS: usize = 512;
/// More words are left out.
const MAX_PIECES: usize = 32;
/// More tokens of one phrase are left out.
const MAX_ATOMS: usize = 48;

/// One token to look for; `offset` is its position within its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Atom {
    pub offset: usize,
    pub text: String,
    /// True where the token only has to begin like this.
    pub prefix: bool,
    /// False for signs and symbols, in which no typing error is looked for.
    pub word: bool,
}

/// One way in which a piece may stand in a text: tokens at these offsets.
pub(crate) type Form = Vec<Atom>;

/// A word or phrase; it is there where one of its forms is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// As typed, without quotes and signs.
    pub source: String,
    /// The first holds all tokens in a row.
    pub forms: Vec<Form>,
}

/// Alternatives, one of which must be there.
pub(crate) type Clause = Vec<Piece>;

/// The whole question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ask {
    pub must: Vec<Clause>,
    pub not: Vec<Piece>,
    /// For people, about what was left out.
    pub hints: Vec<String>,
}

/// A piece of the text before its words are looked at.
struct Raw<'a> {
    text: &'a str,
    quoted: bool,
    not: bool,
    prefix: bool,
}

impl Ask {
    /// Understands a text.
    pub(crate) fn parse(text: &str) -> Self {
        let mut ask = Self::default();
        let text = match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => {
                ask.hints
                    .push(format!("only the first {MAX_CHARS} characters were used"));
                &text[..end]
            }
            None => text,
        };
        let mut buffers = Buffers::default();
        let mut pieces = 0;
        let mut or = false;
        for raw in split(text) {
            if !raw.quoted && !raw.not && !raw.prefix && matches!(raw.text, "OR" | "AND") {
                or = raw.text == "OR";
                continue;
            }
            if pieces == MAX_PIECES {
                ask.hints
                    .push(format!("only the first {MAX_PIECES} words were used"));
                break;
            }
            let Some(piece) = piece(&raw, &mut buffers) else {
                continue;
            };
            pieces += 1;
            if raw.not {
                ask.not.push(piece);
            } else if let Some(clause) = ask.must.last_mut().filter(|_| or) {
                clause.push(piece);
            } else {
                ask.must.push(vec![piece]);
            }
            or = false;
        }
        ask
    }

    /// The same with the last word as the beginning of one, where somebody may still be typing it.
    pub(crate) fn unfinished(text: &str) -> Option<Self> {
        let text = text.trim_end();
        let last = split(text).last()?;
        let typed = text.ends_with(char::is_alphanumeric) && !last.quoted && !last.not;
        if !typed || last.prefix || text.chars().count() >= MAX_CHARS {
            return None;
        }
        let ask = Self::parse(&format!("{text}*"));
        let piece = ask.must.last()?.last()?;
        // A lone letter begins too many words to say anything.
        let long = |form: &Form| {
            form.len() > 1
                || form
                    .iter()
                    .any(|atom| atom.prefix && atom.text.chars().nth(1).is_some())
        };
        piece.forms.first().is_some_and(long).then_some(ask)
    }

    /// The pieces that should be there.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = &Piece> {
        self.must.iter().flatten()
    }

    /// What was asked for as one name (an id, an alias), where it may be one.
    pub(crate) fn name<'a>(&'a self, text: &'a str) -> &'a str {
        match (self.must.as_slice(), self.not.as_slice()) {
            ([clause], []) if clause.len() == 1 => &clause[0].source,
            _ => text.trim(),
        }
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201C}' | '\u{201D}' | '\u{201E}' | '«' | '»')
}

/// Splits a text at spaces and quotes. A quote that is not closed runs to the end.
fn split(text: &str) -> impl Iterator<Item = Raw<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let mut chars = rest.chars();
        let mut first = chars.next()?;
        let second = chars.clone().next();
        // `--flag` is a word that somebody looks for.
        let not = first == '-' && second.is_some_and(|c| !c.is_whitespace() && c != '-');
        if not {
            rest = &rest[1..];
            first = chars.next()?;
        }
        if is_quote(first) {
            let inner = &rest[first.len_utf8()..];
            let end = inner.find(is_quote).unwrap_or(inner.len());
            let after = inner[end..].chars().next().map_or(0, char::len_utf8);
            rest = &inner[end + after..];
            let prefix = rest.starts_with('*');
            return Some(Raw {
                text: &inner[..end],
                quoted: true,
                not,
                prefix,
            });
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || is_quote(c))
            .unwrap_or(rest.len());
        let word = &rest[..end];
        rest = &rest[end..];
        let bare = word.trim_end_matches('*');
        Some(Raw {
            text: bare,
            quoted: false,
            not,
            prefix: bare.len() < word.len(),
        })
    })
}

/// The forms of a piece; none where it holds no word.
fn piece(raw: &Raw<'_>, buffers: &mut Buffers) -> Option<Piece> {
    let mut row: Form = Vec::new();
    let mut joined: Option<(String, usize)> = None;
    let mut after_pair = false;
    let mut lone_sign = false;
    let mut ends_run = false;
    let mut words = Words::new(raw.text, buffers);
    while words.advance() && row.len() < MAX_ATOMS {
        let kind = words.kind();
        let token = words.token();
        let atom = Atom {
            offset: token.position,
            text: token.text.clone(),
            prefix: false,
            word: matches!(kind, Kind::Word | Kind::Part),
        };
        match kind {
            Kind::Joined => {
                if token.position == 0 {
                    joined = Some((atom.text, token.position_length));
                }
                continue;
            }
            Kind::Symbol => {
                row.pop();
                row.push(atom);
            }
            Kind::Last | Kind::Word | Kind::Part | Kind::Pair | Kind::Emoji => row.push(atom),
        }
        lone_sign = kind == Kind::Last && !after_pair;
        ends_run = kind == Kind::Last && after_pair;
        after_pair = kind == Kind::Pair;
    }
    // The last sign asked for need not be the last of its run in the text that is looked for;
    // alone it may be the first of a pair.
    if ends_run {
        row.pop();
    }
    let last = row.last_mut()?;
    last.prefix = lone_sign || (raw.prefix && last.word);
    let begin = row.first().map_or(0, |atom| atom.offset);
    for atom in &mut row {
        atom.offset -= begin;
    }
    let mut forms = vec![];
    if let Some((text, parts)) = joined
        && parts == row.len()
    {
        forms.push(vec![Atom {
            offset: 0,
            text,
            prefix: raw.prefix,
            word: true,
        }]);
    }
    if let [atom] = row.as_slice()
        && atom.word
        && !raw.quoted
        && let Some(cut) = number_at(&atom.text)
    {
        let part = |offset, text: &str| Atom {
            offset,
            text: text.to_owned(),
            prefix: offset == 1 && atom.prefix,
            word: true,
        };
        forms.push(vec![part(0, &atom.text[..cut]), part(1, &atom.text[cut..])]);
    }
    forms.insert(0, row);
    Some(Piece {
        source: raw.text.trim().to_owned(),
        forms,
    })
}

/// Where the number begins in a word like `ftr0014`, which may stand for `FTR-0014`.
fn number_at(word: &str) -> Option<usize> {
    let cut = word.find(|c: char| c.is_ascii_digit())?;
    let all_digits = word[cut..].bytes().all(|byte| byte.is_ascii_digit());
    (cut >= 2 && all_digits && word.is_ascii()).then_some(cut)
}

#[cfg(test)]
mod tests;
