//! A mail server on loopback that speaks SMTP properly, and misbehaves when it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

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

/// Whether what is said can be overheard.
#[derive(Clone)]
pub enum Secrecy {
    InTheClear,
    /// From the first byte on.
    FromTheStart(TlsAcceptor),
    /// Once the client has asked for it; before that nobody may write.
    WhenAsked(TlsAcceptor),
}

/// What a client has to do before it may write.
#[derive(Clone)]
pub struct Rules {
    pub secrecy: Secrecy,
    /// Who may write, if not everybody: a name and a password.
    pub account: Option<(String, String)>,
}

struct Shared {
    rules: Rules,
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
        Self::with(Rules {
            secrecy: Secrecy::InTheClear,
            account: None,
        })
        .await
    }

    pub async fn with(rules: Rules) -> Self {
        let mut sink = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            shared: Arc::new(Shared {
                rules,
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

    pub fn port(&self) -> u16 {
        self.address.port()
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

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// One connection, and what was said on it so far.
struct Conversation {
    stream: BufReader<Box<dyn Stream>>,
    shared: Arc<Shared>,
    is_secret: bool,
    is_known: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl Conversation {
    async fn hold(stream: TcpStream, shared: Arc<Shared>) {
        let is_known = shared.rules.account.is_none();
        let (stream, is_secret): (Box<dyn Stream>, bool) = match &shared.rules.secrecy {
            Secrecy::FromTheStart(tls) => match tls.accept(stream).await {
                Ok(stream) => (Box::new(stream), true),
                Err(_) => return,
            },
            Secrecy::InTheClear => (Box::new(stream), true),
            Secrecy::WhenAsked(_) => (Box::new(stream), false),
        };
        let conversation = Self {
            stream: BufReader::new(stream),
            shared,
            is_secret,
            is_known,
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
        let line = format!("{line}\r\n");
        self.stream.write_all(line.as_bytes()).await?;
        self.stream.flush().await
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
            if self.stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let said = line.trim_end();
            let verb = said.split(' ').next().unwrap_or("").to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.greet().await?,
                "STARTTLS" => {
                    self.say("220 go on").await?;
                    self = self.in_secret().await?;
                }
                "AUTH" => self.authenticate(said).await?,
                "MAIL" if !self.is_secret => self.say("530 say STARTTLS first").await?,
                "MAIL" if !self.is_known => self.say("530 who are you?").await?,
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

    async fn greet(&mut self) -> std::io::Result<()> {
        let mut lines = vec!["sink.example", "8BITMIME"];
        if !self.is_secret {
            lines.push("STARTTLS");
        } else if self.shared.rules.account.is_some() {
            lines.push("AUTH PLAIN");
        }
        let last = lines.pop().unwrap_or_default();
        for line in lines {
            self.say(&format!("250-{line}")).await?;
        }
        self.say(&format!("250 {last}")).await
    }

    /// Forgets what was said in the clear, as RFC 3207 has it.
    async fn in_secret(self) -> std::io::Result<Self> {
        let Secrecy::WhenAsked(tls) = self.shared.rules.secrecy.clone() else {
            return Err(std::io::Error::other("nothing to begin"));
        };
        assert!(self.stream.buffer().is_empty(), "nothing is said before");
        let stream = tls.accept(self.stream.into_inner()).await?;
        Ok(Self {
            stream: BufReader::new(Box::new(stream)),
            is_secret: true,
            from: None,
            to: Vec::new(),
            ..self
        })
    }

    async fn authenticate(&mut self, said: &str) -> std::io::Result<()> {
        let shown = said.strip_prefix("AUTH PLAIN ").unwrap_or_default();
        let shown = STANDARD.decode(shown).unwrap_or_default();
        let account = self.shared.rules.account.clone();
        let right = account.is_some_and(|(name, password)| {
            self.is_secret && shown == format!("\0{name}\0{password}").into_bytes()
        });
        self.is_known |= right;
        if right {
            self.say("235 welcome").await
        } else {
            self.say("535 that is not so").await
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
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
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
