//! The answers of `sync`.

use serde::{Deserialize, Serialize};

/// What `sync now` did, branch by branch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SyncView {
    /// Host, port and database.
    pub server: String,
    pub repository: String,
    pub branches: Vec<SyncRow>,
    pub elapsed_ms: u64,
}

/// One branch that was published, or why it was not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SyncRow {
    pub branch: String,
    /// Whose uncommitted work it is; empty for what is committed.
    pub draft: String,
    pub commit: String,
    /// `level`, `diverged`, `held`, `newer`, `busy`, `offline`, `refused`; `pending` where nothing was tried
    /// yet.
    pub standing: String,
    pub reason: String,
    /// Items that were found changed.
    pub enqueued: u64,
    pub written: u64,
    pub removed: u64,
    pub refused: u64,
    /// Items that the server showed otherwise than they were delivered.
    pub overwritten: u64,
    pub pending: u64,
    pub failed: u64,
    /// How often another publisher came first.
    pub moved: u64,
    /// Of the delivery.
    pub elapsed_ms: u64,
}

/// How sharing stands, in a line of `status`: all branches together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SyncBrief {
    /// The worst of all branches, as in [`SyncRow`].
    pub standing: String,
    pub pending: u64,
    pub failed: u64,
    /// How long the oldest item has waited.
    pub lag_ms: Option<u64>,
    pub last_success: Option<String>,
}

/// How sharing stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SyncStatusView {
    /// Host, port and database; null where none is named.
    pub server: Option<String>,
    /// Null where nothing names it.
    pub repository: Option<String>,
    pub branches: Vec<SyncStatusRow>,
    /// Only where they were asked for.
    pub items: Vec<OutboxItem>,
}

/// How a branch stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SyncStatusRow {
    pub repository: String,
    pub branch: String,
    pub draft: String,
    pub standing: String,
    pub reason: String,
    /// The commit up to which the outbox was filled.
    pub commit: String,
    pub pending: u64,
    pub synced: u64,
    pub failed: u64,
    /// How long the oldest item has waited.
    pub lag_ms: Option<u64>,
    pub last_success: Option<String>,
    pub last_try: Option<String>,
    /// When the server is asked again, where it did not answer.
    pub next_try: Option<String>,
}

/// An item in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OutboxItem {
    pub branch: String,
    pub draft: String,
    pub path: String,
    /// `put` or `remove`.
    pub act: String,
    /// `pending`, `synced` or `failed`.
    pub status: String,
    pub attempts: u32,
    pub last_error: Option<String>,
    pub since: String,
    pub next_try: Option<String>,
    pub synced_at: Option<String>,
}

/// What `sync init` made or found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SyncInitView {
    pub server: String,
    pub repository: String,
    /// Version of the shared cache before and now; 0 where there was none.
    pub before: i64,
    pub version: i64,
    /// True where the repository had no members, and whoever asked is its admin now.
    pub founded: bool,
    pub members: Vec<MemberRow>,
}

/// A member of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MemberRow {
    /// `login:NAME` or `user:UUID`.
    pub member: String,
    pub role: String,
}

/// The members of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MembersView {
    pub repository: String,
    pub members: Vec<MemberRow>,
}

/// What `sync retry` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RetryView {
    /// Items that wait no longer.
    pub retried: u64,
}

/// The audit, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SyncLogView {
    pub entries: Vec<AuditRow>,
    /// Null where it was not asked for.
    pub proof: Option<ProofRow>,
}

/// Whether the chain of the audit holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ProofRow {
    pub holds: bool,
    /// The first entry at which it does not, and why.
    pub broken_at: Option<u64>,
    pub reason: Option<String>,
}

/// One operation of sync.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AuditRow {
    pub seq: u64,
    pub at: String,
    pub act: String,
    pub outcome: String,
    pub repository: String,
    pub branch: String,
    pub counts: serde_json::Value,
    /// Null where it was erased.
    pub details: Option<serde_json::Value>,
    pub hash: String,
}

impl Eq for AuditRow {}
