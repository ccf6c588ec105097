//! People and machines that may ask for something: who they are, and how they prove it.
//!
//! Nothing personal stands here. An address is a keyed digest, a password and a second factor are
//! the names under which the vault keeps them, and a token is its digest; so the log can be kept
//! for ever and a person can be forgotten.
//!
//! - user: unregistered → registered → confirmed → erased, or lapsed before being confirmed;
//!   blocked and unblocked at any time
//! - session: absent → open → ended
//! - API key: absent → active → revoked
//! - examination (KYC): absent → submitted → approved → expired, or rejected; then submitted again

mod account;
mod at_least_one;
mod challenge;
mod digest;
#[cfg(test)]
pub(crate) mod examples;
mod ids;
pub mod kept;
mod key;
mod kyc;
mod reason;
mod role;
mod session;

pub use account::{CODES_A_DAY_MAX, CODES_MAX, LAPSES_AFTER};
pub use account::{
    Challenges, DisabledBecause, Person, Proof, Redemption, Registered, Registration, SecondFactor,
    SetBecause, Standing, User, UserCommand, UserError, UserEvent,
};
pub use at_least_one::{AtLeastOne, NotEvenOne};
pub use challenge::{
    CHANGE_ADDRESS_LASTS, CONFIRM_LASTS, Challenge, ChallengeKey, Purpose, RECOVER_LASTS,
};
pub use digest::{Address, Device, Digest, NotADigest};
pub use ids::{
    ApiKeyId, ChallengeId, CredentialId, FactorId, Id, Kind, KycId, NotAnId, SessionId, UserId,
};
pub use key::{ApiKey, ApiKeyCommand, ApiKeyError, ApiKeyEvent, Created, Scope, Scopes};
pub use kyc::{
    DOCUMENTS_MAX, Documents, DocumentsError, ForPayouts, Kyc, KycCommand, KycError, KycEvent,
    ObjectKey,
};
pub use reason::{REASON_CHARACTERS_MAX, Reason, ReasonError};
pub use role::{Locale, Role, Roles};
pub use session::{
    ABSOLUTE_SECONDS, EndedBecause, GRACE, IDLE_SECONDS, Limits, REMEMBERED_IDLE_SECONDS, Session,
    SessionCommand, SessionError, SessionEvent, Started,
};
