//! Paths as text: relative to a root, parts between `/`, the root itself is `""`.
//! Gets what is in an answer, a store or a link. Gives its parts, and paths put together from parts.
//! Never: looks at the disk, or knows of other separators.

use std::borrow::Cow;

/// Folder and name.
pub(crate) fn split(path: &str) -> (&str, &str) {
    match memchr::memrchr(b'/', path.as_bytes()) {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => ("", path),
    }
}

pub(crate) fn folder_of(path: &str) -> &str {
    split(path).0
}

pub(crate) fn name_of(path: &str) -> &str {
    split(path).1
}

/// The name without its last ending; a dot in front begins none.
pub(crate) fn stem_of(path: &str) -> &str {
    name_of(without_ending(path))
}

/// The path without the last ending of its name.
pub(crate) fn without_ending(path: &str) -> &str {
    match name_of(path).rfind('.') {
        Some(dot) if dot > 0 => &path[..path.len() - name_of(path).len() + dot],
        _ => path,
    }
}

/// A path in a folder; either may be empty.
pub(crate) fn joined(folder: &str, inner: &str) -> String {
    match (folder, inner) {
        ("", inner) => inner.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, inner) => format!("{folder}/{inner}"),
    }
}

/// The path as seen from a folder that holds it, or is it.
pub(crate) fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    match path.strip_prefix(folder)? {
        rest if folder.is_empty() || rest.is_empty() => Some(rest),
        rest => rest.strip_prefix('/'),
    }
}

/// Whether the folder holds the path, or is it.
pub(crate) fn holds(folder: &str, path: &str) -> bool {
    below(folder, path).is_some()
}

/// The way from a folder to a file.
pub(crate) fn relative(folder: &str, path: &str) -> String {
    let (there, name) = split(path);
    let mut here = parts(folder).peekable();
    let mut there = parts(there).peekable();
    while here.peek().is_some() && here.peek() == there.peek() {
        here.next();
        there.next();
    }
    let mut way = "../".repeat(here.count());
    for part in there {
        way.push_str(part);
        way.push('/');
    }
    way + name
}

/// Where a way leads from a folder; nothing where it leaves the root. A `/` in front says nothing.
pub(crate) fn resolved(folder: &str, way: &str) -> Option<String> {
    let mut path = String::new();
    resolve_into(&mut path, folder, way).then_some(path)
}

/// The same, into a text that is used again and again; false where the way leaves the root.
pub(crate) fn resolve_into(path: &mut String, folder: &str, way: &str) -> bool {
    path.clear();
    path.push_str(folder);
    for part in parts(way) {
        match part {
            "." => {}
            ".." if path.is_empty() => return false,
            ".." => path.truncate(folder_of(path).len()),
            part => {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(part);
            }
        }
    }
    true
}

/// A path in a link, without `%20` and its like; text that is no valid encoding stays as it is.
pub(crate) fn decoded(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, behind @ ..] = rest {
        let digit = |at: usize| char::from(*behind.get(at)?).to_digit(16);
        let code = digit(0).zip(digit(1)).map(|(high, low)| high * 16 + low);
        match code.and_then(|code| u8::try_from(code).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(path), Cow::Owned)
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests;
