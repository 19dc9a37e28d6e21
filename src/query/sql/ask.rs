//! The statements of the questions. `i` is always the item; each row is one JSON text. Pure.

use crate::query::sql::by;

/// One `ItemRow` as a JSON array in the order of its fields.
pub(crate) const ITEM_ROW: &str = "json_array(i.path, i.id, i.uid, i.preset, i.kind, i.title, \
     i.state, i.phase, i.priority, i.parent, i.owner, i.area, i.iteration, i.created, i.updated, \
     i.due, i.status, \
     json((SELECT json_group_array(t.tag) FROM tag t WHERE t.item = i.item)), \
     (SELECT count(*) FROM problem q WHERE q.item = i.item))";

/// The keys of a page of the items for which `condition` holds, as one JSON array. Whole rows are
/// made for the page only, not for all that is sorted.
pub(crate) fn page(condition: &str, order: &str, limit: &str, offset: &str) -> String {
    format!(
        "SELECT json_group_array(item) FROM (SELECT i.item FROM item i WHERE {condition} \
         ORDER BY {order} LIMIT {limit} OFFSET {offset})"
    )
}

pub(crate) fn count(condition: &str) -> String {
    format!("SELECT CAST(count(*) AS TEXT) FROM item i WHERE {condition}")
}

/// The keys of at most `most` items for which `condition` holds, as one JSON array.
pub(crate) fn keys(condition: &str, most: i64) -> String {
    format!(
        "SELECT json_group_array(item) FROM \
         (SELECT i.item FROM item i WHERE {condition} LIMIT {most})"
    )
}

/// Whole rows with their keys, in no order, as one JSON array: `[[key, row], ...]`.
pub(crate) fn rows_of(keys: &str) -> String {
    format!(
        "SELECT json_group_array(json_array(i.item, {ITEM_ROW})) FROM item i \
         WHERE i.item IN (SELECT value FROM json_each({keys}))"
    )
}

/// The same with their bodies: `[key, row, body]`.
pub(crate) fn hits(keys: &str) -> String {
    format!(
        "SELECT json_array(i.item, {ITEM_ROW}, c.body) FROM item i \
         JOIN content c ON c.item = i.item WHERE i.item IN (SELECT value FROM json_each({keys}))"
    )
}

/// `[class, key]` of the items that a REF may name, every class of names at once.
///
/// `key` is the key of the folded name, `first` and `last` are the ends of the range of keys of the
/// uids that begin with it; see `stores::sqlite::rows`.
pub(crate) fn named(names: &Named) -> String {
    let Named {
        here,
        root,
        written,
        lower,
        key,
        first,
        last,
    } = names;
    const MOST: &str = "LIMIT 101";
    let branch = |class: u8, from: &str| {
        format!("SELECT json_array({class}, item) FROM (SELECT item FROM {from} {MOST})")
    };
    [
        branch(1, &format!("file WHERE hash = {here} AND item IS NOT NULL")),
        branch(2, &format!("file WHERE hash = {root} AND item IS NOT NULL")),
        branch(
            3,
            &format!(
                "name JOIN item USING (item) WHERE class = 2 AND key = {key} AND id = {written}"
            ),
        ),
        branch(4, &format!("name WHERE class = 2 AND key = {key}")),
        branch(5, &format!("name WHERE class = 3 AND key = {key}")),
        branch(
            6,
            &format!(
                "name JOIN item USING (item) WHERE class = 4 AND key = {first} \
                 AND uid COLLATE FOLD = {lower}"
            ),
        ),
        branch(
            7,
            &format!(
                "name JOIN item USING (item) WHERE length({lower}) >= 4 AND class = 4 \
                 AND key BETWEEN {first} AND {last} AND length(uid) > length({lower}) \
                 AND substr(uid, 1, length({lower})) COLLATE FOLD = {lower}"
            ),
        ),
        branch(8, &format!("name WHERE class = 5 AND key = {key}")),
    ]
    .join(" UNION ALL ")
}

/// The binds of [`named`], each a `?N`.
pub(crate) struct Named {
    /// Hashes of the path from the current folder, and from the root.
    pub here: String,
    pub root: String,
    pub written: String,
    pub lower: String,
    pub key: String,
    pub first: String,
    pub last: String,
}

/// Names that a hint may suggest: ids, and paths of items without one.
pub(crate) const SUGGESTIONS: &str = "SELECT json_group_array(coalesce(id, path)) FROM \
     (SELECT id, path FROM item LIMIT 50000)";

/// `[row, content]` of one item.
pub(crate) fn whole(key: &str) -> String {
    format!(
        "SELECT json_array({ITEM_ROW}, i.companion, lower(hex(o.content_hash)), \
         lower(hex(o.blob_oid)), json(o.frontmatter), c.body, json(o.sections), json(o.entries), \
         json(o.checks)) FROM item i JOIN content c ON c.item = i.item \
         JOIN outline o ON o.item = i.item WHERE i.item = {key}"
    )
}

pub(crate) fn people(key: &str) -> String {
    format!(
        "SELECT json_array(p.role, p.seq, p.name) FROM person p WHERE p.item = {key} ORDER BY p.seq"
    )
}

pub(crate) fn links(key: &str) -> String {
    format!(
        "SELECT json_array(r.name, coalesce(l.target, t.id), t.path, t.id, t.title, t.phase, \
         CASE l.origin WHEN 0 THEN 'frontmatter' WHEN 1 THEN 'wikilink' ELSE 'markdown' END, \
         CASE l.companion WHEN 0 THEN i.path ELSE i.companion END, l.line) \
         FROM link l JOIN rel r ON r.rel = l.rel JOIN item i ON i.item = l.item \
         LEFT JOIN item t ON t.item = l.target_item WHERE l.item = {key} ORDER BY l.seq"
    )
}

pub(crate) fn backlinks(key: &str) -> String {
    format!(
        "SELECT json_array(r.name, i.path, i.id, i.title, i.phase, \
         CASE l.companion WHEN 0 THEN i.path ELSE i.companion END, l.line) \
         FROM link l JOIN rel r ON r.rel = l.rel JOIN item i ON i.item = l.item \
         WHERE l.target_item = {key} AND l.item <> {key} ORDER BY i.path, l.seq"
    )
}

/// Condition: the item's parent is `key`.
pub(crate) fn child_of(key: &str) -> String {
    format!(
        "i.item IN (SELECT l.item FROM link l WHERE l.rel = 0 AND l.target_item = {key}) \
         AND i.item <> {key}"
    )
}

const PROBLEM_ROW: &str = "json_array(i.path, i.id, q.code, q.severity, \
     CASE q.companion WHEN 0 THEN i.path ELSE i.companion END, q.line, q.col, q.message, q.hint)";

/// Position of a problem's severity.
const SEVERITY: &str = "CASE q.severity WHEN 'info' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END";

/// Problems of the items for which `condition` holds, by file and line.
pub(crate) fn problems(condition: &str, least: &str, limit: &str) -> String {
    format!(
        "SELECT {PROBLEM_ROW} FROM problem q JOIN item i ON i.item = q.item \
         WHERE {SEVERITY} >= {least} AND {condition} \
         ORDER BY i.path, q.companion, q.line, q.col, q.seq LIMIT {limit}"
    )
}

/// Problems of one item.
pub(crate) fn problems_of(key: &str) -> String {
    problems(&format!("i.item = {key}"), "0", "-1")
}

pub(crate) fn problem_codes(condition: &str, least: &str) -> String {
    format!(
        "SELECT json_array(q.code, q.severity, count(*)) \
         FROM problem q JOIN item i ON i.item = q.item \
         WHERE {SEVERITY} >= {least} AND {condition} \
         GROUP BY q.code, q.severity ORDER BY max({SEVERITY}) DESC, count(*) DESC, q.code"
    )
}

/// `[child, parent]` over the whole projection as one JSON array, the first parent of each child
/// first.
pub(crate) const PARENTS: &str = "SELECT json_group_array(json_array(item, target_item)) FROM \
     (SELECT l.item, l.target_item FROM link l \
      WHERE l.rel = 0 AND l.target_item IS NOT NULL ORDER BY l.item, l.seq)";

/// `[key, done]` of items in the order of their siblings, as one JSON array.
pub(crate) fn in_order(keys: &str) -> String {
    format!(
        "SELECT json_group_array(json_array(item, done)) FROM \
         (SELECT i.item, coalesce(i.phase = 'done', 0) AS done FROM item i \
          WHERE i.item IN (SELECT value FROM json_each({keys})) ORDER BY {URGENT_FIRST})"
    )
}

/// Different values of a field, those of most items first, as one JSON array.
pub(crate) fn values(by: &by::Columns) -> String {
    let by::Columns {
        value,
        with,
        join,
        collation,
    } = by;
    format!(
        "{with} SELECT json_group_array(value) FROM \
         (SELECT min({value}) AS value FROM item i {join} WHERE {value} IS NOT NULL \
          GROUP BY {value} COLLATE {collation} ORDER BY count(*) DESC, 1 LIMIT 50000)"
    )
}

/// `[value, key, phase, rank]` of each item in each of its columns, in no order, as one JSON array.
/// It is grouped and ordered where it is read: collations of ours make groups slow, and of few
/// items the order matters.
pub(crate) fn cards(by: &by::Columns, condition: &str) -> String {
    let by::Columns {
        value, with, join, ..
    } = by;
    format!(
        "{with} SELECT json_group_array(json_array({value}, i.item, {PHASE_ORDER}, \
         i.priority_rank)) FROM item i {join} WHERE {condition}"
    )
}

/// The keys that items can be sorted by.
pub(crate) const ORDERS: &[(&str, &[&str])] = &[
    ("path", &["i.path"]),
    ("id", &["i.id COLLATE NATURALLY"]),
    ("uid", &["i.uid"]),
    ("preset", &["i.preset"]),
    ("kind", &["i.kind COLLATE LOOSE"]),
    ("title", &["i.title COLLATE NATURALLY"]),
    ("state", &[PHASE_ORDER, "i.state COLLATE NATURALLY"]),
    ("phase", &[PHASE_ORDER]),
    (
        "priority",
        &["i.priority_rank", "i.priority COLLATE NATURALLY"],
    ),
    ("parent", &["i.parent COLLATE NATURALLY"]),
    ("owner", &["i.owner COLLATE FOLD"]),
    ("area", &["i.area COLLATE FOLD"]),
    ("iteration", &["i.iteration COLLATE NATURALLY"]),
    ("created", &["i.created"]),
    ("updated", &["i.updated"]),
    ("due", &["i.due"]),
    ("status", &["i.status"]),
];

/// `[priority, rank]` of every priority, as its convention orders it, as one JSON array.
pub(crate) const RANKS: &str = "SELECT json_group_array(json_array(priority, priority_rank)) FROM \
     (SELECT DISTINCT priority, priority_rank FROM item \
      WHERE priority IS NOT NULL AND priority_rank IS NOT NULL)";

/// Position of an item's phase; null without one.
pub(crate) const PHASE_ORDER: &str = "CASE i.phase WHEN 'open' THEN 0 WHEN 'active' THEN 1 \
     WHEN 'blocked' THEN 2 WHEN 'done' THEN 3 WHEN 'dropped' THEN 4 END";

/// Within a column of the board and below a parent: the most urgent first, then the latest.
pub(crate) const URGENT_FIRST: &str =
    "i.priority_rank ASC NULLS LAST, i.updated DESC NULLS LAST, i.path";

/// `ORDER BY` of expressions, the absent last; the path decides in the end. Nothing given means
/// the latest update first.
pub(crate) fn order_by(parts: &[(&str, bool)]) -> String {
    let mut order = String::new();
    for (expression, down) in parts {
        let direction = if *down { "DESC" } else { "ASC" };
        order += &format!("{expression} {direction} NULLS LAST, ");
    }
    if parts.is_empty() {
        order += "i.updated DESC, ";
    }
    order + "i.path"
}

/// Condition: one of the keys of a JSON array.
pub(crate) fn among(keys: &str) -> String {
    format!("i.item IN (SELECT value FROM json_each({keys}))")
}
