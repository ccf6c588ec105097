-- Who tried to sign in how often, so that guessing ends soon. Addresses and networks stand here as
-- keyed digests only; what they are is kept sealed with the person, if it is known whose they are.
-- None of it is an event: nothing is owed or owned by it, and it is swept when it is old.

create table sign_in_attempts (
    id        uuid        not null,
    at        timestamptz not null,
    -- What is counted: attempts of one client, mails to one address.
    counted   bytea       not null check (length(counted) = 32),
    user_id   text collate "C",
    -- Null until it is known how it ended.
    succeeded boolean,
    constraint sign_in_attempts_pkey primary key (id)
);
create index sign_in_attempts_counted on sign_in_attempts (counted, at);
create index sign_in_attempts_user on sign_in_attempts (user_id, at) where user_id is not null;
create index sign_in_attempts_at on sign_in_attempts (at);

-- An account as seen from one network: a stranger elsewhere cannot lock anybody out.
create table sign_in_locks (
    account      bytea       not null check (length(account) = 32),
    failures     integer     not null check (failures >= 0),
    failed_at    timestamptz not null,
    locked_until timestamptz,
    constraint sign_in_locks_pkey primary key (account)
);

grant select, insert, update, delete on sign_in_attempts, sign_in_locks to trainnet_app;

-- When a key was last used, to the minute; for its owner to see which ones nobody needs.
create table api_key_uses (
    key_id       text collate "C" not null,
    last_used_at timestamptz      not null,
    constraint api_key_uses_pkey primary key (key_id)
);

grant select, insert, update, delete on api_key_uses to trainnet_app;
