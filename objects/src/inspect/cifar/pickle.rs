//! Reads the words of a pickled batch, and does nothing of what they ask for.
//!
//! A pickle is a program: it may name anything that Python can import, and call it. Here names are
//! only compared with those that arrays of numbers need; any other is a refusal. What would be made
//! by a call is remembered as something that was made, and no more.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};

/// What an array of numbers is put together with, in old and in new versions.
const KNOWN: [(&str, &str); 9] = [
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
    ("__builtin__", "bytes"),
    ("builtins", "bytes"),
];
/// All of a batch is some ten thousand values.
const STEPS_MAX: u64 = 4_000_000;
const TEXT_BYTES_MAX: usize = 256;
const STACK_MAX: usize = 1_000_000;
const MEMO_MAX: usize = 500_000;

/// What is known of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How often each label stands there, if there are any.
    pub labels: Option<BTreeMap<i64, u64>>,
    /// How many bytes of pixels there are.
    pub data_bytes: u64,
}

#[derive(Debug)]
pub enum Refused {
    Io(io::Error),
    Says(&'static str),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

const BROKEN: Refused = Refused::Says("It is no pickled batch.");
const TOO_LARGE: Refused = Refused::Says("It is larger than any batch.");

/// A value, as far as it matters.
#[derive(Clone, Debug)]
enum Value {
    Mark,
    Number(i64),
    Text(String),
    /// So many bytes.
    Bytes(u64),
    /// Numbers in it, by how often they stand there; nothing where it holds anything else.
    List(Option<BTreeMap<i64, u64>>),
    Tuple(Vec<Value>),
    Dict(Found),
    /// Something with a name, or that a call would make; with the bytes that went into it.
    Made(u64),
    Nothing,
}

struct Machine<'a, R> {
    reader: &'a mut R,
    stack: Vec<Value>,
    memo: HashMap<u64, Value>,
    next_memo: u64,
}

pub fn read(reader: &mut impl Read) -> Result<Found, Refused> {
    let mut machine = Machine {
        reader,
        stack: Vec::new(),
        memo: HashMap::new(),
        next_memo: 0,
    };
    for _ in 0..STEPS_MAX {
        let word = machine.byte()?;
        if word == b'.' {
            return match machine.pop()? {
                Value::Dict(found) => Ok(found),
                _ => Err(BROKEN),
            };
        }
        machine.step(word)?;
        if machine.stack.len() > STACK_MAX || machine.memo.len() > MEMO_MAX {
            return Err(TOO_LARGE);
        }
    }
    Err(TOO_LARGE)
}

impl<R: Read> Machine<'_, R> {
    fn step(&mut self, word: u8) -> Result<(), Refused> {
        match word {
            0x80 => drop(self.byte()?),
            0x95 => drop(self.little(8)?),
            b'(' => self.stack.push(Value::Mark),
            b'N' => self.stack.push(Value::Nothing),
            0x88 | 0x89 => self.stack.push(Value::Number(i64::from(word == 0x88))),
            b'K' => self.number(1)?,
            b'M' => self.number(2)?,
            b'J' => {
                let number = u32::try_from(self.little(4)?).unwrap_or(0);
                self.stack.push(Value::Number(number.cast_signed().into()));
            }
            0x8a => self.long()?,
            b'I' => self.written_number()?,
            b'U' | b'T' | 0x8c | b'X' | 0x8d | b'C' | b'B' | 0x8e | 0x96 | b'S' => {
                self.text(word)?;
            }
            b')' => self.stack.push(Value::Tuple(Vec::new())),
            b']' => self.stack.push(Value::List(Some(BTreeMap::new()))),
            b'}' => self.stack.push(Value::Dict(Found::default())),
            b'l' => {
                let items = self.since_mark()?;
                self.stack.push(listed(Some(BTreeMap::new()), items));
            }
            b't' => {
                let items = self.since_mark()?;
                self.stack.push(Value::Tuple(items));
            }
            0x85..=0x87 => self.tuple(usize::from(word - 0x84))?,
            b'a' | b'e' => self.append(word == b'e')?,
            b's' | b'u' => self.set_items(word == b'u')?,
            b'd' => {
                let items = self.since_mark()?;
                self.stack.push(Value::Dict(Found::default()));
                self.fill(items)?;
            }
            b'q' | b'r' | b'p' | 0x94 => self.remember(word)?,
            b'h' | b'j' | b'g' => self.recall(word)?,
            b'c' => self.named()?,
            0x93 => self.named_on_stack()?,
            b'R' | 0x81 | b'b' => self.made(word)?,
            b'0' => drop(self.pop()?),
            _ => return Err(Refused::Says("It asks for something that no batch needs.")),
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, Refused> {
        let mut byte = [0];
        self.reader.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    fn little(&mut self, bytes: usize) -> Result<u64, Refused> {
        let mut number = [0; 8];
        self.reader.read_exact(&mut number[..bytes])?;
        Ok(u64::from_le_bytes(number))
    }

    fn line(&mut self) -> Result<String, Refused> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return String::from_utf8(line).map_err(|_| BROKEN),
                byte if line.len() < TEXT_BYTES_MAX => line.push(byte),
                _ => return Err(BROKEN),
            }
        }
    }

    fn pop(&mut self) -> Result<Value, Refused> {
        self.stack.pop().ok_or(BROKEN)
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, Refused> {
        let is_mark = |value: &Value| matches!(value, Value::Mark);
        let mark = self.stack.iter().rposition(is_mark).ok_or(BROKEN)?;
        let items = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(items)
    }

    fn number(&mut self, bytes: usize) -> Result<(), Refused> {
        let number = i64::try_from(self.little(bytes)?).map_err(|_| BROKEN)?;
        self.stack.push(Value::Number(number));
        Ok(())
    }

    /// A number of as many bytes as it takes; no label takes more than eight.
    fn long(&mut self) -> Result<(), Refused> {
        let length = usize::from(self.byte()?);
        if length > 8 {
            return Err(BROKEN);
        }
        let number = self.little(length)?;
        self.stack.push(Value::Number(number.cast_signed()));
        Ok(())
    }

    fn written_number(&mut self) -> Result<(), Refused> {
        let number = self.line()?.trim().parse().map_err(|_| BROKEN)?;
        self.stack.push(Value::Number(number));
        Ok(())
    }

    /// Short ones are kept: names of columns are among them. Long ones are pixels, and counted.
    fn text(&mut self, word: u8) -> Result<(), Refused> {
        if word == b'S' {
            let text = self.line()?;
            let text = text.trim_matches(['\'', '"']).to_owned();
            self.stack.push(Value::Text(text));
            return Ok(());
        }
        let length = match word {
            b'U' | 0x8c | b'C' => self.little(1)?,
            b'T' | b'X' | b'B' => self.little(4)?,
            _ => self.little(8)?,
        };
        if let Some(room) = usize::try_from(length)
            .ok()
            .filter(|it| *it <= TEXT_BYTES_MAX)
        {
            let mut text = vec![0; room];
            self.reader.read_exact(&mut text)?;
            let text = String::from_utf8_lossy(&text).into_owned();
            self.stack.push(Value::Text(text));
            return Ok(());
        }
        let is_text = matches!(word, 0x8c | b'X' | 0x8d);
        let bytes = self.pass(length, is_text)?;
        self.stack.push(Value::Bytes(bytes));
        Ok(())
    }

    /// Passes over bytes. Where they are text, each character stands for one: so Python writes
    /// bytes in its older ways.
    fn pass(&mut self, length: u64, is_text: bool) -> Result<u64, Refused> {
        let mut chunk = [0; 4096];
        let (mut left, mut characters) = (length, 0_u64);
        while left > 0 {
            let room = usize::try_from(left)
                .unwrap_or(chunk.len())
                .min(chunk.len());
            self.reader.read_exact(&mut chunk[..room])?;
            let begins = chunk[..room].iter().filter(|it| **it & 0xC0 != 0x80);
            characters += u64::try_from(begins.count()).unwrap_or(0);
            left -= u64::try_from(room).unwrap_or(left);
        }
        Ok(if is_text { characters } else { length })
    }

    fn tuple(&mut self, count: usize) -> Result<(), Refused> {
        let begin = self.stack.len().checked_sub(count).ok_or(BROKEN)?;
        let items = self.stack.split_off(begin);
        self.stack.push(Value::Tuple(items));
        Ok(())
    }

    fn append(&mut self, many: bool) -> Result<(), Refused> {
        let items = if many {
            self.since_mark()?
        } else {
            vec![self.pop()?]
        };
        let Value::List(numbers) = self.pop()? else {
            return Err(BROKEN);
        };
        self.stack.push(listed(numbers, items));
        Ok(())
    }

    fn set_items(&mut self, many: bool) -> Result<(), Refused> {
        let items = if many {
            self.since_mark()?
        } else {
            let value = self.pop()?;
            vec![self.pop()?, value]
        };
        self.fill(items)
    }

    /// Puts pairs into the dictionary on the stack; only those of a batch are looked at.
    fn fill(&mut self, items: Vec<Value>) -> Result<(), Refused> {
        let Some(Value::Dict(found)) = self.stack.last_mut() else {
            return Err(BROKEN);
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            let Value::Text(key) = key else { continue };
            match (key.as_str(), value) {
                ("labels", Value::List(numbers)) => found.labels = numbers,
                ("data", Value::Made(bytes)) => found.data_bytes = bytes,
                _ => {}
            }
        }
        Ok(())
    }

    fn place(&mut self, word: u8) -> Result<u64, Refused> {
        match word {
            b'q' | b'h' => self.little(1),
            b'r' | b'j' => self.little(4),
            _ => self.line()?.trim().parse().map_err(|_| BROKEN),
        }
    }

    /// Of a container only that there is one: it will be filled where it stands.
    fn remember(&mut self, word: u8) -> Result<(), Refused> {
        let place = if word == 0x94 {
            self.next_memo += 1;
            self.next_memo - 1
        } else {
            self.place(word)?
        };
        let value = match self.stack.last() {
            None => return Err(BROKEN),
            Some(Value::List(_) | Value::Dict(_) | Value::Tuple(_)) => Value::Nothing,
            Some(value) => value.clone(),
        };
        self.memo.insert(place, value);
        Ok(())
    }

    fn recall(&mut self, word: u8) -> Result<(), Refused> {
        let place = self.place(word)?;
        let value = self.memo.get(&place).cloned().ok_or(BROKEN)?;
        self.stack.push(value);
        Ok(())
    }

    fn named(&mut self) -> Result<(), Refused> {
        let (module, name) = (self.line()?, self.line()?);
        self.name(&module, &name)
    }

    fn named_on_stack(&mut self) -> Result<(), Refused> {
        match (self.pop()?, self.pop()?) {
            (Value::Text(name), Value::Text(module)) => self.name(&module, &name),
            _ => Err(BROKEN),
        }
    }

    fn name(&mut self, module: &str, name: &str) -> Result<(), Refused> {
        if !KNOWN.contains(&(module, name)) {
            return Err(Refused::Says("It asks for something that no batch needs."));
        }
        self.stack.push(Value::Made(0));
        Ok(())
    }

    /// Something is made of what went before, or told what it is: all that counts is how many bytes
    /// it was given.
    fn made(&mut self, word: u8) -> Result<(), Refused> {
        let given = self.pop()?;
        let before = self.pop()?;
        let Value::Made(so_far) = before else {
            return Err(BROKEN);
        };
        let bytes = if word == b'b' || so_far == 0 {
            so_far.max(bytes_in(&given))
        } else {
            so_far
        };
        self.stack.push(Value::Made(bytes));
        Ok(())
    }
}

fn listed(numbers: Option<BTreeMap<i64, u64>>, items: Vec<Value>) -> Value {
    let Some(mut numbers) = numbers else {
        return Value::List(None);
    };
    for item in items {
        let Value::Number(number) = item else {
            return Value::List(None);
        };
        // No batch has so many labels; whoever sends more sends something else.
        if numbers.len() >= 1_000 && !numbers.contains_key(&number) {
            return Value::List(None);
        }
        *numbers.entry(number).or_default() += 1;
    }
    Value::List(Some(numbers))
}

/// The most bytes that stand anywhere in it.
fn bytes_in(value: &Value) -> u64 {
    match value {
        Value::Bytes(bytes) | Value::Made(bytes) => *bytes,
        Value::Text(text) => u64::try_from(text.len()).unwrap_or(u64::MAX),
        Value::Tuple(items) => items.iter().map(bytes_in).max().unwrap_or(0),
        Value::Mark | Value::Number(_) | Value::List(_) | Value::Dict(_) | Value::Nothing => 0,
    }
}
