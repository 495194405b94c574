"""What `doctor` looks at. Each check answers with findings, and with a remedy for each fault."""

from __future__ import annotations

from typing import Literal

import msgspec

GIGABYTE = 10**9

Level = Literal["ok", "warning", "fault"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at and how it is; what to do about it where it is not well."""

    about: str
    level: Level
    text: str
    remedy: str = ""

    def sentence(self) -> str:
        """All of it in one line."""
        return f"{self.about}: {self.text}" + (f". {self.remedy}" if self.remedy else "")


def well(about: str, text: str) -> Finding:
    return Finding(about=about, level="ok", text=text)


def warning(about: str, text: str, remedy: str) -> Finding:
    """Something that will hurt later, or is at least unusual."""
    return Finding(about=about, level="warning", text=text, remedy=remedy)


def fault(about: str, text: str, remedy: str) -> Finding:
    """Something that keeps the hub from its work, or will do so soon."""
    return Finding(about=about, level="fault", text=text, remedy=remedy)
