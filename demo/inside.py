"""What colleagues do: answer, note, call, hand on, put away, begin to write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from msgspec import UNSET

from demo.cast import Cast
from demo.people import PEOPLE
from demo.script import Answer, Begins, Call, Change, Marks, Note, Step
from hub.bootstrap import Hub
from hub.clock import to_datetime
from hub.services.calls import CallNote
from hub.services.draft_body import DraftBody
from hub.services.replies import Reply
from hub.services.request_patch import RequestPatch

# Until a mail can no longer be called back, and until an answer in the chat goes on by mail to whoever has left.
LET_GO = timedelta(seconds=21)
SECONDS_A_MINUTE = 60


class Inside:
    """Does each step as the colleague whose it is."""

    def __init__(self, hub: Hub, cast: Cast) -> None:
        self._hub = hub
        self._cast = cast
        self.acts: dict[type[Step], Callable[[Any], Awaitable[None]]] = {
            Answer: self._answer,
            Call: self._call,
            Note: self._note,
            Change: self._change,
            Begins: self._begins,
            Marks: self._marks,
        }

    async def _answer(self, step: Answer) -> None:
        request = await self._cast.request_now(step)
        reply = Reply(
            customer=self._cast.customers[step.who],
            base=await self._seen(step.who),
            text=step.text,
            client_key=self._cast.next_key(),
            request=request.id,
            account="support" if step.who in self._cast.by_shop else None,
            resolve=step.resolve,
        )
        await self._hub.replies.send(self._cast.actors[step.agent], reply)
        if step.subject and step.subject != request.subject:
            await self._patch(step.agent, request.id, RequestPatch(subject=step.subject))
        await self._arrive(step.who)

    async def _seen(self, who: str) -> dict[int, int]:
        """The newest entry of each of their conversations."""
        entries = (await self._cast.conversation_of(who)).entries
        return {entry.conversation_id: entry.seq for entry in sorted(entries, key=lambda entry: entry.seq)}

    async def _arrive(self, who: str) -> None:
        """The answer is read in an open chat, else it leaves by mail."""
        if who in self._cast.here:
            await self._read_by(self._cast.browsers[who])
            return
        self._hub.clock.move_by(LET_GO)
        # An answer that goes on by mail is only found to do so in the first round.
        for _ in range(2):
            await self._hub.delivery.work()
            await self._hub.delivery.settled()

    async def _read_by(self, browser: int) -> None:
        window = await self._hub.visitors.window(browser)
        newest = [message.id for message in window.messages if message.sender == "us"][-1]
        await self._hub.visitors.got(browser, self._cast.accounts["web"].id, newest)
        await self._hub.visitors.seen(browser, newest)

    async def _call(self, step: Call) -> None:
        person, request = PEOPLE[step.who], await self._cast.request_of(step)
        known = request is not None and request.status != "resolved" and not step.subject
        note = CallNote(
            text=step.text,
            customer=self._cast.customers.get(step.who),
            request=request.id if request is not None and known else None,
            phone=person.phone or None,
            name=person.name,
            subject=step.subject,
            outcome=step.outcome,
            promise=step.promise,
            due_at=step.due,
            duration_s=step.minutes * SECONDS_A_MINUTE,
        )
        _, self._cast.customers[step.who] = await self._hub.calls.note(self._cast.actors[step.agent], note)

    async def _note(self, step: Note) -> None:
        request = await self._cast.request_of(step)
        customer = self._cast.customers[step.who]
        await self._hub.replies.note(self._cast.actors[step.agent], customer, step.text, request and request.id)

    async def _change(self, step: Change) -> None:
        request = await self._cast.request_now(step)
        until = to_datetime(step.at) + timedelta(hours=step.hours) if step.hours else UNSET
        patch = RequestPatch(
            status=step.status or UNSET,
            owner_id=self._cast.actors[step.owner].id if step.owner else UNSET,
            team_id=self._cast.teams[step.team] if step.team else UNSET,
            priority=step.priority or UNSET,
            subject=step.subject or UNSET,
            snoozed_until=until,
        )
        await self._patch(step.agent, request.id, patch)

    async def _patch(self, agent: str, request_id: int, patch: RequestPatch) -> None:
        """Who changes a request has looked at it."""
        await self._hub.requests.read(self._cast.actors[agent], request_id)
        await self._hub.request_patches.apply(self._cast.actors[agent], request_id, patch)

    async def _begins(self, step: Begins) -> None:
        request = await self._cast.request_of(step)
        draft = DraftBody(text=step.text, request=request and request.id, base=await self._seen(step.who))
        await self._hub.drafts.save(self._cast.actors[step.agent], "reply", draft, self._cast.customers[step.who])

    async def _marks(self, step: Marks) -> None:
        await self._hub.marks.mark(self._cast.actors[step.agent], self._cast.customers[step.who], step.kind)
