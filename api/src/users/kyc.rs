//! The examination of people: they submit documents, and somebody else of the staff decides.

use axum::{Extension, Json};
use chrono::TimeDelta;
use domain::users::{ForPayouts, Kyc, KycCommand, KycId, Scope, UserId};
use projections::people::{self, Cursor, Examination, People};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::caller::{Caller, Examiner};
use super::changed::Changed;
use super::problems::{KYC_USELESS, of_kyc};
use super::sign_in::rfc3339;
use super::staff::{Because, identity};
use super::{Users, field, sealed, unread};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::Body;
use crate::moment::Moment;
use crate::page::{self, Page};
use crate::parameters::{Path, Query};
use crate::position::{Position, Reached};
use crate::problem::{ApiError, kinds};
use crate::refused::refused;

/// No paper that anybody shows is good for longer.
const APPROVAL_MAX: TimeDelta = TimeDelta::days(3_653);

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(own))
        .routes(routes!(waiting))
        .routes(routes!(show))
        .routes(routes!(approve))
        .routes(routes!(reject))
}

/// How far an examination has come
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KycStanding {
    Absent,
    Submitted,
    Approved,
    Rejected,
    Expired,
    Withdrawn,
}

/// The examination of a person
#[derive(Serialize, ToSchema)]
pub struct ShownKyc {
    #[schema(example = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    user: String,
    /// As the person wrote it
    name: Option<String>,
    standing: KycStanding,
    /// Those that wait to be looked at
    documents: Vec<String>,
    /// So long an approval holds or held
    until: Option<String>,
    /// Why the documents were rejected
    reason: Option<String>,
    /// Whether money can be paid out to this person as it stands; where an approval is required,
    /// only while one holds
    lets_pay_out: bool,
}

impl Users {
    async fn examination(&self, user: UserId) -> Result<Kyc, ApiError> {
        let id = KycId::of(user).to_string();
        self.examinations().look(&id).await.map_err(unread)
    }

    /// The documents of this user that wait to be looked at.
    pub(crate) async fn waiting_documents(&self, user: UserId) -> Result<Vec<String>, ApiError> {
        match self.examination(user).await? {
            Kyc::Submitted { documents, .. } => {
                Ok(documents.keys().iter().map(ToString::to_string).collect())
            }
            Kyc::Absent
            | Kyc::Approved { .. }
            | Kyc::Rejected { .. }
            | Kyc::Expired { .. }
            | Kyc::Withdrawn { .. } => Ok(Vec::new()),
        }
    }

    async fn shown_kyc(
        &self,
        user: UserId,
        kyc: &Kyc,
        rule: ForPayouts,
    ) -> Result<ShownKyc, ApiError> {
        let subject = user.to_string();
        let name = self.vault().get(&subject, field::NAME).await;
        let (mut documents, mut until, mut reason) = (Vec::new(), None, None);
        let standing = match kyc {
            Kyc::Absent => KycStanding::Absent,
            Kyc::Submitted {
                documents: keys, ..
            } => {
                documents.extend(keys.keys().iter().map(ToString::to_string));
                KycStanding::Submitted
            }
            Kyc::Approved { until: end, .. } => {
                until = Some(rfc3339(*end));
                // Nobody may have recorded yet that it has ended.
                if kyc.holds_at(self.now()) {
                    KycStanding::Approved
                } else {
                    KycStanding::Expired
                }
            }
            Kyc::Rejected { reason: why, .. } => {
                reason = Some(why.to_string());
                KycStanding::Rejected
            }
            Kyc::Expired { .. } => KycStanding::Expired,
            Kyc::Withdrawn { .. } => KycStanding::Withdrawn,
        };
        Ok(ShownKyc {
            user: subject,
            name: name.map_err(sealed)?,
            standing,
            documents,
            until,
            reason,
            lets_pay_out: kyc.lets_pay_out(rule, self.now()),
        })
    }

    /// Of whoever is no more, nobody is to look at anything.
    pub(super) async fn withdraw_examination(
        &self,
        asked: &Asked,
        user: UserId,
    ) -> Result<(), ApiError> {
        let context = asked.context(&user.to_string(), b"").without_key();
        let command = KycCommand::Withdraw { at: self.now() };
        let id = KycId::of(user).to_string();
        let withdrawn = self.examinations().execute(&id, command, &context).await;
        withdrawn
            .map(drop)
            .map_err(|refusal| refused(refusal, of_kyc))
    }

    pub(crate) async fn examine(
        &self,
        asked: &Asked,
        actor: &str,
        bytes: &[u8],
        user: UserId,
        command: KycCommand,
    ) -> Result<Changed, ApiError> {
        let id = KycId::of(user).to_string();
        let context = asked.context(actor, bytes);
        let decided = self.examinations().execute(&id, command, &context).await;
        let decided = decided.map_err(|refusal| refused(refusal, of_kyc))?;
        Ok(Changed(Position(decided.position)))
    }
}

/// Your examination
#[utoipa::path(get, path = "/v1/me/kyc", tag = "users", operation_id = "own_kyc",
    security(("bearer" = [])),
    responses((status = 200, description = "How far it has come", body = ShownKyc)))]
async fn own(
    api: Api,
    caller: Caller,
    users: Extension<Users>,
) -> Result<Json<ShownKyc>, ApiError> {
    caller.insist(Scope::Read)?;
    let kyc = users.examination(caller.user()).await?;
    let rule = api.settings().kyc_for_payouts;
    Ok(Json(users.shown_kyc(caller.user(), &kyc, rule).await?))
}

/// Which page of them
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Somebody who waits to be examined
#[derive(Serialize, ToSchema)]
pub struct WaitingKyc {
    #[schema(example = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    user: String,
    /// How many there are to look at
    #[schema(minimum = 1, maximum = 10)]
    documents: i64,
    submitted_at: String,
}

/// Who waits to be examined, the longest waiting first
#[utoipa::path(get, path = "/v1/kyc", tag = "staff", operation_id = "list_waiting_kyc",
    security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of people", body = Page<WaitingKyc>)))]
async fn waiting(
    api: Api,
    _: Examiner,
    Query(which): Query<Which>,
    _: Reached<People>,
) -> Result<Json<Page<WaitingKyc>>, ApiError> {
    let limit = page::limit(which.limit)?;
    let place = page::place(which.cursor.as_deref())?;
    let after = place.map_or(Cursor::EARLIEST, Cursor::at);
    let mut staff = tenants::as_staff(api.pool()).await?;
    let found = people::waiting_examinations(&mut *staff, after, limit + 1).await?;
    drop(staff);
    let show = |it: Examination| WaitingKyc {
        user: it.user.to_string(),
        documents: it.documents,
        submitted_at: rfc3339(it.changed_at),
    };
    Ok(Json(Page::of(found, limit, |it| it.position, show)))
}

/// The examination of a user
#[utoipa::path(get, path = "/v1/kyc/{user}", tag = "staff", operation_id = "show_kyc",
    security(("bearer" = [])), params(("user" = String, Path, description = "Which user")),
    responses((status = 200, description = "How far it has come", body = ShownKyc)))]
async fn show(
    api: Api,
    _: Examiner,
    users: Extension<Users>,
    Path(user): Path<String>,
) -> Result<Json<ShownKyc>, ApiError> {
    let user = identity(&user)?;
    let kyc = users.examination(user).await?;
    if kyc == Kyc::Absent {
        return Err(ApiError::new(&kinds::NOT_FOUND));
    }
    let rule = api.settings().kyc_for_payouts;
    Ok(Json(users.shown_kyc(user, &kyc, rule).await?))
}

/// How long an approval is to hold
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Ten years from now at most
    #[schema(value_type = String, format = DateTime)]
    until: Moment,
}

/// Approve a user's documents
#[utoipa::path(post, path = "/v1/kyc/{user}/approve", tag = "staff", operation_id = "approve_kyc",
    security(("bearer" = [])), params(("user" = String, Path, description = "Which user")),
    request_body = Approval,
    responses((status = 204, description = "The user is approved")))]
async fn approve(
    asked: Asked,
    Examiner(caller): Examiner,
    users: Extension<Users>,
    Path(user): Path<String>,
    body: Body<Approval>,
) -> Result<Changed, ApiError> {
    let user = identity(&user)?;
    let (until, at) = (body.value.until.0, users.now());
    if until > at + APPROVAL_MAX {
        return Err(ApiError::new(&KYC_USELESS)
            .detail("An approval holds ten years at most.")
            .field("until"));
    }
    let by = caller.user();
    let command = KycCommand::Approve { by, until, at };
    users
        .examine(&asked, &caller.actor(), &body.bytes, user, command)
        .await
}

/// Reject a user's documents
#[utoipa::path(post, path = "/v1/kyc/{user}/reject", tag = "staff", operation_id = "reject_kyc",
    security(("bearer" = [])), params(("user" = String, Path, description = "Which user")),
    request_body = Because,
    responses((status = 204, description = "The documents are rejected")))]
async fn reject(
    asked: Asked,
    Examiner(caller): Examiner,
    users: Extension<Users>,
    Path(user): Path<String>,
    body: Body<Because>,
) -> Result<Changed, ApiError> {
    let user = identity(&user)?;
    let command = KycCommand::Reject {
        by: caller.user(),
        reason: body.value.reason()?,
        at: users.now(),
    };
    users
        .examine(&asked, &caller.actor(), &body.bytes, user, command)
        .await
}
