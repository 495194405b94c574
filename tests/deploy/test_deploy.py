"""The examples for those who run a cluster: each is read by the program that it is for, or by what it names."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGQUIT
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml
from websockets.asyncio.client import connect

from agent_ui.app import create_app
from agent_ui.cookies import SESSION
from hub.bootstrap import Hub
from hub.config import PREFIX, Settings, from_environment
from hub.database import Database
from hub.keyring import ENVIRONMENT, Keyring
from hub.services.sessions import open_session
from tests.hub.fake_channel import FakeProvider
from tests.hub.world import KEY, World
from tests.parts.process import answers, free_port, program, running, scratch_folder
from tests.parts.serving import serving
from tests.parts.sockets import Socket
from tests.parts.tls import Certificate, make_certificate

DEPLOY = Path(__file__).parents[2] / "deploy"
SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__} | {ENVIRONMENT}


def settings_in(name: str) -> set[str]:
    return set(re.findall(rf"\b{PREFIX}\w+", (DEPLOY / name).read_text()))


@pytest.mark.parametrize("name", sorted(path.name for path in DEPLOY.iterdir()))
def test_every_setting_that_is_named_exists(name: str) -> None:
    assert settings_in(name) <= SETTINGS


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "onethread.service"
    unit.write_text((DEPLOY / unit.name).read_text().replace("/opt/onethread/bin/onethread", sys.executable))

    done = subprocess.run([program("systemd-analyze"), "verify", unit], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_environment_of_a_node_makes_sense() -> None:
    lines = [line for line in (DEPLOY / "onethread.env.example").read_text().splitlines() if line[:1] not in {"", "#"}]
    settings = from_environment(dict(line.split("=", 1) for line in lines))

    assert settings.files.startswith("s3://")
    assert settings.url.startswith("https://")


def test_the_parts_of_compose_fit_together() -> None:
    written = re.sub(r"\$\{\w+:\?\}", "given", (DEPLOY / "compose.yaml").read_text())
    services: dict[str, Any] = yaml.safe_load(written)["services"]
    nodes = [name for name, service in services.items() if "ONETHREAD_KEY" in service.get("environment", {})]
    settings = from_environment(services["node1"]["environment"])

    assert nodes == ["node1", "node2", "node3"]
    assert services["proxy"]["environment"]["NODES"] == " ".join(f"{node}:8000" for node in nodes)
    assert {urlsplit(url).hostname for url in (settings.database_url, settings.bus_url)} <= services.keys()
    assert services["node1"]["volumes"] == [f"files:{settings.files}"]


# --- nginx ---


def for_tests(port: int, node: str, certificate: Certificate) -> str:
    """The example with one node, a port and a certificate of this machine's."""
    text = (DEPLOY / "nginx.conf").read_text()
    text = re.sub(r"(    server 10\.0\.0\.\d+:8000 .*\n)+", f"    server {node};\n", text)
    text = text.replace("443 ssl", f"127.0.0.1:{port} ssl").replace("help.shop.example", "localhost")
    text = text.replace("/etc/ssl/onethread/chain.pem", str(certificate.chain))
    text = text.replace("/etc/ssl/onethread/key.pem", str(certificate.key))
    return text[: text.index("server {\n    listen 80;")]


@contextmanager
def nginx(node: str) -> Iterator[tuple[str, Certificate]]:
    """nginx as the example sets it up; its address, and the certificate it shows."""
    port = free_port()
    with scratch_folder("nginx") as folder:
        certificate = make_certificate(folder)
        (folder / "site.conf").write_text(for_tests(port, node, certificate))
        whole = f"pid {folder}/pid; error_log {folder}/errors; daemon off; events {{}}\n"
        paths = "".join(f"{what}_temp_path {folder}/{what};" for what in ("client_body", "proxy", *_UNUSED))
        (folder / "nginx.conf").write_text(f"{whole}http {{ access_log off; {paths} include {folder}/site.conf; }}\n")
        command = [program("nginx"), "-e", str(folder / "errors"), "-c", str(folder / "nginx.conf")]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        with running(command, ready=lambda: answers(port), log=folder / "log", stop=SIGQUIT):
            yield f"https://localhost:{port}", certificate


_UNUSED = ("fastcgi", "uwsgi", "scgi")


async def test_nginx_passes_on_pages_and_sockets(sqlite: Database, tmp_path: Path) -> None:
    hub = Hub(Settings(data=tmp_path, trusted_proxies="127.0.0.1"), Keyring(KEY), sqlite, {}, {})
    await hub.prepare()
    world = World(hub, FakeProvider())
    secret = Keyring.new_secret()
    await sqlite.unit(open_session, secret, (await world.colleague()).id, "")

    async with serving(create_app(hub)) as url:
        with nginx(url.removeprefix("http://")) as (address, certificate):
            async with httpx2.AsyncClient(base_url=address, verify=certificate.trusting()) as browser:
                assert (await browser.get("/healthz")).json() == {"status": "ok"}
            wss, cookie = address.replace("https", "wss"), {"Cookie": f"{SESSION}={secret}"}
            tls = certificate.trusting()
            async with connect(f"{wss}/console/socket", additional_headers=cookie, proxy=None, ssl=tls) as line:
                assert "snapshot" in await Socket(line).hello(watch={"view": "open"})
    hub.passwords.stop()
