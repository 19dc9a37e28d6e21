//! The answer shapes: what `--json` prints and the terminal renders. Versioned by `SCHEMA`;
//! schema/answers.schema.json is their contract and a test holds every answer against it.

mod cut_off;
mod merging;
mod sharing;

use serde::{Deserialize, Serialize};

pub(crate) use cut_off::{CutOffView, brief};
pub(crate) use merging::{AttributesView, ConflictRow, DriverView, ResolveRow, ResolveView};

pub(crate) use sharing::{
    AuditRow, ExportView, ForgetView, HeldByGit, ImportView, MemberRow, MembersView, OutboxItem,
    ProofRow, RemoveView, RetryView, SyncBrief, SyncInitView, SyncLogView, SyncRow, SyncStatusRow,
    SyncStatusView, SyncView,
};

/// Name and version of the envelope around every answer.
pub(crate) const SCHEMA: &str = "kanban/v1";

/// Where an answer comes from and how fresh it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Freshness {
    /// Identity of the cache; generations compare only within one.
    pub cache: String,
    pub generation: u64,
    /// The commit that HEAD named when the projection was made; null without commits or Git.
    pub head: Option<String>,
    /// True where the projected files differ from that commit, null where that was not looked at.
    pub dirty: Option<bool>,
    /// True where the work tree was compared with the projection and found equal.
    pub fresh: bool,
    /// Milliseconds since the projection was last known to equal the files.
    pub age_ms: u64,
}

/// What `refresh` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RefreshView {
    pub generation: u64,
    /// True where everything was projected anew; then `changes` is empty.
    pub rebuilt: bool,
    /// Sorted by path.
    pub changes: Vec<ChangeRow>,
    /// Left for whoever is writing: `refresh --wait-for` takes it.
    pub ticket: Option<String>,
    pub elapsed_ms: u64,
}

/// What a write did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct WriteView {
    /// Sorted by path.
    pub changes: Vec<WriteRow>,
    /// How many items were already as they were wanted.
    pub unchanged: u64,
    /// Items that were not changed, with the reasons; all others were.
    pub failed: Vec<WriteFailure>,
    /// True where nothing was written, and `changes` only shows what would be.
    pub dry_run: bool,
    /// The commit that was made of it.
    pub commit: Option<String>,
}

/// One item that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct WriteRow {
    pub path: String,
    /// Where it was before a move.
    pub old_path: Option<String>,
    /// `created`, `modified`, `moved` or `deleted`.
    pub change: String,
    pub id: Option<String>,
    pub uid: Option<String>,
    pub title: String,
    pub state: Option<String>,
    /// Content hashes of its file; `before` is null where it was created, `after` where it is gone.
    pub before: Option<String>,
    pub after: Option<String>,
    /// What changes, as a unified diff; only where it was asked for.
    pub diff: Option<String>,
    /// What is worth knowing about it.
    pub notes: Vec<String>,
}

/// One item that was not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct WriteFailure {
    pub path: String,
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
}

/// One item that a generation changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ChangeRow {
    pub path: String,
    /// `created`, `modified`, `deleted`, `moved`, or `linked`: only its links or problems.
    pub change: String,
    /// Where it was before a move.
    pub old_path: Option<String>,
}

/// How `watch` stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WatchView {
    /// `starting`, `running`, `stopped` (by this very call), or `none`.
    pub state: String,
    pub root: String,
    pub pid: Option<u32>,
    /// `native` or `polling`.
    pub mode: Option<String>,
    /// Why it polls.
    pub reason: Option<String>,
    pub since: Option<String>,
    /// How many folders are watched.
    pub folders: u64,
    pub in_background: bool,
    /// Where it prints to, in the background.
    pub log: Option<String>,
    /// Where its metrics are answered.
    pub metrics: Option<String>,
    /// What it publishes; null where it publishes nothing.
    pub sync: Option<WatchSync>,
}

/// The publishing of a watcher.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WatchSync {
    /// Seconds from one delivery to the next.
    pub every_s: u64,
    /// What was told last of each branch.
    pub branches: Vec<SyncRow>,
}

/// One line of the stream of `watch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct WatchLine {
    pub schema: &'static str,
    pub at: String,
    #[serde(flatten)]
    pub event: WatchEvent,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum WatchEvent {
    /// Everything up to this generation is in the cache; changes from here on are told.
    Ready {
        cache: String,
        generation: u64,
        mode: String,
        reason: Option<String>,
        folders: u64,
    },
    Change {
        cache: String,
        generation: u64,
        path: String,
        /// As in [`ChangeRow`].
        change: String,
        old_path: Option<String>,
    },
    /// Everything was projected anew: what was known of items is void.
    Rebuilt {
        cache: String,
        generation: u64,
    },
    /// It learns of changes in another way from now on.
    Mode {
        mode: String,
        reason: Option<String>,
    },
    /// It cannot do its work; it goes on trying.
    Error {
        code: String,
        message: String,
        hint: Option<String>,
    },
    /// A branch was planned or published, or stands otherwise than before.
    Sync(SyncRow),
    /// What was wrong is not any more.
    Recovered,
    Stopped {
        reason: String,
    },
}

/// What `verify` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct VerifyView {
    pub items: u64,
    pub files: u64,
    /// True where the search index shows the newest generation and was compared too.
    pub search: bool,
    /// Empty where what serves equals a rebuild.
    pub drift: Vec<DriftRow>,
}

/// One difference between what serves and a rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DriftRow {
    /// A view, or `search.` and a field of the search index.
    pub place: String,
    pub path: String,
    /// What serves; null where it should be there and is not.
    pub served: Option<String>,
    /// What a rebuild gives; null where it should not be there.
    pub rebuilt: Option<String>,
}

/// An item without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ItemRow {
    pub path: String,
    pub id: Option<String>,
    pub uid: Option<String>,
    pub preset: String,
    pub kind: Option<String>,
    pub title: String,
    pub state: Option<String>,
    pub phase: Option<String>,
    pub priority: Option<String>,
    pub parent: Option<String>,
    pub owner: Option<String>,
    pub area: Option<String>,
    pub iteration: Option<String>,
    pub created: Option<String>,
    pub updated: Option<String>,
    pub due: Option<String>,
    pub status: String,
    pub tags: Vec<String>,
    /// How many problems it has.
    pub problems: u64,
    /// Whose it is, where items of several repositories or branches are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// `list`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ListView {
    pub items: Vec<ItemRow>,
    /// How many items match, shown or not.
    pub total: u64,
}

/// `show`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ShowView {
    #[serde(flatten)]
    pub item: ItemRow,
    pub companion: Option<String>,
    pub content_hash: String,
    pub blob_oid: String,
    pub frontmatter: serde_json::Value,
    pub body: String,
    pub people: Vec<PersonRow>,
    pub links: Vec<LinkRow>,
    /// Links of other items to this one.
    pub backlinks: Vec<BacklinkRow>,
    pub children: Vec<ItemRow>,
    pub entries: Vec<EntryRow>,
    pub checks: Vec<CheckRow>,
    pub sections: Vec<SectionRow>,
    #[serde(rename = "problem_list")]
    pub problem_list: Vec<ProblemRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PersonRow {
    pub role: String,
    pub seq: u64,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LinkRow {
    pub rel: String,
    pub target: String,
    pub target_path: Option<String>,
    pub target_id: Option<String>,
    pub target_title: Option<String>,
    pub target_phase: Option<String>,
    pub origin: String,
    pub file: String,
    pub line: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BacklinkRow {
    pub rel: String,
    pub path: String,
    pub id: Option<String>,
    pub title: String,
    pub phase: Option<String>,
    pub file: String,
    pub line: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct EntryRow {
    pub at: Option<String>,
    pub author: Option<String>,
    pub model: Option<String>,
    pub text: String,
    pub file: String,
    pub line: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CheckRow {
    pub section: Option<String>,
    pub done: bool,
    pub text: String,
    pub file: String,
    pub line: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SectionRow {
    pub level: u64,
    pub title: String,
    pub file: String,
    pub line: u64,
}

/// `history`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HistoryView {
    /// Where the item is, or was last.
    pub path: String,
    pub id: Option<String>,
    pub title: String,
    /// The newest first.
    pub commits: Vec<CommitRow>,
    /// True where older ones were left out.
    pub more: bool,
}

/// What one commit changed in one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CommitRow {
    /// Null, and so is all else of the commit, where the change is not committed.
    pub commit_oid: Option<String>,
    pub short_oid: Option<String>,
    /// When it was written: in UTC, and by the clock of who wrote it.
    pub at: Option<String>,
    pub at_local: Option<String>,
    pub author: Option<String>,
    pub email: Option<String>,
    pub subject: Option<String>,
    /// Where the item was then, and what it was called.
    pub path: String,
    pub id: Option<String>,
    /// `created`, `modified`, `moved` (and perhaps modified) or `deleted`.
    pub change: String,
    /// Where it was before a move.
    pub old_path: Option<String>,
    pub changes: Vec<FieldRow>,
}

/// What became of one field; of a list, of one element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldRow {
    pub field: String,
    pub old: Option<String>,
    pub new: Option<String>,
    /// Of `checks` and `body`.
    pub section: Option<String>,
    /// Of `body`: how many lines came and went.
    pub lines_added: Option<u64>,
    pub lines_removed: Option<u64>,
    pub description: String,
}

/// `search`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SearchView {
    pub hits: Vec<HitRow>,
    /// How many items match, shown or not.
    pub total: u64,
    /// `exact`, or `fuzzy` where nothing matched as written and near words were taken.
    pub pass: String,
    /// For people, about how the text was understood.
    pub hints: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct HitRow {
    #[serde(flatten)]
    pub item: ItemRow,
    pub score: f64,
    pub snippet: SnippetRow,
}

/// A piece of the body; `marks` are the hits, as byte ranges of `text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SnippetRow {
    pub text: String,
    pub marks: Vec<(usize, usize)>,
}

/// `board`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BoardView {
    /// The field that makes the columns.
    pub by: String,
    pub columns: Vec<ColumnView>,
    pub total: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ColumnView {
    /// The value; null for the items that have none.
    pub key: Option<String>,
    /// The phase that all its items share, where the field is the state.
    pub phase: Option<String>,
    pub total: u64,
    pub items: Vec<ItemRow>,
}

/// `tree`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TreeView {
    /// From the topmost parent down to the one above `root`.
    pub ancestors: Vec<ItemRow>,
    pub roots: Vec<TreeNode>,
    pub total: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TreeNode {
    #[serde(flatten)]
    pub item: ItemRow,
    /// True where the item stands further up already (a cycle): its children are not repeated.
    pub cycle: bool,
    /// How many items below it are done, and how many there are.
    pub done_below: u64,
    pub total_below: u64,
    pub children: Vec<Self>,
}

/// `sql`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SqlView {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<serde_json::Value>>,
    pub truncated: bool,
}

/// `check`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CheckView {
    pub problems: Vec<ProblemRow>,
    pub total: u64,
    pub by_code: Vec<CodeRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CodeRow {
    pub code: String,
    pub severity: String,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProblemRow {
    pub path: String,
    pub id: Option<String>,
    pub code: String,
    pub severity: String,
    pub file: String,
    /// Line and column from 1; 0 where the problem concerns the file as a whole.
    pub line: u64,
    pub col: u64,
    pub message: String,
    pub hint: String,
    /// As in [`ItemRow`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// `status`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StatusView {
    pub root: String,
    pub git_dir: Option<String>,
    pub cache_dir: String,
    pub cache_bytes: u64,
    pub projected_at: String,
    pub items: u64,
    pub presets: Vec<PresetRow>,
    pub phases: Vec<CountRow>,
    pub problems: Vec<CountRow>,
    /// The last write of several files, where it was cut off and not repeated.
    pub cut_off: Option<CutOffView>,
    /// Null where kanban.toml asks for no sharing.
    pub sync: Option<SyncBrief>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PresetRow {
    pub preset: String,
    pub root: String,
    pub items: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CountRow {
    pub key: String,
    pub count: u64,
}

/// `rebuild-index`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RebuildView {
    pub items: u64,
    pub files: u64,
    pub links: u64,
    pub problems: u64,
    pub bytes: u64,
    pub cache_bytes: u64,
    pub cache_dir: String,
    pub elapsed_ms: u64,
    pub presets: Vec<PresetRow>,
    /// Directories that could not be listed, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// True where another process was rebuilding and its result was taken.
    pub yielded: bool,
    /// Where the shared cache was made anew as well: what became of each branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<SyncView>,
}

/// `doctor`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DoctorView {
    pub checks: Vec<DoctorRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DoctorRow {
    pub name: String,
    /// `ok`, `warning` or `error`.
    pub verdict: String,
    pub message: String,
    pub hint: String,
}

/// `hooks`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HooksView {
    /// The folder in which git looks for hooks.
    pub folder: String,
    /// Where `core.hooksPath` is set: `local`, `worktree`, `global`, `system`, `command`; null
    /// where it is not.
    pub scope: Option<String>,
    /// True where git runs hooks that stand in its configuration, and ours stand there.
    pub configured: bool,
    /// True where nothing was done, and the rows say what would be.
    pub dry_run: bool,
    pub hooks: Vec<HookRow>,
    /// The merge driver; null for a bare repository, in which nothing is merged.
    pub driver: Option<DriverView>,
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HookRow {
    pub name: String,
    /// How it stands: `active`, `silent`, `foreign`, `missing`; or what was done: `installed`,
    /// `chained`, `renewed`, `unchanged`, `removed`, `restored`, `refused`.
    pub state: String,
    /// The file; null for a hook that stands in git's configuration.
    pub path: Option<String>,
    pub message: String,
    pub hint: String,
}

/// `init`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct InitView {
    pub path: String,
    pub written: bool,
    /// True where there was such a file already.
    pub existed: bool,
    /// The configuration that was or would be written.
    pub text: String,
    pub presets: Vec<PresetRow>,
    /// The lines that give items to the merge driver; null outside Git.
    pub attributes: Option<AttributesView>,
}
