-- What the card processor told us, before anybody has looked at what is so.
--
-- A notice is believed in one thing only: that there is something to look at. So no more of it is
-- kept than what it is about, and none of what it says about a person.

create table payments_inbox (
    received_at timestamptz      not null,
    next_at     timestamptz      not null,
    done_at     timestamptz,
    attempts    integer          not null default 0 check (attempts >= 0),
    -- The processor's name of the notice, so that one that comes twice is one.
    notice      text collate "C" not null check (length(notice) between 1 and 128),
    kind        text collate "C" not null check (length(kind) between 1 and 128),
    -- What it is about: the processor's name of it, and our payment where the notice names one.
    object      text collate "C" not null,
    payment     text collate "C",
    -- `waiting`, `done`, or `parked` for somebody to look at.
    state       text collate "C" not null default 'waiting'
        check (state in ('waiting', 'done', 'parked')),
    reason      text,
    constraint payments_inbox_pkey primary key (notice),
    constraint payments_inbox_done check ((state = 'waiting') = (done_at is null))
);
create index payments_inbox_due on payments_inbox (next_at) where state = 'waiting';
create index payments_inbox_parked on payments_inbox (received_at) where state = 'parked';

-- How far the processor's own list of what happened has been read, for notices that never came.
create table payments_polls (
    polled_at timestamptz      not null,
    processor text collate "C" not null,
    last      text collate "C",
    constraint payments_polls_pkey primary key (processor)
);

grant select, insert, update, delete on payments_inbox, payments_polls to trainnet_app;
