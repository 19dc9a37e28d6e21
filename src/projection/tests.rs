//! Links, names and contradictions, on items made by hand.

use proptest::prelude::*;

use crate::model::document::Origin;
use crate::model::item::{Item, Link};
use crate::projection::graph::Resolved;
use crate::projection::{Graph, Others, Space};

fn item(path: &str, id: &str) -> Item {
    Item {
        id: (!id.is_empty()).then(|| id.to_owned()),
        id_line: 2,
        ..Item::bare(path, "test".into())
    }
}

fn with(mut item: Item, links: &[(&str, &str, Origin)]) -> Item {
    for (line, (rel, target, origin)) in (3..).zip(links) {
        item.links.push(Link {
            rel: (*rel).into(),
            target: (*target).to_owned(),
            origin: *origin,
            companion: false,
            line,
        });
    }
    item
}

fn space(root: &str) -> Space {
    Space {
        root: root.to_owned(),
        two_sided: true,
    }
}

fn resolve(spaces: Vec<Space>, items: Vec<(Item, usize)>, others: &[&str]) -> Resolved {
    let mut graph = Graph::new(spaces);
    for (mut item, space) in items {
        graph.add(&mut item, space);
    }
    graph.resolve(&Others {
        files: others.iter().copied().collect(),
        roots: Vec::new(),
    })
}

fn codes(resolved: &Resolved) -> Vec<(u32, &'static str)> {
    resolved
        .problems
        .iter()
        .map(|(node, problem)| (*node, problem.code))
        .collect()
}

const FRONTMATTER: Origin = Origin::Frontmatter;
const WIKILINK: Origin = Origin::Wikilink;
const MARKDOWN: Origin = Origin::Markdown;

#[test]
fn a_target_is_found_by_every_kind_of_name() {
    for (target, origin, expected) in [
        ("K-1", FRONTMATTER, Some(0)),
        ("k-1", WIKILINK, Some(0)),
        ("items/one.md", FRONTMATTER, Some(0)),
        ("one", WIKILINK, Some(0)),
        ("ONE.md", WIKILINK, Some(0)),
        ("items/one", WIKILINK, Some(0)),
        ("one.md", MARKDOWN, Some(0)),
        ("../items/one.md#part", MARKDOWN, Some(0)),
        ("/items/one.md", MARKDOWN, Some(0)),
        ("./one%2Emd", MARKDOWN, Some(0)),
        ("the first", WIKILINK, Some(0)),
        ("0199-uid", FRONTMATTER, Some(0)),
        ("K-1@0199", FRONTMATTER, Some(0)),
        ("K-1@0200", FRONTMATTER, None),
        ("K-2@0199", FRONTMATTER, None),
        ("folder", MARKDOWN, Some(2)),
        ("K-9", WIKILINK, None),
    ] {
        let mut first = item("items/one.md", "K-1");
        first.aliases.push("The First".to_owned());
        first.uid = Some("0199-UID".to_owned());
        let second = with(item("items/two.md", "K-2"), &[("relates", target, origin)]);
        let third = item("items/folder/index.md", "");
        let resolved = resolve(
            vec![space("")],
            vec![(first, 0), (second, 0), (third, 0)],
            &[],
        );
        let link = resolved.links().next().expect("because there is one link");
        assert_eq!(link.target_item, expected, "{target} as {origin:?}");
    }
}

#[test]
fn a_link_to_a_file_that_is_no_item_is_not_dangling() {
    for (target, origin, dangling) in [
        ("README.md", MARKDOWN, false),
        ("GONE.md", MARKDOWN, true),
        ("picture.png", MARKDOWN, false),
        ("picture.png", WIKILINK, false),
        ("nowhere", WIKILINK, true),
        ("1.2 Release", WIKILINK, true),
        ("#part", MARKDOWN, false),
        ("../../outside.md", MARKDOWN, true),
    ] {
        let resolved = resolve(
            vec![space("")],
            vec![(
                with(item("docs/a.md", "A"), &[("mentions", target, origin)]),
                0,
            )],
            &["README.md"],
        );
        let expected: Vec<(u32, &str)> = if dangling {
            vec![(0, "dangling-link")]
        } else {
            vec![]
        };
        assert_eq!(codes(&resolved), expected, "{target} as {origin:?}");
    }
}

#[test]
fn what_lies_outside_the_scanned_roots_is_unknown_and_not_dangling() {
    let mut graph = Graph::new(vec![space("docs/adr")]);
    let links = [
        ("mentions", "../../README.md", MARKDOWN),
        ("mentions", "gone.md", MARKDOWN),
    ];
    graph.add(&mut with(item("docs/adr/1.md", ""), &links), 0);
    let resolved = graph.resolve(&Others {
        files: std::collections::HashSet::new(),
        roots: vec!["docs/adr"],
    });
    assert_eq!(codes(&resolved), [(0, "dangling-link")]);
}

#[test]
fn an_id_of_the_own_space_is_preferred_and_a_shared_one_is_ambiguous() {
    let resolved = resolve(
        vec![space("a"), space("b")],
        vec![
            (item("a/1.md", "ADR-1"), 0),
            (item("b/1.md", "ADR-1"), 1),
            (
                with(
                    item("b/2.md", "ADR-2"),
                    &[("relates", "adr-1", FRONTMATTER)],
                ),
                1,
            ),
            (item("a/3.md", "ADR-3"), 0),
            (item("a/4.md", "ADR-3"), 0),
            (
                with(item("a/5.md", "ADR-5"), &[("parent", "ADR-3", FRONTMATTER)]),
                0,
            ),
        ],
        &[],
    );
    let targets: Vec<_> = resolved.links().map(|link| link.target_item).collect();
    assert_eq!(targets, [Some(1), None]);
    assert_eq!(
        codes(&resolved),
        [
            (3, "duplicate-id"),
            (4, "duplicate-id"),
            (5, "ambiguous-parent")
        ]
    );
}

#[test]
fn circles_are_found_whole_and_only_circles() {
    let resolved = resolve(
        vec![space("")],
        vec![
            (with(item("a.md", "A"), &[("parent", "B", FRONTMATTER)]), 0),
            (with(item("b.md", "B"), &[("parent", "C", FRONTMATTER)]), 0),
            (with(item("c.md", "C"), &[("parent", "A", FRONTMATTER)]), 0),
            (with(item("d.md", "D"), &[("parent", "A", FRONTMATTER)]), 0),
            (with(item("e.md", "E"), &[("parent", "E", FRONTMATTER)]), 0),
        ],
        &[],
    );
    assert_eq!(
        codes(&resolved),
        [0, 1, 2, 4].map(|node| (node, "parent-cycle"))
    );
    assert!(
        resolved
            .problems
            .iter()
            .all(|(_, problem)| problem.line == 3)
    );
}

#[test]
fn one_sided_relations_are_told_on_the_side_that_speaks() {
    let resolved = resolve(
        vec![space("")],
        vec![
            (with(item("a.md", "A"), &[("blocks", "B", FRONTMATTER)]), 0),
            (item("b.md", "B"), 0),
            (with(item("c.md", "C"), &[("blocks", "D", FRONTMATTER)]), 0),
            (
                with(item("d.md", "D"), &[("blocked_by", "C", FRONTMATTER)]),
                0,
            ),
        ],
        &[],
    );
    assert_eq!(codes(&resolved), [(0, "one-sided-blocks")]);
}

#[test]
fn a_long_chain_of_parents_does_not_overflow_the_stack() {
    let items = (0..100_000)
        .map(|number| {
            let parent = format!("K-{}", number + 1);
            (
                with(
                    item(&format!("{number}.md"), &format!("K-{number}")),
                    &[("parent", &parent, FRONTMATTER)],
                ),
                0,
            )
        })
        .collect();
    let resolved = resolve(vec![space("")], items, &[]);
    assert_eq!(codes(&resolved), [(99_999, "dangling-parent")]);
}

proptest! {
    /// What is found does not depend on the order in which the items come, but for their numbers.
    #[test]
    fn the_order_of_the_items_does_not_matter(
        specs in prop::collection::vec(
            (0..4u8, 0..3usize, prop::collection::vec(("parent|blocks|blocked_by|mentions", "[a-d](/[a-d])?(\\.md)?|X-[0-3]|\\.\\./[a-d]\\.md|\\PC{0,5}"), 0..4)),
            1..8,
        ),
        seed in any::<u64>(),
    ) {
        let mut items: Vec<(Item, usize)> = specs
            .iter()
            .enumerate()
            .map(|(number, (id, space, links))| {
                let id = if *id == 3 { String::new() } else { format!("X-{id}") };
                let mut item = item(&format!("{}/{}.md", ["a", "b", "c"][*space], ["a", "b", "c", "d", "e", "f", "g", "h"][number]), &id);
                for (line, (rel, target)) in (3..).zip(links) {
                    item.links.push(Link { rel: rel.as_str().into(), target: target.clone(), origin: if line % 2 == 0 { WIKILINK } else { MARKDOWN }, companion: false, line });
                }
                (item, *space)
            })
            .collect();
        let told = |items: &[(Item, usize)]| {
            let resolved = resolve(vec![space("a"), space("b"), space("c")], items.to_vec(), &[]);
            let path = |node: u32| items[node as usize].0.path.clone();
            let mut links: Vec<_> = resolved
                .links()
                .map(|link| (path(link.item), link.seq, link.target.to_owned(), link.target_item.map(path)))
                .collect();
            links.sort();
            let mut problems: Vec<_> = resolved
                .problems
                .iter()
                .map(|(node, problem)| (path(*node), problem.code, problem.line))
                .collect();
            problems.sort();
            (links, problems)
        };
        let before = told(&items);
        let length = items.len();
        let mut state = seed;
        for index in (1..length).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            items.swap(index, usize::try_from(state >> 33).unwrap() % (index + 1));
        }
        prop_assert_eq!(before, told(&items));
    }
}
