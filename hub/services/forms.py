"""The shop's own web forms: filed like an unproven mail of the address typed, because that is where the answer goes."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.clock import Clock
from hub.errors import Invalid
from hub.limits import Limits
from hub.ports.message import Address, AttachmentIn, InboundMessage
from hub.services.intake import Intake, Taken, fingerprint
from hub.throttle import Throttle

# The same form again within this time is the same click.
SAME_CLICK_MS = 3_600_000
MINUTES = 10
PER_ADDRESS = 5


class NoWayToAnswer(Invalid):
    """Leave an e-mail address or a phone number, so that we can answer."""

    code = "no_way_to_answer"


class EmptyForm(Invalid):
    """Write what it is about."""

    code = "empty_form"


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody filled in. What has no place of its own is a fact: a time to call back, a size, a store."""

    email: str = ""
    phone: str = ""
    name: str = ""
    text: str = ""
    subject: str = ""
    order: str = ""
    facts: dict[str, str] = {}
    files: tuple[AttachmentIn, ...] = ()


class Forms:
    """Takes in forms, not too many of one sender, nor in the name of one address."""

    def __init__(self, intake: Intake, clock: Clock, limits: Limits) -> None:
        self._intake = intake
        self._clock = clock
        self._per_sender = Throttle(limits.forms_per_address * MINUTES, MINUTES * 60)
        self._per_address = Throttle(PER_ADDRESS, MINUTES * 60)

    def throttles(self) -> dict[str, Throttle]:
        """What is counted, by name."""
        return {"forms.sender": self._per_sender, "forms.address": self._per_address}

    async def take(self, account: Any, form: Form, *, sender: str) -> Taken:
        """File a form of an account; `sender` is the network address it came from.

        What comes back, and how long it takes, is the same whether or not the address typed is known.
        """
        self._per_sender.check(sender)
        address = _address(form)
        text = form.text or "\n".join(f"{name}: {value}" for name, value in form.facts.items())
        if not text.strip() and not form.files:
            raise EmptyForm
        self._per_address.check(f"{address.kind}:{address.address.casefold()}")
        body = msgspec.json.encode(form)
        message = InboundMessage(
            external_id=f"form:{fingerprint(body)}:{self._clock.now() // SAME_CLICK_MS}",
            sender=address,
            text=text,
            subject=form.subject,
            order=form.order,
            facts=_facts(form),
            attachments=form.files,
            details={"form": True},
        )
        return await self._intake.take(account, message, body, answered_at_address=True)


def _address(form: Form) -> Address:
    if form.email:
        return Address(kind="email", address=form.email, name=form.name)
    if form.phone:
        return Address(kind="phone", address=form.phone, name=form.name)
    raise NoWayToAnswer


def _facts(form: Form) -> dict[str, str]:
    facts = dict(form.facts)
    if form.order:
        facts["order_number"] = form.order
    if form.phone and form.email:
        facts["phone"] = form.phone
    return facts
