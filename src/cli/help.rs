//! The longer parts of the help: examples and exit codes. Never: anything but text.

use anstyle::{AnsiColor, Style};
use clap::builder::Styles;

pub(crate) const STYLES: Styles = Styles::styled()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

pub(crate) const MAIN: &str = "\
Exit codes:
   0  done; also when the reader of the output has gone
   1  the answer is no, or problems were found
   2  wrong usage or a wrong query
   3  something around is wrong: no repository, a lock, the disk
  70  a fault of this program

Environment:
  COLUMNS                       width of the terminal
  NO_COLOR, CLICOLOR_FORCE      colors never, colors always
  KANBAN_AUTHOR, KANBAN_MODEL   who writes, for log lines
  KANBAN_CACHE_DIR              parent folder of the caches
  KANBAN_LOG                    traces to stderr, for example `debug`
  KANBAN_POSTGRES_URL           address of the server of `kanban sync`
  KANBAN_POSTGRES_URL_FILE      a file of mode 0600 that holds it

Examples:
  kanban list is:open owner:none
  kanban board
  kanban show KABSD-TSK-0012";

pub(crate) const REBUILD: &str = "\
Questions refresh the cache by themselves; this command is for starting from nothing. The old cache
serves until the new one is complete. With --store postgres, or where kanban.toml asks for it, every
row of the branch in the shared cache is made anew, too, whatever stands there; the exit code is 1
where the server was not reached.

Examples:
  kanban rebuild-index
  kanban rebuild-index --store postgres
  kanban --json rebuild-index";

pub(crate) const REFRESH: &str = "\
Every question does this by itself. What changed since the last look is projected into the cache and
the search index; what did not is not read. A watcher that vouches for the cache is believed; --full
reads everything itself.

Examples:
  kanban refresh
  kanban refresh --full
  kanban --json refresh --ticket
  kanban refresh --wait-for 18a9f3c2-1f4";

pub(crate) const WATCH: &str = "\
While somebody watches, questions need no look at the files: the watcher vouches for the cache, or
does not answer in time, and then they look. With --json each line is one object: `ready`, then a
`change` for each item that a generation changed, and `rebuilt`, `mode`, `error`, `sync`,
`recovered`, `stopped`. Where kanban.toml has the table [sync] and a server is named, what is
committed is published in the background. Ends by itself on an interrupt, when it is asked to, and
when its reader goes away.

Examples:
  kanban watch
  kanban --json watch | jq -r 'select(.event == \"change\") | .path'
  kanban watch --daemon
  kanban watch --metrics 9464";

pub(crate) const WATCH_STATUS: &str = "\
The exit code is 1 where nobody watches.

Examples:
  kanban watch status
  kanban --json watch status";

pub(crate) const WATCH_STOP: &str = "\
Examples:
  kanban watch stop";

pub(crate) const VERIFY: &str = "\
Projects everything beside the cache, and compares all rows and the search index. With --no-refresh
the cache is compared as it is. Exit code 1 where anything differs.

Examples:
  kanban verify
  kanban --no-refresh --json verify";

pub(crate) const LIST: &str = "\
Terms are joined by AND, commas inside a term mean OR, and `-` in front means not. An argument that
begins with one hyphen is a term, unless it is an option; behind `--` everything is a term.
In a pipe nothing is cut, and a missing value is `-`.

Examples:
  kanban list state:InProgress,Ready kind:Task -tag:wip
  kanban list is:open priority:P0..P1 updated:2026-01-01..
  kanban list parent:KABSD-FTR-0014 --sort priority,-updated
  kanban list has:problem -n 0 --columns path,status,problems
  kanban list is:overdue --store postgres --repository all
  kanban list '\"exactly these words\"'";

pub(crate) const SHOW: &str = "\
The first of these that fits is taken: path from the current folder, path from the root, id, id in
another case, alias, beginning of a uid (4 characters or more), file stem. Where several items fit,
they are listed and the exit code is 1. With --at the item is read from a commit; links are then not
looked up, and REF is a name that the item had there.

Examples:
  kanban show KABSD-TSK-0012
  kanban show KABSD-TSK-0012 --at HEAD~3
  kanban show docs/decisions/0004-use-postgres.md --no-body
  kanban --json show KABSD-TSK-0012";

pub(crate) const HISTORY: &str = "\
The newest comes first, and before it what is not committed. Renames are followed, also where the
file was edited at the same time: by its uid, its id, or by most of its lines. A merge is shown only
where it made something that none of its parents has. Of an item that is not there any more, REF is
its path, its file stem, or the id with which the name of its file began.

Examples:
  kanban history KABSD-TSK-0012
  kanban history KABSD-TSK-0012 --field state,owner --since 2w
  kanban --json history KABSD-TSK-0012 -n 1";

pub(crate) const SEARCH: &str = "\
TEXT is the first argument; all others are QUERY, as for `kanban list`. Found words are underlined,
or stand between « and » where there are no colors. Where nothing matches as written, the last word
is taken as the beginning of one, then near words are taken; a line on stderr says so.

Examples:
  kanban search 'cache rebuild'
  kanban search conflict is:open -kind:Bug
  kanban search '\"merge driver\"' -n 5";

pub(crate) const BOARD: &str = "\
On a terminal the columns stand side by side, in several rows where it is narrow. In a pipe each
column is a section with all its items.

Examples:
  kanban board
  kanban board kind:Task owner:dan
  kanban board --by owner is:open -n 3";

pub(crate) const TREE: &str = "\
Behind an item stands how many of the items below it are done.

Examples:
  kanban tree
  kanban tree KABSD-EPC-0001 --depth 2";

pub(crate) const SQL: &str = "\
The views are items, people, tags, links, entries, checks, sections, fields, problems and meta.
Nothing can be written, and a query that takes too long is stopped. In tsv a tab, a line end and a
backslash inside a value are written \\t, \\n and \\\\, and null is nothing; --json keeps all types.

Examples:
  kanban sql 'SELECT state, count(*) FROM items GROUP BY state'
  kanban sql - --format tsv < report.sql
  kanban sql --store postgres 'SELECT repository, count(*) FROM items GROUP BY 1'
  kanban --json sql 'SELECT path, tag FROM tags'";

pub(crate) const CHECK: &str = "\
The exit code is 1 where there is a problem of severity error or warning. In a pipe each problem is
one line `path:line:col: severity[code]: message`, which editors understand.

Examples:
  kanban check
  kanban check kind:Task is:open
  kanban check | grep dangling-link";

pub(crate) const RESOLVE: &str = "\
Items are merged again from the versions that git keeps of a conflict, as the merge driver does it,
also where git merged their lines itself. What is open then stands in `_conflicts` of the
frontmatter and between markers in the body. On a terminal each conflict is asked about. The exit
code is 1 where something stays open.

Examples:
  kanban resolve --list
  kanban resolve KABSD-TSK-0012 --field state=theirs --field 'Context=ours' --add
  kanban resolve --all --take ours --dry-run";

pub(crate) const MERGE_DRIVER: &str = "\
`kanban hooks install` tells git to start this; docs/merging.md has the rules, and a recipe for jj.
The exit code is 0 where all is merged, 1 where there are conflicts, and 2 where the file could
only be merged line by line. Nothing is printed to stdout.

Examples:
  kanban merge-driver base.md ours.md theirs.md --path _kano/backlog/items/task/0000/TT-TSK-0001.md
  kanban merge-driver base.md ours.md theirs.md --output merged.md";

pub(crate) const STATUS: &str = "\
Examples:
  kanban status
  kanban --json status";

pub(crate) const DOCTOR: &str = "\
Where kanban.toml or the environment asks for sharing, the server is asked, too. The exit code is 1
where something is broken.

Examples:
  kanban doctor
  kanban -C ../other doctor";

pub(crate) const INIT: &str = "\
kanban works without a kanban.toml; the file fixes what was recognized, to be changed there. In Git
a block of .gitattributes gives the items to the merge driver; a clone without it merges as before.

Examples:
  kanban init --dry-run
  kanban init --force";

pub(crate) const HOOKS: &str = "\
A hook of ours starts `kanban refresh` in the background and goes on at once, so that the cache is
fresh before the next question. Questions are right without hooks too; they only take longer.

Examples:
  kanban hooks install
  kanban hooks status";

pub(crate) const HOOKS_INSTALL: &str = "\
Hooks that are there stay as they are and run as before: a shell script gets a block behind its
first line, anything else is kept beside a hook that runs it. All work trees of a repository share
its hooks, so once is enough. The exit code is 1 where a hook was not installed. The merge driver is
set in the configuration of the repository; `kanban init` writes what gives it the items.

Examples:
  kanban hooks install --dry-run
  kanban hooks install";

pub(crate) const HOOKS_UNINSTALL: &str = "\
The merge driver goes, too; with --shared also its lines in .gitattributes, which others share.

Examples:
  kanban hooks uninstall --dry-run
  kanban hooks uninstall";

pub(crate) const HOOKS_STATUS: &str = "\
Git is asked to run each hook; our block answers and leaves, so that nothing else of it runs. The
exit code is 1 where a hook does not answer.

Examples:
  kanban hooks status
  kanban --json hooks status";

pub(crate) const SYNC: &str = "\
The server is named by KANBAN_POSTGRES_URL, or by the file of mode 0600 that
KANBAN_POSTGRES_URL_FILE names; docs/sharing.md tells how to set one up. Secrets and personal data
are blotted out before anything leaves, and what kanban.toml calls private does not leave at all.
Without the server everything else goes on; what is to be published waits.

Examples:
  kanban sync init
  kanban sync now
  kanban sync status --items";

pub(crate) const SYNC_INIT: &str = "\
Makes tables, views and roles on the server, or takes the steps that are missing: for that the login
must be allowed to make roles, or be granted kanban_owner until it is done. Who founds a repository
is its admin; with kanban_writer every login may found one that nobody has founded. The server is
named as in KANBAN_POSTGRES_URL=postgres://ada@db.example.org/team.

Examples:
  kanban sync init";

pub(crate) const SYNC_NOW: &str = "\
What is published is the commit at the tip of the branch; what is not committed only where
kanban.toml asks for drafts, and beside the branch. A clone that is behind what is shown publishes
nothing. Without an answer of the server the items wait, and the exit code is 0; it is 1 where
something else keeps them. What is wrong with one branch holds no other. Where HEAD is on no branch,
as in CI, --branch says for which one it stands.

Examples:
  kanban sync now
  kanban sync now --branch main --branch release
  kanban sync now --full";

pub(crate) const SYNC_STATUS: &str = "\
The server is not asked. The exit code is 1 where an item has failed, or the address of the server
cannot be used.

Examples:
  kanban sync status
  kanban --json sync status --items";

pub(crate) const SYNC_RETRY: &str = "\
Examples:
  kanban sync retry
  kanban sync retry notes/plan.md";

pub(crate) const SYNC_LOG: &str = "\
Each entry holds the hash of the one before; number and hash of the newest stand in state.db and
in the file audit-head beside it. The exit code is 1 where --prove finds that one was changed or is
missing. Who may write these files can make them all anew: against them, keep a hash elsewhere.

Examples:
  kanban sync log
  kanban sync log --prove -n 0";

pub(crate) const SYNC_MEMBER: &str = "\
Examples:
  kanban sync member list
  kanban sync member add grace --role writer
  kanban sync member rm grace";

pub(crate) const SYNC_MEMBER_LIST: &str = "\
Admins see all members, others themselves. The exit code is 1 where you are no member.

Examples:
  kanban sync member list";

pub(crate) const SYNC_MEMBER_ADD: &str = "\
Examples:
  kanban sync member add grace --role writer
  kanban sync member add user:0b0c5d3e-1111-4222-8333-444455556666";

pub(crate) const SYNC_MEMBER_RM: &str = "\
Examples:
  kanban sync member rm grace";

pub(crate) const SYNC_EXPORT: &str = "\
The bundle holds the files of the items as they are in the commit, which commit changed which, the
audit and the outbox, and a manifest with the hash of each. Without --unredacted it holds only what
may leave: nothing that kanban.toml calls private, no secrets, no details of the audit. With it
everything is there, the history as git packs it, too, and only you may read the file. With
--from-server the rows of the server are written instead, one JSON object a line.

Examples:
  kanban sync export backlog.kb
  kanban sync export ~/backup/backlog.kb --unredacted --force
  kanban sync export rows.jsonl --from-server --branch main";

pub(crate) const SYNC_IMPORT: &str = "\
Needs no repository. All of the bundle is proved before the folder is there; a bundle that is
damaged or was made to do harm is refused, and nothing is written. What other systems could not hold
is refused, too. The seal tells bundles apart; it does not tell who made one.

Examples:
  kanban sync import backlog.kb --into ../restored
  kanban sync import backlog.kb --into ../restored --all";

pub(crate) const SYNC_REMOVE: &str = "\
For a branch that was merged, renamed, or never meant; whoever may publish may do it. No branch of
git's is touched: a clone that still has it publishes it again. The audit notes it.

Examples:
  kanban sync remove --branch feature/maps --dry-run
  kanban sync remove --branch feature/maps
  kanban sync remove --branch main --repository acme/old-name";

pub(crate) const SYNC_FORGET: &str = "\
Rows of the server in which the person stands are emptied, details of the audit and entries of the
outbox that name the person are erased, and whatever this repository publishes from now on, from
any clone, has «redacted-person» or the pseudonym in place of the name. Files and Git history stay
as they are; the answer counts what they hold. The audit keeps that somebody was forgotten, not
who. The exit code is 1 where the server was not reached: run it again then.

Examples:
  kanban sync forget --author 'Ada Lovelace <ada@example.org>' --dry-run
  kanban sync forget --author 'Ada Lovelace' --author ada@example.org --pseudonym person-7";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  kanban completions bash > ~/.local/share/bash-completion/completions/kanban
  kanban completions zsh > ~/.zfunc/_kanban
  kanban completions fish > ~/.config/fish/completions/kanban.fish";

pub(crate) const MAN: &str = "\
Examples:
  kanban man | man -l -
  kanban man --out /usr/local/share/man/man1";

pub(crate) const SET: &str = "\
The file changes first, and only in what is meant: comments, order, quotes and line ends stay. What
cannot be done so is refused, and the file is untouched. Words of states, priorities and kinds are
spelled as the convention spells them. `field=text` is text; `field:=JSON` has a type; `+=` and `-=`
take lists apart. A query writes to every item that it matches.

Examples:
  kanban set KABSD-TSK-0012 state=InProgress owner=mira
  kanban set 'state:Review parent:KABSD-FTR-0014' state=Done --dry-run
  kanban set KABSD-TSK-0012 estimate:=5 external.jira_key=ABC-7 tags+=ui,wip
  kanban set KABSD-TSK-0012 priority=P1 -m 'raise the priority'
  kanban set 'has:due' --rename due=deadline --rename external.jira=external.jira_key";

pub(crate) const UNSET: &str = "\
Examples:
  kanban unset KABSD-TSK-0012 iteration
  kanban unset 'is:open iteration:2026.3' iteration";

pub(crate) const NEW: &str = "\
The file is made from the template of its convention, with the next id that nobody has on any branch
or in any work tree, and never over another one. Of several conventions that is taken which --kind
or --in says, or in which one is.

Examples:
  kanban new 'Cut regions into chunks' priority=P1 tags=core,io
  kanban new --kind Bug 'Crash on an empty file' --parent KABSD-FTR-0014
  kanban new --kind decision 'Use SQLite' --in docs/decisions --edit
  kanban --json new 'From a script' --body - < text.md";

pub(crate) const TAG: &str = "\
Examples:
  kanban tag add KABSD-TSK-0012 ui wip
  kanban tag rm 'is:open tag:wip' wip";

pub(crate) const LINK: &str = "\
Where the convention has both sides, as blocks and blocked_by, both items are written.

Examples:
  kanban link add KABSD-TSK-0012 blocks KABSD-TSK-0013
  kanban link rm KABSD-TSK-0012 relates KABSD-FTR-0002";

pub(crate) const LOG: &str = "\
The line has the form of the convention, with time and author, behind the last line of the log.

Examples:
  kanban log KABSD-TSK-0012 'measured it: 12 ms'
  kanban log KABSD-TSK-0012 'done' --author codex --model gpt-5
  kanban log KABSD-TSK-0012 - < notes.txt";

pub(crate) const TICK: &str = "\
Lines count from 1 over all checklists of the item, as `kanban show` numbers them.

Examples:
  kanban tick KABSD-TSK-0012 1 3
  kanban tick KABSD-TSK-0012 'unit tests'
  kanban untick KABSD-TSK-0012 --all";

pub(crate) const EDIT: &str = "\
The editor is the one that git would use. Exit code 1 where the item has errors afterwards.

Examples:
  kanban edit KABSD-TSK-0012
  kanban edit KABSD-TSK-0012 --section Goal --text 'A smaller download'
  kanban edit KABSD-TSK-0012 --section Risks --append - < risks.md";

pub(crate) const MV: &str = "\
Links by path and by file name are rewritten in the items that have them; links by id need not be.

Examples:
  kanban mv KABSD-TSK-0012 'Cut regions into equal chunks'
  kanban mv notes/idea.md --to archive/
  kanban mv notes/idea.md --to notes/plan.md --dry-run";

pub(crate) const RM: &str = "\
An item that others link to is removed only with --force; its links stay, and dangle.

Examples:
  kanban rm KABSD-TSK-0012
  kanban rm 'state:Dropped updated:..2024-12-31' --dry-run";

pub(crate) const FIX: &str = "\
Quotes values that YAML refuses; mends words and dates with a slip that only one can be meant by;
writes an id that only the file name says. All else stays, as `kanban check` shows it.

With --ids the oldest of the items with one id keeps it, by the day they were created. Every other
gets the next id that nobody has on any branch, its file the name that goes with it, and the old id
becomes an alias. Links to it by path, by file name or as ID@UID follow. All others that name the
old id are listed, and left: they lead to the oldest from now on.

Examples:
  kanban fix --dry-run
  kanban fix problem:invalid-date
  kanban fix --ids --dry-run
  kanban fix --ids 'created:2026-01-31' -m 'part ids'";
