//! `Filter` to a condition on `item i`, with its binds. Pure; the meanings of the fields are
//! written down in docs/query.md.

use std::collections::HashMap;

use crate::model::sharing::Outbox;
use crate::query::error::QueryError;
use crate::query::field::{self, Field};
use crate::query::filter::{Filter, Op, Pattern, Term, Test, Value};
use crate::query::near::near_or_all;
use crate::query::sql::Binds;
use crate::query::sql::dialect::Collation::Fold;
use crate::query::sql::dialect::Dialect;
use crate::query::sql::text::{self, any};
use crate::stores::sqlite::rows;

/// True where the filter compares priorities, so that it needs their ranks.
pub(crate) fn compares_priorities(filter: &Filter) -> bool {
    filter.terms.iter().any(|term| match &term.test {
        Test::Words(_) => false,
        Test::Field { name, op, values } => {
            let ranges = values
                .iter()
                .any(|value| matches!(value, Value::Range { .. }));
            (op.orders() || ranges) && field::known(name) == Some(Field::Priority)
        }
    })
}

/// The columns whose different values a filter needs, so that it can compare as the index does.
pub(crate) fn compares_loosely(filter: &Filter) -> Vec<&'static str> {
    let mut columns = Vec::new();
    for term in &filter.terms {
        let Test::Field { name, op, values } = &term.test else {
            continue;
        };
        let column = match field::known(name) {
            Some(Field::Loose(column)) => column,
            Some(Field::Priority) => "priority",
            _ => continue,
        };
        let exact = |value: &Value| matches!(value, Value::One(pattern) if pattern.is_exact());
        if !op.orders() && values.iter().any(exact) && !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

/// What a condition depends on beside the filter.
pub(crate) struct Context<'a> {
    pub dialect: Dialect,
    /// Today as ISO date or time, for `7d` and `is:overdue`.
    pub now: &'a str,
    /// What the names mean that are no known fields, as `resolve` found out.
    pub extra: &'a HashMap<String, Field>,
    /// Priorities with their ranks, where the filter compares priorities.
    pub ranks: &'a [(String, i64)],
    /// The different values of columns that compare loosely, as far as they were looked up.
    pub values: &'a HashMap<&'static str, Vec<String>>,
    /// What waits to be published, and what was; nothing where the store has no outbox.
    pub outbox: Option<&'a Outbox>,
}

/// The condition; `TRUE` for the empty filter.
pub(crate) fn condition(
    filter: &Filter,
    context: &Context<'_>,
    binds: &mut Binds,
) -> Result<String, QueryError> {
    let mut writer = Writer { context, binds };
    let terms = filter
        .terms
        .iter()
        .map(|term| writer.term(term))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(if terms.is_empty() {
        "TRUE".to_owned()
    } else {
        terms.join(" AND ")
    })
}

/// Writes conditions and keeps their binds; the comparisons of values are in `value`.
pub(crate) struct Writer<'a> {
    pub context: &'a Context<'a>,
    pub binds: &'a mut Binds,
}

impl Writer<'_> {
    pub(crate) fn d(&self) -> Dialect {
        self.context.dialect
    }

    fn term(&mut self, term: &Term) -> Result<String, QueryError> {
        let test = match &term.test {
            Test::Words(words) => any(words.iter().map(|word| self.words(word)).collect()),
            Test::Field { name, op, values } => {
                let field = field::known(name)
                    .or_else(|| self.context.extra.get(name).cloned())
                    .ok_or_else(|| QueryError::UnknownField {
                        field: name.clone(),
                        near: Vec::new(),
                    })?;
                let tests = values
                    .iter()
                    .map(|value| self.value(name, &field, *op, value))
                    .collect::<Result<Vec<_>, _>>()?;
                any(tests)
            }
        };
        // Three-valued logic: what is unknown does not hold, and its negation does.
        Ok(if term.negated {
            format!("({test}) IS NOT TRUE")
        } else {
            format!("({test})")
        })
    }

    fn value(
        &mut self,
        name: &str,
        field: &Field,
        op: Op,
        value: &Value,
    ) -> Result<String, QueryError> {
        let unordered = || QueryError::Misused {
            message: format!("the values of `{name}` have no order"),
            hint: format!("write `{name}:VALUE`"),
        };
        let ordered = op.orders() || matches!(value, Value::Range { .. });
        match field {
            Field::Text(column) => Ok(self.scalar(&format!("i.{column}"), op, value)),
            Field::Loose(column) => Ok(self.loose(column, op, value)),
            Field::Date(column) => self.date(name, column, op, value),
            Field::Priority => Ok(self.priority(op, value)),
            Field::Key(key) => Ok(self.key(key, op, value)),
            Field::Title => Ok(match value {
                Value::One(pattern) if op == Op::Is && pattern.is_exact() => {
                    self.contains("i.title", &pattern.text)
                }
                _ => self.scalar("i.title", op, value),
            }),
            _ if ordered => Err(unordered()),
            Field::Word(column, words) => match value {
                Value::None => Ok(format!("i.{column} IS NULL")),
                Value::One(pattern) if pattern.is_exact() => {
                    let word = word(name, &pattern.text, words)?;
                    Ok(format!("i.{column} = {}", self.binds.add(word)))
                }
                _ => Ok(self.scalar(&format!("i.{column}"), op, value)),
            },
            Field::Has => self.has(value),
            Field::State => self.state(value),
            Field::Sync => self.outbox(name, value),
            Field::Severity => match value {
                Value::One(pattern) if pattern.is_exact() => {
                    let word = word(name, &pattern.text, field::SEVERITIES)?;
                    Ok(format!(
                        "i.item IN (SELECT q.item FROM problem q WHERE q.severity = {})",
                        self.binds.add(word)
                    ))
                }
                _ => Ok("i.item NOT IN (SELECT q.item FROM problem q)".to_owned()),
            },
            Field::Body
            | Field::Path
            | Field::Hash(_)
            | Field::Tag
            | Field::Person(_)
            | Field::Link(_)
            | Field::Under
            | Field::Problem
            | Field::Words => match value {
                Value::None => Ok(self.none(field)),
                Value::One(pattern) => Ok(self.pattern(field, op, pattern)),
                Value::Range { .. } => Err(unordered()),
            },
        }
    }

    fn outbox(&mut self, name: &str, value: &Value) -> Result<String, QueryError> {
        let outbox = self.context.outbox.ok_or_else(|| QueryError::Misused {
            message: format!(
                "`{name}` asks how this clone publishes, and the shared cache has no outbox"
            ),
            hint: "ask with `--store sqlite`".to_owned(),
        })?;
        let (sign, paths) = match value {
            Value::One(pattern) if pattern.is_exact() => {
                match word(name, &pattern.text, field::SYNCED)? {
                    "pending" => ("IN", vec![&outbox.pending]),
                    "failed" => ("IN", vec![&outbox.failed]),
                    _ => ("IN", vec![&outbox.synced]),
                }
            }
            Value::One(_) | Value::None | Value::Range { .. } => {
                let all = vec![&outbox.pending, &outbox.synced, &outbox.failed];
                let sign = if *value == Value::None {
                    "NOT IN"
                } else {
                    "IN"
                };
                (sign, all)
            }
        };
        let paths: Vec<&String> = paths.into_iter().flatten().collect();
        let list = serde_json::to_string(&paths).expect("because texts have a JSON form");
        let list = self.binds.add(list);
        Ok(format!(
            "i.path {sign} (SELECT value FROM json_each({list}))"
        ))
    }

    fn none(&mut self, field: &Field) -> String {
        match field {
            Field::Tag => "NOT EXISTS (SELECT 1 FROM tag t WHERE t.item = i.item)".to_owned(),
            Field::Person(None) => {
                "NOT EXISTS (SELECT 1 FROM person p WHERE p.item = i.item)".to_owned()
            }
            Field::Person(Some(role)) if role == "owner" => "i.owner IS NULL".to_owned(),
            Field::Person(Some(role)) => format!(
                "NOT EXISTS (SELECT 1 FROM person p WHERE p.item = i.item \
                 AND p.role = {})",
                self.binds.add(role.as_str())
            ),
            Field::Link(Some(relation)) if relation == "parent" => "i.parent IS NULL".to_owned(),
            Field::Link(Some(relation)) => format!(
                "NOT EXISTS (SELECT 1 FROM link l WHERE l.item = i.item \
                 AND l.rel = {})",
                self.rel(relation)
            ),
            Field::Link(None) => {
                "NOT EXISTS (SELECT 1 FROM link l WHERE l.item = i.item)".to_owned()
            }
            Field::Under => "i.parent IS NULL".to_owned(),
            Field::Problem => "i.item NOT IN (SELECT q.item FROM problem q)".to_owned(),
            Field::Body => {
                "EXISTS (SELECT 1 FROM content c WHERE c.item = i.item AND c.body = '')".to_owned()
            }
            // Every item has these.
            _ => "FALSE".to_owned(),
        }
    }

    fn pattern(&mut self, field: &Field, op: Op, pattern: &Pattern) -> String {
        match field {
            Field::Body => {
                let test = self.contains("c.body", &pattern.text);
                format!("EXISTS (SELECT 1 FROM content c WHERE c.item = i.item AND {test})")
            }
            Field::Path => self.path(op, pattern),
            Field::Hash(column) => {
                let begin = Pattern {
                    open_end: true,
                    ..pattern.clone()
                };
                let hash = self.d().hex(&format!("o.{column}"));
                let test = self.matches(&hash, &begin);
                format!("EXISTS (SELECT 1 FROM outline o WHERE o.item = i.item AND {test})")
            }
            Field::Tag => {
                let tag = Pattern {
                    text: pattern.text.trim_start_matches('#').to_owned(),
                    ..pattern.clone()
                };
                let test = self.matches("t.tag", &tag);
                format!("i.item IN (SELECT t.item FROM tag t WHERE {test})")
            }
            Field::Person(role) => self.person(role.as_deref(), pattern),
            Field::Link(relation) => self.link(relation.as_deref(), pattern),
            Field::Under => {
                let named = self.named(&pattern.text);
                text::under(self.d(), &named)
            }
            Field::Problem => {
                let test = self.matches("q.code", pattern);
                format!("i.item IN (SELECT q.item FROM problem q WHERE {test})")
            }
            _ => self.words(pattern),
        }
    }

    /// Free words: in title, id, tags or body.
    fn words(&mut self, pattern: &Pattern) -> String {
        let tests = vec![
            self.contains("i.title", &pattern.text),
            self.contains("i.id", &pattern.text),
            {
                let test = self.contains("t.tag", &pattern.text);
                format!("i.item IN (SELECT t.item FROM tag t WHERE {test})")
            },
            {
                let test = self.contains("c.body", &pattern.text);
                format!("EXISTS (SELECT 1 FROM content c WHERE c.item = i.item AND {test})")
            },
        ];
        any(tests)
    }

    fn path(&mut self, op: Op, pattern: &Pattern) -> String {
        let plain = pattern.text.trim_start_matches("./");
        if op == Op::Equal || !pattern.is_exact() {
            return self.matches("i.path", pattern);
        }
        let folder = Pattern {
            text: format!("{}/", plain.trim_end_matches('/')),
            open_start: false,
            open_end: true,
        };
        let inside = self.matches("i.path", &folder);
        if plain.ends_with('/') {
            return inside;
        }
        let file = self.matches("i.path", &Pattern::exact(plain));
        let companion = self.matches("i.companion", &Pattern::exact(plain));
        any(vec![file, companion, inside])
    }

    fn person(&mut self, role: Option<&str>, pattern: &Pattern) -> String {
        let names = if pattern.is_exact() {
            let plain = pattern.text.trim_start_matches('@');
            vec![
                self.matches("p.name", &Pattern::exact(plain)),
                self.matches("p.name", &Pattern::exact(format!("@{plain}"))),
            ]
        } else {
            vec![self.matches("p.name", pattern)]
        };
        let names = any(names);
        // Where nobody has the role, a convention may still name an owner: a decider, for one.
        let owner = (role == Some("owner")).then(|| names.replace("p.name", "i.owner"));
        let role = match role {
            Some(role) => format!(" AND p.role = {}", self.binds.add(role)),
            None => String::new(),
        };
        let mut tests = vec![format!(
            "i.item IN (SELECT p.item FROM person p WHERE {names}{role})"
        )];
        tests.extend(owner);
        any(tests)
    }

    fn link(&mut self, relation: Option<&str>, pattern: &Pattern) -> String {
        let mut of = |relation: Option<&str>| match relation {
            Some(relation) => format!("l.rel = {}", self.rel(relation)),
            None => "TRUE".to_owned(),
        };
        let said = of(relation);
        let inverse = relation.and_then(field::inverse);
        let inverse = inverse.map(|inverse| of(Some(inverse)));
        if !pattern.is_exact() {
            let written = self.matches(text::TARGET, pattern);
            return format!("i.item IN (SELECT l.item FROM link l WHERE {said} AND {written})");
        }
        let named = self.named(&pattern.text);
        // A link that leads nowhere says its target itself.
        let written = self.matches("l.target", pattern);
        let mut tests = vec![
            format!(
                "i.item IN (SELECT l.item FROM link l WHERE l.target_item IN ({named}) AND {said})"
            ),
            format!(
                "i.item IN (SELECT l.item FROM link l \
                 WHERE l.target_item IS NULL AND {said} AND {written})"
            ),
        ];
        if let Some(said) = inverse {
            tests.push(format!(
                "i.item IN (SELECT l.target_item FROM link l WHERE l.item IN ({named}) AND {said})"
            ));
        }
        any(tests)
    }

    /// A select of the items that REF may name: by path, id, alias, uid or file stem.
    fn named(&mut self, reference: &str) -> String {
        let folded = rows::folded(reference);
        let path = self
            .binds
            .path(self.d(), reference.trim_start_matches("./"));
        let key = self.binds.name(self.d(), &folded);
        let (uid_key, _) = self.binds.uids(self.d(), &folded);
        let folded = self.binds.add(folded);
        let uid = self.d().equal(Fold, "m.uid", &folded);
        let names = self.d().names(&folded);
        format!(
            "SELECT n.item FROM file n WHERE n.hash = {path} AND n.role = 0 UNION \
             SELECT n.item FROM {names} n WHERE n.class IN (2, 3, 5) AND n.key = {key} UNION \
             SELECT n.item FROM {names} n JOIN item m ON m.item = n.item \
             WHERE n.class = 4 AND n.key = {uid_key} AND {uid}"
        )
    }

    /// What the links of a relation have as `rel`.
    fn rel(&mut self, relation: &str) -> String {
        let name = self.binds.add(relation);
        self.d().rel(&name)
    }

    fn has(&mut self, value: &Value) -> Result<String, QueryError> {
        let thing = match value {
            Value::One(pattern) if pattern.is_exact() => pattern.text.as_str(),
            _ => "",
        };
        let lower = thing.to_ascii_lowercase();
        let singular = lower.strip_suffix('s').unwrap_or(&lower);
        let d = self.d();
        if let Some(test) = text::has(d, &lower).or_else(|| text::has(d, singular)) {
            return Ok(test);
        }
        let found = field::known(&lower)
            .or_else(|| field::known(singular))
            .or_else(|| self.context.extra.get(thing).cloned());
        match found {
            Some(Field::Text(column) | Field::Loose(column) | Field::Date(column)) => {
                Ok(format!("i.{column} IS NOT NULL"))
            }
            Some(Field::Word(column, _)) => Ok(format!("i.{column} IS NOT NULL")),
            Some(Field::Priority) => Ok("i.priority IS NOT NULL".to_owned()),
            Some(Field::Title | Field::Path | Field::Hash(_)) => Ok("TRUE".to_owned()),
            Some(Field::Key(key)) => Ok(self.key(&key, Op::Is, &anything())),
            Some(field @ (Field::Person(_) | Field::Link(_))) => {
                Ok(format!("NOT ({})", self.none(&field)))
            }
            _ => Err(QueryError::UnknownWord {
                place: "`has:`".to_owned(),
                word: thing.to_owned(),
                near: crate::query::near::near(
                    thing,
                    field::THINGS.iter().copied().chain(field::names()),
                ),
            }),
        }
    }

    fn state(&mut self, value: &Value) -> Result<String, QueryError> {
        let written = match value {
            Value::One(pattern) if pattern.is_exact() => pattern.text.as_str(),
            _ => "",
        };
        let state = word("`is:`", written, field::STATES)?;
        Ok(match state {
            "open" => text::IS_OPEN.to_owned(),
            "closed" => "i.phase IN ('done', 'dropped')".to_owned(),
            "active" | "blocked" | "done" | "dropped" => format!("i.phase = '{state}'"),
            "ok" | "invalid" | "conflicted" => format!("i.status = '{state}'"),
            "overdue" => {
                let today = self
                    .binds
                    .add(self.context.now.get(..10).unwrap_or_default());
                format!(
                    "(i.due < {today} AND i.due >= '0' \
                     AND (i.phase IS NULL OR i.phase NOT IN ('done', 'dropped')))"
                )
            }
            "orphan" => text::is_orphan(self.d()),
            "root" => "i.parent IS NULL".to_owned(),
            _ => format!("NOT ({})", text::has_children(self.d())),
        })
    }
}

fn anything() -> Value {
    Value::One(Pattern {
        text: String::new(),
        open_start: true,
        open_end: true,
    })
}

/// The fixed word that was meant, without regard to case.
fn word(
    place: &str,
    written: &str,
    words: &'static [&'static str],
) -> Result<&'static str, QueryError> {
    words
        .iter()
        .copied()
        .find(|word| word.eq_ignore_ascii_case(written))
        .ok_or_else(|| QueryError::UnknownWord {
            place: place.to_owned(),
            word: written.to_owned(),
            near: near_or_all(written, words),
        })
}

#[cfg(test)]
mod tests;
