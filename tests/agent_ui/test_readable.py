"""Times and browsers as people say them."""

from datetime import UTC, datetime

import pytest

from agent_ui.readable import browser_of, time_of
from agent_ui.texts import translator
from hub.clock import to_ms

NOW = to_ms(datetime(2026, 3, 8, 12, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("moment", "zone", "language", "said"),
    [
        (datetime(2026, 3, 8, 11, 40, tzinfo=UTC), "Europe/Berlin", "en", "12:40"),
        (datetime(2026, 3, 7, 23, 40, tzinfo=UTC), "Europe/Berlin", "en", "00:40"),
        (datetime(2026, 3, 7, 22, 40, tzinfo=UTC), "Europe/Berlin", "en", "23:40 on 7 Mar"),
        (datetime(2026, 3, 7, 22, 40, tzinfo=UTC), "Europe/Berlin", "de", "23:40 am 7. März"),
        (datetime(2026, 3, 8, 11, 40, tzinfo=UTC), "Mars/Olympus", "en", "11:40"),
    ],
)
def test_a_time_is_a_clock_time_today_and_has_its_date_otherwise(
    moment: datetime, zone: str, language: str, said: str
) -> None:
    t = translator(language, "page")

    assert time_of(moment, NOW, zone, t) == said
    assert time_of(to_ms(moment), NOW, zone, t) == said


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
            "Chrome, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605 Version/17.1 Mobile Safari/604",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Android 14; Mobile; rv:120.0) Gecko/120.0 Firefox/120.0", "Firefox, Android"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_browser_goes_by_its_name_and_system(user_agent: str, said: str) -> None:
    assert browser_of(user_agent) == said
