//! Staff decide about people, programs of ours, mails and machines.

use anyhow::Result;
use serde_json::json;

use super::super::walker::{Step, Walker, text};

/// Blocks somebody and thinks better of it, gives a role and takes it.
pub async fn people(walker: &mut Walker) -> Result<()> {
    let user = walker.scene.blockable.take().await?;
    let decided = decide(walker, &user).await;
    walker.scene.blockable.give_back(user);
    decided
}

async fn decide(walker: &mut Walker, user: &str) -> Result<()> {
    let admin = walker.scene.admin.clone();
    let because = json!({ "reason": "chargebacks on three orders" });
    for (route, named) in [
        ("POST /v1/users/{user}/block", [user].as_slice()),
        ("POST /v1/users/{user}/unblock", [user].as_slice()),
        (
            "PUT /v1/users/{user}/roles/{role}",
            [user, "support"].as_slice(),
        ),
        (
            "DELETE /v1/users/{user}/roles/{role}",
            [user, "support"].as_slice(),
        ),
    ] {
        let step = Step::at(route, named).by(&admin);
        walker.ask(step.with(because.clone())).await?;
    }
    let step = Step::at("GET /v1/users/{user}", &[user]).by(&admin);
    walker.ask(step).await.map(drop)
}

/// A program of ours gets an account and a key, and a mail is tried once more.
pub async fn services(walker: &mut Walker) -> Result<()> {
    let admin = walker.scene.admin.clone();
    let step = Step::at("POST /v1/services", &[]).by(&admin);
    let body = json!({ "name": "nightly reports", "roles": ["finance"] });
    let service = text(&walker.read(step.with(body)).await?, "id")?;
    let step = Step::at("POST /v1/services/{user}/keys", &[&service]);
    let body = json!({ "label": "night", "scopes": ["read"] });
    walker.ask(step.by(&admin).with(body)).await?;
    let step = Step::at("GET /v1/mails/dead", &[]).by(&admin);
    walker.ask(step).await?;
    let mail = walker.dice.below(walker.scene.dead_mails.len());
    let mail = walker.scene.dead_mails[mail].clone();
    let step = Step::at("POST /v1/mails/{mail}/retry", &[&mail]).by(&admin);
    walker.ask(step).await.map(drop)
}

/// A machine is what it says, and then it is not.
pub async fn machines(walker: &mut Walker) -> Result<()> {
    let admin = walker.scene.admin.clone();
    let machine = walker.dice.below(walker.scene.machines.len());
    let machine = walker.scene.machines[machine].clone();
    let because = json!({ "reason": "seen in the hall" });
    for route in [
        "PUT /v1/machines/{machine}/verification",
        "DELETE /v1/machines/{machine}/verification",
    ] {
        let step = Step::at(route, &[&machine]).by(&admin);
        walker.ask(step.with(because.clone())).await?;
    }
    let step = Step::at("GET /v1/machines/{machine}", &[&machine]);
    walker.ask(step.by(&admin)).await.map(drop)
}
