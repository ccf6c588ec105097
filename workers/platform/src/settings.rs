//! How mail leaves, as the environment says it; nonsense is refused before anything starts.

use std::path::Path;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, Tokio1Executor};
use url::{Host, Url};

use crate::mails::Outbox;

/// The variables that are read here.
pub const VARIABLES: [&str; 4] = [SMTP_URL, SMTP_CA_FILE, MAIL_FROM, PUBLIC_URL];

const SMTP_URL: &str = "TRAINNET_SMTP_URL";
const SMTP_CA_FILE: &str = "TRAINNET_SMTP_CA_FILE";
const MAIL_FROM: &str = "TRAINNET_MAIL_FROM";
const PUBLIC_URL: &str = "TRAINNET_PUBLIC_URL";

const PUBLIC_URL_DEFAULT: &str = "http://127.0.0.1:8080";

/// What the mail server does not do within this time was not done.
const DELIVERY_TIME_MAX: Duration = Duration::from_mins(1);
/// Hints wake the sender; without one it looks this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const REST: Duration = Duration::from_secs(1);

/// Everything that is decided outside the program.
#[derive(Clone, Debug)]
pub struct Settings {
    pub way: Way,
    pub from: Mailbox,
    /// Where people find the platform; without a slash at its end.
    pub public_url: String,
    pub delivery_time_max: Duration,
    /// How long a mail whose time has come may go unnoticed.
    pub look_every: Duration,
    /// How long to wait after an error before trying again.
    pub rest: Duration,
}

/// How mail leaves the program.
#[derive(Clone)]
pub enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Outbox(Outbox),
}

/// It shows no more than which of the two it is: the server's password is none of a log's business.
impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Smtp(_) => f.write_str("Smtp"),
            Self::Outbox(outbox) => f.debug_tuple("Outbox").field(outbox).finish(),
        }
    }
}

/// A variable that cannot be meant. Its value is not shown, as it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} cannot be meant: {remedy}")]
pub struct Nonsense {
    pub variable: &'static str,
    pub remedy: &'static str,
}

impl Settings {
    /// Reads the variables; without a mail server, mail goes to the outbox in the data folder.
    pub fn try_new(
        variable: impl Fn(&str) -> Option<String>,
        data: &Path,
    ) -> Result<Self, Nonsense> {
        let set = |name: &str| {
            let value = variable(name)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let server = set(SMTP_URL);
        let believed = set(SMTP_CA_FILE).as_deref().map(authority).transpose()?;
        let way = match server {
            Some(url) => Way::Smtp(transport(&url, believed)?),
            None => Way::Outbox(Outbox::in_dir(data)),
        };
        let sends = matches!(way, Way::Smtp(_));
        let from = match set(MAIL_FROM) {
            Some(text) => text.parse().map_err(|_| nonsense(MAIL_FROM, A_MAILBOX))?,
            None if sends => return Err(nonsense(MAIL_FROM, MAILBOX_WANTED)),
            None => Mailbox::new(Some("TrainNet".to_owned()), nobody()),
        };
        let public_url = match set(PUBLIC_URL) {
            Some(text) => public(&text)?,
            None if sends => return Err(nonsense(PUBLIC_URL, PUBLIC_URL_WANTED)),
            None => PUBLIC_URL_DEFAULT.to_owned(),
        };
        Ok(Self {
            way,
            from,
            public_url,
            delivery_time_max: DELIVERY_TIME_MAX,
            look_every: LOOK_EVERY,
            rest: REST,
        })
    }
}

const A_SERVER: &str = "give the URL of a mail server, such as smtps://user:password@mail.example \
                        or smtp://user:password@mail.example:587?tls=required, with special \
                        characters percent-encoded";
const NO_PASSWORD_IN_THE_CLEAR: &str = "a password must not travel in the clear: say smtps://, or \
                                        add ?tls=required";
const A_CERTIFICATE: &str = "name a file that holds the certificate in PEM of who vouches for the \
                             mail server";
const NOTHING_TO_BELIEVE: &str = "a mail server that is spoken to in the clear shows no \
                                  certificate: say smtps://, or add ?tls=required";
const A_MAILBOX: &str = "give a sender, such as TrainNet <no-reply@mail.example>";
const MAILBOX_WANTED: &str = "a mail server is set, so say who writes, such as TrainNet \
                              <no-reply@mail.example>";
const A_PUBLIC_URL: &str = "give the address at which people find the platform, such as \
                            https://trainnet.example, with nothing behind the path";
const PUBLIC_URL_WANTED: &str = "a mail server is set, so say where the links in mails lead, such \
                                 as https://trainnet.example";

const fn nonsense(variable: &'static str, remedy: &'static str) -> Nonsense {
    Nonsense { variable, remedy }
}

fn nobody() -> Address {
    Address::new_dangerous("trainnet", "localhost")
}

/// Who vouches for a mail server of one's own.
fn authority(path: &str) -> Result<Certificate, Nonsense> {
    let refusal = nonsense(SMTP_CA_FILE, A_CERTIFICATE);
    let pem = std::fs::read(path).map_err(|_| refusal)?;
    // What has none in it would be read as none, and nobody would be believed.
    let opening = b"-----BEGIN CERTIFICATE-----";
    if !pem.windows(opening.len()).any(|it| it == opening) {
        return Err(refusal);
    }
    Certificate::from_pem(&pem).map_err(|_| refusal)
}

fn transport(
    text: &str,
    believed: Option<Certificate>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, Nonsense> {
    let refusal = |_| nonsense(SMTP_URL, A_SERVER);
    let url = Url::parse(text).map_err(|_| nonsense(SMTP_URL, A_SERVER))?;
    let encrypted = url.scheme() == "smtps"
        || url
            .query_pairs()
            .any(|(key, value)| key == "tls" && value == "required");
    if url.password().is_some() && !encrypted && !is_this_machine(&url) {
        return Err(nonsense(SMTP_URL, NO_PASSWORD_IN_THE_CLEAR));
    }
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(text).map_err(refusal)?;
    if let (Some(authority), Some(host)) = (believed, url.host_str()) {
        if !encrypted {
            return Err(nonsense(SMTP_CA_FILE, NOTHING_TO_BELIEVE));
        }
        let parameters = TlsParameters::builder(host.to_owned()).add_root_certificate(authority);
        let parameters = parameters
            .build_rustls()
            .map_err(|_| nonsense(SMTP_CA_FILE, A_CERTIFICATE))?;
        builder = builder.tls(if url.scheme() == "smtps" {
            Tls::Wrapper(parameters)
        } else {
            Tls::Required(parameters)
        });
    }
    Ok(builder.timeout(Some(DELIVERY_TIME_MAX)).build())
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        // To a scheme it does not know, the URL's reader takes an address for a name.
        Some(Host::Domain(name)) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn public(text: &str) -> Result<String, Nonsense> {
    let refusal = nonsense(PUBLIC_URL, A_PUBLIC_URL);
    let url = Url::parse(text).map_err(|_| refusal)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !plain {
        return Err(refusal);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, Nonsense> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        Settings::try_new(variable, Path::new("data"))
    }

    fn sending(url: &str) -> Result<Settings, Nonsense> {
        settings(&[
            (SMTP_URL, url),
            (MAIL_FROM, "TrainNet <no-reply@mail.example>"),
            (PUBLIC_URL, "https://trainnet.example/"),
        ])
    }

    #[test]
    fn without_a_server_mail_goes_to_the_outbox() {
        let settings = settings(&[(SMTP_URL, " ")]).unwrap();
        assert!(matches!(&settings.way, Way::Outbox(outbox)
            if outbox.folder() == Path::new("data/outbox")));
        assert_eq!(settings.public_url, PUBLIC_URL_DEFAULT);
    }

    #[test]
    fn with_a_server_links_lead_to_the_public_address() {
        let settings = sending("smtps://user:secret@mail.example").unwrap();
        assert!(matches!(settings.way, Way::Smtp(_)));
        assert_eq!(settings.public_url, "https://trainnet.example");
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn whoever_names_a_server_names_a_sender_and_a_public_address() {
        let server = (SMTP_URL, "smtp://mail.example");
        let refused = settings(&[server]).unwrap_err();
        assert_eq!(refused.variable, MAIL_FROM);
        let refused = settings(&[server, (MAIL_FROM, "a@mail.example")]).unwrap_err();
        assert_eq!(refused.variable, PUBLIC_URL);
    }

    #[test]
    fn a_password_does_not_travel_in_the_clear() {
        for url in [
            "smtp://user:secret@mail.example",
            "smtp://user:secret@mail.example?tls=opportunistic",
            "smtp://user:secret@127.0.0.1.example",
        ] {
            let refused = sending(url).unwrap_err();
            assert_eq!(refused.remedy, NO_PASSWORD_IN_THE_CLEAR, "{url}");
            assert!(!refused.to_string().contains("secret"));
        }
        for url in [
            "smtp://user:secret@mail.example?tls=required",
            "smtp://user:secret@127.0.0.1:1025",
            "smtp://user:secret@localhost:1025",
            "smtp://mail.example:25",
        ] {
            assert!(sending(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn nonsense_is_refused_by_the_name_of_its_variable() {
        for url in [
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://a?tls=yes",
        ] {
            assert_eq!(sending(url).unwrap_err().variable, SMTP_URL, "{url}");
        }
        for from in ["nobody", "TrainNet <>", "a@b@c"] {
            let refused = settings(&[(MAIL_FROM, from)]).unwrap_err();
            assert_eq!(refused.variable, MAIL_FROM, "{from}");
        }
        for url in [
            "trainnet.example",
            "ftp://trainnet.example",
            "https://user@trainnet.example",
            "https://trainnet.example/?a",
            "https://trainnet.example/#a",
        ] {
            let refused = settings(&[(PUBLIC_URL, url)]).unwrap_err();
            assert_eq!(refused.variable, PUBLIC_URL, "{url}");
        }
    }

    #[test]
    fn every_variable_is_in_the_list() {
        let asked = std::cell::RefCell::new(Vec::new());
        let variable = |name: &str| {
            asked.borrow_mut().push(name.to_owned());
            None
        };
        Settings::try_new(variable, Path::new("data")).unwrap();
        assert_eq!(*asked.borrow(), VARIABLES);
    }
}
