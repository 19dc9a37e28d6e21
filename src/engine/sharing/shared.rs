//! Which lines of the shared cache a question is about, and opening them.
//! Gets what the caller names, and what the repository around says where nothing is named.
//! Gives a reader, and what stands around its answers. Never: tells a repository that is not there from one
//! that the login may not read.

use crate::base::hash;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::sharing::address::{address, from_postgres};
use crate::query::Reader;
use crate::query::view::Freshness;
use crate::stores::postgres::{Address, Chosen, Reader as SharedReader};

/// Stands for every repository or branch.
const ALL: &str = "all";

/// What the caller names; empty where nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SharedWish {
    pub repositories: Vec<String>,
    pub branches: Vec<String>,
    pub draft: String,
}

/// Lines of the shared cache, to be opened.
pub(crate) struct SharedCache {
    address: Address,
    chosen: Chosen,
}

impl SharedCache {
    /// Of the repository around and the branch that is checked out, where nothing is named; of all
    /// branches of the repositories that are. `engine` is needed only where none is.
    pub(crate) fn choose(engine: Option<&Engine>, wish: &SharedWish) -> Result<Self, EngineError> {
        let address = address()?;
        let named = |names: &[String]| {
            let all = names.iter().any(|name| name == ALL);
            (!all).then(|| names.to_vec())
        };
        let mut chosen = Chosen {
            repositories: named(&wish.repositories),
            branches: named(&wish.branches),
            draft: wish.draft.clone(),
        };
        match (wish.repositories.is_empty(), engine) {
            (false, _) if wish.branches.is_empty() => chosen.branches = None,
            (false, _) => {}
            (true, None) => {
                return Err(
                    EngineError::usage("no-repository", "no repository is named")
                        .hint("say which: `--repository NAME`, or `--repository all`"),
                );
            }
            (true, Some(engine)) => {
                let configured = engine.config.sync.repository.as_deref();
                chosen.repositories = Some(vec![engine.repository(configured)?]);
                if wish.branches.is_empty() {
                    chosen.branches = Some(vec![engine.checked_out()?]);
                }
            }
        }
        Ok(Self { address, chosen })
    }

    /// Every line that the login may read.
    pub(crate) fn all() -> Result<Self, EngineError> {
        let wish = SharedWish {
            repositories: vec![ALL.to_owned()],
            ..SharedWish::default()
        };
        Self::choose(None, &wish)
    }

    /// Opens the lines, and says where their answers come from.
    pub(crate) async fn open(&self) -> Result<(Reader, Freshness), EngineError> {
        let reader = SharedReader::open(&self.address, &self.chosen).await;
        let reader = reader.map_err(|error| from_postgres(&error))?;
        let freshness = freshness(&reader);
        Ok((Reader::Postgres(reader), freshness))
    }
}

/// Generations of several lines rise with each change of any of them.
fn freshness(reader: &SharedReader) -> Freshness {
    let lines = &reader.lines;
    let names = lines.iter().map(|line| match reader.draft.as_str() {
        "" => format!("{}@{}", line.repository, line.branch),
        draft => format!("{}@{}+{draft}", line.repository, line.branch),
    });
    let names: Vec<String> = names.collect();
    let name = match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        many => hash::hex(&hash::content_hash(many.join("\n").as_bytes())[..8]),
    };
    let versions = lines.iter().map(|line| line.version.max(0).cast_unsigned());
    Freshness {
        cache: format!("{} {name}", reader.server),
        generation: versions.sum(),
        head: match lines.as_slice() {
            [one] => one.tip.clone(),
            _ => None,
        },
        dirty: None,
        fresh: false,
        age_ms: lines
            .iter()
            .map(|line| line.age_ms)
            .max()
            .unwrap_or_default(),
    }
}
