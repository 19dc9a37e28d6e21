//! The command line as a whole: definitions, arguments, envelopes, failures, progress.

use std::ffi::OsString;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};
use proptest::prelude::*;

use crate::cli::args::{Args, Command, ListArgs, When};
use crate::cli::error::{Failure, Place, Stop};
use crate::cli::exit::Exit;
use crate::cli::print;
use crate::cli::progress::{Elsewhere, Pace, Reporter, prepare, words};
use crate::cli::render::sample::item;
use crate::cli::style::Look;
use crate::cli::text::tests::{hostile, is_forbidden};
use crate::cli::{argv, envelope, panics, settle};
use crate::engine::{Class, EngineError, Step};
use crate::query::QueryError;
use crate::query::view::{Freshness, ListView};

fn parse(words: &[&str]) -> Result<Args, clap::Error> {
    let mut command = Args::command();
    let args = std::iter::once("kanban").chain(words.iter().copied());
    let args = argv::arrange(args.map(OsString::from).collect(), &command);
    let matches = command.try_get_matches_from_mut(args)?;
    Args::from_arg_matches(&matches)
}

fn list(words: &[&str]) -> ListArgs {
    match parse(words).map(|args| args.command) {
        Ok(Command::List(args)) => args,
        other => panic!("{words:?}: {other:?}"),
    }
}

#[test]
fn definitions_hold_together() {
    Args::command().debug_assert();
}

#[test]
fn everything_has_help_in_one_style() {
    let mut root = Args::command();
    root.build();
    let mut commands = vec![&root];
    commands.extend(
        root.get_subcommands()
            .filter(|command| command.get_name() != "help"),
    );
    for command in commands {
        let name = command.get_name();
        let about = command
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        let first = about.split(' ').next().unwrap_or_default();
        assert!(first.starts_with(char::is_uppercase), "{name}: {about}");
        assert!(
            !first.ends_with('s') && !first.ends_with("ing"),
            "{name}: not imperative: {about}"
        );
        assert!(!about.ends_with('.'), "{name}: {about}");
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{name} {}: no help", arg.get_id());
            assert!(!help.ends_with('.'), "{name} {}: {help}", arg.get_id());
            assert!(
                help.starts_with(char::is_uppercase),
                "{name} {}: {help}",
                arg.get_id()
            );
        }
    }
}

#[test]
fn every_command_has_examples_and_they_parse() {
    let root = Args::command();
    let mut seen = 0;
    for command in crate::cli::cmd::man::all(&root) {
        let after = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let (_, examples) = after
            .split_once("Examples:\n")
            .unwrap_or_else(|| panic!("{}", command.get_name()));
        for line in examples.lines() {
            let line = line
                .strip_prefix("  kanban ")
                .unwrap_or_else(|| panic!("{line}"));
            let line = line.split(['|', '>', '<']).next().unwrap_or_default();
            // Words as a shell makes them, quotes of one kind.
            let mut args = Vec::new();
            for (at, part) in line.split('\'').enumerate() {
                if at % 2 == 1 {
                    args.push(part);
                } else {
                    args.extend(part.split_whitespace());
                }
            }
            if let Err(error) = parse(&args) {
                panic!("{line}: {error}");
            }
            seen += 1;
        }
    }
    assert!(seen > 20);
}

#[test]
fn a_line_of_help_fits_a_terminal() {
    let root = Args::command();
    for command in crate::cli::cmd::man::all(&root) {
        let after = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        for line in after.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn terms_may_begin_with_a_hyphen_and_options_stand_anywhere() {
    for (words, query, limit) in [
        (vec!["list", "-tag:wip"], vec!["-tag:wip"], 50),
        (
            vec!["list", "-tag:wip", "--limit", "5"],
            vec!["-tag:wip"],
            5,
        ),
        (
            vec!["list", "--limit", "5", "-tag:wip"],
            vec!["-tag:wip"],
            5,
        ),
        (
            vec!["list", "state:Done", "-n", "5", "-has:problem"],
            vec!["state:Done", "-has:problem"],
            5,
        ),
        (vec!["list", "-n5", "-node:x"], vec!["-node:x"], 5),
        (vec!["list", "-n=5", "-q", "-quiet:x"], vec!["-quiet:x"], 5),
        (
            vec!["list", "--", "-n", "--limit"],
            vec!["-n", "--limit"],
            50,
        ),
        (vec!["ls", "-word", "-"], vec!["-word", "-"], 50),
        (
            vec!["--json", "list", "-id:x", "--no-refresh"],
            vec!["-id:x"],
            50,
        ),
        (
            vec!["-C", "list", "list", "-C", "board", "x"],
            vec!["x"],
            50,
        ),
        (
            vec!["list", "-owner:none", "--sort", "-updated", "-n", "1"],
            vec!["-owner:none"],
            1,
        ),
        (
            vec!["list", "-version:1", "-help:x"],
            vec!["-version:1", "-help:x"],
            50,
        ),
    ] {
        let args = list(&words);
        assert_eq!(args.query, query, "{words:?}");
        assert_eq!(args.limit, limit, "{words:?}");
    }
    assert_eq!(
        list(&["list", "--sort", "-updated"]).sort.as_deref(),
        Some("-updated")
    );
    assert_eq!(
        list(&["list", "--sort=-updated", "x"]).sort.as_deref(),
        Some("-updated")
    );
}

#[test]
fn the_first_word_of_a_search_is_its_text() {
    let Ok(Command::Search(args)) =
        parse(&["search", "-n", "3", "cache", "-kind:Bug", "--json"]).map(|args| args.command)
    else {
        panic!("not understood");
    };
    assert_eq!(
        (args.text.as_str(), args.query, args.limit),
        ("cache", vec!["-kind:Bug".to_owned()], 3)
    );
}

#[test]
fn what_clap_refuses_is_refused() {
    use clap::error::ErrorKind::*;
    for (words, kind) in [
        (vec!["list", "--limti", "5"], UnknownArgument),
        (vec!["list", "--limit", "many"], ValueValidation),
        (vec!["list", "--limit", "-5"], ValueValidation),
        (vec!["list", "--limit"], InvalidValue),
        (vec!["lisst"], InvalidSubcommand),
        (vec!["list", "-h"], DisplayHelp),
        (vec!["--version"], DisplayVersion),
        (vec!["show", "a", "b"], UnknownArgument),
        (vec!["show"], MissingRequiredArgument),
        (vec!["show", "a", "--body", "--no-body"], ArgumentConflict),
    ] {
        assert_eq!(
            parse(&words).map_err(|error| error.kind()).err(),
            Some(kind),
            "{words:?}"
        );
    }
}

#[test]
fn old_spellings_stay() {
    assert!(matches!(
        parse(&["rebuild_index"]).map(|args| args.command),
        Ok(Command::RebuildIndex)
    ));
    assert!(matches!(
        parse(&["rebuild-index"]).map(|args| args.command),
        Ok(Command::RebuildIndex)
    ));
}

proptest! {
    #[test]
    fn no_term_is_lost_or_moved(
        terms in proptest::collection::vec("-?[a-z]{2,6}:[A-Za-z0-9.,*-]{1,8}", 0..6),
        at in 0usize..7,
        long in any::<bool>(),
    ) {
        let mut words: Vec<&str> = terms.iter().map(String::as_str).collect();
        let at = at.min(words.len());
        let options: &[&str] = if long { &["--limit", "7", "--json"] } else { &["-n", "7", "--json"] };
        words.splice(at..at, options.iter().copied());
        words.insert(0, "list");
        let args = list(&words);
        prop_assert_eq!(args.query, terms);
        prop_assert_eq!(args.limit, 7);
    }

    #[test]
    fn any_arguments_are_arranged(words in proptest::collection::vec(hostile(), 0..6)) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // Whatever clap says of it, there is no panic.
        drop(parse(&words));
    }

    #[test]
    fn an_envelope_is_one_line_without_controls(text in hostile()) {
        let line = envelope::answer(&text, None, std::slice::from_ref(&text)).expect("because text is JSON");
        let line = String::from_utf8(line).expect("because JSON is UTF-8");
        let inner = line.strip_suffix('\n').expect("because a line ends");
        let forbidden = inner.chars().any(is_forbidden);
        prop_assert!(!forbidden);
        let value: serde_json::Value = serde_json::from_str(inner).expect("because it is JSON");
        prop_assert_eq!(value["data"].as_str(), Some(text.as_str()));
        prop_assert_eq!(value["warnings"][0].as_str(), Some(text.as_str()));
    }

    #[test]
    fn a_failure_shows_no_control(text in hostile(), at in 0usize..80) {
        let mut failure = Failure::new(Class::No, "x", text.clone()).path(text.clone()).cause(text.clone()).hint(text.clone());
        failure.place = Some(Place { text: text.clone(), at });
        failure.candidates = vec![item(&text, "open", &text)];
        let shown = failure.render(Look::PIPE);
        let forbidden = shown.chars().any(|char| char != '\n' && is_forbidden(char));
        prop_assert!(!forbidden);
    }
}

fn fresh() -> Freshness {
    Freshness {
        cache: "c1".to_owned(),
        generation: 4,
        head: Some("abc".to_owned()),
        dirty: None,
        fresh: true,
        age_ms: 0,
    }
}

#[test]
fn envelopes() {
    let bytes = envelope::answer(&serde_json::json!({"items": []}), Some(&fresh()), &[]);
    assert_eq!(
        String::from_utf8(bytes.expect("because it is JSON")).expect("because it is UTF-8"),
        concat!(
            r#"{"schema":"kanban/v1","cache":"c1","generation":4,"head":"abc","dirty":null,"#,
            r#""fresh":true,"age_ms":0,"warnings":[],"data":{"items":[]}}"#,
            "\n"
        )
    );
    let mut failure = Failure::new(Class::No, "ambiguous", "`x` names 2 items")
        .cause("why")
        .hint("do");
    failure.candidates.push(item("A-1", "open", "A"));
    let bytes = envelope::failure(&failure, None, &["old".to_owned()]);
    let line = String::from_utf8(bytes.expect("because it is JSON")).expect("because it is UTF-8");
    let head = concat!(
        r#"{"schema":"kanban/v1","cache":null,"generation":null,"head":null,"dirty":null,"#,
        r#""fresh":null,"age_ms":null,"warnings":["old"],"error":{"code":"ambiguous","#,
        r#""message":"`x` names 2 items: why","path":null,"hint":"do","candidates":[{"path":"#,
    );
    assert!(line.starts_with(head), "{line}");
}

#[test]
fn envelopes_keep_the_contract() {
    let schema = serde_json::from_str(include_str!("../../schema/answers.schema.json"));
    let schema: serde_json::Value = schema.expect("because the schema is JSON");
    let contract = jsonschema::validator_for(&schema).expect("because the schema is one");
    let view = ListView {
        items: vec![item("A-1", "open", "A")],
        total: 1,
    };
    let mut failure = Failure::new(Class::No, "ambiguous", "`x` names 2 items");
    failure.candidates = view.items.clone();
    let plain = Failure::new(Class::Environment, "no-repository", "none")
        .path("/x")
        .hint("do");
    for bytes in [
        envelope::answer(&view, Some(&fresh()), &["old".to_owned()]),
        envelope::failure(&failure, Some(&fresh()), &[]),
        envelope::failure(&plain, None, &[]),
    ] {
        let value = serde_json::from_slice(&bytes.expect("because it is JSON"));
        let value: serde_json::Value = value.expect("because it is JSON");
        let faults: Vec<String> = contract
            .iter_errors(&value)
            .map(|fault| fault.to_string())
            .collect();
        assert!(faults.is_empty(), "{faults:?} {value}");
    }
}

#[test]
fn failures_for_people() {
    let error = EngineError::environment("no-repository", "cannot find a repository")
        .path(std::path::Path::new("/x"))
        .cause("permission denied")
        .hint("`kanban doctor`");
    assert_eq!(
        Failure::from(error).render(Look::PIPE),
        "error: cannot find a repository: /x\n  caused by: permission denied\n\nhint: `kanban doctor`\n"
    );
    let text = "漢 stat:Done";
    let error = QueryError::UnknownField {
        field: "stat".to_owned(),
        near: vec!["state".to_owned()],
    };
    let failure = Failure::query(error, text);
    assert_eq!(failure.exit(), Exit::Usage);
    assert_eq!(
        failure.render(Look::PIPE),
        "error: no item has a field `stat`\n  漢 stat:Done\n     ^\n\nhint: did you mean `state`?\n"
    );
    let error = QueryError::Sql {
        code: "sql-syntax",
        message: "no such column: x".to_owned(),
        at: Some(10),
        hint: String::new(),
    };
    assert_eq!(
        Failure::query(error, "SELECT\n  x\nFROM items").render(Look::PIPE),
        "error: no such column: x\n    x\n     ^\n"
    );
}

#[test]
fn exit_codes_stay() {
    let codes = [Class::No, Class::Usage, Class::Environment, Class::Bug]
        .map(|class| Exit::from(class).number());
    assert_eq!(codes, [1, 2, 3, 70]);
    assert_eq!(Exit::Done.number(), 0);
}

#[test]
fn a_panic_is_a_failure() {
    let result: Result<(), Stop> = panics::catch(|| panic!("for a test"));
    let Err(Stop::Failed(failure)) = result else {
        panic!("{result:?}");
    };
    assert_eq!(failure.exit(), Exit::Bug);
}

#[test]
fn short_work_shows_no_progress() {
    let mut pace = Pace::default();
    pace.begin(Step::Scan);
    assert_eq!(pace.due(Duration::from_millis(10)), None);
    pace.begin(Step::Project { total: 9 });
    assert_eq!(pace.due(Duration::from_millis(299)), None);
    assert_eq!(
        pace.due(Duration::from_millis(300)),
        Some(Step::Project { total: 9 })
    );
    assert_eq!(pace.due(Duration::from_millis(400)), None);
    pace.begin(Step::Wait);
    assert_eq!(pace.due(Duration::ZERO), Some(Step::Wait));
    assert_eq!(words(Step::Project { total: 1234 }), "reading 1,234 files");
}

#[test]
fn who_waits_for_an_answer_gets_no_lines_in_a_pipe() {
    let mut printer = settle::printer(false, false, When::Never);
    let terminal = Look {
        width: Some(80),
        ..Look::PIPE
    };
    for (err, json, elsewhere, silent) in [
        (Look::PIPE, false, Elsewhere::Lines, false),
        (Look::PIPE, true, Elsewhere::Lines, true),
        (Look::PIPE, false, Elsewhere::Nothing, true),
        (terminal, false, Elsewhere::Nothing, false),
        (terminal, true, Elsewhere::Nothing, false),
    ] {
        (printer.err, printer.json) = (err, json);
        let reporter = Reporter::new(printer, elsewhere);
        assert_eq!(reporter.is_silent(), silent, "{err:?} {json} {elsewhere:?}");
    }
}

#[test]
fn locales() {
    for locale in [None, Some("de_DE.UTF-8"), Some("C.utf8")] {
        assert!(settle::speaks_utf8(locale), "{locale:?}");
    }
    for locale in ["C", "POSIX", "de_DE.ISO-8859-1"] {
        assert_eq!(settle::speaks_utf8(Some(locale)), cfg!(windows), "{locale}");
    }
}

#[test]
fn a_glimpse_sees_what_clap_may_not() {
    let glimpse =
        |words: &[&str]| argv::glimpse(&words.iter().map(OsString::from).collect::<Vec<_>>());
    assert!(glimpse(&["kanban", "--bogus", "--json"]).json);
    assert!(!glimpse(&["kanban", "list", "--", "--json"]).json);
    assert_eq!(
        glimpse(&["kanban", "--color", "never"]).color.as_deref(),
        Some("never")
    );
    assert_eq!(
        glimpse(&["kanban", "--color=always"]).color.as_deref(),
        Some("always")
    );
}

#[test]
fn manual_pages_have_their_sections() {
    let mut root = Args::command().disable_help_subcommand(true);
    root.build();
    for command in crate::cli::cmd::man::all(&root) {
        let (name, page) = crate::cli::cmd::man::page(command).expect("because memory takes all");
        let page = String::from_utf8(page).expect("because help is UTF-8");
        assert!(name.starts_with("kanban"), "{name}");
        for section in ["NAME", "SYNOPSIS", "OPTIONS", "EXAMPLES"] {
            assert!(
                page.contains(&format!(".SH {section}")),
                "{name}: {section}\n{page}"
            );
        }
    }
}

#[test]
fn every_step_has_a_bar() {
    let bar = indicatif::ProgressBar::hidden();
    let steps = [
        Step::Wait,
        Step::Scan,
        Step::Project { total: 5 },
        Step::Resolve,
        Step::Finish,
    ];
    for step in steps {
        prepare(&bar, step);
        assert!(!bar.message().is_empty(), "{step:?}");
    }
    // Nothing of nothing is no progress.
    prepare(&bar, Step::Project { total: 0 });
    assert_eq!(bar.message(), "reading 0 files");
}

#[test]
fn a_reader_that_went_away_is_told_from_a_full_disk() {
    let result = |kind: std::io::ErrorKind| print::finish(Err(kind.into()));
    assert_eq!(result(std::io::ErrorKind::BrokenPipe), Err(Stop::Pipe));
    let Err(Stop::Failed(failure)) = result(std::io::ErrorKind::StorageFull) else {
        panic!("a full disk is a failure");
    };
    assert_eq!(failure.exit(), Exit::Environment);
}

#[test]
fn figures_are_for_this_machine_unless_the_address_says_otherwise() {
    use clap::Parser;
    let address = |text: &str| {
        let args = Args::try_parse_from(["kanban", "watch", "--metrics", text]).ok()?;
        let Command::Watch(watch) = args.command else {
            panic!("it is `watch`");
        };
        Some(watch.metrics?.to_string())
    };
    for (text, meant) in [
        ("9464", Some("127.0.0.1:9464")),
        (":9464", Some("127.0.0.1:9464")),
        ("localhost:9464", Some("127.0.0.1:9464")),
        ("[::1]:9464", Some("[::1]:9464")),
        ("0.0.0.0:9464", Some("0.0.0.0:9464")),
        ("example.org:9464", None),
        ("99999", None),
        ("", None),
    ] {
        assert_eq!(address(text).as_deref(), meant, "{text}");
    }
}
