//! Questions that many tests ask, and the contract of the answers.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::Value;

use crate::support::World;
use crate::support::run::Seen;
use crate::support::tree::project;

/// The public views that a rebuild must give back (all but `meta`), with a total order of rows.
pub(crate) const VIEWS: [(&str, &str); 9] = [
    ("items", "path"),
    ("people", "path, role, seq, name"),
    ("tags", "path, tag"),
    (
        "links",
        "path, file, line, rel, target, target_path, origin",
    ),
    ("entries", "path, seq"),
    ("checks", "path, seq"),
    ("sections", "path, seq"),
    ("fields", "path, key, seq, value"),
    ("problems", "path, file, line, col, code, message"),
];

/// Rows of a `SELECT`; it must not be cut.
pub(crate) fn rows(world: &World, select: &str) -> Vec<Vec<Value>> {
    let mut data = world.kanban(["--json", "sql", select]).data();
    assert_eq!(data["truncated"], false, "{select}");
    let Value::Array(rows) = data["rows"].take() else {
        panic!("no rows: {select}");
    };
    rows.into_iter()
        .map(|row| match row {
            Value::Array(row) => row,
            other => panic!("not a row: {other}"),
        })
        .collect()
}

/// The first column of a `SELECT`, as text; null is `-`.
pub(crate) fn column(world: &World, select: &str) -> Vec<String> {
    rows(world, select)
        .into_iter()
        .map(|row| match &row[0] {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}

/// The paths of all items.
pub(crate) fn paths(world: &World) -> Vec<String> {
    column(world, "SELECT path FROM items ORDER BY path")
}

/// All rows of all public views but `meta`, one a line.
pub(crate) fn dump(world: &World) -> String {
    const PAGE: usize = 200;
    let mut text = String::new();
    for (view, order) in VIEWS {
        for page in 0.. {
            let from = page * PAGE;
            let select =
                format!("SELECT * FROM {view} ORDER BY {order} LIMIT {PAGE} OFFSET {from}");
            let rows = rows(world, &select);
            for row in &rows {
                writeln!(text, "{view} {}", Value::Array(row.clone())).unwrap();
            }
            if rows.len() < PAGE {
                break;
            }
        }
    }
    text
}

/// Expects two dumps to be equal, and names the first row that is not.
pub(crate) fn assert_same(left: &str, right: &str, what: &str) {
    if left == right {
        return;
    }
    let pair = left.lines().zip(right.lines()).find(|(a, b)| a != b);
    match pair {
        Some((a, b)) => panic!("{what}: rows differ\n  {a}\n  {b}"),
        None => panic!(
            "{what}: {} rows against {}",
            left.lines().count(),
            right.lines().count()
        ),
    }
}

/// Where the cache is.
pub(crate) fn cache_dir(world: &World) -> PathBuf {
    let data = world.kanban(["--json", "status"]).data();
    PathBuf::from(data["cache_dir"].as_str().unwrap())
}

/// The generation that serves, without a look at the files.
pub(crate) fn generation(world: &World) -> u64 {
    let run = world.kanban(["--json", "--no-refresh", "list"]).ok();
    run.json()["generation"].as_u64().unwrap()
}

/// Expects that the answer keeps the contract of schema/answers.schema.json: the envelope, and
/// under `$defs` the shape of `command`'s data.
pub(crate) fn assert_contract(run: &Seen, command: &str) {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let path = project().join("schema/answers.schema.json");
        let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        serde_json::from_slice(&text).unwrap()
    });
    let answer = run.json();
    check(
        &SCHEMA,
        &answer,
        &format!("the envelope of {command}\n{run}"),
    );
    if answer.get("data").is_some_and(|data| !data.is_null()) {
        let name = definition(&SCHEMA, command);
        let mut shape = SCHEMA.clone();
        let object = shape.as_object_mut().unwrap();
        // The definitions stay; what is asked of the value becomes that one definition.
        object.retain(|key, _| key.starts_with('$') && key != "$ref");
        object.insert("$ref".to_owned(), format!("#/$defs/{name}").into());
        check(
            &shape,
            &answer["data"],
            &format!("the data of {command}\n{run}"),
        );
    }
}

/// Holds a line of the stream of `watch` against its shape.
pub(crate) fn assert_line(line: &Value) {
    let path = project().join("schema/answers.schema.json");
    let mut shape: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let object = shape.as_object_mut().unwrap();
    object.retain(|key, _| key.starts_with('$') && key != "$ref");
    object.insert("$ref".to_owned(), "#/$defs/watchLine".into());
    check(&shape, line, "a line of `watch`");
}

/// The name of a command's definition: `list`, `list_view`, `ListView`, whichever is there.
fn definition(schema: &Value, command: &str) -> String {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    let wanted = plain(command);
    let definitions = schema["$defs"]
        .as_object()
        .expect("because shapes are under $defs");
    definitions
        .keys()
        .find(|name| {
            let name = plain(name);
            name == wanted || name == format!("{wanted}view") || name == format!("{wanted}data")
        })
        .unwrap_or_else(|| panic!("no shape of `{command}` among {:?}", definitions.keys()))
        .clone()
}

fn check(schema: &Value, value: &Value, what: &str) {
    let validator = jsonschema::validator_for(schema)
        .unwrap_or_else(|error| panic!("schema/answers.schema.json: {error}"));
    let faults: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("at `{}`: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{}\nin {what}", faults.join("\n"));
}
