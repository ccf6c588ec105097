//! A seal finds what a chain that is sound in itself cannot show: that it was longer.

use std::os::unix::fs::PermissionsExt;

use ledger::Currency::Usd;
use store::Context;

use crate::harness::{Bench, Said, ask, legs, moving, text, tool};
use crate::history;

struct Sealed {
    folder: tempfile::TempDir,
}

impl Sealed {
    fn path(&self, name: &str) -> String {
        text(&self.folder.path().join(name)).to_owned()
    }

    async fn verify(&self, bench: &Bench) -> Said {
        let (seal, key) = (self.path("seal"), self.path("key.pub"));
        bench
            .ask(&["--json", "verify", "--seal", &seal, "--public-key", &key])
            .await
    }
}

async fn sealed(bench: &Bench) -> Sealed {
    let sealed = Sealed {
        folder: tempfile::tempdir().unwrap(),
    };
    let key = sealed.path("key");
    let said = bench
        .ask(&["seal", "--key", &key, "--generate"])
        .await
        .expect(0);
    std::fs::write(sealed.path("seal"), said.out).unwrap();
    sealed
}

#[tokio::test]
async fn a_log_that_went_on_still_contains_what_was_sealed() {
    let bench = Bench::new().await;
    history::record(&bench, 41, 40).await;
    let sealed = sealed(&bench).await;
    sealed.verify(&bench).await.expect(0);
    let fact = moving(legs(&[
        ("outside/bank", "-1", Usd),
        ("platform/fees", "1", Usd),
    ]));
    bench.state("later", fact, &Context::by("u")).await;
    let said = sealed.verify(&bench).await.expect(0);
    assert_eq!(said.json()["seal"]["holds"], true);
}

#[tokio::test]
async fn a_log_that_was_cut_is_sound_in_itself_and_found_by_the_seal() {
    let bench = Bench::new().await;
    history::record(&bench, 43, 60).await;
    let sealed = sealed(&bench).await;
    let file = sealed.path("log.jsonl");
    bench
        .ask(&["export", "--until", "50", "--out", &file])
        .await
        .expect(0);
    let cut = Bench::new().await;
    cut.ask(&["import", &file]).await.expect(0);
    let alone = cut.ask(&["--json", "verify"]).await.json();
    assert_eq!(alone["findings"].as_array().unwrap().len(), 0, "{alone}");
    let said = sealed.verify(&cut).await.expect(1);
    assert_eq!(said.json()["first_bad_position"], 51);
    assert_eq!(said.json()["seal"]["holds"], false);
    assert_eq!(said.json()["holds"], false);
}

#[tokio::test]
async fn another_log_of_the_same_length_is_found_by_the_seal() {
    let bench = Bench::new().await;
    history::record(&bench, 44, 30).await;
    let sealed = sealed(&bench).await;
    let other = Bench::new().await;
    history::record(&other, 45, 40).await;
    let said = sealed.verify(&other).await.expect(1);
    let position = serde_json::from_str::<serde_json::Value>(
        &std::fs::read_to_string(sealed.path("seal")).unwrap(),
    )
    .unwrap()["position"]
        .clone();
    assert_eq!(said.json()["first_bad_position"], position);
}

#[tokio::test]
async fn a_seal_is_checked_without_a_log_and_a_forged_one_is_found() {
    let bench = Bench::new().await;
    history::record(&bench, 46, 10).await;
    let sealed = sealed(&bench).await;
    let (seal, public) = (sealed.path("seal"), sealed.path("key.pub"));
    let hex = std::fs::read_to_string(&public).unwrap().trim().to_owned();
    for public in [&public, &hex] {
        let words = ["--json", "check-seal", &seal, "--public-key", public];
        let said = ask(None, &words).await.expect(0);
        assert_eq!(
            said.json()["position"],
            bench.log().head().await.unwrap().position
        );
    }
    let genuine = std::fs::read_to_string(&seal).unwrap();
    let forged = genuine.replace("\"position\": 1", "\"position\": 2");
    assert_ne!(forged, genuine);
    std::fs::write(&seal, forged).unwrap();
    ask(None, &["check-seal", &seal, "--public-key", &hex])
        .await
        .expect(1);
    sealed.verify(&bench).await.expect(1);
    let other = hex.replace(|digit: char| digit != '0', "1");
    ask(None, &["check-seal", &seal, "--public-key", &other])
        .await
        .expect(2);
    ask(None, &["check-seal", &seal, "--public-key", "nonsense"])
        .await
        .expect(2);
    std::fs::write(&seal, "{}").unwrap();
    ask(None, &["check-seal", &seal, "--public-key", &hex])
        .await
        .expect(2);
}

#[tokio::test]
async fn openssl_verifies_a_seal_as_the_page_says() {
    let bench = Bench::new().await;
    history::record(&bench, 47, 10).await;
    let sealed = sealed(&bench).await;
    let seal: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(sealed.path("seal")).unwrap()).unwrap();
    let bytes = |text: &str| -> Vec<u8> {
        let digits = text
            .as_bytes()
            .chunks_exact(2)
            .map(|pair| std::str::from_utf8(pair).unwrap());
        digits
            .map(|digits| u8::from_str_radix(digits, 16).unwrap())
            .collect()
    };
    let public = std::fs::read_to_string(sealed.path("key.pub")).unwrap();
    let public = [bytes("302a300506032b6570032100"), bytes(public.trim())].concat();
    let number = |name: &str| seal[name].as_i64().unwrap().to_be_bytes().to_vec();
    let hash = bytes(seal["hash"].as_str().unwrap());
    let fields = [
        b"trainnet.seal.v1".to_vec(),
        number("position"),
        hash,
        number("recorded_at_micros"),
    ];
    let mut message = Vec::new();
    for field in fields {
        message.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
        message.extend(field);
    }
    let files = [
        ("key.der", public),
        ("message", message),
        ("signature", bytes(seal["signature"].as_str().unwrap())),
    ];
    for (name, bytes) in files {
        std::fs::write(sealed.path(name), bytes).unwrap();
    }
    let verify = || {
        let (key, message) = (sealed.path("key.der"), sealed.path("message"));
        let signature = sealed.path("signature");
        let arguments = [
            "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", &key,
        ];
        let more = ["-rawin", "-in", &message, "-sigfile", &signature];
        tool("openssl", &[&arguments[..], &more[..]].concat()).0
    };
    assert!(verify());
    std::fs::write(sealed.path("message"), "something else").unwrap();
    assert!(!verify());
}

#[tokio::test]
async fn a_private_key_is_kept_from_others_and_never_overwritten() {
    let bench = Bench::new().await;
    history::record(&bench, 48, 5).await;
    let sealed = sealed(&bench).await;
    let key = sealed.path("key");
    let mode = std::fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read_to_string(&key).unwrap();
    bench
        .ask(&["seal", "--key", &key, "--generate"])
        .await
        .expect(2);
    assert_eq!(std::fs::read_to_string(&key).unwrap(), before);
    let again = bench.ask(&["seal", "--key", &key]).await.expect(0).out;
    assert_eq!(again, std::fs::read_to_string(sealed.path("seal")).unwrap());
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let said = bench.ask(&["seal", "--key", &key]).await.expect(2);
    assert!(said.failure.contains("chmod 600"), "{said:?}");
}

#[tokio::test]
async fn neither_an_empty_log_nor_a_head_that_lies_is_sealed() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let key = text(&folder.path().join("key")).to_owned();
    bench
        .ask(&["seal", "--key", &key, "--generate"])
        .await
        .expect(2);
    history::record(&bench, 49, 5).await;
    bench
        .tamper(&["update log_head set hash = decode(repeat('ab', 32), 'hex')"])
        .await;
    bench
        .ask(&["seal", "--key", &key, "--generate"])
        .await
        .expect(1);
}
