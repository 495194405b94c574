"""Commands on channels and their accounts."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hub.commands.calls import Call, Say
from hub.commands.errors import Fault, Usage
from hub.commands.session import Outcome, Session
from hub.commands.table import table
from hub.commands.tree import Tree
from hub.ports.channel import Account, Channel
from hub.ports.errors import Unreadable
from hub.ports.message import Item

if TYPE_CHECKING:
    from hub.bootstrap import Hub

# What `parse` takes for settings that nobody gave: an address that is nobody's.
STAND_IN = "hub@example.com"


class ListAccounts(Call, tag="channel.list"):
    """All accounts and how their connections are doing."""

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        return [
            {
                "name": row.name,
                "kind": row.channel,
                "label": row.label,
                "state": row.state,
                "reason": row.state_reason,
            }
            for row in await hub.accounts.every()
        ]


class AddAccount(Call, tag="channel.add"):
    """A new account, or other settings for one; a secret that is left out keeps its value."""

    name: str
    channel: str
    label: str
    settings: dict[str, str]

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        await hub.accounts.save(self.name, self.channel, self.settings, self.label)
        return {"name": self.name, "kind": self.channel}


class TestAccount(Call, tag="channel.test"):
    """An account tried against the real other side."""

    name: str

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        return await hub.accounts.test(self.name)


class RemoveAccount(Call, tag="channel.remove"):
    """An account out of use; what was said through it stays."""

    name: str

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        await hub.accounts.remove(self.name)
        return {"name": self.name}


class ReadAgain(Call, tag="channel.read-again"):
    """What an account could not read, read once more: after its connector or its settings were mended."""

    name: str

    async def carry_out(self, hub: Hub, say: Say) -> Any:
        count, still = await hub.reader.read_failed_again(self.name)
        return {"name": self.name, "tried": count, "failed": still}


async def kinds(session: Session, given: Namespace) -> Outcome:
    channels = session.parts.channels()
    found = [
        {"kind": name, "label": channel.label, "settings": msgspec.to_builtins(channel.settings)}
        for name, channel in channels.items()
    ]
    return Outcome(value=found, text="\n\n".join(_described(name, channel) for name, channel in channels.items()))


async def listed(session: Session, given: Namespace) -> Outcome:
    accounts = await session.ask(ListAccounts())
    rows = [(a["name"], a["kind"], a["label"], a["state"], a["reason"]) for a in accounts]
    return Outcome(value=accounts, text=table(("name", "kind", "label", "state", "why"), rows))


async def add(session: Session, given: Namespace) -> Outcome:
    saved = await session.ask(
        AddAccount(name=given.name, channel=given.kind, label=given.label, settings=_settings(given))
    )
    return Outcome(value=saved, text=f"The account {given.name} is saved. Try it: channel test {given.name}")


async def test(session: Session, given: Namespace) -> Outcome:
    probes = await session.ask(TestAccount(name=given.name))
    lines = [f"{'ok   ' if p['ok'] else 'FAULT'}  {p['step']}{_remedy(p['remedy'])}" for p in probes]
    failed = not all(p["ok"] for p in probes)
    return Outcome(value=probes, text="\n".join(lines) or "There is nothing to try for this kind.", status=int(failed))


async def remove(session: Session, given: Namespace) -> Outcome:
    removed = await session.ask(RemoveAccount(name=given.name))
    return Outcome(value=removed, text=f"The account {given.name} is no longer in use.")


async def read_again(session: Session, given: Namespace) -> Outcome:
    done = await session.ask(ReadAgain(name=given.name))
    text = f"{done['tried']} were read again, {done['failed']} cannot be read still."
    return Outcome(value=done, text=text, status=int(done["failed"] > 0))


async def parse(session: Session, given: Namespace) -> Outcome:
    """Read a payload as the channel does. Needs no data folder and no hub."""
    channel = _channel(session, given.kind)
    needed = {setting.key: STAND_IN for setting in channel.settings if setting.required}
    account = Account(name=given.name, channel=given.kind, settings=needed | _settings(given))
    body = _bytes(given.file)
    try:
        items = await channel.read(account, body, _pairs(given.header, "--header"))
    except Unreadable as problem:
        raise Fault(f"This cannot be read: {problem}") from problem
    shown = [_shown(item) for item in items]
    return Outcome(value=shown, text=msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())


def _described(name: str, channel: Channel) -> str:
    lines = [f"{name}: {channel.label}"]
    for setting in channel.settings:
        marks = [word for word, true in (("required", setting.required), ("secret", setting.secret)) if true]
        marks += [f"default {setting.default}"] if setting.default else []
        lines.append(f"  {setting.key}" + (f" ({', '.join(marks)})" if marks else "") + f": {setting.help}")
    return "\n".join(lines)


def _channel(session: Session, kind: str) -> Channel:
    channels = session.parts.channels()
    if kind not in channels:
        raise Usage(f"There is no kind “{kind}”. Known: {', '.join(channels)}.")
    return channels[kind]


def _settings(given: Namespace) -> dict[str, str]:
    read = {key: _bytes(file).decode().rstrip("\r\n") for key, file in _pairs(given.set_file, "--set-file").items()}
    return _pairs(given.set, "--set") | read


def _pairs(written: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in written:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise Usage(f"{option} takes KEY=VALUE, and “{text}” has no “=”.")
        pairs[key] = value
    return pairs


def _bytes(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as problem:
        raise Usage(f"{file} cannot be read: {problem.strerror}.") from problem


def _shown(item: Item) -> dict[str, Any]:
    return {"is": type(item).__name__, **_shortened(msgspec.to_builtins(item, builtin_types=(bytes,)))}


def _shortened(value: Any) -> Any:
    """The same with files named by their size, which is what a terminal can show of them."""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    return [_shortened(item) for item in value] if isinstance(value, (list, tuple)) else value


def _remedy(text: str) -> str:
    return f": {text}" if text else ""


def grow(tree: Tree) -> None:
    """Add these commands to the tree."""
    group = tree.group("channel", "channels and their accounts: the ways to reach you")
    group.command("kinds", kinds, "list the kinds of channels and what each is set up with", example="channel kinds")
    group.command("list", listed, "list all accounts and how they are doing", example="channel list")
    adding = group.command(
        "add",
        add,
        "add an account, or change one; a secret that is left out keeps its value",
        example="channel add email --name support --set address=help@shop.example --set-file imap_password=-",
    )
    adding.add_argument("kind", help="what `channel kinds` lists")
    adding.add_argument("--name", required=True, help="a short name: a–z, 0–9, - and _")
    adding.add_argument("--label", default="", help="as colleagues read it")
    _take_settings(adding)
    trying = group.command("test", test, "try an account against its real server", example="channel test support")
    trying.add_argument("name", help="its name in `channel list`")
    removing = group.command(
        "remove", remove, "take an account out of use; what was said stays", example="channel remove support"
    )
    removing.add_argument("name", help="its name in `channel list`")
    reading = group.command(
        "read-again",
        read_again,
        "read again what an account could not read, once its connector or settings were mended",
        example="channel read-again support",
    )
    reading.add_argument("name", help="its name in `channel list`")
    parsing = group.command(
        "parse",
        parse,
        "show what a provider's payload or a raw mail becomes, as JSON; needs no hub",
        example="channel parse email complaint.eml --set address=help@shop.example",
    )
    parsing.add_argument("kind", help="what `channel kinds` lists")
    parsing.add_argument("file", help="the payload or the raw mail; - reads standard input")
    parsing.add_argument("--name", default="example", help="the account's name")
    parsing.add_argument("--header", action="append", default=[], metavar="NAME=VALUE", help="a header it came with")
    _take_settings(parsing)


def _take_settings(parser: ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting; may be given again")
    parser.add_argument(
        "--set-file",
        action="append",
        default=[],
        metavar="KEY=FILE",
        help="a setting from a file, or from standard input (-): lists of processes show no secret then",
    )
