//! Which plain words some YAML reader takes for something else than text.
//! Gets a word; gives yes or no, and yes where readers differ: 1.1 and 1.2, PyYAML, libyaml, Psych, Go.
//! Never: a value; a preset says what a word means.

/// True where some reader sees a number, a date, a time or a truth value.
pub(crate) fn is_typed(word: &str) -> bool {
    is_truth(word) || is_number(word) || is_date(word)
}

/// True where some reader sees nothing, a merge key or a default value.
pub(crate) fn is_special(word: &str) -> bool {
    word.is_empty() || word.eq_ignore_ascii_case("null") || matches!(word, "~" | "<<" | "=")
}

fn is_truth(word: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "y", "n"];
    WORDS.iter().any(|truth| word.eq_ignore_ascii_case(truth))
}

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
    let lower = digits.to_ascii_lowercase();
    if matches!(lower.as_str(), ".inf" | ".nan") {
        return true;
    }
    if let Some(rest) = ["0x", "0o", "0b"]
        .iter()
        .find_map(|base| lower.strip_prefix(base))
    {
        return rest
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    mantissa.bytes().any(|byte| byte.is_ascii_digit())
        && mantissa
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b',' | b':'))
        && mantissa.matches('.').count() <= 1
        && is_digits(exponent)
}

/// `2026-04-14`, `2026-4-1 10:11`, `2026-04-14T10:11:12.5+02:00`; also `2026-04`.
fn is_date(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() > 5
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes.iter().all(|byte| {
            byte.is_ascii_digit()
                || matches!(byte, b'-' | b':' | b'.' | b'+' | b' ' | b'\t')
                || matches!(byte, b'T' | b't' | b'Z' | b'z')
        })
}
