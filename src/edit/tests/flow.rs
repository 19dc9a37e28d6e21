//! Keys are taken out of maps between braces, and such maps out of what they stand in.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::edit::apply;
use crate::model::edit::{KeyPath, Op, Refused};
use crate::parse::Source;

/// The block after a key is taken out.
fn without(block: &str, key: &[String]) -> Result<String, Refused> {
    let file = format!("---\n{block}---\nbody\n");
    let op = Op::Unset {
        key: KeyPath(key.to_vec()),
    };
    let edited = apply(file.as_bytes(), Source::Markdown, &[op])?;
    let text = String::from_utf8(edited.bytes).unwrap();
    let inner = text.strip_prefix("---\n").unwrap();
    Ok(inner.strip_suffix("---\nbody\n").unwrap().to_owned())
}

#[test]
fn examples() {
    for (before, key, after) in [
        ("m: {a: 1, b: 2}\nz: 1\n", "m", "z: 1\n"),
        ("y: 1\nm:\n  {a: 1,\n   b: 2} # c\n", "m", "y: 1\n"),
        ("m: {a: {x: 1, y: 2}, b: 2}\n", "m.a", "m: {b: 2}\n"),
        (
            "m: {a: {x: 1, y: 2}, b: 2}\n",
            "m.a.x",
            "m: {a: {y: 2}, b: 2}\n",
        ),
        ("m: {a: {x: 1}, b: 2}\n", "m.a.x", "m: {a: {}, b: 2}\n"),
        ("m: {}\n", "m", ""),
        ("o:\n  m: {a: 1}\n  n: 1\n", "o.m", "o:\n  n: 1\n"),
        ("o:\n  m: {a: 1, b: 2}\n", "o.m", "o: {}\n"),
        // The same of maps in lines.
        ("o:\n  m:\n    a: 1\n  n: 1\n", "o.m", "o:\n  n: 1\n"),
        ("o:\n  m:\n    a: 1\n    b: 1\n", "o.m", "o: {}\n"),
        ("m: {a: 1, b: 2,}\n", "m.b", "m: {a: 1,}\n"),
        (
            "m: {\n  a: 1, # a\n  b: 2, # b\n}\n",
            "m.a",
            "m: {\n  b: 2, # b\n}\n",
        ),
        // A comma that begins a line.
        (
            "m: {\n  a: 1 # a\n  , b: 2\n}\n",
            "m.a",
            "m: {\n  b: 2\n}\n",
        ),
        (
            "m: {\n  a: 1\n  # b\n  , b: 2\n}\n",
            "m.a",
            "m: {\n  \n  # b\n  b: 2\n}\n",
        ),
        // Comments in lines of their own are about something else.
        (
            "m: {a: 1, # a, b\n  # b\n  b: 2}\n",
            "m.a",
            "m: {\n  # b\n  b: 2}\n",
        ),
        ("m: { # m\n  a: 1\n}\n", "m.a", "m: { # m\n}\n"),
    ] {
        let key = KeyPath::dotted(key);
        assert_eq!(without(before, &key.0).as_deref(), Ok(after), "{before}");
    }
}

/// A pair, and what stands around it.
#[derive(Debug, Clone)]
struct Part {
    value: Value,
    before: &'static str,
    /// Before the comma, and behind it.
    around: (&'static str, &'static str),
}

#[derive(Debug, Clone)]
enum Value {
    Scalar(&'static str),
    Map(Vec<Part>, bool),
}

fn part(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Part> {
    let before = prop::sample::select(vec!["", " ", "\n  ", "\n  # own, line\n  "]);
    let around = prop::sample::select(vec![
        ("", ""),
        (" ", " "),
        ("\n  ", " "),
        ("", " # behind, it\n  "),
        (" # before it\n  ", ""),
    ]);
    let whole = (value, before, around);
    whole
        .prop_map(|(value, before, around)| Part {
            value,
            before,
            around,
        })
        .boxed()
}

fn value() -> impl Strategy<Value = Value> {
    let words = vec!["1", "'a, }'", "\"# {\"", "x y", "2026-01-02", "[1, 2]", "~"];
    let scalar = prop::sample::select(words).prop_map(Value::Scalar);
    scalar.prop_recursive(2, 12, 4, |inner| {
        let pairs = vec(part(inner), 0..4);
        (pairs, any::<bool>()).prop_map(|(pairs, comma)| Value::Map(pairs, comma))
    })
}

const OWN: &str = "# own, line";

/// The path of a key, and how many comments stand in its value in lines of their own.
type Key = (Vec<String>, usize);

/// Writes a value, and tells the keys in it.
fn write(value: &Value, path: &[String], out: &mut String, keys: &mut Vec<Key>) {
    match value {
        Value::Scalar(word) => out.push_str(word),
        Value::Map(parts, ends_in_comma) => {
            out.push('{');
            for (at, part) in parts.iter().enumerate() {
                let path = [path, &[format!("k{at}")]].concat();
                out.push_str(part.before);
                out.push_str(&format!("k{at}: "));
                let start = out.len();
                write(&part.value, &path, out, keys);
                keys.push((path, out[start..].matches(OWN).count()));
                if at + 1 < parts.len() || *ends_in_comma {
                    out.push_str(part.around.0);
                    out.push(',');
                    out.push_str(part.around.1);
                }
            }
            out.push('}');
        }
    }
}

proptest! {
    /// Nothing is refused, and comments in lines of their own are there as often as before, but for
    /// those in the value that goes.
    #[test]
    fn every_key_can_go(value in value(), eol in prop::sample::select(vec!["\n", "\r\n"])) {
        let (mut text, mut keys, m) = ("m: ".to_owned(), Vec::new(), vec!["m".to_owned()]);
        write(&value, &m, &mut text, &mut keys);
        let all = text.matches(OWN).count();
        keys.push((m, all));
        let block = format!("a: 1\n{text}\nz: 2\n").replace('\n', eol);
        let last = format!("z: 2{eol}");
        for (path, inside) in keys {
            let after = without(&block, &path);
            prop_assert!(after.is_ok(), "{:?} of\n{}\n{:?}", path, block, after);
            let after = after.unwrap();
            prop_assert!(after.starts_with("a: 1") && after.ends_with(&last));
            prop_assert_eq!(after.matches(OWN).count(), all - inside, "{:?} of\n{}", path, block);
        }
    }
}
