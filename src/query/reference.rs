//! REF: which item a person means. The first class of names that matches wins: path from the
//! current folder, path from the root, id, id in another case, alias, uid or the beginning of one
//! (4 characters or more), file stem. Several items in that class are an error that lists them.
//! Never: looks at the work tree; paths are compared as text.

use std::path::{Component, Path};

use crate::base::path;
use crate::query::Reader;
use crate::query::error::QueryError;
use crate::query::list::{self, among};
use crate::query::near::near;
use crate::query::sql::{self, Binds, ask};
use crate::query::view::ItemRow;
use crate::stores::sqlite::rows;

/// Where the person stands, so that a path can be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Here<'a> {
    /// Root of the work tree, absolute.
    pub root: &'a Path,
    /// The current folder, absolute.
    pub folder: &'a Path,
}

/// The key of the item that `reference` names.
pub(crate) async fn find(
    reader: &mut Reader,
    reference: &str,
    here: Here<'_>,
) -> Result<i64, QueryError> {
    let lower = rows::folded(reference);
    let dialect = reader.dialect();
    let mut binds = Binds::default();
    let (first, last) = binds.uids(dialect, &lower);
    // A path that leaves the work tree matches nothing, as the empty path does.
    let from_here = from_root(here.root, &here.folder.join(reference)).unwrap_or_default();
    let from_top = from_root(here.root, &here.root.join(reference)).unwrap_or_default();
    let names = ask::Named {
        here: binds.path(dialect, &from_here),
        root: binds.path(dialect, &from_top),
        written: binds.add(reference),
        lower: binds.add(lower.as_str()),
        key: binds.name(dialect, &lower),
        first,
        last,
    };
    let mut found: Vec<(u8, i64)> = sql::rows(reader, ask::named(dialect, &names), binds).await?;
    found.sort_unstable();
    found.dedup();
    let Some(&(class, first)) = found.first() else {
        return Err(not_found(reader, reference).await?);
    };
    let keys: Vec<i64> = found
        .iter()
        .take_while(|(other, _)| *other == class)
        .map(|(_, key)| *key)
        .collect();
    if keys.len() == 1 {
        return Ok(first);
    }
    Err(QueryError::Ambiguous {
        reference: reference.to_owned(),
        candidates: list::rows(reader, &among(reader, &keys), "i.path", None, 0).await?,
    })
}

/// The item that `reference` names, in one row.
pub(crate) async fn row(
    reader: &mut Reader,
    reference: &str,
    here: Here<'_>,
) -> Result<ItemRow, QueryError> {
    let key = find(reader, reference, here).await?;
    let rows = list::rows(reader, &among(reader, &[key]), "i.path", None, 0).await?;
    match rows.into_iter().next() {
        Some(row) => Ok(row),
        None => Err(not_found(reader, reference).await?),
    }
}

/// The paths from the root that `reference` may be: read from the current folder, and from the root.
pub(crate) fn paths(reference: &str, here: Here<'_>) -> Vec<String> {
    let folders = [here.folder, here.root];
    let paths = folders.map(|folder| from_root(here.root, &folder.join(reference)));
    paths.into_iter().flatten().collect()
}

async fn not_found(reader: &mut Reader, reference: &str) -> Result<QueryError, QueryError> {
    let names: Vec<String> =
        sql::one(reader, ask::suggestions(reader.dialect()), Binds::default()).await?;
    Ok(QueryError::NotFound {
        reference: reference.to_owned(),
        near: near(reference, names.iter().map(|name| stem(name))),
    })
}

/// Of a path its file stem; an id, which has no slash as a rule, is kept.
fn stem(name: &str) -> &str {
    match name.contains('/') {
        true => path::stem_of(name),
        false => name,
    }
}

/// A path as the stores write it: relative to the root, with `/`, without `.` and `..`. Nothing
/// where it is not below the root.
fn from_root(root: &Path, path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::ParentDir => {
                parts.pop();
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    let mut below = parts.into_iter();
    for part in root.components() {
        if let Component::Normal(name) = part
            && below.next() != name.to_str()
        {
            return None;
        }
    }
    let below: Vec<&str> = below.collect();
    (!below.is_empty()).then(|| below.join("/"))
}
