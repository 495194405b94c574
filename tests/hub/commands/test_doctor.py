"""`doctor` on installations in which one thing was broken on purpose: it is named, with what to do about it."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from hub.commands.checks.machine import check_bundle, file_system
from hub.commands.checks.running import check_running
from hub.commands.checks.storage import check_file
from hub.commands.status import Status
from hub.config import Settings
from hub.data_folder import DataFolder
from tests.parts.command_line import Done, onethread, onethread_here, running_hub
from tests.parts.postgres import Postgres
from tests.parts.process import free_port
from tests.parts.s3 import Bucket

PASSWORD = "correct horse battery staple"
MIA = ("--email", "mia@shop.example", "--name", "Mia Holm", "--role", "admin")
HOUR_MS = 3_600_000


@pytest.fixture(name="healthy", scope="module")
def make_healthy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which nothing is wrong, to be copied."""
    folder = tmp_path_factory.mktemp("healthy") / "data"
    onethread("agent", "add", *MIA, folder=folder)
    done = onethread("agent", "password", "mia@shop.example", folder=folder, typed=f"{PASSWORD}\n")
    assert done.status == 0, done.err
    return folder


@pytest.fixture(name="folder")
def copy_healthy_folder(healthy: Path, tmp_path: Path) -> Path:
    """A healthy data folder of this test's own."""
    return Path(shutil.copytree(healthy, tmp_path / "data"))


@dataclass(frozen=True)
class Planted:
    """A fault: how it is made, how it is called, and by which words its remedy is known."""

    plant: Callable[[Path], object]
    about: str
    remedy: str
    options: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)


def nothing(_: Path) -> None:
    """The options alone are the fault."""


def sql(script: str) -> Callable[[Path], None]:
    def run(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "onethread.db")) as db:
            db.executescript(script.format(now=time.time_ns() // 1_000_000, hour=HOUR_MS))

    return run


def damage(folder: Path) -> None:
    with (folder / "onethread.db").open("r+b") as file:
        for page in range(8, 60, 3):
            file.seek(page * 4096)
            file.write(os.urandom(2048))


def lose_key(folder: Path) -> None:
    (folder / "key").unlink()


def swap_key(folder: Path) -> None:
    (folder / "key").write_text("p0jI1m2x3yZ4w5v6u7t8s9r0q1A2B3C4D5E6F7G8H9I\n")


def connect_mailbox(folder: Path) -> None:
    words = ("--name", "support", "--set", "address=help@shop.example", "--set", "imap_host=127.0.0.1")
    server = ("--set", f"imap_port={free_port()}", "--set", "imap_security=none", "--set", "imap_password=x")
    done = onethread("channel", "add", "email", *words, *server, folder=folder)
    assert done.status == 0, done.err


def spoil_secrets(folder: Path) -> None:
    connect_mailbox(folder)
    sql("UPDATE accounts SET secrets = 'other.AAAA' WHERE name = 'support'")(folder)


def spoil_settings(folder: Path) -> None:
    connect_mailbox(folder)
    sql("UPDATE accounts SET settings = '{{}}' WHERE name = 'support'")(folder)


MESSAGE = """
INSERT INTO customers (id, created_at) VALUES (1, {now});
INSERT INTO conversations (id, customer_id) VALUES (1, 1);
INSERT INTO entries (id, conversation_id, seq, shown_at, kind, author_kind, received_time)
VALUES (1, 1, 1, {now}, 'message', 'agent', {now});
"""
STUCK = """
INSERT INTO deliveries (entry_id, account_id, state, next_try_at, created_at)
VALUES (1, 1, 'queued', {now} - {hour}, {now} - {hour});
"""
RETRIED = """
INSERT INTO deliveries (entry_id, account_id, state, tries, next_try_at, created_at)
VALUES (1, (SELECT id FROM accounts WHERE name = 'web'), 'queued', 7, {now} + {hour}, {now} - 5 * {hour});
"""
FAILED = """
INSERT INTO requests (conversation_id, status, opened_at, last_at, rank, failed) VALUES (1, 'open', {now}, {now}, 1, 2);
"""
OFFERED = """
INSERT INTO intake (account_id, external_id, received_at, fingerprint, state)
VALUES (1, 'a', {now} - {hour}, 'a', 'stored');
"""
ATTACHED = """
INSERT INTO attachments (entry_id, filename, content_type, size, file, created_at)
VALUES (1, 'invoice.pdf', 'application/pdf', 3,
        '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae', {now});
"""
LATER = "INSERT INTO events (at, kind, audience, body) VALUES ({now} + {hour}, 'message.received', '', '{{}}');"

FAULTS = {
    "a setting that is none": Planted(
        nothing, "configuration", "--port or ONETHREAD_PORT", variables={"ONETHREAD_PORT": "eight"}
    ),
    "plain http": Planted(
        nothing, "address", "set --public-url to its https://", options=("--public-url", "http://help.shop.example")
    ),
    "a folder that is not there": Planted(shutil.rmtree, "data folder", "mend --data"),
    "a folder that others read": Planted(lambda folder: folder.chmod(0o755), "data folder", "chmod 700"),
    "a full disk": Planted(nothing, "disk", "Make room", options=("--least-free", "1000000")),
    "a lost key": Planted(lose_key, "key", "back from your backup"),
    "a key that others read": Planted(lambda folder: (folder / "key").chmod(0o644), "key", "chmod 600"),
    "another hub's key": Planted(swap_key, "key", "Bring back the key"),
    "no database": Planted(lambda folder: (folder / "onethread.db").unlink(), "database", "Start the hub with `serve`"),
    "a damaged database": Planted(damage, "database", "bring the newest backup back"),
    "an old schema": Planted(sql("UPDATE alembic_version SET version_num = '0000'"), "database", "Run `migrate`"),
    "an empty database": Planted(
        lambda folder: (folder / "onethread.db").write_bytes(b""), "database", "Run `migrate`"
    ),
    "a newer schema": Planted(
        sql("UPDATE alembic_version SET version_num = '9999'"), "database", "Install that version again"
    ),
    "a database that is not reached": Planted(
        nothing, "database", "Is --database-url right?", options=("--database-url", "postgresql://127.0.0.1:1/none")
    ),
    "a bus that is not reached": Planted(nothing, "bus", "Start Valkey", options=("--bus-url", "redis://127.0.0.1:1")),
    "nobody who can sign in": Planted(sql("UPDATE agents SET disabled = 1"), "sign-in", "open the link"),
    "a mail server that does not answer": Planted(connect_mailbox, "account support", "127.0.0.1"),
    "a connection that fails": Planted(
        sql("UPDATE accounts SET state = 'failing', state_reason = 'signed out' WHERE name = 'web'"),
        "account web",
        "channel test web",
    ),
    "secrets of another key": Planted(spoil_secrets, "account support", "channel add email --name support"),
    "a missing setting": Planted(spoil_settings, "account support", "--set address=…"),
    "a connector that is gone": Planted(
        sql("UPDATE accounts SET channel = 'pigeon' WHERE name = 'web'"), "account web", "channel remove web"
    ),
    "a delivery that stands still": Planted(sql(MESSAGE + STUCK), "deliveries", "Does the hub run?"),
    "deliveries that failed": Planted(sql(MESSAGE + FAILED), "deliveries", "“Failed to send” in the console"),
    "a message that nobody read": Planted(sql(OFFERED), "intake", "Does the hub run?"),
    "attachments without their files": Planted(sql(MESSAGE + ATTACHED), "files", "Bring its content back"),
    "a bucket that is not reached": Planted(
        nothing,
        "files",
        "Is the bucket there",
        variables={
            "ONETHREAD_PORT": "0",
            "ONETHREAD_FILES": "s3://onethread/files",
            "ONETHREAD_S3_ENDPOINT": "http://127.0.0.1:1",
            "ONETHREAD_S3_REGION": "us-east-1",
            "ONETHREAD_S3_KEY_ID": "tests",
            "ONETHREAD_S3_SECRET": "tests",
        },
    ),
    "a clock that was set back": Planted(sql(LATER), "clock", "time server"),
}


@pytest.mark.parametrize("planted", FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_named_with_its_remedy(planted: Planted, folder: Path) -> None:
    planted.plant(folder)

    port = () if planted.variables else ("--port", "0")
    done = onethread_here("doctor", *port, *planted.options, folder=folder, variables=planted.variables)

    assert done.status == 1, done.err
    faults = [line for line in done.out.splitlines() if line.startswith("FAULT")]
    assert len(faults) == 1, done.out
    assert faults[0].startswith(f"FAULT    {planted.about}: ")
    assert planted.remedy in faults[0]
    assert done.err == ""


def test_a_healthy_installation_has_no_fault(folder: Path) -> None:
    done = onethread("doctor", "--port", "0", folder=folder)

    assert done.status == 0, done.out
    assert "Faults: 0. Warnings: 0." in done.out


def test_a_hub_at_work_has_no_fault_and_is_not_disturbed(folder: Path) -> None:
    with running_hub(folder) as hub:
        done = onethread("doctor", folder=folder)

        assert done.status == 0, done.out
        assert f"hub: runs at {hub.url}" in done.out
        assert onethread("token", "create", "--name", "Shop", folder=folder).status == 0


def test_findings_are_readable_by_programs(folder: Path) -> None:
    lose_key(folder)

    done = onethread("doctor", "--json", "--port", "0", folder=folder)

    faults = [finding for finding in done.json() if finding["level"] == "fault"]  # type: ignore[attr-defined]
    assert done.status == 1
    assert [(fault["about"], bool(fault["remedy"])) for fault in faults] == [("key", True)]


def test_what_runs_is_examined_as_it_was_started(folder: Path) -> None:
    public = {"ONETHREAD_PUBLIC_URL": "https://help.shop.example"}
    with running_hub(folder, variables=public):
        done = onethread("doctor", folder=folder)

    assert "people reach the hub at http" not in done.out
    assert "warning  address: https ends at a proxy that the hub does not believe" in done.out


def test_a_hub_that_has_stopped_is_looked_for_where_it_listened(folder: Path) -> None:
    port = str(free_port())
    with running_hub(folder, "--port", port):
        pass

    free = onethread("doctor", folder=folder)
    with socket.create_server(("127.0.0.1", int(port))):
        taken = onethread("doctor", folder=folder)

    assert f"port: no hub runs, and {port} is free" in free.out
    assert f"FAULT    port: port {port}" in taken.out


def test_a_port_that_nobody_has_named_is_no_fault(folder: Path) -> None:
    with ExitStack() as taken:
        # By this test, or by somebody else on this machine.
        with contextlib.suppress(OSError):
            taken.enter_context(socket.create_server(("127.0.0.1", 8000)))
        done = onethread("doctor", folder=folder)

    assert done.status == 0
    assert "warning  port: port 8000" in done.out
    assert "--port" in done.out


def test_what_a_running_hub_cannot_do_is_a_fault(folder: Path) -> None:
    with running_hub(folder):
        shutil.move(folder / "files", folder / "elsewhere")
        done = onethread("doctor", folder=folder)

    assert done.status == 1
    assert "FAULT    hub: files: Attachments cannot be stored. See that the hub's account may write there" in done.out


def test_a_hub_older_than_what_is_installed_is_to_be_started_again(folder: Path) -> None:
    settings = Settings(data=folder)
    status = Status(settings=settings, version="0.0.1", now=time.time_ns() // 1_000_000, movable=False, faults=[])
    with held_lock(folder):
        found = asyncio.run(check_running(settings, DataFolder(folder), status, True))

    assert [(one.about, one.level, one.remedy) for one in found if one.level != "ok"] == [
        ("hub", "warning", "Start the hub again.")
    ]


# --- the public address ---


class Proxy(BaseHTTPRequestHandler):
    """Answers as a hub does, and lets no WebSocket through."""

    body = b'{"status":"ok"}'

    def do_GET(self) -> None:
        is_health = self.path == "/healthz"
        self.send_response(200 if is_health else 400)
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class SomebodyElse(Proxy):
    """Another program at the same address."""

    body = b"<h1>Welcome to nginx!</h1>"


@contextmanager
def answering(kind: type[Proxy]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def doctor_of_a_hub_at(url: str, folder: Path, *options: str) -> Done:
    with running_hub(folder, "--public-url", url, *options):
        return onethread("doctor", folder=folder)


def test_a_public_address_that_leads_to_the_hub_is_well(folder: Path) -> None:
    port = str(free_port())
    done = doctor_of_a_hub_at(f"http://127.0.0.1:{port}", folder, "--port", port)

    assert done.status == 0, done.out
    assert f"public address: http://127.0.0.1:{port} leads to a hub" in done.out


def test_a_proxy_that_passes_no_sockets_is_a_fault(folder: Path) -> None:
    with answering(Proxy) as url:
        done = doctor_of_a_hub_at(url, folder)

    assert f"FAULT    public address: WebSockets do not get through {url}. Have the proxy pass the headers" in done.out


def test_a_public_address_that_leads_elsewhere_is_a_fault(folder: Path) -> None:
    with answering(SomebodyElse) as url:
        done = doctor_of_a_hub_at(url, folder)

    assert "FAULT    public address: something else than a hub answers" in done.out


def test_a_public_address_that_does_not_answer_is_a_warning(folder: Path) -> None:
    done = doctor_of_a_hub_at(f"http://127.0.0.1:{free_port()}", folder)

    assert done.status == 0
    assert "warning  public address: " in done.out


# --- the machine ---


def test_a_port_that_is_taken_is_a_fault(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        done = onethread("doctor", "--port", port, folder=folder)

    assert done.status == 1
    assert f"FAULT    port: port {port}" in done.out
    assert "--port" in done.out


def test_a_hub_that_does_not_answer_is_a_fault(folder: Path) -> None:
    with held_lock(folder):
        done = onethread("doctor", folder=folder)

    assert done.status == 1
    assert "does not answer. Stop that process, and start the hub again." in done.out


def test_a_clock_that_was_moved_is_a_fault_and_one_that_could_be_a_warning(folder: Path) -> None:
    with running_hub(folder, "--test-clock"):
        still = onethread("doctor", folder=folder)
        onethread("clock", "set", "+1d", folder=folder)
        moved = onethread("doctor", folder=folder)

    assert still.status == 0
    assert "warning  clock: the hub's clock can be moved" in still.out
    assert moved.status == 1
    assert "FAULT    clock: the hub's clock was moved" in moved.out


def test_a_postgresql_installation_is_examined(tmp_path: Path, postgres_url: str) -> None:
    variables = {"ONETHREAD_DATABASE_URL": postgres_url}
    onethread("agent", "add", *MIA, folder=tmp_path / "data", variables=variables)

    done = onethread("doctor", "--port", "0", folder=tmp_path / "data", variables=variables)

    assert [line[:17] for line in done.out.splitlines() if line.startswith("FAULT")] == ["FAULT    sign-in:"]
    assert "database: reached, whole" in done.out


def test_a_postgresql_without_our_tables_is_to_be_migrated(folder: Path, postgres_url: str) -> None:
    done = onethread("doctor", "--port", "0", "--database-url", postgres_url, folder=folder)

    assert done.status == 1
    assert "FAULT    database: its schema is missing" in done.out
    assert "Run `migrate`" in done.out


def test_a_database_server_with_another_clock_is_a_fault(
    tmp_path: Path, postgres_server: Postgres, postgres_url: str
) -> None:
    variables = {"ONETHREAD_DATABASE_URL": postgres_url}
    onethread("migrate", folder=tmp_path / "data", variables=variables)
    postgres_server.run(
        """CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql
        AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$;
        DO $$ BEGIN EXECUTE format(
            'ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$""",
        postgres_url,
    )

    done = onethread("doctor", "--port", "0", folder=tmp_path / "data", variables=variables)

    assert "FAULT    clock: the database server's clock and this machine's are 3600 seconds apart" in done.out


def test_attachments_that_are_not_in_the_bucket_are_a_fault(folder: Path, bucket: Bucket) -> None:
    sql(MESSAGE + ATTACHED)(folder)
    variables = {f"ONETHREAD_{name.upper()}": value for name, value in bucket.settings.items()}

    done = onethread("doctor", "--port", "0", folder=folder, variables=variables)

    assert "FAULT    files: 1 of the 1 newest attachments are not in s3://onethread/files" in done.out


def test_a_folder_that_other_machines_write_too_is_known_by_its_file_system(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nstore:/shop {tmp_path} nfs4 rw 0 0\n")

    assert file_system(tmp_path / "data", mounts) == "nfs4"
    assert file_system(Path("/"), mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "nothing") == ""


def test_a_write_ahead_log_that_only_grows_is_a_warning(folder: Path) -> None:
    with (folder / "onethread.db-wal").open("wb") as log:
        log.truncate(2 * 10**9)

    (finding,) = check_file(folder / "onethread.db")

    assert (finding.level, "2.0 GB" in finding.text) == ("warning", True)


def test_answers_that_are_tried_again_and_again_are_a_warning(folder: Path) -> None:
    sql(MESSAGE + RETRIED)(folder)

    done = onethread("doctor", "--port", "0", folder=folder)

    assert done.status == 0
    assert "warning  account web: waiting to be sent: 1, the oldest for 5 hours. Try its server: channel" in done.out


def test_missing_scripts_and_styles_are_a_fault() -> None:
    (finding,) = check_bundle("The browser bundle was not made. Run `make bundle`.")

    assert finding.level == "fault"
    assert "make bundle" in finding.remedy


def test_a_row_without_its_parent_is_damage(folder: Path) -> None:
    sql("INSERT INTO conversations (id, customer_id) VALUES (1, 99)")(folder)

    (finding,) = check_file(folder / "onethread.db")

    assert "a row of conversations has lost its row of customers" in finding.text


@contextmanager
def held_lock(folder: Path) -> Iterator[None]:
    """The folder's lock, held by a process that is no hub."""
    with ExitStack() as stack:
        lock = stack.enter_context((folder / "lock").open("r+b"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
