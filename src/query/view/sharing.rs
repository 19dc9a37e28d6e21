//! The answers of `sync`.

use serde::{Deserialize, Serialize};

/// What `sync now` did, branch by branch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SyncView {
    /// Host, port and database.
    pub server: String,
    /// Of the first branch.
    pub repository: String,
    pub branches: Vec<SyncRow>,
    pub elapsed_ms: u64,
}

/// One branch that was published, or why it was not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SyncRow {
    /// Empty where nobody knows how it is called.
    pub repository: String,
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
    /// Host, port and database; null where none is named, or its address cannot be used.
    pub server: Option<String>,
    /// Why the address cannot be used; nothing of it is quoted.
    pub server_error: Option<String>,
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
    /// As in [`SyncRow`], or `new`, or `gone`.
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
    /// Whether there are no others: who is no admin sees only itself.
    pub all: bool,
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

/// What `sync export` wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ExportView {
    pub file: String,
    /// `files`, or `server`: rows as JSON Lines.
    pub from: String,
    pub repository: String,
    pub branch: String,
    pub commit: String,
    /// Whether it holds only what may leave.
    pub redacted: bool,
    pub items: u64,
    pub files: u64,
    pub commits: u64,
    pub audit: u64,
    pub outbox: u64,
    /// Size of the file.
    pub bytes: u64,
    /// blake3 of the manifest, or of the rows.
    pub seal: String,
}

/// What `sync import` wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ImportView {
    pub into: String,
    pub repository: String,
    pub branch: String,
    pub commit: String,
    pub made: String,
    pub made_by: String,
    pub redacted: bool,
    pub items: u64,
    pub files: u64,
    /// Whether the chain of the exported audit holds; null where there is none.
    pub audit: Option<ProofRow>,
    pub seal: String,
}

/// What `sync remove` took out, or would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RemoveView {
    pub dry_run: bool,
    pub repository: String,
    pub branch: String,
    /// The branch and the drafts beside it, as the server had them; 0 where it had none.
    pub lines: u64,
    /// Items in them.
    pub rows: u64,
    /// Entries of the outbox of this clone.
    pub outbox: u64,
}

/// What `sync forget` found and did. No field names the person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ForgetView {
    pub dry_run: bool,
    pub pseudonym: Option<String>,
    /// Entries of the audit whose details were erased.
    pub audit: u64,
    /// Entries of the outbox that were taken out, because their path names the person.
    pub outbox: u64,
    /// Publish caches that were removed; they are made again without the person.
    pub caches: u64,
    /// `done`, `none` (no server is named), `offline`, `refused`.
    pub server: String,
    /// Why the server did nothing; empty where it did, or none is named.
    pub reason: String,
    /// Items that the server held with the person in them, on all branches and drafts. They are gone from
    /// there, and come back without the person when their branch is published the next time.
    pub rows: u64,
    /// Members of the repository whose login may be the person's; they stay.
    pub members: Vec<String>,
    /// Names of branches in which the person stands; they stay.
    pub branches: u64,
    pub git: HeldByGit,
    /// Hash of the salt and the person, as the audit has it; with the salt it proves whom the entry is about.
    pub commitment: String,
    pub salt: String,
}

/// What files and Git hold of a person, and nothing here takes away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct HeldByGit {
    /// Items of the work tree (or of HEAD's commit) that name the person: how many, and the first of them.
    pub items: u64,
    pub paths: Vec<String>,
    /// Commits of all refs that the person has written or committed.
    pub commits: u64,
    /// Commits whose message names the person.
    pub messages: u64,
}
