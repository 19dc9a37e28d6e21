//! What docs/sharing.md, docs/sql.md and schema/ say of the server is so.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;

use crate::sharing::{level, share};
use crate::support::World;
use crate::support::pg;
use crate::support::tree::project;

fn read(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// First cells of the rows of tables in a part of a page.
fn cells(part: &str) -> Vec<String> {
    let rows = part.lines().filter(|line| line.starts_with("| "));
    let cell = |row: &str| row.split('|').nth(1).unwrap().trim().to_owned();
    rows.map(cell).filter(|cell| cell != "column").collect()
}

/// The part of a page behind a heading.
fn behind<'a>(page: &'a str, heading: &str) -> &'a str {
    let at = page.find(heading).unwrap_or_else(|| panic!("no {heading}"));
    let rest = &page[at + heading.len()..];
    &rest[..rest.find("\n#").unwrap_or(rest.len())]
}

#[test]
fn the_views_of_the_server_are_those_of_the_page() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    let page = read("docs/sql.md");
    let columns = |view: &str| -> Vec<String> {
        let sql = format!(
            "SELECT column_name FROM information_schema.columns
             WHERE table_schema = 'kanban' AND table_name = '{view}' ORDER BY ordinal_position"
        );
        database.sql(&sql).lines().map(str::to_owned).collect()
    };
    let (views, shared) = page.split_once("## The shared cache").unwrap();
    let whose = cells(&shared[..shared.find("### branches").unwrap()]);
    assert_eq!(whose, ["repository", "branch", "draft"]);
    let mut named = BTreeSet::from(["branches".to_owned()]);
    for view in [
        "items", "people", "tags", "links", "entries", "checks", "sections", "fields", "problems",
        "meta",
    ] {
        let told = [
            whose.clone(),
            cells(behind(views, &format!("### {view}\n"))),
        ]
        .concat();
        assert_eq!(columns(view), told, "{view}");
        named.insert(view.to_owned());
    }
    assert_eq!(columns("branches"), cells(behind(shared, "### branches\n")));
    let sql = "SELECT table_name FROM information_schema.views WHERE table_schema = 'kanban'";
    let there: BTreeSet<String> = database.sql(sql).lines().map(str::to_owned).collect();
    assert_eq!(there, named);
    // The example of the page.
    let example = shared.split("```text\n").nth(1).unwrap();
    let branch = world.git(["branch", "--show-current"]);
    let example = example
        .split("```")
        .next()
        .unwrap()
        .replace("main", &branch);
    assert!(!database.sql(&example).is_empty());
}

#[test]
fn the_script_for_several_machines_names_what_is_there() {
    let Some(database) = pg::database() else {
        return;
    };
    drop(share(World::backlog(), &database));
    let script = read("schema/postgres/citus.sql");
    let quoted = Regex::new(r"'(kanban[a-z_]*\.[a-z_]+)(\([^)]*\))?'").unwrap();
    let mut tables = BTreeSet::new();
    for found in quoted.captures_iter(&script) {
        match found.get(2) {
            Some(arguments) => {
                let name = format!("{}{}", &found[1], arguments.as_str());
                let sql = format!(
                    "SELECT 'of_repository' = ANY (proargnames) FROM pg_proc WHERE oid = '{name}'::regprocedure"
                );
                assert_eq!(database.sql(&sql), "t", "{name}");
            }
            None => {
                tables.insert(found[1].to_owned());
            }
        }
    }
    // The first column of every key is the repository, and no table is left out.
    let keys = database.sql(
        "SELECT format('%s.%s', n.nspname, c.relname), a.attname FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
         WHERE n.nspname = 'kanban_data' AND c.relkind = 'r'",
    );
    for line in keys.lines() {
        let (table, column) = line.split_once('|').unwrap();
        let alone = ["kanban_data.gateway", "kanban_data.step"].contains(&table);
        assert_eq!(column == "repository", !alone, "{table}");
        assert!(
            tables.contains(table) || table == "kanban_data.step",
            "{table}"
        );
    }
}

#[test]
fn detectors_variables_and_pieces_are_told() {
    let page = read("docs/sharing.md");
    let detectors = cells(behind(&page, "### Redaction\n"));
    for name in ["key", "token", "email", "phone", "card"] {
        assert!(detectors.contains(&format!("`{name}`")), "{name}");
    }
    let schema = read("schema/answers.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let standings = cells(behind(&page, "### Standings\n"));
    for standing in schema["$defs"]["standing"]["enum"].as_array().unwrap() {
        let name = format!("`{}`", standing.as_str().unwrap());
        assert!(standings.contains(&name), "{name}");
    }
    for name in ["KANBAN_POSTGRES_URL", "KANBAN_POSTGRES_URL_FILE"] {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
    for piece in [
        "manifest.json",
        "audit.jsonl",
        "history.jsonl",
        "history.bundle",
        "outbox.jsonl",
    ] {
        assert!(page.contains(&format!("| `{piece}` |")), "{piece}");
    }
}
