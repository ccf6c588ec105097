//! The aggregate: nobody, a person, a service account, or nobody any more.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::commands::{Registration, UserCommand, UserError};
use super::events::{Registered, UserEvent};
use super::factor::SecondFactor;
use super::person::Person;
use super::standing::Standing;
use crate::users::challenge::{Challenge, Purpose};
use crate::users::reason::Reason;
use crate::users::role::Role;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum User {
    #[default]
    Unregistered,
    Person(Box<Person>),
    /// A program of somebody's: has API keys, never signs in.
    Service(Standing),
    Lapsed,
    Erased,
}

impl User {
    /// Nothing for whom there is not, or not any more.
    pub fn standing(&self) -> Option<&Standing> {
        match self {
            Self::Person(person) => Some(&person.standing),
            Self::Service(standing) => Some(standing),
            Self::Unregistered | Self::Lapsed | Self::Erased => None,
        }
    }

    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Person(person) => Some(person),
            Self::Unregistered | Self::Service(_) | Self::Lapsed | Self::Erased => None,
        }
    }

    fn on_standing(&mut self, change: impl FnOnce(&mut Standing)) {
        match self {
            Self::Person(person) => change(&mut person.standing),
            Self::Service(standing) => change(standing),
            Self::Unregistered | Self::Lapsed | Self::Erased => {}
        }
    }

    fn on_person(&mut self, change: impl FnOnce(&mut Person)) {
        if let Self::Person(person) = self {
            change(person);
        }
    }

    fn decide(&self, command: UserCommand) -> Result<Vec<UserEvent>, UserError> {
        use UserCommand::{Appoint, Erase, Lapse, Register, RegisterService};
        match (self, command) {
            (Self::Unregistered, Register(registration)) => Ok(vec![registered(registration)]),
            (
                Self::Unregistered,
                Appoint {
                    registration,
                    role,
                    reason,
                },
            ) => Ok(appointed(registration, role, reason)),
            (
                Self::Unregistered,
                RegisterService {
                    user,
                    roles,
                    by,
                    at,
                },
            ) => Ok(vec![UserEvent::ServiceRegistered {
                user,
                roles,
                by,
                at,
            }]),
            (Self::Unregistered, _) => Err(UserError::NotRegistered),
            (Self::Person(person), command) => person.decide(command),
            (Self::Service(standing), command) => decide_service(standing, command),
            // Nothing is known about who lapsed, so there is nothing left to erase.
            (Self::Lapsed, Lapse { .. } | Erase { .. }) | (Self::Erased, Erase { .. }) => {
                Ok(vec![])
            }
            (Self::Lapsed, _) => Err(UserError::Lapsed),
            (Self::Erased, _) => Err(UserError::Erased),
        }
    }
}

fn registered(asked: Registration) -> UserEvent {
    let Registration {
        user,
        address,
        roles,
        locale,
        password,
        challenge,
        at,
    } = asked;
    UserEvent::Registered(Registered {
        user,
        address,
        roles,
        locale,
        password,
        challenge: Challenge::new(challenge, Purpose::Confirm, at),
        at,
    })
}

/// In one breath, so that nobody is asked for a proof in between.
fn appointed(registration: Registration, role: Role, reason: Reason) -> Vec<UserEvent> {
    let (by, at) = (registration.user, registration.at);
    let granted = (!registration.roles.contains(&role)).then_some(UserEvent::RoleGranted {
        role,
        by,
        reason,
        at,
    });
    [registered(registration), UserEvent::Confirmed { at }]
        .into_iter()
        .chain(granted)
        .collect()
}

fn decide_service(standing: &Standing, command: UserCommand) -> Result<Vec<UserEvent>, UserError> {
    use UserCommand as C;
    match command {
        C::RegisterService { user, roles, .. }
            if user == standing.user && roles == standing.roles =>
        {
            Ok(vec![])
        }
        C::Register(_) | C::RegisterService { .. } | C::Appoint { .. } => {
            Err(UserError::RegisteredOtherwise)
        }
        C::GrantRole {
            role,
            by,
            reason,
            at,
        } => Ok(standing.grant(role, by, reason, at)),
        C::RevokeRole {
            role,
            by,
            reason,
            at,
        } => standing.revoke(role, by, reason, at),
        C::Block { by, reason, at } => standing.block(by, reason, at),
        C::Unblock { by, reason, at } => standing.unblock(by, reason, at),
        C::Erase { at } => Ok(vec![UserEvent::Erased { address: None, at }]),
        C::Issue { .. }
        | C::Redeem { .. }
        | C::ChangePassword { .. }
        | C::Rehash { .. }
        | C::ChangeLocale { .. }
        | C::BeginSecondFactor { .. }
        | C::EnableSecondFactor { .. }
        | C::ReplaceRecoveryCodes { .. }
        | C::DisableSecondFactor { .. }
        | C::AcceptCode { .. }
        | C::SpendRecoveryCode { .. }
        | C::Lapse { .. } => Err(UserError::NoSignIn),
    }
}

impl Aggregate for User {
    const TYPE: &'static str = "user";
    type Command = UserCommand;
    type Event = UserEvent;
    type Error = UserError;
    type Services = ();

    async fn handle(
        &mut self,
        command: UserCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), UserError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: UserEvent) {
        use UserEvent as E;
        match event {
            E::Registered(registered) => *self = Self::Person(Box::new(Person::new(registered))),
            E::ServiceRegistered { user, roles, .. } => {
                *self = Self::Service(Standing::new(user, roles));
            }
            E::Lapsed { .. } => *self = Self::Lapsed,
            E::Erased { .. } => *self = Self::Erased,
            E::RoleGranted { role, .. } => self.on_standing(|standing| standing.with_role(role)),
            E::RoleRevoked { role, .. } => self.on_standing(|standing| standing.without_role(role)),
            E::Blocked { .. } => self.on_standing(|standing| standing.blocked = true),
            E::Unblocked { .. } => self.on_standing(|standing| standing.blocked = false),
            E::Confirmed { .. } => self.on_person(Person::confirm),
            E::ChallengeIssued { challenge, .. } => {
                self.on_person(|person| person.challenges.issue(challenge));
            }
            E::ChallengeFailed {
                challenge,
                attempts,
                at,
            } => self.on_person(|person| person.challenges.failed(challenge, attempts, at)),
            E::PasswordSet { password, .. } => {
                self.on_person(|person| person.set_password(password));
            }
            E::PasswordRehashed { password, .. } => {
                self.on_person(|person| person.password = password);
            }
            E::LocaleChanged { locale, .. } => self.on_person(|person| person.locale = locale),
            E::AddressChanged { to, .. } => self.on_person(|person| person.set_address(to)),
            E::SecondFactorBegun { factor, .. } => {
                self.on_person(|person| person.second_factor = SecondFactor::Begun { factor });
            }
            E::SecondFactorEnabled {
                factor,
                recovery_codes,
                ..
            } => self.on_person(|person| {
                person.second_factor = SecondFactor::enabled(factor, recovery_codes);
            }),
            E::SecondFactorDisabled { .. } => {
                self.on_person(|person| person.second_factor = SecondFactor::Off);
            }
            E::CodeAccepted { step, .. } => {
                self.on_person(|person| person.second_factor.accepted(step));
            }
            E::RecoveryCodeSpent { index, .. } => {
                self.on_person(|person| person.second_factor.spent(index));
            }
            E::RecoveryCodesReplaced {
                codes,
                recovery_codes,
                ..
            } => self.on_person(|person| person.second_factor.replaced(codes, recovery_codes)),
        }
    }
}
