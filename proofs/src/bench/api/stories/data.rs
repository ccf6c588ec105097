//! Datasets come at once, in parts and from elsewhere, and go again.

use anyhow::Result;
use serde_json::{Value, json};

use super::super::walker::{Step, Walker, Who, text, token};
use super::orders::somebody;

/// Measurements of tumours; `trainer/examples` says whose.
pub const TABLE: &[u8] = include_bytes!("../../../../../trainer/examples/breast-cancer.csv");
const PART: &[u8] = b"saved";
/// SHA-256 of [`PART`].
const PART_SHA256: &str = "d81c55f49c5bb0d36bc11e3966ec4efab66f8dfefbbc1761161ca9d230e5466a";

fn about(who: &Who, route: &'static str, object: &str) -> Step {
    Step::at(route, &[object]).by(who)
}

/// At once; says what it is called.
pub async fn bring(walker: &mut Walker, who: &Who) -> Result<String> {
    let step = Step::at("POST /v1/datasets", &[]).by(who);
    let step = step.asking("name=breast-cancer.csv").bytes(TABLE);
    text(&walker.read(step).await?, "dataset")
}

async fn delete(walker: &mut Walker, who: &Who, dataset: &str) -> Result<()> {
    let step = about(who, "DELETE /v1/datasets/{object}", dataset);
    walker.ask(step).await.map(drop)
}

/// One that comes at once, and the same again from where it lies.
pub async fn datasets(walker: &mut Walker) -> Result<()> {
    let who = somebody(walker).who;
    let dataset = bring(walker, &who).await?;
    walker
        .ask(Step::at("GET /v1/datasets", &[]).by(&who))
        .await?;
    walker
        .ask(about(&who, "GET /v1/datasets/{object}", &dataset))
        .await?;
    let link = about(&who, "GET /v1/objects/{object}/link", &dataset);
    let link = text(&walker.read(link).await?, "url")?;
    let file = Step::at("GET /files/{token}", &[token(&link)?]).from(&who.from);
    walker.ask(file).await?;
    let step = Step::at("POST /v1/datasets/import", &[]).by(&who);
    let body = json!({ "url": link, "name": "again.csv" });
    let again = text(&walker.read(step.with(body)).await?, "dataset")?;
    let is_usable = |now: &Value| now["standing"] == "usable";
    let look = about(&who, "GET /v1/datasets/{object}", &again);
    walker.until(look, is_usable).await?;
    delete(walker, &who, &again).await?;
    delete(walker, &who, &dataset).await
}

async fn begin(walker: &mut Walker, who: &Who) -> Result<Value> {
    let step = Step::at("POST /v1/uploads", &[]).by(who);
    let body = json!({ "kind": "document", "name": "paper.pdf", "bytes": PART.len(),
        "sha256": PART_SHA256 });
    walker.read(step.with(body)).await
}

/// One that is completed, and one that is thought better of.
pub async fn uploads(walker: &mut Walker) -> Result<()> {
    let who = somebody(walker).who;
    let upload = text(&begin(walker, &who).await?, "upload")?;
    let part = "PUT /v1/uploads/{object}/parts/{number}";
    let part = Step::at(part, &[&upload, "1"]).by(&who).bytes(PART);
    walker.ask(part).await?;
    walker
        .ask(about(&who, "GET /v1/uploads/{object}", &upload))
        .await?;
    walker
        .ask(about(&who, "POST /v1/uploads/{object}/complete", &upload))
        .await?;
    walker
        .ask(Step::at("GET /v1/documents", &[]).by(&who))
        .await?;
    walker
        .ask(about(&who, "GET /v1/objects/{object}/link", &upload))
        .await?;
    walker
        .ask(about(&who, "DELETE /v1/documents/{object}", &upload))
        .await?;
    let begun = begin(walker, &who).await?;
    let link = text(&begun["parts"][0], "url")?;
    let part = Step::at("PUT /files/{token}", &[token(&link)?]).from(&who.from);
    walker.ask(part.bytes(PART)).await?;
    let upload = text(&begun, "upload")?;
    walker
        .ask(about(&who, "DELETE /v1/uploads/{object}", &upload))
        .await
        .map(drop)
}
