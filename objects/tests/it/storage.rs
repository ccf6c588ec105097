//! SeaweedFS on this machine's loopback: an S3 that checks signatures, started once for all tests.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use objects::{Place, Reach, Shelf, Transport};

const PATIENCE: Duration = Duration::from_secs(60);
const WHO: &str = "trainnet-tests";
const SECRET: &str = "not-a-secret-but-long-enough";

/// Ends with the test's process, which is asked to see to it.
struct Storage {
    _child: Child,
    _folder: tempfile::TempDir,
    endpoint: String,
}

/// Free a moment ago, and so is the port that is ten thousand above, which is taken too.
fn ports() -> Vec<u16> {
    let mut held = Vec::new();
    while held.len() < 4 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
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
    let folder = tempfile::tempdir().unwrap();
    let identities = serde_json::json!({ "identities": [{
        "name": "tests",
        "credentials": [{ "accessKey": WHO, "secretKey": SECRET }],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }]});
    let config = folder.path().join("s3.json");
    std::fs::write(&config, identities.to_string()).unwrap();
    let [master, volume, filer, s3] = ports().try_into().unwrap();
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
    let child = end_with_us(&command).spawn().unwrap();
    Storage {
        _child: child,
        _folder: folder,
        endpoint: format!("http://127.0.0.1:{s3}"),
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

fn place(bucket: &str, endpoint: &str, secret: &str) -> Place {
    Place::S3 {
        bucket: bucket.to_owned(),
        prefix: "in/here/".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        region: "us-east-1".to_owned(),
        access_key: WHO.to_owned(),
        secret_key: secret.to_owned(),
    }
}

/// A bucket of one's own.
pub struct Bucket {
    pub shelf: Shelf,
    pub stranger: Shelf,
}

pub async fn bucket(name: &str) -> Bucket {
    static STORAGE: OnceLock<Storage> = OnceLock::new();
    let storage = STORAGE.get_or_init(start);
    let root = place(name, &storage.endpoint, SECRET);
    let begun = Instant::now();
    // The bucket is made by a request that is signed like any other: a PUT of its name.
    while let Err(error) = make(&root).await {
        assert!(
            begun.elapsed() < PATIENCE,
            "the storage does not come up: {error}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Bucket {
        shelf: Shelf::open(&root).unwrap(),
        stranger: Shelf::open(&place(name, &storage.endpoint, "wrong")).unwrap(),
    }
}

async fn make(place: &Place) -> Result<(), String> {
    use object_store::aws::AmazonS3Builder;
    use object_store::signer::Signer as _;
    let Place::S3 {
        bucket, endpoint, ..
    } = place
    else {
        unreachable!("it was made above")
    };
    let endpoint = endpoint.as_deref().unwrap();
    let signer = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region("us-east-1")
        .with_access_key_id(WHO)
        .with_secret_access_key(SECRET)
        .with_endpoint(endpoint)
        .with_allow_http(true)
        .with_http_connector(Nobody)
        .build()
        .unwrap();
    let root = object_store::path::Path::from("");
    let url = signer.signed_url(Method::PUT, &root, Duration::from_secs(60));
    let url = url.await.map_err(|error| error.to_string())?;
    let reply = ask(Method::PUT, url.as_str(), b"").await?;
    match reply.status().as_u16() {
        200 | 409 => Ok(()),
        status => Err(format!("{status}: {:?}", reply.body())),
    }
}

/// The builder wants to know who speaks; to sign, nobody has to.
#[derive(Debug)]
struct Nobody;

impl object_store::client::HttpConnector for Nobody {
    fn connect(
        &self,
        _: &object_store::client::ClientOptions,
    ) -> object_store::Result<object_store::client::HttpClient> {
        Ok(object_store::client::HttpClient::new(Transport::new(
            Reach::Anybody,
        )))
    }
}

/// Asks like anybody who has nothing but a link.
pub async fn ask(method: Method, url: &str, body: &[u8]) -> Result<Response<Bytes>, String> {
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header("content-length", body.len())
        .body(Full::new(Bytes::copy_from_slice(body)))
        .unwrap();
    let sent = Transport::new(Reach::Anybody).send(request).await;
    let (parts, body) = sent.map_err(|error| format!("{error:?}"))?.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}
