"""Signing in and out: sessions, how often somebody may try, and who a cookie stands for."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from hub.addresses import same_or_none
from hub.clock import to_text
from hub.database import Database, Reading, Transaction
from hub.errors import NotFound, TooMany, Unauthenticated
from hub.in_passing import in_passing
from hub.keyring import Keyring
from hub.limits import Limits
from hub.passwords import Passwords
from hub.repositories import agents, sessions
from hub.security import Actor
from hub.services.actors import Remembered
from hub.services.audit import record
from hub.throttle import Throttle

logger = logging.getLogger(__name__)

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

IDLE = 12 * HOUR
LONGEST = 7 * DAY
# How exactly "last seen" is known; each finer step would be a write.
SEEN_STEP = 5 * MINUTE

FREE_FAILURES = 5
FIRST_PAUSE = 5 * SECOND
LONGEST_PAUSE = 15 * MINUTE
FAILURES_KEPT = DAY

BROWSER_LENGTH = 200
EMAIL_LENGTH = 254


class WrongPassword(Unauthenticated):
    """E-mail or password is wrong."""

    code = "wrong_password"


class SignedOut(Unauthenticated):
    """You are signed out. Sign in again."""

    code = "signed_out"


class TooManyTries(TooMany):
    """Too many wrong passwords. Wait a little and try again."""

    code = "too_many_tries"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A colleague who is signed in with one browser."""

    actor: Actor
    email: str
    csrf: str
    secret_hash: str
    created_at: int
    last_seen_at: int
    expires_at: int


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session that has just begun; only now its secret is known."""

    secret: str
    agent_id: int
    expires_at: int


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner sees it in the list of theirs."""

    handle: str
    browser: str
    created_at: str
    last_seen_at: str
    is_this: bool


class Lapse(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody whose session has run out may be told."""

    at: int
    drafts: int


# --- rules ------------------------------------------------------------------------------------------------------


def typed_email(text: str) -> str:
    """The address that somebody typed at the door, or what they typed instead of one, which nobody has."""
    readable = text[:EMAIL_LENGTH].encode(errors="replace").decode().replace("\0", "")
    return same_or_none("email", readable) or readable


def count_attempt(tx: Transaction, key: str) -> None:
    """Count an attempt before it is judged, so that a thousand at once are a thousand; raise `TooManyTries`."""
    before = tx.first(sessions.attempts, key=key)
    failures = before.failures if before and before.last_at > tx.now - FAILURES_KEPT else 0
    if before and failures >= FREE_FAILURES:
        pause = min(FIRST_PAUSE * 2 ** min(failures - FREE_FAILURES, 20), LONGEST_PAUSE)
        left = before.last_at + pause - tx.now
        if left > 0:
            raise TooManyTries(retry_after=-(-left // SECOND))
    tx.run(sessions.count_attempt, key=key, failures=failures + 1, last_at=tx.now)


def forget_attempts(tx: Transaction, key: str) -> None:
    tx.run(sessions.forget_attempts, key=key, before=tx.now - FAILURES_KEPT)


def open_session(tx: Transaction, secret: str, agent_id: int, browser: str) -> SignedIn:
    """Begin a session under this new secret; sessions that ran out long ago go."""
    expires_at = tx.now + LONGEST
    tx.run(sessions.end_expired, before=tx.now - LONGEST)
    tx.run(
        sessions.add,
        secret_hash=Keyring.hash(secret),
        agent_id=agent_id,
        csrf=Keyring.new_secret(),
        created_at=tx.now,
        last_seen_at=tx.now,
        expires_at=expires_at,
        browser=browser[:BROWSER_LENGTH],
    )
    return SignedIn(secret=secret, agent_id=agent_id, expires_at=expires_at)


def end_sessions(tx: Transaction, agent_id: int, but_for: str = "") -> int:
    """End all sessions of a colleague, but for the one of this hash; their sockets close."""
    ended = tx.run(sessions.end_all, agent_id=agent_id, but_for=but_for)
    tx.announce("session.ended", audience=f"agent:{agent_id}", by=agent_id)
    return ended


def find_session(reading: Reading, secret_hash: str) -> Session:
    """The session of this hash, as long as it lasts; raises `SignedOut`."""
    row = reading.first(sessions.by_hash, secret_hash=secret_hash)
    if row is None or row.disabled or _ended_at(row) <= reading.now:
        raise SignedOut
    return Session(
        actor=Actor(id=row.agent_id, name=row.name, role=row.role),
        email=row.email or "",
        csrf=row.csrf,
        secret_hash=row.secret_hash,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
    )


def find_lapse(reading: Reading, secret_hash: str) -> Lapse | None:
    row = reading.first(sessions.by_hash, secret_hash=secret_hash)
    if row is None or row.disabled or _ended_at(row) > reading.now:
        return None
    return Lapse(at=_ended_at(row), drafts=reading.value(sessions.drafts_kept, agent_id=row.agent_id))


def _ended_at(row: Any) -> int:
    at: int = min(row.expires_at, row.last_seen_at + IDLE)
    return at


# --- methods ----------------------------------------------------------------------------------------------------


class Sessions:
    """What happens at the door."""

    def __init__(
        self, db: Database, passwords: Passwords, remembered: Remembered[Session], limits: Limits | None = None
    ) -> None:
        self._db = db
        self._passwords = passwords
        self._remembered = remembered
        self._addresses = Throttle((limits or Limits()).sign_ins_per_address, 60)

    def throttles(self) -> dict[str, Throttle]:
        """What is counted, by name."""
        return {"sign_ins": self._addresses}

    def check_address(self, address: str) -> None:
        """Count a try from this network address; raises `TooMany` beyond the limit."""
        self._addresses.check(address)

    async def sign_in(self, email: str, password: str, *, address: str, browser: str = "", old: str = "") -> SignedIn:
        """Begin a new session; `old` is the cookie of the one that it replaces.

        Raises `WrongPassword`, or `TooMany` with the time to wait, which does not say whether the password was right.
        """
        self.check_address(address)
        wanted = typed_email(email)
        key = _attempts_key(wanted)
        hashed = await self._db.unit(_begin, key, wanted)
        if not await self._passwords.matches(password, hashed) or hashed is None:
            logger.warning("A sign-in from %s was refused.", address, extra={"action": "sign_in_refused"})
            raise WrongPassword
        secret = Keyring.new_secret()
        signed_in = await self._db.unit(_sign_in, key, wanted, hashed, secret, browser, Keyring.hash(old))
        self._remembered.forget()
        if self._passwords.is_outdated(hashed):
            fresh = await self._passwords.hash(password)
            await self._db.unit(_refresh_hash, signed_in.agent_id, hashed, fresh)
        return signed_in

    async def session_of(self, cookie: str) -> Session:
        """The session that a cookie stands for; raises `SignedOut`."""
        secret_hash = Keyring.hash(cookie)
        known = self._remembered.get(secret_hash)
        if known is None:
            asked_in = self._remembered.round()
            known = await self._db.view(find_session, secret_hash)
            if self._db.clock.now() - known.last_seen_at > SEEN_STEP:
                await in_passing(self._db.unit(_seen, secret_hash))
            self._remembered.put(secret_hash, known, asked_in)
        return known

    async def actor_of_session(self, cookie: str) -> Actor:
        """Who a cookie stands for; raises `SignedOut`."""
        return (await self.session_of(cookie)).actor

    async def lapse_of(self, cookie: str) -> Lapse | None:
        """When the session of this cookie ran out and what was kept, for the page on which to sign in again."""
        return await self._db.view(find_lapse, Keyring.hash(cookie))

    async def sign_out(self, session: Session) -> None:
        await self._db.unit(_end_one, session.actor, session.secret_hash)
        self._remembered.forget()

    async def end(self, session: Session, handle: str) -> None:
        """End one of one's own sessions, as named in `listed`."""
        await self._db.unit(_end_by_handle, session.actor, handle)
        self._remembered.forget()

    async def end_others(self, session: Session) -> int:
        """End all of one's own sessions but this one; how many there were."""
        ended = await self._db.unit(_end_others, session.actor, session.secret_hash)
        self._remembered.forget()
        return ended

    async def listed(self, session: Session) -> list[SessionView]:
        """One's own sessions, the one last used first."""
        return await self._db.view(_list, session)


def _attempts_key(email: str) -> str:
    # Hashed, since people type their password here by mistake.
    return f"email:{Keyring.hash(email)}"


def _begin(tx: Transaction, key: str, email: str) -> str | None:
    count_attempt(tx, key)
    agent = tx.first(agents.by_email, email=email)
    return agent.password_hash if agent and not agent.disabled else None


def _sign_in(tx: Transaction, key: str, email: str, hashed: str, secret: str, browser: str, old_hash: str) -> SignedIn:
    agent = tx.first(agents.by_email, email=email)
    if agent is None or agent.disabled or agent.password_hash != hashed:
        raise WrongPassword
    forget_attempts(tx, key)
    tx.run(sessions.end, secret_hash=old_hash)
    record(tx, "sign_in", f"agent:{agent.id}", by=agent.id)
    return open_session(tx, secret, agent.id, browser)


def _refresh_hash(tx: Transaction, agent_id: int, old: str, fresh: str) -> None:
    tx.run(agents.refresh_hash, agent_id=agent_id, old=old, password_hash=fresh)


def _seen(tx: Transaction, secret_hash: str) -> None:
    tx.run(sessions.seen, secret_hash=secret_hash, last_seen_at=tx.now)


def _end_one(tx: Transaction, actor: Actor, secret_hash: str) -> None:
    if tx.run(sessions.end, secret_hash=secret_hash):
        record(tx, "sign_out", f"agent:{actor.id}", by=actor)
        tx.announce("session.ended", audience=f"agent:{actor.id}", by=actor.id)


def _end_by_handle(tx: Transaction, actor: Actor, handle: str) -> None:
    rows = tx.all(sessions.of_agent, agent_id=actor.id)
    found = next((row.secret_hash for row in rows if _handle(row.secret_hash) == handle), None)
    if found is None:
        raise NotFound
    _end_one(tx, actor, found)


def _end_others(tx: Transaction, actor: Actor, secret_hash: str) -> int:
    ended = end_sessions(tx, actor.id, but_for=secret_hash)
    record(tx, "sessions_ended", f"agent:{actor.id}", by=actor, n=ended)
    return ended


def _list(reading: Reading, session: Session) -> list[SessionView]:
    rows = reading.all(sessions.of_agent, agent_id=session.actor.id)
    return [
        SessionView(
            handle=_handle(row.secret_hash),
            browser=row.browser,
            created_at=to_text(row.created_at),
            last_seen_at=to_text(row.last_seen_at),
            is_this=row.secret_hash == session.secret_hash,
        )
        for row in rows
        if _ended_at(row) > reading.now
    ]


def _handle(secret_hash: str) -> str:
    """Names a session to its owner; the cookie cannot be found from it."""
    return secret_hash[:16]
