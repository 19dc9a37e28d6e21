//! `check`: the problems of the items that match, by file and line.

use crate::model::problem::Severity;
use crate::query::Reader;
use crate::query::error::QueryError;
use crate::query::resolve::resolve;
use crate::query::sql::{self, ask};
use crate::query::view::{CheckView, CodeRow};

/// What `check` takes. `now` is today as ISO date or time; no `limit` means all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckArgs<'a> {
    pub query: &'a str,
    pub now: &'a str,
    /// Problems less severe than this are left out, of the counts as well.
    pub least: Severity,
    pub limit: Option<u64>,
}

/// Answers `check`.
pub(crate) async fn check(
    reader: &mut Reader,
    args: &CheckArgs<'_>,
) -> Result<CheckView, QueryError> {
    let condition = resolve(reader, args.query, args.now).await?;
    let mut binds = condition.binds;
    let least = binds.add(match args.least {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
    });
    let codes = ask::problem_codes(reader.dialect(), &condition.text, &least);
    let by_code: Vec<CodeRow> = sql::rows(reader, codes, binds.clone()).await?;
    let limit = args
        .limit
        .map_or(ask::ALL, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let limit = binds.add(limit);
    let problems = ask::problems(reader.dialect(), &condition.text, &least, &limit);
    Ok(CheckView {
        problems: sql::rows(reader, problems, binds).await?,
        total: by_code.iter().map(|row| row.count).sum(),
        by_code,
    })
}
