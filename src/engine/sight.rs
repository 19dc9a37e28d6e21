//! A look at all files, and which generation served when it began.
//! What others have projected since may not be in it, and would be taken for gone.
//! Gets a generation. Gives its mark, and whether it still serves. Never: looks at the files itself.

use std::path::PathBuf;

use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::model::file::Scan;
use crate::stores::generation::{Current, Generation};

#[derive(Debug)]
pub(super) struct Sight {
    pub scan: Scan,
    pub mark: Mark,
}

/// A generation's folder and number.
pub(super) type Mark = (PathBuf, u64);

impl Engine {
    /// Whether nobody has gone on with the cache; for sure under the writer's lock alone.
    pub(super) fn is_serving(&self, wanted: &Mark) -> Result<bool, EngineError> {
        Ok(match self.current()? {
            Current::Ready(now) => mark(&now).is_ok_and(|now| now == *wanted),
            Current::Missing | Current::Unusable(_) => false,
        })
    }
}

pub(super) fn mark(generation: &Generation) -> Result<Mark, EngineError> {
    let number = generation.stamps().and_then(|it| it.fact("generation"));
    let number = number.map_err(|error| EngineError::sqlite(&error))?;
    let number = number.and_then(|text| text.parse().ok());
    Ok((generation.dir.clone(), number.unwrap_or(generation.number)))
}
