//! What can go wrong with people and their access, and what each refusal of theirs means here.

use axum::http::StatusCode;
use domain::users::{ApiKeyError, KycError, SessionError, UserError};

use crate::problem::{ApiError, Kind, kinds};

pub const PASSWORD_WEAK: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "users/password-weak",
    "The password is too easy to guess",
);
pub const WRONG_CREDENTIALS: Kind = Kind::new(
    StatusCode::UNAUTHORIZED,
    "users/wrong-credentials",
    "The address or the password is wrong",
);
pub const WRONG_PASSWORD: Kind = Kind::new(
    StatusCode::FORBIDDEN,
    "users/wrong-password",
    "The password is wrong",
);
pub const SECOND_FACTOR_REQUIRED: Kind = Kind::new(
    StatusCode::UNAUTHORIZED,
    "users/second-factor-required",
    "A code of the second factor is needed",
);
pub const SECOND_FACTOR_WRONG: Kind = Kind::new(
    StatusCode::UNAUTHORIZED,
    "users/second-factor-wrong",
    "The code of the second factor is wrong or was used",
);
pub const SECOND_FACTOR_ON: Kind = Kind::new(
    StatusCode::CONFLICT,
    "users/second-factor-on",
    "A second factor is on",
);
pub const SECOND_FACTOR_OFF: Kind = Kind::new(
    StatusCode::CONFLICT,
    "users/second-factor-off",
    "No second factor is on",
);
pub const LOCKED: Kind = Kind::new(
    StatusCode::LOCKED,
    "users/locked",
    "Too many attempts were wrong",
);
pub const UNCONFIRMED: Kind = Kind::new(
    StatusCode::FORBIDDEN,
    "users/unconfirmed",
    "The e-mail address has not been confirmed",
);
pub const BLOCKED: Kind = Kind::new(
    StatusCode::FORBIDDEN,
    "users/blocked",
    "The account is blocked",
);
pub const WRONG_CODE: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "users/wrong-code",
    "The code is wrong",
);
pub const CHALLENGE_EXPIRED: Kind = Kind::new(
    StatusCode::GONE,
    "users/challenge-expired",
    "The link or code has expired",
);
pub const CHALLENGE_SPENT: Kind = Kind::new(
    StatusCode::GONE,
    "users/challenge-spent",
    "The link or code was used or replaced",
);
pub const SESSION_OVER: Kind = Kind::new(
    StatusCode::UNAUTHORIZED,
    "users/session-over",
    "The session is over",
);
pub const REAUTH_REQUIRED: Kind = Kind::new(
    StatusCode::UNAUTHORIZED,
    "reauth_required",
    "The session belongs to another place",
);
pub const ADDRESS_TAKEN: Kind = Kind::new(
    StatusCode::CONFLICT,
    "users/address-taken",
    "The address cannot be used",
);
pub const SAME_ADDRESS: Kind = Kind::new(
    StatusCode::CONFLICT,
    "users/same-address",
    "This is the address already",
);
pub const OWN_STANDING: Kind = Kind::new(
    StatusCode::CONFLICT,
    "users/own-standing",
    "Nobody decides this about themselves",
);
pub const LAST_ROLE: Kind = Kind::new(
    StatusCode::CONFLICT,
    "users/last-role",
    "A user has at least one role",
);
pub const KEY_USELESS: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "keys/useless",
    "The key could never be used",
);
pub const KYC_WAITING: Kind = Kind::new(
    StatusCode::CONFLICT,
    "kyc/waiting",
    "Documents wait to be examined",
);
pub const KYC_APPROVED: Kind = Kind::new(
    StatusCode::CONFLICT,
    "kyc/approved",
    "The user has been approved",
);
pub const KYC_REJECTED: Kind = Kind::new(
    StatusCode::CONFLICT,
    "kyc/rejected",
    "The documents were rejected",
);
pub const KYC_EXPIRED: Kind = Kind::new(
    StatusCode::CONFLICT,
    "kyc/expired",
    "The approval has expired",
);
pub const KYC_NOT_YOURS: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "kyc/not-yours",
    "The document is none of yours",
);
pub const KYC_USELESS: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "kyc/useless",
    "No approval holds until then",
);
pub const ORDERS_OPEN: Kind = Kind::new(
    StatusCode::CONFLICT,
    "users/orders-open",
    "Orders are under way",
);
pub const MONEY_MOVING: Kind = Kind::new(
    StatusCode::CONFLICT,
    "users/money-moving",
    "Money is not settled yet",
);
pub const MONEY_LEFT: Kind = Kind::new(
    StatusCode::CONFLICT,
    "users/money-left",
    "There is money in the wallet",
);
pub const CHANGED_MEANWHILE: Kind = Kind::new(
    StatusCode::CONFLICT,
    "users/changed-meanwhile",
    "Something was changed meanwhile",
);

/// What a refusal of the user aggregate means to whoever asked.
pub fn of_user(error: UserError) -> ApiError {
    use UserError as E;
    let kind = match error {
        E::NotRegistered | E::Lapsed | E::Erased => &kinds::NOT_FOUND,
        E::Blocked => &BLOCKED,
        E::Unconfirmed => &UNCONFIRMED,
        E::ChallengeExpired => &CHALLENGE_EXPIRED,
        E::ChallengeSpent => &CHALLENGE_SPENT,
        E::TooManyCodes => &LOCKED,
        E::SameAddress => &SAME_ADDRESS,
        E::RegisteredOtherwise | E::PasswordChanged | E::Confirmed | E::NotYet => {
            &CHANGED_MEANWHILE
        }
        E::LastRole => &LAST_ROLE,
        E::OwnAdminRole | E::Oneself => &OWN_STANDING,
        E::SecondFactorOn => &SECOND_FACTOR_ON,
        E::NoSecondFactor => &SECOND_FACTOR_OFF,
        E::CodeUsed | E::NoRecoveryCode | E::RecoveryCodeSpent => &SECOND_FACTOR_WRONG,
        E::NoSignIn => &kinds::FORBIDDEN,
    };
    ApiError::new(kind).detail(sentence(&error))
}

/// What a refusal of the session means; which of the ends it met is nobody's business.
pub fn of_session(error: SessionError) -> ApiError {
    use SessionError as E;
    match error {
        E::ReauthRequired => {
            ApiError::new(&REAUTH_REQUIRED).detail("Sign in again where you are now.")
        }
        E::NotStarted | E::Ended(_) | E::NotYet | E::WrongToken => over(),
        E::StartedOtherwise => ApiError::new(&CHANGED_MEANWHILE),
    }
}

pub fn of_key(error: ApiKeyError) -> ApiError {
    use ApiKeyError as E;
    match error {
        E::NotCreated => ApiError::new(&kinds::NOT_FOUND),
        E::CreatedOtherwise | E::Revoked => {
            ApiError::new(&CHANGED_MEANWHILE).detail(sentence(&error))
        }
        E::ExpiresInThePast => ApiError::new(&KEY_USELESS)
            .detail(sentence(&error))
            .field("expires_at"),
        E::NoRequests => ApiError::new(&KEY_USELESS)
            .detail(sentence(&error))
            .field("requests_per_minute"),
    }
}

/// What a refusal of the examination means.
pub fn of_kyc(error: KycError) -> ApiError {
    use KycError as E;
    let kind = match error {
        E::NotSubmitted => &kinds::NOT_FOUND,
        E::Oneself => &OWN_STANDING,
        E::Waiting => &KYC_WAITING,
        E::Approved => &KYC_APPROVED,
        E::Rejected => &KYC_REJECTED,
        E::Expired => &KYC_EXPIRED,
        E::OtherUser | E::NotYet => &CHANGED_MEANWHILE,
        E::EndsInThePast => {
            return ApiError::new(&KYC_USELESS)
                .detail(sentence(&error))
                .field("until");
        }
    };
    ApiError::new(kind).detail(sentence(&error))
}

pub fn over() -> ApiError {
    ApiError::new(&SESSION_OVER).detail("Sign in again.")
}

/// A refusal reads as what follows "because"; for a person it begins and ends like a sentence.
pub fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), letters.as_str())
    })
}
