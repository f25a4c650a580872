//! Text as records of fields (RFC 4180), each with the place where it begins.

/// One field with the place where it begins, both counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The text, quotes removed.
    pub text: String,
    /// Line of the file.
    pub line: usize,
    /// Character within the line.
    pub column: usize,
}

/// What is wrong with a table, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct TableError {
    /// Line of the file, from 1.
    pub line: usize,
    /// Character within the line, from 1.
    pub column: usize,
    /// What is wrong, and what to write.
    pub problem: String,
}

impl Field {
    pub(in crate::register) fn refuse(&self, problem: impl Into<String>) -> TableError {
        TableError {
            line: self.line,
            column: self.column,
            problem: problem.into(),
        }
    }
}

/// Splits a table into records. Empty lines and lines that begin with `#` are left out.
///
/// # Errors
/// A quote that is not closed, or stands inside a field that does not begin with one.
pub fn records(text: &str) -> Result<Vec<Vec<Field>>, TableError> {
    records_parted_by(',', text)
}

/// The same, of fields parted by another sign: where a comma stands before fractions, spreadsheets part
/// fields by `;`.
///
/// # Errors
/// As [`records`].
pub fn records_parted_by(separator: char, text: &str) -> Result<Vec<Vec<Field>>, TableError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        chars: text.chars().peekable(),
        separator,
        line: 1,
        column: 1,
    };
    let mut records = Vec::new();
    while let Some(next) = reader.chars.peek() {
        match next {
            '#' => while reader.next().is_some_and(|c| c != '\n') {},
            '\r' | '\n' => drop(reader.next()),
            _ => records.push(reader.record()?),
        }
    }
    Ok(records)
}

struct Reader<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    line: usize,
    column: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        if c == '\n' {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn record(&mut self) -> Result<Vec<Field>, TableError> {
        let mut fields = Vec::new();
        loop {
            fields.push(self.field()?);
            match self.next() {
                Some(c) if c == self.separator => {}
                _ => return Ok(fields),
            }
        }
    }

    /// One field; stops before the comma or line break that ends it.
    fn field(&mut self) -> Result<Field, TableError> {
        let mut field = Field {
            text: String::new(),
            line: self.line,
            column: self.column,
        };
        let quoted = self.chars.peek() == Some(&'"');
        if quoted {
            self.next();
            loop {
                match self.next() {
                    Some('"') if self.chars.peek() == Some(&'"') => {
                        self.next();
                        field.text.push('"');
                    }
                    Some('"') => break,
                    Some(c) => field.text.push(c),
                    None => return Err(field.refuse("this quote is not closed")),
                }
            }
        }
        while let Some(next) = self.chars.peek().copied() {
            match next {
                '\n' => break,
                c if c == self.separator => break,
                '\r' => drop(self.next()),
                c if quoted || c == '"' => {
                    return Err(TableError {
                        line: self.line,
                        column: self.column,
                        problem: format!(
                            "`{}` here: put the whole field in quotes and double those inside",
                            c.escape_default()
                        ),
                    });
                }
                c => {
                    field.text.push(c);
                    self.next();
                }
            }
        }
        Ok(field)
    }
}
