"""Looks at the work itself: who can sign in, whether accounts are connected, what stands still."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from hub.commands.checks import Finding, fault, warning, well
from hub.database import Database, Reading
from hub.keyring import WrongKey
from hub.ports.channel import Channel, Probe
from hub.repositories import checks as sql
from hub.services.accounts import Accounts
from hub.services.agents import has_administrator
from hub.services.figures import Waiting, waiting

LATE_MS = timedelta(minutes=15) // timedelta(milliseconds=1)
PROBE_S = 20.0
OLD_S = 3600.0


async def check_work(db: Database) -> list[Finding]:
    """Whether messages come in and answers go out."""
    return await db.view(_work)


def _work(reading: Reading) -> list[Finding]:
    found = [*_sign_in(reading), *_deliveries(reading), *_intake(reading)]
    return found or [well("work", "nothing stands still")]


def _sign_in(reading: Reading) -> list[Finding]:
    if has_administrator(reading):
        return []
    return [fault("sign-in", "there is no administrator", "Start the hub and open the link that it prints.")]


def _deliveries(reading: Reading) -> list[Finding]:
    found = []
    if stuck := reading.value(sql.stuck_deliveries, due_before=reading.now - LATE_MS):
        said = f"{stuck} should have been sent more than 15 minutes ago"
        found.append(fault("deliveries", said, "Does the hub run? Start it again; its log says what keeps them."))
    found += [_old(one) for one in waiting(reading) if one.oldest_s > OLD_S and one.state == "queued"]
    if failed := reading.value(sql.failed_deliveries):
        remedy = "Open “Failed to send” in the console: each says why and can be tried again."
        found.append(fault("deliveries", f"{failed} failed and nobody has dealt with them", remedy))
    return found


def _old(one: Waiting) -> Finding:
    """What is tried again and again is not stuck, and nobody has got it either."""
    said = f"waiting to be sent: {one.count}, the oldest for {one.oldest_s / 3600:.0f} hours"
    return warning(f"account {one.account}", said, f"Try its server: channel test {one.account}")


def _intake(reading: Reading) -> list[Finding]:
    found = []
    if waiting := reading.value(sql.unread_intake, received_before=reading.now - LATE_MS):
        said = f"{waiting} messages came more than 15 minutes ago and were not read"
        found.append(fault("intake", said, "Does the hub run? Start it again; its log says what keeps them."))
    if failed := reading.value(sql.failed_intake):
        remedy = (
            "They are kept and marked “unreadable” in the console; `channel parse` shows what is wrong with one, "
            "and `channel read-again` reads them once that is mended."
        )
        found.append(warning("intake", f"{failed} messages could not be read", remedy))
    return found


async def check_accounts(accounts: Accounts) -> list[Finding]:
    """Each account's settings and secrets, what its connection says, and its servers when tried now."""
    rows = await accounts.every()
    found = await asyncio.gather(*(_account(accounts, row) for row in rows))
    return [finding for findings in found for finding in findings]


async def _account(accounts: Accounts, row: Any) -> list[Finding]:
    about = f"account {row.name}"
    channel = accounts.channels.get(row.channel)
    if channel is None and row.channel not in accounts.shops:
        said = f"there is no connector “{row.channel}”"
        return [fault(about, said, f"Install it, or remove the account: channel remove {row.name}")]
    try:
        account = accounts.open(row)
    except WrongKey:
        return [fault(about, "its secrets cannot be read with this key", f"Set them again: {_set_again(row)}")]
    missing = [s.key for s in accounts.declared(row.channel) if s.required and not account.settings.get(s.key)]
    if missing:
        return [fault(about, f"it lacks {', '.join(missing)}", f"Set it: {_set_again(row)} --set {missing[0]}=…")]
    faults = _connection(about, row) + [
        _broken(about, probe) for probe in await _probes(channel, account) if not probe.ok
    ]
    return faults or [well(about, f"{row.channel} answers" if row.state == "ok" else row.channel)]


def _connection(about: str, row: Any) -> list[Finding]:
    if row.state != "failing":
        return []
    return [fault(about, f"its connection fails: {row.state_reason}", f"Try it: channel test {row.name}")]


async def _probes(channel: Channel | None, account: Any) -> list[Probe]:
    if channel is None:
        return []
    try:
        async with asyncio.timeout(PROBE_S):
            return list(await channel.test(account))
    except TimeoutError:
        return [Probe(step="its server", ok=False, remedy=f"It does not answer within {PROBE_S:.0f} seconds.")]


def _broken(about: str, probe: Probe) -> Finding:
    return fault(about, f"this does not work: {probe.step}", probe.remedy)


def _set_again(row: Any) -> str:
    return f"channel add {row.channel} --name {row.name}"
