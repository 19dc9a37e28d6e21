//! The command line as data: commands, arguments, their help. Examples are in `help`.
//! Gets nothing. Gives the clap structs to `mod` and `cmd`. Never: acts.

pub(crate) mod merging;
pub(crate) mod sharing;
pub(crate) mod writing;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::cli::help;
use crate::cli::render::list::Field;
use crate::query::raw::ROWS;
use crate::query::search::HITS;

/// Index items kept as Markdown in Git, and answer questions about them
#[derive(Debug, Parser)]
#[command(name = "kanban", version, styles = help::STYLES, after_help = help::MAIN)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Run as if started in this folder
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub dir: Option<PathBuf>,
    /// Print the answer as one JSON envelope, failures too; help, version, man pages and completions
    /// stay text
    #[arg(long, global = true)]
    pub json: bool,
    /// Print no progress, no footers and no summaries
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// When to use colors; auto obeys NO_COLOR, CLICOLOR_FORCE and TERM
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto, global = true)]
    pub color: When,
    /// Answer from the cache as it is, without a look at the files
    #[arg(long, global = true)]
    pub no_refresh: bool,
    /// Where questions are answered from: the cache of this repository, or the one that is shared
    /// (default: what kanban.toml says, else sqlite)
    #[arg(long, value_name = "STORE", value_enum, global = true)]
    pub store: Option<Store>,
    /// How to log to stderr; json logs each command and each step of sync, text what KANBAN_LOG asks for
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text, global = true)]
    pub log_format: LogFormat,
}

/// Where questions are answered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

/// How lines of the log look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Project all items anew into the cache
    #[command(alias = "rebuild_index", after_help = help::REBUILD)]
    RebuildIndex,
    /// Update the cache and the search index from the files
    #[command(after_help = help::REFRESH)]
    Refresh(RefreshArgs),
    /// Keep the cache equal to the files, and tell what changes
    #[command(after_help = help::WATCH, args_conflicts_with_subcommands = true)]
    Watch(WatchArgs),
    /// Compare the cache with a rebuild
    #[command(after_help = help::VERIFY)]
    Verify(VerifyArgs),
    /// List items that match a query
    #[command(visible_alias = "ls", after_help = help::LIST)]
    List(ListArgs),
    /// Show one item with its links, checks, log and body
    #[command(after_help = help::SHOW)]
    Show(ShowArgs),
    /// Tell which commits changed which fields of an item
    #[command(after_help = help::HISTORY)]
    History(HistoryArgs),
    /// Search titles and bodies for words
    #[command(after_help = help::SEARCH)]
    Search(SearchArgs),
    /// Draw items as a board with a column for each state
    #[command(after_help = help::BOARD)]
    Board(BoardArgs),
    /// Draw items under their parents, with progress
    #[command(after_help = help::TREE)]
    Tree(TreeArgs),
    /// Run a read-only SQL query on the cache
    #[command(after_help = help::SQL)]
    Sql(SqlArgs),
    /// Report problems in items
    #[command(after_help = help::CHECK)]
    Check(CheckArgs),
    /// Make an item from the template of its convention
    #[command(after_help = help::NEW)]
    New(writing::NewArgs),
    /// Set fields of one item, or of all that match a query
    #[command(after_help = help::SET)]
    Set(writing::SetArgs),
    /// Take fields out
    #[command(after_help = help::UNSET)]
    Unset(writing::UnsetArgs),
    /// Put tags in, or take them out
    #[command(subcommand, after_help = help::TAG)]
    Tag(writing::TagCommand),
    /// Link items, or part them
    #[command(subcommand, after_help = help::LINK)]
    Link(writing::LinkCommand),
    /// Add a line to the log of an item
    #[command(after_help = help::LOG)]
    Log(writing::LogArgs),
    /// Tick lines of a checklist
    #[command(after_help = help::TICK)]
    Tick(writing::TickArgs),
    /// Clear lines of a checklist
    #[command(after_help = help::TICK)]
    Untick(writing::TickArgs),
    /// Open an item in the editor, and check it afterwards
    #[command(after_help = help::EDIT)]
    Edit(writing::EditArgs),
    /// Give an item another title or place; links to it follow
    #[command(after_help = help::MV)]
    Mv(writing::MvArgs),
    /// Remove items
    #[command(after_help = help::RM)]
    Rm(writing::RmArgs),
    /// Mend what `check` finds and what leaves no doubt
    #[command(after_help = help::FIX)]
    Fix(writing::FixArgs),
    /// Decide what merges left open
    #[command(after_help = help::RESOLVE)]
    Resolve(merging::ResolveArgs),
    /// Merge three versions of an item by meaning, as git asks for it
    #[command(after_help = help::MERGE_DRIVER)]
    MergeDriver(merging::MergeDriverArgs),
    /// Show what the cache holds and how fresh it is
    #[command(after_help = help::STATUS)]
    Status,
    /// Look for what is wrong around the repository and the cache
    #[command(after_help = help::DOCTOR)]
    Doctor,
    /// Recognize the conventions in use and write kanban.toml
    #[command(after_help = help::INIT)]
    Init(InitArgs),
    /// Let git tell kanban when it changes files
    #[command(subcommand, after_help = help::HOOKS)]
    Hooks(HooksCommand),
    /// Share items through a Postgres server: publish, and tell how that stands
    #[command(subcommand, after_help = help::SYNC)]
    Sync(sharing::SyncCommand),
    /// Print a completion script for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Print the manual page
    #[command(after_help = help::MAN)]
    Man(ManArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct RefreshArgs {
    /// Read every file, whatever its stamp says
    #[arg(long)]
    pub full: bool,
    /// Do not wait where another process is writing: leave it a ticket, and print that
    #[arg(long, conflicts_with = "full")]
    pub ticket: bool,
    /// Wait until a look that began after the ticket was left has been committed
    #[arg(long, value_name = "TICKET", conflicts_with_all = ["full", "ticket"])]
    pub wait_for: Option<String>,
    /// Called by a git hook: say nothing, never fail, wait for nobody
    #[arg(long, value_name = "NAME", hide = true)]
    pub hook: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct WatchArgs {
    /// Go on in the background; return when the first look is done
    #[arg(long)]
    pub daemon: bool,
    /// Answer Prometheus at http://ADDR/metrics; a port alone is one of this machine only
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub metrics: Option<SocketAddr>,
    /// Started by `--daemon`
    #[arg(long, hide = true, conflicts_with = "daemon")]
    pub detached: bool,
    #[command(subcommand)]
    pub command: Option<WatchCommand>,
}

/// `9464`, `:9464`, or an address with a port. Only who names another address than this machine's is heard
/// beyond it.
fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix(':').unwrap_or(text);
    if let Ok(port) = port.parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let text = match text.strip_prefix("localhost:") {
        Some(port) => &format!("127.0.0.1:{port}"),
        None => text,
    };
    text.parse()
        .map_err(|_| "write it as `9464` or `127.0.0.1:9464`".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum WatchCommand {
    /// Tell whether somebody watches, and how
    #[command(after_help = help::WATCH_STATUS)]
    Status,
    /// End the watcher of this folder, and wait until it has ended
    #[command(after_help = help::WATCH_STOP)]
    Stop,
}

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Show at most this many differences, 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Terms that all must hold; see the examples
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Fields to sort by, comma-separated, `-` in front for descending
    #[arg(long, value_name = "KEYS", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Show at most this many items, 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub limit: u64,
    /// Skip this many items first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub offset: u64,
    /// Columns to show, comma-separated (default: id,state,priority,owner,title)
    #[arg(long, value_name = "NAMES", value_enum, value_delimiter = ',')]
    pub columns: Vec<Field>,
    #[command(flatten)]
    pub lines: sharing::LineArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The item: a path, an id, an alias, the beginning of a uid or a file stem
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Print nothing but the body
    #[arg(long, conflicts_with = "no_body")]
    pub body: bool,
    /// Print everything but the body
    #[arg(long)]
    pub no_body: bool,
    /// The item as it was in this commit, branch or tag
    #[arg(long, value_name = "REV", allow_hyphen_values = true)]
    pub at: Option<String>,
    #[command(flatten)]
    pub lines: sharing::LineArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct HistoryArgs {
    /// The item, as for `kanban show`; also one that is not there any more
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Show at most this many commits, 0 for all (default: 20; all in a pipe)
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
    /// Only changes of these fields, comma-separated
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub field: Vec<String>,
    /// Only changes since this date (`2026-01-31`, `yesterday`, `2w`)
    #[arg(long, value_name = "DATE", allow_hyphen_values = true)]
    pub since: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SearchArgs {
    /// Words to search for, as one argument
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// Terms that all must hold for a hit
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Show at most this many hits, 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = HITS)]
    pub limit: usize,
    /// Skip this many hits first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub offset: usize,
    #[command(flatten)]
    pub lines: sharing::LineArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BoardArgs {
    /// Terms that all must hold; see the examples
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Field that makes the columns
    #[arg(long, value_name = "FIELD", default_value = "state")]
    pub by: String,
    /// Show at most this many items in a column, 0 for all (default: 8, 4 of what is over; all in a pipe)
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<u64>,
    #[command(flatten)]
    pub lines: sharing::LineArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TreeArgs {
    /// The item at the top (default: all items without a parent)
    #[arg(value_name = "REF")]
    pub reference: Option<String>,
    /// Show at most this many levels below the top
    #[arg(long, value_name = "N")]
    pub depth: Option<usize>,
    #[command(flatten)]
    pub lines: sharing::LineArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SqlArgs {
    /// A SELECT on the views of docs/sql.md, `-` to read it from stdin
    #[arg(value_name = "SQL")]
    pub sql: String,
    /// How to print the rows (default: table on a terminal, tsv in a pipe)
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
    /// Return at most this many rows, 0 for the most there can be
    #[arg(short = 'n', long, value_name = "N", default_value_t = ROWS)]
    pub limit: u64,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Tsv,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Terms that all must hold for the items to report on
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Show at most this many problems, 0 for all (default: 50; all in a pipe)
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<u64>,
    #[command(flatten)]
    pub lines: sharing::LineArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Replace a kanban.toml that is there
    #[arg(long)]
    pub force: bool,
    /// Tell what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HooksCommand {
    /// Put a block into each hook, beside what is there
    #[command(after_help = help::HOOKS_INSTALL)]
    Install(HooksArgs),
    /// Take the blocks out; every file is again what it was
    #[command(after_help = help::HOOKS_UNINSTALL)]
    Uninstall(HooksArgs),
    /// Let git run each hook, and tell which ones answer
    #[command(after_help = help::HOOKS_STATUS)]
    Status(HooksStatusArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct HooksArgs {
    /// Also change hooks that others share: a folder of several repositories, files of the work tree
    #[arg(long)]
    pub shared: bool,
    /// Tell what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Another program for the hooks to start
    #[arg(long, value_name = "PATH", hide = true)]
    pub program: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct HooksStatusArgs {
    /// Another program that the hooks should start
    #[arg(long, value_name = "PATH", hide = true)]
    pub program: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// Write one page for each command into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
