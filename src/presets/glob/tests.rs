//! The split glob means what the whole glob means.

use globset::GlobBuilder;
use proptest::prelude::*;

use crate::base::path;
use crate::presets::glob::{PathGlob, ends_with};

proptest! {
    /// Asked in two steps, a glob matches exactly the paths that it matches in one.
    #[test]
    fn split_equals_whole(
        folders in prop::collection::vec(
            prop::sample::select(vec!["a", "b", "**", "*", "a*", ".*", "[ab]", "{a,b}", "?"]), 0..4),
        name in prop::sample::select(vec!["*.md", "a.md", "[0-9]*-*.md", "a*", "*", "*.{md,x}", "?.md"]),
        path in prop::collection::vec(
            prop::sample::select(vec!["a", "b", "ab", ".a", "A", "a.md", "B"]), 0..4),
        file in prop::sample::select(vec!["a.md", "b.MD", "1-a.md", "a", "b.x", ".md"]),
    ) {
        let glob = folders.iter().copied().chain([name]).collect::<Vec<_>>().join("/");
        let path = path.iter().copied().chain([file]).collect::<Vec<_>>().join("/");
        let whole = GlobBuilder::new(&glob)
            .literal_separator(true)
            .case_insensitive(true)
            .build()
            .unwrap()
            .compile_matcher();
        let ours = PathGlob::new(&glob).unwrap();
        prop_assert_eq!(ours.matches(&path), whole.is_match(&path), "{} {}", glob, path);
        if ours.matches(&path) {
            prop_assert!(ends_with(path::name_of(&path), ours.name().ending()));
        }
    }

    /// No text makes it panic.
    #[test]
    fn any_text(text in "[a*?\\[\\]{}/,\\\\!é.-]{0,12}", path in "[a/é.]{0,8}") {
        if let Ok(glob) = PathGlob::new(&text) {
            glob.matches(&path);
        }
    }
}

#[test]
fn refused() {
    for text in ["", "/a.md", "a/", "a/{b/c.md,d.md}", "a/[", "{a/x.md"] {
        assert!(PathGlob::new(text).is_err(), "{text}");
    }
}
