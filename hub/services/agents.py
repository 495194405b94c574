"""Colleagues: how they come in, what they may do, when they leave."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hub.addresses import normalize
from hub.database import Database, Reading, Transaction
from hub.errors import Conflict, Invalid, NotFound
from hub.keyring import Keyring
from hub.passwords import Passwords, check_password
from hub.repositories import agents
from hub.security import ROLES, Actor, authorize
from hub.services.actors import Remembered
from hub.services.audit import record
from hub.services.invitations import (
    Invitation,
    Link,
    Purpose,
    find_invitation,
    make_link,
    may_ask_again,
    use_invitation,
)
from hub.services.sessions import (
    EMAIL_LENGTH,
    Session,
    SignedIn,
    WrongPassword,
    count_attempt,
    end_sessions,
    forget_attempts,
    open_session,
    typed_email,
)
from hub.views import AgentView

NAME_LENGTH = 80


class AlreadyHere(Conflict):
    """Somebody with this e-mail address works here already."""

    code = "already_here"


class LastAdministrator(Conflict):
    """This is the last administrator. Make somebody else one first."""

    code = "last_administrator"


class NoSuchAgent(NotFound):
    """Nobody of this name works here."""

    code = "no_such_agent"


class BadName(Invalid):
    """A name has between 1 and 80 characters."""

    code = "bad_name"


class BadRole(Invalid):
    """There is no such role."""

    code = "bad_role"


class WrongOldPassword(WrongPassword):
    """This is not your current password."""

    code = "wrong_old_password"


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """A colleague who is expected, and the link by which they come in."""

    agent_id: int
    link: Link


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """A reset link, and to whom it goes."""

    email: str
    name: str
    link: Link


# --- rules ------------------------------------------------------------------------------------------------------


def agent_of(reading: Reading, agent_id: int) -> Any:
    """The colleague's row; raises `NoSuchAgent`."""
    row = reading.first(agents.by_id, agent_id=agent_id)
    if row is None:
        raise NoSuchAgent
    return row


def has_administrator(reading: Reading) -> bool:
    """Whether anybody could sign in who may invite others."""
    return reading.value(agents.some_administrator) is not None


def add_agent(tx: Transaction, by: Actor | None, name: str, email: str, role: str) -> int:
    """A colleague without a password. One who was invited and never came is invited again."""
    if role not in ROLES:
        raise BadRole(roles=list(ROLES))
    address, name = _email(email), _name(name)
    agent_id = tx.value(agents.add, name=name, email=address, role=role, is_token=False, created_at=tx.now)
    if agent_id is None:
        expected = tx.one(agents.by_email, email=address)
        if expected.password_hash is not None or expected.disabled:
            raise AlreadyHere
        agent_id = expected.id
        tx.run(agents.set_name, agent_id=agent_id, name=name)
        tx.run(agents.set_role, agent_id=agent_id, role=role)
    record(tx, "agent_invited", f"agent:{agent_id}", by=by, role=role)
    _tell(tx, "agent.invited", agent_id, by)
    return int(agent_id)


def put_password(tx: Transaction, agent_id: int, hashed: str, *, by: Actor | int | None, but_for: str = "") -> None:
    """Give a colleague this password; their sessions end, but for the one of this hash."""
    tx.run(agents.set_password, agent_id=agent_id, password_hash=hashed)
    end_sessions(tx, agent_id, but_for)
    record(tx, "password_changed", f"agent:{agent_id}", by=by)
    tx.touch("agents", agent_id)


def _tell(tx: Transaction, kind: str, agent_id: int, by: Actor | int | None) -> None:
    tx.touch("agents", agent_id)
    tx.announce(kind, by=by.id if isinstance(by, Actor) else by)


def _keep_one_administrator(tx: Transaction, agent_id: int) -> None:
    if [row.id for row in tx.all(agents.administrators)] == [agent_id]:
        raise LastAdministrator


def _email(email: str) -> str:
    if len(email) > EMAIL_LENGTH:
        raise Invalid(f"An e-mail address has at most {EMAIL_LENGTH} characters.")
    return normalize("email", email)


def _name(name: str) -> str:
    tidy = re.sub(r"\s+", " ", name).strip()
    if not 0 < len(tidy) <= NAME_LENGTH or not tidy.isprintable():
        raise BadName
    return tidy


def _may(by: Actor | None, action: str) -> None:
    """`by` None is whoever runs the hub, at its command line."""
    if by is not None:
        authorize(by, action)


# --- methods ----------------------------------------------------------------------------------------------------


class Agents:
    """Everybody who works here. `by` None stands for whoever runs the hub, at its command line."""

    def __init__(self, db: Database, passwords: Passwords, remembered: Remembered[Session], shop: str = "") -> None:
        self._db = db
        self._passwords = passwords
        self._remembered = remembered
        self._shop = shop

    async def first_link(self) -> Link | None:
        """The link that makes the first administrator, None once there is one. Only the newest works."""
        return await self._db.unit(_first_link, Keyring.new_secret())

    async def invite(self, by: Actor | None, *, name: str, email: str, role: str) -> Invited:
        """A new colleague and the link by which they choose their password, good for 48 hours."""
        _may(by, "agents.write")
        return await self._db.unit(_invite, by, name, email, role, Keyring.new_secret())

    async def reset_link(self, by: Actor | None, agent_id: int) -> Link:
        """A link by which a colleague chooses a new password, good for 30 minutes."""
        _may(by, "agents.write")
        return await self._db.unit(_reset_link, by, agent_id, Keyring.new_secret())

    async def forgotten(self, email: str) -> Forgotten | None:
        """A reset link to be mailed to this address, None if nobody has it; who asked must not learn which."""
        return await self._db.unit(_forgotten, email, Keyring.new_secret())

    async def invitation(self, secret: str) -> Invitation:
        """What a link is for; raises `LinkSpent`. Looking does not use it up."""
        return await self._db.view(find_invitation, secret)

    async def accept(
        self, secret: str, password: str, *, name: str = "", email: str = "", browser: str = ""
    ) -> SignedIn:
        """Use a link: set the password (the first administrator also says who they are) and sign in."""
        invitation = await self.invitation(secret)
        if invitation.purpose == "first":
            name, email = _name(name), _email(email)
        check_password(password, self._shop, invitation.name or name, invitation.email or email)
        hashed = await self._passwords.hash(password)
        signed_in = await self._db.unit(_accept, secret, hashed, name, email, Keyring.new_secret(), browser)
        self._remembered.forget()
        return signed_in

    async def change_password(self, session: Session, old: str, new: str) -> None:
        """A new password for oneself; all other sessions end. Raises `WrongPassword` or `TooManyTries`."""
        check_password(new, self._shop, session.actor.name, session.email)
        hashed = await self._db.unit(_begin_change, session.actor.id)
        if not await self._passwords.matches(old, hashed):
            raise WrongOldPassword
        fresh = await self._passwords.hash(new)
        await self._db.unit(_change_password, session, hashed, fresh)
        self._remembered.forget()

    async def set_password(self, agent_id: int, password: str) -> None:
        """Give a colleague a password, from the command line alone."""
        check_password(password, self._shop)
        hashed = await self._passwords.hash(password)
        await self._db.unit(_set_password, agent_id, hashed)
        self._remembered.forget()

    async def change(
        self, by: Actor | None, agent_id: int, *, role: str | None = None, disabled: bool | None = None
    ) -> AgentView:
        """Another role, or out and in again. Their sessions end at once, and the last administrator stays."""
        _may(by, "agents.write")
        changed = await self._db.unit(_change, by, agent_id, role, disabled)
        self._remembered.forget()
        return changed

    async def set_away(self, by: Actor, away: bool) -> AgentView:
        """Whether new requests are given to oneself."""
        authorize(by, "console")
        return await self._db.unit(_set_away, by, away)

    async def everyone(self) -> list[AgentView]:
        """All colleagues by name, also those who have left, and tokens, which act as one."""
        return await self._db.view(lambda reading: [_view(row) for row in reading.all(agents.everyone)])

    async def named(self, email: str) -> AgentView:
        """The colleague with this e-mail address; raises `NoSuchAgent`."""
        return await self._db.view(_named, email)


def _first_link(tx: Transaction, secret: str) -> Link | None:
    if has_administrator(tx):
        return None
    return make_link(tx, "first", None, secret)


def _invite(tx: Transaction, by: Actor | None, name: str, email: str, role: str, secret: str) -> Invited:
    agent_id = add_agent(tx, by, name, email, role)
    return Invited(agent_id=agent_id, link=make_link(tx, "invite", agent_id, secret))


def _reset_link(tx: Transaction, by: Actor | None, agent_id: int, secret: str) -> Link:
    agent = agent_of(tx, agent_id)
    if agent.disabled or agent.is_token:
        raise NoSuchAgent
    purpose: Purpose = "reset" if agent.password_hash else "invite"
    record(tx, "reset_link_made", f"agent:{agent_id}", by=by)
    return make_link(tx, purpose, agent_id, secret)


def _forgotten(tx: Transaction, email: str, secret: str) -> Forgotten | None:
    agent = tx.first(agents.by_email, email=typed_email(email))
    if agent is None or agent.disabled or agent.password_hash is None or not may_ask_again(tx, agent.id):
        return None
    record(tx, "reset_link_asked", f"agent:{agent.id}", by=agent.id)
    return Forgotten(email=agent.email, name=agent.name, link=make_link(tx, "reset", agent.id, secret))


def _accept(
    tx: Transaction, secret: str, hashed: str, name: str, email: str, session_secret: str, browser: str
) -> SignedIn:
    invitation = use_invitation(tx, secret)
    agent_id = invitation.agent_id
    if invitation.purpose == "first":
        agent_id = _first_administrator(tx, name, email)
    assert agent_id is not None
    put_password(tx, agent_id, hashed, by=agent_id)
    tx.run(agents.drop_invitations, purpose="reset", agent_id=agent_id)
    _tell(tx, "agent.changed", agent_id, agent_id)
    return open_session(tx, session_secret, agent_id, browser)


def _first_administrator(tx: Transaction, name: str, email: str) -> int:
    if has_administrator(tx):
        raise AlreadyHere("There is an administrator already. Ask them for an invitation.")
    return add_agent(tx, None, name, email, "admin")


def _begin_change(tx: Transaction, agent_id: int) -> str | None:
    count_attempt(tx, f"change:{agent_id}")
    hashed: str | None = agent_of(tx, agent_id).password_hash
    return hashed


def _change_password(tx: Transaction, session: Session, old: str | None, hashed: str) -> None:
    if agent_of(tx, session.actor.id).password_hash != old:
        raise WrongOldPassword("Your password was changed elsewhere just now.")
    forget_attempts(tx, f"change:{session.actor.id}")
    put_password(tx, session.actor.id, hashed, by=session.actor, but_for=session.secret_hash)
    _tell(tx, "agent.changed", session.actor.id, session.actor)


def _set_password(tx: Transaction, agent_id: int, hashed: str) -> None:
    if agent_of(tx, agent_id).is_token:
        raise NoSuchAgent
    put_password(tx, agent_id, hashed, by=None)
    _tell(tx, "agent.changed", agent_id, None)


def _change(tx: Transaction, by: Actor | None, agent_id: int, role: str | None, disabled: bool | None) -> AgentView:
    agent = agent_of(tx, agent_id)
    if agent.is_token:
        raise NoSuchAgent
    if role is not None and role not in ROLES:
        raise BadRole(roles=list(ROLES))
    if disabled or role not in {None, "admin"}:
        _keep_one_administrator(tx, agent_id)
    if role is not None and role != agent.role:
        tx.run(agents.set_role, agent_id=agent_id, role=role)
        record(tx, "agent_role_changed", f"agent:{agent_id}", by=by, before=agent.role, now=role)
    if disabled is not None and disabled != agent.disabled:
        tx.run(agents.set_disabled, agent_id=agent_id, disabled=disabled)
        record(tx, "agent_disabled" if disabled else "agent_enabled", f"agent:{agent_id}", by=by)
    changed = agent_of(tx, agent_id)
    if changed.version != agent.version:
        end_sessions(tx, agent_id)
        _tell(tx, "agent.changed", agent_id, by)
    return _view(changed)


def _set_away(tx: Transaction, by: Actor, away: bool) -> AgentView:
    if agent_of(tx, by.id).away != away:
        tx.run(agents.set_away, agent_id=by.id, away=away)
        _tell(tx, "agent.changed", by.id, by)
    return _view(agent_of(tx, by.id))


def _named(reading: Reading, email: str) -> AgentView:
    row = reading.first(agents.by_email, email=typed_email(email))
    if row is None:
        raise NoSuchAgent
    return _view(row)


def _view(row: Any) -> AgentView:
    return AgentView(
        id=row.id,
        version=row.version,
        name=row.name,
        email=row.email,
        role=row.role,
        away=row.away,
        disabled=row.disabled,
        is_token=row.is_token,
    )
