//! From what was asked to the text of a `tsquery`, for the words of `vector`.
//! Gets a text. Gives what the first pass of the search index would look for, its marker and its hints.
//! Never: looks for what is near a word; a server's index has no such order of terms.

use crate::stores::search::ask::{Ask, Form, Piece};
use crate::stores::search::fields::{whole_id, whole_name};
use crate::stores::search::fold::fold_whole;
use crate::stores::search::marker::Marker;

/// A search as a Postgres server understands it.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Nothing where there is nothing to look for.
    pub query: Option<String>,
    /// The items whose id, or whose alias or uid, is the whole question.
    pub id: String,
    pub name: String,
    /// Marks the hits in bodies.
    pub marker: Marker,
    /// For people, about how the text was understood.
    pub hints: Vec<String>,
    /// True where nothing but words to leave out was given.
    pub only_excludes: bool,
    /// True where no word was given.
    pub wordless: bool,
}

/// What is asked for as it is written.
pub(crate) fn wanted(text: &str) -> Wanted {
    let ask = Ask::parse(text);
    let folded = fold_whole(ask.name(text));
    let id = quoted(&whole_id(&folded));
    let name = quoted(&whole_name(&folded));
    let only_excludes = ask.must.is_empty() && !ask.not.is_empty();
    let names = format!("{id} | {name}");
    let found = match words(&ask) {
        Some(words) => format!("({names} | {words})"),
        None => format!("({names})"),
    };
    Wanted {
        query: (!only_excludes).then(|| without(&ask, found)),
        id,
        name,
        marker: Marker::exact(&ask),
        wordless: ask.must.is_empty(),
        hints: ask.hints,
        only_excludes,
    }
}

/// The same with the last word as the beginning of one, where somebody may still be typing it.
pub(crate) fn unfinished(text: &str) -> Option<Wanted> {
    let ask = Ask::unfinished(text)?;
    let words = words(&ask)?;
    Some(Wanted {
        query: Some(without(&ask, words)),
        marker: Marker::exact(&ask),
        hints: vec!["the last word is taken as the beginning of one".to_owned()],
        ..wanted(text)
    })
}

/// All of the clauses.
fn words(ask: &Ask) -> Option<String> {
    let clauses = ask.must.iter();
    let clauses: Vec<String> = clauses
        .map(|clause| any(clause.iter().map(piece).collect()))
        .collect();
    (!clauses.is_empty()).then(|| format!("({})", clauses.join(" & ")))
}

fn without(ask: &Ask, found: String) -> String {
    let excluded = ask.not.iter();
    excluded.fold(found, |found, one| format!("{found} & !{}", piece(one)))
}

fn piece(piece: &Piece) -> String {
    any(piece.forms.iter().map(form).collect())
}

/// Tokens in a row, each so far behind the one before as it stands.
fn form(form: &Form) -> String {
    let mut text = String::new();
    let mut before = None;
    for atom in form {
        if let Some(before) = before {
            text += &format!(" <{}> ", atom.offset - before);
        }
        before = Some(atom.offset);
        text += &quoted(&atom.text);
        if atom.prefix {
            text += ":*";
        }
    }
    format!("({text})")
}

fn any(alternatives: Vec<String>) -> String {
    format!("({})", alternatives.join(" | "))
}

fn quoted(lexeme: &str) -> String {
    format!("'{}'", lexeme.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples() {
        let query = |text: &str| {
            let wanted = wanted(text).query.unwrap_or_default();
            let (_, words) = wanted.split_once(" | ").unwrap_or_default();
            let (_, words) = words.split_once(" | ").unwrap_or_default();
            words.to_owned()
        };
        for (text, expected) in [
            ("cache", "((('cache')))"),
            ("cache -git", "(((('cache'))))) & !(('git'))"),
            ("\"a b\" OR c*", "((('a' <1> 'b')) | (('c':*)))"),
        ] {
            let found = query(text);
            assert!(
                found.contains(expected) || found == expected,
                "{text}: {found}"
            );
        }
        assert_eq!(wanted("-git").query, None);
        assert_eq!(wanted("o'x\\").id, "'=o''x\\\\'");
    }
}
