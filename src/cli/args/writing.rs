//! The arguments of the commands that write items.
//! Gets nothing. Gives the clap structs. Never: acts.

use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::help;

/// What every command that writes can be told.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Writing")]
pub(crate) struct WriteArgs {
    /// Show what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write only where the item has this content hash, or one that begins so
    #[arg(long, value_name = "HASH", value_parser = hash)]
    pub if_hash: Option<String>,
    /// Leave the date of the last change as it is
    #[arg(long)]
    pub keep_updated: bool,
    /// Commit exactly the files that were written
    #[arg(long)]
    pub commit: bool,
    /// Message of the commit (default: the command); implies --commit
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// What it is about, on one line
    #[arg(value_name = "TITLE")]
    pub title: Option<String>,
    /// Values: field=text, field:=JSON or field+=a,b, as for `kanban set`
    #[arg(value_name = "FIELD=VALUE")]
    pub assignments: Vec<String>,
    /// What it is: Task, Decision, draft, ... (default: the usual kind of the convention)
    #[arg(short, long, value_name = "KIND")]
    pub kind: Option<String>,
    /// The item that it belongs to
    #[arg(long, value_name = "REF")]
    pub parent: Option<String>,
    /// Its text, in place of that of the template; `-` reads it from stdin
    #[arg(long, value_name = "TEXT")]
    pub body: Option<String>,
    /// Its text, from a file
    #[arg(long, value_name = "FILE", conflicts_with = "body")]
    pub body_file: Option<PathBuf>,
    /// The folder: of the convention, of the backlog, or of the file where the convention leaves it open
    #[arg(long = "in", value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// This id, in place of the next one
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Open it in the editor when it is made
    #[arg(short, long, conflicts_with = "dry_run")]
    pub edit: bool,
    /// Show the file, and make nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Commit exactly the files that were made
    #[arg(long)]
    pub commit: bool,
    /// Message of the commit (default: the command); implies --commit
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
}

/// A content hash, or enough of one: an empty variable of a script must not match everything.
fn hash(text: &str) -> Result<String, String> {
    let fits = (4..=64).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_hexdigit());
    fits.then(|| text.to_owned()).ok_or_else(|| {
        "give four to 64 hexadecimal digits, as receipts and `show --json` have them".to_owned()
    })
}

#[derive(Debug, clap::Args)]
pub(crate) struct SetArgs {
    /// One item by its REF, or all that match a query (as one argument, with a field in it)
    #[arg(value_name = "REF|QUERY")]
    pub target: String,
    /// Values: field=text, field:=JSON, field+=a,b or field-=a,b
    #[arg(value_name = "FIELD=VALUE", required_unless_present = "rename")]
    pub assignments: Vec<String>,
    /// Give a key of the frontmatter another name, before all else; may be given several times
    #[arg(long, value_name = "OLD=NEW")]
    pub rename: Vec<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct UnsetArgs {
    /// One item by its REF, or all that match a query
    #[arg(value_name = "REF|QUERY")]
    pub target: String,
    /// Fields to take out
    #[arg(value_name = "FIELD", required = true)]
    pub fields: Vec<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TagCommand {
    /// Put tags in
    #[command(after_help = help::TAG)]
    Add(TagArgs),
    /// Take tags out
    #[command(after_help = help::TAG)]
    Rm(TagArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct TagArgs {
    /// One item by its REF, or all that match a query
    #[arg(value_name = "REF|QUERY")]
    pub target: String,
    /// The tags
    #[arg(value_name = "TAG", required = true)]
    pub tags: Vec<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LinkCommand {
    /// Put links in, on both sides where the convention has both
    #[command(after_help = help::LINK)]
    Add(LinkArgs),
    /// Take links out, on both sides
    #[command(after_help = help::LINK)]
    Rm(LinkArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct LinkArgs {
    /// One item by its REF, or all that match a query
    #[arg(value_name = "REF|QUERY")]
    pub target: String,
    /// What the link says: blocks, blocked_by, relates, parent, ...
    #[arg(value_name = "REL")]
    pub rel: String,
    /// The items that it leads to
    #[arg(value_name = "REF", required = true)]
    pub others: Vec<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LogArgs {
    /// One item by its REF, or all that match a query
    #[arg(value_name = "REF|QUERY")]
    pub target: String,
    /// What to log; `-` reads it from stdin
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// Who says it (default: KANBAN_AUTHOR, else git's user.name)
    #[arg(long, value_name = "NAME")]
    pub author: Option<String>,
    /// The model that says it (default: KANBAN_MODEL)
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TickArgs {
    /// One item by its REF, or all that match a query
    #[arg(value_name = "REF|QUERY")]
    pub target: String,
    /// Lines of the checklist: numbers from 1, or a part of the text
    #[arg(value_name = "N|TEXT", required_unless_present = "all")]
    pub lines: Vec<String>,
    /// Every line
    #[arg(long, conflicts_with = "lines")]
    pub all: bool,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EditArgs {
    /// The item
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Change the text under this heading, without an editor
    #[arg(long, value_name = "TITLE")]
    pub section: Option<String>,
    /// New text of the section; `-` reads it from stdin
    #[arg(
        long,
        value_name = "TEXT",
        requires = "section",
        conflicts_with = "append"
    )]
    pub text: Option<String>,
    /// A paragraph for the end of the section; `-` reads it from stdin
    #[arg(long, value_name = "TEXT", requires = "section")]
    pub append: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct MvArgs {
    /// The item
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Its new title; the file name follows
    #[arg(value_name = "TITLE", required_unless_present = "to")]
    pub title: Option<String>,
    /// The new path of its file, from the root; a folder, to keep the name
    #[arg(long, value_name = "PATH")]
    pub to: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RmArgs {
    /// One item by its REF, or all that match a query
    #[arg(value_name = "REF|QUERY")]
    pub target: String,
    /// Remove it although other items link to it
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub write: WriteArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct FixArgs {
    /// Terms that all must hold for the items to mend
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Part items that share an id: the oldest keeps it, every other one gets the next
    #[arg(long)]
    pub ids: bool,
    #[command(flatten)]
    pub write: WriteArgs,
}
