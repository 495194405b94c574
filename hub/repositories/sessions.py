"""Sessions of signed-in colleagues, and what was tried at the door."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, false, func, insert, select, update

from hub.database import Statement, bound
from hub.models import agents, drafts, sessions, sign_in_attempts

add = Statement(
    insert(sessions).values(
        bound(sessions, "secret_hash", "agent_id", "csrf", "created_at", "last_seen_at", "expires_at", "browser")
    )
)
by_hash = Statement(
    select(
        sessions.c.secret_hash,
        sessions.c.agent_id,
        sessions.c.csrf,
        sessions.c.created_at,
        sessions.c.last_seen_at,
        sessions.c.expires_at,
        agents.c.name,
        agents.c.email,
        agents.c.role,
        agents.c.disabled,
    )
    .select_from(sessions.join(agents, agents.c.id == sessions.c.agent_id))
    .where(sessions.c.secret_hash == bindparam("secret_hash"))
)
of_agent = Statement(
    select(
        sessions.c.secret_hash,
        sessions.c.created_at,
        sessions.c.last_seen_at,
        sessions.c.expires_at,
        sessions.c.browser,
    )
    .where(sessions.c.agent_id == bindparam("agent_id"))
    .order_by(sessions.c.last_seen_at.desc())
)
seen = Statement(
    update(sessions).where(sessions.c.secret_hash == bindparam("secret_hash")).values(bound(sessions, "last_seen_at"))
)
end = Statement(delete(sessions).where(sessions.c.secret_hash == bindparam("secret_hash")))
end_all = Statement(
    delete(sessions).where(sessions.c.agent_id == bindparam("agent_id"), sessions.c.secret_hash != bindparam("but_for"))
)
end_expired = Statement(delete(sessions).where(sessions.c.expires_at < bindparam("before")))

drafts_kept = Statement(
    select(func.count().label("n")).where(drafts.c.agent_id == bindparam("agent_id"), drafts.c.gone == false())
)

attempts = Statement(
    select(sign_in_attempts.c.failures, sign_in_attempts.c.last_at)
    .where(sign_in_attempts.c.key == bindparam("key"))
    .with_for_update()
)
count_attempt = Statement(
    lambda d: (
        d.insert(sign_in_attempts)
        .values(bound(sign_in_attempts, "key", "failures", "last_at"))
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"failures": bindparam("failures"), "last_at": bindparam("last_at")},
        )
    )
)
forget_attempts = Statement(
    delete(sign_in_attempts).where(
        (sign_in_attempts.c.key == bindparam("key")) | (sign_in_attempts.c.last_at < bindparam("before"))
    )
)
