//! Which item a link's target names.
//!
//! Within a class of names (path, id, alias, uid, file stem) an item of the link's own space is
//! preferred; where several are left, the link is ambiguous and leads to none of them silently.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::base::{hash, path};
use crate::model::document::Origin;
use crate::projection::graph::{Node, Space};

/// What a target turned out to name; nodes are numbered from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Item(u32),
    /// A file that is no item, or something that does not claim to be an item.
    Elsewhere,
    /// The first few of them, and how many there are.
    Several(Vec<u32>, usize),
    Nothing,
}

/// One name, nearly always of one item.
pub(super) enum Holders {
    One(u32),
    Many(Vec<u32>),
}

impl Holders {
    pub(super) fn as_slice(&self) -> &[u32] {
        match self {
            Self::One(node) => std::slice::from_ref(node),
            Self::Many(nodes) => nodes,
        }
    }
}

pub(super) type Class<'a> = HashMap<Cow<'a, str>, Holders>;

/// All names of all items.
pub(super) struct Names<'a> {
    nodes: &'a [Node],
    spaces: &'a [Space],
    paths: HashMap<&'a str, u32>,
    pub ids: Class<'a>,
    pub uids: Class<'a>,
    aliases: Class<'a>,
    stems: Class<'a>,
}

/// What is known of the files that are no items.
pub(crate) struct Others<'a> {
    /// Candidate files that were scanned and are no items.
    pub files: HashSet<&'a str>,
    /// The only folders that were scanned; all where empty.
    pub roots: Vec<&'a str>,
}

impl Others<'_> {
    fn is_scanned(&self, path: &str) -> bool {
        self.roots.is_empty()
            || self.roots.iter().any(|root| {
                root.is_empty()
                    || path
                        .strip_prefix(root)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }
}

/// Shorter beginnings of a uid name nothing, as in REF.
const UID_PREFIX: usize = 4;

const MARKDOWN: [&str; 3] = [".md", ".markdown", ".mdx"];

impl<'a> Names<'a> {
    pub(super) fn new(nodes: &'a [Node], spaces: &'a [Space]) -> Self {
        let mut names = Self {
            nodes,
            spaces,
            paths: HashMap::with_capacity(nodes.len()),
            ids: HashMap::with_capacity(nodes.len()),
            uids: HashMap::new(),
            aliases: HashMap::new(),
            stems: HashMap::with_capacity(nodes.len()),
        };
        for (number, node) in (0u32..).zip(nodes) {
            names.paths.insert(&node.path, number);
            if let Some(companion) = &node.companion {
                names.paths.insert(companion, number);
            }
            if let Some(id) = &node.id {
                insert(&mut names.ids, fold(id), number);
            }
            if let Some(uid) = &node.uid {
                insert(&mut names.uids, fold(uid), number);
            }
            for alias in &node.aliases {
                insert(&mut names.aliases, fold(alias), number);
            }
            insert(
                &mut names.stems,
                fold(without_markdown_ending(path::name_of(&node.path))),
                number,
            );
        }
        names
    }

    /// Finds what `target`, written in an item, names.
    pub(super) fn lookup(
        &self,
        from: &Node,
        target: &str,
        origin: Origin,
        companion: bool,
        others: &Others<'_>,
        scratch: &mut String,
    ) -> Outcome {
        let Some(decoded) = cleaned(target, origin) else {
            return Outcome::Elsewhere;
        };
        let target: &str = &decoded;
        let file = match &from.companion {
            Some(path) if companion => path,
            _ => &from.path,
        };
        let looks_like_path = target.contains('/') || has_markdown_ending(target);
        if origin == Origin::Markdown || looks_like_path {
            match self.by_path(from, file, target, others, scratch) {
                Outcome::Nothing => {}
                found => return found,
            }
        }
        let folded = fold(target);
        for class in [&self.ids, &self.aliases, &self.uids] {
            if let Some(holders) = class.get(&*folded) {
                return self.choose(from, file, holders.as_slice());
            }
        }
        // `KABSD-TSK-0060@019b8f52`: an id, made sure by the beginning of the uid.
        if let Some((id, uid)) = folded.split_once('@')
            && uid.len() >= UID_PREFIX
        {
            let is_meant = |holder: &u32| {
                let held = self.nodes[*holder as usize].uid.as_deref();
                held.is_some_and(|held| fold(held).starts_with(uid))
            };
            let mut is_name = false;
            // The id may be one that the item had before.
            for class in [&self.ids, &self.aliases] {
                let holders = class.get(id).map_or(&[][..], Holders::as_slice);
                is_name |= !holders.is_empty();
                let meant: Vec<u32> = holders.iter().copied().filter(is_meant).collect();
                if !meant.is_empty() {
                    return self.choose(from, file, &meant);
                }
            }
            if is_name {
                return Outcome::Nothing;
            }
        }
        // `folder/Name.md` and `Name` both end in the stem of a file.
        let last = path::name_of(&folded);
        let last = without_markdown_ending(last);
        if origin != Origin::Markdown
            && !target.contains('/')
            && let Some(holders) = self.stems.get(last)
        {
            return self.choose(from, file, holders.as_slice());
        }
        // `Name.md` in a wikilink or in frontmatter may name an item by its id.
        if origin != Origin::Markdown
            && let Some(holders) = self.ids.get(last)
            && !target.contains('/')
        {
            return self.choose(from, file, holders.as_slice());
        }
        match origin {
            Origin::Markdown if !has_markdown_ending(target) => Outcome::Elsewhere,
            Origin::Wikilink if has_other_ending(target) => Outcome::Elsewhere,
            _ => Outcome::Nothing,
        }
    }

    fn by_path(
        &self,
        from: &Node,
        file: &str,
        target: &str,
        others: &Others<'_>,
        scratch: &mut String,
    ) -> Outcome {
        let space = &*self.spaces[from.space as usize].root;
        let mut elsewhere = false;
        let mut outcome = Outcome::Nothing;
        each_path(file, space, target, scratch, |path, is_own| {
            // Outside the folders that were looked at, nobody knows what is there.
            elsewhere |= is_own && !others.is_scanned(path);
            if let Some(node) = self.paths.get(path) {
                outcome = Outcome::Item(*node);
                return false;
            }
            elsewhere |= others.files.contains(path);
            true
        });
        match outcome {
            Outcome::Nothing if elsewhere => Outcome::Elsewhere,
            outcome => outcome,
        }
    }

    fn choose(&self, from: &Node, file: &str, holders: &[u32]) -> Outcome {
        if let [only] = holders {
            return Outcome::Item(*only);
        }
        let own = path::folder_of(file);
        // Near are those of the same space; beside are those in the same folder too. Only a few
        // are kept: a name that ten thousand items share must not cost as much for each link.
        let (mut near, mut beside) = (Vec::new(), Vec::new());
        let (mut near_count, mut beside_count) = (0, 0);
        for holder in holders {
            let node = &self.nodes[*holder as usize];
            if node.space != from.space {
                continue;
            }
            near_count += 1;
            if near.len() < FEW {
                near.push(*holder);
            }
            if path::folder_of(&node.path) == own {
                beside_count += 1;
                if beside.len() < FEW {
                    beside.push(*holder);
                }
            }
            if beside_count > 1 && near_count > FEW {
                near_count = near_count.max(holders.len());
                break;
            }
        }
        match (near_count, beside_count) {
            (1, _) => Outcome::Item(near[0]),
            // Notes of one name: the one in the same folder is meant. Ids are no such names.
            (_, 1) if self.nodes[beside[0] as usize].id.is_none() => Outcome::Item(beside[0]),
            (0, _) => Outcome::Several(holders.iter().copied().take(FEW).collect(), holders.len()),
            _ => Outcome::Several(near, near_count),
        }
    }
}

/// Calls `seen` with every path that a target may mean, best first, until it says no: from the folder
/// of its file, from the root of the space, from the root of the work tree; as written, with `.md`,
/// as a folder with an index. `true` goes with the path as written from the file's folder.
fn each_path(
    file: &str,
    space: &str,
    target: &str,
    scratch: &mut String,
    mut seen: impl FnMut(&str, bool) -> bool,
) {
    let folder = path::folder_of(file);
    for base in [folder, space, ""] {
        if target.starts_with('/') && base == folder && folder != space && !folder.is_empty() {
            continue;
        }
        if !path::resolve_into(scratch, base, target) {
            continue;
        }
        let length = scratch.len();
        for ending in ["", ".md", "/index.md", "/_index.md", "/README.md"] {
            scratch.truncate(length);
            scratch.push_str(ending);
            if !seen(scratch, base == folder && ending.is_empty()) {
                return;
            }
        }
    }
}

/// What a look-up of a target asks for: paths as they are, and names in lower case.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    pub paths: Vec<String>,
    pub names: Vec<String>,
}

/// Everything that [`Names::lookup`] may ask for, so that a part of the items is enough to answer.
/// `file` is the file that the link stands in, `space` the root of its space.
pub(crate) fn needles(file: &str, space: &str, target: &str, origin: Origin) -> Needles {
    let mut needles = Needles::default();
    let Some(target) = cleaned(target, origin) else {
        return needles;
    };
    let mut scratch = String::new();
    if origin == Origin::Markdown || target.contains('/') || has_markdown_ending(&target) {
        each_path(file, space, &target, &mut scratch, |path, _| {
            needles.paths.push(path.to_owned());
            true
        });
    }
    let folded = fold(&target);
    needles.names.push(folded.clone().into_owned());
    if let Some((id, _)) = folded.split_once('@') {
        needles.names.push(id.to_owned());
    }
    let last = path::name_of(&folded);
    needles.names.push(without_markdown_ending(last).to_owned());
    needles
}

/// Links whose target has no last word may mean anything.
pub(crate) const ANY_BUCKET: i32 = 1;

/// The bucket of a link's target: whatever item it means or may come to mean has a name in the same
/// bucket ([`buckets`]), or the bucket is [`ANY_BUCKET`].
pub(crate) fn bucket(target: &str, origin: Origin) -> i32 {
    let Some(target) = cleaned(target, origin) else {
        return 0;
    };
    let last = last_part(&target);
    // `id@uid` is cut at the first `@`, which may not be in the last part.
    let cut = target
        .find('@')
        .is_some_and(|at| target[at..].contains('/') || target[..at].ends_with('/'));
    match last {
        None | Some("..") => ANY_BUCKET,
        Some(_) if cut => ANY_BUCKET,
        Some(last) => bucket_of(last),
    }
}

/// The buckets of the names of an item, or of the path of any other file.
pub(crate) fn buckets<'a>(
    paths: impl IntoIterator<Item = &'a str>,
    names: impl IntoIterator<Item = &'a str>,
) -> Vec<i32> {
    let mut buckets = Vec::new();
    for path in paths {
        let (folder, name) = path::split(path);
        buckets.push(bucket_of(name));
        if ["index.md", "_index.md", "README.md"].contains(&name) {
            buckets.push(bucket_of(path::name_of(folder)));
        }
    }
    for name in names {
        buckets.push(bucket_of(last_part(name).unwrap_or(name)));
    }
    buckets
}

/// The last part that says something.
fn last_part(target: &str) -> Option<&str> {
    let mut parts = target.split('/');
    parts.rfind(|part| !matches!(*part, "" | "."))
}

/// One part of a path, or a name: without `@...` and Markdown endings, in lower case.
fn bucket_of(part: &str) -> i32 {
    let folded = fold(part);
    let mut word: &str = match folded.find('@') {
        Some(at) if at > 0 => &folded[..at],
        _ => &folded,
    };
    while has_markdown_ending(word) {
        word = without_markdown_ending(word);
    }
    // Three bytes are enough to tell names apart, and are stored twice for each link.
    let [a, b, c, ..] = hash::key(word).to_be_bytes();
    i32::from_be_bytes([0, a, b, c]) - (1 << 23)
}

/// The target without fragment and white space, decoded; nothing where nothing is left.
fn cleaned(target: &str, origin: Origin) -> Option<Cow<'_, str>> {
    let target = target.split(['#', '?']).next().unwrap_or(target).trim();
    if target.is_empty() {
        return None;
    }
    Some(match origin {
        Origin::Markdown => path::decoded(target),
        Origin::Wikilink | Origin::Frontmatter => Cow::Borrowed(target),
    })
}

/// How many candidates of an ambiguous name are kept.
const FEW: usize = 6;

fn insert<'a>(class: &mut Class<'a>, name: Cow<'a, str>, node: u32) {
    match class.entry(name) {
        std::collections::hash_map::Entry::Vacant(entry) => {
            entry.insert(Holders::One(node));
        }
        std::collections::hash_map::Entry::Occupied(mut entry) => match entry.get_mut() {
            Holders::One(first) if *first == node => {}
            Holders::One(first) => {
                let first = *first;
                entry.insert(Holders::Many(vec![first, node]));
            }
            Holders::Many(nodes) => {
                if nodes.last() != Some(&node) {
                    nodes.push(node);
                }
            }
        },
    }
}

/// Lower case without an allocation where the text is in lower case already.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
    }
}

fn has_markdown_ending(text: &str) -> bool {
    MARKDOWN.iter().any(|ending| {
        text.len() > ending.len()
            && text.is_char_boundary(text.len() - ending.len())
            && text[text.len() - ending.len()..].eq_ignore_ascii_case(ending)
    })
}

fn without_markdown_ending(text: &str) -> &str {
    if has_markdown_ending(text) {
        text.rsplit_once('.').map_or(text, |(stem, _)| stem)
    } else {
        text
    }
}

/// `picture.png` is a file, `1.2 Release` is a note.
fn has_other_ending(text: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(_, ending)| {
        (2..=5).contains(&ending.len())
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && ending.bytes().any(|byte| byte.is_ascii_alphabetic())
    }) && !has_markdown_ending(text)
}
