"""The kinds of fields that several routes take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec

from agent_ui.api.operation import Fields
from agent_ui.decode import BadField
from hub.errors import TooLarge
from hub.ports.message import AttachmentIn
from hub.services.attachments import MAX_FILES, safe_name

Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Html = Annotated[str, msgspec.Meta(max_length=1_000_000)]
Line = Annotated[str, msgspec.Meta(max_length=500)]
Name = Annotated[str, msgspec.Meta(max_length=200)]
Mark = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
# Requests are named as people say them; a number that came as a number is one too.
RequestNumber = (
    Annotated[str, msgspec.Meta(min_length=1, max_length=30)] | Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
)

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


class FileIn(Fields, frozen=True, kw_only=True):
    """A file in base64, at most 25 MB unless the hub is set otherwise."""

    filename: Name
    content_type: Name
    data: bytes


def attachments(files: Sequence[FileIn], largest: int) -> tuple[AttachmentIn, ...]:
    """The files of a message; raises `TooLarge` and `BadField`."""
    if len(files) > MAX_FILES:
        raise BadField(f"A message may have at most {MAX_FILES} files.", path="$.attachments")
    return tuple(_attachment(file, largest, f"$.attachments[{place}]") for place, file in enumerate(files))


def _attachment(file: FileIn, largest: int, path: str) -> AttachmentIn:
    if len(file.data) > largest:
        raise TooLarge(f"A file may have at most {largest // 1_000_000} MB.", limit=largest, path=path)
    kind = file.content_type.partition(";")[0].strip()
    if not _MEDIA_TYPE.fullmatch(kind):
        raise BadField("This is not the type of a file.", path=f"{path}.content_type")
    return AttachmentIn(filename=safe_name(file.filename), content_type=kind.lower(), data=file.data)
