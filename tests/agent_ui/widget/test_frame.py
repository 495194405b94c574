"""The frame as visitors use it, through every state that the hub's end can bring it into."""

from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.agent_ui.widget.conftest import Visit
from tests.agent_ui.widget.hub_end import HubEnd
from tests.parts.browser import axe

TURNED_DOWN = {"title": "Not now", "status": 500, "code": "fault"}
CLOSED = {"now": False, "text": "Open again tomorrow, 09:00"}
PANEL = {"width": 384, "height": 640}
PICTURE: FilePayload = {"name": "kettle.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"}
PROGRAM: FilePayload = {"name": "setup.exe", "mimeType": "application/x-dos", "buffer": b"MZ"}
BLOCKED = "Object.defineProperty(window, 'localStorage', { get() { throw new Error() } })"
TO_THE_TOP = """() => {
    document.querySelector(".scroller").scrollTop = 0;
    return document.querySelector(".bubble").getBoundingClientRect().top;
}"""
# How far from its end the thread stands, at each frame from the moment when it is there.
WATCH_PLACES = """() => {
    window.places = [];
    const watch = () => {
        const box = document.querySelector(".scroller");
        if (box) window.places.push(box.scrollHeight - box.clientHeight - box.scrollTop);
        requestAnimationFrame(watch);
    };
    watch();
}"""


async def write(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.get_by_role("button", name="Send").click()


async def begin(page: Page) -> None:
    await page.get_by_role("button", name="Write a message").click()


async def test_message_stands_once_and_its_fate_is_told_in_words(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame)
    await begin(page)

    await write(page, "Is the kettle there?")
    await expect(page.get_by_text("Sent")).to_be_visible()
    await hub.mark(hub.messages[0], "delivered")
    await expect(page.get_by_text("Delivered")).to_be_visible()
    await hub.mark(hub.messages[0], "read")
    await expect(page.get_by_text("Read", exact=True)).to_be_visible()

    await expect(page.locator(".bubble")).to_have_text(["Is the kettle there?"])


async def test_enter_sends_and_shift_enter_begins_a_line(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame)
    await begin(page)
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()

    await page.keyboard.type("One")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two ąęóśńż€@{[")
    await page.keyboard.press("Enter")

    assert [call["with"]["text"] for call in await hub.called("send")] == ["One\ntwo ąęóśńż€@{["]


async def test_enter_begins_a_line_where_one_types_by_touch(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame, viewport=PANEL, has_touch=True, is_mobile=True)
    await begin(page)
    await page.get_by_role("textbox", name="Message").focus()

    await page.keyboard.type("One")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("textbox", name="Message")).to_have_value("One\n")
    await expect(page.get_by_role("button", name="Take a photo")).to_be_hidden()


async def test_new_answers_are_spoken_and_old_ones_are_not(hub: HubEnd, visit: Visit) -> None:
    hub.message("Good morning", author="Ana")
    page = await visit(hub.frame)
    await begin(page)

    await hub.say("It is at the Altmarkt store.")

    await expect(page.get_by_role("log")).to_have_text("Ana: It is at the Altmarkt store.")


async def test_typing_is_said_in_words_and_told_without_the_text(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame)
    await begin(page)

    await hub.type_as("Ana")
    await expect(page.get_by_text("Ana is typing")).to_be_visible()
    await hub.type_as(None)
    await expect(page.get_by_text("Ana is typing")).to_be_hidden()
    await page.keyboard.type("Hello")
    await hub.until(lambda: {"typing": True} in hub.tells)
    await page.keyboard.press("Enter")
    await hub.until(lambda: {"typing": False} in hub.tells)


async def test_refused_message_keeps_its_words_and_goes_at_the_second_try(hub: HubEnd, visit: Visit) -> None:
    hub.refusal = TURNED_DOWN
    page = await visit(hub.frame)
    await begin(page)
    await write(page, "Please hold it for me")
    await expect(page.get_by_text("Not sent.")).to_be_visible()
    await expect(page.locator(".bubble")).to_have_text(["Please hold it for me"])

    hub.refusal = None
    await page.get_by_role("button", name="Try again").click()

    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await expect(page.locator(".bubble")).to_have_text(["Please hold it for me"])
    assert [message["text"] for message in hub.messages] == ["Please hold it for me"]


@pytest.mark.parametrize("reloaded", [False, True], ids=["at once", "after a reload"])
async def test_message_that_was_taken_and_answered_with_a_fault_stands_once(
    hub: HubEnd, visit: Visit, reloaded: bool
) -> None:
    hub.failing = {"title": "Not now", "status": 503, "code": "unavailable"}
    page = await visit(hub.frame)
    await begin(page)
    await write(page, "Please hold it for me")
    await expect(page.get_by_text("Not sent.")).to_be_visible()

    hub.failing = None
    if reloaded:
        await page.reload()
    else:
        await page.get_by_role("button", name="Try again").click()

    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await expect(page.get_by_text("Not sent.")).to_be_hidden()
    await expect(page.locator(".bubble")).to_have_text(["Please hold it for me"])
    assert [message["text"] for message in hub.messages] == ["Please hold it for me"]
    assert len({call["call"] for call in await hub.called("send")}) == 1


async def test_message_whose_answer_the_line_lost_stands_once(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame)
    await begin(page)
    hub.silent = True
    await write(page, "Please hold it for me")
    (sent,) = await hub.called("send")
    hub.message("Please hold it for me", key=sent["call"])

    await hub.cut()

    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await expect(page.locator(".bubble")).to_have_text(["Please hold it for me"])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("no_such_account", "This chat is not open any more."),
        ("no_such_visitor", "This chat has ended in this browser."),
        ("bad_frame", "Something went wrong in this window."),
    ],
)
async def test_line_that_the_hub_refuses_for_good_says_so_and_is_left(
    hub: HubEnd, visit: Visit, code: str, words: str
) -> None:
    page = await visit(hub.frame)
    await begin(page)

    await hub.end(code)

    await expect(page.get_by_text(words)).to_be_visible()
    await page.evaluate("dispatchEvent(new Event('online'))")
    assert len(hub.hellos) == 1


async def test_what_is_written_without_connection_waits_and_goes_once(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame)
    await begin(page)
    hub.away = True
    await hub.cut()

    await write(page, "To the store please")
    await expect(page.get_by_text("Waiting to be sent")).to_be_visible()
    await expect(page.get_by_text("No connection. What you write is kept")).to_be_visible()
    hub.away = False
    await page.get_by_role("button", name="Try now").click()

    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await expect(page.get_by_text("No connection.")).to_be_hidden()
    assert [message["text"] for message in hub.messages] == ["To the store please"]
    assert hub.hellos[-1]["position"] is not None


async def test_answers_that_came_in_an_outage_are_spoken(hub: HubEnd, visit: Visit) -> None:
    hub.message("Is it there?")
    page = await visit(hub.frame)
    await begin(page)
    hub.away = True
    await hub.cut()
    hub.message("It is.", author="Ana")

    hub.away = False

    await expect(page.get_by_role("log")).to_have_text("Ana: It is.")


async def test_unanswered_message_is_sent_again_with_the_same_key_after_a_reload(hub: HubEnd, visit: Visit) -> None:
    hub.silent = True
    page = await visit(hub.frame)
    await begin(page)
    await write(page, "Half way")
    await hub.called("send")

    hub.silent = False
    await page.reload()

    first, second = await hub.called("send", 2)
    assert first["call"] == second["call"]
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()


async def test_draft_and_history_survive_a_reload(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame)
    await begin(page)
    await write(page, "First")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await page.get_by_role("textbox", name="Message").fill("half a thought")

    await page.reload()

    await expect(page.locator(".bubble")).to_have_text(["First"])
    await expect(page.get_by_role("textbox", name="Message")).to_have_value("half a thought")
    assert hub.hellos[0]["token"] is None
    assert hub.hellos[1]["token"]


async def test_earlier_messages_come_in_without_moving_what_is_read(hub: HubEnd, visit: Visit) -> None:
    for n in range(80):
        hub.message(f"Message {n}", author="Ana" if n % 2 else "")
    page = await visit(hub.frame, viewport=PANEL)
    await begin(page)
    first = page.get_by_text("Message 50", exact=True)
    await expect(page.locator(".bubble").last).to_be_in_viewport()

    before = await page.evaluate(TO_THE_TOP)
    await expect(page.get_by_text("Message 20", exact=True)).to_be_attached()
    after = await first.evaluate("element => element.closest('.bubble').getBoundingClientRect().top")

    assert abs(after - before) <= 40


async def test_who_reads_further_up_keeps_their_place_when_the_line_is_lost(hub: HubEnd, visit: Visit) -> None:
    for n in range(80):
        hub.message(f"Message {n}", author="Ana" if n % 2 else "")
    page = await visit(hub.frame, viewport=PANEL)
    await begin(page)
    await expect(page.locator(".bubble").last).to_be_in_viewport()
    await page.evaluate(TO_THE_TOP)
    read = page.get_by_text("Message 45", exact=True)
    await read.scroll_into_view_if_needed()
    before = await read.bounding_box()

    hub.message("Meanwhile", author="Ana")
    await hub.cut()
    await hub.until(lambda: len(hub.hellos) == 2)
    await expect(page.get_by_text("Meanwhile", exact=True)).to_be_attached()

    assert await read.bounding_box() == before
    await expect(page.get_by_role("button", name="1 new")).to_be_visible()


async def test_thread_opens_at_its_end_and_is_never_seen_elsewhere(hub: HubEnd, visit: Visit) -> None:
    for n in range(30):
        hub.message(f"Message {n}", author="Ana")
    page = await visit(hub.frame, viewport=PANEL)
    await expect(page.get_by_role("button", name="Write a message")).to_be_visible()
    await page.evaluate(WATCH_PLACES)

    await begin(page)
    await expect(page.locator(".bubble").last).to_be_in_viewport()

    assert await page.evaluate("Math.max(...window.places)") <= 1


async def test_what_is_said_about_the_address_is_seen_by_who_reads_further_up(hub: HubEnd, visit: Visit) -> None:
    for n in range(30):
        hub.message(f"Message {n}")
    page = await visit(hub.frame, viewport=PANEL)
    await begin(page)
    await expect(page.locator(".bubble").last).to_be_in_viewport()
    await page.locator(".scroller").evaluate("box => box.scrollTop -= 200")

    await page.get_by_label("E-mail").fill("maria")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Enter an address such as")).to_be_in_viewport()
    await page.get_by_label("E-mail").fill("maria@keller.example")
    await expect(page.get_by_text("Enter an address such as")).to_be_hidden()
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("region", name="You can close this")).to_be_focused()
    await expect(page.get_by_text("Other address")).to_be_in_viewport()
    await page.get_by_role("button", name="Other address").click()
    await expect(page.get_by_label("E-mail")).to_be_focused()


async def test_menu_stays_within_a_narrow_panel(hub: HubEnd, visit: Visit) -> None:
    hub.message("Hello")
    hub.me["email_hint"] = "m•••@a-very-long-name-of-a-house.example"
    page = await visit(hub.shop, viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    await page.get_by_role("button", name="Help").click()
    frame = page.frame_locator("iframe")

    await frame.get_by_role("button", name="More").click()

    box = await frame.locator(".choices").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320


async def test_news_below_what_is_read_are_counted_and_reached_by_a_button(hub: HubEnd, visit: Visit) -> None:
    for n in range(30):
        hub.message(f"Message {n}", author="Ana")
    page = await visit(hub.frame, viewport=PANEL)
    await begin(page)
    await page.locator(".scroller").evaluate("box => box.scrollTop = 300")

    await hub.say("The newest")
    await page.get_by_role("button", name="1 new").click()

    await expect(page.locator(".bubble").last).to_be_in_viewport()


async def test_files_are_sent_with_progress_and_the_sessions_token(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame)
    await begin(page)
    await page.locator("input[type=file]").first.set_input_files(PICTURE)
    await expect(page.get_by_role("button", name="Remove kettle.png")).to_be_visible()

    await write(page, "This is the dent")
    (send,) = await hub.called("send")

    assert len(send["with"]["attachments"]) == 1
    assert hub.tokens[0].startswith("Bearer ")
    await expect(page.get_by_role("img", name="Picture kettle.png")).to_be_visible()


async def test_files_that_cannot_be_taken_say_so_in_words(hub: HubEnd, visit: Visit, tmp_path: Path) -> None:
    large = tmp_path / "film.mov"
    with large.open("wb") as file:
        file.truncate(25_000_001)
    hub.upload_status = 415
    page = await visit(hub.frame)
    await begin(page)
    chooser = page.locator("input[type=file]").first

    await chooser.set_input_files(PROGRAM)
    await expect(page.get_by_text("This kind of file cannot be taken.")).to_be_visible()
    await chooser.set_input_files(large)
    await expect(page.get_by_text("film.mov is larger than 25 MB. Send a smaller one.")).to_be_visible()
    await page.get_by_role("button", name="Remove setup.exe").click()

    await expect(page.get_by_text("setup.exe")).to_be_hidden()


async def test_address_is_asked_for_after_the_first_message_and_then_said_back(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame)
    await begin(page)
    await expect(page.get_by_label("E-mail")).to_be_hidden()
    await write(page, "Is the kettle there?")

    await page.get_by_label("E-mail").fill("nothing")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Enter an address such as name@example.com")).to_be_visible()
    await page.get_by_label("E-mail").fill("maria@keller.example")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_text("We will write to m•••@keller.example.")).to_be_visible()
    assert (await hub.called("email"))[0]["with"] == {"email": "maria@keller.example"}


async def test_address_is_said_back_below_our_answer_too_until_somebody_writes(hub: HubEnd, visit: Visit) -> None:
    hub.message("Is the kettle there?")
    hub.message("It is", author="Ana")
    page = await visit(hub.frame)
    await begin(page)

    await page.get_by_label("E-mail").fill("maria@keller.example")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("We will write to m•••@keller.example.")).to_be_visible()
    await hub.say("In slate")

    await expect(page.get_by_text("In slate", exact=True)).to_be_visible()
    await expect(page.get_by_text("We will write to m•••@keller.example.")).to_be_hidden()


async def test_identified_visitors_are_greeted_and_not_asked(hub: HubEnd, visit: Visit) -> None:
    hub.me = {"name": "Maria Keller", "email_hint": "", "identified": True}
    page = await visit(hub.frame)
    await expect(page.get_by_role("heading", name="Hello Maria, how can we help?")).to_be_visible()
    await begin(page)

    await write(page, "Hello")

    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    await expect(page.get_by_label("E-mail")).to_be_hidden()


async def test_closed_hours_make_it_a_letter_with_the_address_second(hub: HubEnd, visit: Visit) -> None:
    hub.open, hub.pace = CLOSED, None
    page = await visit(hub.frame)
    await page.get_by_role("button", name="Leave a message").click()
    await page.get_by_role("textbox", name="Message").fill("Do you have size 38?")
    await page.get_by_role("button", name="Send message").click()
    await expect(page.get_by_label("E-mail")).to_be_focused()

    await page.keyboard.type("j@correo.example")
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("You can close this")).to_be_visible()
    assert [call["do"] for call in hub.calls if call["do"] != "seen"] == ["send", "email"]


async def test_pace_is_said_only_where_there_is_one(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame)
    await expect(page.get_by_text("Replies in about 4 min")).to_be_visible()

    hub.pace = None
    await page.reload()

    await expect(page.get_by_text("Write to us, we are here.")).to_be_visible()
    await expect(page.get_by_text("Replies in about")).to_be_hidden()


async def test_chat_taken_over_by_another_window_can_be_taken_back(hub: HubEnd, visit: Visit) -> None:
    hub.message("Hello")
    page = await visit(hub.frame)
    await begin(page)
    await hub.end("replaced")

    await page.get_by_role("button", name="Go on here").click()

    await hub.until(lambda: len(hub.hellos) == 2)
    await expect(page.get_by_text("The chat is open in another window.")).to_be_hidden()


async def test_forgetting_asks_first_and_ends_with_an_empty_chat(hub: HubEnd, visit: Visit) -> None:
    hub.message("Hello")
    page = await visit(hub.frame)
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Forget this chat").click()
    await expect(page.get_by_role("button", name="Keep it")).to_be_focused()

    hub.messages.clear()
    await page.get_by_role("button", name="Forget it").click()

    await hub.called("leave")
    await hub.until(lambda: len(hub.hellos) == 2)
    assert hub.hellos[1]["token"] is None
    await expect(page.get_by_text("Your conversation")).to_be_hidden()


async def test_links_can_be_followed_and_nothing_else_becomes_markup(hub: HubEnd, visit: Visit) -> None:
    hub.message("See https://feldweg.example/a?b=1. <img src=x onerror=alert(1)> https://аpple.example/", author="Ana")
    page = await visit(hub.frame)
    await begin(page)
    links = page.locator(".bubble a")

    await expect(links).to_have_text(["https://feldweg.example/a?b=1", "https://xn--pple-43d.example/"])
    await expect(links.first).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert await page.locator(".bubble img").count() == 0


async def test_blocked_storage_is_said_and_the_chat_works(hub: HubEnd, visit: Visit) -> None:
    page = await visit(hub.frame, before=BLOCKED)
    await expect(page.get_by_text("This browser does not keep the chat")).to_be_visible()
    await begin(page)

    await write(page, "Hello")

    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()


async def test_shop_with_dark_pages_has_a_dark_chat(hub: HubEnd, visit: Visit) -> None:
    hub.brand = {"theme": "dark"}

    page = await visit(hub.frame, color_scheme="light")

    await expect(page.locator("html")).to_have_css("color-scheme", "dark")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_brand_colours_stay_readable_in_both_themes(hub: HubEnd, visit: Visit, theme: str) -> None:
    hub.brand = {"accent": "#f2b705", "radius": 4, "logo_text": "FELDWEG"}
    hub.message("Hello")
    hub.message("See https://feldweg.example/", author="Ana")
    page = await visit(hub.frame, color_scheme=theme, viewport=PANEL)
    await expect(page.get_by_role("heading", name="FELDWEG")).to_be_visible()
    assert await axe(page) == []

    await begin(page)

    await expect(page.locator(".bubble").first).to_be_visible()
    assert await axe(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 384])
async def test_no_state_of_the_thread_has_barriers(hub: HubEnd, visit: Visit, theme: str, width: int) -> None:
    hub.message("Hello", state="read")
    hub.message("Good morning", author="Ana")
    page = await visit(hub.frame, color_scheme=theme, viewport={"width": width, "height": 640})
    await expect(page.get_by_text("Your conversation")).to_be_visible()
    assert await axe(page) == []
    await begin(page)
    await hub.type_as("Ana")
    assert await axe(page) == []

    hub.refusal = TURNED_DOWN
    await write(page, "Please hold it for me")
    await expect(page.get_by_text("Not sent.")).to_be_visible()
    assert await axe(page) == []
    hub.refusal, hub.away = None, True
    await hub.cut()
    await write(page, "And one more")
    await expect(page.get_by_text("No connection.")).to_be_visible()
    assert await axe(page) == []

    assert await page.evaluate("document.documentElement.scrollWidth") == width


async def test_letter_and_dialog_have_no_barriers(hub: HubEnd, visit: Visit) -> None:
    hub.open = CLOSED
    page = await visit(hub.frame, viewport=PANEL)
    await page.get_by_role("button", name="Leave a message").click()
    await page.get_by_role("button", name="Send message").click()
    assert await axe(page) == []

    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Forget this chat").click()

    assert await axe(page) == []
