-- Who reads for somebody: a role that owns nothing, changes nothing, and sees of the read tables
-- only the rows of the one for whom it reads, or all of them where it reads for staff.
--
-- The read tables themselves carry the policies; they are made by the code that folds them. All
-- that stands here is the role, which has no right to anything else: not to the log, the books, the
-- claims, the answers, the vault, nor to what is kept about signing in.

do $$
begin
    create role trainnet_api nologin;
exception
    when duplicate_object or unique_violation then null;
end $$;

-- Whoever may work as the application may read as that role: no login has to be told of it.
do $$
begin
    if not pg_has_role('trainnet_app', 'trainnet_api', 'member') then
        grant trainnet_api to trainnet_app;
    end if;
exception
    when unique_violation then null;
end $$;

grant usage on schema public to trainnet_api;
-- It runs with the rights of whoever calls it, so it would fail; but nobody else has to try.
revoke execute on function log_append from public;
grant execute on function log_append to trainnet_app;
