"""What travels on the sockets is the same as described, in the hub and in the browser; every event is described."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.frames import Frame, Opcode

from agent_ui import protocol
from agent_ui.sockets.calls import CALLS
from agent_ui.sockets.widget import CALLS as WIDGET_CALLS
from agent_ui.sockets.widget import Tell as WidgetTell
from hub import views
from hub.services import calls, company, readiness, search_hits, system, visitor_screen
from tests.hub.announced import announced_kinds

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "agent_ui" / "README.md").read_text(encoding="utf-8")
EVENTS = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
CONSOLE = (ROOT / "agent_ui" / "console" / "protocol.ts").read_text(encoding="utf-8")
WIDGET = (ROOT / "agent_ui" / "widget" / "protocol.ts").read_text(encoding="utf-8")

# What one is called in the description and in the browser, and what it is made from in the hub.
SHAPES: dict[str, Any] = {
    "Account": views.AccountView,
    "AccountHealth": system.AccountHealth,
    "Agent": views.AgentView,
    "Canned": views.CannedView,
    "Conversation": views.ConversationView,
    "Customer": views.CustomerView,
    "Delivery": views.DeliveryView,
    "Draft": views.DraftView,
    "Endpoint": views.EndpointView,
    "Entry": views.EntryView,
    "Failure": system.Failure,
    "Order": views.OrderView,
    "Queue": system.Queue,
    "Request": views.RequestView,
    "Row": views.RowView,
    "Snapshot": protocol.Snapshot,
    "System": system.System,
    "Team": views.TeamView,
    "Watch": protocol.Watch,
}
ONLY_IN_BROWSERS: dict[str, Any] = {
    "Address": views.EndpointName,
    "Attachment": views.AttachmentView,
    "Candidate": calls.Candidate,
    "Check": readiness.Check,
    "Company": company.Company,
    "ListPage": views.ListView,
    "Way": views.Way,
}
WIDGETS: dict[str, Any] = {
    "Account": protocol.WidgetAccount,
    "Attachment": visitor_screen.VisitorFile,
    "Brand": protocol.WidgetBrand,
    "Hello": protocol.WidgetHello,
    "Hours": protocol.WidgetHours,
    "Me": visitor_screen.Me,
    "Message": visitor_screen.VisitorMessage,
    "Pace": protocol.WidgetPace,
    "Page": protocol.Page,
    "Person": protocol.WidgetPerson,
    "Snapshot": protocol.WidgetSnapshot,
}
# These stand for each other where something may be left out: what is gone, and what is hidden.
MARKS = {"gone", "hidden"}


def names_in(braces: str) -> set[str]:
    """The names of an object as it is written down: those between its own braces, not those further in."""
    depth, plain = 0, ""
    for sign in braces:
        depth -= sign in "}])"
        plain += sign if depth == 1 else ""
        depth += sign in "{[("
        if depth == 0 and plain:
            break
    return {match[1] for part in plain.split(",") if (match := re.match(r'\s*"?([a-z_]+)"?\??', part))}


def fields_of(shape: Any) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(shape)}


def interface(name: str, types: str = CONSOLE) -> set[str]:
    """The fields of an interface in TypeScript, with those of the ones that it extends."""
    found = re.search(rf"export interface {name}(?: extends ([\w, ]+))? \{{\n(.*?)\n\}}", types, re.DOTALL)
    assert found is not None, f"protocol.ts has no {name}"
    own = set(re.findall(r"^  (\w+)\??:", found[2], re.MULTILINE))
    return own.union(*(interface(parent.strip(), types) for parent in (found[1] or "").split(",") if parent.strip()))


def described(name: str) -> set[str]:
    """The fields of an object as the description lists them."""
    found = re.search(rf"\*\*{name}\*\*[^`]*?`(\{{.*?\}})`(?:,| ·|\.|\n| \(|$)", README, re.DOTALL)
    assert found is not None, f"the description has no {name}"
    return names_in(found[1])


def table(heading: str, columns: int) -> list[list[str]]:
    """The rows of the first table under a heading."""
    section = README.split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[1:] if len(row) == columns and "---" not in row[0]]


def described_calls(heading: str) -> dict[str, set[str]]:
    """What each call is given, as the description says."""
    found: dict[str, set[str]] = {}
    for verbs, given, _ in table(heading, 3):
        spans = re.findall(r"`(\{.*?\})`", given)
        names = re.findall(r"`(\w+)`", verbs)
        together = len(names) == 1 or len(spans) == 1
        for place, verb in enumerate(names):
            parts = spans if together else given.split(" · ")[place : place + 1]
            found[verb] = set().union(*(names_in(part[part.index("{") :]) for part in parts))
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_object_is_described_as_the_hub_makes_it(name: str) -> None:
    assert described(name) - MARKS == fields_of(SHAPES[name]) - MARKS


@pytest.mark.parametrize("name", [*SHAPES, *ONLY_IN_BROWSERS])
def test_browser_knows_the_object_that_the_hub_makes(name: str) -> None:
    beside = {"position"} if name == "Conversation" else set()

    assert interface(name) - MARKS - beside == fields_of((SHAPES | ONLY_IN_BROWSERS)[name]) - MARKS


@pytest.mark.parametrize("name", WIDGETS)
def test_widget_knows_the_object_that_the_hub_makes(name: str) -> None:
    assert interface(name, WIDGET) - MARKS == fields_of(WIDGETS[name])


def test_every_object_of_the_widget_is_compared() -> None:
    made_of_them = {"WidgetEvent"}

    assert set(re.findall(r"^export interface (\w+)", WIDGET, re.MULTILINE)) - made_of_them == set(WIDGETS)


def test_widget_takes_from_an_event_what_a_snapshot_holds() -> None:
    assert interface("WidgetEvent", WIDGET) - {"kind", "changes"} <= fields_of(protocol.WidgetSnapshot)


def test_browser_knows_what_a_search_finds() -> None:
    assert fields_of(search_hits.Hit) <= interface("Hit")


def test_calls_are_described_as_they_are_taken() -> None:
    assert described_calls("## Calls of the console") == {verb: fields_of(one.given) for verb, one in CALLS.items()}


def test_calls_of_the_widget_are_described_as_they_are_taken() -> None:
    assert described_calls("## The widget's socket") == {verb: fields_of(one) for verb, one in WIDGET_CALLS.items()}


def test_frames_are_described_as_they_are_read() -> None:
    rows = table("## Frames", 3)
    clients = set().union(*(names_in(frame.strip("`")) for who, frame, _ in rows if who == "client"))
    hubs = {
        names.pop() for who, frame, _ in rows if who == "hub" for names in [set(re.findall(r'\{"(\w+)"', frame)[:1])]
    }

    assert clients == fields_of(protocol.Frame)
    assert hubs == {"snapshot", "events", "answer", "presence", "beat", "over"}


def test_widgets_frames_are_described_as_they_are_read() -> None:
    section = README.split("## The widget's socket", 1)[1]
    hello = re.search(r"`hello`: `(\{.*?\})`\.", section)
    message = re.search(r"\*\*Message\*\*: `(\{.*?\})`", section)
    tells = re.search(r"^`tell`: (.*?)`presence`", section, re.DOTALL | re.MULTILINE)
    assert hello is not None
    assert message is not None
    assert tells is not None

    snapshot = re.search(r"^Snapshot: `(\{.*?\})`", section, re.DOTALL | re.MULTILINE)
    assert snapshot is not None

    assert names_in(snapshot[1]) == fields_of(protocol.WidgetSnapshot)
    assert names_in(hello[1]) == fields_of(protocol.WidgetHello)
    assert names_in(message[1]) - MARKS == fields_of(visitor_screen.VisitorMessage)
    told = set().union(*(names_in(one) for one in re.findall(r"`(\{.*?\})`", tells[1])))
    assert told == fields_of(WidgetTell)


def test_every_collection_is_described_and_known_to_browsers() -> None:
    line = re.search(r"\*\*Collections:\*\* (.*)", README)
    assert line is not None

    assert set(re.findall(r"`(\w+)`", line[1])) == interface("Changes")


def test_every_event_is_described() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.+?) \|", EVENTS, re.MULTILINE)

    assert {kind for kind, _ in rows} == announced_kinds()
    assert len(rows) == len({kind for kind, _ in rows})
    assert all(sentence.endswith(".") for _, sentence in rows)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_frame_is_packed_as_the_standard_says(size: int) -> None:
    text = "ä" * (size // 2) + "x" * (size % 2)

    assert protocol.packed(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
