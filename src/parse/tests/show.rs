//! A document as short text, for expectations that people can read.

use std::fmt::Write;

use crate::model::document::{Document, Entry, Node, Value};

/// One line for each thing that was found.
pub(crate) fn show(document: &Document<'_>) -> String {
    let mut out = String::new();
    let format = match document.format {
        Some(format) => format!("{format:?}").to_lowercase(),
        None => "none".to_owned(),
    };
    let _ = write!(out, "{format}, body from line {}", document.body_line);
    if document.invalid {
        out.push_str(", invalid");
    }
    if document.conflicted {
        out.push_str(", conflicted");
    }
    out.push('\n');
    for Entry {
        key,
        line,
        col,
        node,
    } in &document.frontmatter
    {
        let _ = write!(out, "  {line}:{col} {key:?} = {}:{} ", node.line, node.col);
        value(&mut out, node);
        out.push('\n');
    }
    for section in &document.sections {
        let text = cut(&document.body[section.range.clone()]);
        let _ = writeln!(
            out,
            "section {} {:?} line {}: {text:?}",
            section.level, section.title, section.line
        );
    }
    for check in &document.checks {
        let text = &document.body[check.range.clone()];
        let mark = if check.done { 'x' } else { ' ' };
        let _ = writeln!(
            out,
            "check [{mark}] line {} in {:?}: {text:?}",
            check.line,
            check.section.map(|at| document.sections[at].title.as_str())
        );
    }
    for link in &document.links {
        let origin = format!("{:?}", link.origin).to_lowercase();
        let _ = writeln!(out, "{origin} line {}: {:?}", link.line, link.target);
    }
    for range in &document.opaque {
        let _ = writeln!(out, "opaque {:?}", cut(&document.body[range.clone()]));
    }
    for problem in &document.problems {
        let _ = writeln!(
            out,
            "{} {} {}:{} {} ({})",
            problem.severity.as_str(),
            problem.code,
            problem.line,
            problem.col,
            problem.message,
            problem.hint
        );
    }
    out
}

fn value(out: &mut String, node: &Node<'_>) {
    let _ = match &node.value {
        Value::Null => write!(out, "null"),
        Value::Bool(truth) => write!(out, "{truth}"),
        Value::Int(number) => write!(out, "{number}"),
        Value::Text(text) => write!(out, "{:?}", cut(text)),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                value(out, item);
            }
            write!(out, "]")
        }
        Value::Map(entries) => {
            out.push('{');
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                let _ = write!(out, "{:?}: ", entry.key);
                value(out, &entry.node);
            }
            write!(out, "}}")
        }
    };
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(60) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}... ({} bytes)", &text[..end], text.len()),
    }
}
