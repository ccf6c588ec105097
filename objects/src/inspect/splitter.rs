//! Splits text into rows and cells, strictly: what is not well formed is said, with its line.

const LINE_BYTES_MAX: u64 = 1024 * 1024;
/// A cell in quotes may span lines; more than this is a quote that nobody closed.
const ROW_BYTES_MAX: usize = 4 * 1024 * 1024;
const CELLS_MAX: usize = 2_000;

/// A row, and the line on which it begins.
#[derive(Debug)]
pub struct Row<'a> {
    pub line: u64,
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        let (text, ends) = (self.text, self.ends);
        ends.iter().enumerate().map(move |(index, end)| {
            let begin = index.checked_sub(1).map_or(0, |before| ends[before]);
            &text[begin..*end]
        })
    }

    pub const fn len(&self) -> usize {
        self.ends.len()
    }
}

/// What is wrong with the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Something stands behind a closing quote; the rest of the line is passed over.
    Quote {
        line: u64,
    },
    /// A quote that opens on this line and is never closed.
    Unclosed {
        line: u64,
    },
    LineTooLong {
        line: u64,
    },
    TooManyCells {
        line: u64,
    },
}

/// What comes out, in the order of the text.
pub trait Sink {
    fn row(&mut self, row: &Row<'_>);
    fn broken(&mut self, broken: Broken);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing of the row has come.
    RowBegins,
    /// A cell begins here.
    CellBegins,
    Plain,
    Quoted,
    /// Behind a quote within quotes: it closes the cell, or is half of a doubled one.
    Closing,
    /// Until the end of the line.
    Skipping,
    /// There is no going on.
    Over,
}

pub struct Splitter {
    delimiter: u8,
    state: State,
    row: Vec<u8>,
    ends: Vec<usize>,
    line: u64,
    line_bytes: u64,
    /// Where the row, and the quote that is open, began.
    row_line: u64,
    quote_line: u64,
    /// The line feed that belongs to a carriage return is no other end of a line.
    after_return: bool,
}

impl Splitter {
    pub const fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            state: State::RowBegins,
            row: Vec::new(),
            ends: Vec::new(),
            line: 1,
            line_bytes: 0,
            row_line: 1,
            quote_line: 1,
            after_return: false,
        }
    }

    /// On which line it stands.
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// Whether nothing more will be made of what comes.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    pub fn take(&mut self, text: &str, sink: &mut impl Sink) {
        for byte in text.bytes() {
            if self.is_over() {
                return;
            }
            self.byte(byte, sink);
        }
    }

    /// There is no more text.
    pub fn end(&mut self, sink: &mut impl Sink) {
        match self.state {
            State::Quoted => sink.broken(Broken::Unclosed {
                line: self.quote_line,
            }),
            State::CellBegins | State::Plain | State::Closing => self.end_row(sink),
            State::RowBegins | State::Skipping | State::Over => {}
        }
        self.state = State::Over;
    }

    fn byte(&mut self, byte: u8, sink: &mut impl Sink) {
        let is_second_half = byte == b'\n' && std::mem::take(&mut self.after_return);
        self.after_return = byte == b'\r';
        let ends_line = matches!(byte, b'\n' | b'\r');
        if is_second_half {
            if self.state == State::Quoted {
                self.row.push(byte);
            }
            return;
        }
        if ends_line {
            self.line_bytes = 0;
        } else {
            self.line_bytes += 1;
            if self.line_bytes > LINE_BYTES_MAX {
                return self.give_up(Broken::LineTooLong { line: self.line }, sink);
            }
        }
        if self.row.len() >= ROW_BYTES_MAX {
            let line = self.quote_line;
            return self.give_up(Broken::Unclosed { line }, sink);
        }
        self.step(byte, ends_line, sink);
        if ends_line {
            self.line += 1;
        }
    }

    fn step(&mut self, byte: u8, ends_line: bool, sink: &mut impl Sink) {
        match self.state {
            // An empty line is no row.
            State::RowBegins if ends_line => self.row_line = self.line + 1,
            State::RowBegins | State::CellBegins => {
                if self.state == State::RowBegins {
                    self.row_line = self.line;
                }
                if byte == b'"' {
                    self.quote_line = self.line;
                    self.state = State::Quoted;
                } else {
                    self.state = State::Plain;
                    self.plain(byte, ends_line, sink);
                }
            }
            State::Plain => self.plain(byte, ends_line, sink),
            State::Quoted if byte == b'"' => self.state = State::Closing,
            State::Quoted => self.row.push(byte),
            State::Closing if byte == b'"' => {
                self.row.push(byte);
                self.state = State::Quoted;
            }
            State::Closing if byte == self.delimiter || ends_line => {
                self.plain(byte, ends_line, sink);
            }
            State::Closing => {
                sink.broken(Broken::Quote { line: self.line });
                self.clear();
                self.state = State::Skipping;
            }
            State::Skipping if ends_line => self.state = State::RowBegins,
            State::Skipping | State::Over => {}
        }
    }

    fn plain(&mut self, byte: u8, ends_line: bool, sink: &mut impl Sink) {
        if ends_line {
            self.end_row(sink);
        } else if byte == self.delimiter {
            self.ends.push(self.row.len());
            self.state = State::CellBegins;
            if self.ends.len() >= CELLS_MAX {
                let line = self.line;
                self.give_up(Broken::TooManyCells { line }, sink);
            }
        } else {
            self.row.push(byte);
        }
    }

    fn end_row(&mut self, sink: &mut impl Sink) {
        self.ends.push(self.row.len());
        // Only whole characters come in, and only ASCII is taken out.
        if let Ok(text) = std::str::from_utf8(&self.row) {
            sink.row(&Row {
                line: self.row_line,
                text,
                ends: &self.ends,
            });
        }
        self.clear();
        self.state = State::RowBegins;
    }

    fn give_up(&mut self, broken: Broken, sink: &mut impl Sink) {
        sink.broken(broken);
        self.clear();
        self.state = State::Over;
    }

    fn clear(&mut self) {
        self.row.clear();
        self.ends.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen {
        rows: Vec<(u64, Vec<String>)>,
        broken: Vec<Broken>,
    }

    impl Sink for Seen {
        fn row(&mut self, row: &Row<'_>) {
            let cells = row.cells().map(str::to_owned).collect();
            self.rows.push((row.line, cells));
        }

        fn broken(&mut self, broken: Broken) {
            self.broken.push(broken);
        }
    }

    fn split(text: &str) -> Seen {
        let mut whole = Seen::default();
        let mut splitter = Splitter::new(b',');
        splitter.take(text, &mut whole);
        splitter.end(&mut whole);
        // However it is cut, the same comes out.
        let mut cut = Seen::default();
        let mut splitter = Splitter::new(b',');
        for character in text.chars() {
            splitter.take(&character.to_string(), &mut cut);
        }
        splitter.end(&mut cut);
        assert_eq!((&whole.rows, &whole.broken), (&cut.rows, &cut.broken));
        whole
    }

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let seen = split(text);
        assert_eq!(seen.broken, [], "{text:?}");
        seen.rows
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn rows_end_however_lines_end() {
        for text in ["a,b\nc,d\n", "a,b\r\nc,d", "a,b\rc,d\r"] {
            assert_eq!(
                rows(text),
                [row(1, &["a", "b"]), row(2, &["c", "d"])],
                "{text:?}"
            );
        }
        assert_eq!(rows("a\n\n\r\nb"), [row(1, &["a"]), row(4, &["b"])]);
        assert_eq!(rows(",\n"), [row(1, &["", ""])]);
        assert_eq!(rows(""), []);
    }

    #[test]
    fn a_quoted_cell_may_hold_anything() {
        assert_eq!(
            rows("\"a,\"\"b\"\"\r\nc\",d\ne,f\n"),
            [row(1, &["a,\"b\"\r\nc", "d"]), row(3, &["e", "f"])]
        );
        assert_eq!(rows("\"\",\"\"\n"), [row(1, &["", ""])]);
        assert_eq!(rows("5\" pipe,x\n"), [row(1, &["5\" pipe", "x"])]);
    }

    #[test]
    fn what_stands_behind_a_quote_breaks_its_line_alone() {
        let seen = split("a,b\n\"c\"d,e\nf,g\n");
        assert_eq!(seen.broken, [Broken::Quote { line: 2 }]);
        assert_eq!(seen.rows, [row(1, &["a", "b"]), row(3, &["f", "g"])]);
    }

    #[test]
    fn a_quote_that_nobody_closes_is_named_by_the_line_where_it_opens() {
        let seen = split("a,b\nc,\"d\ne,f\ng,h\n");
        assert_eq!(seen.broken, [Broken::Unclosed { line: 2 }]);
        assert_eq!(seen.rows, [row(1, &["a", "b"])]);
    }

    fn fed(begin: &str, text: &str, times: usize) -> (Seen, usize) {
        let mut seen = Seen::default();
        let mut splitter = Splitter::new(b',');
        splitter.take(begin, &mut seen);
        for taken in 0..times {
            if splitter.is_over() {
                return (seen, taken);
            }
            splitter.take(text, &mut seen);
        }
        panic!("it never had enough");
    }

    #[test]
    fn a_line_without_end_is_given_up_early() {
        let (seen, taken) = fed("a,b\n", &"x".repeat(64 * 1024), 1_000);
        assert_eq!(seen.broken, [Broken::LineTooLong { line: 2 }]);
        assert!(taken <= 17, "{taken}");
    }

    #[test]
    fn a_quote_without_end_is_given_up_when_the_row_is_too_long() {
        let (seen, taken) = fed("a,b\nc,\"", &"x\n".repeat(32 * 1024), 1_000);
        assert_eq!(seen.broken, [Broken::Unclosed { line: 2 }]);
        assert!(taken <= 66, "{taken}");
    }

    #[test]
    fn a_row_with_too_many_cells_is_given_up() {
        let (seen, _) = fed("a,b\n", &",".repeat(CELLS_MAX), 2);
        assert_eq!(seen.broken, [Broken::TooManyCells { line: 2 }]);
    }
}
