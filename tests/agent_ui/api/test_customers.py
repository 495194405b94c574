"""Customers and orders as the shop tells them, and as programs find and read them."""

from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.agent_ui.api.conftest import Connect
from tests.agent_ui.api.test_messages import bring, claimed


def order(**changes: Any) -> dict[str, Any]:
    return {"status": "paid", "updated_at": "2026-11-01T10:00:00Z", "total": 5980, "currency": "EUR"} | changes


async def found(api: httpx2.AsyncClient, **by: str) -> list[int]:
    response = await api.get("/api/v1/customers", params=by)
    assert response.status_code == 200, response.text
    return [customer["id"] for customer in response.json()["customers"]]


async def test_an_order_is_told_and_read_with_its_age(api: httpx2.AsyncClient) -> None:
    line = {"sku": "MUG-2", "name": "Mug"}

    first = await api.put("/api/v1/orders/shop/10492", json=order(lines=[line]))
    again = await api.put("/api/v1/orders/shop/10492", json=order(lines=[line]))
    read = await api.get("/api/v1/orders/shop/10492")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == read.json()
    assert read.json()["as_of"].endswith("Z")
    assert read.json()["lines"] == [line | {"quantity": 1, "price": None, "image": None}]


async def test_older_news_of_an_order_changes_nothing(api: httpx2.AsyncClient) -> None:
    await api.put("/api/v1/orders/shop/1001", json=order(status="shipped", updated_at="2026-11-02T10:00:00Z"))

    late = await api.put("/api/v1/orders/shop/1001", json=order(status="paid"))

    assert (late.status_code, late.json()["status"]) == (200, "shipped")


@pytest.mark.parametrize("number", ["2026/00123", "#1001", "A B?c=1", "ä-1", "..", "100%"])
async def test_an_order_number_may_hold_any_signs(api: httpx2.AsyncClient, number: str) -> None:
    path = f"/api/v1/orders/shop/{quote(number, safe='') if number != '..' else '%2E%2E'}"

    told = await api.put(path, json=order())
    read = await api.get(path)

    assert told.status_code == 201, told.text
    assert read.json()["number"] == number


async def test_orders_are_listed_in_pages(api: httpx2.AsyncClient) -> None:
    for n in range(1001, 1006):
        await api.put(f"/api/v1/orders/shop/{n}", json=order(customer={"email": "ana@example.com"}))

    first = (await api.get("/api/v1/orders", params={"limit": 3})).json()
    rest = (await api.get("/api/v1/orders", params={"limit": 3, "after": first["next"]})).json()
    hers = (await api.get("/api/v1/orders", params={"email": "ANA@example.com", "limit": 2})).json()

    assert [told["number"] for told in first["orders"] + rest["orders"]] == ["1005", "1004", "1003", "1002", "1001"]
    assert rest["next"] is None
    assert [told["number"] for told in hers["orders"]] == ["1005", "1004"]


async def test_a_customer_of_the_shop_holds_what_the_shop_vouches_for(api: httpx2.AsyncClient) -> None:
    known = {
        "updated_at": "2026-11-02T08:00:00Z",
        "name": "Ana",
        "addresses": [
            {"kind": "email", "address": "ana@example.com", "verified": True},
            {"kind": "phone", "address": "030 901820"},
        ],
    }

    first = await api.put("/api/v1/customers/shop/C-77", json=known)
    again = await api.put("/api/v1/customers/shop/C-77", json=known)

    assert (first.status_code, again.status_code) == (201, 200)
    assert await found(api, email="ana@example.com") == [first.json()["customer_id"]]
    assert await found(api, phone="030 901820") == []


async def test_a_customer_is_found_by_address_order_and_words(api: httpx2.AsyncClient) -> None:
    ana = await bring(api, "m1")
    leo = await bring(api, "m2", **{"from": claimed("leo@example.com", verified=True, name="Leo Brandt")})
    await api.put("/api/v1/orders/shop/10492", json=order(customer={"email": "leo@example.com"}))

    assert await found(api, email="ANA@example.com") == [ana["customer_id"]]
    assert await found(api, order="10492") == [leo["customer_id"]]
    assert await found(api, q="brandt") == [leo["customer_id"]]
    assert await found(api, email="nobody@example.com") == []
    assert await found(api) == [ana["customer_id"], leo["customer_id"]]


async def test_whoever_holds_an_address_is_found_before_those_who_claim_it(api: httpx2.AsyncClient) -> None:
    claims = [await bring(api, f"m{n}", **{"from": claimed(session=f"s{n}")}) for n in range(3)]
    holder = await bring(api, "m9")

    first = (await api.get("/api/v1/customers", params={"email": "ana@example.com", "limit": 2})).json()
    rest = (await api.get("/api/v1/customers", params={"email": "ana@example.com", "after": first["next"]})).json()

    ids = [customer["id"] for customer in first["customers"] + rest["customers"]]
    assert ids == [holder["customer_id"], *(claim["customer_id"] for claim in claims)]
    assert rest["next"] is None


async def test_customers_are_listed_in_pages(api: httpx2.AsyncClient) -> None:
    for n in range(5):
        await bring(api, f"m{n}", **{"from": claimed(f"c{n}@example.com", verified=True, name="Kim")})

    for by in ({}, {"q": "kim"}):
        first = (await api.get("/api/v1/customers", params={"limit": 3, **by})).json()
        rest = (await api.get("/api/v1/customers", params={"limit": 3, "after": first["next"], **by})).json()
        ids = [customer["id"] for customer in first["customers"] + rest["customers"]]
        assert sorted(ids) == sorted(set(ids))
        assert (len(ids), rest["next"]) == (5, None)


async def test_an_order_shows_in_full_to_its_holder_and_masked_to_who_claims_the_address(
    api: httpx2.AsyncClient,
) -> None:
    await api.put("/api/v1/orders/shop/10492", json=order(customer={"email": "ana@example.com"}))
    claim = await bring(api, "m1", **{"from": claimed()})

    masked = (await api.get(f"/api/v1/customers/{claim['customer_id']}")).json()["orders"]
    holder = await bring(api, "m2")
    whole = (await api.get(f"/api/v1/customers/{holder['customer_id']}")).json()["orders"]

    assert [(told["masked"], told["number"], told["total"]) for told in masked] == [(True, "•••492", None)]
    assert [(told["masked"], told["number"], told["total"]) for told in whole] == [(False, "10492", 5980)]


async def test_one_looks_for_one_thing_at_a_time(api: httpx2.AsyncClient) -> None:
    response = await api.get("/api/v1/customers", params={"email": "a@example.com", "q": "a"})

    assert (response.status_code, response.json()["code"]) == (422, "invalid")


async def test_each_scope_opens_only_its_own_doors(connect: Connect) -> None:
    shop = await connect("orders.write")

    assert (await shop.put("/api/v1/orders/shop/1001", json=order())).status_code == 201
    assert (await shop.get("/api/v1/orders/shop/1001")).status_code == 403
    assert (await shop.get("/api/v1/customers")).status_code == 403
    assert (await shop.put("/api/v1/customers/shop/1", json={"updated_at": "2026-11-01T10:00:00Z"})).status_code == 403
