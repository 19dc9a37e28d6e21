//! Which link targets can name a file or an item of the repository.
//! Never: resolves one, decodes `%20`; targets stay as written.

/// The target of a wikilink without its label, or none where it names nothing here.
pub(crate) fn wikilink(inner: &str) -> Option<&str> {
    let target = inner.split('|').next().unwrap_or(inner);
    // In a table cell the bar of `[[a\|b]]` is escaped.
    let target = target.strip_suffix('\\').unwrap_or(target).trim();
    let names = !target.is_empty()
        && !target.starts_with(['#', '^'])
        && !target.contains(['\n', '\r', '[', ']'])
        && !target.contains("://");
    names.then_some(target)
}

/// True where the destination of a Markdown link can name a file.
pub(crate) fn is_local(destination: &str) -> bool {
    let target = destination.trim();
    !target.is_empty()
        && !target.starts_with('#')
        && !target.starts_with('?')
        && !target.starts_with("//")
        && !has_scheme(target)
        && !target.contains(['\n', '\r'])
}

/// True where an image destination can name an item: people embed notes with image syntax.
pub(crate) fn is_local_markdown(destination: &str) -> bool {
    let path = destination.split(['#', '?']).next().unwrap_or(destination);
    let dot_md = path.len().checked_sub(3).and_then(|at| path.get(at..));
    is_local(destination) && dot_md.is_some_and(|end| end.eq_ignore_ascii_case(".md"))
}

/// `https:`, `mailto:`, `obsidian:` ... One letter is a Windows drive, not a scheme.
fn has_scheme(target: &str) -> bool {
    let Some((scheme, _)) = target.split_once(':') else {
        return false;
    };
    let bytes = scheme.as_bytes();
    bytes.len() > 1
        && bytes[0].is_ascii_alphabetic()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
}
