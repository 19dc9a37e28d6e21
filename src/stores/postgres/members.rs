//! Who may do what with a repository on the server.
//! Never: makes a login or sets a password; that is the server's administrator's. Leaves no repository without an
//! admin.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row};

use crate::stores::postgres::Result;
use crate::stores::postgres::connect::Server;

/// What takes more than publishing does.
pub(super) const NAMING: &str = "naming a member";
pub(super) const EXPELLING: &str = "taking a member out";

/// What a member may do: read, publish too, or also name members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Reader,
    Writer,
    Admin,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Admin => "admin",
        }
    }

    /// Begins a transaction that may do that and no more, whatever the login may: policies bind it.
    pub(super) fn begin(self) -> &'static str {
        match self {
            Self::Reader => "BEGIN; SET LOCAL ROLE kanban_reader",
            Self::Writer => "BEGIN; SET LOCAL ROLE kanban_writer",
            Self::Admin => "BEGIN; SET LOCAL ROLE kanban_admin",
        }
    }
}

/// What a login may do: both must allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights {
    /// By the roles of the server.
    pub granted: Option<Role>,
    /// In the repository.
    pub member: Option<Role>,
}

/// What became of a change of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Done,
    /// There is none, or none whom the asking one may change.
    Nobody,
    /// Without that admin nobody could name members any more.
    LastAdmin,
}

/// The admins of `$1`. Each change locks them in one order, so that of two that go at once one waits, and
/// then sees what the other has left.
const ADMINS: &str = "admins AS MATERIALIZED (
  SELECT a.member FROM kanban_data.member a WHERE a.repository = $1 AND a.role = 'admin'
  ORDER BY a.member FOR UPDATE)";
const ANOTHER: &str = "EXISTS (SELECT 1 FROM admins WHERE admins.member <> $2)";
const CHANGED: &str = "SELECT EXISTS (SELECT 1 FROM done),
  EXISTS (SELECT 1 FROM admins WHERE admins.member = $2) AND NOT EXISTS (SELECT 1 FROM done)";

fn change(told: &PgRow) -> Change {
    match (told.get(0), told.get(1)) {
        (true, _) => Change::Done,
        (false, true) => Change::LastAdmin,
        (false, false) => Change::Nobody,
    }
}

/// A member of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// `login:NAME` or `user:UUID`.
    pub member: String,
    pub role: String,
}

impl Server {
    /// Founds a repository: who asks becomes its first admin. Does nothing where that is a member already, and is
    /// refused where others are.
    pub(crate) async fn found(&mut self, repository: &str) -> Result<bool> {
        let asked = sqlx::query("SELECT kanban.found($1)").bind(repository);
        let rows = self
            .rows_as(Role::Writer, "making the repository", asked)
            .await?;
        Ok(rows[0].get(0))
    }

    /// The members of a repository, as far as the asking one may see them.
    pub(crate) async fn members(&mut self, repository: &str) -> Result<Vec<Member>> {
        let asked = sqlx::query(
            "SELECT member, role FROM kanban_data.member WHERE repository = $1 ORDER BY member",
        )
        .bind(repository);
        let rows = self.rows("reading the members", asked).await?;
        let member = |row: &PgRow| Member {
            member: row.get(0),
            role: row.get(1),
        };
        Ok(rows.iter().map(member).collect())
    }

    /// Who asks, as a member; nothing where a gateway says for nobody.
    pub(crate) async fn me(&mut self) -> Result<Option<String>> {
        self.one("asking who asks", "SELECT kanban_data.me()").await
    }

    /// Whether somebody can log in by that name.
    pub(crate) async fn has_login(&mut self, login: &str) -> Result<bool> {
        let asked = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1 AND rolcanlogin)",
        )
        .bind(login);
        let rows = self.rows("looking for a login", asked).await?;
        Ok(rows[0].get(0))
    }

    /// What the login may do at all, and what it is in the repository.
    pub(crate) async fn rights(&mut self, repository: &str) -> Result<Rights> {
        let asked = sqlx::query(
            "SELECT pg_has_role(session_user, 'kanban_reader', 'MEMBER'),
                    pg_has_role(session_user, 'kanban_writer', 'MEMBER'),
                    pg_has_role(session_user, 'kanban_admin', 'MEMBER'),
                    (SELECT m.role FROM kanban_data.member m
                     WHERE m.repository = $1 AND m.member = kanban_data.me())",
        )
        .bind(repository);
        let rows = self.rows("looking for your membership", asked).await?;
        let granted = match (rows[0].get(0), rows[0].get(1), rows[0].get(2)) {
            (_, _, true) => Some(Role::Admin),
            (_, true, _) => Some(Role::Writer),
            (true, _, _) => Some(Role::Reader),
            (false, false, false) => None,
        };
        let member = rows[0].get::<Option<String>, _>(3);
        let roles = [Role::Reader, Role::Writer, Role::Admin];
        let member = roles
            .into_iter()
            .find(|role| member.as_deref() == Some(role.as_str()));
        Ok(Rights { granted, member })
    }

    /// Gives a member a role; only an admin may.
    pub(crate) async fn admit(
        &mut self,
        repository: &str,
        member: &str,
        role: Role,
    ) -> Result<Change> {
        let asked = sqlx::query(AssertSqlSafe(format!(
            "WITH {ADMINS}, done AS (
               INSERT INTO kanban_data.member AS m (repository, member, role) VALUES ($1, $2, $3)
               ON CONFLICT (repository, member) DO UPDATE SET role = excluded.role
               WHERE excluded.role = 'admin' OR m.role <> 'admin' OR {ANOTHER}
               RETURNING 1)
             {CHANGED}"
        )))
        .bind(repository)
        .bind(member)
        .bind(role.as_str());
        let told = self.rows_as(Role::Admin, NAMING, asked).await?;
        Ok(change(&told[0]))
    }

    /// Takes a member out.
    pub(crate) async fn expel(&mut self, repository: &str, member: &str) -> Result<Change> {
        let asked = sqlx::query(AssertSqlSafe(format!(
            "WITH {ADMINS}, done AS (
               DELETE FROM kanban_data.member m
               WHERE m.repository = $1 AND m.member = $2 AND (m.role <> 'admin' OR {ANOTHER})
               RETURNING 1)
             {CHANGED}"
        )))
        .bind(repository)
        .bind(member);
        let told = self.rows_as(Role::Admin, EXPELLING, asked).await?;
        Ok(change(&told[0]))
    }
}
