"""The command line, in processes of its own, with and without a hub that runs."""

import json
import re
import shutil
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from websockets.sync.client import connect

from run import main
from tests.parts.command_line import RunningHub, onethread, running_hub

TOKEN = re.compile(r"ot_\d+_[A-Za-z0-9_-]{43}\n")
PASSWORD = "correct horse battery staple"
MIA = ("--email", "mia@shop.example", "--name", "Mia Holm", "--role", "admin")

ORDERS = """number,status,updated_at,email,total,currency
1001,shipped,2026-03-01T10:00:00Z,ada@customer.example,4990,EUR
1002,paid,2026-03-02T10:00:00Z,bo@customer.example,1200,EUR
"""


@pytest.fixture(name="folder")
def name_folder(tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture(name="used", params=["no hub runs", "a hub runs"])
def prepare_folder(request: pytest.FixtureRequest, folder: Path, sqlite_template: Path) -> Iterator[Path]:
    """A data folder, with and without a hub at work in it."""
    # Every command would migrate it first.
    folder.mkdir(mode=0o700)
    shutil.copyfile(sqlite_template, folder / "onethread.db")
    if request.param == "no hub runs":
        yield folder
        return
    with running_hub(folder):
        yield folder


def logged(log: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def fetch(url: str, token: str = "") -> bytes:
    request = Request(url, headers={"authorization": f"Bearer {token}"} if token else {})
    with urlopen(request, timeout=20) as answer:
        body: bytes = answer.read()
    return body


# --- serve ---


def test_serve_says_where_it_is_and_answers_there(folder: Path) -> None:
    with running_hub(folder) as hub:
        assert fetch(f"{hub.url}/healthz")


def test_serve_prints_the_one_time_link_only_while_nobody_is_administrator(folder: Path) -> None:
    with running_hub(folder) as hub:
        assert hub.setup_link is not None
        assert hub.setup_link.startswith(f"{hub.url}/invitation/")
        onethread("agent", "add", *MIA, folder=folder)
        onethread("agent", "password", "mia@shop.example", folder=folder, typed=f"{PASSWORD}\n")

    with running_hub(folder) as hub:
        assert hub.setup_link is None


def test_serve_tells_people_in_words(folder: Path, tmp_path: Path) -> None:
    with running_hub(tmp_path / "other") as hub:
        port = hub.url.rpartition(":")[2]
        done = onethread("serve", "--port", port, folder=folder)

    assert done.status == 1
    assert f"port {port}" in done.err
    assert "--port" in done.err
    assert "Traceback" not in done.err


def test_a_second_hub_on_the_same_folder_is_refused_and_the_first_unharmed(folder: Path) -> None:
    with running_hub(folder) as hub:
        second = onethread("serve", "--port", "0", folder=folder)

        assert second.status == 1
        assert second.err.count("\n") == 1
        assert str(hub.process.pid) in second.err
        assert str(folder) in second.err
        assert fetch(f"{hub.url}/healthz")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_hub_that_is_told_to_stop_ends_well(folder: Path, number: int) -> None:
    with running_hub(folder) as hub:
        assert (folder / "control.json").exists()

        assert hub.stop(number) == 0
        assert sorted(path.name for path in folder.iterdir()) == [
            "address.json",
            "files",
            "key",
            "lock",
            "onethread.db",
        ]
        assert [line["action"] for line in logged(hub.log)] == ["hub_started", "hub_stopped"]


def test_open_sockets_are_told_that_the_hub_restarts(folder: Path) -> None:
    with running_hub(folder) as hub, connect(f"{hub.url.replace('http', 'ws')}/widget/socket") as widget:
        widget.send(json.dumps({"hello": {}}))
        widget.recv(timeout=20)

        hub.process.send_signal(signal.SIGTERM)

        frames = [json.loads(frame) for frame in widget]
        assert frames[-1]["over"]["code"] == "restarting"
        assert hub.process.wait(timeout=20) == 0


def test_after_kill_9_the_hub_starts_again_with_everything_that_was_acknowledged(folder: Path) -> None:
    with running_hub(folder) as hub:
        token = onethread("token", "create", "--name", "Shop", folder=folder).out.strip()
        assert hub.stop(signal.SIGKILL) == -signal.SIGKILL
    assert (folder / "control.json").exists()

    assert onethread("token", "list", "--json", folder=folder).out.count('"Shop"') == 1
    with running_hub(folder) as hub:
        assert fetch(f"{hub.url}/metrics", token)


def test_what_the_hub_writes_is_for_its_owner_alone(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    with running_hub(folder):
        files = [path for path in folder.rglob("*") if path.is_file()]

        assert {"lock", "control.json", "key", "onethread.db"} <= {path.name for path in files}
        assert [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_two_nodes_share_one_postgresql(tmp_path: Path, postgres_url: str) -> None:
    cluster = {"ONETHREAD_DATABASE_URL": postgres_url}
    key = {"ONETHREAD_KEY": "p0jI1m2x3yZ4w5v6u7t8s9r0q1A2B3C4D5E6F7G8H9I"}
    variables = cluster | key
    first, second = tmp_path / "first", tmp_path / "second"
    with running_hub(first, variables=variables), running_hub(second, variables=variables) as other:
        token = onethread("token", "create", "--name", "Shop", folder=first, variables=variables).out.strip()

        assert fetch(f"{other.url}/metrics", token)


# --- every command ---


@pytest.mark.parametrize(
    "words",
    [
        ("serve",),
        ("migrate",),
        ("agent", "add"),
        ("agent", "list"),
        ("agent", "password"),
        ("agent", "link"),
        ("agent", "disable"),
        ("token", "create"),
        ("token", "list"),
        ("token", "revoke"),
        ("channel", "kinds"),
        ("channel", "list"),
        ("channel", "add"),
        ("channel", "test"),
        ("channel", "remove"),
        ("channel", "parse"),
        ("channel", "read-again"),
        ("import", "orders"),
        ("doctor",),
        ("demo",),
        ("bench",),
        ("clock", "set"),
    ],
    ids=" ".join,
)
def test_help_explains_each_command_with_an_example(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])

    assert ended.value.code == 0
    assert f"example:\n  onethread {' '.join(words)}" in capsys.readouterr().out


def test_options_stand_before_or_after_the_command_and_win_over_variables(folder: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"

    onethread("--data", before, "migrate", folder=folder)
    onethread("migrate", "--data", after, folder=folder)

    assert (before / "onethread.db").exists()
    assert (after / "onethread.db").exists()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("words", "variables", "says"),
    [
        (("migrate",), {"ONETHREAD_PORT": "eight"}, "--port or ONETHREAD_PORT makes no sense"),
        (("migrate", "--port", "99999"), {}, "99999 is no port"),
        (("migrate", "--database-url", "mysql://x/y"), {}, "postgresql://"),
        (("migrate", "--trusted-proxies", "proxy"), {}, "proxy"),
        (("channel", "add", "email", "--name", "a", "--set", "address"), {}, "KEY=VALUE"),
        (("channel", "parse", "pigeon", "x"), {}, "email, generic, phone, webchat"),
        (("channel", "parse", "email", "missing.eml"), {}, "missing.eml cannot be read"),
        (("clock", "set", "soon"), {}, "+1d2h30m"),
        (("clock", "set", "0001-01-01"), {}, "1990"),
    ],
)
def test_a_call_that_makes_no_sense_ends_with_2_and_one_sentence(
    words: tuple[str, ...], variables: dict[str, str], says: str, folder: Path
) -> None:
    done = onethread(*words, folder=folder, variables=variables)

    assert done.status == 2
    assert says in done.err
    assert done.err.count("\n") == 1
    assert not folder.exists()


def test_migrate_is_refused_while_a_hub_runs(folder: Path) -> None:
    with running_hub(folder):
        done = onethread("migrate", folder=folder)

    assert done.status == 1
    assert "works in the data folder" in done.err


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"ONETHREAD_KEY": "short"}, "holds no fit key"),
        ({"ONETHREAD_DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "The database cannot be used"),
    ],
)
def test_what_was_to_be_expected_ends_with_1_and_one_sentence(
    variables: dict[str, str], says: str, folder: Path
) -> None:
    done = onethread("token", "list", folder=folder, variables=variables)

    assert done.status == 1
    assert says in done.err
    assert done.err.count("\n") == 1


# --- colleagues, tokens ---


def test_a_token_is_printed_alone_and_works(used: Path) -> None:
    done = onethread("token", "create", "--name", "Web shop", "--scope", "metrics", folder=used)

    assert done.status == 0
    assert TOKEN.fullmatch(done.out)
    listed = onethread("token", "list", "--json", folder=used).json()
    assert [(token["name"], token["scopes"]) for token in listed] == [("Web shop", ["metrics"])]  # type: ignore[attr-defined]
    assert done.out.strip() not in onethread("token", "list", folder=used).out


def test_a_revoked_token_lets_nobody_in(folder: Path) -> None:
    with running_hub(folder) as hub:
        token = onethread("token", "create", "--name", "Shop", folder=folder).out.strip()
        assert fetch(f"{hub.url}/api/v1/orders", token)

        assert onethread("token", "revoke", "1", folder=folder).status == 0

        with pytest.raises(OSError, match="401"):
            fetch(f"{hub.url}/api/v1/orders", token)


def test_what_the_hub_refuses_is_said_in_one_sentence(used: Path) -> None:
    done = onethread("token", "revoke", "77", folder=used)

    assert (done.status, done.out, done.err) == (1, "", "There is no such token.\n")


def test_colleagues_come_and_go(used: Path) -> None:
    invited = onethread("agent", "add", *MIA, folder=used)
    assert re.search(r"^http://127.0.0.1:\d+/invitation/\S+$", invited.out, re.MULTILINE)
    bo = ("--email", "bo@shop.example", "--name", "Bo", "--role", "agent")
    assert onethread("agent", "add", *bo, folder=used).status == 0

    assert onethread("agent", "password", "mia@shop.example", folder=used, typed=f"{PASSWORD}\n").status == 0
    assert "/reset/" in onethread("agent", "link", "mia@shop.example", folder=used).out
    assert onethread("agent", "disable", "bo@shop.example", folder=used).status == 0

    listed = onethread("agent", "list", folder=used).out
    assert re.search(r"Mia Holm +mia@shop.example +admin +active", listed)
    assert re.search(r"Bo +bo@shop.example +agent +disabled", listed)


def test_commands_at_the_same_time_wait_for_each_other(folder: Path) -> None:
    with running_hub(folder):
        pass
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as several:
        done = list(several.map(lambda n: onethread("token", "create", "--name", f"T{n}", folder=folder), range(3)))

    assert [each.status for each in done] == [0, 0, 0]
    assert onethread("token", "list", "--json", folder=folder).out.count('"name"') == 3


# --- channels ---


def test_kinds_are_listed_with_their_settings(folder: Path) -> None:
    listed = onethread("channel", "kinds", "--json", folder=folder).json()

    settings = {kind["kind"]: [s["key"] for s in kind["settings"]] for kind in listed}  # type: ignore[attr-defined]
    assert {"email", "generic", "phone", "webchat"} <= settings.keys()
    assert "imap_password" in settings["email"]
    assert not folder.exists()


def test_an_account_is_added_tried_and_removed_and_its_secret_never_shown(used: Path) -> None:
    words = ("channel", "add", "email", "--name", "support", "--label", "Support", "--set", "address=help@shop.example")
    server = ("--set", "imap_host=127.0.0.1", "--set", "imap_port=1", "--set", "imap_security=none")
    added = onethread(*words, *server, "--set-file", "imap_password=-", folder=used, typed="tricky\n")
    assert added.status == 0

    listed = onethread("channel", "list", "--json", folder=used)
    assert [(a["name"], a["kind"]) for a in listed.json()][-1] == ("support", "email")  # type: ignore[attr-defined]
    assert "tricky" not in listed.out
    assert b"tricky" not in b"".join(path.read_bytes() for path in used.glob("onethread.db*"))

    tried = onethread("channel", "test", "support", folder=used)
    assert tried.status == 1
    assert re.search(r"^FAULT +Read INBOX at 127.0.0.1: \S", tried.out, re.MULTILINE)

    again = onethread("channel", "read-again", "support", "--json", folder=used)
    assert again.json() == {"name": "support", "tried": 0, "failed": 0}

    assert onethread("channel", "remove", "support", folder=used).status == 0
    assert "support" not in onethread("channel", "list", folder=used).out


def test_an_account_with_an_unknown_setting_is_refused(used: Path) -> None:
    done = onethread("channel", "add", "webchat", "--name", "shop", "--set", "colour=red", folder=used)

    assert done.status == 1
    assert "“webchat” has no setting “colour”" in done.err


def test_a_raw_mail_is_shown_as_what_it_becomes_without_any_hub(folder: Path) -> None:
    mail = Path(__file__).parent / "connectors/samples/email/picture-in-the-html-and-file-beside.eml"

    done = onethread("channel", "parse", "email", mail, folder=folder)

    (message,) = json.loads(done.out)
    assert message["is"] == "InboundMessage"
    assert all(re.fullmatch(r"\d+ bytes", part["data"]) for part in message["attachments"])
    assert len(message["attachments"]) == 2
    assert not folder.exists()


def test_a_mail_is_also_read_from_standard_input(folder: Path) -> None:
    mail = "From: Ada <ada@customer.example>\nSubject: Hello\n\nWhere is my parcel?\n"

    done = onethread("channel", "parse", "email", "-", folder=folder, typed=mail)

    assert json.loads(done.out)[0]["text"].strip() == "Where is my parcel?"


# --- orders ---


def test_orders_are_imported_once(used: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)

    first = onethread("import", "orders", file, folder=used)
    again = onethread("import", "orders", file, folder=used)

    assert (first.status, first.out) == (0, "2 orders: 2 new, 0 changed, 0 known already, 0 left out.\n")
    assert "2 of 2 orders" in first.err
    assert (again.status, again.out) == (0, "This file is in already, with 2 orders.\n")


def test_a_file_with_a_wrong_row_is_refused_whole_and_the_row_named(used: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS + "1003,paid,yesterday,cy@customer.example,100,EUR\n")

    refused = onethread("import", "orders", file, folder=used)
    assert refused.status == 1
    assert refused.out.startswith("line 4, updated_at: ")
    assert "Nothing was imported" in refused.out

    partly = onethread("import", "orders", file, "--skip-bad", folder=used)
    assert partly.status == 0
    assert "2 orders: 2 new" in partly.out


def test_a_file_that_is_not_there_is_named(used: Path, tmp_path: Path) -> None:
    done = onethread("import", "orders", tmp_path / "none.csv", folder=used)

    assert done.status == 1
    assert "none.csv cannot be read" in done.err


# --- the clock ---


def test_the_clock_of_a_hub_without_test_clock_is_not_moved(folder: Path) -> None:
    with running_hub(folder):
        done = onethread("clock", "set", "+1d", folder=folder)

    assert done.status == 1
    assert "--test-clock" in done.err


def test_without_a_hub_there_is_no_clock_to_move(folder: Path) -> None:
    done = onethread("clock", "set", "+1d", folder=folder)

    assert done.status == 1
    assert "No hub runs" in done.err


def test_a_test_clock_is_set_and_moved_on(folder: Path) -> None:
    with running_hub(folder, "--test-clock"):
        at = onethread("clock", "set", "2026-03-08T12:00:00+01:00", folder=folder)
        later = onethread("clock", "set", "+1d2h", "--json", folder=folder)

    assert at.out.startswith("It is now 2026-03-08T11:00:")
    assert later.json()["now"].startswith("2026-03-09T13:0")  # type: ignore[index]


# --- the control port ---


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b'{"secret": "guessed", "call": {"do": "token.list"}}\n',
        b'{"secret": 5}\n',
        b"[" * 100_000 + b"\n",
        b"\xff\xfe\n",
        b"a" * 300_000 + b"\n",
    ],
    ids=["HTTP", "a guessed secret", "no secret", "deep", "no UTF-8", "too long"],
)
def test_whoever_does_not_know_the_secret_gets_no_answer(sent: bytes, shared_hub: RunningHub) -> None:
    control = json.loads((shared_hub.folder / "control.json").read_bytes())

    with socket.create_connection(("127.0.0.1", control["port"]), timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1000) == b""
    assert fetch(f"{shared_hub.url}/healthz")


@pytest.mark.parametrize("call", [{"do": "hub.erase"}, {"do": "token.list", "more": 1}, {}, {"do": "token.revoke"}])
def test_a_call_that_the_hub_does_not_know_is_refused(call: dict[str, object], shared_hub: RunningHub) -> None:
    control = json.loads((shared_hub.folder / "control.json").read_bytes())

    with socket.create_connection(("127.0.0.1", control["port"]), timeout=20) as connection:
        connection.sendall(json.dumps({"secret": control["secret"], "call": call}).encode() + b"\n")
        answer = connection.makefile("rb").readline()

    assert "does not know this command" in json.loads(answer)["refused"]


@pytest.fixture(name="shared_hub", scope="module")
def run_shared_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """One hub for the tests that change nothing in it."""
    with running_hub(tmp_path_factory.mktemp("shared") / "data") as hub:
        yield hub
