//! A machine joins: it shows a token, says what it is, and gets a secret of its own.

use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::servers::{
    AgentVersion, Enrolled, Hardware, Isolations, JoinTokenCommand, JoinTokenId, Machine,
    MachineCommand, MachineError, MachineId, Made, Runtimes,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::may_provide;
use super::problems::{TOKEN_REFUSED, of_machine, of_token};
use super::said::{SaidHardware, SaidIsolation, SaidRuntime, isolations, runtimes};
use super::{Servers, name_field};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;
use crate::users::{digest, sealed, unread};

const NAME_CHARACTERS_MAX: usize = 100;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(enrol))
}

/// A machine that wants to join
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMachine {
    /// As its provider was shown it
    #[schema(max_length = 200)]
    token: String,
    /// What the provider calls it
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*\
                   [^\\s\\u0000-\\u001f\\u007f-\\u009f]\
                   [^\\u0000-\\u001f\\u007f-\\u009f]*$",
        example = "under the desk"
    )]
    name: String,
    hardware: SaidHardware,
    #[schema(min_items = 1)]
    isolation: Vec<SaidIsolation>,
    /// The types of models that it can train
    #[schema(value_type = Vec<SaidRuntime>, min_items = 1, max_items = 100,
        example = json!(["tabular", "distilbert"]))]
    runtimes: Vec<String>,
    #[schema(pattern = "^[0-9A-Za-z.+-]{1,32}$", example = "0.1.0")]
    agent_version: String,
}

/// A machine that has joined
#[derive(Serialize, ToSchema)]
pub struct Joined {
    #[schema(value_type = String, example = "machine_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    machine: MachineId,
    /// For the `Authorization` header, behind `Bearer`; it is not shown again
    secret: String,
}

/// A name as it is kept, if it can be one.
pub fn name_of(name: &str) -> Result<&str, ApiError> {
    let plain = name.chars().count() <= NAME_CHARACTERS_MAX && !name.chars().any(char::is_control);
    let name = name.trim();
    if plain && !name.is_empty() {
        Ok(name)
    } else {
        Err(ApiError::new(&kinds::BODY_INVALID)
            .detail("Give it a name of 1 to 100 characters, in one line.")
            .field("name"))
    }
}

/// What a machine says of itself, once it is known to make sense.
struct Judged {
    name: String,
    hardware: Hardware,
    isolation: Isolations,
    runtimes: Runtimes,
    agent_version: AgentVersion,
}

impl NewMachine {
    fn judge(self) -> Result<(String, Judged), ApiError> {
        let name = name_of(&self.name)?.to_owned();
        let hardware = Hardware::from(self.hardware);
        let judged = hardware.judge();
        judged.map_err(|error| of_machine(MachineError::Hardware(error)))?;
        let said = Judged {
            name,
            hardware,
            isolation: isolations(self.isolation)?,
            runtimes: runtimes(self.runtimes)?,
            agent_version: agent_version(self.agent_version)?,
        };
        Ok((self.token, said))
    }
}

pub fn agent_version(text: String) -> Result<AgentVersion, ApiError> {
    AgentVersion::try_new(text).map_err(|error| {
        ApiError::new(&kinds::BODY_INVALID)
            .detail(format!("{error}."))
            .field("agent_version")
    })
}

/// Let a machine join
///
/// Under the same `Idempotency-Key` the same machine joins, and is shown the same secret.
#[utoipa::path(post, path = "/v1/machines/enrol", tag = "servers", operation_id = "enrol_machine",
    security(()), request_body = NewMachine,
    responses((status = 201, description = "The machine; its secret is shown this once",
        body = Joined)))]
async fn enrol(
    asked: Asked,
    servers: Extension<Servers>,
    body: Body<NewMachine>,
) -> Result<(StatusCode, Position, Json<Joined>), ApiError> {
    // What would be refused is not to use the token up.
    let (text, said) = body.value.judge()?;
    let (token, made) = servers.admitted(&text).await?;
    let machine = MachineId::new(asked.id(&token.to_string()));
    let context = asked.context(&machine.to_string(), &body.bytes);
    let command = JoinTokenCommand::Use {
        machine,
        at: servers.now(),
    };
    // The key stands for the whole request; its answer is kept where that ends.
    let first = context.clone().without_key();
    let id = token.to_string();
    let used = servers.tokens().execute(&id, command, &first).await;
    used.map_err(|refusal| refused(refusal, of_token))?;
    let (subject, field) = (made.provider.to_string(), name_field(machine));
    let put = servers
        .users()
        .vault()
        .put_lazily(&subject, &field, &said.name);
    put.await.map_err(sealed)?;
    let secret = servers.ring().secret(machine, 0);
    let command = servers.enrolment(machine, (token, &made), said, &secret);
    let joined = servers
        .machines()
        .execute(&machine.to_string(), command.await?, &context)
        .await;
    let joined = joined.map_err(|refusal| refused(refusal, of_machine))?;
    let shown = Json(Joined { machine, secret });
    Ok((StatusCode::CREATED, Position(joined.position), shown))
}

impl Servers {
    /// The token that a text is, and what it was made with by somebody who may bring machines.
    async fn admitted(&self, text: &str) -> Result<(JoinTokenId, Made), ApiError> {
        let refusal = || {
            ApiError::new(&TOKEN_REFUSED)
                .detail("The token is not known.")
                .field("token")
        };
        let token = self.ring().open_token(text).ok_or_else(refusal)?;
        let state = self.tokens().look(&token.to_string()).await;
        let state = state.map_err(unread)?;
        let made = state.made().ok_or_else(refusal)?;
        if made.secret != digest(text) {
            return Err(refusal());
        }
        let provider = self.users().user(made.provider).await?;
        may_provide(provider.standing().ok_or_else(refusal)?)?;
        Ok((token, made.clone()))
    }

    /// Asked again, it is the same: what a machine is enrolled with includes when and at which
    /// price.
    async fn enrolment(
        &self,
        machine: MachineId,
        (token, made): (JoinTokenId, &Made),
        said: Judged,
        secret: &str,
    ) -> Result<MachineCommand, ApiError> {
        let began = match self.machine(machine).await? {
            Machine::Enrolled(member) | Machine::Retired(member) => Some(member.began),
            Machine::Absent => None,
        };
        let (hourly, at) = match began {
            Some(began) => (began.hourly, began.at),
            None => (self.hourly(), self.now()),
        };
        Ok(MachineCommand::Enrol(Box::new(Enrolled {
            machine,
            provider: made.provider,
            token,
            hardware: said.hardware,
            isolation: said.isolation,
            runtimes: said.runtimes,
            agent_version: said.agent_version,
            secret: digest(secret),
            hourly,
            at,
        })))
    }
}
