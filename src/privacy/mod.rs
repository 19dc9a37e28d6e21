//! What may leave the machine: what is withheld, and what is blotted out of the rest.
//! Gets rules as plain settings, who is to be forgotten, and text.
//! Gives whether an item is withheld, and the text without secrets and personal data.
//! Never: reads a file, changes anything local, shows in an error what it has found.
//! Read next: `detect`, `named` and `number`, then `view` and `redact`.

mod command;
mod detect;
mod email;
mod named;
mod number;
mod pairs;
mod person;
mod redact;
#[cfg(test)]
mod tests;
mod view;
mod withhold;

pub(crate) use person::{Forgotten, names, person};
pub(crate) use redact::Redactor;
pub(crate) use withhold::Withheld;

/// Rises with every change of what is found, so that what was made by older rules is made anew.
pub(crate) const VERSION: u32 = 3;

/// A rule that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {reason}")]
pub(crate) struct PrivacyError {
    pub rule: String,
    pub reason: String,
}
