"""Customers: as the shop tells them, as we know them, and writing to them first."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import msgspec

from agent_ui.api import shapes
from agent_ui.api.conversations import Sent, sent
from agent_ui.api.fields import FileIn, Html, Line, Mark, Text, attachments
from agent_ui.api.operation import Answer, Call, Example, Fields, Nothing, operation
from agent_ui.api.shapes import CustomerAnswer
from agent_ui.decode import Id, Limit
from hub.addresses import BadAddress
from hub.services.client_keys import ClientKeyReused
from hub.services.customers import Wanted
from hub.services.destinations import DestinationUnverified, NotReachable
from hub.services.identities import NoSuchCustomer
from hub.services.replies import First
from hub.services.shop_customers import BadShopCustomer, ShopCustomer


class WantedCustomers(Fields, frozen=True, kw_only=True):
    """By what to find customers: one of the first four, or nothing for all."""

    email: Mark | None = None
    phone: Mark | None = None
    order: Mark | None = None
    q: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    limit: Limit = 20
    # The place in the results of a search is a number of 64 bits.
    after: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None


class CustomerList(msgspec.Struct, frozen=True, kw_only=True):
    """Some customers; `next` is the `after` of the next page."""

    customers: list[CustomerAnswer]
    next: str | None


class ShopCustomerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What we hold of the shop's customer. `customer_id` null: nothing is verified, so they are nobody's yet."""

    source: str
    number: str
    customer_id: int | None
    customer: ShopCustomer


class FirstMessage(Fields, frozen=True, kw_only=True):
    """A message to one endpoint of a customer. Without a `client_key` each request is a message of its own."""

    endpoint_id: Id
    text: Text
    client_key: Mark | None = None
    subject: Line = ""
    html: Html = ""
    account: Mark | None = None
    attachments: tuple[FileIn, ...] = ()
    override: bool = False


_SHOP_CUSTOMER: dict[str, Any] = {
    "updated_at": "2026-11-02T08:00:00Z",
    "name": "Ana Kovač",
    "language": "de",
    "addresses": [
        {"kind": "email", "address": "ana@example.com", "verified": True},
        {"kind": "phone", "address": "+49 30 901820"},
    ],
    "loyalty": {"tier": "gold"},
    "segments": ["regular"],
}


@operation(
    "PUT",
    "/api/v1/customers/{source}/{number:path}",
    summary="Tell a customer as the shop knows them",
    takes=ShopCustomer,
    answers={201: ShopCustomerAnswer, 200: ShopCustomerAnswer},
    errors=(BadShopCustomer, BadAddress),
    example=Example(path={"source": "shop", "number": "C-77"}, fields=_SHOP_CUSTOMER),
)
async def put(call: Call[ShopCustomer]) -> Answer:
    stored = await call.hub.shop_customers.put(call.actor, call.name("source"), call.name("number"), call.fields)
    body = {name: getattr(stored, name) for name in ShopCustomerAnswer.__struct_fields__}
    return Answer(201 if stored.created else 200, body)


@operation(
    "GET",
    "/api/v1/customers",
    summary="Find customers",
    takes=WantedCustomers,
    answers={200: CustomerList},
    errors=(BadAddress,),
    example=Example(fields={"email": "Ana@Example.com"}),
)
async def find(call: Call[WantedCustomers]) -> Answer:
    asked = call.fields
    wanted = Wanted(email=asked.email, phone=asked.phone, order=asked.order, q=asked.q)
    page = await call.hub.customers.find(call.actor, wanted, after=asked.after, limit=asked.limit)
    following = None if page.next is None else str(page.next)
    return Answer(200, {"customers": [shapes.customer(known) for known in page.customers], "next": following})


@operation(
    "GET",
    "/api/v1/customers/{id}",
    summary="Read a customer",
    takes=Nothing,
    answers={200: CustomerAnswer},
    errors=(NoSuchCustomer,),
    example=Example(path={"id": 1}),
)
async def read(call: Call[Nothing]) -> Answer:
    return Answer(200, shapes.customer(await call.hub.customers.read(call.actor, call.id())))


@operation(
    "POST",
    "/api/v1/customers/{id}/messages",
    summary="Write to a customer first",
    takes=FirstMessage,
    answers={202: Sent, 200: Sent},
    errors=(NoSuchCustomer, NotReachable, ClientKeyReused, DestinationUnverified),
    example=Example(
        path={"id": 1},
        fields={"client_key": "recall-1", "endpoint_id": 1, "account": "api", "text": "Your mug is being recalled."},
    ),
)
async def write_first(call: Call[FirstMessage]) -> Answer:
    new = call.fields
    first = First(
        customer=call.id(),
        endpoint=new.endpoint_id,
        text=new.text,
        client_key=new.client_key or secrets.token_urlsafe(16),
        account=new.account,
        subject=new.subject,
        html=new.html,
        files=tuple(await call.hub.intake.store_files(attachments(new.attachments, call.hub.attachments.largest))),
        override=new.override,
    )
    entry_id, _, again = await call.hub.replies.write_first(call.actor, first)
    return await sent(call, entry_id, again)


operations = [put, find, read, write_first]
routes = [operation.route for operation in operations]
