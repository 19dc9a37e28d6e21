//! SQL of conditions, in pieces. `i` is always the item. Pure.

/// Neither done nor dropped. An item without any state is a note and neither open nor closed,
/// unless its file could not be read: then nobody knows, and it must not drop out of sight.
///
/// No `OR`, which would make SQLite gather rows from two indexes instead of running through one.
pub(crate) const IS_OPEN: &str = "CASE WHEN i.phase IS NULL \
     THEN i.state IS NOT NULL OR i.status <> 'ok' ELSE i.phase NOT IN ('done', 'dropped') END";

/// Names a parent that is not there.
pub(crate) const IS_ORPHAN: &str = "(i.parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM link l \
     WHERE l.item = i.item AND l.rel = 0 AND l.target_item IS NOT NULL))";

/// What a link names, as it is written.
pub(crate) const TARGET: &str =
    "coalesce(l.target, (SELECT t.id FROM item t WHERE t.item = l.target_item))";

pub(crate) const HAS_CHILDREN: &str = "i.item IN (SELECT l.target_item FROM link l \
     WHERE l.rel = 0 AND l.target_item IS NOT NULL)";

/// Text of a frontmatter value in `key_exists`, as the view `fields` shows it.
pub(crate) const KEY_VALUE: &str = "(CASE w.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' \
     ELSE CAST(w.value AS TEXT) END)";

/// One of the tests holds. Nested like a balanced tree: SQLite bounds the depth of expressions.
pub(crate) fn any(tests: Vec<String>) -> String {
    if tests.is_empty() {
        return "0".to_owned();
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
pub(crate) fn has(word: &str) -> Option<&'static str> {
    Some(match word {
        "problem" => "i.item IN (SELECT q.item FROM problem q)",
        "parent" => "i.parent IS NOT NULL",
        "children" | "child" => HAS_CHILDREN,
        "link" => "EXISTS (SELECT 1 FROM link l WHERE l.item = i.item)",
        "backlink" => {
            "EXISTS (SELECT 1 FROM link l WHERE l.target_item = i.item AND l.item <> i.item)"
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
    })
}

/// Everything below the named items; a cycle ends where it began.
pub(crate) fn under(named: &str) -> String {
    format!(
        "i.item IN (WITH RECURSIVE below(item) AS ( \
           SELECT l.item FROM link l WHERE l.rel = 0 AND l.target_item IN ({named}) \
           UNION SELECT l.item FROM below b \
           JOIN link l ON l.rel = 0 AND l.target_item = b.item \
         ) SELECT item FROM below)"
    )
}

/// True where the text is a decimal number; SQLite itself would take `12abc` for 12.
pub(crate) fn is_number(expression: &str) -> String {
    let digits = format!("ltrim({expression}, '-')");
    format!(
        "({digits} GLOB '[0-9]*' AND {digits} NOT GLOB '*[^0-9.]*' AND {digits} NOT GLOB '*.*.*')"
    )
}

/// The text without what `LOOSE` passes over.
pub(crate) fn squeezed(expression: &str) -> String {
    format!("replace(replace(replace({expression}, ' ', ''), '_', ''), '-', '')")
}

/// The frontmatter of an item has a value at the dotted key `name` for which `test`
/// (over `w`) holds. Walks only the branches that lead to the key; keys may hold dots themselves.
pub(crate) fn key_exists(name: &str, test: &str) -> String {
    format!(
        "EXISTS ({} SELECT 1 FROM w WHERE {} AND {test})",
        key_walk(name, "o.item = i.item"),
        key_is(name)
    )
}

/// Condition on a row of `key_walk`: it holds a value of the key.
pub(crate) fn key_is(name: &str) -> String {
    format!(
        "w.key COLLATE NOCASE = {name} AND w.type NOT IN ('object', 'array', 'null') \
         AND w.value <> ''"
    )
}

/// `WITH` clause of `w(item, key, value, type)`: the values on the way to the key, in the
/// frontmatter of the rows `o` of `outline` that fulfil `which`.
pub(crate) fn key_walk(name: &str, which: &str) -> String {
    let on_way = |key: &str| {
        format!(
            "({key} COLLATE NOCASE = {name} \
             OR substr({name}, 1, length({key}) + 1) COLLATE NOCASE = {key} || '.')"
        )
    };
    let deeper = "CASE w.type WHEN 'object' THEN w.key || '.' || e.key ELSE w.key END";
    format!(
        "WITH RECURSIVE w(item, key, value, type) AS ( \
           SELECT o.item, e.key, e.value, e.type FROM outline o, json_each(o.frontmatter) e \
           WHERE {which} AND {} \
           UNION ALL \
           SELECT w.item, {deeper}, e.value, e.type FROM w, json_each(w.value) e \
           WHERE w.type IN ('object', 'array') AND {})",
        on_way("e.key"),
        on_way(&format!("({deeper})")),
    )
}

/// Role, relation and "is a frontmatter key" of a name, each as far as some item has it.
/// A mapping counts as a key only by what it holds (`external.jira_key`).
pub(crate) fn meaning(name: &str, dotted: bool) -> String {
    let nested = if dotted {
        format!(
            " OR EXISTS ({} SELECT 1 FROM w WHERE w.key COLLATE NOCASE = {name})",
            key_walk(name, "1")
        )
    } else {
        String::new()
    };
    format!(
        "SELECT json_array( \
           (SELECT p.role FROM person p WHERE p.role COLLATE NOCASE = {name} LIMIT 1), \
           (SELECT r.name FROM rel r WHERE r.name COLLATE NOCASE = {name}), \
           json(CASE WHEN EXISTS (SELECT 1 FROM outline o, json_each(o.frontmatter) e \
             WHERE e.key COLLATE NOCASE = {name}){nested} THEN 'true' ELSE 'false' END))"
    )
}

/// Every role, relation and key there is, as one JSON array; slow, for hints only.
pub(crate) const ALL_NAMES: &str = "SELECT json_group_array(name) FROM ( \
     SELECT role AS name FROM person UNION SELECT name FROM rel \
     UNION SELECT e.key FROM outline o, json_each(o.frontmatter) e)";
