//! The rules of sharing: when to try again, and who may publish onto what.
//! Gets how commits are related, and how often something failed.
//! Gives verdicts.
//! Never: talks to a server or runs git (`engine` does); everything here is pure.
//! Read next: `ancestry`, then `backoff`.

pub(crate) mod ancestry;
pub(crate) mod backoff;
