//! Link targets: what is left of a link when brackets, label, heading and quotes are gone.
//! Never: asks whether the target exists.

use crate::model::document::Origin;
use crate::model::item::Link;
use crate::presets::read::Context;
use crate::presets::read::frontmatter::Gathered;

/// The target of a link as people write it in frontmatter: an id, a path, `[[Note#heading|label]]`
/// or `[label](path#heading)`. None where it leads out (a URL) or nowhere.
pub(crate) fn clean(text: &str) -> Option<&str> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    if let Some(inner) = text
        .trim_start_matches('!')
        .strip_prefix("[[")
        .and_then(|rest| rest.split_once("]]"))
    {
        return wikilink(inner.0);
    }
    if text.starts_with('[')
        && let Some((_, rest)) = text.split_once("](")
        && let Some((target, _)) = rest.split_once(')')
    {
        return markdown(target);
    }
    let text = text.trim_start_matches('<').trim_end_matches('>');
    leads_inside(text).then_some(text)
}

/// The target inside `[[...]]`.
fn wikilink(inner: &str) -> Option<&str> {
    let target = inner.split(['|', '#']).next()?.trim();
    // In a table the bar before the label is escaped.
    let target = target.trim_end_matches('\\').trim();
    leads_inside(target).then_some(target)
}

/// The target inside `(...)`.
fn markdown(inner: &str) -> Option<&str> {
    let inner = inner.trim();
    let target = match inner.strip_prefix('<') {
        Some(rest) => rest.split('>').next()?,
        None => inner.split([' ', '\t']).next()?,
    };
    path(target)
}

/// A Markdown target as the parser gives it.
fn path(target: &str) -> Option<&str> {
    let target = target.split('#').next()?.trim();
    leads_inside(target).then_some(target)
}

/// False for nothing, and for URLs: `https://...`, `mailto:...`, `//host`.
fn leads_inside(target: &str) -> bool {
    if target.is_empty() || target.starts_with("//") {
        return false;
    }
    let Some((scheme, rest)) = target.split_once(':') else {
        return true;
    };
    let mut letters = scheme.bytes();
    let named = scheme.len() > 1
        && letters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    // `Note: a subtitle` is a name; `mailto:somebody` is not.
    !named || rest.is_empty() || rest.starts_with(' ')
}

impl Context<'_, '_> {
    /// The links of the body.
    pub(crate) fn mentions(&self, found: &mut Gathered<'_>) {
        for link in &self.text.links {
            let target = match link.origin {
                Origin::Wikilink => wikilink(&link.target),
                Origin::Markdown => path(&link.target),
                Origin::Frontmatter => clean(&link.target),
            };
            if let Some(target) = target {
                found.links.push(Link {
                    rel: self.rules.mentions.clone(),
                    target: target.to_owned(),
                    origin: link.origin,
                    companion: self.paired,
                    line: link.line,
                });
            }
        }
    }
}
