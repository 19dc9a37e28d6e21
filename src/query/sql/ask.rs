//! The statements of the questions. `i` is always the item; each row is one JSON text. Pure.

use crate::query::sql::by;
use crate::query::sql::dialect::Collation::{self, Binary, Fold, Loose, Naturally};
use crate::query::sql::dialect::Dialect;

/// More than there can be.
pub(crate) const ALL: i64 = i64::MAX;

/// One `ItemRow` as a JSON array in the order of its fields.
fn item_row(d: Dialect) -> String {
    d.row(&format!(
        "i.path, i.id, i.uid, i.preset, i.kind, i.title, i.state, i.phase, i.priority, i.parent, \
         i.owner, i.area, i.iteration, i.created, i.updated, i.due, i.status, {}{}",
        d.counts(),
        d.origin()
    ))
}

/// The keys of a page of the items for which `condition` holds, as one JSON array. Whole rows are
/// made for the page only, not for all that is sorted.
pub(crate) fn page(d: Dialect, condition: &str, order: &str, limit: &str, offset: &str) -> String {
    let list = d.list("item");
    format!(
        "SELECT {list} FROM (SELECT i.item FROM item i WHERE {condition} \
         ORDER BY {order} LIMIT {limit} OFFSET {offset}) AS page"
    )
}

pub(crate) fn count(condition: &str) -> String {
    format!("SELECT CAST(count(*) AS TEXT) FROM item i WHERE {condition}")
}

/// The keys of at most `most` items for which `condition` holds, as one JSON array.
pub(crate) fn keys(d: Dialect, condition: &str, most: i64) -> String {
    let list = d.list("item");
    format!("SELECT {list} FROM (SELECT i.item FROM item i WHERE {condition} LIMIT {most}) AS few")
}

/// Whole rows with their keys, in no order, as one JSON array: `[[key, row], ...]`.
pub(crate) fn rows_of(d: Dialect, keys: &str) -> String {
    let list = d.list(&d.row(&format!("i.item, {}", item_row(d))));
    format!("SELECT {list} FROM item i WHERE {}", among(d, keys))
}

/// The same with their bodies: `[key, row, body]`.
pub(crate) fn hits(d: Dialect, keys: &str) -> String {
    let row = d.row(&format!("i.item, {}, c.body", item_row(d)));
    format!(
        "SELECT {row} FROM item i JOIN content c ON c.item = i.item WHERE {}",
        among(d, keys)
    )
}

/// `[class, key]` of the items that a REF may name, every class of names at once.
///
/// `key` is the key of the folded name, `first` and `last` are the ends of the range of keys of the
/// uids that begin with it; see [`Binds::name`](crate::query::sql::Binds::name).
pub(crate) fn named(d: Dialect, names: &Named) -> String {
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
        let row = d.row(&format!("{class}, item"));
        format!("SELECT {row} FROM (SELECT item FROM {from} {MOST}) AS class{class}")
    };
    let names = d.names(lower);
    let uid = d.equal(Fold, "uid", lower);
    let begins = d.equal(Fold, &format!("substr(uid, 1, length({lower}))"), lower);
    [
        branch(1, &format!("file WHERE hash = {here} AND item IS NOT NULL")),
        branch(2, &format!("file WHERE hash = {root} AND item IS NOT NULL")),
        branch(
            3,
            &format!(
                "{names} AS n JOIN item USING (item) WHERE class = 2 AND key = {key} AND id = {written}"
            ),
        ),
        branch(4, &format!("{names} AS n WHERE class = 2 AND key = {key}")),
        branch(5, &format!("{names} AS n WHERE class = 3 AND key = {key}")),
        branch(
            6,
            &format!(
                "{names} AS n JOIN item USING (item) WHERE class = 4 AND key = {first} AND {uid}"
            ),
        ),
        branch(
            7,
            &format!(
                "{names} AS n JOIN item USING (item) WHERE length({lower}) >= 4 AND class = 4 \
                 AND key BETWEEN {first} AND {last} AND length(uid) > length({lower}) AND {begins}"
            ),
        ),
        branch(8, &format!("{names} AS n WHERE class = 5 AND key = {key}")),
    ]
    .join(" UNION ALL ")
}

/// The binds of [`named`], each a `$N`.
pub(crate) struct Named {
    /// The path from the current folder, and from the root.
    pub here: String,
    pub root: String,
    pub written: String,
    pub lower: String,
    pub key: String,
    pub first: String,
    pub last: String,
}

/// Names that a hint may suggest: ids, and paths of items without one.
pub(crate) fn suggestions(d: Dialect) -> String {
    let list = d.list("coalesce(id, path)");
    format!("SELECT {list} FROM (SELECT id, path FROM item LIMIT 50000) AS names")
}

/// `[row, content]` of one item.
pub(crate) fn whole(d: Dialect, key: &str) -> String {
    let columns = [
        item_row(d),
        "i.companion".to_owned(),
        d.hex("o.content_hash"),
        d.hex("o.blob_oid"),
        d.nested("o.frontmatter"),
        "c.body".to_owned(),
        d.nested("o.sections"),
        d.nested("o.entries"),
        d.nested("o.checks"),
    ];
    let row = d.row(&columns.join(", "));
    format!(
        "SELECT {row} FROM item i JOIN content c ON c.item = i.item \
         JOIN outline o ON o.item = i.item WHERE i.item = {key}"
    )
}

pub(crate) fn people(d: Dialect, key: &str) -> String {
    let row = d.row("p.role, p.seq, p.name");
    format!("SELECT {row} FROM person p WHERE p.item = {key} ORDER BY p.seq")
}

const LINK_FILE: &str = "CASE l.companion WHEN 0 THEN i.path ELSE i.companion END";

pub(crate) fn links(d: Dialect, key: &str) -> String {
    let row = d.row(&format!(
        "{}, coalesce(l.target, t.id), t.path, t.id, t.title, t.phase, \
         CASE l.origin WHEN 0 THEN 'frontmatter' WHEN 1 THEN 'wikilink' ELSE 'markdown' END, \
         {LINK_FILE}, l.line",
        d.rel_name()
    ));
    format!(
        "SELECT {row} FROM link l JOIN item i ON i.item = l.item \
         LEFT JOIN item t ON t.item = l.target_item WHERE l.item = {key} ORDER BY l.seq"
    )
}

pub(crate) fn backlinks(d: Dialect, key: &str) -> String {
    let row = d.row(&format!(
        "{}, i.path, i.id, i.title, i.phase, {LINK_FILE}, l.line",
        d.rel_name()
    ));
    format!(
        "SELECT {row} FROM link l JOIN item i ON i.item = l.item \
         WHERE l.target_item = {key} AND l.item <> {key}{} ORDER BY i.path, l.seq",
        d.linkers(key)
    )
}

/// Condition: the item's parent is `key`.
pub(crate) fn child_of(d: Dialect, key: &str) -> String {
    format!(
        "i.item IN (SELECT l.item FROM link l WHERE l.rel = {} AND l.target_item = {key}{}) \
         AND i.item <> {key}",
        d.parent(),
        d.linkers(key)
    )
}

/// Position of a problem's severity.
const SEVERITY: &str = "CASE q.severity WHEN 'info' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END";

/// Problems of the items for which `condition` holds, by file and line.
pub(crate) fn problems(d: Dialect, condition: &str, least: &str, limit: &str) -> String {
    let row = d.row(&format!(
        "i.path, i.id, q.code, q.severity, \
         CASE q.companion WHEN 0 THEN i.path ELSE i.companion END, q.line, q.col, q.message, \
         q.hint{}",
        d.origin()
    ));
    format!(
        "SELECT {row} FROM problem q JOIN item i ON i.item = q.item \
         WHERE {SEVERITY} >= {least} AND {condition} \
         ORDER BY {}, q.companion, q.line, q.col, q.code, q.message LIMIT {limit}",
        d.last()
    )
}

/// Problems of one item.
pub(crate) fn problems_of(d: Dialect, key: &str) -> String {
    problems(d, &format!("i.item = {key}"), "0", &ALL.to_string())
}

pub(crate) fn problem_codes(d: Dialect, condition: &str, least: &str) -> String {
    let row = d.row("q.code, q.severity, count(*)");
    format!(
        "SELECT {row} FROM problem q JOIN item i ON i.item = q.item \
         WHERE {SEVERITY} >= {least} AND {condition} \
         GROUP BY q.code, q.severity ORDER BY max({SEVERITY}) DESC, count(*) DESC, q.code"
    )
}

/// `[child, parent]` over the whole projection as one JSON array, the first parent of each child
/// first.
pub(crate) fn parents(d: Dialect) -> String {
    let list = d.list(&d.row("item, target_item"));
    format!(
        "SELECT {list} FROM (SELECT l.item, l.target_item FROM link l \
         WHERE l.rel = {} AND l.target_item IS NOT NULL ORDER BY l.item, l.seq) AS parents",
        d.parent()
    )
}

/// `[key, done]` of items in the order of their siblings, as one JSON array.
pub(crate) fn in_order(d: Dialect, keys: &str) -> String {
    let list = d.list(&d.row("item, done"));
    format!(
        "SELECT {list} FROM \
         (SELECT i.item, CASE i.phase WHEN 'done' THEN 1 ELSE 0 END AS done FROM item i \
          WHERE {} ORDER BY {}) AS siblings",
        among(d, keys),
        urgent_first(d)
    )
}

/// Different values of a field, those of most items first, as one JSON array.
pub(crate) fn values(d: Dialect, by: &by::Columns) -> String {
    let by::Columns {
        value,
        with,
        join,
        collation,
    } = by;
    let list = d.list("value");
    let group = d.by(*collation, value);
    format!(
        "{with} SELECT {list} FROM \
         (SELECT min({value}) AS value FROM item i {join} WHERE {value} IS NOT NULL \
          GROUP BY {group} ORDER BY count(*) DESC, 1 LIMIT 50000) AS different"
    )
}

/// `[value, key, phase, rank]` of each item in each of its columns, in no order, as one JSON array.
/// It is grouped and ordered where it is read: collations of ours make groups slow, and of few
/// items the order matters.
pub(crate) fn cards(d: Dialect, by: &by::Columns, condition: &str) -> String {
    let by::Columns {
        value, with, join, ..
    } = by;
    let list = d.list(&d.row(&format!("{value}, i.item, {PHASE_ORDER}, i.priority_rank")));
    format!("{with} SELECT {list} FROM item i {join} WHERE {condition}")
}

/// The keys that items can be sorted by.
pub(crate) const ORDERS: &[(&str, &[(&str, Collation)])] = &[
    ("path", &[("i.path", Binary)]),
    ("id", &[("i.id", Naturally)]),
    ("uid", &[("i.uid", Binary)]),
    ("preset", &[("i.preset", Binary)]),
    ("kind", &[("i.kind", Loose)]),
    ("title", &[("i.title", Naturally)]),
    ("state", &[(PHASE_ORDER, Binary), ("i.state", Naturally)]),
    ("phase", &[(PHASE_ORDER, Binary)]),
    (
        "priority",
        &[("i.priority_rank", Binary), ("i.priority", Naturally)],
    ),
    ("parent", &[("i.parent", Naturally)]),
    ("owner", &[("i.owner", Fold)]),
    ("area", &[("i.area", Fold)]),
    ("iteration", &[("i.iteration", Naturally)]),
    ("created", &[("i.created", Binary)]),
    ("updated", &[("i.updated", Binary)]),
    ("due", &[("i.due", Binary)]),
    ("status", &[("i.status", Binary)]),
];

/// `[priority, rank]` of every priority, as its convention orders it, as one JSON array.
pub(crate) fn ranks(d: Dialect) -> String {
    let list = d.list(&d.row("priority, priority_rank"));
    format!(
        "SELECT {list} FROM (SELECT DISTINCT priority, priority_rank FROM item \
         WHERE priority IS NOT NULL AND priority_rank IS NOT NULL) AS ranks"
    )
}

/// Position of an item's phase; null without one.
pub(crate) const PHASE_ORDER: &str = "CASE i.phase WHEN 'open' THEN 0 WHEN 'active' THEN 1 \
     WHEN 'blocked' THEN 2 WHEN 'done' THEN 3 WHEN 'dropped' THEN 4 END";

/// Within a column of the board and below a parent: the most urgent first, then the latest.
pub(crate) fn urgent_first(d: Dialect) -> String {
    let last = d.last();
    format!("i.priority_rank ASC NULLS LAST, i.updated DESC NULLS LAST, {last}")
}

/// `ORDER BY` of expressions, the absent last; the path decides in the end. Nothing given means
/// the latest update first.
pub(crate) fn order_by(d: Dialect, parts: &[(&str, Collation, bool)]) -> String {
    let mut order = String::new();
    for (expression, collation, down) in parts {
        let direction = if *down { "DESC" } else { "ASC" };
        let expression = d.by(*collation, expression);
        order += &format!("{expression} {direction} NULLS LAST, ");
    }
    if parts.is_empty() {
        // In SQLite the absent come last by themselves, and only so an index can serve.
        order += match d {
            Dialect::Sqlite => "i.updated DESC, ",
            Dialect::Postgres { .. } => "i.updated DESC NULLS LAST, ",
        };
    }
    order + d.last()
}

/// Condition: one of the keys of a JSON array.
pub(crate) fn among(d: Dialect, keys: &str) -> String {
    format!("i.item IN ({})", d.keys(keys))
}

/// `[[[key, score], ...], count]`: a page of the items on a server whose words match, best first, and how
/// many there are. An item whose id is the whole question stands above every other; one with the alias
/// next.
pub(crate) fn matches(condition: &str, wanted: &Matches) -> String {
    let Matches {
        query,
        id,
        name,
        limit,
        offset,
    } = wanted;
    format!(
        "WITH hit AS (SELECT s.item, s.rank + CASE WHEN i.words @@ {id}::tsquery THEN 10000 \
             WHEN i.words @@ {name}::tsquery THEN 1000 ELSE 0 END AS score, \
             i.path, i.repository, i.branch \
           FROM kanban.search(current_setting('kanban.repositories')::text[], \
             current_setting('kanban.branches')::text[], current_setting('kanban.draft'), \
             {query}::tsquery, NULL) s JOIN item i ON i.item = s.item WHERE {condition}) \
         SELECT json_build_array( \
           (SELECT coalesce(json_agg(json_build_array(item, score)), '[]') FROM \
             (SELECT item, score FROM hit ORDER BY score DESC, path, repository, branch \
              LIMIT {limit} OFFSET {offset}) AS page), \
           (SELECT count(*) FROM hit))"
    )
}

/// The binds of [`matches()`], each a `$N`.
pub(crate) struct Matches {
    pub query: String,
    pub id: String,
    pub name: String,
    pub limit: String,
    pub offset: String,
}
