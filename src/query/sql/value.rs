//! How a value of a query compares with an expression of SQL: as text, number, date or priority.
//! Pure.

use crate::query::dates;
use crate::query::error::QueryError;
use crate::query::filter::{Op, Pattern, Value};
use crate::query::sql::Bind;
use crate::query::sql::dialect::Collation::{Fold, Loose, Naturally, Nocase};
use crate::query::sql::filter::Writer;
use crate::query::sql::text::{self, any};
use crate::stores::sqlite::read::loose;

/// Behind every text that begins with the text before it.
pub(crate) const LAST: char = '\u{10FFFF}';

impl Writer<'_> {
    /// A value that compares as text, or as a number where both are numbers.
    pub(crate) fn scalar(&mut self, expression: &str, op: Op, value: &Value) -> String {
        match value {
            Value::None => format!("{expression} IS NULL"),
            Value::One(pattern) if op.orders() => self.ordered(expression, op, &pattern.text),
            Value::One(pattern) => self.matches(expression, pattern),
            Value::Range { from, to } => {
                let ends = [(from, Op::GreaterEqual), (to, Op::LessEqual)];
                let tests: Vec<String> = ends
                    .into_iter()
                    .filter_map(|(end, op)| Some(self.ordered(expression, op, end.as_ref()?)))
                    .collect();
                tests.join(" AND ")
            }
        }
    }

    pub(crate) fn ordered(&mut self, expression: &str, op: Op, written: &str) -> String {
        let sign = op.as_str();
        let as_text = match dates::resolve(written, self.context.now) {
            Some(date) => self.date_compare(expression, op, &date),
            None => {
                let word = self.binds.add(written);
                self.d().compare(Naturally, expression, sign, &word)
            }
        };
        match written.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                let number = self.binds.add(Bind::Real(number));
                let numeric = self.d().is_number(expression);
                let value = self.d().number(expression);
                format!("CASE WHEN {numeric} THEN {value} {sign} {number} ELSE {as_text} END")
            }
            _ => as_text,
        }
    }

    pub(crate) fn loose(&mut self, column: &str, op: Op, value: &Value) -> String {
        let expression = format!("i.{column}");
        match value {
            Value::One(pattern) if !op.orders() && pattern.is_exact() => {
                if let Some(values) = self.context.values.get(column) {
                    let same = values
                        .iter()
                        .filter(|value| loose(value, &pattern.text).is_eq());
                    let binds: Vec<String> =
                        same.map(|value| self.binds.add(value.as_str())).collect();
                    return match binds.is_empty() {
                        true => "FALSE".to_owned(),
                        false => format!("{expression} IN ({})", binds.join(", ")),
                    };
                }
                let bind = self.binds.add(pattern.text.as_str());
                self.d().equal(Loose, &expression, &bind)
            }
            Value::One(pattern) if !op.orders() => {
                let squeezed = Pattern {
                    text: pattern.text.replace([' ', '_', '-'], ""),
                    ..pattern.clone()
                };
                self.matches(&text::squeezed(&expression), &squeezed)
            }
            _ => self.scalar(&expression, op, value),
        }
    }

    /// By rank where item and value have one, else by the word itself.
    pub(crate) fn priority(&mut self, op: Op, value: &Value) -> String {
        match value {
            Value::Range {
                from: Some(from),
                to: Some(to),
            } => {
                // `low..high` and `high..low` mean the same.
                if let (Some(from), Some(to)) = (self.rank(from), self.rank(to)) {
                    let least = self.binds.add(from.min(to));
                    let most = self.binds.add(from.max(to));
                    return format!("i.priority_rank BETWEEN {least} AND {most}");
                }
                let up = [
                    self.priority_compare(Op::GreaterEqual, from),
                    self.priority_compare(Op::LessEqual, to),
                ];
                let down = [
                    self.priority_compare(Op::GreaterEqual, to),
                    self.priority_compare(Op::LessEqual, from),
                ];
                format!("({}) OR ({})", up.join(" AND "), down.join(" AND "))
            }
            Value::Range {
                from: Some(from),
                to: None,
            } => self.priority_compare(Op::GreaterEqual, from),
            Value::Range { from: None, to } => {
                self.priority_compare(Op::LessEqual, to.as_deref().unwrap_or_default())
            }
            Value::One(pattern) if op.orders() => self.priority_compare(op, &pattern.text),
            _ => self.loose("priority", op, value),
        }
    }

    pub(crate) fn priority_compare(&mut self, op: Op, word: &str) -> String {
        let sign = op.as_str();
        match self.rank(word) {
            Some(rank) => format!("i.priority_rank {sign} {}", self.binds.add(rank)),
            None => {
                let word = self.binds.add(word);
                self.d().compare(Naturally, "i.priority", sign, &word)
            }
        }
    }

    pub(crate) fn rank(&self, word: &str) -> Option<i64> {
        let ranks = self.context.ranks.iter();
        let same = ranks.filter(|(other, _)| loose(other, word).is_eq());
        same.map(|(_, rank)| *rank).min()
    }

    pub(crate) fn date(
        &mut self,
        name: &str,
        column: &str,
        op: Op,
        value: &Value,
    ) -> Result<String, QueryError> {
        let expression = format!("i.{column}");
        let resolved = |written: &str| {
            dates::resolve(written, self.context.now).ok_or_else(|| QueryError::Misused {
                message: format!("`{written}` is no date for `{name}`"),
                hint: "write `2026-01-31`, `2026-01`, `today`, `7d` (ago) or `+7d` (ahead)"
                    .to_owned(),
            })
        };
        match value {
            Value::One(pattern) if pattern.is_exact() => {
                let date = resolved(&pattern.text)?;
                Ok(self.date_compare(&expression, op, &date))
            }
            Value::Range { from, to } => {
                let from = from.as_deref().map(resolved).transpose()?;
                let to = to.as_deref().map(resolved).transpose()?;
                if let (Some(from), Some(to)) = (&from, &to)
                    && from > to
                    && !from.starts_with(to.as_str())
                {
                    return Err(QueryError::Misused {
                        message: format!("the range for `{name}` ends before it begins"),
                        hint: format!("write `{name}:{to}..{from}`"),
                    });
                }
                let ends = [(from, Op::GreaterEqual), (to, Op::LessEqual)];
                let tests: Vec<String> = ends
                    .into_iter()
                    .filter_map(|(end, op)| Some(self.date_compare(&expression, op, &end?)))
                    .collect();
                Ok(tests.join(" AND "))
            }
            _ => Ok(self.scalar(&expression, op, value)),
        }
    }

    /// A date is a prefix: all of a month or a day equals it. What is no date (`tbd`) is outside
    /// every order: dates begin with a digit, and `:` follows the digits.
    pub(crate) fn date_compare(&mut self, expression: &str, op: Op, date: &str) -> String {
        let first = self.binds.add(date);
        let mut last = || self.binds.add(format!("{date}{LAST}"));
        match op {
            Op::Is | Op::Equal => {
                format!("{expression} >= {first} AND {expression} <= {}", last())
            }
            Op::GreaterEqual => format!("{expression} >= {first} AND {expression} < ':'"),
            Op::Greater => format!("{expression} > {} AND {expression} < ':'", last()),
            Op::LessEqual => format!("{expression} <= {} AND {expression} >= '0'", last()),
            Op::Less => format!("{expression} < {first} AND {expression} >= '0'"),
        }
    }

    pub(crate) fn key(&mut self, key: &str, op: Op, value: &Value) -> String {
        let name = self.binds.add(key);
        let test = match value {
            Value::None => return format!("NOT {}", text::key_exists(self.d(), &name, "TRUE")),
            // A date is a prefix here as well.
            Value::One(pattern)
                if pattern.is_exact() && op == Op::Is && dates::is_date(&pattern.text) =>
            {
                let same = self.matches(self.d().scalar(), pattern);
                let begins = [format!("{}-", pattern.text), format!("{}T", pattern.text)];
                let mut tests = vec![same];
                for begin in begins {
                    let begin = Pattern {
                        text: begin,
                        open_start: false,
                        open_end: true,
                    };
                    tests.push(self.matches(self.d().scalar(), &begin));
                }
                any(tests)
            }
            _ => self.scalar(self.d().scalar(), op, value),
        };
        text::key_exists(self.d(), &name, &test)
    }

    pub(crate) fn contains(&mut self, expression: &str, part: &str) -> String {
        self.matches(
            expression,
            &Pattern {
                text: part.to_owned(),
                open_start: true,
                open_end: true,
            },
        )
    }

    /// Equality and LIKE, without case. SQLite knows the case of ASCII only: equality of other
    /// text uses our collation, and LIKE gets the four spellings that people write.
    pub(crate) fn matches(&mut self, expression: &str, pattern: &Pattern) -> String {
        if pattern.is_exact() {
            let collation = if pattern.text.is_ascii() {
                Nocase
            } else {
                Fold
            };
            let bind = self.binds.add(pattern.text.as_str());
            return self.d().equal(collation, expression, &bind);
        }
        if pattern.text.is_empty() {
            return format!("{expression} IS NOT NULL");
        }
        let tests = spellings(&pattern.text).into_iter().map(|spelling| {
            let bind = self.binds.add(like_pattern(&spelling, pattern));
            self.d().like(expression, &bind)
        });
        any(tests.collect())
    }
}

/// As written, lower, upper and capitalised, without repetition.
fn spellings(text: &str) -> Vec<String> {
    let mut found = vec![text.to_owned()];
    if !text.is_ascii() {
        let lower = text.to_lowercase();
        let mut letters = lower.chars();
        let capital: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .chain(letters)
            .collect();
        for spelling in [capital, text.to_uppercase(), lower] {
            if !found.contains(&spelling) {
                found.push(spelling);
            }
        }
    }
    found
}

fn like_pattern(text: &str, ends: &Pattern) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    if ends.open_start {
        pattern.push('%');
    }
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    if ends.open_end {
        pattern.push('%');
    }
    pattern
}
