//! A person: signs in with an address and a password, and may prove more than that.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::challenges::Challenges;
use super::commands::{Proof, Redemption, Registration, UserCommand, UserError};
use super::events::{Registered, SetBecause, UserEvent};
use super::factor::SecondFactor;
use super::standing::Standing;
use crate::users::challenge::{Challenge, Purpose};
use crate::users::digest::Address;
use crate::users::ids::{ChallengeId, CredentialId};
use crate::users::role::Locale;

/// Whoever has not confirmed an address by then gives it up: it may be somebody else's.
pub const LAPSES_AFTER: TimeDelta = TimeDelta::days(7);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub standing: Standing,
    pub address: Address,
    pub locale: Locale,
    pub password: CredentialId,
    pub registered_at: DateTime<Utc>,
    pub confirmed: bool,
    pub challenges: Challenges,
    pub second_factor: SecondFactor,
}

impl Person {
    pub(super) fn new(registered: Registered) -> Self {
        let mut challenges = Challenges::default();
        challenges.issue(registered.challenge);
        Self {
            standing: Standing::new(registered.user, registered.roles),
            address: registered.address,
            locale: registered.locale,
            password: registered.password,
            registered_at: registered.at,
            confirmed: false,
            challenges,
            second_factor: SecondFactor::Off,
        }
    }

    pub(super) fn decide(&self, command: UserCommand) -> Result<Vec<UserEvent>, UserError> {
        use UserCommand as C;
        if self.standing.blocked && asked_by_the_user(&command) {
            return Err(UserError::Blocked);
        }
        match command {
            C::Register(asked) if self.is_registered_as(&asked) => Ok(vec![]),
            C::Register(_) | C::RegisterService { .. } | C::Appoint { .. } => {
                Err(UserError::RegisteredOtherwise)
            }
            C::Issue {
                challenge,
                purpose,
                at,
            } => self.issue(challenge, purpose, at),
            C::Redeem {
                challenge,
                proof,
                redemption,
                at,
            } => self.redeem(challenge, proof, redemption, at),
            C::ChangePassword { from, password, at } => self.change_password(from, password, at),
            C::ChangeLocale { locale, at } => {
                let changed = UserEvent::LocaleChanged { locale, at };
                Ok((locale != self.locale)
                    .then_some(changed)
                    .into_iter()
                    .collect())
            }
            C::Rehash { from, password, at } => self.rehash(from, password, at),
            C::GrantRole {
                role,
                by,
                reason,
                at,
            } => Ok(self.standing.grant(role, by, reason, at)),
            C::RevokeRole {
                role,
                by,
                reason,
                at,
            } => self.standing.revoke(role, by, reason, at),
            C::Block { by, reason, at } => self.standing.block(by, reason, at),
            C::Unblock { by, reason, at } => self.standing.unblock(by, reason, at),
            // Whoever registers a stranger's address must not put a lock on it before its owner
            // comes and proves the mailbox.
            C::BeginSecondFactor { .. } if !self.confirmed => Err(UserError::Unconfirmed),
            C::BeginSecondFactor { factor, at } => self.second_factor.begin(factor, at),
            C::EnableSecondFactor {
                factor,
                recovery_codes,
                step,
                at,
            } => self.second_factor.enable(factor, recovery_codes, step, at),
            C::ReplaceRecoveryCodes {
                codes,
                recovery_codes,
                at,
            } => self.second_factor.replace(codes, recovery_codes, at),
            C::DisableSecondFactor { why, at } => Ok(self.second_factor.disable(why, at)),
            C::AcceptCode { step, at } => self.second_factor.accept(step, at),
            C::SpendRecoveryCode { index, at } => self.second_factor.spend(index, at),
            C::Lapse { at } => self.lapse(at),
            C::Erase { at } => Ok(vec![UserEvent::Erased {
                address: Some(self.address),
                at,
            }]),
        }
    }

    fn is_registered_as(&self, asked: &Registration) -> bool {
        self.standing.user == asked.user
            && self.standing.roles == asked.roles
            && self.address == asked.address
            && self.locale == asked.locale
            && self.password == asked.password
    }

    fn issue(
        &self,
        id: ChallengeId,
        purpose: Purpose,
        at: DateTime<Utc>,
    ) -> Result<Vec<UserEvent>, UserError> {
        if self.challenges.get(id).is_some() {
            return Ok(vec![]);
        }
        match purpose {
            Purpose::Confirm if self.confirmed => Ok(vec![]),
            Purpose::ChangeAddress { to } if to == self.address => Err(UserError::SameAddress),
            Purpose::Confirm | Purpose::Recover | Purpose::ChangeAddress { .. } => {
                let challenge = Challenge::new(id, purpose, at);
                Ok(vec![UserEvent::ChallengeIssued { challenge, at }])
            }
        }
    }

    fn redeem(
        &self,
        id: ChallengeId,
        proof: Proof,
        redemption: Redemption,
        at: DateTime<Utc>,
    ) -> Result<Vec<UserEvent>, UserError> {
        let challenge = self.challenges.get(id).ok_or(UserError::ChallengeSpent)?;
        let event = match (challenge.purpose, redemption) {
            (Purpose::Confirm, Redemption::Confirm) => UserEvent::Confirmed { at },
            (Purpose::Recover, Redemption::Recover { password }) => UserEvent::PasswordSet {
                password,
                why: SetBecause::Recovery,
                at,
            },
            (Purpose::ChangeAddress { to }, Redemption::ChangeAddress) => {
                UserEvent::AddressChanged {
                    from: self.address,
                    to,
                    challenge: id,
                    at,
                }
            }
            (Purpose::Confirm | Purpose::Recover | Purpose::ChangeAddress { .. }, _) => {
                return Err(UserError::ChallengeSpent);
            }
        };
        if let Some(failed) = self.challenges.judge(id, proof, at)? {
            return Ok(vec![failed]);
        }
        // Whoever answers a mail has proven the mailbox, whatever the mail was about.
        let confirms = !self.confirmed && redemption != Redemption::Confirm;
        let confirmed = confirms.then_some(UserEvent::Confirmed { at });
        Ok(std::iter::once(event).chain(confirmed).collect())
    }

    fn change_password(
        &self,
        from: CredentialId,
        password: CredentialId,
        at: DateTime<Utc>,
    ) -> Result<Vec<UserEvent>, UserError> {
        if self.password == password {
            return Ok(vec![]);
        }
        if self.password != from {
            return Err(UserError::PasswordChanged);
        }
        Ok(vec![UserEvent::PasswordSet {
            password,
            why: SetBecause::Change,
            at,
        }])
    }

    fn rehash(
        &self,
        from: CredentialId,
        password: CredentialId,
        at: DateTime<Utc>,
    ) -> Result<Vec<UserEvent>, UserError> {
        if self.password == password {
            return Ok(vec![]);
        }
        if self.password != from {
            return Err(UserError::PasswordChanged);
        }
        Ok(vec![UserEvent::PasswordRehashed { password, at }])
    }

    fn lapse(&self, at: DateTime<Utc>) -> Result<Vec<UserEvent>, UserError> {
        if self.confirmed {
            return Err(UserError::Confirmed);
        }
        if at < self.registered_at + LAPSES_AFTER {
            return Err(UserError::NotYet);
        }
        Ok(vec![UserEvent::Lapsed {
            address: self.address,
            at,
        }])
    }

    pub(super) fn set_password(&mut self, password: CredentialId) {
        self.password = password;
        // Whoever had the account before must not come back by a challenge they had issued. The
        // one to the address itself gives nobody anything but the proof of that address.
        self.challenges.close_all_but(Purpose::Confirm);
    }

    pub(super) fn set_address(&mut self, address: Address) {
        self.address = address;
        // The others went to a mailbox that is not this user's any more.
        self.challenges.close_all();
    }

    pub(super) fn confirm(&mut self) {
        self.confirmed = true;
        self.challenges.close(Purpose::Confirm);
    }
}

/// What a blocked user is refused. Staff may still act, and anybody may be erased.
const fn asked_by_the_user(command: &UserCommand) -> bool {
    use UserCommand as C;
    match command {
        C::Issue { .. }
        | C::Redeem { .. }
        | C::ChangePassword { .. }
        | C::Rehash { .. }
        | C::ChangeLocale { .. }
        | C::BeginSecondFactor { .. }
        | C::EnableSecondFactor { .. }
        | C::ReplaceRecoveryCodes { .. }
        | C::AcceptCode { .. }
        | C::SpendRecoveryCode { .. } => true,
        C::Register(_)
        | C::RegisterService { .. }
        | C::Appoint { .. }
        | C::GrantRole { .. }
        | C::RevokeRole { .. }
        | C::Block { .. }
        | C::Unblock { .. }
        | C::DisableSecondFactor { .. }
        | C::Lapse { .. }
        | C::Erase { .. } => false,
    }
}
