"""Sets the demo up in a hub: colleagues who can sign in, a mailbox, the shop's widget, and the story, told once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from demo import visitors
from demo.people import COLLEAGUES, FULL, PEOPLE
from demo.post import PostOffice, free_port
from demo.story import story
from demo.teller import GATE, MAILBOX, Progress, Teller
from hub.bootstrap import Hub
from hub.clock import to_datetime
from hub.keyring import Keyring
from hub.security import Actor
from hub.services.company import Company

NOTES = "demo.json"

CANNED = (
    (
        "Parcel is late",
        "Hello {customer.name},\n\nyour parcel is late, and I am sorry. I ask the carrier and write to you today."
        "\n\n{agent.name}",
    ),
    (
        "Return label",
        "Hello {customer.name},\n\nthe label for your return is attached to order {order.number}.\n\n{agent.name}",
    ),
    ("Ready for pickup", "Good news: your order {order.number} is ready at the store. Please bring the code."),
)


class Notes(msgspec.Struct):
    """What the demo keeps beside its data: the password made for its colleagues, and whether the story was told."""

    password: str
    told: bool = False


def read_notes(path: Path) -> Notes:
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Notes)
    return Notes(password=Keyring.new_secret()[:16])


def _keep(path: Path, notes: Notes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(notes))


@contextlib.asynccontextmanager
async def on_stage(hub: Hub, progress: Progress) -> AsyncIterator[Callable[[], None]]:
    """The demo in a running hub; yields a function that lets the two visitors in once the hub answers."""
    path = hub.settings.data / NOTES
    notes = read_notes(path)
    post, door = PostOffice(full={PEOPLE[FULL].email}), free_port()
    _keep(path, notes)
    await post.open()
    life: list[asyncio.Task[None]] = []
    try:
        await _set_up(hub, notes, post.port, door)
        if not notes.told:
            await Teller(hub).tell(story(to_datetime(hub.clock.now())), progress)
            notes.told = True
            _keep(path, notes)
        url = f"http://127.0.0.1:{hub.settings.port}"
        yield lambda: life.append(asyncio.create_task(visitors.live(url, post, door)))
    finally:
        for task in life:
            task.cancel()
        await asyncio.gather(*life, return_exceptions=True)
        post.close()


async def _set_up(hub: Hub, notes: Notes, post_port: int, door: int) -> None:
    await hub.set_company(Company(name="Feldweg", country="DE", time_zone="Europe/Berlin"))
    known = {agent.email for agent in await hub.agents.everyone()}
    if not known:
        await _hire(hub, notes.password)
    await hub.accounts.save(
        "support",
        "email",
        {
            "address": MAILBOX,
            "name": "Feldweg",
            "listen": f"127.0.0.1:{door}",
            "smtp_host": "127.0.0.1",
            "smtp_port": str(post_port),
            "smtp_security": "none",
            "authserv_id": GATE,
            "plus_addressing": "yes",
        },
        label="Feldweg",
    )
    if not (await hub.accounts.get("web")).settings.get("identity_secret"):
        settings = {"logo_text": "Feldweg", "identity_secret": Keyring.new_secret(), "language": "en"}
        await hub.accounts.save("web", "webchat", settings, label="Feldweg")


async def _hire(hub: Hub, password: str) -> None:
    for _, name, email, role in COLLEAGUES:
        invited = await hub.agents.invite(None, name=name, email=email, role=role)
        await hub.agents.set_password(invited.agent_id, password)
    ana = await hub.agents.named(COLLEAGUES[0][2])
    actor = Actor(id=ana.id, name=ana.name, role="admin")
    for name, text in CANNED:
        await hub.teams.save_canned(actor, None, name=name, text=text)
