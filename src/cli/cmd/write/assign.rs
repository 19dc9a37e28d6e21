//! `field=value` to an assignment, `OLD=NEW` to a rename. Never: knows the fields.

use crate::cli::error::{Failure, Stop};
use crate::engine::Class;
use crate::model::intent::{Act, Assignment, Intent};

/// Reads one argument.
pub(crate) fn assignment(text: &str) -> Result<Assignment, Stop> {
    let fault = || {
        let message = format!("`{text}` is no `field=value`");
        Stop::from(Failure::new(Class::Usage, "no-assignment", message).hint(
            "write `state=Done`, `estimate:=5`, `tags+=ui`, or `kanban unset` to take a field out",
        ))
    };
    let (head, value) = text.split_once('=').ok_or_else(fault)?;
    let (field, act) = match head.as_bytes().last() {
        Some(b':') => (&head[..head.len() - 1], Act::Typed(value.to_owned())),
        Some(b'+') => (&head[..head.len() - 1], Act::Add(parts(value))),
        Some(b'-') => (&head[..head.len() - 1], Act::Remove(parts(value))),
        _ => (head, Act::Set(value.to_owned())),
    };
    let field = field.trim();
    let is_word = |part: &str| !part.trim().is_empty();
    if !field.split('.').all(is_word) || field.contains(['\n', '\r', ':', '<', '>', '!']) {
        return Err(fault());
    }
    Ok(Assignment {
        field: field.to_owned(),
        act,
    })
}

/// Reads another name for a key.
pub(crate) fn rename(text: &str) -> Result<Intent, Stop> {
    let parts = text.split_once('=');
    let parts = parts.map(|(from, to)| (from.trim(), to.trim()));
    match parts.filter(|(from, to)| !from.is_empty() && !to.is_empty() && !to.contains('=')) {
        Some((from, to)) => Ok(Intent::Rename {
            from: from.to_owned(),
            to: to.to_owned(),
        }),
        None => {
            let message = format!("`{text}` is no `OLD=NEW`");
            let failure = Failure::new(Class::Usage, "no-rename", message);
            let hint = "name the key and what it is to be called: `--rename due=deadline`";
            Err(failure.hint(hint).into())
        }
    }
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
        for text in [
            "state",
            "a.=x",
            ".=x",
            "a..b=x",
            "=x",
            "+=x",
            "a>=3",
            "state:x=y",
            "",
        ] {
            let Stop::Failed(failure) = assignment(text).unwrap_err() else {
                panic!("{text}");
            };
            assert_eq!(failure.code, "no-assignment", "{text}");
        }
    }
}
