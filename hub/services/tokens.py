"""Tokens of the API: each acts as a colleague of its name, and may do what its scopes say."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from hub.clock import to_text
from hub.database import Database, Reading, Transaction
from hub.errors import Invalid, NotFound, Unauthenticated
from hub.in_passing import in_passing
from hub.keyring import Keyring
from hub.repositories import agents, tokens
from hub.security import ACTIONS, GRANTS, ROLES, Actor, Role, authorize
from hub.services.actors import Remembered
from hub.services.audit import record
from hub.services.sessions import DAY, MINUTE

PREFIX = "ot"
NAME_LENGTH = 80
LONGEST = 366 * DAY
USED_STEP = MINUTE

_WRITTEN = re.compile(rf"{PREFIX}_(?P<id>[1-9][0-9]{{0,17}})_(?P<secret>[A-Za-z0-9_-]{{43}})")


class BadToken(Unauthenticated):
    """This token is not valid."""

    code = "bad_token"


class BadScope(Invalid):
    """There is no such scope."""

    code = "bad_scope"


class NoSuchToken(NotFound):
    """There is no such token."""

    code = "no_such_token"


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that was just made. Its text is shown now and never again."""

    id: int
    text: str


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """A token as administrators see it."""

    id: int
    name: str
    role: Role
    scopes: list[str]
    agent_id: int
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a token that was accepted stands for."""

    actor: Actor
    token_id: int
    last_used_at: int
    expires_at: int | None


# --- rules ------------------------------------------------------------------------------------------------------


def role_of(scopes: Iterable[str]) -> Role:
    """The lowest role that may do all of this; without a scope, an administrator's."""
    wanted = set(scopes)
    if unknown := wanted - ACTIONS - set(ROLES):
        raise BadScope(f"There is no scope “{min(unknown)}”.", scopes=sorted(ACTIONS | set(ROLES)))
    if not wanted:
        return "admin"
    return max((_lowest(scope) for scope in wanted), key=ROLES.index)


def actions_of(scopes: Iterable[str]) -> frozenset[str] | None:
    """Every action that the scopes allow; None for all that the role may."""
    allowed: set[str] = set()
    for scope in scopes:
        reach = ROLES.index(scope) + 1 if scope in ROLES else 0
        allowed |= {scope} if not reach else {action for role in ROLES[:reach] for action in GRANTS[role]}
    return frozenset(allowed) or None


def _lowest(scope: str) -> Role:
    return next(role for role in ROLES if scope == role or scope in GRANTS[role])


def add_token(tx: Transaction, by: Actor | None, name: str, scopes: list[str], expires_at: int | None) -> NewToken:
    """A token, and the colleague as whom it acts."""
    tidy = name.strip()
    if not 0 < len(tidy) <= NAME_LENGTH or not tidy.isprintable():
        raise Invalid(f"A token's name has between 1 and {NAME_LENGTH} characters.")
    if expires_at is not None and not tx.now < expires_at <= tx.now + LONGEST:
        raise Invalid("A token expires within the next 366 days, or never.")
    role = role_of(scopes)
    agent_id = tx.value(agents.add, name=tidy, email=None, role=role, is_token=True, created_at=tx.now)
    secret = Keyring.new_secret()
    token_id = tx.value(
        tokens.add,
        name=tidy,
        secret_hash=Keyring.hash(secret),
        scopes=msgspec.json.encode(sorted(set(scopes))).decode(),
        agent_id=agent_id,
        created_at=tx.now,
        expires_at=expires_at,
    )
    record(tx, "token_created", f"token:{token_id}", by=by, scopes=sorted(set(scopes)))
    tx.touch("agents", agent_id)
    tx.announce("token.created", by=by.id if by else None)
    return NewToken(id=token_id, text=f"{PREFIX}_{token_id}_{secret}")


def find_token(reading: Reading, token_id: int, secret: str) -> Known:
    """Whom this token stands for; raises `BadToken`."""
    row = reading.first(tokens.by_id, token_id=token_id)
    if row is None or not hmac.compare_digest(row.secret_hash, Keyring.hash(secret)):
        raise BadToken
    if row.revoked_at is not None or row.disabled or (row.expires_at or reading.now + 1) <= reading.now:
        raise BadToken
    actor = Actor(id=row.agent_id, name=row.name, role=row.role, scopes=actions_of(_scopes(row)), is_token=True)
    return Known(actor=actor, token_id=row.id, last_used_at=row.last_used_at or 0, expires_at=row.expires_at)


def revoke_token(tx: Transaction, by: Actor | None, token_id: int) -> None:
    """The token stops working; the colleague as whom it acted stays, for what they did."""
    row = tx.first(tokens.by_id, token_id=token_id)
    if row is None:
        raise NoSuchToken
    if tx.run(tokens.revoke, token_id=token_id, revoked_at=tx.now):
        tx.run(agents.set_disabled, agent_id=row.agent_id, disabled=True)
        record(tx, "token_revoked", f"token:{token_id}", by=by)
        tx.touch("agents", row.agent_id)
        tx.announce("token.revoked", by=by.id if by else None)


def _scopes(row: Any) -> list[str]:
    scopes: list[str] = msgspec.json.decode(row.scopes, type=list[str])
    return scopes


# --- methods ----------------------------------------------------------------------------------------------------


class Tokens:
    """The programs that work here. `by` None stands for whoever runs the hub, at its command line."""

    def __init__(self, db: Database, remembered: Remembered[Known]) -> None:
        self._db = db
        self._remembered = remembered

    async def create(
        self, by: Actor | None, *, name: str, scopes: Iterable[str] = (), expires_at: int | None = None
    ) -> NewToken:
        """A new token. Without a scope it may do all that an administrator may."""
        _may(by)
        wanted = list(scopes)
        if by is not None:
            _check_reach(by, actions_of(wanted))
        return await self._db.unit(add_token, by, name, wanted, expires_at)

    async def listed(self, by: Actor | None) -> list[TokenView]:
        _may(by)
        return await self._db.view(lambda reading: [_view(row) for row in reading.all(tokens.listed)])

    async def revoke(self, by: Actor | None, token_id: int) -> None:
        """From now on nobody comes in with this token."""
        _may(by)
        await self._db.unit(revoke_token, by, token_id)
        self._remembered.forget()

    async def actor_of_token(self, text: str) -> Actor:
        """Who a bearer token stands for; raises `BadToken`."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise BadToken
        secret_hash = Keyring.hash(text)
        known = self._remembered.get(secret_hash)
        if known is None:
            known = await self._look_up(int(written["id"]), written["secret"], secret_hash)
        if known.expires_at is not None and known.expires_at <= self._db.clock.now():
            raise BadToken
        return known.actor

    async def _look_up(self, token_id: int, secret: str, secret_hash: str) -> Known:
        asked_in = self._remembered.round()
        known = await self._db.view(find_token, token_id, secret)
        if self._db.clock.now() - known.last_used_at > USED_STEP:
            await in_passing(self._db.unit(_used, token_id))
        self._remembered.put(secret_hash, known, asked_in)
        return known


def _may(by: Actor | None) -> None:
    if by is not None:
        authorize(by, "tokens.write")


def _check_reach(by: Actor, actions: frozenset[str] | None) -> None:
    """Nobody hands out what they may not do themselves."""
    for action in sorted(ACTIONS if actions is None else actions & ACTIONS):
        authorize(by, action)


def _used(tx: Transaction, token_id: int) -> None:
    tx.run(tokens.used, token_id=token_id, last_used_at=tx.now)


def _view(row: Any) -> TokenView:
    return TokenView(
        id=row.id,
        name=row.name,
        role=row.role,
        scopes=_scopes(row),
        agent_id=row.agent_id,
        created_at=to_text(row.created_at),
        expires_at=_text_or_none(row.expires_at),
        last_used_at=_text_or_none(row.last_used_at),
        revoked_at=_text_or_none(row.revoked_at),
    )


def _text_or_none(ms: int | None) -> str | None:
    return None if ms is None else to_text(ms)
