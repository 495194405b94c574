"""What must be documented is: settings, channels and their settings, commands of the README."""

import re
from pathlib import Path

import pytest

from connectors import found
from hub.config import PREFIX, Settings
from hub.ports.channel import Channel
from hub.ports.commerce import Commerce
from hub.services import order_csv

ROOT = Path(__file__).parent.parent
OPERATION = (ROOT / "docs" / "operation.md").read_text()
CHANNELS = (ROOT / "docs" / "channels.md").read_text()
PORTS: dict[str, Channel | Commerce] = {**found.channels(), **found.shops()}


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_each_setting_is_documented(name: str) -> None:
    assert f"`{PREFIX}{name.upper()}`" in OPERATION


def test_no_other_setting_is_documented() -> None:
    written = set(re.findall(rf"`{PREFIX}(\w+)`", OPERATION)) - {"KEY"}

    assert written == {name.upper() for name in Settings.__struct_fields__}


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
