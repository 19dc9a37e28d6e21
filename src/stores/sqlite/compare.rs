//! Two caches, row by row through the public views: what one has and the other has not.
//!
//! Rows are compared as a bag: views have no order, and equal rows count. Never: compares keys of base
//! tables, which differ between two caches of the same files, or `meta`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::stores::sqlite::SqliteError;
use crate::stores::sqlite::read::open_read_only;

/// The views that are compared; their first column is the path. Last the paths in which the work tree
/// differs from HEAD.
const VIEWS: [&str; 10] = [
    "items", "people", "tags", "links", "entries", "checks", "sections", "fields", "problems",
    "unclean",
];
/// Of a long value so many characters are told.
const LONGEST: usize = 160;

/// A row that differs. Where both sides have one for the path, only the columns that differ are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowDrift {
    pub view: String,
    pub path: String,
    /// `column=value`, separated by spaces; nothing where there is no such row.
    pub served: Option<String>,
    pub rebuilt: Option<String>,
}

type Row = Vec<(String, String)>;

/// Every row that is in one of the caches only; of each view at most `most` paths. `with_head` where both are
/// of the same commit.
pub(crate) fn compare_views(
    served: &Path,
    rebuilt: &Path,
    most: usize,
    with_head: bool,
) -> Result<Vec<RowDrift>, SqliteError> {
    let open = |path: &Path| open_read_only(path);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| SqliteError {
            act: "comparing the cache",
            path,
            source,
        }
    };
    let first = open(served).map_err(failed(served))?;
    let second = open(rebuilt).map_err(failed(rebuilt))?;
    let mut drift = Vec::new();
    for view in &VIEWS[..if with_head {
        VIEWS.len()
    } else {
        VIEWS.len() - 1
    }] {
        let view = *view;
        let mut balance: HashMap<[u8; 16], i64> = HashMap::new();
        each_hash(&first, view, |hash| *balance.entry(hash).or_default() += 1)
            .map_err(failed(served))?;
        each_hash(&second, view, |hash| *balance.entry(hash).or_default() -= 1)
            .map_err(failed(rebuilt))?;
        balance.retain(|_, count| *count != 0);
        if balance.is_empty() {
            continue;
        }
        let own = rows(&first, view, &balance, 1).map_err(failed(served))?;
        let mut other = rows(&second, view, &balance, -1).map_err(failed(rebuilt))?;
        for (path, rows) in own {
            let mut others = other.remove(&path).unwrap_or_default().into_iter();
            for row in rows {
                let (served, rebuilt) = match others.next() {
                    Some(other) => differing(&row, &other),
                    None => (Some(text(&row)), None),
                };
                drift.push(RowDrift {
                    view: view.to_owned(),
                    path: path.clone(),
                    served,
                    rebuilt,
                });
            }
            drift.extend(others.map(|row| missing(view, &path, &row)));
        }
        for (path, rows) in other {
            drift.extend(rows.iter().map(|row| missing(view, &path, row)));
        }
        let mut of_view = 0;
        drift.retain(|row| {
            of_view += usize::from(row.view == view);
            row.view != view || of_view <= most
        });
    }
    Ok(drift)
}

fn missing(view: &str, path: &str, row: &Row) -> RowDrift {
    RowDrift {
        view: view.to_owned(),
        path: path.to_owned(),
        served: None,
        rebuilt: Some(text(row)),
    }
}

/// The columns in which two rows differ, on either side.
fn differing(served: &Row, rebuilt: &Row) -> (Option<String>, Option<String>) {
    let (own, other): (Row, Row) = served
        .iter()
        .zip(rebuilt)
        .filter(|(own, other)| own != other)
        .map(|(own, other)| (own.clone(), other.clone()))
        .unzip();
    (Some(text(&own)), Some(text(&other)))
}

fn text(row: &Row) -> String {
    let cells = row.iter().filter(|(_, value)| value != "null");
    let cells = cells.map(|(column, value)| {
        let short: String = value.chars().take(LONGEST).collect();
        let dots = if short.len() < value.len() { "..." } else { "" };
        format!("{column}={short}{dots}")
    });
    cells.collect::<Vec<_>>().join(" ")
}

/// Calls `take` with a hash of every row of a view.
fn each_hash(
    connection: &Connection,
    view: &str,
    mut take: impl FnMut([u8; 16]),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {view}"))?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(hash(row, width)?);
    }
    Ok(())
}

fn hash(row: &rusqlite::Row<'_>, width: usize) -> rusqlite::Result<[u8; 16]> {
    let mut hasher = blake3::Hasher::new();
    for at in 0..width {
        match row.get_ref(at)? {
            ValueRef::Null => hasher.update(b"n"),
            ValueRef::Integer(number) => hasher.update(b"i").update(&number.to_le_bytes()),
            ValueRef::Real(number) => hasher.update(b"r").update(&number.to_le_bytes()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => hasher
                .update(b"t")
                .update(&bytes.len().to_le_bytes())
                .update(bytes),
        };
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Ok(short)
}

/// The rows whose hash has a balance of that sign, by path.
fn rows(
    connection: &Connection,
    view: &str,
    balance: &HashMap<[u8; 16], i64>,
    sign: i64,
) -> rusqlite::Result<BTreeMap<String, Vec<Row>>> {
    let mut left = balance.clone();
    let mut found: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut statement = connection.prepare(&format!("SELECT * FROM {view}"))?;
    let columns: Vec<String> = statement
        .column_names()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(count) = left.get_mut(&hash(row, columns.len())?) else {
            continue;
        };
        if *count * sign <= 0 {
            continue;
        }
        *count -= sign;
        let path: String = row.get(0)?;
        let cells = columns.iter().enumerate().skip(1);
        let cells = cells.map(|(at, column)| Ok((column.clone(), cell(row.get_ref(at)?))));
        let cells = cells.collect::<rusqlite::Result<Row>>()?;
        found.entry(path).or_default().push(cells);
    }
    Ok(found)
}

fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            format!("{:?}", String::from_utf8_lossy(bytes))
        }
    }
}

/// The path of every item by its key.
pub(crate) fn paths(path: &Path) -> Result<HashMap<i64, String>, SqliteError> {
    let failed = |source| SqliteError {
        act: "reading the cache",
        path: path.to_owned(),
        source,
    };
    (|| {
        let connection = open_read_only(path)?;
        let mut statement = connection.prepare("SELECT item, path FROM item")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<HashMap<_, _>>>()
    })()
    .map_err(failed)
}
