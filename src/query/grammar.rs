//! Text to `Filter`, in time linear in the text. Total: any text gives a filter or an error with
//! the position of the mistake. Never: knows which fields there are.

use crate::query::error::QueryError;
use crate::query::filter::{
    Filter, Op, Pattern, Term, Test, Value, continues_name, is_name, starts_name,
};

/// Longest query in bytes.
const MAX_BYTES: usize = 16 * 1024;
/// Most terms, and most values over all terms: what one SQL statement takes easily.
const MAX_TERMS: usize = 100;
const MAX_VALUES: usize = 500;

/// Reads a query. The empty one matches every item.
pub(crate) fn parse(text: &str) -> Result<Filter, QueryError> {
    let mut reader = Reader {
        text,
        at: 0,
        values: 0,
    };
    if text.len() > MAX_BYTES {
        return Err(reader.fault(0, "it is too long", "at most 16 KiB"));
    }
    let mut filter = Filter::default();
    loop {
        reader.skip_space();
        if reader.at == text.len() {
            return Ok(filter);
        }
        if filter.terms.len() == MAX_TERMS {
            return Err(reader.fault(reader.at, "it has too many terms", "at most 100"));
        }
        filter.terms.push(reader.term()?);
    }
}

/// Joins the arguments of a command line to one query. An argument with spaces but without any
/// sign of the query language was quoted in the shell, so it stays together as one phrase.
pub(crate) fn join(arguments: &[String]) -> String {
    let mut query = String::new();
    for argument in arguments {
        if !query.is_empty() {
            query.push(' ');
        }
        let phrase = argument.contains(char::is_whitespace)
            && !argument.contains(['"', ':', '=', '<', '>', '\\']);
        if phrase {
            query.push('"');
        }
        query.push_str(argument);
        if phrase {
            query.push('"');
        }
    }
    query
}

/// The queries of a text that joins several by ` or `, which means that only outside of quotes.
pub(crate) fn alternatives(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut in_quotes) = (0, false);
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => in_quotes = !in_quotes,
            '\\' if in_quotes => drop(letters.next()),
            _ if in_quotes || !letter.is_whitespace() => {}
            space => {
                let rest = &text[at + space.len_utf8()..];
                if let Some(rest) = rest.strip_prefix("or")
                    && rest.starts_with(char::is_whitespace)
                {
                    found.push(&text[start..at]);
                    start = text.len() - rest.len();
                }
            }
        }
    }
    found.push(&text[start..]);
    let several = found.len() > 1;
    let found = found.into_iter().map(str::trim);
    // The empty query is every item, which nobody means beside another.
    found
        .filter(|query| !several || !query.is_empty())
        .collect()
}

struct Reader<'a> {
    text: &'a str,
    /// Byte offset, always on a character boundary.
    at: usize,
    values: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// True where a value may end.
    fn at_end(&self) -> bool {
        self.peek()
            .is_none_or(|letter| letter == ',' || letter.is_whitespace())
    }

    fn fault(&self, at: usize, message: impl Into<String>, hint: &str) -> QueryError {
        QueryError::Grammar {
            at: self.text[..at].chars().count(),
            message: message.into(),
            hint: hint.to_owned(),
        }
    }

    fn term(&mut self) -> Result<Term, QueryError> {
        let mut negated = false;
        let mut letters = self.rest().chars();
        let minus = letters.next() == Some('-');
        if minus && letters.next().is_some_and(|letter| !letter.is_whitespace()) {
            self.at += 1;
            negated = true;
        } else if self
            .rest()
            .get(..4)
            .is_some_and(|sign| sign.eq_ignore_ascii_case("not:"))
        {
            self.at += 4;
            negated = true;
            if self.at_end() {
                return Err(self.fault(self.at, "`not:` needs a term", "write `not:is:done`"));
            }
        }
        let test = match self.field()? {
            Some((name, op, flip)) => {
                negated ^= flip;
                self.field_values(name, op)?
            }
            None => Test::Words(self.words()?),
        };
        Ok(Term { negated, test })
    }

    /// A name and its operator, or nothing (and nothing is eaten) where free words stand.
    /// The flag is true for `!=`.
    fn field(&mut self) -> Result<Option<(String, Op, bool)>, QueryError> {
        let start = self.at;
        let name = if self.peek() == Some('"') {
            self.quoted()?
        } else {
            let rest = self.rest();
            let end = rest
                .find(|letter: char| !continues_name(letter))
                .unwrap_or(rest.len());
            let name = rest[..end].to_owned();
            if !name.chars().next().is_some_and(starts_name) {
                return Ok(None);
            }
            self.at += end;
            name
        };
        let op = if self.eat("!=") {
            Some((Op::Equal, true))
        } else if self.eat(":") {
            // `updated:>=2026-01-01` is what other tools write.
            Some((self.order_sign().unwrap_or(Op::Is), false))
        } else if self.eat("=") {
            Some((Op::Equal, false))
        } else {
            self.order_sign().map(|op| (op, false))
        };
        match op {
            Some((op, flip)) if !name.is_empty() => Ok(Some((name, op, flip))),
            _ => {
                self.at = start;
                Ok(None)
            }
        }
    }

    fn order_sign(&mut self) -> Option<Op> {
        // The longer signs first.
        [Op::LessEqual, Op::GreaterEqual, Op::Less, Op::Greater]
            .into_iter()
            .find(|op| self.eat(op.as_str()))
    }

    fn field_values(&mut self, name: String, op: Op) -> Result<Test, QueryError> {
        let mut values = Vec::new();
        loop {
            let start = self.at;
            if self.at_end() {
                let shown = if is_name(&name) {
                    name.as_str()
                } else {
                    "the field"
                };
                return Err(self.fault(
                    start,
                    format!("`{shown}{}` needs a value", op.as_str()),
                    "`has:FIELD` asks for any value, `FIELD:none` for no value",
                ));
            }
            let value = self.value()?;
            self.count()?;
            let exact = matches!(&value, Value::One(pattern) if pattern.is_exact());
            if op.orders() && !exact {
                return Err(self.fault(
                    start,
                    format!("`{}` needs one plain value", op.as_str()),
                    "a range is written `FIELD:from..to`",
                ));
            }
            values.push(value);
            if !self.eat(",") {
                return Ok(Test::Field { name, op, values });
            }
            if op.orders() {
                return Err(self.fault(
                    self.at,
                    format!("`{}` takes only one value", op.as_str()),
                    "write two terms",
                ));
            }
        }
    }

    fn words(&mut self) -> Result<Vec<Pattern>, QueryError> {
        let mut words = Vec::new();
        loop {
            if self.at_end() {
                return Err(self.fault(
                    self.at,
                    "a word is missing beside the comma",
                    "quote text that holds commas: \"a, b\"",
                ));
            }
            words.push(self.pattern(false)?);
            self.count()?;
            if !self.eat(",") {
                return Ok(words);
            }
        }
    }

    fn value(&mut self) -> Result<Value, QueryError> {
        let start = self.at;
        let quoted = self.peek() == Some('"');
        let from = if self.rest().starts_with("..") {
            None
        } else {
            Some(self.pattern(true)?)
        };
        if !self.eat("..") {
            return match from {
                Some(pattern) => Ok(
                    if !quoted && pattern.is_exact() && pattern.text.eq_ignore_ascii_case("none") {
                        Value::None
                    } else {
                        Value::One(pattern)
                    },
                ),
                None => Err(self.fault(start, "a value is missing", "")),
            };
        }
        let to = if self.at_end() {
            None
        } else {
            Some(self.pattern(true)?)
        };
        if from.is_none() && to.is_none() {
            return Err(self.fault(start, "a range needs at least one end", "`2026-01-01..`"));
        }
        if !self.at_end() {
            return Err(self.fault(self.at, "a range has two ends only", "quote text with `..`"));
        }
        let plain = |end: Option<Pattern>| match end {
            Some(pattern) if !pattern.is_exact() => {
                Err(self.fault(start, "an end of a range cannot hold `*`", "quote it"))
            }
            other => Ok(other.map(|pattern| pattern.text)),
        };
        Ok(Value::Range {
            from: plain(from)?,
            to: plain(to)?,
        })
    }

    /// One piece of text with its `*` at either end, up to a space, a comma or (where ranges may
    /// stand) `..`.
    fn pattern(&mut self, ranges: bool) -> Result<Pattern, QueryError> {
        if self.peek() == Some('"') || self.rest().starts_with("*\"") {
            let open_start = self.eat("*");
            let text = self.quoted()?;
            let open_end = self.eat("*");
            let ends = self.at_end() || (ranges && self.rest().starts_with(".."));
            if !ends {
                return Err(self.fault(
                    self.at,
                    "a space or a comma must follow the closing quote",
                    "write `\\\"` for a quote inside quotes",
                ));
            }
            return Ok(Pattern {
                text,
                open_start,
                open_end,
            });
        }
        let rest = self.rest();
        let mut end = rest
            .find(|letter: char| letter == ',' || letter.is_whitespace())
            .unwrap_or(rest.len());
        if ranges {
            end = rest[..end].find("..").unwrap_or(end);
        }
        let bare = &rest[..end];
        let (open_start, bare) = match bare.strip_prefix('*') {
            Some(bare) => (true, bare),
            None => (false, bare),
        };
        let (open_end, bare) = match bare.strip_suffix('*') {
            Some(bare) => (true, bare),
            // The lone `*` is open at both ends.
            None => (open_start && bare.is_empty(), bare),
        };
        let pattern = Pattern {
            text: bare.to_owned(),
            open_start,
            open_end,
        };
        self.at += end;
        Ok(pattern)
    }

    /// Text in double quotes; `\"` and `\\` stand for the sign itself.
    fn quoted(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        let mut text = String::new();
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                '\\' => match letters.next() {
                    Some((_, sign @ ('"' | '\\'))) => text.push(sign),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(self.fault(start, "the quote is not closed", "add a closing `\"`"))
    }

    fn count(&mut self) -> Result<(), QueryError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.fault(self.at, "it has too many values", "at most 500"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
