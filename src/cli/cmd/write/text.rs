//! Text of an argument, or of stdin where it is `-`.

use std::io::Read;
use std::path::Path;

use crate::cli::error::{Failure, Stop};
use crate::engine::Class;

/// More is no text that somebody wrote.
const LIMIT: u64 = 16 << 20;

/// The text, without the line end that every pipe puts behind it.
pub(crate) fn text(argument: &str) -> Result<String, Stop> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    read("stdin", std::io::stdin())
}

/// The text of a file.
pub(crate) fn text_of(path: &Path) -> Result<String, Stop> {
    let name = path.display().to_string();
    match std::fs::File::open(path) {
        Ok(file) => read(&name, file),
        Err(error) => Err(unread(&name, &error)),
    }
}

fn unread(name: &str, error: &dyn std::fmt::Display) -> Stop {
    let message = format!("cannot read {name}");
    Stop::from(Failure::new(Class::Environment, "no-input", message).cause(error))
}

fn read(name: &str, from: impl Read) -> Result<String, Stop> {
    let mut bytes = Vec::new();
    let failed = |error: &dyn std::fmt::Display| unread(name, error);
    from.take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(failed(&"it does not end"));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed(&"it is not UTF-8"))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}
