//! A connection to the server, encrypted and verified unless the server is this very machine.
//! Never: shows a password, or tells of an address more than its host, port and database.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow, PgSslMode};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Postgres, Row};

use crate::base::env;
use crate::stores::postgres::{PostgresError, Result};

/// A server that has not let us in by then cannot be reached.
const PATIENCE: Duration = Duration::from_secs(10);
/// One that has not answered a statement by then has gone without saying so: a large batch takes a few seconds.
const LONG_PATIENCE: Duration = Duration::from_secs(60);

/// The oldest server whose views can ask as the one who looks at them.
const OLDEST: i64 = 150_000;

/// Where the server is, and as whom we come.
#[derive(Clone)]
pub(crate) struct Address {
    options: PgConnectOptions,
    /// For people: what is worth to be known of it.
    pub warnings: Vec<String>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Address {
    /// Of `postgres://user:password@host:port/database?sslmode=...`.
    ///
    /// # Errors
    /// Where it is no such address; the error quotes nothing of it.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let unusable = |reason: &str| PostgresError::Address {
            reason: reason.to_owned(),
        };
        let url = url.trim();
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(unusable("it does not begin with `postgres://`"));
        }
        let options =
            PgConnectOptions::from_str(url).map_err(|_| unusable("it is not a valid URL"))?;
        let mut address = Self {
            options,
            warnings: Vec::new(),
        };
        address.secure();
        Ok(address)
    }

    /// What leaves the machine is encrypted, and the server proves who it is. Only who says
    /// `sslmode=disable` goes without, and is told.
    fn secure(&mut self) {
        if self.is_local() {
            return;
        }
        match self.options.get_ssl_mode() {
            PgSslMode::Disable => self.warnings.push(format!(
                "the connection to {} is not encrypted (`sslmode=disable`)",
                self.shown()
            )),
            PgSslMode::VerifyCa | PgSslMode::VerifyFull => {}
            PgSslMode::Allow | PgSslMode::Prefer | PgSslMode::Require => {
                self.options = self.options.clone().ssl_mode(PgSslMode::VerifyFull);
            }
        }
    }

    fn is_local(&self) -> bool {
        let host = self.options.get_host();
        self.options.get_socket().is_some()
            || host.starts_with('/')
            || matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
    }

    /// Host, port and database.
    pub(crate) fn shown(&self) -> String {
        let database = self.options.get_database().unwrap_or("postgres");
        match self.options.get_socket() {
            Some(socket) => format!("{}/{database}", socket.display()),
            None => format!(
                "{}:{}/{database}",
                self.options.get_host(),
                self.options.get_port()
            ),
        }
    }

    /// The login that we come as.
    pub(crate) fn login(&self) -> &str {
        self.options.get_username()
    }
}

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
        let connection = connection.map_err(|error| sorted(&name, "the connection", &error))?;
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

    /// The rows of a statement, in a transaction of its own: it goes to the server in two steps, and outside
    /// one a pooler may hand the second to another session, which then does what somebody else has prepared.
    pub(super) async fn rows(
        &mut self,
        act: &'static str,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>> {
        let work = async {
            let mut transaction = self.connection.begin().await?;
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
pub(super) async fn answer<T>(statement: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    within(LONG_PATIENCE, statement).await
}

async fn within<T>(
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

/// What an error means for who asked. The details of a database error may quote what is in a row, so
/// only its message is told.
pub(super) fn sorted(server: &str, act: &'static str, error: &sqlx::Error) -> PostgresError {
    let server = server.to_owned();
    let Some(told) = error.as_database_error() else {
        let reason = match error {
            sqlx::Error::Io(error) => error.to_string(),
            sqlx::Error::Tls(error) => format!("TLS: {error}"),
            sqlx::Error::Protocol(_) => "the line broke".to_owned(),
            other => other.to_string(),
        };
        return PostgresError::Offline { server, reason };
    };
    let reason = told.message().to_owned();
    let code = told.code().unwrap_or_default();
    match code.get(..2).unwrap_or_default() {
        // Connection exceptions, shut down, too many connections, a full disk: it may pass.
        "08" | "57" | "53" => PostgresError::Offline { server, reason },
        "28" | "42" if matches!(&*code, "28000" | "28P01" | "42501") => PostgresError::Refused {
            server,
            act,
            reason,
        },
        "3D" => PostgresError::Refused {
            server,
            act,
            reason,
        },
        "3F" | "42" if matches!(&*code, "3F000" | "42P01" | "42883" | "42703") => {
            PostgresError::Schema {
                server,
                found: "no shared cache of this version".to_owned(),
            }
        }
        _ => PostgresError::Failed {
            server,
            act,
            reason,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_verified_unless_it_is_here() {
        let mode = |url: &str| {
            let address = Address::parse(url).unwrap();
            (address.options.get_ssl_mode(), address.warnings.len())
        };
        let far = "postgres://u:secret@db.example.org/d";
        assert!(matches!(mode(far), (PgSslMode::VerifyFull, 0)));
        let asked = format!("{far}?sslmode=require");
        assert!(matches!(mode(&asked), (PgSslMode::VerifyFull, 0)));
        let plain = format!("{far}?sslmode=disable");
        assert!(matches!(mode(&plain), (PgSslMode::Disable, 1)));
        assert!(matches!(
            mode("postgres://u@%2Frun%2Fpg/d"),
            (PgSslMode::Prefer, 0)
        ));
        assert!(matches!(
            mode("postgres://u@localhost/d"),
            (PgSslMode::Prefer, 0)
        ));
    }

    #[test]
    fn an_address_never_shows_its_password() {
        let address = Address::parse("postgres://u:hunter2@db.example.org:6000/d").unwrap();
        assert_eq!(format!("{address:?}"), "db.example.org:6000/d");
        for wrong in ["mysql://u:hunter2@h/d", "postgres://u:hunter2@h:port/d"] {
            let error = Address::parse(wrong).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
