//! A connection to the server, encrypted and verified unless the server is this very machine; and what its
//! errors mean for who asked.
//! Never: waits for ever, tells more of an error than its message.

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnection, PgDatabaseError, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Postgres, Row};

use crate::base::env;
use crate::stores::postgres::members::{EXPELLING, NAMING, Role};
use crate::stores::postgres::{Address, PostgresError, Result, steps};

/// A server that has not let us in by then cannot be reached.
const PATIENCE: Duration = Duration::from_secs(10);
/// One that has not answered a statement by then has gone without saying so: a large batch takes a few seconds.
const LONG_PATIENCE: Duration = Duration::from_secs(60);

/// What whoever only reads does.
pub(super) const QUESTION: &str = "the question";
pub(super) const READING: &str = "reading the shared cache";

/// The oldest server whose views can ask as the one who looks at them.
const OLDEST: i64 = 150_000;

/// An open connection.
pub(crate) struct Server {
    pub(super) connection: PgConnection,
    /// For people: host, port and database.
    pub(crate) name: String,
}

impl Server {
    /// Opens a connection. Its statements are never prepared by name, because behind a pooler the
    /// next one may go to another session.
    pub(crate) async fn connect(address: &Address) -> Result<Self> {
        let name = address.shown();
        let options = address
            .options
            .clone()
            .application_name("kanban")
            .statement_cache_capacity(0)
            // A pooler knows only some of the settings that a connection may begin with.
            .extra_float_digits(None)
            .disable_statement_logging();
        let connection = within(PATIENCE, PgConnection::connect_with(&options)).await;
        let connection = connection.map_err(|error| unconnected(address, &error))?;
        let mut server = Self { connection, name };
        let version: i64 = server
            .one(
                "reading the version",
                "SELECT current_setting('server_version_num')::bigint",
            )
            .await?;
        if version < OLDEST {
            return Err(PostgresError::Schema {
                server: server.name,
                found: format!("Postgres {}; 15 or newer is needed", version / 10_000),
            });
        }
        Ok(server)
    }

    /// The only value of a statement without parameters.
    pub(super) async fn one<T>(&mut self, act: &'static str, sql: &'static str) -> Result<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        let found = sqlx::raw_sql(sql).fetch_one(&mut self.connection);
        let row = answer(found).await;
        row.and_then(|row| row.try_get(0))
            .map_err(|error| self.sort(act, &error))
    }

    /// The rows of a statement that only reads.
    pub(super) async fn rows(
        &mut self,
        act: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>> {
        self.rows_as(Role::Reader, act, query).await
    }

    /// The rows of a statement, in a transaction of its own: it goes to the server in two steps, and outside
    /// one a pooler may hand the second to another session, which then does what somebody else has prepared.
    pub(super) async fn rows_as(
        &mut self,
        role: Role,
        act: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>> {
        let work = async {
            let mut transaction = self.connection.begin_with(role.begin()).await?;
            let rows = query.persistent(false).fetch_all(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(rows)
        };
        answer(work).await.map_err(|error| self.sort(act, &error))
    }

    /// Runs a text of several statements, as one transaction unless it says otherwise.
    pub(super) async fn script(&mut self, act: &'static str, sql: &str) -> Result<()> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.connection);
        answer(done)
            .await
            .map(|_| ())
            .map_err(|error| self.sort(act, &error))
    }

    pub(super) fn sort(&self, act: &'static str, error: &sqlx::Error) -> PostgresError {
        sorted(&self.name, act, error)
    }
}

/// What a statement is answered; an error where nothing is.
pub(crate) async fn answer<T>(statement: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    within(LONG_PATIENCE, statement).await
}

/// What is answered in that time; else the server has fallen silent.
pub(crate) async fn within<T>(
    patience: Duration,
    work: impl Future<Output = sqlx::Result<T>>,
) -> sqlx::Result<T> {
    let patience = env::patience_ms().map_or(patience, Duration::from_millis);
    let silent = |_| {
        let reason = format!("no answer in {} s", patience.as_secs_f32());
        sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, reason))
    };
    let answered = tokio::time::timeout(patience, work).await;
    answered.map_err(silent)?
}

/// Why there is no connection: whether nobody answers, or somebody who may be another one.
fn unconnected(address: &Address, error: &sqlx::Error) -> PostgresError {
    let server = address.shown();
    let unproven = |reason: &str| PostgresError::Unproven {
        server: address.shown(),
        reason: reason.to_owned(),
    };
    match error {
        // What the other side shows is not what it should be.
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            unproven(certificate(&error.to_string()))
        }
        sqlx::Error::Tls(error) if error.to_string().contains("does not support TLS") => {
            unproven("it offers no encryption")
        }
        sqlx::Error::Tls(_) => unproven(&match &address.root {
            Some(root) => format!("the roots in {root} cannot be used"),
            None => "a certificate or the name of the host cannot be used".to_owned(),
        }),
        sqlx::Error::Configuration(_) => unproven("the key of a certificate cannot be used"),
        // Of a server elsewhere no file is needed but those of certificates, which variables may name.
        sqlx::Error::Io(error)
            if error.kind() == std::io::ErrorKind::NotFound && !address.is_socket() =>
        {
            unproven("a file that PGSSLROOTCERT, PGSSLCERT or PGSSLKEY names is not there")
        }
        error => sorted(&server, "the connection", error),
    }
}

/// What is wrong with a certificate, of what the library says.
fn certificate(said: &str) -> &'static str {
    let known = [
        (
            "UnknownIssuer",
            "nobody who is trusted here has signed its certificate",
        ),
        (
            "CaUsedAsEndEntity",
            "it shows the certificate of an authority in place of its own",
        ),
        ("not valid for name", "its certificate is for another name"),
        ("NotValidForName", "its certificate is for another name"),
        ("not valid yet", "its certificate is not valid yet"),
        ("expired", "its certificate has expired"),
        ("Revoked", "its certificate was revoked"),
        ("certificate", "its certificate is not valid"),
    ];
    let found = known.iter().find(|(word, _)| said.contains(word));
    found.map_or("no encryption could be agreed upon", |(_, reason)| reason)
}

/// What an error means for who asked. The details of a database error may quote what is in a row, so
/// only its message is told.
pub(super) fn sorted(server: &str, act: &'static str, error: &sqlx::Error) -> PostgresError {
    let server = server.to_owned();
    let Some(told) = error.as_database_error() else {
        let reason = match error {
            sqlx::Error::Io(error) => error.to_string(),
            sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
                "the line broke".to_owned()
            }
            // What the library says may quote a value.
            _ => {
                let reason = "its answer is not understood".to_owned();
                return PostgresError::Failed {
                    server,
                    act,
                    reason,
                };
            }
        };
        return PostgresError::Offline { server, reason };
    };
    let reason = told.message().to_owned();
    let code = told.code().unwrap_or_default();
    match &*code {
        "28000" | "28P01" | "42501" | "3D000" => PostgresError::Refused {
            server,
            act,
            reason,
            hint: remedy(act, &code, told.downcast_ref::<PgDatabaseError>().routine()),
        },
        "3F000" | "42P01" | "42883" | "42703" => PostgresError::Schema {
            server,
            found: "no shared cache of this version".to_owned(),
        },
        // Its own clock has stopped it: to ask again is no use.
        "57014" if act == QUESTION => PostgresError::Failed {
            server,
            act,
            reason: "it took longer than a question may".to_owned(),
        },
        // It may pass: connection exceptions, transactions that were in each other's way, too little of
        // something, shutting down or starting up; a server that only reads until it takes over; a lock.
        code if matches!(code.get(..2), Some("08" | "40" | "53" | "57"))
            || matches!(code, "25006" | "25P03" | "55P03") =>
        {
            PostgresError::Offline { server, reason }
        }
        _ => PostgresError::Failed {
            server,
            act,
            reason,
        },
    }
}

/// What helps against a refusal. Messages are in the language of the server; where in it they arise is not.
fn remedy(act: &'static str, code: &str, routine: Option<&str>) -> &'static str {
    match (code, act) {
        ("3D000", _) => {
            "the database of the address is not there; the administrator of the server makes it: \
             `CREATE DATABASE`"
        }
        ("28P01", _) => {
            "login or password of the address is wrong, or what ~/.pgpass says where it has none"
        }
        ("28000", _) => {
            "the administrator of the server makes logins (`CREATE ROLE NAME LOGIN`), and lets them in \
             (pg_hba.conf)"
        }
        (_, steps::MAKING) => {
            "it takes a login that may make roles (CREATEROLE) and schemas in the database; \
             where the roles are made, one that is granted kanban_owner until it is done does"
        }
        // The policies of the rows, and our own functions.
        _ if matches!(routine, Some("ExecWithCheckOptions" | "exec_stmt_raise")) => {
            "an admin of the repository can admit you, or give you a higher role: `kanban sync member add`"
        }
        (_, QUESTION | READING) => {
            "the login has no role of the shared cache; the administrator of the server gives it one: \
             `GRANT kanban_reader TO LOGIN`"
        }
        (_, NAMING | EXPELLING) => {
            "who names members needs a role of the server for it: `GRANT kanban_admin TO LOGIN`"
        }
        _ => {
            "the login has no role of the shared cache that may do this; the administrator of the server \
             gives it one: `GRANT kanban_writer TO LOGIN`"
        }
    }
}
