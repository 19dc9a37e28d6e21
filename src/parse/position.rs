//! Line and column of byte offsets that mostly grow: the cost is the distance between them.
//! Never: a table of all lines; most files need a few positions only.

/// Line and column (both from 1, columns in characters) of byte offsets into one text.
#[derive(Debug, Clone)]
pub(crate) struct Position<'a> {
    text: &'a str,
    offset: usize,
    line: u32,
    col: u32,
}

impl<'a> Position<'a> {
    /// Counts from the start of `text`, which is the start of line `first_line` of the file.
    pub(crate) fn new(text: &'a str, first_line: u32) -> Self {
        Self {
            text,
            offset: 0,
            line: first_line,
            col: 1,
        }
    }

    /// Line and column of `offset`; beyond the end means the end.
    pub(crate) fn at(&mut self, offset: usize) -> (u32, u32) {
        let offset = offset.min(self.text.len());
        let bytes = self.text.as_bytes();
        if offset < self.offset {
            self.back_to(offset);
        } else {
            for byte in &bytes[self.offset..offset] {
                match byte {
                    b'\n' => {
                        self.line = self.line.saturating_add(1);
                        self.col = 1;
                    }
                    // Bytes inside a character do not start one.
                    0x80..0xC0 => {}
                    _ => self.col = self.col.saturating_add(1),
                }
            }
            self.offset = offset;
        }
        (self.line, self.col)
    }

    /// Rare and short: parsers report an outer start after its first inner one.
    fn back_to(&mut self, offset: usize) {
        let bytes = self.text.as_bytes();
        let passed = &bytes[offset..self.offset];
        self.line -= count_newlines(passed);
        let line_start = memchr::memrchr(b'\n', &bytes[..offset]).map_or(0, |at| at + 1);
        self.col = 1;
        self.offset = line_start;
        self.at(offset);
    }
}

/// Lines only, for bodies: counts newlines between offsets that grow.
#[derive(Debug, Clone)]
pub(crate) struct Line<'a> {
    bytes: &'a [u8],
    offset: usize,
    line: u32,
}

impl<'a> Line<'a> {
    /// Counts from the start of `text`, which is the start of line `first_line` of the file.
    pub(crate) fn new(text: &'a str, first_line: u32) -> Self {
        Self {
            bytes: text.as_bytes(),
            offset: 0,
            line: first_line,
        }
    }

    /// The line of `offset`; beyond the end means the end.
    pub(crate) fn at(&mut self, offset: usize) -> u32 {
        let offset = offset.min(self.bytes.len());
        if offset < self.offset {
            self.line -= count_newlines(&self.bytes[offset..self.offset]);
        } else {
            let passed = count_newlines(&self.bytes[self.offset..offset]);
            self.line = self.line.saturating_add(passed);
        }
        self.offset = offset;
        self.line
    }
}

/// Newlines in `bytes`. Files of more than four billion lines are not read in the first place.
pub(crate) fn count_newlines(bytes: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
}
