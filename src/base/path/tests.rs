use proptest::prelude::*;

use crate::base::path::{
    below, decoded, folder_of, holds, joined, name_of, relative, resolved, split, stem_of,
    without_ending,
};

/// A path without `.`, `..` and empty parts; `""` is the root.
fn paths() -> impl Strategy<Value = String> {
    let part = "[a-cé.]{1,3}".prop_filter("means another folder", |part| {
        !matches!(part.as_str(), "." | "..")
    });
    prop::collection::vec(part, 0..5).prop_map(|parts| parts.join("/"))
}

fn files() -> impl Strategy<Value = String> {
    paths().prop_filter("is the root", |path| !path.is_empty())
}

proptest! {
    #[test]
    fn a_path_is_its_folder_and_its_name(path in paths()) {
        prop_assert_eq!(joined(folder_of(&path), name_of(&path)), path.clone());
        prop_assert!(!name_of(&path).contains('/'));
    }

    #[test]
    fn joined_is_below(folder in paths(), inner in paths()) {
        let path = joined(&folder, &inner);
        prop_assert_eq!(below(&folder, &path), Some(inner.as_str()));
        prop_assert!(holds("", &path));
    }

    /// `a` does not hold `ab`.
    #[test]
    fn only_what_is_below_is_held(folder in paths(), path in paths()) {
        let parts = |path: &str| -> Vec<String> {
            path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        prop_assert_eq!(holds(&folder, &path), parts(&path).starts_with(&parts(&folder)));
    }

    #[test]
    fn the_way_leads_there(folder in paths(), path in files()) {
        let way = relative(&folder, &path);
        prop_assert_eq!(resolved(&folder, &way), Some(path));
    }

    #[test]
    fn a_way_is_walked_part_by_part(folder in paths(), way in "(/|\\.|\\.\\.|[ab]|//){0,6}") {
        let mut wanted: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        let mut leaves = false;
        for part in way.split('/') {
            match part {
                "" | "." => {}
                ".." => leaves |= wanted.pop().is_none(),
                part => wanted.push(part),
            }
        }
        prop_assert_eq!(resolved(&folder, &way), (!leaves).then(|| wanted.join("/")));
    }

    #[test]
    fn what_is_encoded_is_decoded(text in any::<String>()) {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        prop_assert_eq!(&decoded(&encoded), &text);
        let capitals = encoded.to_uppercase();
        prop_assert_eq!(&decoded(&capitals), &text);
    }

    #[test]
    fn nothing_panics(one in any::<String>(), other in any::<String>()) {
        prop_assert!(below(&one, &other).is_none_or(|inner| other.ends_with(inner)));
        prop_assert!(relative(&one, &other).ends_with(name_of(&other)));
        let longest = one.len() + 1 + other.len();
        prop_assert!(resolved(&one, &other).is_none_or(|path| path.len() <= longest));
        prop_assert!(one.starts_with(without_ending(&one)));
        prop_assert_eq!(stem_of(&one), split(without_ending(&one)).1);
    }
}

#[test]
fn endings() {
    for (path, stem) in [
        ("a/b.md", "b"),
        ("a.b/c", "c"),
        ("a/b.c.md", "b.c"),
        ("a/.b", ".b"),
        (".b.md", ".b"),
        ("", ""),
        ("a/", ""),
    ] {
        assert_eq!(stem_of(path), stem, "{path}");
    }
    assert_eq!(decoded("a%20b%2%+1%zz%"), "a b%2%+1%zz%");
    assert_eq!(decoded("%ff%20"), "%ff%20", "no text");
    assert_eq!(without_ending("a.b/c"), "a.b/c");
    assert_eq!(without_ending("a.b/c.md"), "a.b/c");
}
