//! Links by path and file name, and what they are to say when the file has another path.
//! Gets links as they are written, and paths from the root. Gives other words for them.
//! Never: reads a file.

use crate::stores::sqlite::Pointer;

/// What the link is to say; none where it says the same as before, as an id does.
pub(super) fn new_target(pointer: &Pointer, path: &str, target: &str) -> Option<String> {
    let written = pointer.target.as_str();
    let (old_name, new_name) = (name_of(path), name_of(target));
    let (old_stem, new_stem) = (stem_of(old_name), stem_of(new_name));
    if written.eq_ignore_ascii_case(old_stem) {
        return (old_stem != new_stem).then(|| new_stem.to_owned());
    }
    if !written.contains('/') && written == old_name && folder_of(&pointer.file) != folder_of(path)
    {
        return (old_name != new_name).then(|| new_name.to_owned());
    }
    let from = folder_of(&pointer.file);
    let without = |text: &str| match text.rsplit_once('.') {
        Some((stem, _)) if !stem.ends_with('/') => stem.to_owned(),
        _ => text.to_owned(),
    };
    let bare = written.trim_start_matches('/');
    for (old, new) in [
        (path.to_owned(), target.to_owned()),
        (without(path), without(target)),
    ] {
        if normal(from, written).is_some_and(|there| there == old) {
            let mut way = relative(from, &new);
            if written.starts_with("./") && !way.starts_with("../") {
                way.insert_str(0, "./");
            }
            return Some(way);
        }
        if bare == old {
            let slash = &written[..written.len() - bare.len()];
            return Some(format!("{slash}{new}"));
        }
    }
    None
}

/// The bytes with another target of a link in one line (from 1); none where it does not stand there as
/// it is read.
pub(super) fn retargeted(bytes: &[u8], line: u32, old: &str, new: &str) -> Option<Vec<u8>> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let mut start = 0;
    for _ in 0..index {
        start += memchr::memchr(b'\n', &bytes[start..])? + 1;
    }
    let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
    let text = str::from_utf8(&bytes[start..end]).ok()?;
    let spelled = [
        (old.to_owned(), new.to_owned()),
        (old.replace(' ', "%20"), new.replace(' ', "%20")),
    ];
    for (old, new) in spelled {
        // A target in parentheses ends at a blank.
        let is_bare = text.contains(&format!("]({old}"));
        let new = if is_bare {
            new.replace(' ', "%20")
        } else {
            new
        };
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut found = false;
        while let Some(at) = rest.find(&old) {
            let (before, behind) = rest.split_at(at);
            let behind = &behind[old.len()..];
            let opens = before.chars().next_back().or(out.chars().next_back());
            let opens = opens.is_none_or(|c| " \t[(<\"'".contains(c));
            let closes = behind.chars().next();
            let closes = closes.is_none_or(|c| " \t\r])>\"'|#,".contains(c));
            out.push_str(before);
            if opens && closes {
                found = true;
                out.push_str(&new);
            } else {
                out.push_str(&old);
            }
            rest = behind;
        }
        out.push_str(rest);
        if found {
            return Some([&bytes[..start], out.as_bytes(), &bytes[end..]].concat());
        }
    }
    None
}

pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn stem_of(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

pub(super) fn split_heading(target: &str) -> (&str, &str) {
    target
        .find('#')
        .map_or((target, ""), |at| target.split_at(at))
}

/// A relative path from a folder, from the root; none where it leaves the root or has a scheme.
pub(super) fn normal(folder: &str, way: &str) -> Option<String> {
    if way.is_empty() || way.starts_with('/') || way.contains("://") {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in way.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The path of a file from a folder; both are from the root.
pub(super) fn relative(folder: &str, path: &str) -> String {
    let here: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let there: Vec<&str> = path.split('/').collect();
    let common = here
        .iter()
        .zip(&there[..there.len() - 1])
        .take_while(|(a, b)| a == b)
        .count();
    let ups = "../".repeat(here.len() - common);
    format!("{ups}{}", there[common..].join("/"))
}
