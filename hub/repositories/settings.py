"""Single values that belong to the installation as a whole."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from hub.database import Statement, bound
from hub.models import settings

read = Statement(select(settings.c.value).where(settings.c.key == bindparam("key")))

add = Statement(
    lambda d: d.insert(settings).values(bound(settings, "key", "value")).on_conflict_do_nothing(index_elements=["key"])
)

put = Statement(
    lambda d: (
        d.insert(settings)
        .values(bound(settings, "key", "value"))
        .on_conflict_do_update(index_elements=["key"], set_={"value": bindparam("value")})
    )
)
