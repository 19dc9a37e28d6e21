//! Where the server is, from the environment or a protected file; never from kanban.toml.

use std::path::Path;

use crate::base::env;
use crate::engine::error::EngineError;
use crate::stores::postgres::{Address, PostgresError};

/// The address, or what is to be done to have one.
pub(super) fn address() -> Result<Address, EngineError> {
    let url = match (env::postgres_url(), env::postgres_url_file()) {
        (Some(url), _) => url,
        (None, Some(file)) => protected(&file)?,
        (None, None) => {
            return Err(
                EngineError::environment("no-server", "no Postgres server is named").hint(format!(
                    "set `{}` to its address, or `{}` to a file of mode 0600 that holds it",
                    env::POSTGRES_URL,
                    env::POSTGRES_URL_FILE
                )),
            );
        }
    };
    Address::parse(&url).map_err(|error| from_postgres(&error))
}

/// What is worth to be known of the way to the server; nothing where none can be gone.
pub(crate) fn server_warnings() -> Vec<String> {
    address()
        .map(|address| address.warnings)
        .unwrap_or_default()
}

/// The text of a file that only its owner can read.
fn protected(file: &Path) -> Result<String, EngineError> {
    let unreadable = |error: &std::io::Error| {
        EngineError::environment("cannot-read", "the address of the server cannot be read")
            .path(file)
            .cause(error)
            .hint(format!("`{}` names the file", env::POSTGRES_URL_FILE))
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(file).map_err(|error| unreadable(&error))?;
        let mode = metadata.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(EngineError::environment(
                "unprotected-secret",
                format!(
                    "others may read the address of the server (mode {:04o})",
                    mode & 0o7777
                ),
            )
            .path(file)
            .hint(format!("run `chmod 600 {}`", file.display())));
        }
    }
    std::fs::read_to_string(file)
        .map(|text| text.trim().to_owned())
        .map_err(|error| unreadable(&error))
}

/// What the server, or the way to it, refused.
pub(super) fn from_postgres(error: &PostgresError) -> EngineError {
    let made = EngineError::environment(error.code(), error.to_string());
    match error.hint() {
        Some(hint) => made.hint(hint),
        None => made,
    }
}
