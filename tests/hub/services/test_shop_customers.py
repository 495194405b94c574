"""What a shop says about a customer: verified addresses are held, the rest stands beside."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from hub.addresses import BadAddress
from hub.database import Database
from hub.errors import Forbidden
from hub.repositories import identities as identities_sql
from hub.security import Actor
from hub.services import identities
from hub.services.identities import Arrival
from hub.services.search import Search
from hub.services.shop_customers import BadShopCustomer, ShopAddress, ShopCustomer, ShopCustomers

SHOP = Actor(id=1, name="shop", role="admin", is_token=True)
STORE = Actor(id=2, name="till", role="store")
NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)


def anna(*addresses: ShopAddress, minutes: int = 0, name: str = "Anna Nowak") -> ShopCustomer:
    return ShopCustomer(
        updated_at=NOW + timedelta(minutes=minutes),
        name=name,
        language="pl",
        addresses=list(addresses),
        loyalty={"tier": "gold"},
        segments=["vip"],
    )


def email(address: str = "Anna@Example.com", *, verified: bool = True) -> ShopAddress:
    return ShopAddress(kind="email", address=address, verified=verified)


async def test_a_verified_address_is_held_by_a_new_customer(db: Database) -> None:
    stored = await ShopCustomers(db).put(SHOP, "shop", "C1", anna(email()))

    assert stored.created
    holder = await db.view(lambda rd: rd.one(identities_sql.holder, kind="email", scope="", address="anna@example.com"))
    assert (holder.customer_id, holder.assurance, holder.method) == (stored.customer_id, "signed", "shop")
    assert holder.name == "Anna Nowak"


async def test_who_wrote_before_is_the_same_customer(db: Database) -> None:
    who = await db.unit(lambda tx: identities.arrive(tx, Arrival(kind="email", address="anna@example.com"), ""))

    stored = await ShopCustomers(db).put(SHOP, "shop", "C1", anna(email()))

    assert stored.customer_id == who.customer_id
    customer = await db.view(identities.root, who.customer_id)
    assert customer.name == "Anna Nowak"


async def test_an_address_that_is_not_verified_makes_nobody(db: Database) -> None:
    stored = await ShopCustomers(db).put(SHOP, "shop", "C1", anna(email(verified=False)))

    assert stored.customer_id is None


async def test_the_same_again_and_older_news_change_nothing(db: Database) -> None:
    await ShopCustomers(db).put(SHOP, "shop", "C1", anna(email()))

    again = await ShopCustomers(db).put(SHOP, "shop", "C1", anna(email()))
    older = await ShopCustomers(db).put(SHOP, "shop", "C1", anna(email(), minutes=-1, name="Old Name"))

    assert not again.created
    assert msgspec.json.decode(older.customer)["name"] == "Anna Nowak"


async def test_a_later_verified_address_joins_what_is_held(db: Database) -> None:
    first = await ShopCustomers(db).put(SHOP, "shop", "C1", anna(email()))
    phone = ShopAddress(kind="phone", address="+49 151 12345678", verified=True)

    second = await ShopCustomers(db).put(SHOP, "shop", "C1", anna(email(), phone, minutes=1))

    assert second.customer_id == first.customer_id
    held = await db.view(lambda rd: rd.all(identities_sql.endpoints_of, customer_ids=[first.customer_id]))
    assert {endpoint.address for endpoint in held} == {"anna@example.com", "+4915112345678"}


async def test_a_customer_is_found_by_their_number_in_the_shop(db: Database) -> None:
    stored = await ShopCustomers(db).put(SHOP, "shop", "KD-77310", anna(email()))

    found = await Search(db).find(SHOP, "77310")

    assert [hit.customer_id for hit in found.groups.customers] == [stored.customer_id]


async def test_what_is_no_address_is_refused(db: Database) -> None:
    with pytest.raises(BadAddress):
        await ShopCustomers(db).put(SHOP, "shop", "C1", anna(email("nobody")))


async def test_a_number_that_is_none_is_refused(db: Database) -> None:
    with pytest.raises(BadShopCustomer):
        await ShopCustomers(db).put(SHOP, "shop", "C\x001", anna(email()))


async def test_store_staff_may_not_write_customers(db: Database) -> None:
    with pytest.raises(Forbidden):
        await ShopCustomers(db).put(STORE, "shop", "C1", anna(email()))
