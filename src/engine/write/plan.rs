//! Intents, as the convention of an item writes them.
//! Gets a draft. Gives it changed, or the reason why not. Never: touches a file.

use crate::base::path;
use crate::engine::error::EngineError;
use crate::engine::write::draft::{Draft, Ground, decoded};
use crate::engine::write::{Task, mended, no};
use crate::model::document::{Document, Node, Value};
use crate::model::edit::{KeyPath, Op, Refused, Wanted};
use crate::model::intent::{Act, Assignment, Intent, Other, Which};
use crate::parse::{self, Source};
use crate::presets::{Around, Convention, Form, Home, LinkTo, Saying};

/// Carries out the intents of a task one after the other, each on what the one before made.
pub(super) fn carry_out(
    ground: &Ground<'_>,
    draft: &mut Draft,
    task: &Task,
    keep_updated: bool,
) -> Result<(), EngineError> {
    let path = task.path.as_str();
    let fail = |refusal: Refused| no(path, &refusal);
    let convention = ground
        .convention(path)
        .expect("because only known items are planned");
    let mut says_when = false;
    let mut touches = false;
    for intent in &task.intents {
        match intent {
            Intent::Assign(assignments) => {
                for assignment in assignments {
                    says_when |= assignment.field.eq_ignore_ascii_case("updated");
                    assign(ground, draft, convention, assignment)?;
                }
            }
            Intent::Link { rel, others, add } => {
                link(ground, draft, convention, rel, others, *add)?;
            }
            Intent::Log {
                author,
                model,
                text,
            } => {
                let saying = Saying {
                    now_ns: ground.now_ns,
                    author,
                    model: model.as_deref(),
                    text,
                };
                let op = with_text(draft, |text| convention.log(text, saying))
                    .map_err(fail)?
                    .op;
                draft.edit_text(&[op])?;
            }
            Intent::Tick { checks, done } => {
                let ops = with_text(draft, |text| ticks(text, checks, *done)).map_err(fail)?;
                draft.edit_text(&ops)?;
            }
            Intent::Section { title, change } => {
                let op = Op::Section {
                    title: title.clone(),
                    change: change.clone(),
                };
                draft.edit_text(&[op])?;
            }
            Intent::Rename { from, to } => rename(draft, convention, from, to)?,
            Intent::Mend => mended::mend(ground, draft, convention)?,
            Intent::Touch => touches = true,
        }
    }
    if keep_updated || says_when || (draft.is_unchanged() && !touches) {
        return Ok(());
    }
    let touched = with_both(draft, |own, text| {
        convention.touch(own, text, ground.now_ns)
    });
    if let Some((key, value)) = touched {
        draft.edit(&[Op::Set { key, value }])?;
    }
    Ok(())
}

/// Runs a question on the document with the body.
fn with_text<T>(draft: &Draft, ask: impl FnOnce(&Document<'_>) -> T) -> T {
    with_both(draft, |_, text| ask(text))
}

/// Runs a question on the documents with the frontmatter and the body, as the draft has them now.
pub(super) fn with_both<T>(
    draft: &Draft,
    ask: impl FnOnce(&Document<'_>, &Document<'_>) -> T,
) -> T {
    let own = decoded(&draft.own.now);
    let own = parse::parse(&own, draft.own.source);
    match &draft.companion {
        None => ask(&own, &own),
        Some(page) => {
            let text = decoded(&page.now);
            ask(&own, &parse::parse(&text, Source::Markdown))
        }
    }
}

/// What is to be done for a field: to the frontmatter, or to the body.
enum Step {
    Front(Vec<Op>),
    Text(Vec<Op>),
    Nothing,
}

pub(super) fn assign(
    ground: &Ground<'_>,
    draft: &mut Draft,
    convention: Convention<'_>,
    assignment: &Assignment,
) -> Result<(), EngineError> {
    let path = draft.own.path.clone();
    let step = with_both(draft, |own, text| {
        steps(ground, &path, convention, assignment, own, text)
    });
    match step.map_err(|refusal| no(&path, &refusal))? {
        Step::Front(ops) => draft.edit(&ops),
        Step::Text(ops) => draft.edit_text(&ops),
        Step::Nothing => Ok(()),
    }
}

/// The id that an assignment gives an item.
pub(super) fn new_id<'a>(
    convention: Convention<'_>,
    Assignment { field, act }: &'a Assignment,
) -> Option<&'a str> {
    match act {
        Act::Set(id) | Act::Typed(id) if convention.is_field(field, "id") => {
            Some(id.trim().trim_matches('"')).filter(|id| !id.is_empty())
        }
        Act::Set(_) | Act::Typed(_) | Act::Add(_) | Act::Remove(_) | Act::Unset => None,
    }
}

fn steps(
    ground: &Ground<'_>,
    path: &str,
    convention: Convention<'_>,
    assignment: &Assignment,
    own: &Document<'_>,
    text: &Document<'_>,
) -> Result<Step, Refused> {
    let Assignment { field, act } = assignment;
    let home = convention.home(field, own, text);
    let is = |name: &str| field.eq_ignore_ascii_case(name);
    let words = ground.words(path);
    let used = match words {
        Some(words) if is("state") => words.states.as_slice(),
        Some(words) if is("priority") => words.priorities.as_slice(),
        Some(words) if is("kind") => words.kinds.as_slice(),
        _ => &[],
    };
    let around = Around {
        used,
        now_ns: ground.now_ns,
    };
    let spell = |word: &str| convention.value(field, word, &home, own, around);
    let spell_all = |words: &[String]| {
        words
            .iter()
            .map(|word| spell(word))
            .collect::<Result<Vec<_>, _>>()
    };
    if let Some(id) = new_id(convention, assignment)
        && let Some(reason) = ground.why_taken(path, id)
    {
        let refusal = Refused::at("id-taken", 0, reason);
        return Err(refusal.hint("give it an id that nobody has"));
    }
    if let (Act::Set(word), true) = (act, is("state"))
        && let Some(from) = present(&home, own, text)
        && let Ok(Wanted::Text(to) | Wanted::Alike(to) | Wanted::Plain(to)) = spell(word)
    {
        convention.may_move(&from, &to).map_err(|allowed| {
            let reason = format!("an item does not go from `{from}` to `{to}`");
            let next = allowed.join(", ");
            Refused::at("transition", 0, reason).hint(match next.as_str() {
                "" => format!("nothing follows `{from}` in this convention"),
                next => format!("from `{from}` it goes to {next}"),
            })
        })?;
    }
    let (key, form) = match &home {
        Home::Key(key, form) => (key, *form),
        Home::Body(range) | Home::Heading(range) => {
            return in_body(field, act, range.clone(), text, spell);
        }
        Home::Section(title) => {
            let Act::Set(word) = act else {
                return Err(not_a_list(field));
            };
            let change = crate::model::edit::SectionChange::Append(scalar(spell(word)?));
            return Ok(Step::Text(vec![Op::Section {
                title: title.clone(),
                change,
            }]));
        }
        Home::Folder => {
            let reason = format!("the place or name of the file tells the {field}");
            return Err(Refused::at("told-by-path", 0, reason).hint("use `kanban mv`"));
        }
        Home::Nowhere => {
            let reason = format!("this convention has no {field}");
            return Err(Refused::at("no-such-field", 0, reason));
        }
    };
    // A word that means nothing stands for nothing already.
    if let Act::Set(word) = act
        && spell(word)? == Wanted::Null
        && present(&home, own, text).is_none_or(|there| convention.means_nothing(&there))
        && !matches!(
            node_at(own, key).map(|node| &node.value),
            Some(Value::List(_) | Value::Map(_) | Value::Bool(_))
        )
    {
        return Ok(Step::Nothing);
    }
    let key = key.clone();
    let ops = match act {
        Act::Unset => vec![Op::Unset { key }],
        Act::Typed(json) => vec![place(convention, key, typed(json)?)],
        // A list that is not there yet stands where the convention has it.
        Act::Add(words) if node_at(own, &key).is_none() && form == Form::List => {
            let mut values = spell_all(words)?;
            let mut seen = Vec::new();
            values.retain(|value| {
                !seen.contains(value) && {
                    seen.push(value.clone());
                    true
                }
            });
            vec![place(convention, key, Wanted::List(values))]
        }
        Act::Add(words) => vec![Op::Add {
            key,
            values: spell_all(words)?,
        }],
        Act::Remove(words) => vec![Op::Remove {
            key,
            values: words.clone(),
        }],
        Act::Set(word) if form == Form::List => {
            let parts = word
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty());
            let values = parts.map(spell).collect::<Result<_, _>>()?;
            vec![place(convention, key, Wanted::List(values))]
        }
        Act::Set(word) => vec![place(convention, key, spell(word)?)],
    };
    Ok(if ops.is_empty() {
        Step::Nothing
    } else {
        Step::Front(ops)
    })
}

/// Gives a key of the frontmatter another name, in the map in which it stands.
fn rename(
    draft: &mut Draft,
    convention: Convention<'_>,
    from: &str,
    to: &str,
) -> Result<(), EngineError> {
    let path = draft.own.path.clone();
    let found = |name: &str| with_both(draft, |own, _| convention.key_at(name, own));
    // Where it is not there, it may be done already.
    let key = match (found(from), found(to)) {
        (None, Some(_)) => return Ok(()),
        (key, _) => key.unwrap_or_else(|| KeyPath::dotted(from)),
    };
    let maps = &key.0[..key.0.len() - 1];
    let outer: String = maps.iter().map(|map| format!("{map}.")).collect();
    let name = to.strip_prefix(&outer).filter(|name| !name.is_empty());
    let Some(name) = name else {
        let reason = format!("`{key}` stays in its map");
        let refusal = Refused::at("other-map", 0, reason);
        return Err(no(&path, &refusal.hint(format!("name it `{outer}{to}`"))));
    };
    let to = name.to_owned();
    draft.edit(&[Op::Rename { key, to }])
}

/// A value of a new item, where its template has the key, or `always`.
pub(super) fn initial(
    draft: &Draft,
    convention: Convention<'_>,
    field: &str,
    value: Wanted,
    always: bool,
) -> Option<Op> {
    with_both(draft, |own, _| {
        let key = convention.key_for(field, own)?;
        let is_there = node_at(own, &key).is_some();
        (always || is_there).then(|| place(convention, key, value))
    })
}

/// A key that is not there yet stands where the convention has it.
fn place(convention: Convention<'_>, key: KeyPath, value: Wanted) -> Op {
    Op::Place {
        key,
        value,
        order: convention.order().to_vec(),
    }
}

fn in_body(
    field: &str,
    act: &Act,
    range: std::ops::Range<usize>,
    text: &Document<'_>,
    spell: impl Fn(&str) -> Result<Wanted, Refused>,
) -> Result<Step, Refused> {
    let Act::Set(word) = act else {
        return Err(not_a_list(field));
    };
    let word = scalar(spell(word)?);
    if word.is_empty() || word.contains(['\n', '\r']) {
        let reason = format!("the {field} stands in the text, on one line");
        return Err(Refused::at("not-one-line", 0, reason));
    }
    if text.body.get(range.clone()) == Some(word.as_str()) {
        return Ok(Step::Nothing);
    }
    Ok(Step::Text(vec![Op::Replace { range, text: word }]))
}

fn not_a_list(field: &str) -> Refused {
    let reason = format!("the {field} stands in the text: it can only be set");
    Refused::at("not-a-list", 0, reason)
}

/// The text of a single value.
fn scalar(value: Wanted) -> String {
    match value {
        Wanted::Text(text) | Wanted::Alike(text) | Wanted::Plain(text) => text,
        Wanted::Null | Wanted::List(_) | Wanted::Map(_) => String::new(),
    }
}

/// What stands there now, as text.
fn present(home: &Home, own: &Document<'_>, text: &Document<'_>) -> Option<String> {
    match home {
        Home::Key(key, _) => match &node_at(own, key)?.value {
            Value::Text(text) => Some(text.clone().into_owned()),
            Value::Int(number) => Some(number.to_string()),
            Value::Bool(_) | Value::Null | Value::List(_) | Value::Map(_) => None,
        },
        Home::Body(range) => text.body.get(range.clone()).map(str::to_owned),
        Home::Section(_) | Home::Heading(_) | Home::Folder | Home::Nowhere => None,
    }
}

fn node_at<'n, 'd>(document: &'n Document<'d>, key: &KeyPath) -> Option<&'n Node<'d>> {
    let mut entries = &document.frontmatter;
    let (last, maps) = key.0.split_last()?;
    for name in maps {
        let entry = entries.iter().find(|entry| entry.key == **name)?;
        let Value::Map(map) = &entry.node.value else {
            return None;
        };
        entries = map;
    }
    let entry = entries.iter().find(|entry| entry.key == **last)?;
    Some(&entry.node)
}

/// A JSON value as it is to be written.
fn typed(json: &str) -> Result<Wanted, Refused> {
    let value: serde_json::Value = serde_json::from_str(json).map_err(|error| {
        Refused::at("not-json", 0, format!("`{json}` is no JSON: {error}"))
            .hint("`field:=value` takes JSON, such as `5`, `true`, `[\"a\", \"b\"]`; `field=value` takes text")
    })?;
    Ok(wanted(value))
}

fn wanted(value: serde_json::Value) -> Wanted {
    use serde_json::Value as Json;
    match value {
        Json::Null => Wanted::Null,
        Json::Bool(truth) => Wanted::Plain(truth.to_string()),
        Json::Number(number) => Wanted::Plain(number.to_string()),
        Json::String(text) => Wanted::Text(text),
        Json::Array(items) => Wanted::List(items.into_iter().map(wanted).collect()),
        Json::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| (key, wanted(value)));
            Wanted::Map(entries.collect())
        }
    }
}

fn link(
    ground: &Ground<'_>,
    draft: &mut Draft,
    convention: Convention<'_>,
    rel: &str,
    others: &[Other],
    add: bool,
) -> Result<(), EngineError> {
    let path = draft.own.path.clone();
    let home = match convention.preset.has_rel(rel) {
        true => with_both(draft, |own, text| convention.home(rel, own, text)),
        // A word that is no relation would be a key of the frontmatter.
        false => Home::Nowhere,
    };
    let Home::Key(key, form) = home else {
        let reason = format!("this convention has no links `{rel}`");
        let refusal = Refused::at("no-such-relation", 0, reason);
        let rels: Vec<&str> = convention.preset.rels().into_iter().collect();
        return Err(no(
            &path,
            &match rels.as_slice() {
                [] => refusal,
                rels => refusal.hint(format!("it has {}", rels.join(", "))),
            },
        ));
    };
    let written = |other: &Other| {
        if other.path.is_empty() {
            return other.written.clone();
        }
        let to = LinkTo {
            id: other.id.as_deref(),
            path: &other.path,
            shares_stem: ground.shares_stem(&other.path),
        };
        convention.link_text(&path, to)
    };
    let op = match (add, form) {
        (true, Form::List) => {
            // One link by another of the item's names is one link.
            let there = targets(draft, rel);
            let new = others.iter().filter(|other| !names_one(other, &there));
            let values: Vec<Wanted> = new.map(|other| Wanted::Text(written(other))).collect();
            if values.is_empty() {
                return Ok(());
            }
            Op::Add { key, values }
        }
        (true, Form::One) => match others {
            [other] => place(convention, key, Wanted::Alike(written(other))),
            _ => {
                let refusal = Refused::at("not-a-list", 0, format!("`{rel}` holds one link"));
                return Err(no(&path, &refusal));
            }
        },
        (false, _) => {
            let raw = raw_targets(draft, &key);
            let values: Vec<String> = raw
                .into_iter()
                .filter(|raw| {
                    let clean = clean(raw);
                    others.iter().any(|other| {
                        names_one(other, std::slice::from_ref(&clean)) || written(other) == *raw
                    })
                })
                .collect();
            if values.is_empty() {
                return Ok(());
            }
            Op::Remove { key, values }
        }
    };
    draft.edit(&[op])
}

/// The targets of a relation, as the convention reads them.
fn targets(draft: &Draft, rel: &str) -> Vec<String> {
    let links = draft.before().links.iter();
    let links = links.filter(|link| &*link.rel == rel);
    links.map(|link| link.target.clone()).collect()
}

/// The texts under a key, one or several.
fn raw_targets(draft: &Draft, key: &KeyPath) -> Vec<String> {
    with_both(draft, |own, _| {
        let texts = |node: &Node<'_>| match &node.value {
            Value::Text(text) => Some(text.clone().into_owned()),
            Value::Int(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => None,
        };
        match node_at(own, key) {
            Some(Node {
                value: Value::List(items),
                ..
            }) => items.iter().filter_map(texts).collect(),
            Some(node) => texts(node).into_iter().collect(),
            None => Vec::new(),
        }
    })
}

/// A target without brackets, label and heading.
fn clean(raw: &str) -> String {
    let inner = raw.trim().trim_start_matches("[[").trim_end_matches("]]");
    let inner = inner.split(['|', '#']).next().unwrap_or_default();
    inner.trim().to_owned()
}

/// Whether one of the targets is a name of the item.
fn names_one(other: &Other, targets: &[String]) -> bool {
    let stem = path::stem_of(&other.path);
    targets.iter().any(|target| {
        let is = |name: &str| !name.is_empty() && target.eq_ignore_ascii_case(name);
        is(&other.written)
            || is(&other.path)
            || is(stem)
            || other.id.as_deref().is_some_and(|id| {
                // `ID@019b8f52` names the id and the beginning of the uid.
                is(id)
                    || target
                        .split('@')
                        .next()
                        .is_some_and(|head| head.eq_ignore_ascii_case(id))
            })
    })
}

/// The operations for lines of checklists.
fn ticks(text: &Document<'_>, checks: &[Which], done: bool) -> Result<Vec<Op>, Refused> {
    let lines: Vec<&str> = text
        .checks
        .iter()
        .map(|check| {
            text.body
                .get(check.range.clone())
                .unwrap_or_default()
                .trim()
        })
        .collect();
    let mut found = Vec::new();
    for which in checks {
        match which {
            Which::All => found.extend(0..lines.len()),
            Which::Number(number) => match number.checked_sub(1).filter(|at| *at < lines.len()) {
                Some(at) => found.push(at),
                None => {
                    return Err(no_check(
                        &format!("there is no checklist line {number}"),
                        &lines,
                    ));
                }
            },
            Which::Text(part) => {
                let folded = part.to_lowercase();
                let exact = lines.iter().position(|line| line.to_lowercase() == folded);
                let with: Vec<usize> = (0..lines.len())
                    .filter(|at| lines[*at].to_lowercase().contains(&folded))
                    .collect();
                match (exact, with.as_slice()) {
                    (Some(at), _) | (None, &[at]) => found.push(at),
                    (None, []) => {
                        return Err(no_check(
                            &format!("no checklist line has the text `{part}`"),
                            &lines,
                        ));
                    }
                    (None, _) => {
                        let lines: Vec<&str> = with.iter().map(|at| lines[*at]).collect();
                        let reason =
                            format!("{} checklist lines have the text `{part}`", lines.len());
                        return Err(Refused::at("ambiguous-check", 0, reason)
                            .hint("give the number of the line, as `kanban show` counts them"));
                    }
                }
            }
        }
    }
    Ok(found
        .into_iter()
        .map(|check| Op::Tick { check, done })
        .collect())
}

fn no_check(reason: &str, lines: &[&str]) -> Refused {
    let hint = match lines.len() {
        0 => "the item has no checklist".to_owned(),
        1 => format!("the only line is `{}`", lines[0]),
        many => format!("its checklist has {many} lines"),
    };
    Refused::at("no-such-check", 0, reason).hint(hint)
}
