//! The arguments of `sync`, and of questions to the shared cache.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use crate::cli::help;

#[derive(Debug, Subcommand)]
pub(crate) enum SyncCommand {
    /// Make or update the shared cache on the server, and found the repository in it
    #[command(after_help = help::SYNC_INIT)]
    Init,
    /// Publish what is committed
    #[command(visible_alias = "push", after_help = help::SYNC_NOW)]
    Now(SyncNowArgs),
    /// Tell what waits, what failed, and since when
    #[command(after_help = help::SYNC_STATUS)]
    Status(SyncStatusArgs),
    /// Let items that failed be tried again
    #[command(after_help = help::SYNC_RETRY)]
    Retry(SyncRetryArgs),
    /// Show what sync has done, from the audit
    #[command(after_help = help::SYNC_LOG)]
    Log(SyncLogArgs),
    /// Show or change who may read and publish the repository
    #[command(subcommand, after_help = help::SYNC_MEMBER)]
    Member(MemberCommand),
    /// Write the items of a commit with history and audit into one file
    #[command(after_help = help::SYNC_EXPORT)]
    Export(SyncExportArgs),
    /// Write the items of an exported file into a folder
    #[command(after_help = help::SYNC_IMPORT)]
    Import(SyncImportArgs),
    /// Take a branch and its drafts off the server
    #[command(after_help = help::SYNC_REMOVE)]
    Remove(SyncRemoveArgs),
    /// Take a person out of what is shared, and out of outbox and audit
    #[command(after_help = help::SYNC_FORGET)]
    Forget(SyncForgetArgs),
}

/// What a question to the shared cache is about.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "With --store postgres")]
pub(crate) struct LineArgs {
    /// Ask this repository, or `all` (can be repeated; default: the one around)
    #[arg(long, value_name = "NAME")]
    pub repository: Vec<String>,
    /// Ask this branch, or `all` (can be repeated; default: the one checked out; of other
    /// repositories all)
    #[arg(long, value_name = "NAME")]
    pub branch: Vec<String>,
    /// Ask for what this person has not committed, in the work tree that changed last
    #[arg(long, value_name = "WHO")]
    pub draft: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SyncNowArgs {
    /// Publish this branch (can be repeated; default: those of kanban.toml, else the one checked out)
    #[arg(long, value_name = "NAME")]
    pub branch: Vec<String>,
    /// Compare every row with the server, also those that are known to be there
    #[arg(long)]
    pub full: bool,
    /// Publish though the branch and what is shown have parted
    #[arg(long)]
    pub take_over: bool,
    /// Publish a branch without items though the server shows some
    #[arg(long)]
    pub allow_empty: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SyncStatusArgs {
    /// Show each item with its attempts and its last error
    #[arg(long)]
    pub items: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SyncRetryArgs {
    /// Only the items at these paths (default: all that failed or wait)
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SyncLogArgs {
    /// Show at most so many entries
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Check that the entries fit each other and the two notes of the newest one
    #[arg(long)]
    pub prove: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SyncExportArgs {
    /// The file to write
    pub file: PathBuf,
    /// The branch whose commit is exported (default: the one checked out)
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Everything as it is, with the Git history: a backup that stays private
    #[arg(long)]
    pub unredacted: bool,
    /// The rows that the server holds of the branch, as JSON Lines
    #[arg(long, conflicts_with = "unredacted")]
    pub from_server: bool,
    /// Replace the file where it is there
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SyncImportArgs {
    /// A file that `kanban sync export` has written
    pub file: PathBuf,
    /// The folder to write to: empty, or not there yet
    #[arg(long, value_name = "DIR")]
    pub into: PathBuf,
    /// Also write manifest, history, audit and outbox, into DIR/kanban-bundle
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SyncRemoveArgs {
    /// The branch, by the name that it was published under
    #[arg(long, value_name = "NAME")]
    pub branch: String,
    /// The repository, by the name that it was published under (default: the one that it has now)
    #[arg(long, value_name = "NAME")]
    pub repository: Option<String>,
    /// Tell what would be done
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SyncForgetArgs {
    /// Name, e-mail address, or both as `Name <e-mail>` (can be repeated)
    #[arg(long, value_name = "PERSON", required = true)]
    pub author: Vec<String>,
    /// What stands in place of the person (default: «redacted-person»)
    #[arg(long, value_name = "NAME")]
    pub pseudonym: Option<String>,
    /// Tell what would be done
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// List the members
    #[command(after_help = help::SYNC_MEMBER_LIST)]
    List,
    /// Admit a member, or change what it may do
    #[command(after_help = help::SYNC_MEMBER_ADD)]
    Add(MemberAddArgs),
    /// Take a member out
    #[command(after_help = help::SYNC_MEMBER_RM)]
    Rm(MemberRmArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct MemberAddArgs {
    /// A login of the server, or `user:UUID` of somebody whom a gateway speaks for
    pub member: String,
    /// What it may do
    #[arg(long, value_enum, default_value_t = MemberRole::Reader)]
    pub role: MemberRole,
}

#[derive(Debug, clap::Args)]
pub(crate) struct MemberRmArgs {
    /// As it was admitted
    pub member: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MemberRole {
    /// Read
    Reader,
    /// Read and publish
    Writer,
    /// Read, publish, and name members
    Admin,
}
