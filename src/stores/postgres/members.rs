//! Who may do what with a repository on the server.
//! Never: makes a login or sets a password; that is the server's administrator's.

use sqlx::{Connection, Row};

use crate::stores::postgres::Result;
use crate::stores::postgres::connect::{Server, answer};

/// What a member may do: read, publish too, or also name members and remove a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// A member of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// `login:NAME` or `user:UUID`.
    pub member: String,
    pub role: String,
}

impl Server {
    /// Founds a repository: who is allowed to act as the owner becomes its first admin. Does nothing
    /// where it has members.
    pub(crate) async fn found(&mut self, repository: &str) -> Result<bool> {
        let act = "making the repository";
        let work = async {
            let mut transaction = self.connection.begin().await?;
            sqlx::raw_sql("SET LOCAL ROLE kanban_owner")
                .execute(&mut *transaction)
                .await?;
            let made = sqlx::query(
                "INSERT INTO kanban_data.member (repository, member, role)
                 SELECT $1, kanban_data.me(), 'admin'
                 WHERE NOT EXISTS (SELECT 1 FROM kanban_data.member m WHERE m.repository = $1)
                 ON CONFLICT DO NOTHING",
            )
            .bind(repository)
            .persistent(false)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await?;
            Ok(made.rows_affected() == 1)
        };
        answer(work).await.map_err(|error| self.sort(act, &error))
    }

    /// The members of a repository, as far as the asking one may see them.
    pub(crate) async fn members(&mut self, repository: &str) -> Result<Vec<Member>> {
        let asked = sqlx::query(
            "SELECT member, role FROM kanban_data.member WHERE repository = $1 ORDER BY member",
        )
        .bind(repository);
        let rows = self.rows("reading the members", asked).await?;
        let member = |row: &sqlx::postgres::PgRow| Member {
            member: row.get(0),
            role: row.get(1),
        };
        Ok(rows.iter().map(member).collect())
    }

    /// Gives a member a role; only an admin may.
    pub(crate) async fn admit(&mut self, repository: &str, member: &str, role: Role) -> Result<()> {
        let asked = sqlx::query(
            "INSERT INTO kanban_data.member (repository, member, role) VALUES ($1, $2, $3)
             ON CONFLICT (repository, member) DO UPDATE SET role = excluded.role",
        )
        .bind(repository)
        .bind(member)
        .bind(role.as_str());
        self.rows("naming a member", asked).await.map(|_| ())
    }

    /// Takes a member out; false where there was none.
    pub(crate) async fn expel(&mut self, repository: &str, member: &str) -> Result<bool> {
        let asked = sqlx::query(
            "DELETE FROM kanban_data.member WHERE repository = $1 AND member = $2 RETURNING 1",
        )
        .bind(repository)
        .bind(member);
        let taken = self.rows("taking a member out", asked).await?;
        Ok(!taken.is_empty())
    }
}
