//! Operations on the body, and quotes for a block that is no valid YAML.

use crate::edit::apply;
use crate::model::edit::{Op, SectionChange};
use crate::parse::Source;

#[track_caller]
fn gives(before: &str, op: Op, after: &str) {
    match apply(
        before.as_bytes(),
        Source::Markdown,
        std::slice::from_ref(&op),
    ) {
        Ok(edited) => assert_eq!(String::from_utf8(edited.bytes).unwrap(), after, "{op:?}"),
        Err(refused) => panic!("{op:?} on\n{before}\n{refused:?}"),
    }
}

#[track_caller]
fn refuses(before: &str, op: Op, code: &str) {
    match apply(
        before.as_bytes(),
        Source::Markdown,
        std::slice::from_ref(&op),
    ) {
        Ok(edited) => panic!("{op:?} gave\n{}", String::from_utf8_lossy(&edited.bytes)),
        Err(refused) => assert_eq!(refused.code, code, "{refused:?}"),
    }
}

fn tick(check: usize, done: bool) -> Op {
    Op::Tick { check, done }
}

fn section(title: &str, change: SectionChange) -> Op {
    Op::Section {
        title: title.to_owned(),
        change,
    }
}

fn replace(text: &str) -> SectionChange {
    SectionChange::Replace(text.to_owned())
}

fn append(text: &str) -> SectionChange {
    SectionChange::Append(text.to_owned())
}

fn line(text: &str) -> SectionChange {
    SectionChange::AppendLine(text.to_owned())
}

#[test]
fn a_check_is_ticked_in_its_box_only() {
    let list =
        "---\na: @bad\n---\n- [ ] one\r\n  * [X] two\n```\n- [ ] code\n```\n1. [x] [ ] three\n";
    gives(list, tick(0, true), &list.replace("[ ] one", "[x] one"));
    gives(list, tick(1, false), &list.replace("[X]", "[ ]"));
    gives(list, tick(1, true), list);
    gives(list, tick(2, false), &list.replace("[x] [ ]", "[ ] [ ]"));
    refuses(list, tick(3, true), "no-such-check");
}

#[test]
fn a_section_is_changed_under_its_heading_only() {
    let log = "# T\n\n## Work Log\n\none\n\n### Sub\n\ntwo\n\n## Next\n";
    gives(
        log,
        section("work_log", replace("new\n\ntext\n")),
        &log.replace("one", "new\n\ntext"),
    );
    gives(
        log,
        section("Worklog", append("new")),
        &log.replace("two\n", "two\n\nnew\n"),
    );
    gives(
        log,
        section("Work-Log", line("new")),
        &log.replace("two\n", "two\nnew\n"),
    );
    gives(
        log,
        section("next", line("new")),
        &(log.to_owned() + "\nnew\n"),
    );
    gives(log, section("Sub", replace("")), &log.replace("two\n", ""));
    gives(
        "## A\n## B\n",
        section("A", line("x")),
        "## A\n\nx\n\n## B\n",
    );
    gives(
        "## A\n\n## B\n",
        section("A", append("x")),
        "## A\n\nx\n\n## B\n",
    );
    gives("## A", section("A", line("x")), "## A\n\nx");
    gives("## A\n\ny", section("A", line("x")), "## A\n\ny\nx");
    gives(
        "## A\r\n\r\ny\r\n",
        section("A", append("x\nz")),
        "## A\r\n\r\ny\r\n\r\nx\r\nz\r\n",
    );
    gives(
        "## A\ny\n## B\n",
        section("A", line("x")),
        "## A\ny\nx\n## B\n",
    );
    gives(
        "## A\ny\n\nB\n---\n",
        section("A", line("x")),
        "## A\ny\nx\n\nB\n---\n",
    );
    gives("## A\n\ny\n", section("A", replace("y")), "## A\n\ny\n");
    gives(
        "## A\n\ny\n",
        section("A", replace("### C\n\nz")),
        "## A\n\n### C\n\nz\n",
    );
    refuses(log, section("other", line("x")), "no-such-section");
    refuses(log, section("Sub", replace("```\nopen")), "not-proved");
    refuses(log, section("Sub", line("===")), "not-proved");
    refuses(log, section("Sub", line("## Same level")), "not-proved");
    refuses(log, section("Sub", line("\0")), "nul");
}

#[test]
fn lines_and_ranges_of_the_body() {
    let insert = |at, text: &str| Op::Insert {
        at,
        text: text.to_owned(),
    };
    let put = |range, text: &str| Op::Replace {
        range,
        text: text.to_owned(),
    };
    gives(
        "---\na: 1\n---\nx\ny",
        insert(2, "n"),
        "---\na: 1\n---\nx\nn\ny",
    );
    gives(
        "---\na: 1\n---\nx\ny",
        insert(3, "n\n"),
        "---\na: 1\n---\nx\ny\nn",
    );
    gives(
        "---\r\na: 1\r\n---\r\nx\r\n",
        insert(0, "n\nm"),
        "---\r\na: 1\r\n---\r\nn\r\nm\r\nx\r\n",
    );
    gives(
        "---\na: 1\n---\nx\ny",
        put(0..1, "é"),
        "---\na: 1\n---\né\ny",
    );
    // A closing fence that is the end of the file.
    for (fence, eol) in [("---", "\n"), ("---", "\r\n"), ("+++", "\n")] {
        let block = match fence {
            "---" => "a: 1",
            _ => "a = 1",
        };
        let file = format!("{fence}{eol}{block}{eol}{fence}");
        let with = |body: &str| format!("{file}{eol}{}", body.replace('\n', eol));
        gives(
            &file,
            insert(0, "\n## Log\n\n- x\n"),
            &with("\n## Log\n\n- x"),
        );
        gives(&file, put(0..0, "x"), &with("x"));
        refuses(&file, put(0..0, "x\0"), "nul");
    }
    gives("---\n---", insert(0, "x"), "---\n---\nx");
    gives("", insert(0, "x"), "x\n");
    refuses("xy\n", insert(1, "n"), "bad-range");
    refuses("xy\n", insert(4, "n"), "bad-range");
    refuses("é\n", put(0..1, "n"), "bad-range");
    refuses("x\n", insert(0, "---\na: 1\n---\n"), "not-proved");
    refuses("x\n", put(0..1, "\u{feff}"), "not-proved");
}

#[test]
fn json_frontmatter_is_left_alone() {
    let file = "{\"a\": 1}\n- [ ] x\n";
    gives(file, tick(0, true), "{\"a\": 1}\n- [x] x\n");
    let key = crate::model::edit::KeyPath::top("a");
    refuses(file, Op::Unset { key }, "json-frontmatter");
}

#[test]
fn a_value_that_yaml_refuses_is_quoted() {
    let quote = |line| Op::Quote { line };
    for (before, after) in [
        ("title: [WIP] x # c", "title: '[WIP] x' # c"),
        ("title: @x", "title: '@x'"),
        ("title: *x* y", "title: '*x* y'"),
        ("title: `x`", "title: '`x`'"),
        ("title: %x", "title: '%x'"),
        ("title: a: b", "title: 'a: b'"),
        ("title: \"a\" and 'b'", "title: '\"a\" and ''b'''"),
        ("title: it's: \\o/", "title: 'it''s: \\o/'"),
        ("'t t': it's: x", "'t t': \"it's: x\""),
        ("who:\n  - @x", "who:\n  - '@x'"),
        ("title: {{x}} y", "title: '{{x}} y'"),
    ] {
        let file = |block: &str| format!("---\nid: 1\n{block}\nz: 2\n---\nbody\n");
        let line = 3 + before.matches('\n').count() as u32;
        gives(&file(before), quote(line), &file(after));
        gives(&file(after), quote(line), &file(after));
        if before.contains('@') {
            refuses(&file(before), quote(2), "nothing-to-quote");
        }
    }
    let two = "---\na: @x\nb: @y\n---\n";
    gives(two, quote(2), "---\na: '@x'\nb: @y\n---\n");
    refuses(two, quote(3), "nothing-to-quote");
    refuses("---\na: [x\nb: 1\n", quote(2), "nothing-to-quote");
}
