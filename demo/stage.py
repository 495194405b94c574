"""Sets the demo up in a hub: colleagues who can sign in, a mailbox, the shop's widget, and the story, told once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from demo import notes as kept
from demo import visitors
from demo.cast import Cast
from demo.letterbox import Letterbox
from demo.mails import GATE, MAILBOX
from demo.notes import Notes
from demo.people import COLLEAGUES, FULL, PEOPLE, TEAMS
from demo.post import PostOffice, free_port
from demo.story import story
from demo.teller import Progress, tell
from demo.visitors import Street
from hub.bootstrap import Hub
from hub.clock import to_datetime
from hub.keyring import Keyring
from hub.security import Actor
from hub.services.company import Company

# Addresses on which a hub listens to everybody, and where somebody on this computer finds it then.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}

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
    ("Danke und Gruß", "Guten Tag {customer.name},\n\nvielen Dank für Ihre Nachricht.\n\n{agent.name}"),
)


@contextlib.asynccontextmanager
async def on_stage(
    hub: Hub, notes: Notes, progress: Progress, letterbox: Letterbox
) -> AsyncIterator[Callable[[], None]]:
    """The demo in a running hub; yields a function that lets the two visitors in once the hub answers."""
    post, door = PostOffice(full={PEOPLE[FULL].email}), free_port()
    life: list[asyncio.Task[None]] = []
    async with post.open():
        await set_up(hub, notes, post.port, door)
        if not notes.told:
            await _tell(hub, post, progress)
            notes.told = True
            kept.keep(hub.settings.data, notes)
        letterbox.hang(post, door)
        street = Street(url=_url(hub), post=post, door=door)
        try:
            yield lambda: life.append(asyncio.create_task(_visited(hub, notes, street)))
        finally:
            for task in life:
                task.cancel()
            await asyncio.gather(*life, return_exceptions=True)


async def _tell(hub: Hub, post: PostOffice, progress: Progress) -> None:
    cast = Cast(hub)
    await cast.meet()
    post.on_mail(cast.keep)
    # Clocks of the story are read as this computer shows them, which is how a browser here shows them too.
    await tell(hub, cast, story(to_datetime(hub.clock.now()).astimezone()), progress)


async def _visited(hub: Hub, notes: Notes, street: Street) -> None:
    """The two come, and the next time they know that they were here before."""
    visit = notes.visits
    notes.visits += 1
    kept.keep(hub.settings.data, notes)

    def remember(token: str) -> None:
        notes.token = token
        kept.keep(hub.settings.data, notes)

    await visitors.live(street, visit, notes.token, remember)


def _url(hub: Hub) -> str:
    host = hub.settings.host
    return f"http://{_EVERYWHERE.get(host, f'[{host}]' if ':' in host else host)}:{hub.settings.port}"


async def set_up(hub: Hub, notes: Notes, post_port: int, door: int) -> None:
    """What the shop has before anything happens. The ports are others at each start."""
    if not await hub.agents.everyone():
        await hub.set_company(Company(name="Feldweg", country="DE", time_zone="Europe/Berlin"))
        await _hire(hub, notes.password)
        settings = {"logo_text": "Feldweg", "identity_secret": Keyring.new_secret(), "language": "en"}
        await hub.accounts.save("web", "webchat", settings, label="Feldweg")
    mailbox = {
        "address": MAILBOX,
        "name": "Feldweg",
        "listen": f"127.0.0.1:{door}",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(post_port),
        "smtp_security": "none",
        "authserv_id": GATE,
        "plus_addressing": "yes",
    }
    await hub.accounts.save("support", "email", mailbox, label="Feldweg")


async def _hire(hub: Hub, password: str) -> None:
    ids: dict[str, int] = {}
    for key, name, email, role in COLLEAGUES:
        invited = await hub.agents.invite(None, name=name, email=email, role=role)
        await hub.agents.set_password(invited.agent_id, password)
        ids[key] = invited.agent_id
    ana = Actor(id=ids["ana"], name=COLLEAGUES[0][1], role="admin")
    for team, members in TEAMS.items():
        await hub.teams.save_team(ana, None, name=team, agents=[ids[key] for key in members])
    for name, text in CANNED:
        await hub.teams.save_canned(ana, None, name=name, text=text)
