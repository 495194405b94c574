"""The one rule that brings the console's state forward, run by Node without a browser."""

from typing import Any

from tests.agent_ui.console.store import Step, run

Json = dict[str, Any]


def snapshot(**changes: Any) -> Step:
    body: Json = {
        "me": 1,
        "company": {"name": "Feldweg", "country": "DE", "time_zone": "Europe/Berlin", "language": "en"},
        "agents": [],
        "teams": [],
        "accounts": [],
        "canned": [],
        "drafts": [],
        "counts": {},
        "list": {"view": "open", "floor": None, "rows": []},
        "conversation": None,
    }
    return "frame", {"snapshot": body | changes, "position": "1"}


def event(counts: Json | None = None, **changes: list[Json]) -> Step:
    happened = {"kind": "x", "at": "2026-03-08T12:00:00.000Z", "by": None, "customer": None, "changes": changes}
    return "frame", {"events": [happened | {"counts": counts or {}}], "position": "2"}


def row(id: int, rank: int, version: int = 1, views: tuple[str, ...] = ("open",)) -> Json:
    return {"id": id, "version": version, "rank": rank, "views": list(views)}


def entry(id: int, shown_at: str, **changes: int) -> Json:
    named = {"id": id, "version": 1, "customer_id": 7, "conversation_id": 7, "seq": 1, "shown_at": shown_at}
    return named | changes


def conversation(*entries: Json, floor: list[Any] | None = None) -> Json:
    customer = {"id": 7, "version": 1, "conversations": [{"id": 7}]}
    return {"customer": customer, "entries": list(entries), "floor": floor, "requests": [], "orders": []}


def rows(state: Json) -> list[int]:
    return [one["id"] for one in state["list"]["rows"]]


def entries(state: Json) -> list[int]:
    return [one["id"] for one in state["conversation"]["entries"]]


def test_state_after_events_is_the_state_of_the_next_snapshot() -> None:
    after = run(
        snapshot(counts={"open": 1}, list={"view": "open", "floor": None, "rows": [row(1, 10)]}),
        event({"open": 1}, rows=[row(2, 5)], agents=[{"id": 3, "version": 1, "name": "Ben"}]),
        event({"open": -1}, rows=[row(1, 10, version=2, views=("resolved",))]),
    )

    fresh = run(
        snapshot(
            counts={"open": 1, "failed": 0},
            agents=[{"id": 3, "version": 1, "name": "Ben"}],
            list={"view": "open", "floor": None, "rows": [row(2, 5)]},
        )
    )
    assert after["state"] == fresh["state"]


def test_older_version_never_replaces_a_newer_one() -> None:
    held = {"id": 1, "version": 5, "name": "new"}

    after = run(snapshot(teams=[held]), event(teams=[{"id": 1, "version": 4, "name": "old"}]))

    assert after["state"]["teams"] == [held]


def test_what_is_gone_is_removed() -> None:
    kept = {"id": 2, "version": 1, "name": "kept"}

    after = run(
        snapshot(canned=[{"id": 1, "version": 1, "name": "greeting"}, kept]),
        event(canned=[{"id": 1, "version": 2, "gone": True}]),
    )

    assert after["state"]["canned"] == [kept]


def test_row_beyond_the_floor_is_not_in_the_window() -> None:
    page = {"view": "open", "floor": [20, 2], "rows": [row(1, 10), row(2, 20)]}

    after = run(snapshot(list=page), event(rows=[row(3, 30), row(4, 15), row(1, 25, version=2)]))

    assert rows(after["state"]) == [2, 4]


def test_row_of_another_view_is_left_out() -> None:
    after = run(snapshot(), event(rows=[row(1, 10, views=("snoozed",)), row(2, 10, views=("open", "mine:1"))]))

    assert rows(after["state"]) == [2]


def test_next_page_goes_on_where_the_first_ended() -> None:
    first = {"view": "open", "floor": [10, 1], "rows": [row(1, 10)]}

    after = run(snapshot(list=first), ("more", {"view": "open", "floor": None, "rows": [row(2, 20)]}))

    assert rows(after["state"]) == [1, 2]
    assert after["state"]["list"]["floor"] is None


def test_list_of_another_view_replaces_what_was_shown() -> None:
    after = run(
        snapshot(list={"view": "open", "floor": None, "rows": [row(1, 10)]}),
        ("list", {"view": "snoozed", "floor": None, "rows": [row(2, 20, views=("snoozed",))]}),
    )

    assert rows(after["state"]) == [2]


def test_entry_older_than_the_floor_waits_for_its_page() -> None:
    opened = conversation(entry(5, "2026-03-02"), floor=["2026-03-02", 5])

    after = run(snapshot(conversation=opened), event(entries=[entry(9, "2026-03-01"), entry(6, "2026-03-03")]))

    assert entries(after["state"]) == [5, 6]


def test_older_page_lowers_the_floor() -> None:
    opened = conversation(entry(5, "2026-03-02"), floor=["2026-03-02", 5])
    page = {"customer": 7, "entries": [entry(2, "2026-02-01")], "floor": ["2026-02-01", 2]}

    after = run(snapshot(conversation=opened), ("entries", page), event(entries=[entry(3, "2026-02-02")]))

    assert entries(after["state"]) == [2, 3, 5]


def test_entry_on_another_customers_screen_is_not_shown() -> None:
    after = run(snapshot(conversation=conversation()), event(entries=[entry(1, "2026-03-01", customer_id=8)]))

    assert entries(after["state"]) == []


def test_entry_filed_elsewhere_leaves_the_screen() -> None:
    opened = conversation(entry(1, "2026-03-01"))

    after = run(snapshot(conversation=opened), event(entries=[entry(1, "2026-03-01", customer_id=8, version=2)]))

    assert entries(after["state"]) == []


def test_hidden_entry_has_no_place() -> None:
    hidden = {"id": 1, "version": 2, "conversation_id": 7, "seq": 1, "hidden": True}

    after = run(snapshot(conversation=conversation(entry(1, "2026-03-01"))), event(entries=[hidden]))

    assert entries(after["state"]) == []


def test_newest_seq_is_known_for_each_conversation_on_the_screen() -> None:
    opened = conversation(
        entry(1, "2026-03-01", seq=4), entry(2, "2026-03-02", seq=9), entry(3, "2026-03-01", conversation_id=8, seq=2)
    )

    after = run(snapshot(conversation=opened))

    assert after["seen"] == {"7": 9, "8": 2}


def test_position_is_the_last_frames() -> None:
    assert run(snapshot(), event())["position"] == "2"
