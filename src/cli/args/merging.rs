//! The arguments of the commands that merge.
//! Gets nothing. Gives the clap structs. Never: acts.

use std::path::PathBuf;

use clap::ValueEnum;

#[derive(Debug, clap::Args)]
pub(crate) struct MergeDriverArgs {
    /// The version that both sides began with; empty where both added the file
    #[arg(value_name = "BASE")]
    pub base: PathBuf,
    /// Our version, in place of which the result is written
    #[arg(value_name = "OURS")]
    pub ours: PathBuf,
    /// Their version
    #[arg(value_name = "THEIRS")]
    pub theirs: PathBuf,
    /// Where the result goes instead
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How many characters a conflict marker has
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = marker_size)]
    pub marker_size: usize,
    /// The item's path from the top of the work tree, by which its convention is known
    #[arg(long, value_name = "PATH", allow_hyphen_values = true)]
    pub path: Option<String>,
    /// What to call our side in markers
    #[arg(long, value_name = "NAME")]
    pub ours_label: Option<String>,
    /// What to call their side in markers
    #[arg(long, value_name = "NAME")]
    pub theirs_label: Option<String>,
    /// Show the base between markers, too, and call it so
    #[arg(long, value_name = "NAME")]
    pub base_label: Option<String>,
}

/// A caller that does not know how long they are leaves a name where the number should be: no reason
/// not to merge.
#[expect(clippy::unnecessary_wraps, reason = "clap wants it so")]
fn marker_size(text: &str) -> Result<usize, String> {
    let size = text.parse().ok().filter(|size| (1..=1000).contains(size));
    Ok(size.unwrap_or(7))
}

#[derive(Debug, clap::Args)]
pub(crate) struct ResolveArgs {
    /// Items in conflict: paths, ids or file stems (default: all, one after the other)
    #[arg(value_name = "REF|PATH")]
    pub items: Vec<String>,
    /// All items in conflict
    #[arg(long, conflicts_with = "items")]
    pub all: bool,
    /// Only list what is undecided; so in a pipe, where nothing is named
    #[arg(long)]
    pub list: bool,
    /// Take this side wherever the sides disagree
    #[arg(long, value_name = "SIDE", value_enum, conflicts_with = "list")]
    pub take: Option<Side>,
    /// Decide one field or section: NAME=ours, NAME=theirs, NAME=base, or NAME=a value
    #[arg(long, value_name = "NAME=CHOICE", conflicts_with = "list")]
    pub field: Vec<String>,
    /// Merge again from the versions of both sides, and drop what was edited in the file since
    #[arg(long, conflicts_with = "list")]
    pub again: bool,
    /// Tell git of the files in which nothing is left
    #[arg(long, conflicts_with = "list")]
    pub add: bool,
    /// Show what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// A version of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    Ours,
    Theirs,
    Base,
}
