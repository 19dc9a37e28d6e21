mod found;
mod people;
mod usual;

use proptest::prelude::*;

use super::*;
use crate::model::config::{PrivacyConfig, RedactionConfig};

/// One of every kind that must never leave, put together here so that this file holds none.
fn secrets() -> Vec<(&'static str, String)> {
    let run = |count: usize| {
        "aB3dE5gH7jK9mN1pQ2"
            .chars()
            .cycle()
            .take(count)
            .collect::<String>()
    };
    vec![
        ("key", format!("{}{}", "AKIA", "IOSFODNN7EXAMPLE")),
        ("key", format!("{}{}", "AIza", run(35))),
        ("key", format!("{}_{}", "sk_live", run(24))),
        ("key", format!("sk-{}", run(40))),
        (
            "key",
            format!(
                "-----BEGIN {0}-----\nMIIE{1}\n-----END {0}-----",
                "RSA PRIVATE KEY",
                run(60)
            ),
        ),
        ("token", format!("{}_{}", "ghp", run(36))),
        ("token", format!("{}_{}", "github_pat", run(40))),
        ("token", format!("{}-{}", "glpat", run(20))),
        ("token", format!("{}-1234567890-{}", "xoxb", run(24))),
        ("token", format!("{}_{}", "npm", run(36))),
        (
            "token",
            format!("eyJ{}.eyJ{}.{}", run(20), run(30), run(40)),
        ),
        ("email", "ada.lovelace@example.org".to_owned()),
        ("email", "jörg@müller-söhne.de".to_owned()),
        ("phone", "+49 30 1234567".to_owned()),
        ("phone", "+1 (415) 555-0132".to_owned()),
        ("phone", "(415) 555-0132".to_owned()),
        ("phone", "0171 2345678".to_owned()),
        ("card", "4111 1111 1111 1111".to_owned()),
        ("card", "5500-0055-5555-5559".to_owned()),
        ("card", "378282246310005".to_owned()),
    ]
}

fn all() -> Redactor {
    Redactor::new(&RedactionConfig::default()).unwrap()
}

/// Finds everything, and these people.
fn forgetting_all(written: &[&str]) -> Redactor {
    let names = written.iter().flat_map(|written| names(written));
    let people = Forgotten::new(names.map(|name| person(&name, None)));
    Redactor::new(&RedactionConfig::default())
        .unwrap()
        .forgetting(people)
}

#[test]
fn every_kind_is_found_where_it_may_stand() {
    let redactor = all();
    for (kind, secret) in secrets() {
        for (before, after) in [
            ("", ""),
            ("see ", " there"),
            ("title: ", "\n"),
            ("title: \"", "\"\n"),
            ("2026-01-02 10:00 [a] said (", ")."),
            ("<", ">"),
            ("- ", ", and more"),
            ("名前は", "です"),
        ] {
            let text = format!("{before}{secret}{after}");
            let redacted = redactor.redact(&text);
            let Some(redacted) = redacted else {
                panic!("{kind}: nothing found in {text:?}");
            };
            assert!(!redacted.contains(&secret), "{kind}: {redacted}");
            assert!(
                redacted.contains(&format!("«redacted-{kind}»")),
                "{kind}: {redacted}"
            );
            if !after.is_empty() {
                assert!(redacted.ends_with(after), "{redacted}");
            }
            if before != "名前は" {
                assert!(redacted.starts_with(before), "{redacted}");
            }
        }
    }
}

#[test]
fn named_values_are_found_by_their_names() {
    let redactor = all();
    for (text, wanted) in [
        ("api_key: f00Ba9xQ2pL7vT3z", "api_key: «redacted-key»"),
        (
            "DB_PASSWORD=\"tr0ub4dor&3xyzA9\"",
            "DB_PASSWORD=\"«redacted-key»\"",
        ),
        (
            "postgres://app:hunter2@db:5432/x",
            "postgres://app:«redacted-key»@db:5432/x",
        ),
        (
            "Authorization: Bearer a8f5f167f44f4964e6c998dee827110c",
            "Authorization: Bearer «redacted-token»",
        ),
    ] {
        assert_eq!(redactor.redact(text).as_deref(), Some(wanted));
    }
}

#[test]
fn ordinary_text_stays() {
    let redactor = all();
    for text in [
        "id: KABSD-TSK-0042",
        "created: 2026-01-02\nupdated: 2026-01-02T10:11:12Z",
        "+2026-01-02 10:11",
        "## 2026-01-02 to 2026-03-04",
        "token: the word that a parser reads",
        "password: ask the administrator",
        "uid: 0190e5f2-7c1a-7d3e-9b2a-1f2e3d4c5b6a",
        "uid: 01940000-0000-7000-8000-000000000007, and 41940000-0000-7000-8000-000000000007",
        "[x](01940000-0171-2345-6780-000000000007.md)",
        "sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "blake3 af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adf112b7ca9e1d3e5b1e3f5a",
        "git@github.com:acme/backlog.git",
        "version 1.10.0 of 10.0.0.1 on port 5432",
        "20260102030405 is a time, 1234567890123456 no card",
        "@alice and #tag, see [x](a/b.md)",
        "line 0014 of 2026",
        "costs 1 000 000 or 12.345.678,90",
    ] {
        assert_eq!(redactor.redact(text), None, "{text}");
    }
}

#[test]
fn detectors_are_chosen_and_patterns_added() {
    let config = RedactionConfig {
        detectors: Some(vec!["email".to_owned()]),
        patterns: vec![("badge".to_owned(), r"\bB-\d{6}\b".to_owned())],
    };
    let redactor = Redactor::new(&config).unwrap();
    assert_eq!(
        redactor.redact("B-123456 a@b.io +49 30 1234567").unwrap(),
        "«redacted-badge» «redacted-email» +49 30 1234567"
    );
    for config in [
        RedactionConfig {
            detectors: Some(vec!["emails".to_owned()]),
            patterns: vec![],
        },
        RedactionConfig {
            detectors: None,
            patterns: vec![("x".to_owned(), "(".to_owned())],
        },
        RedactionConfig {
            detectors: None,
            patterns: vec![("a»b".to_owned(), "x".to_owned())],
        },
    ] {
        assert!(Redactor::new(&config).is_err());
    }
}

fn withheld(paths: &[&str], kinds: &[&str], keys: &[&str]) -> Withheld {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Withheld::new(&PrivacyConfig {
        paths: owned(paths),
        kinds: owned(kinds),
        keys: owned(keys),
    })
    .unwrap()
}

#[test]
fn paths_are_withheld_with_all_below_them() {
    let rules = withheld(&["private/", "**/*.secret.md", "hr/*.md"], &[], &[]);
    for path in [
        "private/a.md",
        "Private/b/c.md",
        "x/y.secret.md",
        "hr/pay.md",
    ] {
        assert!(rules.hides_path(path), "{path}");
    }
    for path in ["a.md", "hr/2026/a.md", "privately.md"] {
        assert!(!rules.hides_path(path), "{path}");
    }
}

#[test]
fn paths_mean_what_they_say_or_are_refused() {
    for rule in [
        "/notes/private",
        "./notes/private/",
        "notes//private",
        "/Notes/./private",
    ] {
        let rules = withheld(&[rule], &[], &[]);
        assert!(rules.hides_path("notes/private/a.md"), "{rule}");
        assert!(!rules.hides_path("notes/a.md"), "{rule}");
    }
    for rule in ["/", ".", "./"] {
        assert!(withheld(&[rule], &[], &[]).hides_path("a/b.md"), "{rule}");
    }
    // As one system writes a name, and as another one does.
    assert!(withheld(&["priv\u{e9}"], &[], &[]).hides_path("prive\u{301}/a.md"));
    assert!(withheld(&["prive\u{301}"], &[], &[]).hides_path("priv\u{e9}/a.md"));
    for rule in ["!secret", "", "  ", "../secret", "a/../b", "[a"] {
        let config = PrivacyConfig {
            paths: vec![rule.to_owned()],
            ..PrivacyConfig::default()
        };
        assert!(Withheld::new(&config).is_err(), "{rule}");
    }
}

#[test]
fn a_frontmatter_that_nobody_recognizes_withholds_too() {
    let rules = withheld(&[], &["Journal"], &["private", "meta.secret"]);
    for text in [
        "\n---\nprivate: true\n---\n",
        " ---\n private: true\n---\n",
        "<!-- c -->\n---\nprivate: yes # pay\n---\n",
        "----\nPrivate : 'true'\n----\n",
        "\n---\nmeta:\n  secret: 1\n---\n",
        "\n---\nprivate:\n  why: pay\n---\n",
        "\n+++\nprivate = true\n+++\n",
        "x {\n \"private\": true,\n}\n",
        "\n---\ntype: journal\n---\n",
        "\u{fffd}p\u{fffd}r\u{fffd}i\u{fffd}v\u{fffd}a\u{fffd}t\u{fffd}e\u{fffd}:\u{fffd}y\u{fffd}",
    ] {
        assert!(rules.hides_text(text), "{text}");
    }
    for text in [
        "",
        "# Notes\n\nprivate: no\n",
        "\n---\nprivate: false\n---\n",
        "It is private: nobody knows",
        "\n---\nprivate:\n---\n",
    ] {
        assert!(!rules.hides_text(text), "{text}");
    }
    assert!(!withheld(&["x"], &[], &[]).hides_text("private: true"));
}

#[test]
fn items_are_withheld_by_kind_and_key() {
    let rules = withheld(&[], &["Journal"], &["private", "meta.confidential"]);
    for frontmatter in [
        r#"{"private":true}"#,
        r#"{"private":"yes"}"#,
        r#"{"Private":"because"}"#,
        r#"{"meta":{"confidential":1}}"#,
        r#"{"meta.confidential":true}"#,
        r#"{"private":["board"]}"#,
        r#"{"private":{"why":"pay"}}"#,
        r#"{"private":{}}"#,
        r#"{"meta":{"confidential":{"a":false}}}"#,
        "no json",
    ] {
        assert!(rules.hides(None, frontmatter, true), "{frontmatter}");
    }
    for frontmatter in [
        "{}",
        r#"{"private":false}"#,
        r#"{"private":"no"}"#,
        r#"{"private":null}"#,
        r#"{"privately":true}"#,
        r#"{"meta":{"confidential":"off"}}"#,
        r#"{"meta":true}"#,
    ] {
        assert!(!rules.hides(None, frontmatter, true), "{frontmatter}");
    }
    assert!(rules.hides(Some("journal"), "{}", true));
    assert!(!rules.hides(Some("Task"), "{}", true));
    // Nobody can tell what an unreadable frontmatter says.
    assert!(rules.hides(None, "{}", false));
    assert!(!withheld(&["x"], &[], &[]).hides(None, "{}", false));
}

proptest! {
    /// Once blotted out, nothing is left to find, and what is around a secret stays as it was.
    #[test]
    fn redacting_is_complete_and_touches_nothing_else(
        before in "[ -~äß漢\n]{0,40}",
        after in "[ -~äß漢\n]{0,40}",
        which in 0_usize..20,
    ) {
        let redactor = all();
        let (_, secret) = secrets().swap_remove(which);
        let text = format!("{before}\n{secret}\n{after}");
        let redacted = redactor.redact(&text).unwrap();
        prop_assert!(!redacted.contains(&secret));
        prop_assert_eq!(redactor.redact(&redacted), None);
        let alone = |part: &str| redactor.redact(part).unwrap_or_else(|| part.to_owned());
        // A key that is not closed runs to the end.
        if !secret.contains("PRIVATE") && !before.contains("-----") && !after.contains("-----") {
            prop_assert!(redacted.ends_with(&alone(&after)) , "{}", redacted);
        }
    }

    #[test]
    fn any_text_is_redacted_for_good(text in "\\PC{0,200}") {
        let redactor = all();
        if let Some(redacted) = redactor.redact(&text) {
            prop_assert_eq!(redactor.redact(&redacted), None);
        }
    }
}
