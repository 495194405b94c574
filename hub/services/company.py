"""Who runs this installation: one company, its country for national phone numbers, its time zone and language."""

from __future__ import annotations

import msgspec

from hub.database import Reading, Transaction
from hub.repositories import settings as sql

KEY = "company"


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator set about the company; `country` is ISO 3166, empty when nobody said."""

    name: str = ""
    country: str = ""
    time_zone: str = "UTC"
    language: str = "en"


def company(rd: Reading) -> Company:
    """The company as it is set now."""
    stored = rd.value(sql.read, key=KEY)
    return Company() if stored is None else msgspec.json.decode(stored, type=Company)


def set_company(tx: Transaction, changed: Company) -> None:
    """Change what is set about the company."""
    tx.run(sql.put, key=KEY, value=msgspec.json.encode(changed).decode())
    tx.announce("company.changed", extra={"company": changed})
