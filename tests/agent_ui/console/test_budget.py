"""What the console weighs when it is sent."""

import gzip

from agent_ui.assets import dist, manifest

KIB = 1024


def sent(name: str) -> int:
    return len(gzip.compress((dist() / manifest()[name]).read_bytes(), 9))


def test_script_is_at_most_90_kib() -> None:
    assert sent("console.js") <= 90 * KIB


def test_style_is_at_most_20_kib() -> None:
    assert sent("console.css") <= 20 * KIB
