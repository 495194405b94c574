"""Settings: the command line before the environment, the environment before the defaults."""

from pathlib import Path

import msgspec
import pytest

from hub.config import Settings, from_environment


def test_without_anything_there_are_defaults() -> None:
    assert from_environment({}) == Settings()
    assert Settings().url == "http://127.0.0.1:8000"


def test_the_command_line_comes_before_the_environment() -> None:
    environment = {"ONETHREAD_PORT": "9000", "ONETHREAD_HOST": "::1", "ONETHREAD_DATA": "/srv/shop"}

    settings = from_environment(environment, port=9001, data=None)

    assert (settings.port, settings.host, settings.data) == (9001, "::1", Path("/srv/shop"))
    assert settings.url == "http://[::1]:9001"


def test_an_empty_variable_is_none() -> None:
    assert from_environment({"ONETHREAD_PORT": ""}).port == 8000


@pytest.mark.parametrize("written", ["1", "true"])
def test_yes_is_understood(written: str) -> None:
    assert from_environment({"ONETHREAD_TEST_CLOCK": written}).test_clock


def test_a_public_address_is_the_one_in_links() -> None:
    assert from_environment({"ONETHREAD_PUBLIC_URL": "https://help.shop.example/"}).url == "https://help.shop.example"


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        from_environment({"ONETHREAD_PORT": "eighty"})
