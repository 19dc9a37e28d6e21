//! Cuts a piece out of a body, for one line of an answer.
//! Gets a body and the range to show. Gives clean text with marks.
//! Never: searches.

const CUT: char = '…';
/// A longer word is cut where the room ends.
const WORD_BYTES: usize = 24;

/// A piece of a body on one line; `marks` are byte ranges of `text` that do not touch, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Snippet {
    pub text: String,
    pub marks: Vec<(usize, usize)>,
}

/// About `width` characters of `body` around `from..to`, with spaces and control characters folded
/// to single spaces and `…` where something is left out.
pub(crate) fn cut(
    body: &str,
    from: usize,
    to: usize,
    width: usize,
    marks: impl Fn(&str) -> Vec<(usize, usize)>,
) -> Snippet {
    let width = width.max(1);
    let inner = shown(body[from..to].chars()).min(width);
    let spare = width - inner;
    // A third of the room goes before the hit, and what the end of the body leaves over.
    let behind = reach(body[to..].chars(), spare);
    let before_wanted = (spare / 3).max(spare - behind.1);
    let before = reach(body[..from].chars().rev(), before_wanted);
    let behind = reach(body[to..].chars(), spare - before.1);
    let mut begin = from - before.0;
    let mut end = if inner == width {
        from + reach(body[from..].chars(), width).0
    } else {
        to + behind.0
    };
    // Not in the middle of a word, where a space is near.
    if begin < from && !ends_in_space(&body[..begin]) {
        let space = body[begin..from].find(char::is_whitespace);
        begin += space.filter(|&at| at <= WORD_BYTES).unwrap_or(0);
    }
    if end > to && body[end..].starts_with(|c: char| !is_space(c)) {
        let space = body[to..end].rfind(char::is_whitespace).map(|at| to + at);
        end = space.filter(|&at| end - at <= WORD_BYTES).unwrap_or(end);
    }
    let mut text = String::with_capacity(end - begin + 8);
    if !body[..begin].chars().all(is_space) {
        text.push(CUT);
    }
    push_line(&body[begin..end], &mut text);
    if !body[end..].chars().all(is_space) {
        text.push(CUT);
    }
    let marks = marks(&text);
    Snippet { text, marks }
}

fn ends_in_space(text: &str) -> bool {
    text.chars().next_back().is_none_or(is_space)
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Appends a text on one line.
fn push_line(piece: &str, out: &mut String) {
    let begin = out.len();
    let mut space = false;
    for c in piece.chars() {
        if is_space(c) {
            space = out.len() > begin;
            continue;
        }
        if space {
            out.push(' ');
            space = false;
        }
        out.push(c);
    }
}

/// How many characters are shown of these.
fn shown(chars: impl Iterator<Item = char>) -> usize {
    let mut count = 0;
    let mut space = false;
    for c in chars {
        let is_space = is_space(c);
        count += usize::from(!(space && is_space));
        space = is_space;
    }
    count
}

/// How many bytes show at most `width` characters, and how many those show.
fn reach(chars: impl Iterator<Item = char>, width: usize) -> (usize, usize) {
    let (mut bytes, mut count, mut space) = (0, 0, false);
    for c in chars {
        let is_space = is_space(c);
        let more = usize::from(!(space && is_space));
        if count + more > width {
            break;
        }
        bytes += c.len_utf8();
        count += more;
        space = is_space;
    }
    (bytes, count)
}
