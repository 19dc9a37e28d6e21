//! What a query asks of an item, as a tree: terms joined by AND, values within a term by OR.
//! Made by `grammar`, printed back by `Display` (the law: parse of a printed filter is the filter),
//! turned into SQL by `sql::filter`. Never: knows which fields there are.

use std::fmt;

/// Every term must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    pub terms: Vec<Term>,
}

/// One term; `negated` turns it round, and an item without the field then matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    pub negated: bool,
    pub test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    /// Free words: one of them stands in the item's text.
    Words(Vec<Pattern>),
    /// One of the values holds for the field. Every `op` but `Is` and `Equal` has one exact value.
    Field {
        name: String,
        op: Op,
        values: Vec<Value>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// `:`, which every field reads in its own way.
    Is,
    /// `=`, which is exact where `:` is not.
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Op {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Is => ":",
            Self::Equal => "=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }

    /// True for the four that order values.
    pub(crate) fn orders(self) -> bool {
        !matches!(self, Self::Is | Self::Equal)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// `none`: the field is absent.
    None,
    One(Pattern),
    /// `from..to`, both ends included; one end may be missing, never both.
    Range {
        from: Option<String>,
        to: Option<String>,
    },
}

/// Text that a value must equal, or begin (`open_end`), end (`open_start`) or contain (both) with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub text: String,
    pub open_start: bool,
    pub open_end: bool,
}

impl Pattern {
    /// The text as it is.
    pub(crate) fn exact(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            open_start: false,
            open_end: false,
        }
    }

    pub(crate) fn is_exact(&self) -> bool {
        !self.open_start && !self.open_end
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            if at > 0 {
                out.write_str(" ")?;
            }
            write!(out, "{term}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            out.write_str("-")?;
        }
        match &self.test {
            Test::Words(words) => {
                for (at, word) in words.iter().enumerate() {
                    out.write_str(if at > 0 { "," } else { "" })?;
                    print_pattern(out, word)?;
                }
                Ok(())
            }
            Test::Field { name, op, values } => {
                if is_name(name) {
                    out.write_str(name)?;
                } else {
                    print_quoted(out, name)?;
                }
                out.write_str(op.as_str())?;
                for (at, value) in values.iter().enumerate() {
                    out.write_str(if at > 0 { "," } else { "" })?;
                    write!(out, "{value}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => out.write_str("none"),
            Self::One(pattern) => print_pattern(out, pattern),
            Self::Range { from, to } => {
                for (end, between) in [(from, ".."), (to, "")] {
                    if let Some(text) = end {
                        print_text(out, text)?;
                    }
                    out.write_str(between)?;
                }
                Ok(())
            }
        }
    }
}

/// True for a field name that needs no quotes. `not` would read as the negation.
pub(crate) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(starts_name)
        && letters.all(continues_name)
        && !text.eq_ignore_ascii_case("not")
}

pub(crate) fn starts_name(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

pub(crate) fn continues_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/')
}

fn print_pattern(out: &mut fmt::Formatter<'_>, pattern: &Pattern) -> fmt::Result {
    if pattern.text.is_empty() && pattern.open_start && pattern.open_end {
        return out.write_str("*");
    }
    out.write_str(if pattern.open_start { "*" } else { "" })?;
    print_text(out, &pattern.text)?;
    out.write_str(if pattern.open_end { "*" } else { "" })
}

/// Bare where that is surely read back as it stands, else quoted.
fn print_text(out: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/');
    if !text.is_empty()
        && text.chars().all(plain)
        && !text.contains("..")
        && !text.starts_with(['-', '.'])
        && !text.ends_with('.')
        && !text.eq_ignore_ascii_case("none")
    {
        return out.write_str(text);
    }
    print_quoted(out, text)
}

fn print_quoted(out: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    out.write_str("\"")?;
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.write_str("\\")?;
        }
        write!(out, "{letter}")?;
    }
    out.write_str("\"")
}
