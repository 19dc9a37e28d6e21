//! Where lines come from, and taking them out when they are gone.

use rusqlite::params;

use crate::model::sharing::Line;
use crate::stores::state::line::RENAMED;
use crate::stores::state::{Result, State};

impl State {
    /// Notes what named the commit of a line: a ref in full, or HEAD. The line is there. What the branch was
    /// under other names of the repository is left from now on.
    pub(crate) fn note_source(&mut self, line: &Line, source: &str) -> Result<()> {
        self.change("noting where a branch comes from in", |connection| {
            connection.execute(
                "UPDATE line SET source = ?4 WHERE repository = ?1 AND branch = ?2 AND draft = ?3
                   AND source <> ?4",
                params![line.repository, line.branch, line.draft, source],
            )?;
            connection.execute(
                "UPDATE line SET source = iif(repository = ?1, '', ?3)
                 WHERE branch = ?2 AND (repository = ?1) = (source = ?3)",
                params![line.repository, line.branch, RENAMED],
            )?;
            Ok(())
        })
    }

    /// Takes out all entries of a line of which the server has nothing any more; its cursor stays.
    pub(crate) fn empty_line(&mut self, line: &Line) -> Result<()> {
        self.change("emptying a draft in", |connection| {
            let of = [&line.repository, &line.branch, &line.draft];
            for sql in [
                "DELETE FROM outbox",
                "UPDATE line SET version = 0, seal = ''",
            ] {
                let sql = format!("{sql} WHERE repository = ?1 AND branch = ?2 AND draft = ?3");
                connection.execute(&sql, of)?;
            }
            Ok(())
        })
    }

    /// Takes out a branch with its drafts. Gives how many lines there were, and entries.
    pub(crate) fn remove_branch(&mut self, repository: &str, branch: &str) -> Result<(u64, u64)> {
        self.change("taking a branch out of", |connection| {
            let of = "WHERE repository = ?1 AND branch = ?2";
            let mut taken = [0; 2];
            for (table, count) in ["line", "outbox"].into_iter().zip(&mut taken) {
                let sql = format!("DELETE FROM {table} {of}");
                *count = connection.execute(&sql, [repository, branch])? as u64;
            }
            Ok((taken[0], taken[1]))
        })
    }
}
