//! Laws of all renderers, and how each looks.

use proptest::prelude::*;

use crate::cli::render::sample::{any_item, any_tree, column, item, tree};
use crate::cli::render::{board, bytes, check, list, search, show, span, table, thousands};
use crate::cli::render::{doctor, status, tree as trees};
use crate::cli::style::Look;
use crate::cli::text::{self, tests::hostile};
use crate::query::view::*;

fn terminal(width: usize) -> Look {
    Look {
        width: Some(width),
        ..Look::PIPE
    }
}

fn demo_board() -> BoardView {
    BoardView {
        by: "state".to_owned(),
        columns: vec![
            column(
                "Proposed",
                "open",
                12,
                vec![
                    item(
                        "KABSD-TSK-0012",
                        "open/Proposed",
                        "Rebuild the cache in one pass over the files",
                    ),
                    item(
                        "KABSD-TSK-0013",
                        "open/Proposed",
                        "漢字のタイトルはここで折り返されるべきです、二行まで、それ以上は省略",
                    ),
                ],
            ),
            column(
                "InProgress",
                "active",
                2,
                vec![
                    item("KABSD-TSK-0001", "active/InProgress", "Watch the work tree"),
                    item(
                        "KABSD-FTR-0002-a-very-long-identifier",
                        "active/InProgress",
                        "👩‍👩‍👧‍👦 family of tools",
                    ),
                ],
            ),
            column(
                "Done",
                "done",
                40,
                vec![item("KABSD-TSK-0003", "done/Done", "Read the frontmatter")],
            ),
        ],
        total: 54,
    }
}

#[test]
fn demo() {
    let look = Look {
        color: true,
        ..terminal(96)
    };
    println!("{}", board::board(&demo_board(), None, look));
    println!("{}", board::board(&demo_board(), None, terminal(50)));
    println!("{}", board::board(&demo_board(), None, Look::PIPE));
}
