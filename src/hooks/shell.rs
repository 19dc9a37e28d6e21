//! Whether a block of POSIX shell may stand behind the first line of a hook.
//! Gets the bytes of a file; gives yes or no.
//! Never: guesses yes. What is not plainly a shell script is chained, which is right for all.

use crate::base::path;
use memchr::{memchr, memmem};

const SHELLS: [&str; 7] = ["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"];
/// Options that change nothing for a script that stands in a file.
const LONG: [&str; 9] = [
    "-",
    "--",
    "-o",
    "errexit",
    "nounset",
    "pipefail",
    "--norc",
    "--noprofile",
    "--posix",
];

/// Whether the kernel gives the file to a shell that reads it from the first line to the last.
pub(super) fn takes_a_block(bytes: &[u8]) -> bool {
    // Without its line end, the block would have to bring one that is not its own.
    let Some(end) = memchr(b'\n', bytes) else {
        return false;
    };
    let Some(line) = bytes[..end].strip_prefix(b"#!") else {
        return false;
    };
    // Behind CRLF the kernel looks for `sh\r`: such a hook fails, and must fail as before.
    memchr(b'\r', line).is_none()
        && memchr(0, bytes).is_none()
        && str::from_utf8(line).is_ok_and(names_a_shell)
        && !hands_itself_over(&bytes[end..])
}

fn names_a_shell(line: &str) -> bool {
    let mut words = line.split_whitespace().peekable();
    let Some(program) = words.next() else {
        return false;
    };
    let mut shell = path::name_of(program);
    if shell == "env" {
        let _split = words.next_if_eq(&"-S");
        let Some(named) = words.next() else {
            return false;
        };
        shell = path::name_of(named);
    }
    SHELLS.contains(&shell) && words.all(|word| LONG.contains(&word) || is_harmless(word))
}

/// A cluster of short options without `c`, `n`, `r` and `s`, which change what is read or allowed.
fn is_harmless(word: &str) -> bool {
    word.strip_prefix(['-', '+']).is_some_and(|letters| {
        letters
            .bytes()
            .all(|byte| b"abefhmopuvxBCEHPT".contains(&byte))
    })
}

/// A script for two languages, whose shell half says `exec python3 "$0"`: the other one would
/// stumble over our block.
fn hands_itself_over(body: &[u8]) -> bool {
    body.split(|byte| *byte == b'\n').any(|line| {
        let names_itself = ["$0", "${0}", "$BASH_SOURCE", "${BASH_SOURCE"]
            .iter()
            .any(|name| memmem::find(line, name.as_bytes()).is_some());
        let only_its_folder = ["dirname", "basename", "readlink", "realpath"]
            .iter()
            .any(|name| memmem::find(line, name.as_bytes()).is_some());
        names_itself && !only_its_folder && memmem::find(line, b"exec").is_some()
    })
}
