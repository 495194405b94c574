"""The thread: everything in one order, a window over long ones, who else is there."""

from datetime import UTC, datetime
from typing import Any

from playwright.async_api import Page, expect

from hub.ports.commerce import Order, OrderCustomer
from hub.security import Actor
from hub.services.request_patch import RequestPatch
from tests.agent_ui.console.conftest import OpenConsole
from tests.agent_ui.pages.conftest import House

LONG = 260


async def fill(house: House, messages: int) -> int:
    customer = 0
    for number in range(messages):
        customer = (await house.receive(f"Message number {number}")).customer_id
    return customer


async def drawn(page: Page) -> dict[str, Any]:
    script = """() => {
      const box = document.querySelector('.timeline');
      const edge = box.getBoundingClientRect().top;
      const first = [...box.querySelectorAll('[data-entry]')].find(e => e.getBoundingClientRect().bottom > edge);
      return { entries: box.querySelectorAll('[data-entry]').length, nodes: document.querySelectorAll('*').length,
               first: first.dataset.entry, top: first.getBoundingClientRect().top,
               end: box.scrollHeight - box.scrollTop - box.clientHeight };
    }"""
    seen: dict[str, Any] = await page.evaluate(script)
    return seen


async def test_long_conversation_is_drawn_through_a_window(house: House, ana: Actor, console: OpenConsole) -> None:
    customer = await fill(house, LONG)
    page = await console(f"inbox/open/{customer}")
    await expect(page.locator(".bubble").last).to_have_text(f"Message number {LONG - 1}")
    assert (await drawn(page))["entries"] <= 60
    await page.locator(".timeline").hover()

    for _ in range(200):
        await page.mouse.wheel(0, -800)
        seen = await drawn(page)
        assert seen["entries"] <= 150
        assert seen["nodes"] <= 3000
        if await page.get_by_text("The conversation begins here").is_visible():
            break

    await expect(page.locator(".bubble").first).to_have_text("Message number 0")
    await page.get_by_role("button", name="To the newest").click()
    await expect(page.locator(".bubble").last).to_have_text(f"Message number {LONG - 1}")
    assert (await drawn(page))["end"] < 5


async def test_new_message_does_not_move_what_is_being_read(house: House, ana: Actor, console: OpenConsole) -> None:
    customer = await fill(house, 40)
    page = await console(f"inbox/open/{customer}")
    await expect(page.locator(".bubble").last).to_have_text("Message number 39")
    await page.locator(".timeline").hover()
    await page.mouse.wheel(0, -600)
    await expect(page.get_by_role("button", name="To the newest")).to_be_visible()
    before = await drawn(page)

    await house.receive("One more thing")

    await expect(page.get_by_role("button", name="1 new")).to_be_visible()
    after = await drawn(page)
    assert (after["first"], after["top"]) == (before["first"], before["top"])


async def test_order_number_in_a_message_leads_to_whose_order_it_is(
    house: House, ana: Actor, console: OpenConsole
) -> None:
    order = Order(status="placed", updated_at=datetime(2026, 3, 1, tzinfo=UTC), customer=OrderCustomer(name="Jo Lind"))
    await house.hub.orders.put(ana, "shop", "10492", order)
    taken = await house.receive("Where is order 10492? 🙂 I mean order 10492.")
    page = await console(f"inbox/open/{taken.customer_id}")
    await expect(page.locator(".bubble")).to_contain_text("Where is order 10492? 🙂 I mean order 10492.")
    await expect(page.locator(".order-link")).to_have_text(["10492", "10492"])

    await page.locator(".order-link").first.click()
    await page.get_by_role("link", name="Find whose it is").click()

    await expect(page.get_by_text("Jo Lind")).to_be_visible()


async def test_colleague_who_reads_is_seen(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    ben = await house.colleague(ana, "Ben", "agent")
    mine = await console(f"inbox/open/{taken.customer_id}")
    theirs = await console(f"inbox/open/{taken.customer_id}", cookie=ben)

    await expect(mine.locator(".viewers")).to_have_text("Ben is reading")
    await theirs.get_by_label("Reply to the customer").fill("It is")
    await expect(mine.locator(".viewers")).to_have_text("Ben is answering")


async def test_reading_marks_a_request_as_read(house: House, ana: Actor, console: OpenConsole) -> None:
    await house.receive("Is the kettle there?")
    page = await console("inbox/open")
    await expect(page.locator(".row.unread")).to_have_count(1)

    await page.locator(".row").click()

    await expect(page.locator(".row.unread")).to_have_count(0)


async def test_words_are_shown_as_words(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("<img src=x onerror=alert(1)> <b>bold</b>")
    page = await console(f"inbox/open/{taken.customer_id}")

    await expect(page.locator(".bubble")).to_have_text("<img src=x onerror=alert(1)> <b>bold</b>")
    assert await page.locator(".bubble img").count() == 0


async def test_subject_and_priority_are_changed_in_a_dialog(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="Change the request").click()

    await page.get_by_label("Subject").fill("Kettle in the shop")
    await page.get_by_label("Priority").select_option("urgent")
    await page.get_by_role("button", name="Save").click()

    await expect(page.locator(".chip")).to_contain_text("Kettle in the shop")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_assignments_say_what_became_of_the_request(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    ben = (await house.hub.sessions.session_of(await house.colleague(ana, "Ben", "agent"))).actor
    team = await house.hub.teams.save_team(ana, None, name="Returns", agents=[ana.id])
    request = await request_of(house, taken.customer_id)
    nobody = {"owner_id": None, "team_id": None}

    for given in ({"owner_id": ana.id}, {"team_id": team}, {"team_id": None}, {"owner_id": ben.id}, nobody):
        await house.hub.request_patches.apply(ana, request, RequestPatch(**given))

    page = await console(f"inbox/open/{taken.customer_id}")
    await expect(page.locator(".line-words")).to_have_text(
        [
            "Ana Ruiz took this",
            "Ana Ruiz gave this to the team Returns",
            "Ana Ruiz took this from its team",
            "Ana Ruiz gave this to Ben",
            "Ana Ruiz left this without an owner",
        ]
    )


async def request_of(house: House, customer: int) -> int:
    opened = await house.hub.db.view(house.hub.snapshot.conversation, customer)
    return opened.requests[0].id


async def test_message_is_saved_as_it_came(house: House, ana: Actor, console: OpenConsole) -> None:
    taken = await house.receive("Is the kettle there?")
    page = await console(f"inbox/open/{taken.customer_id}")
    await page.locator(".bubble").hover()
    await page.get_by_role("button", name="Actions for the entry of Maria Keller").click()

    async with page.expect_download() as saving:
        await page.get_by_role("menuitem", name="Save the original").click()

    assert (await saving.value).suggested_filename == f"entry-{taken.entry_id}.eml"
