"""Who is who in the hub: the ids under which the story's people, their browsers and their matters are known there."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from demo.people import COLLEAGUES, PEOPLE, TEAMS
from demo.script import Act, Person
from hub.bootstrap import Hub
from hub.security import Actor
from hub.services.customers import Wanted


class Cast:
    """Filled as people appear."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._calls = 0
        self.customers: dict[str, int] = {}
        self.browsers: dict[str, int] = {}
        # Who has the shop's page open.
        self.here: set[str] = set()
        # Who wrote last through the shop's backend, which carries no answers in the demo.
        self.by_shop: set[str] = set()
        # The last mail that each address got from us.
        self.letters: dict[str, EmailMessage] = {}

    async def meet(self) -> None:
        """Look up colleagues, teams and accounts."""
        self.accounts = {row.name: row for row in await self._hub.accounts.every()}
        ids = {agent.email: agent.id for agent in await self._hub.agents.everyone()}
        self.actors = {
            key: Actor(id=ids[email], name=name, role=role)  # type: ignore[arg-type]
            for key, name, email, role in COLLEAGUES
        }
        teams = await self._hub.db.view(self._hub.snapshot.teams)
        self.teams = {team.name: team.id for team in teams if team.name in TEAMS}

    def keep(self, address: str, letter: EmailMessage) -> None:
        self.letters[address] = letter

    def letter_to(self, person: Person) -> EmailMessage | None:
        return self.letters.get(person.email)

    def next_key(self) -> str:
        """A key of its own for each call."""
        self._calls += 1
        return f"demo-{self._calls}"

    async def find(self, who: str) -> None:
        """Learn under which id somebody is known now who wrote with their address."""
        page = await self._hub.customers.find(self.actors["cleo"], Wanted(email=PEOPLE[who].email))
        if page.customers:
            self.customers[who] = page.customers[0].customer.id

    async def conversation_of(self, who: str) -> Any:
        """What a colleague sees who opens this customer."""
        return await self._hub.db.view(self._hub.snapshot.conversation, self.customers[who])

    async def request_of(self, act: Act) -> Any | None:
        """The matter an act is about, else the newest open one, else the newest."""
        if act.who not in self.customers:
            return None
        requests = (await self.conversation_of(act.who)).requests
        about = [request for request in requests if act.about.casefold() in request.subject.casefold()]
        still = [request for request in about if request.status != "resolved"]
        return max(still or about, key=lambda request: request.id, default=None)

    async def request_now(self, act: Act) -> Any:
        """The matter an act is about, which there must be."""
        request = await self.request_of(act)
        if request is None:
            raise LookupError(f"{act.who} has no request about “{act.about}”")
        return request
