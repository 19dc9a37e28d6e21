//! SQL of conditions, in pieces. `i` is always the item. Pure.

use crate::query::sql::dialect::Collation::Nocase;
use crate::query::sql::dialect::Dialect;

/// Neither done nor dropped. An item without any state is a note and neither open nor closed,
/// unless its file could not be read: then nobody knows, and it must not drop out of sight.
///
/// No `OR`, which would make SQLite gather rows from two indexes instead of running through one.
pub(crate) const IS_OPEN: &str = "CASE WHEN i.phase IS NULL \
     THEN i.state IS NOT NULL OR i.status <> 'ok' ELSE i.phase NOT IN ('done', 'dropped') END";

/// Names a parent that is not there.
pub(crate) fn is_orphan(d: Dialect) -> String {
    format!(
        "(i.parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM link l \
         WHERE l.item = i.item AND l.rel = {} AND l.target_item IS NOT NULL))",
        d.parent()
    )
}

/// What a link names, as it is written.
pub(crate) const TARGET: &str =
    "coalesce(l.target, (SELECT t.id FROM item t WHERE t.item = l.target_item))";

pub(crate) fn has_children(d: Dialect) -> String {
    format!(
        "i.item IN (SELECT l.target_item FROM link l \
         WHERE l.rel = {} AND l.target_item IS NOT NULL)",
        d.parent()
    )
}

/// One of the tests holds. Nested like a balanced tree: SQLite bounds the depth of expressions.
pub(crate) fn any(tests: Vec<String>) -> String {
    if tests.is_empty() {
        return "FALSE".to_owned();
    }
    let mut tests: Vec<String> = tests.iter().map(|test| format!("({test})")).collect();
    while tests.len() > 1 {
        tests = tests
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => format!("({left} OR {right})"),
                rest => rest.concat(),
            })
            .collect();
    }
    tests.concat()
}

/// What `has:WORD` asks, for the words that are no fields.
pub(crate) fn has(d: Dialect, word: &str) -> Option<String> {
    let test = match word {
        "problem" => "i.item IN (SELECT q.item FROM problem q)",
        "parent" => "i.parent IS NOT NULL",
        "children" | "child" => return Some(has_children(d)),
        "link" => "EXISTS (SELECT 1 FROM link l WHERE l.item = i.item)",
        "backlink" => {
            "i.item IN (SELECT l.target_item FROM link l \
             WHERE l.target_item IS NOT NULL AND l.item <> l.target_item)"
        }
        "check" => {
            "EXISTS (SELECT 1 FROM outline o WHERE o.item = i.item AND json_array_length(o.checks) > 0)"
        }
        "entry" | "entries" | "log" => {
            "EXISTS (SELECT 1 FROM outline o WHERE o.item = i.item AND json_array_length(o.entries) > 0)"
        }
        "section" => {
            "EXISTS (SELECT 1 FROM outline o WHERE o.item = i.item AND json_array_length(o.sections) > 0)"
        }
        "tag" => "EXISTS (SELECT 1 FROM tag t WHERE t.item = i.item)",
        "person" | "people" => "EXISTS (SELECT 1 FROM person p WHERE p.item = i.item)",
        "body" => "EXISTS (SELECT 1 FROM content c WHERE c.item = i.item AND c.body <> '')",
        "alias" | "aliase" => "i.item IN (SELECT n.item FROM name n WHERE n.class = 3)",
        _ => return None,
    };
    Some(test.to_owned())
}

/// True for the words of `has` that are no fields.
pub(crate) fn is_thing(word: &str) -> bool {
    has(Dialect::Sqlite, word).is_some()
}

/// Everything below the named items; a cycle ends where it began.
pub(crate) fn under(d: Dialect, named: &str) -> String {
    let parent = d.parent();
    if let Dialect::Postgres { .. } = d {
        // No index leads from a parent to its children: all are looked at, once.
        return format!(
            "i.item IN (WITH RECURSIVE up AS MATERIALIZED ( \
               SELECT l.item, l.target_item AS above FROM link l \
               WHERE l.rel = {parent} AND l.target_item IS NOT NULL), \
             below(item) AS ( \
               SELECT up.item FROM up WHERE up.above IN ({named}) \
               UNION SELECT up.item FROM below b JOIN up ON up.above = b.item \
             ) SELECT item FROM below)"
        );
    }
    format!(
        "i.item IN (WITH RECURSIVE below(item) AS ( \
           SELECT l.item FROM link l WHERE l.rel = {parent} AND l.target_item IN ({named}) \
           UNION SELECT l.item FROM below b \
           JOIN link l ON l.rel = {parent} AND l.target_item = b.item \
         ) SELECT item FROM below)"
    )
}

/// The text without what `LOOSE` passes over.
pub(crate) fn squeezed(expression: &str) -> String {
    format!("replace(replace(replace({expression}, ' ', ''), '_', ''), '-', '')")
}

/// The frontmatter of an item has a value at the dotted key `name` for which `test`
/// (over `w`) holds. Walks only the branches that lead to the key; keys may hold dots themselves.
pub(crate) fn key_exists(d: Dialect, name: &str, test: &str) -> String {
    let is = key_is(d, name);
    match d {
        // Ends with the first value that is found.
        Dialect::Sqlite => {
            let walk = key_walk(d, name, "o.item = i.item");
            format!("EXISTS ({walk} SELECT 1 FROM w WHERE {is} AND {test})")
        }
        // Walks once for all items.
        Dialect::Postgres { .. } => {
            let walk = key_walk(d, name, "TRUE");
            format!("i.item IN ({walk} SELECT w.item FROM w WHERE {is} AND {test})")
        }
    }
}

/// Condition on a row of `key_walk`: it holds a value of the key.
pub(crate) fn key_is(d: Dialect, name: &str) -> String {
    format!(
        "{} AND w.type NOT IN ('object', 'array', 'null') AND w.value <> ''",
        d.equal(Nocase, "w.key", name)
    )
}

/// `WITH` clause of `w(item, key, value, type)`: the values on the way to the key, in the
/// frontmatter of the rows `o` of `outline` that fulfil `which`.
pub(crate) fn key_walk(d: Dialect, name: &str, which: &str) -> String {
    let on_way = |key: &str| {
        let is = d.equal(Nocase, key, name);
        let begin = format!("substr({name}, 1, length({key}) + 1)");
        let begins = d.equal(Nocase, &begin, &format!("({key} || '.')"));
        format!("({is} OR {begins})")
    };
    let deeper = "CASE w.type WHEN 'object' THEN w.key || '.' || e.key ELSE w.key END";
    format!(
        "WITH RECURSIVE w(item, key, value, type) AS ( \
           SELECT o.item, e.key, e.value, e.type FROM outline o, {} e \
           WHERE {which} AND {} \
           UNION ALL \
           SELECT w.item, {deeper}, e.value, e.type FROM w, {} e \
           WHERE w.type IN ('object', 'array') AND {})",
        d.each(d.frontmatter(), "'object'"),
        on_way("e.key"),
        d.each("w.value", "w.type"),
        on_way(&format!("({deeper})")),
    )
}

/// Role, relation and "is a frontmatter key" of a name, each as far as some item has it.
/// A mapping counts as a key only by what it holds (`external.jira_key`).
pub(crate) fn meaning(d: Dialect, name: &str, dotted: bool) -> String {
    let nested = if dotted {
        format!(
            " OR EXISTS ({} SELECT 1 FROM w WHERE {})",
            key_walk(d, name, "TRUE"),
            d.equal(Nocase, "w.key", name)
        )
    } else {
        String::new()
    };
    let is_key = format!(
        "EXISTS (SELECT 1 FROM outline o, {} WHERE {}){nested}",
        d.top_keys(),
        d.equal(Nocase, "e.key", name)
    );
    let row = d.row(&format!(
        "(SELECT p.role FROM person p WHERE {} LIMIT 1), \
         (SELECT r.name FROM ({}) AS r WHERE {} LIMIT 1), {}",
        d.equal(Nocase, "p.role", name),
        d.rels(),
        d.equal(Nocase, "r.name", name),
        d.truth(&is_key)
    ));
    format!("SELECT {row}")
}

/// Every role, relation and key there is, as one JSON array; slow, for hints only.
pub(crate) fn all_names(d: Dialect) -> String {
    format!(
        "SELECT {} FROM (SELECT role AS name FROM person UNION {} \
         UNION SELECT e.key FROM outline o, {}) AS names",
        d.list("name"),
        d.rels(),
        d.top_keys()
    )
}
