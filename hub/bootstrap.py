"""Builds a hub from its settings and the connectors it is handed: the one place where its parts are chosen."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path

from hub.bus import Bus, Hint, RedisBus
from hub.clock import Clock
from hub.config import Settings
from hub.database import Database, Transaction
from hub.files import Files
from hub.gauges import Pulse
from hub.keyring import Keyring
from hub.local_files import LocalFiles
from hub.passwords import Passwords
from hub.ports.channel import Channel
from hub.ports.commerce import Commerce
from hub.schema import migrate_postgres, migrate_sqlite
from hub.services.accounts import Accounts, add_built_in
from hub.services.actors import Remembered
from hub.services.agents import Agents
from hub.services.attachments import Attachments
from hub.services.backlog import Backlog
from hub.services.calls import Calls
from hub.services.company import Company, company, set_company
from hub.services.connections import Connections
from hub.services.conversation_views import Conversations
from hub.services.customers import Customers
from hub.services.deliveries import Deliveries
from hub.services.disown import Disownings
from hub.services.drafts import Drafts
from hub.services.export import Exports
from hub.services.forms import Forms
from hub.services.hooks import Hooks
from hub.services.intake import Intake
from hub.services.key_check import check_key
from hub.services.leases import Leases
from hub.services.log import Event, Log, seal
from hub.services.mail_page import MailPages
from hub.services.marks import Marks
from hub.services.orders import Orders
from hub.services.outgoing import Outgoing
from hub.services.pace import Pace
from hub.services.reader import Reader
from hub.services.readiness import Readiness
from hub.services.replies import Replies
from hub.services.request_moves import RequestMoves
from hub.services.request_patch import RequestPatches
from hub.services.requests import Requests
from hub.services.search import Search, index_waiting
from hub.services.sending import Sender
from hub.services.sessions import Session, Sessions
from hub.services.sharing import Sharing
from hub.services.shop_customers import ShopCustomers
from hub.services.snapshot import Snapshot
from hub.services.system import Systems
from hub.services.teams import Teams
from hub.services.tidying import Tidying
from hub.services.tokens import Known, Tokens
from hub.services.visitors import Visitors
from hub.shared_counts import SharedCounts
from hub.sqlite import SqliteDatabase

logger = logging.getLogger(__name__)

TICK_S = 1.0
TIMER = "timer"


class Hub:
    """Every service, and what they share. Made by `build`, opened by `start`, worked by `run`."""

    def __init__(
        self,
        settings: Settings,
        keyring: Keyring,
        db: Database,
        channels: Mapping[str, Channel],
        shops: Mapping[str, Commerce],
    ) -> None:
        self.settings = settings
        self.clock = db.clock
        self.keyring = keyring
        self.db = db
        self.gauges = db.gauges
        self.channels = channels
        self.shops = shops
        self.company = Company()
        node = secrets.token_hex(8)
        self.bus: Bus = RedisBus(node, settings.bus_url) if settings.bus_url else Bus(node)
        self.files = _files(settings)
        self.snapshot = Snapshot(channels)
        self.log = Log(db)
        self.leases = Leases(db, node)
        # What `run` works at, by name, to be asked whether it still does.
        self.work: dict[str, asyncio.Task[None]] = {}
        self._timer_pulse = Pulse()
        self._build_colleagues()
        self._build_conversations(channels)
        db.seal = seal(self.snapshot)
        db.on_commit = self._committed
        self.counts = SharedCounts(self.bus)
        self.counts.share(self.sessions.throttles() | self.forms.throttles())
        self.reader.on_offered = lambda: self.bus.publish("offered")
        self.leases.listen(self.reader.wake)
        self.bus.listen(self._on_hint)
        self.log.listen(self._on_events)
        self.log.listen(self.accounts.on_events)
        self.log.listen(self.delivery.on_events)
        self.log.listen(self.connections.on_events)

    def _build_colleagues(self) -> None:
        self.passwords = Passwords()
        self.known_sessions: Remembered[Session] = Remembered(self.clock)
        self.known_tokens: Remembered[Known] = Remembered(self.clock)
        limits = self.settings.limits
        self.sessions = Sessions(self.db, self.passwords, self.known_sessions, limits)
        self.agents = Agents(self.db, self.passwords, self.known_sessions)
        self.tokens = Tokens(self.db, self.known_tokens)
        self.teams = Teams(self.db)

    def _build_conversations(self, channels: Mapping[str, Channel]) -> None:
        capabilities = {name: channel.capabilities for name, channel in channels.items()}
        db, files, keyring, limits = self.db, self.files, self.keyring, self.settings.limits
        self.accounts = Accounts(db, keyring, channels, self.shops)
        self.intake = Intake(db, files, keyring, capabilities, self.country)
        self.forms = Forms(self.intake, self.clock, limits)
        backlog = Backlog(db, limits.intake_waiting)
        self.reader = Reader(db, files, self.intake, self.accounts, channels, backlog)
        self.hooks = Hooks(self.accounts, self.reader)
        self.connections = Connections(self.accounts, self.reader, channels, self.leases)
        self.outgoing = Outgoing(db, files, keyring, lambda: self.settings.url)
        self.delivery = Deliveries(db, channels, Sender(db, channels, self.accounts, self.outgoing))
        self.replies = Replies(db, channels, self.snapshot, self.country)
        self.requests = Requests(db)
        self.request_moves = RequestMoves(db)
        self.request_patches = RequestPatches(db)
        self.calls = Calls(db, self.intake, self.snapshot, self.country)
        self.drafts = Drafts(db)
        self.marks = Marks(db)
        self.sharing = Sharing(db)
        self.attachments = Attachments(db, files, limits.file_bytes)
        self.mail_pages = MailPages(db, files)
        self.visitors = Visitors(db, keyring, self.country)
        self.exports = Exports(db, self.snapshot)
        self.disownings = Disownings(db, keyring)
        self.pace = Pace(db)
        self.orders = Orders(db)
        self.shop_customers = ShopCustomers(db)
        self.search = Search(db)
        self.tidying = Tidying(db, files, self.log, self.leases)
        self.customers = Customers(db, self.snapshot)
        self.conversations = Conversations(db, self.snapshot)
        pulses = {
            "log": self.log.pulse,
            "intake": self.reader.pulse,
            "delivery": self.delivery.pulse,
            "timer": self._timer_pulse,
        }
        self.readiness = Readiness(db, self.log, keyring, files, self.settings.data, self.work, pulses)
        self.systems = Systems(db, self.snapshot, self.readiness, self.settings.data, self.bus.node)

    def country(self) -> str:
        """The country of phone numbers written without one."""
        return self.company.country

    async def set_company(self, changed: Company) -> None:
        """Change what an administrator set about the company."""
        await self.db.unit(set_company, changed)
        self.company = changed

    def _committed(self) -> None:
        self.log.wake()
        if self.settings.bus_url:
            self.bus.publish("more")

    def _on_hint(self, hint: Hint) -> None:
        match hint.kind:
            case "more":
                self.log.wake()
            case "offered":
                self.reader.wake()

    async def _on_events(self, events: list[Event]) -> None:
        kinds = {event.kind.partition(".")[0] for event in events}
        if "company" in kinds:
            self.company = await self.db.view(company)
        if kinds & {"agent", "session", "token"}:
            self.known_sessions.forget()
            self.known_tokens.forget()

    # --- life ---

    async def start(self) -> None:
        """Open the database, migrated before, and make ready for work."""
        await self.db.start()
        await self.prepare()

    async def prepare(self) -> None:
        """Check that the key fits the open database, and make what exists from the start."""
        await self.db.unit(check_key, self.keyring)
        await self.db.unit(add_built_in)
        self.company = await self.db.view(company)
        await self.log.start()

    async def run(self) -> None:
        """Work until cancelled: read the log and the intake, send, hold connections, keep time."""
        self.reader.ours = self.connections.ours
        works = {
            "log": self.log.run,
            "leases": self.leases.run,
            "intake": self.reader.run,
            "delivery": self.delivery.run,
            "connections": self.connections.run,
            "tidying": self.tidying.run,
            "timer": self._tick,
        }
        async with asyncio.TaskGroup() as tasks:
            self.work.update({name: tasks.create_task(work()) for name, work in works.items()})
            tasks.create_task(self.bus.run())
            tasks.create_task(self.gauges.watch_loop())

    async def _tick(self) -> None:
        """What time itself causes. The hub's clock may jump, so it is looked at, not waited for."""
        self.leases.want(TIMER, [TIMER])
        while True:
            self._timer_pulse.beat()
            try:
                while self.leases.holds(TIMER) and await self.requests.wake_due():
                    pass
                await index_waiting(self.db)
            except Exception:
                logger.exception("The timer failed", extra={"action": "tick_failed"})
            await asyncio.sleep(TICK_S)

    async def stop(self) -> None:
        await self.delivery.settled()
        await self.leases.stop()
        for channel in self.channels.values():
            await channel.stop()
        self.passwords.stop()
        await self.db.stop()


def _files(settings: Settings) -> Files:
    if settings.files.startswith("s3://"):
        # Only a cluster needs this library.
        from hub.s3_files import S3Files

        return S3Files.of(settings)
    return LocalFiles(Path(settings.files) if settings.files else settings.data / "files")


async def build(
    settings: Settings, channels: Mapping[str, Channel], shops: Mapping[str, Commerce], clock: Clock | None = None
) -> Hub:
    """A hub, its schema migrated, not yet started. The caller holds the data folder's lock."""
    settings.data.mkdir(parents=True, exist_ok=True)
    keyring = Keyring.load(settings.data / "key")
    clock = clock or Clock(movable=settings.test_clock)
    db: Database
    if settings.database_url:
        # Only a cluster needs this driver, and every command waits for what is imported.
        from hub.postgres import PostgresDatabase

        await migrate_postgres(settings.database_url)
        db = PostgresDatabase(settings.database_url, clock, limits=settings.limits)
    else:
        path = Path(settings.data) / "onethread.db"
        await asyncio.to_thread(migrate_sqlite, path)
        db = SqliteDatabase(path, clock, settings.limits)
    return Hub(settings, keyring, db, channels, shops)


@contextlib.asynccontextmanager
async def running(hub: Hub):  # type: ignore[no-untyped-def]
    """The hub at work inside the block."""
    await hub.start()
    work = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        await hub.stop()


__all__ = ["Hub", "Transaction", "build", "running"]
