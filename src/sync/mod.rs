//! The rules of sharing: when to try again, who may publish onto what, and what a bundle is.
//! Gets how commits are related, how often something failed, and streams of bytes.
//! Gives verdicts, and bundles.
//! Never: talks to a server, runs git or opens a file (`engine` does).
//! Read next: `ancestry`, then `backoff`, then `bundle`.

pub(crate) mod ancestry;
pub(crate) mod backoff;
pub(crate) mod bundle;
