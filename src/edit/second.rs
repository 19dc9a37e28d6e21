//! A second opinion on what was written: another parser reads the block before and after.
//! Gets only blocks that it reads in time: libyaml is quadratic in size and nesting.
//! Never: decides alone; where it cannot read the block before, it reads the entry alone, and where
//! it cannot read that either before or after, it has no opinion.

use serde_json::Value as Json;
use serde_yaml::Value as Yaml;

use crate::edit::page::Page;
use crate::edit::plan::{After, Plan};
use crate::edit::words;

const SIZE: usize = 64 << 10;
const DEPTH: usize = 32;

/// What the second YAML parser has to say.
pub(crate) fn yaml(page: &Page<'_>, after: &Page<'_>, plan: &Plan<'_>) -> Result<(), String> {
    let before = read(&page.text[page.block.clone()]);
    let Some(before) = before else {
        return alone(page, after, plan);
    };
    let now = read(&after.text[after.block.clone()])
        .ok_or("another YAML reader would not read the frontmatter any more")?;
    let (mut before, mut now) = (before, now);
    let old = take(&mut before, &plan.path);
    let new = match &plan.after {
        After::Named(to) => {
            let mut path = plan.path.clone();
            path.pop();
            path.push(to.clone());
            take(&mut now, &path)
        }
        After::Text(_) | After::Value(_) | After::Gone => take(&mut now, &plan.path),
    };
    if before != now {
        return Err("another YAML reader would see another value change with it".to_owned());
    }
    let agrees = match &plan.after {
        After::Text(text) => new.as_ref().and_then(Yaml::as_str) == Some(text),
        After::Value(value) => new.is_some_and(|new| agrees(value, &new)),
        After::Gone => new.is_none(),
        After::Named(_) => new == old,
    };
    if agrees {
        Ok(())
    } else {
        Err("another YAML reader would read it differently".to_owned())
    }
}

/// The entry alone, where the rest of the block is not for this parser.
fn alone(page: &Page<'_>, after: &Page<'_>, plan: &Plan<'_>) -> Result<(), String> {
    let lines = |page: &Page<'_>| {
        let index = page
            .entries
            .iter()
            .position(|entry| Some(entry.key.as_ref()) == plan.path.first().map(String::as_str))?;
        let first = page.entries[index].line;
        let last = page.entries.get(index + 1).map(|next| next.line);
        let mut text = String::new();
        let start = page.line(page.block.start);
        for (line, content) in (start..).zip(page.text[page.block.clone()].split_inclusive('\n')) {
            if line >= first && last.is_none_or(|last| line < last) {
                text.push_str(content);
            }
        }
        Some(text)
    };
    let expected = match &plan.after {
        After::Text(text) => &Json::String(text.clone()),
        After::Value(value) => value,
        After::Gone | After::Named(_) => return Ok(()),
    };
    let Some(now) = lines(after).and_then(|lines| read(&lines)) else {
        // Parts of the entry that stay may be what it cannot read.
        let unreadable = lines(page).is_some_and(|lines| read(&lines).is_none());
        return if unreadable && (plan.path.len() > 1 || expected.is_array())
            || after.block.len() > SIZE
        {
            Ok(())
        } else {
            Err("another YAML reader would not read the entry".to_owned())
        };
    };
    let mut now = now;
    match take(&mut now, &plan.path) {
        Some(new) if agrees(expected, &new) => Ok(()),
        _ => Err("another YAML reader would read it differently".to_owned()),
    }
}

fn read(block: &str) -> Option<Yaml> {
    if block.len() > SIZE || nests_deeply(block) {
        return None;
    }
    if block.trim().is_empty() {
        return Some(Yaml::Mapping(serde_yaml::Mapping::new()));
    }
    match serde_yaml::from_str(block).ok()? {
        Yaml::Null => Some(Yaml::Mapping(serde_yaml::Mapping::new())),
        value => Some(value),
    }
}

/// Counts brackets wherever they stand: too many in a text are no harm but a missing opinion.
fn nests_deeply(block: &str) -> bool {
    let mut depth: usize = 0;
    block.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEPTH
    })
}

/// Takes the value at a path out.
fn take(value: &mut Yaml, path: &[String]) -> Option<Yaml> {
    let [key, rest @ ..] = path else {
        return None;
    };
    let map = value.as_mapping_mut()?;
    let found = map.keys().find(|candidate| is_key(candidate, key))?.clone();
    if rest.is_empty() {
        map.shift_remove(&found)
    } else {
        take(map.get_mut(&found)?, rest)
    }
}

fn is_key(candidate: &Yaml, key: &str) -> bool {
    match candidate {
        Yaml::String(text) => text == key,
        Yaml::Number(number) => number.to_string() == key,
        Yaml::Bool(truth) => truth.to_string() == key,
        Yaml::Null => matches!(key, "" | "~" | "null"),
        Yaml::Sequence(_) | Yaml::Mapping(_) | Yaml::Tagged(_) => false,
    }
}

/// True where both readers see the same; ours keeps the text of numbers and dates.
fn agrees(ours: &Json, theirs: &Yaml) -> bool {
    match (ours, theirs) {
        (ours, Yaml::Tagged(tagged)) => agrees(ours, &tagged.value),
        (Json::Null, Yaml::Null) => true,
        (Json::Bool(ours), Yaml::Bool(theirs)) => ours == theirs,
        (Json::Number(ours), Yaml::Number(theirs)) => ours.as_i64() == theirs.as_i64(),
        (Json::String(ours), Yaml::String(theirs)) => ours == theirs,
        (Json::String(ours), Yaml::Number(_) | Yaml::Bool(_)) => words::is_typed(ours),
        (Json::Array(ours), Yaml::Sequence(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(ours, theirs)| agrees(ours, theirs))
        }
        (Json::Object(ours), Yaml::Mapping(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, ours)| {
                    theirs
                        .iter()
                        .any(|(name, theirs)| is_key(name, key) && agrees(ours, theirs))
                })
        }
        _ => false,
    }
}

/// What the second TOML parser has to say.
pub(crate) fn toml(after: &Page<'_>, _plan: &Plan<'_>) -> Result<(), String> {
    let block = &after.text[after.block.clone()];
    match block.parse::<toml_edit::DocumentMut>() {
        Ok(_) => Ok(()),
        Err(error) => Err(error.message().to_owned()),
    }
}
