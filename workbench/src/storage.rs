//! A real S3 on this machine's loopback: one that checks signatures, started once a process.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use object_store::aws::AmazonS3Builder;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpService,
};
use object_store::signer::Signer as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_mins(1);
const WHO: &str = "trainnet-tests";
const SECRET: &str = "not-a-secret-but-long-enough";

/// Where a bucket of one's own is, and what it knows us by.
#[derive(Clone, Debug)]
pub struct Bucket {
    pub name: String,
    pub endpoint: String,
    pub access_key: &'static str,
    pub secret_key: &'static str,
}

/// Ends when the test's process is gone, however that comes about.
struct Storage {
    _child: Child,
    _folder: tempfile::TempDir,
    endpoint: String,
    address: String,
}

/// Free a moment ago, and so is the port that is ten thousand above, which is taken too.
fn ports() -> Vec<u16> {
    let mut held = Vec::new();
    while held.len() < 4 {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("this machine has room for it");
        let port = listener
            .local_addr()
            .expect("this machine has room for it")
            .port();
        let above = port.checked_add(10_000);
        let above = above.and_then(|it| TcpListener::bind((Ipv4Addr::LOCALHOST, it)).ok());
        if let Some(above) = above {
            held.push((port, listener, above));
        }
    }
    held.into_iter().map(|(port, ..)| port).collect()
}

fn start() -> Storage {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let program = root.join(".trainnet/seaweedfs/bin/weed");
    assert!(
        program.exists(),
        "there is no S3 to test against; `cargo xtask setup --tests` installs one"
    );
    let folder = tempfile::tempdir().expect("this machine has room for it");
    let identities = format!(
        "{{\"identities\":[{{\"name\":\"tests\",\"credentials\":[{{\"accessKey\":\"{WHO}\",\
         \"secretKey\":\"{SECRET}\"}}],\"actions\":[\"Admin\",\"Read\",\"Write\",\"List\"]}}]}}"
    );
    let config = folder.path().join("s3.json");
    std::fs::write(&config, identities).expect("this machine has room for it");
    let [master, volume, filer, s3] = ports().try_into().expect("this machine has room for it");
    let mut command = Command::new(program);
    command
        .args([
            "-logtostderr=false",
            "server",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
        ])
        .args(["-s3", "-volume.max=20", "-master.volumeSizeLimitMB=64"])
        .arg(format!("-dir={}", folder.path().display()))
        .arg(format!("-master.port={master}"))
        .arg(format!("-volume.port={volume}"))
        .arg(format!("-filer.port={filer}"))
        .arg(format!("-s3.port={s3}"))
        .args([
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.ip.bind=127.0.0.1",
        ])
        .arg(format!("-s3.config={}", config.display()))
        .current_dir(folder.path());
    let child = end_with_us(&command)
        .spawn()
        .expect("this machine has room for it");
    Storage {
        _child: child,
        _folder: folder,
        endpoint: format!("http://127.0.0.1:{s3}"),
        address: format!("127.0.0.1:{s3}"),
    }
}

/// A shell that waits for us to be gone, however that comes about, and ends it then.
fn end_with_us(command: &Command) -> Command {
    let mut shell = Command::new("setsid");
    let us = std::process::id();
    let script = format!(
        "\"$@\" & child=$!; while kill -0 {us} 2>/dev/null && kill -0 $child 2>/dev/null; \
         do sleep 0.2; done; kill $child 2>/dev/null; wait $child"
    );
    shell
        .args(["bash", "-c", &script, "bash"])
        .arg(command.get_program());
    shell.args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder).env("HOME", folder);
    }
    shell
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    shell
}

/// Nobody speaks for us: to sign, nobody has to.
#[derive(Debug)]
struct Silence;

#[async_trait::async_trait]
impl HttpService for Silence {
    async fn call(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
        let silence = std::io::Error::other("nobody speaks here");
        Err(HttpError::new(HttpErrorKind::Unknown, silence))
    }
}

impl HttpConnector for Silence {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Self))
    }
}

/// Makes a bucket, on a storage that is started for the first of them.
pub async fn bucket(name: &str) -> Bucket {
    static STORAGE: OnceLock<Storage> = OnceLock::new();
    let storage = STORAGE.get_or_init(start);
    let begun = Instant::now();
    while let Err(error) = make(storage, name).await {
        assert!(
            begun.elapsed() < PATIENCE,
            "the storage does not come up: {error}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Bucket {
        name: name.to_owned(),
        endpoint: storage.endpoint.clone(),
        access_key: WHO,
        secret_key: SECRET,
    }
}

/// By a request that is signed like any other: a PUT of its name.
async fn make(storage: &Storage, name: &str) -> Result<(), String> {
    let signer = AmazonS3Builder::new()
        .with_bucket_name(name)
        .with_region("us-east-1")
        .with_access_key_id(WHO)
        .with_secret_access_key(SECRET)
        .with_endpoint(&storage.endpoint)
        .with_allow_http(true)
        .with_http_connector(Silence)
        .build()
        .map_err(|error| error.to_string())?;
    let root = object_store::path::Path::from("");
    let minute = Duration::from_mins(1);
    let url = signer.signed_url(http::Method::PUT, &root, minute).await;
    let url = url.map_err(|error| error.to_string())?;
    let place = &url[url::Position::BeforePath..];
    let asked = format!(
        "PUT {place} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        storage.address
    );
    let answered = async {
        let mut stream = TcpStream::connect(&storage.address).await?;
        stream.write_all(asked.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = answered.await.map_err(|error| error.to_string())?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if matches!(status, "200" | "409") {
        Ok(())
    } else {
        Err(answer)
    }
}
