"""The log of a hub to which everything happens: each line is JSON with an action, and quotes no customer or secret."""

import asyncio
import contextlib
import json
import smtplib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets

from tests.agent_ui.pages.conftest import until
from tests.parts.command_line import RunningHub, onethread, running_hub
from tests.parts.postgres import Postgres
from tests.parts.process import free_port
from tests.parts.smtp import MailServer

# Whatever must not be in the log has this word in it: texts, addresses, names, passwords, tokens.
PLANTED = "planted"
PERSON = "planted.person@quiet.example"
WORDS = "planted words of the customer"
PASSWORD = "planted-password-4711"
MAIL = f"""From: Planted Name <{PERSON}>
To: help@shop.example
Subject: planted subject %s
Message-ID: <planted-%s@quiet.example>
Content-Type: text/plain; charset=planted-charset

{WORDS} %s
"""
# The databases themselves refuse what contains "boom", and quote it as they do so.
SQLITE_REFUSES = """
CREATE TRIGGER refuse_entry BEFORE INSERT ON entries WHEN NEW.text LIKE '%boom%'
BEGIN SELECT RAISE(ABORT, 'planted words in a refusal'); END;
CREATE TRIGGER refuse_sent BEFORE UPDATE OF state ON deliveries WHEN NEW.state = 'sent'
BEGIN SELECT RAISE(ABORT, 'planted words in a refusal'); END;
"""
POSTGRES_REFUSES = """
CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'planted: %', NEW; END $$ LANGUAGE plpgsql;
CREATE TRIGGER refuse_entry BEFORE INSERT ON entries FOR EACH ROW WHEN (NEW.text LIKE '%boom%')
EXECUTE FUNCTION refuse();
CREATE TRIGGER refuse_sent BEFORE UPDATE OF state ON deliveries FOR EACH ROW WHEN (NEW.state = 'sent')
EXECUTE FUNCTION refuse();
"""

# "library" is asyncio's: a delivery that could not be written down ended with what the database said.
EXPECTED = {"hub_started", "unexpected", "intake_failed", "mailbox_lost", "sign_in_refused", "library"}


@pytest.fixture(name="folder")
def name_folder(tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    return tmp_path / "data"


def add_accounts(folder: Path, variables: dict[str, str], door: int, outgoing: MailServer) -> None:
    """One that takes mails by SMTP and sends through a server, one whose mailbox nobody serves."""
    secret = ("--set", f"imap_password={PASSWORD}", "--set", f"smtp_password={PASSWORD}")
    sends = (
        "--set",
        f"smtp_host={outgoing.host}",
        "--set",
        f"smtp_port={outgoing.port}",
        "--set",
        "smtp_security=none",
    )
    listens = ("--set", "address=help@shop.example", "--set", f"listen=127.0.0.1:{door}")
    away = ("--set", "address=lost@shop.example", "--set", "imap_host=127.0.0.1", "--set", f"imap_port={free_port()}")
    for words in (("support", *listens, *sends), ("lost", *away, "--set", "imap_security=none", *secret)):
        done = onethread("channel", "add", "email", "--name", *words, folder=folder, variables=variables)
        assert done.status == 0, done.err


async def everything_happens(hub: RunningHub, token: str, door: int, outgoing: MailServer) -> None:
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=hub.url, headers=headers, trust_env=False, timeout=30) as api:
        await bad_input(api)
        customer = await messages(api)
        await asyncio.to_thread(mails, door)
        outgoing.refuse(PERSON, f"550 5.1.1 {WORDS}: no {PERSON} here")
        await answer(api, customer, "first")
        outgoing.accept(PERSON)
        await answer(api, customer, "second")
        await sockets(hub.url)
        sign_in = {"email": PERSON, "password": PASSWORD}
        await api.post("/signin", data=sign_in, headers={"sec-fetch-site": "same-origin"})


async def bad_input(api: httpx2.AsyncClient) -> None:
    await api.post("/api/v1/messages", content=f'{{"text": "{WORDS}"')
    await api.post("/api/v1/messages", json={"planted_field": WORDS})
    await api.get("/api/v1/search", params={"q": f'"{WORDS} AND ('})
    await api.get(f"/planted/{WORDS}", params={"token": WORDS})
    await api.get("/api/v1/customers", headers={"authorization": f"Bearer planted-{WORDS}"})
    await api.post("/hooks/api", content=WORDS, headers={"webhook-signature": WORDS})
    await api.post("/forms/web", data={"email": PERSON, "message": f"{WORDS} boom"})


async def messages(api: httpx2.AsyncClient) -> dict[str, Any]:
    """Messages that are taken, and some that fail in ways nobody expects."""
    sender = {"kind": "email", "address": PERSON, "name": "Planted Name", "verified": True}
    told = {"account": "api", "external_id": "planted-1", "from": sender, "text": WORDS}
    taken = await api.post("/api/v1/messages", json=told)
    assert taken.status_code == 201, taken.text
    broken = await api.post("/api/v1/messages", json=told | {"external_id": "planted-2", "text": f"{WORDS} boom"})
    assert broken.status_code >= 500
    found: dict[str, Any] = (await api.get(f"/api/v1/customers/{taken.json()['customer_id']}")).json()
    return found | {"seq": taken.json()["seq"]}


def mails(door: int) -> None:
    with smtplib.SMTP("127.0.0.1", door) as line:
        for number, words in enumerate(("", "boom", "\udcff")):
            raw = (MAIL % (number, number, words)).encode("utf-8", "surrogateescape")
            line.sendmail(PERSON, ["help@shop.example"], raw)


async def answer(api: httpx2.AsyncClient, customer: dict[str, Any], key: str) -> None:
    conversation = (await api.get(f"/api/v1/conversations/{customer['conversation_id']}")).json()
    endpoint = next(one["id"] for one in customer["endpoints"] if one["kind"] == "email")
    reply = {"client_key": key, "base_seq": conversation["last_seq"], "endpoint_id": endpoint, "text": WORDS}
    sent = await api.post(f"/api/v1/conversations/{customer['conversation_id']}/replies", json=reply)
    assert sent.status_code == 202, sent.text


async def sockets(url: str) -> None:
    """A visitor who says what is refused, and one who says what is no frame."""
    at = url.replace("http", "ws", 1) + "/widget/socket"
    for frame in (f'{{"{WORDS}": ', json.dumps({"call": "1", "do": "planted", "with": {"text": WORDS}}), WORDS):
        with contextlib.suppress(websockets.ConnectionClosed):
            async with websockets.connect(at, proxy=None) as line:
                await line.send(json.dumps({"hello": {"page": {"url": f"https://{PERSON}", "title": WORDS}}}))
                await line.recv()
                await line.send(json.dumps({"call": "2", "do": "send", "with": {"text": f"{WORDS} boom"}}))
                await line.send(frame)
                await line.recv()
                await line.recv()


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


async def logged(log: Path, *actions: str) -> None:
    """Wait until each of these stands in the log."""

    async def has_all() -> bool:
        return set(actions) <= {line["action"] for line in lines_of(log)}

    try:
        await until(has_all)
    except TimeoutError:
        raise AssertionError([line["action"] for line in lines_of(log)]) from None


async def look_at_log(
    folder: Path, variables: dict[str, str], refuse: Callable[[], object], outgoing: MailServer
) -> None:
    assert onethread("migrate", folder=folder, variables=variables).status == 0
    door = free_port()
    add_accounts(folder, variables, door, outgoing)
    refuse()
    with running_hub(folder, "--log-level", "debug", variables=variables) as hub:
        token = onethread("token", "create", "--name", "Shop", folder=folder, variables=variables).out.strip()
        await everything_happens(hub, token, door, outgoing)
        await logged(hub.log, *EXPECTED)
    written = hub.log.read_text()
    assert PLANTED not in written.lower(), [line for line in written.splitlines() if PLANTED in line.lower()]
    assert token not in written
    for line in lines_of(hub.log):
        assert {"at", "level", "action", "text", "from"} <= line.keys()
        assert line["action"] != "unnamed"


@pytest.mark.timeout(180)
async def test_nothing_of_a_customer_is_in_the_log(folder: Path, outgoing_mail: MailServer) -> None:
    def refuse() -> None:
        with contextlib.closing(sqlite3.connect(folder / "onethread.db")) as db:
            db.executescript(SQLITE_REFUSES)

    await look_at_log(folder, {}, refuse, outgoing_mail)


@pytest.mark.timeout(180)
async def test_nothing_of_a_customer_is_in_the_log_on_postgresql(
    folder: Path, outgoing_mail: MailServer, postgres_server: Postgres, postgres_url: str
) -> None:
    variables = {"ONETHREAD_DATABASE_URL": postgres_url}

    def refuse() -> None:
        postgres_server.run(POSTGRES_REFUSES, postgres_url)

    await look_at_log(folder, variables, refuse, outgoing_mail)
