//! The shipped example: the first thing that a stranger sees.

use crate::support::World;

#[test]
fn the_example_has_a_board_worth_looking_at() {
    let world = World::fixture("demo");
    let board = world.kanban(["--json", "board"]).data();
    let columns = board["columns"].as_array().unwrap();
    let filled = columns.iter().filter(|column| column["total"] != 0).count();
    assert!(filled >= 4, "{board}");
    assert!(board["total"].as_u64() >= Some(10), "{board}");
    world.kanban(["board"]).ok().silent();
}
