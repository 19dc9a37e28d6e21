//! A YAML block to values with their places, from the events of one parser.
//! Gets the block and the line it begins on; gives entries, or says why not.
//! Never: guesses types, applies merge keys, lets aliases or nesting grow past the budget.
//! Read next: `yaml_simple`, the short way for most blocks; `scalar` for what a plain word is;
//! `yaml_words` for what an error says.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle, Tag};

use crate::model::document::{Entry, Node, Value};
use crate::model::problem::{Problem, Severity};
use crate::parse::budget;
use crate::parse::decode::without_nul;
use crate::parse::position::Position;
use crate::parse::scalar;
use crate::parse::unique;
use crate::parse::{yaml_simple, yaml_words};

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A mapping, or nothing at all.
    Mapping,
    /// Valid YAML, but a scalar or a list.
    Other,
    /// Not YAML.
    Broken,
    /// Past a budget: nothing is to be taken from it.
    Refused,
}

/// A block as far as it was read; entries only where the verdict is `Mapping`.
#[derive(Debug)]
pub(crate) struct Read<'a> {
    pub verdict: Verdict,
    pub entries: Vec<Entry<'a>>,
    pub problems: Vec<Problem>,
    /// All nodes, and the text that aliases added.
    pub spent: Cost,
}

impl<'a> Read<'a> {
    /// A block that was read without aliases.
    pub(crate) fn new(verdict: Verdict, entries: Vec<Entry<'a>>, problems: Vec<Problem>) -> Self {
        Self {
            verdict,
            entries,
            problems,
            spent: Cost::default(),
        }
    }
}

/// Reads `block`, whose first line is line `first_line` of the file.
pub(crate) fn read(block: &str, first_line: u32) -> Read<'_> {
    match yaml_simple::read(block, first_line) {
        Some((entries, nodes)) => {
            let mut read = Read::new(Verdict::Mapping, entries, Vec::new());
            read.spent.nodes = nodes;
            read
        }
        None => read_events(block, first_line),
    }
}

/// The long way, which knows all of YAML.
pub(crate) fn read_events(block: &str, first_line: u32) -> Read<'_> {
    // The outermost mapping is a level, too, and a level of one kind may hold the other kind:
    // `Reader` counts both together, the parser only has to stay within reach of that.
    let options = granit_parser::options! {
        flow_nesting_limit: budget::DEPTH,
        block_nesting_limit: budget::DEPTH,
    };
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(block, options),
        block,
        position: Position::new(block, first_line),
        problems: Vec::new(),
        anchors: HashMap::new(),
        spent: Cost::default(),
        last_end: 0,
        open_flows: Vec::new(),
    };
    let (verdict, entries) = match reader.document() {
        Ok(Some(entries)) => (Verdict::Mapping, entries),
        Ok(None) => (Verdict::Other, Vec::new()),
        Err(stop) => {
            let (verdict, problem) = reader.explain(stop);
            reader.problems.push(problem);
            (verdict, Vec::new())
        }
    };
    Read {
        verdict,
        entries,
        problems: reader.problems,
        spent: reader.spent,
    }
}

/// Why reading ended early.
enum Stop {
    Scan(ScanError),
    /// The parser ended in the middle of a node, which it never should.
    Cut,
    Nodes(usize),
    Depth(usize),
    Aliases(usize),
    /// An alias of the value that it stands in.
    Cycle(usize),
}

/// What a value costs when an alias repeats it: its nodes, the bytes of its text, and the levels
/// of lists and mappings in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub nodes: usize,
    pub text: usize,
    height: usize,
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    block: &'a str,
    position: Position<'a>,
    problems: Vec<Problem>,
    /// Values of finished anchors with their cost.
    anchors: HashMap<usize, (Value<'a>, Cost)>,
    /// All nodes so far; of text only what aliases added.
    spent: Cost,
    /// Offset behind the last event: what failed begins after it.
    last_end: usize,
    /// Offsets of the `[` and `{` that are open.
    open_flows: Vec<usize>,
}

type Step<'a> = (Event<'a>, Span);

impl<'a> Reader<'a> {
    /// The first document's entries; none where it is not a mapping.
    fn document(&mut self) -> Result<Option<Vec<Entry<'a>>>, Stop> {
        let mut entries = Some(Vec::new());
        let mut documents = 0;
        loop {
            let Some((event, span)) = self.next()? else {
                return Ok(entries);
            };
            match event {
                Event::StreamEnd => return Ok(entries),
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        // Whatever follows, the first document is whole.
                        self.more_documents(start(&span));
                        return Ok(entries);
                    }
                }
                Event::StreamStart | Event::DocumentEnd => {}
                event => entries = self.root(event, &span)?,
            }
        }
    }

    fn more_documents(&mut self, offset: usize) {
        let (line, col) = self.position.at(offset);
        self.problems.push(
            Problem::at(
                "multiple-documents",
                Severity::Warning,
                line,
                col,
                "a second YAML document begins here; only the first one is read",
            )
            .hint("remove the line `---`, or what follows it"),
        );
    }

    fn root(&mut self, event: Event<'a>, span: &Span) -> Result<Option<Vec<Entry<'a>>>, Stop> {
        let (node, _) = self.node(event, span, 1)?;
        Ok(match node.value {
            Value::Map(entries) => Some(entries),
            // A block of comments, or nothing.
            Value::Null if span.byte_range().is_some_and(|range| range.is_empty()) => {
                Some(Vec::new())
            }
            _ => None,
        })
    }

    fn next(&mut self) -> Result<Option<Step<'a>>, Stop> {
        match self.parser.next() {
            None => Ok(None),
            Some(Err(error)) => Err(Stop::Scan(error)),
            Some(Ok((event, span))) => {
                if let Some(end) = span.end.byte_offset() {
                    self.last_end = self.last_end.max(end);
                }
                Ok(Some((event, span)))
            }
        }
    }

    fn expect(&mut self) -> Result<Step<'a>, Stop> {
        self.next()?.ok_or(Stop::Cut)
    }

    /// A node from its first event on. Recursion is bounded by the depth budget.
    fn node(
        &mut self,
        event: Event<'a>,
        span: &Span,
        depth: usize,
    ) -> Result<(Node<'a>, Cost), Stop> {
        let offset = start(span);
        let place = self.position.at(offset);
        self.spend_node(offset)?;
        let mut cost = Cost::leaf(0);
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                cost.text = text.len();
                let text = if span.byte_range().is_some_and(|range| range.is_empty())
                    && style == ScalarStyle::Plain
                {
                    // The parser writes `~` for nothing.
                    Cow::Borrowed("")
                } else {
                    without_nul(text, &mut self.problems, place)
                };
                (resolve(text, style, tag.as_deref()), anchor)
            }
            Event::SequenceStart(style, anchor, _) => {
                self.enter(style, offset, depth)?;
                cost.height = 1;
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.expect()?;
                    if event == Event::SequenceEnd {
                        break;
                    }
                    let (item, part) = self.node(event, &span, depth + 1)?;
                    cost.add(part);
                    items.push(item);
                }
                self.leave(style);
                (Value::List(items), anchor)
            }
            Event::MappingStart(style, anchor, _) => {
                self.enter(style, offset, depth)?;
                cost.height = 1;
                let entries = self.entries(depth, &mut cost)?;
                self.leave(style);
                (Value::Map(entries), anchor)
            }
            Event::Alias(id) => return self.alias(id, offset, place, depth),
            // Nothing else begins a node; such an event has no value.
            _ => (Value::Null, 0),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), cost));
        }
        let (line, col) = place;
        Ok((Node { value, line, col }, cost))
    }

    fn entries(&mut self, depth: usize, cost: &mut Cost) -> Result<Vec<Entry<'a>>, Stop> {
        let mut entries = Vec::new();
        loop {
            let (event, span) = self.expect()?;
            if event == Event::MappingEnd {
                break;
            }
            let (key, line, col) = self.key(event, &span, depth, cost)?;
            let (event, span) = self.expect()?;
            let (node, part) = self.node(event, &span, depth + 1)?;
            cost.add(part);
            entries.push(Entry {
                key,
                line,
                col,
                node,
            });
        }
        unique::keep_first(&mut entries, &mut self.problems);
        Ok(entries)
    }

    /// A key is text: a scalar as it is, anything else as it was written.
    fn key(
        &mut self,
        event: Event<'a>,
        span: &Span,
        depth: usize,
        cost: &mut Cost,
    ) -> Result<(Cow<'a, str>, u32, u32), Stop> {
        let offset = start(span);
        if let Event::Scalar(text, style, 0, _) = event {
            let (line, col) = self.position.at(offset);
            self.spend_node(offset)?;
            cost.add(Cost::leaf(text.len()));
            let nothing = span.byte_range().is_some_and(|range| range.is_empty());
            let text = if nothing && style == ScalarStyle::Plain {
                Cow::Borrowed("")
            } else {
                without_nul(text, &mut self.problems, (line, col))
            };
            return Ok((text, line, col));
        }
        let (node, part) = self.node(event, span, depth + 1)?;
        cost.add(part);
        let key = match node.value {
            Value::Text(text) => text,
            _ => Cow::Borrowed(
                self.block
                    .get(offset..self.last_end)
                    .unwrap_or_default()
                    .trim(),
            ),
        };
        Ok((key, node.line, node.col))
    }

    /// The value of an anchor again, at the alias's place.
    fn alias(
        &mut self,
        id: usize,
        offset: usize,
        place: (u32, u32),
        depth: usize,
    ) -> Result<(Node<'a>, Cost), Stop> {
        let (line, col) = place;
        let Some((value, cost)) = self.anchors.get(&id) else {
            return Err(Stop::Cycle(offset));
        };
        self.spent.add(*cost);
        if self.spent.is_over() {
            return Err(Stop::Aliases(offset));
        }
        if depth + cost.height > budget::DEPTH + 1 {
            return Err(Stop::Depth(offset));
        }
        let value = value.clone();
        Ok((Node { value, line, col }, *cost))
    }

    fn spend_node(&mut self, offset: usize) -> Result<(), Stop> {
        self.spent.nodes += 1;
        if self.spent.nodes > budget::NODES {
            return Err(Stop::Nodes(offset));
        }
        Ok(())
    }

    fn enter(&mut self, style: StructureStyle, offset: usize, depth: usize) -> Result<(), Stop> {
        if depth > budget::DEPTH {
            return Err(Stop::Depth(offset));
        }
        if style == StructureStyle::Flow {
            self.open_flows.push(offset);
        }
        Ok(())
    }

    fn leave(&mut self, style: StructureStyle) {
        if style == StructureStyle::Flow {
            self.open_flows.pop();
        }
    }

    /// The problem, at the place where a person would mend it.
    fn explain(&mut self, stop: Stop) -> (Verdict, Problem) {
        let error = match stop {
            Stop::Nodes(offset) => {
                let (line, _) = self.position.at(offset);
                let what = format!("{} keys and values", budget::NODES);
                return (Verdict::Refused, budget::too_large(line, &what));
            }
            Stop::Depth(offset) => {
                let (line, col) = self.position.at(offset);
                return (Verdict::Refused, budget::too_deep(line, col));
            }
            Stop::Aliases(offset) => {
                let (line, col) = self.position.at(offset);
                return (Verdict::Refused, budget::aliases(line, col));
            }
            Stop::Cycle(offset) => {
                let (line, col) = self.position.at(offset);
                let message = "the frontmatter is not valid YAML: the alias stands inside the value it repeats";
                let problem =
                    Problem::at("invalid-frontmatter", Severity::Error, line, col, message)
                        .hint("write the value out");
                return (Verdict::Broken, problem);
            }
            Stop::Cut => None,
            Stop::Scan(error) => Some(error),
        };
        let failure = yaml_words::Failure {
            block: self.block,
            error: error.as_ref(),
            last_end: self.last_end,
            open_flow: self.open_flows.last().copied(),
        };
        if failure.is_too_deep() {
            let (line, col) = self.position.at(failure.offset());
            return (Verdict::Refused, budget::too_deep(line, col));
        }
        let (line, col) = self.position.at(failure.offset());
        (Verdict::Broken, failure.problem(line, col))
    }
}

impl Cost {
    fn leaf(text: usize) -> Self {
        Self {
            nodes: 1,
            text,
            height: 0,
        }
    }

    /// True past the budget for the nodes and repeated text of one frontmatter.
    pub(crate) fn is_over(&self) -> bool {
        self.nodes > budget::NODES || self.text > budget::ALIAS_TEXT
    }

    /// Adds a part that stands one level deeper.
    pub(crate) fn add(&mut self, part: Self) {
        self.nodes = self.nodes.saturating_add(part.nodes);
        self.text = self.text.saturating_add(part.text);
        self.height = self.height.max(part.height + 1);
    }
}

/// The start of an event; events of a string always know theirs.
fn start(span: &Span) -> usize {
    span.start.byte_offset().unwrap_or_default()
}

fn resolve<'a>(text: Cow<'a, str>, style: ScalarStyle, tag: Option<&Tag>) -> Value<'a> {
    // `!!str 5` and `! 5` say that it is text.
    let is_text = tag.is_some_and(|tag| {
        tag.core_suffix() == Some("str") || (tag.handle().is_empty() && tag.suffix() == "!")
    });
    if style == ScalarStyle::Plain && !is_text {
        scalar::plain(text)
    } else {
        Value::Text(text)
    }
}
