//! Sharing: joins the lens, the publish cache, the outbox and the server; one method a use case.
//! Gets settings of a commit, and the address of a server from the environment.
//! Gives what was published, and how every branch stands.
//! Never: writes a file of the work tree, waits for the server in anything that is not sync.
//! Read next: `lens`, then `published`, then `publish`.

pub(super) mod lens;
mod published;
