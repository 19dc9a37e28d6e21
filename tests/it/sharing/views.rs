//! All public views, row for row: of the cache by `kanban sql`, of the server by `psql`.

use serde_json::Value;

use crate::sharing::REPOSITORY;
use crate::support::World;
use crate::support::pg::Database;

/// The views and their columns, as docs/sql.md has them.
const VIEWS: [(&str, &str); 9] = [
    (
        "items",
        "path, id, uid, preset, kind, title, state, phase, priority, parent, owner, area, iteration, \
         created, updated, due, body, '' || frontmatter, content_hash, blob_oid, status",
    ),
    ("people", "path, role, seq, name"),
    ("tags", "path, tag"),
    (
        "links",
        "path, rel, target, target_path, origin, file, line",
    ),
    ("entries", "path, seq, at, author, model, text, file, line"),
    ("checks", "path, seq, section, text, done, file, line"),
    ("sections", "path, seq, level, title, text, file, line"),
    ("fields", "path, key, seq, value, type"),
    (
        "problems",
        "path, code, severity, file, line, col, message, hint",
    ),
];

/// A row as text: the view, and its values with their types.
type Rows = Vec<String>;

/// All rows of all views of the work tree.
pub(super) fn of_files(world: &World) -> Rows {
    let parts = VIEWS.map(|(view, columns)| {
        format!("SELECT '{view} ' || json_array({columns}) AS row FROM {view}")
    });
    let sql = parts.join(" UNION ALL ");
    let data = world.kanban(["--json", "sql", "-n", "0", &sql]).data();
    assert_ne!(data["truncated"], Value::Bool(true), "{data}");
    let rows = data["rows"].as_array().unwrap().iter();
    sorted(rows.map(|row| row[0].as_str().unwrap().to_owned()))
}

/// All rows of all views of a branch on the server, as a login sees them.
pub(super) fn of_server(database: &Database, login: &str, branch: &str) -> Rows {
    let parts = VIEWS.map(|(view, columns)| {
        format!(
            "SELECT '{view} ' || json_build_array({columns})::text FROM kanban.{view}
             WHERE repository = '{REPOSITORY}' AND branch = '{branch}' AND draft = ''"
        )
    });
    let told = database.sql_as(login, &parts.join(" UNION ALL ")).unwrap();
    let rows = told.split('\n').filter(|row| !row.is_empty());
    sorted(rows.map(str::to_owned))
}

/// By bytes, and with the values written in one way.
fn sorted(rows: impl Iterator<Item = String>) -> Rows {
    let mut rows: Rows = rows
        .map(|row| {
            let (view, values) = row.split_once(' ').unwrap();
            let values: Value = serde_json::from_str(values).unwrap();
            format!("{view} {values}")
        })
        .collect();
    rows.sort_unstable();
    rows
}

/// Where the two differ, in a few lines; nothing where they do not.
pub(super) fn difference(files: &Rows, server: &Rows) -> Option<String> {
    if files == server {
        return None;
    }
    let only = |one: &Rows, other: &Rows, sign: char| {
        let rows = one.iter().filter(|row| other.binary_search(row).is_err());
        let rows = rows.take(6).map(|row| format!("{sign} {row}\n"));
        rows.collect::<String>()
    };
    Some(format!(
        "{}{}({} rows of files, {} on the server)",
        only(files, server, '-'),
        only(server, files, '+'),
        files.len(),
        server.len()
    ))
}
