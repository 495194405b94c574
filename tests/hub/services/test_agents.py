"""How colleagues come in, what they may do and how they leave, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, insert, select

from hub import models
from hub.clock import Clock
from hub.database import Database, Statement, bound
from hub.errors import Forbidden, Invalid, TooMany
from hub.keyring import Keyring
from hub.passwords import Passwords, WeakPassword
from hub.security import Actor
from hub.services.actors import Remembered
from hub.services.agents import Agents, AlreadyHere, LastAdministrator, NoSuchAgent
from hub.services.invitations import LinkSpent
from hub.services.sessions import Session, Sessions, SignedIn, SignedOut, TooManyTries, WrongPassword
from hub.services.teams import Teams

PASSWORD = "three kettles boil at noon"
OTHER = "a spoon of sugar each"
HERE = "192.0.2.1"

AUDIT = Statement(select(models.audit.c.action, models.audit.c.subject, models.audit.c.agent_id))
KINDS = Statement(select(models.agents.c.id, models.agents.c.version).where(models.agents.c.id == bindparam("id")))
STORED = Statement(select(models.sessions.c.secret_hash, models.sessions.c.csrf))
LINKS = Statement(select(models.invitations.c.secret_hash))
DRAFT = Statement(insert(models.drafts).values(bound(models.drafts, "agent_id", "mode", "slot", "body", "saved_at")))


@dataclass
class Door:
    """The services behind the sign-in, on one database."""

    agents: Agents
    sessions: Sessions
    teams: Teams
    db: Database

    async def first(self) -> Session:
        """The first administrator, signed in."""
        link = await self.agents.first_link()
        assert link is not None
        return await self.session(
            await self.agents.accept(secret_of(link.path), PASSWORD, name="Ana Ruiz", email="Ana@Feldweg.example")
        )

    async def colleague(self, by: Session, name: str, role: str = "agent") -> Session:
        invited = await self.agents.invite(by.actor, name=name, email=f"{name.lower()}@feldweg.example", role=role)
        return await self.session(await self.agents.accept(secret_of(invited.link.path), PASSWORD))

    async def session(self, signed_in: SignedIn) -> Session:
        return await self.sessions.session_of(signed_in.secret)

    async def audited(self) -> list[tuple[str, str, int | None]]:
        return [tuple(row) for row in await self.db.view(lambda reading: reading.all(AUDIT))]


@pytest.fixture(name="door")
async def open_door(db: Database) -> AsyncIterator[Door]:
    passwords, remembered = Passwords(), Remembered[Session](db.clock)
    yield Door(Agents(db, passwords, remembered, "Feldweg"), Sessions(db, passwords, remembered), Teams(db), db)
    passwords.stop()


def secret_of(path: str) -> str:
    return path.rsplit("/", 1)[1]


# --- coming in --------------------------------------------------------------------------------------------------


async def test_the_first_administrator_comes_in_by_a_link_that_works_once(door: Door) -> None:
    link = await door.agents.first_link()
    assert link is not None

    signed_in = await door.agents.accept(
        secret_of(link.path), PASSWORD, name=" Ana  Ruiz ", email="Ana@Feldweg.example"
    )

    session = await door.session(signed_in)
    assert (session.actor.name, session.actor.role, session.email) == ("Ana Ruiz", "admin", "ana@feldweg.example")
    assert await door.agents.first_link() is None
    with pytest.raises(LinkSpent):
        await door.agents.accept(secret_of(link.path), PASSWORD, name="Eve", email="eve@evil.example")


async def test_a_new_first_link_makes_the_one_before_useless(door: Door) -> None:
    before = await door.agents.first_link()
    after = await door.agents.first_link()
    assert before is not None
    assert after is not None

    with pytest.raises(LinkSpent):
        await door.agents.invitation(secret_of(before.path))
    assert (await door.agents.invitation(secret_of(after.path))).purpose == "first"


async def test_of_two_who_open_the_first_link_at_once_one_becomes_administrator(door: Door) -> None:
    link = await door.agents.first_link()
    assert link is not None

    outcomes = await asyncio.gather(
        *(
            door.agents.accept(secret_of(link.path), PASSWORD, name="Ana", email=f"ana{n}@feldweg.example")
            for n in range(4)
        ),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes].count(SignedIn) == 1
    assert len(await door.agents.everyone()) == 1


async def test_a_link_is_stored_only_as_its_hash(door: Door) -> None:
    link = await door.agents.first_link()
    assert link is not None

    stored = await door.db.view(lambda reading: reading.all(LINKS))

    assert [row.secret_hash for row in stored] == [Keyring.hash(secret_of(link.path))]


async def test_a_colleague_is_invited_and_chooses_a_password(door: Door) -> None:
    ana = await door.first()

    ben = await door.colleague(ana, "Ben", "supervisor")

    assert (ben.actor.name, ben.actor.role) == ("Ben", "supervisor")
    assert ("agent_invited", f"agent:{ben.actor.id}", ana.actor.id) in await door.audited()


async def test_an_invitation_lasts_48_hours(door: Door, clock: Clock) -> None:
    ana = await door.first()
    invited = await door.agents.invite(ana.actor, name="Ben", email="ben@feldweg.example", role="agent")
    clock.move_by(timedelta(hours=48, minutes=1))

    with pytest.raises(LinkSpent):
        await door.agents.accept(secret_of(invited.link.path), PASSWORD)


async def test_who_never_came_is_invited_again_and_who_is_here_is_not(door: Door) -> None:
    ana = await door.first()
    first = await door.agents.invite(ana.actor, name="Ben", email="ben@feldweg.example", role="agent")

    again = await door.agents.invite(ana.actor, name="Ben K.", email="BEN@feldweg.example", role="store")

    assert again.agent_id == first.agent_id
    with pytest.raises(LinkSpent):
        await door.agents.accept(secret_of(first.link.path), PASSWORD)
    with pytest.raises(AlreadyHere):
        await door.agents.invite(ana.actor, name="Ana", email="ana@feldweg.example", role="agent")


async def test_only_administrators_invite(door: Door) -> None:
    ben = await door.colleague(await door.first(), "Ben", "supervisor")

    with pytest.raises(Forbidden):
        await door.agents.invite(ben.actor, name="Cem", email="cem@feldweg.example", role="admin")


@pytest.mark.parametrize(
    ("name", "email", "role"),
    [
        ("", "a@b.example", "agent"),
        ("x" * 81, "a@b.example", "agent"),
        ("a\nb\0", "a@b.example", "agent"),
        ("Ben", "nobody", "agent"),
        ("Ben", "a@" + "b" * 300 + ".example", "agent"),
        ("Ben", "a@b.example", "owner"),
    ],
)
async def test_nonsense_about_a_colleague_is_refused(door: Door, name: str, email: str, role: str) -> None:
    with pytest.raises(Invalid):
        await door.agents.invite(None, name=name, email=email, role=role)

    assert await door.agents.everyone() == []


async def test_a_weak_password_does_not_use_up_the_link(door: Door) -> None:
    ana = await door.first()
    invited = await door.agents.invite(ana.actor, name="Ben Krause", email="ben@feldweg.example", role="agent")

    with pytest.raises(WeakPassword):
        await door.agents.accept(secret_of(invited.link.path), "Krause.Feldweg.2026")

    await door.agents.accept(secret_of(invited.link.path), PASSWORD)


# --- signing in -------------------------------------------------------------------------------------------------


async def test_signing_in_begins_a_new_session_and_ends_the_one_it_replaces(door: Door) -> None:
    await door.first()

    one = await door.sessions.sign_in("ANA@feldweg.example ", PASSWORD, address=HERE)
    two = await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE, old=one.secret)

    assert (await door.session(two)).actor.name == "Ana Ruiz"
    with pytest.raises(SignedOut):
        await door.session(one)


async def test_a_session_is_stored_only_as_its_hash(door: Door) -> None:
    await door.first()
    signed_in = await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE)

    stored = await door.db.view(lambda reading: reading.all(STORED))

    assert Keyring.hash(signed_in.secret) in {row.secret_hash for row in stored}
    assert all(signed_in.secret not in (row.secret_hash, row.csrf) for row in stored)


@pytest.mark.parametrize("email", ["ana@feldweg.example", "nobody@feldweg.example", "nonsense", "", "\ud800@x.example"])
async def test_a_wrong_name_and_a_wrong_password_are_refused_alike(door: Door, email: str) -> None:
    await door.first()

    with pytest.raises(WrongPassword, match=r"^E-mail or password is wrong"):
        await door.sessions.sign_in(email, "wrong password here", address=HERE)


@pytest.mark.parametrize("email", ["ana@feldweg.example", "nobody@feldweg.example"])
async def test_after_five_failures_even_the_right_password_has_to_wait(door: Door, clock: Clock, email: str) -> None:
    await door.first()
    for n in range(5):
        with pytest.raises(WrongPassword):
            await door.sessions.sign_in(email, "wrong password here", address=f"192.0.2.{n}")

    with pytest.raises(TooManyTries) as wrong:
        await door.sessions.sign_in(email, "wrong password here", address=HERE)
    with pytest.raises(TooManyTries) as right:
        await door.sessions.sign_in(email, PASSWORD, address=HERE)

    assert 0 < right.value.retry_after <= wrong.value.retry_after <= 5


async def test_each_further_failure_doubles_the_wait_and_no_wait_is_for_ever(door: Door, clock: Clock) -> None:
    await door.first()
    waits = []
    for n in range(16):
        with pytest.raises(WrongPassword):
            await door.sessions.sign_in("ana@feldweg.example", "wrong password here", address=f"192.0.2.{n}")
        if n >= 4:
            with pytest.raises(TooManyTries) as refused:
                await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=f"198.51.100.{n}")
            waits.append(refused.value.retry_after)
            clock.move_by(timedelta(seconds=refused.value.retry_after))

    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]
    await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE)


async def test_a_sign_in_that_goes_well_forgets_the_failures_before(door: Door) -> None:
    await door.first()

    for n in range(9):
        with pytest.raises(WrongPassword):
            await door.sessions.sign_in("ana@feldweg.example", "wrong password here", address=f"192.0.2.{n}")
        if n % 4 == 3:
            await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=f"198.51.100.{n}")


async def test_guesses_made_at_once_are_counted_before_they_are_judged(door: Door) -> None:
    await door.first()
    with pytest.raises(WrongPassword):
        await door.sessions.sign_in("ana@feldweg.example", "wrong password here", address=HERE)

    outcomes = await asyncio.gather(
        *(
            door.sessions.sign_in("ana@feldweg.example", f"wrong password {n}", address=f"192.0.2.{n}")
            for n in range(30)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, WrongPassword) for outcome in outcomes) == 4


async def test_one_address_gets_twenty_tries_a_minute(door: Door) -> None:
    await door.first()

    outcomes = await asyncio.gather(
        *(door.sessions.sign_in(f"nobody{n}@x.example", "wrong password", address=HERE) for n in range(25)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, TooMany) for outcome in outcomes) == 5
    await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address="192.0.2.77")


# --- sessions ---------------------------------------------------------------------------------------------------


async def test_a_session_ends_after_twelve_idle_hours_and_says_what_was_kept(door: Door, clock: Clock) -> None:
    ana = await door.first()
    signed_in = await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE)
    await door.db.unit(
        lambda tx: tx.run(DRAFT, agent_id=ana.actor.id, mode="note", slot="", body="{}", saved_at=tx.now)
    )
    until = clock.now() + 12 * 3_600_000
    clock.move_by(timedelta(hours=12, seconds=1))

    lapse = await door.sessions.lapse_of(signed_in.secret)

    with pytest.raises(SignedOut):
        await door.sessions.session_of(signed_in.secret)
    assert lapse is not None
    assert lapse.drafts == 1
    assert abs(lapse.at - until) < 10_000


async def test_a_session_in_use_goes_on_but_not_beyond_seven_days(door: Door, clock: Clock) -> None:
    await door.first()
    signed_in = await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE)

    for _ in range(15):
        clock.move_by(timedelta(hours=11))
        await door.session(signed_in)
    clock.move_by(timedelta(hours=4))

    with pytest.raises(SignedOut):
        await door.session(signed_in)


async def test_signing_out_ends_the_session_at_once(door: Door) -> None:
    session = await door.first()
    signed_in = await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE)

    await door.sessions.sign_out(await door.session(signed_in))

    with pytest.raises(SignedOut):
        await door.session(signed_in)
    assert await door.sessions.lapse_of(signed_in.secret) is None
    assert [view.is_this for view in await door.sessions.listed(session)] == [True]


async def test_sessions_are_listed_and_ended_one_by_one_or_all_others(door: Door) -> None:
    here = await door.first()
    phone = await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE, browser="Phone")
    tablet = await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE, browser="Tablet")

    listed = await door.sessions.listed(here)
    await door.sessions.end(here, next(view.handle for view in listed if view.browser == "Phone"))
    ended = await door.sessions.end_others(here)

    assert {view.browser for view in listed} == {"", "Phone", "Tablet"}
    assert ended == 1
    for gone in (phone, tablet):
        with pytest.raises(SignedOut):
            await door.session(gone)


# --- passwords --------------------------------------------------------------------------------------------------


async def test_a_changed_password_ends_all_other_sessions(door: Door) -> None:
    here = await door.first()
    elsewhere = await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE)

    await door.agents.change_password(here, PASSWORD, OTHER)

    assert len(await door.sessions.listed(here)) == 1
    with pytest.raises(SignedOut):
        await door.session(elsewhere)
    with pytest.raises(WrongPassword):
        await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE)
    await door.sessions.sign_in("ana@feldweg.example", OTHER, address=HERE)


async def test_the_old_password_is_asked_for_and_may_not_be_guessed_at(door: Door) -> None:
    here = await door.first()

    for _ in range(5):
        with pytest.raises(WrongPassword):
            await door.agents.change_password(here, "wrong password here", OTHER)
    with pytest.raises(TooManyTries):
        await door.agents.change_password(here, PASSWORD, OTHER)


async def test_a_forgotten_password_is_replaced_by_a_link_of_thirty_minutes(door: Door, clock: Clock) -> None:
    await door.first()
    elsewhere = await door.sessions.sign_in("ana@feldweg.example", PASSWORD, address=HERE)
    forgotten = await door.agents.forgotten("ANA@feldweg.example")
    late = await door.agents.forgotten("ana@feldweg.example")
    assert forgotten is not None
    assert late is not None

    await door.agents.accept(secret_of(forgotten.link.path), OTHER)

    assert forgotten.email == "ana@feldweg.example"
    assert forgotten.link.expires_at - clock.now() <= 30 * 60_000
    with pytest.raises(SignedOut):
        await door.session(elsewhere)
    with pytest.raises(LinkSpent):
        await door.agents.accept(secret_of(late.link.path), PASSWORD)


async def test_an_administrator_gives_a_colleague_the_link_to_a_new_password(door: Door) -> None:
    ana = await door.first()
    ben = await door.agents.invite(ana.actor, name="Ben", email="ben@feldweg.example", role="agent")

    link = await door.agents.reset_link(ana.actor, ben.agent_id)

    await door.agents.accept(secret_of(link.path), PASSWORD)
    again = await door.agents.reset_link(None, ben.agent_id)
    assert again.path.startswith("/reset/")


async def test_nobody_gets_a_reset_link_who_does_not_work_here_or_asks_too_often(door: Door) -> None:
    ana = await door.first()
    await door.agents.invite(ana.actor, name="Ben", email="ben@feldweg.example", role="agent")

    assert await door.agents.forgotten("nobody@feldweg.example") is None
    assert await door.agents.forgotten("nonsense\0") is None
    assert await door.agents.forgotten("ben@feldweg.example") is None
    made = [await door.agents.forgotten("ana@feldweg.example") for _ in range(5)]
    assert [link is None for link in made] == [False, False, False, True, True]


# --- roles and leaving ------------------------------------------------------------------------------------------


async def test_who_is_disabled_is_out_at_once_and_may_be_let_in_again(door: Door) -> None:
    ana = await door.first()
    ben = await door.colleague(ana, "Ben")
    signed_in = await door.sessions.sign_in("ben@feldweg.example", PASSWORD, address=HERE)
    await door.session(signed_in)

    changed = await door.agents.change(ana.actor, ben.actor.id, disabled=True)

    assert changed.disabled
    with pytest.raises(SignedOut):
        await door.session(signed_in)
    with pytest.raises(WrongPassword):
        await door.sessions.sign_in("ben@feldweg.example", PASSWORD, address=HERE)
    await door.agents.change(ana.actor, ben.actor.id, disabled=False)
    await door.sessions.sign_in("ben@feldweg.example", PASSWORD, address=HERE)


async def test_a_new_role_needs_a_new_sign_in(door: Door) -> None:
    ana = await door.first()
    ben = await door.colleague(ana, "Ben")
    signed_in = await door.sessions.sign_in("ben@feldweg.example", PASSWORD, address=HERE)

    await door.agents.change(ana.actor, ben.actor.id, role="supervisor")

    with pytest.raises(SignedOut):
        await door.session(signed_in)
    again = await door.sessions.sign_in("ben@feldweg.example", PASSWORD, address=HERE)
    assert (await door.session(again)).actor.role == "supervisor"


async def test_the_last_administrator_stays(door: Door) -> None:
    ana = await door.first()
    await door.agents.invite(ana.actor, name="Ben", email="ben@feldweg.example", role="admin")

    with pytest.raises(LastAdministrator):
        await door.agents.change(ana.actor, ana.actor.id, disabled=True)
    with pytest.raises(LastAdministrator):
        await door.agents.change(ana.actor, ana.actor.id, role="supervisor")


async def test_two_administrators_who_remove_each_other_at_once_leave_one(door: Door) -> None:
    ana = await door.first()
    ben = await door.colleague(ana, "Ben", "admin")

    outcomes = await asyncio.gather(
        door.agents.change(ana.actor, ben.actor.id, disabled=True),
        door.agents.change(ben.actor, ana.actor.id, disabled=True),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, LastAdministrator) for outcome in outcomes) == 1
    assert [agent.disabled for agent in await door.agents.everyone()].count(False) == 1


async def test_a_change_of_nobody_is_refused(door: Door) -> None:
    ana = await door.first()

    with pytest.raises(NoSuchAgent):
        await door.agents.change(ana.actor, 4711, disabled=True)


async def test_everybody_sets_themselves_away_and_back(door: Door) -> None:
    ana = await door.first()

    assert (await door.agents.set_away(ana.actor, True)).away
    assert not (await door.agents.set_away(ana.actor, False)).away


async def test_what_colleagues_did_is_in_the_audit_trail_in_ids_alone(door: Door) -> None:
    ana = await door.first()
    ben = await door.colleague(ana, "Ben")

    await door.agents.change(ana.actor, ben.actor.id, role="store", disabled=True)

    audited = await door.audited()
    subject = f"agent:{ben.actor.id}"
    assert [(action, by) for action, about, by in audited if about == subject] == [
        ("agent_invited", ana.actor.id),
        ("password_changed", ben.actor.id),
        ("agent_role_changed", ana.actor.id),
        ("agent_disabled", ana.actor.id),
    ]


# --- teams ------------------------------------------------------------------------------------------------------


async def test_a_team_is_made_changed_and_removed_by_supervisors(door: Door) -> None:
    ana = await door.first()
    ben = await door.colleague(ana, "Ben")

    team = await door.teams.save_team(ana.actor, None, name="Returns", agents=[ana.actor.id, ben.actor.id])
    await door.teams.save_team(ana.actor, team, name="Returns and refunds", agents=[ben.actor.id])
    await door.teams.remove_team(ana.actor, team)

    with pytest.raises(Forbidden):
        await door.teams.save_team(ben.actor, team, name="Mine", agents=[])
    with pytest.raises(Invalid):
        await door.teams.save_team(ana.actor, team, name="Ghosts", agents=[4711])


async def test_agents_keep_canned_replies_and_store_staff_do_not(door: Door) -> None:
    ben = Actor(id=(await door.first()).actor.id, name="Ben", role="agent")

    canned = await door.teams.save_canned(ben, None, name="Hours", text="We are open from 9 to 18.")
    await door.teams.save_canned(ben, canned, name="Hours", text="We are open from 10 to 18.")
    await door.teams.remove_canned(ben, canned)

    with pytest.raises(Forbidden):
        await door.teams.save_canned(Actor(id=ben.id, name="Kai", role="store"), None, name="x", text="y")
