//! `field=value` to an assignment. Never: knows the fields.

use crate::cli::error::Failure;
use crate::engine::Class;
use crate::model::intent::{Act, Assignment};

/// The signs between a field and its value, the longer ones first.
const SIGNS: [(&str, fn(&str) -> Act); 4] = [
    (":=", |text| Act::Typed(text.to_owned())),
    ("+=", |text| Act::Add(parts(text))),
    ("-=", |text| Act::Remove(parts(text))),
    ("=", |text| Act::Set(text.to_owned())),
];

/// Reads one argument.
pub(crate) fn assignment(text: &str) -> Result<Assignment, Failure> {
    let fault = || {
        Failure::new(
            Class::Usage,
            "no-assignment",
            format!("`{text}` is no `field=value`"),
        )
        .hint(
            "write `state=Done`, `estimate:=5`, `tags+=ui`, or `kanban unset` to take a field out",
        )
    };
    let equals = text.find('=').ok_or_else(fault)?;
    let (sign, act) = SIGNS
        .iter()
        .find(|(sign, _)| text[..=equals].ends_with(sign))
        .ok_or_else(fault)?;
    let field = text[..=equals]
        .strip_suffix(sign)
        .unwrap_or_default()
        .trim();
    if field.is_empty() || field.contains(['\n', '\r', ':', '<', '>', '!']) {
        return Err(fault());
    }
    Ok(Assignment {
        field: field.to_owned(),
        act: act(&text[equals + 1..]),
    })
}

/// Elements parted by commas.
fn parts(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, field: &str, act: Act) {
        let assignment = assignment(text).unwrap();
        assert_eq!((assignment.field.as_str(), assignment.act), (field, act));
    }

    #[test]
    fn each_sign_is_told_from_the_others() {
        check("state=Done", "state", Act::Set("Done".into()));
        check("title=a=b: c", "title", Act::Set("a=b: c".into()));
        check("title=", "title", Act::Set(String::new()));
        check("title=:=x", "title", Act::Set(":=x".into()));
        check("n:=5", "n", Act::Typed("5".into()));
        check(
            "tags+=a, b,,",
            "tags",
            Act::Add(vec!["a".into(), "b".into()]),
        );
        check("tags-=a", "tags", Act::Remove(vec!["a".into()]));
        check("a.b=c", "a.b", Act::Set("c".into()));
        check(
            "date created=2026-01-01",
            "date created",
            Act::Set("2026-01-01".into()),
        );
    }

    #[test]
    fn what_is_no_assignment_is_told() {
        for text in ["state", "=x", "+=x", "a>=3", "state:x=y", ""] {
            let failure = assignment(text).unwrap_err();
            assert_eq!(failure.code, "no-assignment", "{text}");
        }
    }
}
