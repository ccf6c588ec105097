-- A ledger in the common design: balances in rows, locked in the order of their ids.

create table accounts (
    id         bigint primary key,
    name       text not null,
    currency   text not null,
    balance    bigint not null,
    floor_zero boolean not null,
    version    bigint not null default 0,
    updated_at timestamptz not null default now(),
    check (not floor_zero or balance >= 0)
);

create table transfers (
    id           uuid primary key default gen_random_uuid(),
    from_account bigint not null references accounts,
    to_account   bigint not null references accounts,
    amount       bigint not null check (amount > 0),
    metadata     jsonb not null,
    created_at   timestamptz not null default now()
);

create table entries (
    id              bigint generated always as identity primary key,
    transfer        uuid not null references transfers,
    account         bigint not null references accounts,
    amount          bigint not null,
    balance_after   bigint not null,
    account_version bigint not null,
    created_at      timestamptz not null default now()
);

create index on entries (account, id);
create index on entries (transfer);

create function transfer(source bigint, target bigint, moved bigint, about jsonb) returns uuid
language plpgsql as $$
declare
    made uuid;
    source_balance bigint;
    source_version bigint;
    target_balance bigint;
    target_version bigint;
begin
    perform 1 from accounts where id in (source, target) order by id for update;
    update accounts set balance = balance - moved, version = version + 1, updated_at = now()
     where id = source returning balance, version into source_balance, source_version;
    update accounts set balance = balance + moved, version = version + 1, updated_at = now()
     where id = target returning balance, version into target_balance, target_version;
    insert into transfers (from_account, to_account, amount, metadata)
    values (source, target, moved, about) returning id into made;
    insert into entries (transfer, account, amount, balance_after, account_version)
    values (made, source, -moved, source_balance, source_version),
           (made, target, moved, target_balance, target_version);
    return made;
end $$;

insert into accounts (id, name, currency, balance, floor_zero)
select id, 'wallet/user_' || id || '/available', 'USD', 1000000000000, true
  from generate_series(1, 1000) id;
