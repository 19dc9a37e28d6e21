//! Values that no item has are told of, and only those.

use proptest::prelude::*;

use crate::query::absent::absent;
use crate::query::open;
use crate::query::tests::{NOW, run, sample};

fn told(dir: &std::path::Path, query: &str) -> String {
    let found = run(async {
        let mut reader = open(dir).await?;
        absent(&mut reader, query, NOW).await
    });
    found
        .unwrap_or_else(|error| panic!("{query}: {error:?}"))
        .join("\n")
}

#[test]
fn values_that_no_item_has() {
    let dir = sample();
    for (query, expected) in [
        ("", ""),
        (
            "state:inprogress kind:TASK tag:#ui owner:@amy phase:open",
            "",
        ),
        ("state:Redy", "no item has the state `Redy`; near: `Ready`"),
        ("kind:Taks,Bug", "no item has the kind `Taks`; near: `Task`"),
        (
            "priority:P9",
            "no item has the priority `P9`; there are: `high`, `P0`, `P1`",
        ),
        ("owner:ammy", "no item has the owner `ammy`; near: `amy`"),
        (
            "assignee:nobody",
            "no item has the assignee `nobody`; there are: `@amy`",
        ),
        ("tags:wpi", "no item has the tag `wpi`; near: `wip`"),
        ("area:x", "no item has the area `x`; none has any"),
        (
            "phase:blocked",
            "no item has the phase `blocked`; there are: `active`, `done`, `dropped`, `open`",
        ),
        (
            "problem:dangling-lnk",
            "no item has the problem `dangling-lnk`; near: `dangling-link`",
        ),
        (
            "state:zzz*",
            "no item has the state `zzz*`; there are: `Done`, `Dropped`, `In Progress`, `odd`, `Ready`",
        ),
        (
            "parent:F-2",
            "no item has `parent:F-2`; near: `F-1`, `T-2`, `t-2`",
        ),
        ("parent:KEP-1", "no item has `parent:KEP-1`"),
        ("under:T-1", "no item has `under:T-1`"),
        (
            "estimate:13",
            "no item has the estimate `13`; there are: `12`, `3`, `x1`",
        ),
        // What is not about a value that an item could have.
        (
            "-state:nonesuch owner:none priority<P9 updated:1999 is:overdue title:q word",
            "",
        ),
    ] {
        assert_eq!(told(dir.path(), query), expected, "{query}");
    }
}

#[test]
fn a_strange_field_is_still_an_error() {
    let dir = sample();
    let found = run(async {
        let mut reader = open(dir.path()).await?;
        absent(&mut reader, "sttate:Ready", NOW).await
    });
    assert_eq!(found.expect_err("no field").code(), "unknown-field");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the value is, it is told of exactly where a list of it is empty.
    #[test]
    fn told_where_empty(
        name in proptest::sample::select(vec!["state", "kind", "priority", "owner", "tag", "area"]),
        value in "[A-Za-z0-3 -]{1,6}",
    ) {
        let dir = sample();
        let query = format!("{name}:\"{value}\"");
        let empty = crate::query::tests::found(dir.path(), &query).expect("a list").is_empty();
        prop_assert_eq!(!told(dir.path(), &query).is_empty(), empty);
    }
}
