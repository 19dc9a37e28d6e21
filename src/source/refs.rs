//! The refs of a repository, loose and packed, without what they point at.
//! Gets a place and prefixes of names; gives ids, and which refs could not be read.
//! Never: follows a symbolic ref (what it names is a ref too), or fails because one of them is damaged.

use gix::hash::{Kind, ObjectId};

use crate::source::git;
use crate::source::repo::Place;

/// What could be read, and a line for each that could not.
#[derive(Debug, Default)]
pub(crate) struct Refs {
    pub ids: Vec<(String, ObjectId)>,
    pub unread: Vec<String>,
}

/// All refs whose full names begin with one of the prefixes (`refs/heads/`).
pub(crate) fn refs(place: &Place, prefixes: &[&str]) -> Refs {
    let mut refs = Refs::default();
    let Some(common_dir) = place.common_dir() else {
        return refs;
    };
    if place.reftable {
        refs.ask(common_dir, prefixes);
        return refs;
    }
    let store = gix::refs::file::Store::at(common_dir.to_owned(), kind(place));
    match store.iter() {
        Ok(all) => {
            for prefix in prefixes {
                match (*prefix).try_into().map(|prefix| all.prefixed(prefix)) {
                    Ok(Ok(found)) => found.for_each(|one| refs.take(one)),
                    Ok(Err(error)) => refs.unread.push(format!("{prefix}: {error}")),
                    Err(error) => refs.unread.push(format!("{prefix}: {error}")),
                }
            }
        }
        Err(error) => {
            refs.unread.push(format!("packed-refs: {error}"));
            for prefix in prefixes {
                if let Ok(prefix) = (*prefix).try_into()
                    && let Ok(loose) = store.loose_iter_prefixed(prefix)
                {
                    loose.for_each(|one| refs.take(one));
                }
            }
        }
    }
    refs
}

/// How long the ids of the repository are.
pub(super) fn kind(place: &Place) -> Kind {
    if place.sha256 {
        Kind::Sha256
    } else {
        Kind::Sha1
    }
}

impl Refs {
    fn take(&mut self, one: Result<impl Into<gix::refs::Reference>, impl std::fmt::Display>) {
        match one {
            Ok(one) => {
                let one: gix::refs::Reference = one.into();
                if let Some(id) = one.target.try_id() {
                    let name = String::from_utf8_lossy(one.name.as_bstr()).into_owned();
                    self.ids.push((name, id.to_owned()));
                }
            }
            Err(error) => self.unread.push(error.to_string()),
        }
    }

    fn ask(&mut self, git_dir: &std::path::Path, prefixes: &[&str]) {
        let mut arguments = vec!["for-each-ref", "--format=%(objectname) %(refname)"];
        arguments.extend(prefixes);
        match git::ask(git_dir, "list the refs", &arguments) {
            Ok(text) => {
                for line in text.unwrap_or_default().lines() {
                    if let Some((id, name)) = line.split_once(' ')
                        && let Ok(id) = ObjectId::from_hex(id.as_bytes())
                    {
                        self.ids.push((name.to_owned(), id));
                    }
                }
            }
            Err(error) => self.unread.push(error.to_string()),
        }
    }
}
