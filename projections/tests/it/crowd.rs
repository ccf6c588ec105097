//! A small crowd that everything happens to that can happen to people.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::DomainEvent;
use domain::jobs::{Job, JobEvent, JobId};
use domain::mails::{Intended, Mail, MailEvent, Template};
use domain::objects::{Object, ObjectEvent, ObjectId, ObjectKind, Opened};
use domain::payments::Payment;
use domain::servers::{JoinToken, JoinTokenEvent, JoinTokenId, Machine, MachineEvent, MachineId};
use domain::users::{
    Address, ApiKey, ApiKeyEvent, ApiKeyId, Challenge, ChallengeId, Created, CredentialId, Device,
    Digest, DisabledBecause, Documents, EndedBecause, FactorId, Kyc, KycEvent, KycId, Limits,
    Locale, ObjectKey, Purpose, Reason, Registered, Role, Roles, Scope, Scopes, Session,
    SessionEvent, SessionId, SetBecause, Started, User, UserEvent, UserId,
};
use domain::work::{Unit, UnitEvent, UnitId};
use ledger::{Account, Currency, Effects, WalletLeaf};
use projections::{Engine, Projections, Settings};
use store::{Append, Catalogue, Context, NewEvent};
use uuid::Uuid;

use crate::world::{Parcel, World, bank, moved};

pub fn id<K>(number: u128) -> domain::users::Id<K> {
    domain::users::Id::new(Uuid::from_u128(number))
}

/// To whom the most happens.
pub fn ann() -> UserId {
    id(0xa)
}

/// Of the staff.
pub fn bob() -> UserId {
    id(0xb)
}

/// Never confirmed an address.
pub fn carl() -> UserId {
    id(0xc)
}

/// Was here once.
pub fn dora() -> UserId {
    id(0xd)
}

/// A program of somebody's.
pub fn robot() -> UserId {
    id(0xe)
}

pub fn session(number: u128) -> SessionId {
    id(0x50 + number)
}

pub fn key(number: u128) -> ApiKeyId {
    id(0x60 + number)
}

pub fn minute(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

pub fn reason(text: &str) -> Reason {
    Reason::try_new(text).unwrap()
}

/// Every digest in these events is made of these digits.
pub const SECRET_DIGITS: &str = "5e5e5e5e5e5e5e5e";
pub const SECRET: [u8; 32] = [0x5e; 32];

/// Tells the log what a stream went through, from its beginning or from where it was left.
pub struct Teller<'a> {
    world: &'a World,
    told: std::collections::HashMap<String, i64>,
}

impl<'a> Teller<'a> {
    pub fn new(world: &'a World) -> Self {
        let told = std::collections::HashMap::new();
        Self { world, told }
    }

    /// Goes on with a stream that has so many events already.
    pub fn resumed(world: &'a World, (_, stream): (&str, String), already: i64) -> Self {
        let told = std::collections::HashMap::from([(stream, already)]);
        Self { world, told }
    }

    /// By this actor, in a request of this name; says where it ends.
    pub async fn tell<E: DomainEvent + Effects>(
        &mut self,
        (of, stream): (&str, String),
        events: &[E],
        (actor, request): (UserId, &str),
    ) -> i64 {
        let already = self.told.entry(stream.clone()).or_default();
        let events: Vec<_> = events
            .iter()
            .map(|event| NewEvent::from_domain(event).unwrap())
            .collect();
        let count = i64::try_from(events.len()).unwrap();
        let context = Context::by(actor.to_string()).in_request(request, request);
        let append = Append::try_new(of, &stream, *already, events, &context).unwrap();
        *already += count;
        self.world.log.append(append).await.unwrap().position
    }

    pub async fn user(&mut self, user: UserId, events: &[UserEvent], by: UserId) -> i64 {
        let stream = ("user", user.to_string());
        self.tell(stream, events, (by, "request-u")).await
    }

    pub async fn session(&mut self, of: SessionId, events: &[SessionEvent]) -> i64 {
        let stream = ("session", of.to_string());
        self.tell(stream, events, (ann(), "request-s")).await
    }

    pub async fn key(&mut self, of: ApiKeyId, events: &[ApiKeyEvent]) -> i64 {
        let stream = ("api-key", of.to_string());
        self.tell(stream, events, (bob(), "request-k")).await
    }

    pub async fn examination(&mut self, user: UserId, events: &[KycEvent]) -> i64 {
        let stream = ("kyc", KycId::of(user).to_string());
        self.tell(stream, events, (bob(), "request-e")).await
    }

    pub async fn machine(&mut self, of: MachineId, events: &[MachineEvent]) -> i64 {
        let stream = ("machine", of.to_string());
        self.tell(stream, events, (ann(), "request-c")).await
    }

    pub async fn token(&mut self, of: JoinTokenId, events: &[JoinTokenEvent]) -> i64 {
        let stream = ("join-token", of.to_string());
        self.tell(stream, events, (ann(), "request-j")).await
    }

    pub async fn object(&mut self, object: ObjectId, owner: UserId) -> i64 {
        let opened = ObjectEvent::Opened(Opened {
            owner,
            kind: ObjectKind::Dataset,
            bytes: 10,
            part_bytes: 8,
            sha256: None,
            under: None,
            expires_at: minute(60),
            at: minute(0),
        });
        let stream = ("object", object.to_string());
        self.tell(stream, &[opened], (owner, "request-o")).await
    }

    pub async fn unit(&mut self, of: UnitId, events: &[UnitEvent]) -> i64 {
        let stream = ("work-unit", of.to_string());
        self.tell(stream, events, (ann(), "request-w")).await
    }

    pub async fn job(&mut self, of: JobId, events: &[JobEvent]) -> i64 {
        let stream = ("job", of.to_string());
        self.tell(stream, events, (ann(), "request-b")).await
    }

    pub async fn mail(&mut self, number: u128, to: UserId) -> i64 {
        let intended = MailEvent::Intended(Intended {
            to,
            template: Template::Confirm,
            challenge: None,
            cause: Uuid::from_u128(number),
            at: minute(0),
        });
        let stream = ("mail", format!("mail_{number}"));
        self.tell(stream, &[intended], (bob(), "request-m")).await
    }
}

/// Everybody has one of their own, made of the same digits.
fn address_of(user: UserId) -> Address {
    let mut address = SECRET;
    address[31] = user.uuid().as_bytes()[15];
    Address::new(address)
}

pub fn registered(user: UserId, roles: &[Role]) -> UserEvent {
    let challenge = ChallengeId::new(user.uuid());
    UserEvent::Registered(Registered {
        user,
        address: address_of(user),
        roles: Roles::try_new(roles.iter().copied()).unwrap(),
        locale: Locale::Russian,
        password: CredentialId::new(user.uuid()),
        challenge: Challenge::new(challenge, Purpose::Confirm, minute(0)),
        at: minute(0),
    })
}

pub fn started(user: UserId, new_device: bool, at: DateTime<Utc>) -> SessionEvent {
    SessionEvent::Started(Started {
        user,
        device: Device::new(SECRET),
        new_device,
        remember: false,
        token: Digest::new(SECRET),
        second_factor: true,
        limits: Limits::usual(false),
        at,
    })
}

pub fn refreshed(at: DateTime<Utc>) -> SessionEvent {
    SessionEvent::Refreshed {
        generation: 1,
        token: Digest::new(SECRET),
        at,
    }
}

pub fn created(user: UserId, expires_at: Option<DateTime<Utc>>) -> ApiKeyEvent {
    ApiKeyEvent::Created(Created {
        user,
        scopes: Scopes::try_new([Scope::Read, Scope::JobsWrite]).unwrap(),
        secret: Digest::new(SECRET),
        expires_at,
        requests_per_minute: expires_at.map(|_| 60),
        at: minute(3),
    })
}

pub fn submitted(user: UserId, count: usize) -> KycEvent {
    let document = |number| ObjectKey::try_new(format!("kyc/{number}")).unwrap();
    KycEvent::Submitted {
        user,
        documents: Documents::try_new((0..count).map(document).collect()).unwrap(),
        at: minute(4),
    }
}

/// What happens to the crowd, one event a position; says where it ends.
pub async fn gather(world: &World) -> i64 {
    let mut teller = Teller::new(world);
    let at = minute(1);
    let confirmed = UserEvent::Confirmed { at };
    let of_ann = [registered(ann(), &[Role::Customer]), confirmed.clone()];
    teller.user(ann(), &of_ann, ann()).await;
    let of_bob = [registered(bob(), &[Role::Admin]), confirmed.clone()];
    teller.user(bob(), &of_bob, bob()).await;
    let of_robot = UserEvent::ServiceRegistered {
        user: robot(),
        roles: Roles::one(Role::Provider),
        by: bob(),
        at,
    };
    teller.user(robot(), &[of_robot], bob()).await;
    let of_carl = [
        registered(carl(), &[Role::Customer]),
        UserEvent::Lapsed {
            address: address_of(carl()),
            at,
        },
    ];
    teller.user(carl(), &of_carl, carl()).await;
    teller.user(ann(), &what_ann_does(), ann()).await;
    teller.user(ann(), &what_is_done_to_ann(), bob()).await;
    sessions(&mut teller).await;
    keys_and_examinations(&mut teller).await;
    let factor = FactorId::new(dora().uuid());
    let of_dora = [
        registered(dora(), &[Role::Customer, Role::Provider]),
        confirmed,
        UserEvent::SecondFactorEnabled {
            factor,
            recovery_codes: 8,
            at,
        },
        UserEvent::Erased {
            address: Some(address_of(dora())),
            at,
        },
    ];
    teller.user(dora(), &of_dora, dora()).await
}

fn what_ann_does() -> [UserEvent; 8] {
    let (at, factor) = (minute(2), FactorId::new(ann().uuid()));
    let challenge = Challenge::new(ChallengeId::new(Uuid::nil()), Purpose::Recover, at);
    let password = CredentialId::new(Uuid::nil());
    [
        UserEvent::ChallengeIssued { challenge, at },
        UserEvent::ChallengeFailed {
            challenge: challenge.id,
            attempts: 1,
            at,
        },
        UserEvent::PasswordSet {
            password,
            why: SetBecause::Recovery,
            at,
        },
        UserEvent::PasswordRehashed { password, at },
        UserEvent::SecondFactorBegun { factor, at },
        UserEvent::SecondFactorEnabled {
            factor,
            recovery_codes: 8,
            at,
        },
        UserEvent::CodeAccepted { step: 1, at },
        UserEvent::RecoveryCodeSpent { index: 1, at },
    ]
}

fn what_is_done_to_ann() -> [UserEvent; 6] {
    let (by, at) = (bob(), minute(3));
    let mut to = SECRET;
    to[30] = 0;
    [
        UserEvent::RoleGranted {
            role: Role::Provider,
            by,
            reason: reason("Brings machines."),
            at,
        },
        UserEvent::SecondFactorDisabled {
            why: DisabledBecause::Staff {
                by,
                reason: reason("Lost it."),
            },
            at,
        },
        UserEvent::Blocked {
            by,
            reason: reason("Asked to be."),
            at,
        },
        UserEvent::Unblocked {
            by,
            reason: reason("Changed her mind."),
            at,
        },
        UserEvent::AddressChanged {
            from: address_of(ann()),
            to: Address::new(to),
            challenge: id(1),
            at,
        },
        UserEvent::Blocked {
            by,
            reason: reason("Asked again."),
            at,
        },
    ]
}

/// Ann's first is stolen, her second is open, her third she ended; the robot's is none.
async fn sessions(teller: &mut Teller<'_>) {
    let stolen = [
        started(ann(), true, minute(0)),
        refreshed(minute(10)),
        SessionEvent::TokenReused {
            generation: 0,
            at: minute(11),
        },
        SessionEvent::Ended {
            why: EndedBecause::TokenReused,
            at: minute(11),
        },
    ];
    teller.session(session(1), &stolen).await;
    let open = [started(ann(), false, minute(20)), refreshed(minute(30))];
    teller.session(session(2), &open).await;
    let ended = SessionEvent::Ended {
        why: EndedBecause::SignedOut,
        at: minute(41),
    };
    let third = [started(ann(), false, minute(40)), ended];
    teller.session(session(3), &third).await;
    let of_bob = [started(bob(), false, minute(40))];
    teller.session(session(4), &of_bob).await;
}

async fn keys_and_examinations(teller: &mut Teller<'_>) {
    let first = created(ann(), Some(minute(100)));
    teller.key(key(1), &[first]).await;
    let (by, at) = (bob(), minute(5));
    let revoked = ApiKeyEvent::Revoked { by, at };
    teller.key(key(2), &[created(robot(), None), revoked]).await;
    let of_ann = [
        submitted(ann(), 3),
        KycEvent::Rejected {
            by,
            reason: reason("Too dark."),
            at,
        },
        submitted(ann(), 2),
        KycEvent::Approved {
            by,
            until: minute(1_000),
            at,
        },
    ];
    teller.examination(ann(), &of_ann).await;
    teller.examination(bob(), &[submitted(bob(), 1)]).await;
}

/// Mails for two, and money for them and for ourselves; says where it ends.
pub async fn trade(world: &World) -> i64 {
    let mut teller = Teller::new(world);
    teller.mail(1, ann()).await;
    teller.mail(2, bob()).await;
    teller.object(id(0x70), ann()).await;
    teller.object(id(0x71), bob()).await;
    let mut head = 0;
    for user in [ann(), bob()] {
        let user = user.to_string();
        let wallet = Account::wallet(&user, WalletLeaf::Available).unwrap();
        let paid = [moved(&bank(), &wallet, 500, Currency::Usd)];
        world.append(&paid).await;
        let owed = Account::receivable(&user).unwrap();
        let disputed = [moved(&owed, &bank(), 100, Currency::Usd)];
        head = world.append(&disputed).await;
    }
    head
}

pub async fn engine(world: &World, projections: Projections, page_events: i64) -> Engine {
    let settings = Settings {
        page_events,
        readers: 2,
        rest: Duration::from_millis(20),
    };
    let catalogue = Catalogue::new()
        .with::<Parcel>()
        .with::<User>()
        .with::<Session>()
        .with::<ApiKey>()
        .with::<Kyc>()
        .with::<Mail>()
        .with::<Machine>()
        .with::<JoinToken>()
        .with::<Object>()
        .with::<Payment>()
        .with::<Job>()
        .with::<Unit>();
    let catalogue = Arc::new(catalogue);
    Engine::open(world.log.clone(), catalogue, projections, settings)
        .await
        .unwrap()
}
