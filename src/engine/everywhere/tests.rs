//! Paths that are taken, in paths of a project in a sub-folder.

use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::source::tests::world::World;

#[test]
fn a_project_in_a_folder_sees_its_own_paths_of_all_branches() {
    let world = World::git();
    world.write("sub/kanban.toml", "");
    world.commit(&["top.md", "sub/a.md", "sub/no.txt"]);
    world.run(&["checkout", "-q", "-b", "side"]);
    world.commit(&["top2.md", "sub/tasks/b.md"]);
    world.run(&["checkout", "-q", "main"]);
    world.write("sub/tasks/untracked.md", "x");
    let engine = Engine::open(&world.root.join("sub")).unwrap();
    let below = |folder: &str| {
        let mut seen = BTreeSet::new();
        let skipped = engine.paths_everywhere(folder, &mut |path, _| {
            seen.insert(path.to_owned());
        });
        assert_eq!(skipped.unwrap(), [""; 0]);
        seen.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(below(""), ["a.md", "tasks/b.md", "tasks/untracked.md"]);
    assert_eq!(below("tasks"), ["tasks/b.md", "tasks/untracked.md"]);
    assert_eq!(below("task"), [""; 0]);
}
