//! Arguments before clap sees them: terms of a query may begin with a hyphen and stand anywhere.
//! Gets the raw arguments and the command tree. Gives arguments in which all terms stand behind
//! `--`. Never: judges an option; clap does.

use std::ffi::{OsStr, OsString};

use clap::{ArgAction, Command};

/// The id of the argument that makes a command's words terms of a query.
const QUERY: &str = "query";

/// What must be known even where the arguments cannot be understood.
pub(crate) struct Glimpse {
    pub json: bool,
    pub color: Option<String>,
    pub log_format: Option<String>,
}

/// Looks for `--json`, `--color` and `--log-format` without understanding the rest.
pub(crate) fn glimpse(args: &[OsString]) -> Glimpse {
    let mut glimpse = Glimpse {
        json: false,
        color: None,
        log_format: None,
    };
    let mut args = args.iter().skip(1).map(|arg| arg.to_string_lossy());
    while let Some(arg) = args.next() {
        match arg.as_ref() {
            "--" => break,
            "--json" => glimpse.json = true,
            "--color" => glimpse.color = args.next().map(Into::into),
            "--log-format" => glimpse.log_format = args.next().map(Into::into),
            _ => {
                if let Some(when) = arg.strip_prefix("--color=") {
                    glimpse.color = Some(when.to_owned());
                }
                if let Some(format) = arg.strip_prefix("--log-format=") {
                    glimpse.log_format = Some(format.to_owned());
                }
            }
        }
    }
    glimpse
}

/// The arguments in an order that clap cannot misread. For commands without a query only what
/// cannot be an option, like SQL that begins with a comment, goes behind `--`.
pub(crate) fn arrange(args: Vec<OsString>, root: &Command) -> Vec<OsString> {
    let Some((at, command)) = command(&args, root) else {
        return args;
    };
    let queries = command.get_arguments().any(|arg| arg.get_id() == QUERY);
    let mut given = args[at + 1..].iter().take_while(|arg| *arg != "--");
    if !queries && !given.any(|arg| is_comment(arg)) {
        return args;
    }
    let options = Options {
        levels: [root, command],
    };
    let mut arranged: Vec<OsString> = args[..=at].to_vec();
    let mut words = Vec::new();
    let mut rest = args.into_iter().skip(at + 1);
    while let Some(arg) = rest.next() {
        if arg == "--" {
            words.extend(rest);
            break;
        }
        match options.meaning(&arg) {
            Meaning::Word => words.push(arg),
            Meaning::Option => arranged.push(arg),
            Meaning::OptionBeforeValue => match rest.next() {
                Some(value) => {
                    let mut joined = arg;
                    joined.push("=");
                    joined.push(value);
                    arranged.push(joined);
                }
                None => arranged.push(arg),
            },
        }
    }
    if !words.is_empty() {
        arranged.push("--".into());
        arranged.extend(words);
    }
    arranged
}

/// The subcommand and its place.
fn command<'a>(args: &[OsString], root: &'a Command) -> Option<(usize, &'a Command)> {
    let options = Options {
        levels: [root, root],
    };
    let mut at = 1;
    loop {
        let arg = args.get(at)?;
        match options.meaning(arg) {
            Meaning::Word => break,
            Meaning::Option => at += 1,
            Meaning::OptionBeforeValue => at += 2,
        }
    }
    Some((at, root.find_subcommand(&args[at])?))
}

enum Meaning {
    Word,
    Option,
    OptionBeforeValue,
}

/// The options that hold at a place.
struct Options<'a> {
    levels: [&'a Command; 2],
}

impl Options<'_> {
    fn meaning(&self, arg: &OsStr) -> Meaning {
        // What is not UTF-8 is no option of ours.
        let Some(text) = arg.to_str().filter(|_| !is_comment(arg)) else {
            return Meaning::Word;
        };
        if let Some(long) = text.strip_prefix("--") {
            // An unknown one is left to clap, which knows the near ones.
            return match self.long(long) {
                Some(true) => Meaning::OptionBeforeValue,
                Some(false) | None => Meaning::Option,
            };
        }
        let Some(short) = text.strip_prefix('-') else {
            return Meaning::Word;
        };
        let mut chars = short.chars();
        let Some(letter) = chars.next() else {
            return Meaning::Word;
        };
        let attached = chars.as_str();
        match (self.short(letter), attached) {
            (Some(true), "") => Meaning::OptionBeforeValue,
            (Some(false), "") => Meaning::Option,
            (Some(true), value) if is_value(value) => Meaning::Option,
            _ => Meaning::Word,
        }
    }

    /// Whether the option is known, and takes a value.
    fn long(&self, name: &str) -> Option<bool> {
        let known = |arg: &&clap::Arg| {
            let aliases = arg.get_all_aliases().unwrap_or_default();
            arg.get_long() == Some(name) || aliases.contains(&name)
        };
        self.levels
            .iter()
            .find_map(|level| level.get_arguments().find(known))
            .map(takes_value)
    }

    fn short(&self, letter: char) -> Option<bool> {
        let known = |arg: &&clap::Arg| arg.get_short() == Some(letter);
        let found = self
            .levels
            .iter()
            .find_map(|level| level.get_arguments().find(known));
        found
            .map(takes_value)
            .or_else(|| matches!(letter, 'h' | 'V').then_some(false))
    }
}

/// True for what begins with `--` and is no option: a space stands in the place of its name.
fn is_comment(arg: &OsStr) -> bool {
    let name = arg.to_str().and_then(|text| text.strip_prefix("--"));
    let name = name.and_then(|text| text.split('=').next());
    name.is_some_and(|name| name.contains(char::is_whitespace))
}

fn takes_value(arg: &clap::Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

/// What may be written right behind a short option (`-n5`): all else is a term (`-node:x`).
fn is_value(text: &str) -> bool {
    text.starts_with('=') || text.chars().all(|char| char.is_ascii_digit())
}
