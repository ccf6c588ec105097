//! A mail server on loopback that speaks SMTP properly, and misbehaves when it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the server does with the next mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Accept,
    /// Answers the recipient with this code.
    RefuseRecipient(u16),
    /// Answers the mail itself with this code, after having read it.
    RefuseMail(u16),
    /// Takes the connection and never says a word.
    Hang,
    /// Takes the mail and closes the connection without saying so.
    TakeAndDrop,
    /// Takes the mail and says so only when its manner changes.
    TakeAndWait,
}

/// A mail that the server took.
#[derive(Clone, Debug)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    pub message: Vec<u8>,
}

impl Taken {
    pub fn parsed(&self) -> mail_parser::Message<'_> {
        MessageParser::default().parse(&self.message).unwrap()
    }

    pub fn subject(&self) -> String {
        self.parsed().subject().unwrap().to_owned()
    }

    pub fn message_id(&self) -> String {
        self.parsed().message_id().unwrap().to_owned()
    }

    pub fn text(&self) -> String {
        self.parsed().body_text(0).unwrap().into_owned()
    }
}

struct Shared {
    manner: watch::Sender<Manner>,
    taken: Mutex<Vec<Taken>>,
    count: watch::Sender<usize>,
    greeted: watch::Sender<usize>,
}

pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

impl Sink {
    pub async fn start() -> Self {
        let mut sink = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            shared: Arc::new(Shared {
                manner: watch::Sender::new(Manner::Accept),
                taken: Mutex::default(),
                count: watch::Sender::new(0),
                greeted: watch::Sender::new(0),
            }),
            serving: None,
        };
        sink.open().await;
        sink
    }

    /// Listens, at the same port as before if it ever did.
    pub async fn open(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let shared = Arc::clone(&self.shared);
        self.serving = Some(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Conversation::hold(stream, Arc::clone(&shared)));
            }
        }));
    }

    /// Nobody listens any more.
    pub async fn close(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            assert!(serving.await.unwrap_err().is_cancelled());
        }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn behave(&self, manner: Manner) {
        self.shared.manner.send_replace(manner);
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().unwrap().clone()
    }

    /// Waits until so many mails were taken in all.
    pub async fn until_taken(&self, count: usize) -> Vec<Taken> {
        let mut counted = self.shared.count.subscribe();
        counted.wait_for(|taken| *taken >= count).await.unwrap();
        self.taken()
    }

    /// Waits until so many connections were made in all.
    pub async fn until_greeted(&self, count: usize) {
        let mut counted = self.shared.greeted.subscribe();
        counted.wait_for(|greeted| *greeted >= count).await.unwrap();
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }
}

/// One connection, and what was said on it so far.
struct Conversation {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    shared: Arc<Shared>,
    from: Option<String>,
    to: Vec<String>,
}

impl Conversation {
    async fn hold(stream: TcpStream, shared: Arc<Shared>) {
        let (reader, writer) = stream.into_split();
        let conversation = Self {
            reader: BufReader::new(reader),
            writer,
            shared,
            from: None,
            to: Vec::new(),
        };
        // A client that hangs up has said all it wanted to.
        drop(conversation.talk().await);
    }

    fn manner(&self) -> Manner {
        *self.shared.manner.borrow()
    }

    async fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.writer
            .write_all(format!("{line}\r\n").as_bytes())
            .await
    }

    async fn talk(mut self) -> std::io::Result<()> {
        self.shared.greeted.send_modify(|count| *count += 1);
        if self.manner() == Manner::Hang {
            return std::future::pending().await;
        }
        self.say("220 sink.example ESMTP").await?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.reader.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let said = line.trim_end();
            let verb = said.split(' ').next().unwrap_or("").to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.say("250-sink.example\r\n250 8BITMIME").await?,
                "HELO" | "NOOP" => self.say("250 sink.example").await?,
                "RSET" => {
                    (self.from, self.to) = (None, Vec::new());
                    self.say("250 forgotten").await?;
                }
                "MAIL" => {
                    self.from = Some(path(said));
                    self.say("250 sender noted").await?;
                }
                "RCPT" => self.recipient(path(said)).await?,
                "DATA" if self.from.is_none() || self.to.is_empty() => {
                    self.say("503 who writes to whom?").await?;
                }
                "DATA" => {
                    if !self.data().await? {
                        return Ok(());
                    }
                }
                "QUIT" => return self.say("221 goodbye").await,
                _ => self.say("500 this server does not know that").await?,
            }
        }
    }

    async fn recipient(&mut self, to: String) -> std::io::Result<()> {
        match (self.manner(), &self.from) {
            (_, None) => self.say("503 who writes?").await,
            // As real servers do, it says the address back.
            (Manner::RefuseRecipient(code), Some(_)) => self.say(&format!("{code} <{to}>?")).await,
            (_, Some(_)) => {
                self.to.push(to);
                self.say("250 recipient noted").await
            }
        }
    }

    /// Takes the mail itself; false if the conversation is to end on it.
    async fn data(&mut self) -> std::io::Result<bool> {
        self.say("354 go on").await?;
        let mut message = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.reader.read_until(b'\n', &mut line).await? == 0 {
                return Ok(false);
            }
            if line == b".\r\n" {
                break;
            }
            message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let manner = self.manner();
        if let Manner::RefuseMail(code) = manner {
            self.say(&format!("{code} not now")).await?;
            return Ok(true);
        }
        let taken = Taken {
            from: self.from.take().unwrap_or_default(),
            to: std::mem::take(&mut self.to),
            message,
        };
        self.shared.taken.lock().unwrap().push(taken);
        self.shared.count.send_modify(|count| *count += 1);
        match manner {
            Manner::TakeAndDrop => return Ok(false),
            Manner::TakeAndWait => {
                let mut manner = self.shared.manner.subscribe();
                drop(manner.wait_for(|now| *now != Manner::TakeAndWait).await);
            }
            _ => {}
        }
        self.say("250 taken").await?;
        Ok(true)
    }
}

/// What stands between the angle brackets.
fn path(said: &str) -> String {
    let after = said.split_once('<').map_or("", |(_, after)| after);
    after.split('>').next().unwrap_or("").to_owned()
}
