//! Before, operation, after.

use crate::edit::apply;
use crate::model::edit::{KeyPath, Op, Refused, Wanted};
use crate::parse::Source;

fn key(dotted: &str) -> KeyPath {
    KeyPath::dotted(dotted)
}

fn text(word: &str) -> Wanted {
    Wanted::Text(word.to_owned())
}

fn texts(words: &[&str]) -> Vec<Wanted> {
    words.iter().map(|word| text(word)).collect()
}

fn set(dotted: &str, value: Wanted) -> Op {
    Op::Set {
        key: key(dotted),
        value,
    }
}

fn unset(dotted: &str) -> Op {
    Op::Unset { key: key(dotted) }
}

fn add(dotted: &str, words: &[&str]) -> Op {
    Op::Add {
        key: key(dotted),
        values: texts(words),
    }
}

fn remove(dotted: &str, words: &[&str]) -> Op {
    Op::Remove {
        key: key(dotted),
        values: words.iter().map(|word| (*word).to_owned()).collect(),
    }
}

/// The block after an operation on `---`, block, `---`, body.
fn block(before: &str, op: Op) -> Result<String, Refused> {
    let file = format!("---\n{before}---\nbody\n");
    let edited = apply(file.as_bytes(), Source::Markdown, &[op])?;
    let after = String::from_utf8(edited.bytes).unwrap();
    assert_eq!(edited.changed, after != file);
    let inner = after.strip_prefix("---\n").unwrap();
    Ok(inner.strip_suffix("---\nbody\n").unwrap().to_owned())
}

#[track_caller]
fn gives(before: &str, op: Op, after: &str) {
    match block(before, op.clone()) {
        Ok(got) => assert_eq!(got, after, "{op:?} on\n{before}"),
        Err(refused) => panic!("{op:?} on\n{before}\n{refused:?}"),
    }
}

#[track_caller]
fn refuses(before: &str, op: Op, code: &str) {
    match block(before, op.clone()) {
        Ok(got) => panic!("{op:?} on\n{before}\ngave\n{got}"),
        Err(refused) => assert_eq!(refused.code, code, "{refused:?}"),
    }
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    gives("a: x # c\nb: y\n", set("a", text("z")), "a: z # c\nb: y\n");
    gives("a: 'x' # c\n", set("a", text("it's")), "a: 'it''s' # c\n");
    gives("a: \"x\"\n", set("a", text("y\nz")), "a: \"y\\nz\"\n");
    gives("a: x\n", set("a", text("yes")), "a: 'yes'\n");
    gives(
        "a: x\nb: \"q\"\n",
        set("a", text("5")),
        "a: \"5\"\nb: \"q\"\n",
    );
    gives("a: 5\n", set("a", Wanted::Alike("6".into())), "a: 6\n");
    gives("a: 5\n", set("a", text("5")), "a: 5\n");
    gives("a: x\n", set("a", Wanted::Plain("5".into())), "a: 5\n");
    gives("a: x\n", set("a", Wanted::Null), "a: null\n");
    gives("a:   x\n", set("a", Wanted::Null), "a:   null\n");
    gives("a:\n  x\nb: 1\n", set("a", text("w")), "a:\n  w\nb: 1\n");
    gives("a:\tx\n", set("a", text("w")), "a:\tw\n");
    gives(
        "a: p\n  q # c\nb: 1\n",
        set("a", text("w")),
        "a: w # c\nb: 1\n",
    );
}

#[test]
fn an_empty_value_is_filled_in_place() {
    gives("a:\nb: 1\n", set("a", text("x")), "a: x\nb: 1\n");
    gives("a: # c\nb: 1\n", set("a", text("x")), "a: x # c\nb: 1\n");
    gives("a: \nb: 1\n", set("a", text("x")), "a: x\nb: 1\n");
    gives("m: {a, b: }\n", set("m.a", text("x")), "m: {a: x, b: }\n");
    gives("m: {a, b: }\n", set("m.b", text("x")), "m: {a, b: x }\n");
}

#[test]
fn a_literal_stays_a_literal() {
    gives(
        "a: |\n  x\n  y\nb: 1\n",
        set("a", text("p\nq\n")),
        "a: |\n  p\n  q\nb: 1\n",
    );
    gives(
        "a: >- # c\n    x\n\nb: 1\n",
        set("a", text("p\n\nq")),
        "a: |- # c\n    p\n\n    q\n\nb: 1\n",
    );
    gives("a: |\n  x\nb: 1\n", set("a", text(" x")), "a: ' x'\nb: 1\n");
    gives(
        "a: |\n  x\nb: 1\n",
        set("a", Wanted::Null),
        "a: null\nb: 1\n",
    );
    gives("a: x\n", set("a", text("p\nq")), "a: |-\n  p\n  q\n");
    gives("a: 'x'\n", set("a", text("p\nq")), "a: \"p\\nq\"\n");
}

#[test]
fn a_new_key_goes_to_the_end() {
    gives("a: 1\n", set("b", text("x")), "a: 1\nb: x\n");
    gives("", set("b", text("x")), "b: x\n");
    gives("# c\n", set("b", text("x")), "# c\nb: x\n");
    gives("a: 1\n# c\n\n", set("b", text("x")), "a: 1\n# c\nb: x\n\n");
    gives(
        "a: |+\n  x\n\n",
        set("b", text("x")),
        "a: |+\n  x\n\nb: x\n",
    );
    gives(
        "m:\n    a: 1\n    # c\nz: 2\n",
        set("m.b", text("x")),
        "m:\n    a: 1\n    # c\n    b: x\nz: 2\n",
    );
    gives(
        "m: {a: 1}\n",
        set("m.b", text("x, y")),
        "m: {a: 1, b: 'x, y'}\n",
    );
    gives("m: {}\n", set("m.b", text("x")), "m: {b: x}\n");
    gives("m:\nz: 1\n", set("m.b", text("x")), "m:\n  b: x\nz: 1\n");
    gives(
        "z: 1\n",
        set("m.k.b", text("x")),
        "z: 1\nm:\n  k:\n    b: x\n",
    );
    gives("a.b: 1\n", set("a.b", text("x")), "a.b: x\n");
    gives(
        "m: {\n  a: 1, # c\n  b: 2 # d\n}\n",
        set("m.c", text("x")),
        "m: {\n  a: 1, # c\n  b: 2, # d\n  c: x\n}\n",
    );
    gives("{a: 1}\n", set("b", text("x")), "{a: 1, b: x}\n");
}

#[test]
fn a_new_key_goes_where_the_order_says() {
    let place = |name: &str| Op::Place {
        key: key(name),
        value: text("x"),
        order: ["id", "title", "state", "tags"].map(str::to_owned).to_vec(),
    };
    gives(
        "id: 1\ntags: []\n",
        place("state"),
        "id: 1\nstate: x\ntags: []\n",
    );
    gives(
        "# c\n\n# d\ntags: []\n",
        place("id"),
        "# c\n\nid: x\n# d\ntags: []\n",
    );
    gives("other: 1\n", place("id"), "other: 1\nid: x\n");
    gives("id: 1\n", place("foo"), "id: 1\nfoo: x\n");
    gives(
        "title: |+\n  a\n\nz: 1\n",
        place("state"),
        "title: |+\n  a\n\nstate: x\nz: 1\n",
    );
}

#[test]
fn a_key_goes_with_what_belongs_to_it() {
    gives("a: 1\n# c\nb: 2\n", unset("a"), "# c\nb: 2\n");
    gives("a: # c\n- x\n- y\n# d\nb: 2\n", unset("a"), "# d\nb: 2\n");
    gives("a:\n  - x\n  # of a\nb: 2\n", unset("a"), "b: 2\n");
    gives("a: |\n  x\n\nb: 2\n", unset("a"), "\nb: 2\n");
    gives("a: 1\n", unset("a"), "");
    gives("m:\n  a: 1\nb: 2\n", unset("m.a"), "m: {}\nb: 2\n");
    gives("m: {a: 1, b: 2}\n", unset("m.a"), "m: {b: 2}\n");
    gives("m: {a: 1, b: 2}\n", unset("m.b"), "m: {a: 1}\n");
    gives("m: {a: 1}\n", unset("m.a"), "m: {}\n");
    gives("a: 1\n", unset("b"), "a: 1\n");
}

#[test]
fn lists_keep_their_layout() {
    gives(
        "t: [a, b] # c\n",
        add("t", &["b", "x"]),
        "t: [a, b, x] # c\n",
    );
    gives("t: []\n", add("t", &["x"]), "t: [x]\n");
    gives("t: [ ]\n", add("t", &["x"]), "t: [x]\n");
    gives("t: ['a', 'b']\n", add("t", &["x"]), "t: ['a', 'b', 'x']\n");
    gives(
        "t: [1, 2]\n",
        Op::Add {
            key: key("t"),
            values: vec![Wanted::Alike("3".into())],
        },
        "t: [1, 2, 3]\n",
    );
    gives(
        "t:\n- a\n- b # c\nz: 1\n",
        add("t", &["x"]),
        "t:\n- a\n- b # c\n- x\nz: 1\n",
    );
    gives(
        "t:\n  -   a\nz: 1\n",
        add("t", &["x"]),
        "t:\n  -   a\n  -   x\nz: 1\n",
    );
    gives(
        "t: [\n  a,\n  b\n]\n",
        add("t", &["x"]),
        "t: [\n  a,\n  b,\n  x\n]\n",
    );
    gives(
        "t: [\n  a,\n  b, # c\n]\n",
        add("t", &["x"]),
        "t: [\n  a,\n  b, # c\n  x,\n]\n",
    );
    gives("z: 1\n", add("t", &["x"]), "z: 1\nt: [x]\n");
    gives("u:\n- q\n", add("t", &["x"]), "u:\n- q\nt:\n- x\n");
    gives("t: a\n", add("t", &["x"]), "t: [a, x]\n");
    gives("t: a\n", add("t", &["a"]), "t: a\n");
    gives("t: # c\n", add("t", &["x"]), "t: [x] # c\n");
    gives(
        "t:\nu:\n  - q\n",
        add("t", &["x"]),
        "t:\n  - x\nu:\n  - q\n",
    );
    gives("t: [a, b, c]\n", remove("t", &["b"]), "t: [a, c]\n");
    gives("t: [a, b, c]\n", remove("t", &["a", "c"]), "t: [b]\n");
    gives("t: [a, b, c]\n", remove("t", &["c", "b", "a"]), "t: []\n");
    gives(
        "t:\n  - a\n  # c\n  - b\nz: 1\n",
        remove("t", &["a"]),
        "t:\n  # c\n  - b\nz: 1\n",
    );
    gives(
        "t: # d\n- a\nz: 1\n",
        remove("t", &["a"]),
        "t: [] # d\nz: 1\n",
    );
    gives("t: a\n", remove("t", &["a"]), "t: null\n");
    let list = |words: &[&str]| set("t", Wanted::List(texts(words)));
    gives(
        "t:\n- a # c\n- b\n- d # e\n",
        list(&["a", "x", "w", "d"]),
        "t:\n- a # c\n- x\n- w\n- d # e\n",
    );
    gives("t: [a, b]\n", list(&["x", "b"]), "t: [x, b]\n");
    gives("t: [a]\n", list(&[]), "t: []\n");
    gives("t:\n- a\n", list(&[]), "t: []\n");
    gives("t:\n- a\n", list(&["b"]), "t:\n- b\n");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    refuses("a: [x]\n", set("a", text("y")), "is-a-list");
    refuses("a:\n  b: x\n", set("a", text("y")), "is-a-map");
    refuses("a: x\n", set("a.b", text("y")), "not-a-map");
    refuses("a: {x: 1}\n", add("a", &["y"]), "not-a-list");
    refuses("a: 1\na: 2\n", set("a", text("y")), "duplicate-key");
    refuses("a: &x 1\nb: *x\n", set("a", text("y")), "anchor");
    refuses("a: &x 1\nb: *x\n", set("b", text("y")), "anchor");
    refuses("a: &x 1\nb: *x\n", unset("a"), "anchor");
    refuses(
        "a: &x\n  c: 1\nb:\n  <<: *x\n",
        set("a.c", text("y")),
        "anchor",
    );
    refuses("a: !!int 1\n", set("a", text("y")), "tag");
    refuses("a: [WIP] x\n", set("a", text("y")), "invalid-frontmatter");
    refuses(
        "<<<<<<< a\nb: 1\n=======\nb: 2\n>>>>>>> c\n",
        set("b", text("y")),
        "conflict-markers",
    );
    refuses("a: 1\n", set("a", text("\0")), "nul");
}

#[test]
fn a_file_without_frontmatter_gets_a_block() {
    for (before, after) in [
        ("# T\n", "---\na: x\n---\n# T\n"),
        ("", "---\na: x\n---\n"),
        ("\u{feff}# T\r\n", "\u{feff}---\r\na: x\r\n---\r\n# T\r\n"),
        ("\n---\nb: 1\n---\n", "---\na: x\n---\n\n---\nb: 1\n---\n"),
        ("---\n\nrule\n", "---\na: x\n---\n---\n\nrule\n"),
    ] {
        let edited = apply(before.as_bytes(), Source::Markdown, &[set("a", text("x"))]).unwrap();
        assert_eq!(String::from_utf8(edited.bytes).unwrap(), after);
    }
}

#[test]
fn a_file_that_is_yaml_works_like_a_block() {
    for (before, op, after) in [
        ("a: 1", set("b", text("x")), "a: 1\nb: x"),
        ("a: 1\r\nb: 2", unset("b"), "a: 1"),
        ("a:\n- x", add("a", &["w"]), "a:\n- x\n- w"),
        ("a:\n- x\n- y", remove("a", &["y"]), "a:\n- x"),
        (
            "a:\n- x\n- y",
            set("a", Wanted::List(texts(&["x", "z"]))),
            "a:\n- x\n- z",
        ),
        ("a:", set("a.b", text("x")), "a:\n  b: x"),
    ] {
        let edited = apply(before.as_bytes(), Source::Yaml, &[op]).unwrap();
        assert_eq!(String::from_utf8(edited.bytes).unwrap(), after);
    }
}

#[test]
fn other_line_endings_stay() {
    let before = "\u{feff}---\r\na: |\r\n  x\r\nt:\r\n- q\r\n---\r\nbody\nx\r\n";
    let ops = [
        set("a", text("p\nq\n")),
        add("t", &["r"]),
        set("k", text("1")),
    ];
    let edited = apply(before.as_bytes(), Source::Markdown, &ops).unwrap();
    assert_eq!(
        String::from_utf8(edited.bytes).unwrap(),
        "\u{feff}---\r\na: |\r\n  p\r\n  q\r\nt:\r\n- q\r\n- r\r\nk: '1'\r\n---\r\nbody\nx\r\n"
    );
}

#[test]
fn toml_is_edited_where_it_stands() {
    let file = |block: &str| format!("+++\n{block}+++\nbody\n");
    for (before, op, after) in [
        (
            "a = \"x\" # c\n",
            set("a", text("it's")),
            "a = \"it's\" # c\n",
        ),
        ("a = 'x'\n", set("a", text("w")), "a = 'w'\n"),
        ("a = 5\n", set("a", Wanted::Alike("6".into())), "a = 6\n"),
        ("a = 5\n", set("a", text("6")), "a = \"6\"\n"),
        ("a = \"x\"\n", set("a", text("p\nq")), "a = \"p\\nq\"\n"),
        (
            "# c\na = 1\n\n# d\n[m]\nb = 2\n",
            set("n", text("x")),
            "# c\na = 1\nn = \"x\"\n\n# d\n[m]\nb = 2\n",
        ),
        (
            "[m]\nb = 2\n",
            set("n", text("x")),
            "n = \"x\"\n[m]\nb = 2\n",
        ),
        (
            "a = 1\n[m]\nb = 2\n\n[z]\n",
            set("m.c", text("x")),
            "a = 1\n[m]\nb = 2\nc = \"x\"\n\n[z]\n",
        ),
        ("a = 1\n", set("m.c", text("x")), "a = 1\nm.c = \"x\"\n"),
        (
            "m = { a = 1 }\n",
            set("m.c", text("x")),
            "m = { a = 1, c = \"x\" }\n",
        ),
        ("m = { a = 1, b = 2 }\n", unset("m.a"), "m = { b = 2 }\n"),
        ("# c\na = 1 # d\nb = 2\n", unset("a"), "# c\nb = 2\n"),
        ("m.a = 1\nb = 2\n", unset("m.a"), "b = 2\n"),
        (
            "t = ['a', 'b'] # c\n",
            add("t", &["b", "x"]),
            "t = ['a', 'b', \"x\"] # c\n",
        ),
        (
            "t = [\n  \"a\", # c\n]\n",
            add("t", &["x"]),
            "t = [\n  \"a\", # c\n  \"x\",\n]\n",
        ),
        ("t = \"a\"\n", add("t", &["x"]), "t = [\"a\", \"x\"]\n"),
        ("t = [\"a\", \"b\"]\n", remove("t", &["a"]), "t = [\"b\"]\n"),
        ("t = [\"a\"]\n", remove("t", &["a"]), "t = []\n"),
        (
            "t = [1, 2, 3]\n",
            set(
                "t",
                Wanted::List(vec![Wanted::Alike("1".into()), Wanted::Alike("3".into())]),
            ),
            "t = [1, 3]\n",
        ),
        (
            "a = 1\n",
            Op::Rename {
                key: key("a"),
                to: "b c".into(),
            },
            "\"b c\" = 1\n",
        ),
    ] {
        let edited = apply(
            file(before).as_bytes(),
            Source::Markdown,
            std::slice::from_ref(&op),
        );
        let edited = edited.unwrap_or_else(|refused| panic!("{op:?} on {before}: {refused:?}"));
        assert_eq!(
            String::from_utf8(edited.bytes).unwrap(),
            file(after),
            "{op:?}"
        );
        let crlf = |text: &str| file(text).replace('\n', "\r\n");
        let edited = apply(
            crlf(before).as_bytes(),
            Source::Markdown,
            std::slice::from_ref(&op),
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(edited.bytes).unwrap(),
            crlf(after),
            "{op:?}"
        );
    }
    for (before, op, code) in [
        ("a = 1\n", set("a", Wanted::Null), "no-null"),
        ("[a]\nb = 1\n", set("a", text("x")), "is-a-map"),
        ("[a]\nb = 1\n", unset("a"), "not-proved"),
        ("a = [1]\n", set("a", text("x")), "is-a-list"),
        ("a = 1\n", set("a.b", text("x")), "not-a-map"),
    ] {
        let refused = apply(file(before).as_bytes(), Source::Markdown, &[op]).unwrap_err();
        assert_eq!(refused.code, code);
    }
}

#[test]
fn a_key_is_renamed_where_it_stands() {
    let rename = |from: &str, to: &str| Op::Rename {
        key: key(from),
        to: to.to_owned(),
    };
    gives("a: 1 # c\nb: 2\n", rename("a", "z"), "z: 1 # c\nb: 2\n");
    gives("m: {a: 1}\n", rename("m.a", "x y"), "m: {x y: 1}\n");
    gives("'a': 1\n", rename("a", "w"), "'w': 1\n");
    gives("a: 1\n", rename("a", "no"), "'no': 1\n");
    gives("b: 1\n", rename("a", "b"), "b: 1\n");
    refuses("a: 1\nb: 2\n", rename("a", "b"), "key-exists");
    refuses("b: 1\n", rename("a", "c"), "no-such-key");
}
