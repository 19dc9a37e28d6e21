//! Other readers of YAML see the text that was written.

use proptest::prelude::*;

use crate::edit::apply;
use crate::edit::tests::frontmatter::{LINES, NASTY, text};
use crate::model::document::Value;
use crate::model::edit::{KeyPath, Op, Wanted};
use crate::parse::{Source, decode, parse};

/// Blocks with a value that is to become another one, in every style that a scalar has.
const PLACES: [&str; 12] = [
    "t: x\n",
    "t: 'x'\n",
    "t: \"x\"\n",
    "t: |\n  x\n",
    "t: >-\n  x\n",
    "t:\n",
    "t: # c\n",
    "t: [a]\n",
    "t:\n- a\n",
    "t: {k: v}\n",
    "t:\n  k: v\n",
    "o: \"q\"\n",
];

fn check(place: &str, word: &str) {
    let text = Wanted::Text(word.to_owned());
    let (op, path): (_, &[&str]) = if place.contains('a') {
        let key = KeyPath::top("t");
        (
            Op::Set {
                key,
                value: Wanted::List(vec![text.clone(), text]),
            },
            &["t"],
        )
    } else if place.contains("k") {
        (
            Op::Set {
                key: KeyPath::dotted("t.k"),
                value: text,
            },
            &["t", "k"],
        )
    } else {
        (
            Op::Set {
                key: KeyPath::top("t"),
                value: text,
            },
            &["t"],
        )
    };
    let file = format!("---\n{place}---\nbody\n");
    let edited = apply(file.as_bytes(), Source::Markdown, &[op])
        .unwrap_or_else(|refused| panic!("{word:?} at {place:?}: {refused:?}"));
    let decoded = decode(edited.bytes);
    let document = parse(&decoded, Source::Markdown);
    assert_eq!(document.body, "body\n");
    let mut value = &document.get("t").expect("a value").node.value;
    let other: serde_yaml::Value = serde_yaml::from_str(document.raw_frontmatter)
        .unwrap_or_else(|error| panic!("{word:?} at {place:?}: {error}\n{}", document.text));
    let mut theirs = &other["t"];
    if let [_, inner] = path {
        let Value::Map(entries) = value else {
            panic!("a map")
        };
        value = &entries
            .iter()
            .find(|entry| entry.key == *inner)
            .expect("a value")
            .node
            .value;
        theirs = &theirs[*inner];
    }
    if let Value::List(items) = value {
        assert_eq!(items.len(), 2);
        value = &items[1].value;
        theirs = &theirs[1];
    }
    assert_eq!(
        *value,
        Value::Text(word.into()),
        "{word:?} at {place:?}\n{}",
        document.text
    );
    assert_eq!(
        theirs.as_str(),
        Some(word),
        "{word:?} at {place:?}\n{}",
        document.text
    );
}

#[test]
fn nasty_texts_are_the_same_text_for_every_reader() {
    let long = "long ".repeat(2_000) + "end";
    let words = NASTY.iter().chain(&LINES).copied().chain([long.as_str()]);
    for word in words {
        for place in PLACES {
            check(place, word);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_the_same_text_for_every_reader(word in text(), place in prop::sample::select(&PLACES[..])) {
        check(place, &word);
    }

    #[test]
    fn any_characters_are_the_same_for_every_reader(word in any::<String>(), place in prop::sample::select(&PLACES[..])) {
        prop_assume!(!word.contains('\0'));
        check(place, &word);
    }
}
