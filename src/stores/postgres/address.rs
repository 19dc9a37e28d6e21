//! The address of a server: `postgres://LOGIN:PASSWORD@HOST:PORT/DATABASE?sslmode=...`.
//!
//! A `/`, `?`, `#` or `@` of a password that is not written as `%2F` and so on ends the login: what follows would
//! be taken for the database or a parameter, and be shown. So whatever could be such a rest is refused.
//! Never: shows more of an address than host, port and database, or tells why by quoting it.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::stores::postgres::{PostgresError, Result};

/// What may stand behind `?`, as libpq writes it.
const PARAMETERS: [&str; 12] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// Where the server is, and as whom we come.
#[derive(Clone)]
pub(crate) struct Address {
    pub(super) options: PgConnectOptions,
    /// The file of roots that the address names.
    pub(super) root: Option<String>,
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
    /// Where it is no such address, which quotes nothing of it; where a file of certificates cannot be read,
    /// which names the file.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let unusable = |reason: &str| PostgresError::Address {
            reason: reason.to_owned(),
        };
        let url = url.trim();
        let rest = url.strip_prefix("postgres://");
        let Some(rest) = rest.or_else(|| url.strip_prefix("postgresql://")) else {
            return Err(unusable("it does not begin with `postgres://`"));
        };
        let parameters = plain(rest).map_err(unusable)?;
        let options = PgConnectOptions::from_str(url).map_err(|_| {
            unusable("it is no valid URL, or a parameter has a value that cannot be")
        })?;
        let mut address = Self {
            options,
            root: None,
            warnings: Vec::new(),
        };
        for (name, value) in parameters {
            if matches!(&*name, "sslrootcert" | "sslcert" | "sslkey") {
                address.proves(&name, &value)?;
            }
        }
        address.secure();
        Ok(address)
    }

    /// A file that the address names is there before anybody relies on it.
    fn proves(&mut self, name: &str, file: &str) -> Result<()> {
        // The text of a certificate may stand there itself.
        if file.trim_start().starts_with("-----BEGIN") {
            return Ok(());
        }
        let unproven = |reason: String| PostgresError::Unproven {
            server: self.shown(),
            reason: format!("`{name}` names {file}, {reason}"),
        };
        let bytes = std::fs::read(file)
            .map_err(|error| unproven(format!("which cannot be read: {error}")))?;
        let is_text = bytes.windows(10).any(|part| part == b"-----BEGIN");
        if !is_text {
            return Err(unproven(
                "in which there is nothing of that kind".to_owned(),
            ));
        }
        if name == "sslrootcert" {
            self.root = Some(file.to_owned());
        }
        Ok(())
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

    /// A socket, or this very machine.
    pub(super) fn is_local(&self) -> bool {
        let host = self.options.get_host();
        self.is_socket() || matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
    }

    pub(super) fn is_socket(&self) -> bool {
        self.options.get_socket().is_some() || self.options.get_host().starts_with('/')
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

/// The parameters of an address, of which each part is surely what it seems to be.
fn plain(rest: &str) -> std::result::Result<Vec<(String, String)>, &'static str> {
    let login_ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (login, behind) = rest.split_at(login_ends);
    if login.matches('@').count() > 1 || behind.contains('@') {
        return Err("there is an `@` that does not stand between the password and the host");
    }
    if behind.contains('#') {
        return Err("there is a `#`");
    }
    let (database, parameters) = behind.split_once('?').unwrap_or((behind, ""));
    if database.matches('/').count() > 1 {
        return Err("there is a `/` in the name of the database");
    }
    let pairs = parameters.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match PARAMETERS.contains(&name) || name.starts_with("options[") && name.ends_with(']') {
            true => Ok((name.to_owned(), decoded(value))),
            false => Err(
                "behind the `?` there is something else than `sslmode`, `sslrootcert` and others",
            ),
        }
    });
    pairs.collect()
}

/// The value of a parameter, as a form writes it.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let hex = (*first == b'%').then(|| others.get(..2)).flatten();
        let hex = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (_, Some(byte)) => {
                bytes.push(byte);
                rest = &others[2..];
                continue;
            }
            (b'+', None) => bytes.push(b' '),
            (byte, None) => bytes.push(*byte),
        }
        rest = others;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        for wrong in [
            "mysql://u:hunter2@h/d",
            "postgres://u:hunter2@h:port/d",
            "postgres://ada:1234/hunter2@db.example.org/team",
            "postgres://ada:12?hunter2@db.example.org/team",
            "postgres://ada:12#hunter2@db.example.org/team",
            "postgres://ada:12@34/hunter2@db.example.org/team",
            "postgres://ada:a@hunter2@db.example.org/team",
            "postgres://ada:1234/hunter2/team",
            "postgres://ada@h/d?sslpassword=hunter2",
            "postgres://ada@h/d?password=a&hunter2",
            "postgres://ada@h/d?password=a#hunter2",
            "postgres://ada@h/d?sslmode=hunter2",
        ] {
            let error = Address::parse(wrong).expect_err(wrong);
            let told = format!("{error} {error:?} {:?}", error.hint());
            assert!(!told.contains("hunter2"), "{told}");
            assert_eq!(error.code(), "invalid-address");
        }
        let escaped = Address::parse("postgres://ada:1%2F2%3F3%234%405@h/team").unwrap();
        assert_eq!(escaped.shown(), "h:5432/team");
    }

    #[test]
    fn a_file_of_certificates_is_there_or_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a root.pem");
        let name = file.display().to_string();
        let url = format!("postgres://u@h/d?sslrootcert={}", name.replace(' ', "%20"));
        let told = || {
            let error = Address::parse(&url).unwrap_err();
            assert_eq!(error.code(), "server-unproven");
            assert!(error.hint().unwrap().contains("sslrootcert"), "{error}");
            error.to_string()
        };
        assert!(told().contains(&name));
        #[expect(clippy::disallowed_methods, reason = "it is a file of the test")]
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        write("nothing");
        assert!(told().contains(&name));
        write("-----BEGIN CERTIFICATE-----\n");
        assert_eq!(Address::parse(&url).unwrap().root, Some(name));
    }

    proptest! {
        /// Whatever is in a password that nobody has escaped: it is not in what is shown.
        #[test]
        fn no_password_is_ever_shown(
            before in "[a-z0-9/?#@:%&=.+ -]{0,12}",
            after in "[a-z0-9/?#@:%&=.+ -]{0,12}",
            tail in "(\\?sslmode=(require|disable))?",
        ) {
            let url = format!("postgres://ada:{before}SECRET{after}@db.example.org/team{tail}");
            let told = match Address::parse(&url) {
                Ok(address) => format!("{address:?} {:?}", address.warnings),
                Err(error) => format!("{error} {:?}", error.hint()),
            };
            prop_assert!(!told.to_lowercase().contains("secret"), "{} of {}", told, url);
        }
    }
}
