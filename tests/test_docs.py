"""What must be documented is: settings, channels and their settings, commands of the README."""

import re
from pathlib import Path
from typing import get_type_hints

import msgspec
import pytest

from connectors import found
from hub.config import PREFIX, Settings, from_environment
from hub.limits import KIB, MIB, Limits
from hub.ports.channel import Channel
from hub.ports.commerce import Commerce
from hub.services import order_csv

ROOT = Path(__file__).parent.parent
OPERATION = (ROOT / "docs" / "operation.md").read_text()
CHANNELS = (ROOT / "docs" / "channels.md").read_text()
PORTS: dict[str, Channel | Commerce] = {**found.channels(), **found.shops()}


SETTINGS = [name for name in Settings.__struct_fields__ if name != "limits"]
LIMITS = msgspec.structs.fields(Limits)


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_is_documented(name: str) -> None:
    assert f"`{PREFIX}{name.upper()}`" in OPERATION


def test_no_other_setting_is_documented() -> None:
    written = set(re.findall(rf"`{PREFIX}(\w+)`", OPERATION)) - {"KEY"}

    assert written == {name.upper() for name in SETTINGS}


def test_the_table_of_limits_is_that_of_the_code() -> None:
    section = re.search(r"^## Limits$.*?(?=^## )", OPERATION, re.MULTILINE | re.DOTALL)
    assert section is not None

    assert re.findall(r"^\| (.*) \| (.*) \| (.*) \| `([A-Z_]+)` \|$", section[0], re.MULTILINE) == [
        (*_told(limit.name), limit.name.upper()) for limit in LIMITS
    ]


def _told(name: str) -> tuple[str, str, str]:
    """What a limit bounds, its usual value and what is beyond, as the code says."""
    [meta] = get_type_hints(Limits, include_extras=True)[name].__metadata__
    return meta.title, _amount(name, getattr(Limits(), name)), meta.description


def _amount(name: str, value: int) -> str:
    if "bytes" not in name:
        return f"{value:,}"
    if value % MIB == 0:
        return f"{value // MIB} MiB"
    return f"{value // KIB} KiB" if value % KIB == 0 else f"{value // 1_000_000} MB"


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_each_limit_is_a_setting(limit: msgspec.structs.FieldInfo) -> None:
    given = from_environment({f"ONETHREAD_LIMIT_{limit.name.upper()}": "7"})

    assert getattr(given.limits, limit.name) == 7


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_each_limit_holds_something(limit: msgspec.structs.FieldInfo) -> None:
    """A bound that no code asks for bounds nothing."""
    code = [path.read_text() for folder in ("hub", "agent_ui") for path in (ROOT / folder).rglob("*.py")]

    assert any(re.search(rf"imits(\(\)\))?\.{limit.name}\b|\"{limit.name}\"", text) for text in code)


@pytest.mark.parametrize("name", PORTS)
def test_each_channel_is_documented_with_its_settings(name: str) -> None:
    section = re.search(rf"^## {name}: .*?(?=^## |\Z)", CHANNELS, re.MULTILINE | re.DOTALL)
    assert section is not None

    assert re.findall(r"^\| `(\w+)` \|", section[0], re.MULTILINE) == [s.key for s in PORTS[name].settings]
    assert all(setting.help in section[0] for setting in PORTS[name].settings)


def test_each_column_of_a_file_of_orders_is_documented() -> None:
    columns = set(re.findall(r"\b[a-z]+_[a-z_]+\b", order_csv.__doc__ or "")) | {"number", "status", "total"}

    assert len(columns) > 30
    assert {column for column in columns if f"`{column}`" not in OPERATION} == set()


def test_the_map_of_the_readme_names_the_folders_there_are() -> None:
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"^\| `([a-z_]+)/` \|", readme, re.MULTILINE))

    assert all((ROOT / folder).is_dir() for folder in named)
    assert {"hub", "connectors", "agent_ui", "migrations", "demo", "bench", "tests", "docs", "deploy"} == named
