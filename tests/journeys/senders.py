"""A hub process of its own that takes in its share of one new customer's first messages, all at once, when told to."""

import asyncio
import sys
import tempfile
from pathlib import Path

from hub.clock import Clock
from hub.ports.message import Address, InboundMessage
from hub.postgres import PostgresDatabase
from hub.security import Actor
from hub.services.calls import CallNote
from hub.services.visitor_identity import Identity
from tests.hub.fake_channel import FakeProvider
from tests.hub.world import World, a_hub, a_mail
from tests.parts.databases import started

SENDER = "new.customer@example.com"


async def by_mail(world: World, number: int) -> None:
    account = ("mail", "sales")[number % 8 // 4]
    mail = a_mail(f"Mail {number}", SENDER.title(), external_id=f"<{number}@client.example>")
    await world.offer(mail, account=account, provider_id=f"raw-{number}")


async def by_signed_chat(world: World, number: int) -> None:
    visitor = await world.visitor()
    await world.hub.visitors.identify(visitor, world.accounts["web"], Identity(subject="7", email=SENDER))
    await world.chat(visitor, f"Chat {number}", key=f"chat-{number}")


async def by_api(world: World, number: int) -> None:
    sender = Address(kind="email", address=f" {SENDER} ")
    message = InboundMessage(external_id=f"{number}", sender=sender, text=f"API {number}", proof="signed")
    await world.hub.intake.take(world.accounts["api"], message, f"{number}".encode())


async def by_phone_note(world: World, number: int) -> None:
    [mara] = [row for row in await world.table("agents") if row.name == "Mara"]
    actor = Actor(id=mara.id, name=mara.name, role="agent")
    await world.hub.calls.note(actor, CallNote(email=SENDER, text=f"Call {number}"), key=f"call-{number}")


WAYS = (by_mail, by_signed_chat, by_api, by_phone_note)


async def send(world: World, numbers: range) -> None:
    """Each by its way, all at once."""
    await asyncio.gather(*(WAYS[number % 4](world, number) for number in numbers))


async def work(url: str, data: Path, numbers: range) -> None:
    async with started(PostgresDatabase(url, Clock())) as db:
        world = World(a_hub(db, data, FakeProvider()), FakeProvider())
        await world.hub.prepare()
        await world.join()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await send(world, numbers)
        print("done", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(work(sys.argv[1], Path(folder), range(int(sys.argv[2]), int(sys.argv[3]))))
