"""A real browser, Debian's Chromium without windows, and axe's judgement of what it shows."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.parts.process import PartFailed, program

ROOT = Path(__file__).resolve().parents[2]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

# Machines that are busy with much else may be slow; what is expected comes sooner or never.
expect.set_options(timeout=30_000)

# Every rule of WCAG 2.2 A and AA that axe has, and what it calls good practice.
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@dataclass(frozen=True)
class Violation:
    """A rule that a page breaks, and where."""

    rule: str
    impact: str
    help: str
    places: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule} ({self.impact}): {self.help}\n" + "\n".join(f"    {place}" for place in self.places)


@asynccontextmanager
async def chromium(extra_flags: Sequence[str] = ()) -> AsyncIterator[Browser]:
    """Runs a browser until the block ends. Each `new_context()` is a person with cookies of their own."""
    path = os.environ.get("ONETHREAD_TEST_CHROMIUM") or program("chromium-headless-shell")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*FLAGS, *extra_flags])
        try:
            yield browser
        finally:
            await browser.close()


async def axe(page: Page, standards: Sequence[str] = STANDARDS) -> list[Violation]:
    """What axe finds wrong with a page as it stands now, and with its frames but those that may run no scripts."""
    for frame in page.frames:
        await frame.evaluate(axe_source())
        # The chat is a frame of ours in a shop's page, so the two have different origins.
        await frame.evaluate("axe.configure({allowedOrigins: ['<unsafe_all_origins>']})")
    found: dict[str, Any] = await page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations'], frameWaitTime: 10000})", list(standards)
    )
    return [violation(rule) for rule in found["violations"]]


def violation(rule: dict[str, Any]) -> Violation:
    places = (f"{' '.join(map(str, node['target']))}  {node['html'][:200]}" for node in rule["nodes"])
    return Violation(rule["id"], rule["impact"] or "minor", rule["help"], tuple(places))


@cache
def axe_source() -> str:
    source = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not source.is_file():
        raise PartFailed("axe-core is not installed: `make install` installs it")
    return source.read_text(encoding="utf-8")
