"""What a draft holds, as it is stored."""

from __future__ import annotations

from typing import Any

import msgspec


class DraftBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text begun, where it would go, and what its author had seen (`base`: newest seq per conversation)."""

    text: str = ""
    endpoint: int | None = None
    account: str | None = None
    request: int | None = None
    base: dict[int, int] | None = None
    attachments: tuple[int, ...] = ()
    fields: dict[str, Any] | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.text.strip() or self.attachments or self.fields)
