"""The files that the story's people send: small pictures and a receipt, drawn here."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

Colour = tuple[int, int, int]
Point = tuple[float, float]

WIDTH, HEIGHT = 640, 480

_WALL, _TABLE, _SHADOW = (224, 219, 208), (146, 110, 80), (108, 80, 58)
_SLATE, _DARK, _BRIGHT, _WATER = (86, 99, 107), (44, 53, 58), (196, 202, 205), (222, 236, 242)
_GREEN, _SOLE, _MEADOW, _SKY, _CLOTH = (79, 107, 74), (240, 237, 228), (122, 146, 98), (190, 208, 220), (190, 98, 60)


class Drawing:
    """A picture made of filled shapes, given back as PNG."""

    def __init__(self, above: Colour, below: Colour, horizon: int = 320) -> None:
        self._rows = [bytearray(bytes(above if y < horizon else below) * WIDTH) for y in range(HEIGHT)]

    def shape(self, colour: Colour, *corners: Point) -> Drawing:
        """Fill a polygon."""
        low, high = min(y for _, y in corners), max(y for _, y in corners)
        for y in range(max(0, int(low)), min(HEIGHT, int(high) + 1)):
            crossings = _crossings(corners, y + 0.5)
            for left, right in zip(crossings[::2], crossings[1::2], strict=True):
                self._span(y, left, right, colour)
        return self

    def ellipse(self, colour: Colour, x: int, y: int, across: int, up: int) -> Drawing:
        """Fill an ellipse around a point."""
        for row in range(max(0, y - up), min(HEIGHT, y + up)):
            half = across * (1 - ((row - y) / up) ** 2) ** 0.5
            self._span(row, x - half, x + half, colour)
        return self

    def _span(self, y: int, left: float, right: float, colour: Colour) -> None:
        first, last = max(0, round(left)), min(WIDTH, round(right))
        if first < last:
            self._rows[y][first * 3 : last * 3] = bytes(colour) * (last - first)

    def png(self) -> bytes:
        body = b"".join(b"\0" + row for row in self._rows)
        head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(body, 6)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _crossings(corners: Sequence[Point], y: float) -> list[float]:
    """Where a line at this height enters and leaves the polygon."""
    found = []
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y1 <= y) != (y2 <= y):
            found.append(x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return sorted(found)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _kettle() -> bytes:
    """Its lid stands open on the left, and it drips."""
    drawing = Drawing(_WALL, _TABLE).ellipse(_SHADOW, 320, 420, 190, 22)
    drawing.ellipse(_DARK, 190, 280, 74, 100).ellipse(_WALL, 196, 284, 44, 70)
    drawing.shape(_SLATE, (214, 190), (410, 190), (456, 418), (176, 418))
    drawing.shape(_BRIGHT, (232, 206), (250, 206), (222, 400), (204, 400))
    drawing.shape(_SLATE, (420, 250), (510, 170), (528, 192), (440, 310))
    drawing.shape(_DARK, (206, 150), (236, 88), (300, 62), (366, 90), (404, 184), (398, 192))
    drawing.ellipse(_DARK, 296, 54, 22, 20).shape(_WATER, (520, 200), (530, 200), (532, 252), (524, 262), (518, 252))
    return drawing.png()


def _shoe() -> bytes:
    drawing = Drawing(_WALL, (201, 207, 191)).ellipse(_SHADOW, 330, 398, 220, 16)
    drawing.shape(_GREEN, (150, 190), (262, 184), (370, 262), (490, 300), (520, 360), (148, 360))
    drawing.shape(_DARK, (150, 190), (262, 184), (286, 202), (160, 232))
    for step in range(3):
        x, y = 270 + 36 * step, 214 + 24 * step
        drawing.shape(_SOLE, (x, y + 16), (x + 44, y - 10), (x + 48, y - 4), (x + 4, y + 22))
    return drawing.shape(_SOLE, (140, 356), (528, 356), (518, 392), (150, 392)).png()


def _tent() -> bytes:
    """One of its poles is broken."""
    drawing = Drawing(_SKY, _MEADOW, horizon=300).shape(_CLOTH, (130, 400), (300, 180), (420, 240), (540, 400))
    drawing.shape((150, 74, 46), (300, 180), (330, 400), (250, 400)).shape(_DARK, (298, 150), (306, 150), (306, 184))
    return drawing.shape(_BRIGHT, (414, 240), (470, 168), (476, 172), (424, 246)).png()


def _lamp() -> bytes:
    drawing = (
        Drawing(_WALL, _TABLE)
        .ellipse(_SHADOW, 320, 420, 120, 16)
        .shape(_DARK, (250, 390), (390, 390), (404, 420), (236, 420))
    )
    drawing.shape((236, 220, 160), (262, 200), (378, 200), (390, 390), (250, 390))
    return drawing.shape(_DARK, (256, 176), (384, 176), (378, 202), (262, 202)).png()


def _receipt(*lines: str) -> bytes:
    """A page of plain PDF."""
    words = "\n".join(f"({line}) Tj T*" for line in lines)
    page = f"BT /F1 14 Tf 20 TL 60 760 Td\n{words}\nET".encode("latin-1")
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(body)
    return (
        body
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start
    )


_DRAWN = {"kettle": _kettle, "shoe": _shoe, "tent": _tent, "lamp": _lamp}


def file_named(name: str) -> tuple[bytes, str, str]:
    """A file's bytes and the two halves of its type; what it shows is told by how its name begins."""
    stem, _, kind = name.rpartition(".")
    if kind == "pdf":
        return (
            _receipt(
                "Feldweg",
                "Altmarkt 4, 01067 Dresden",
                "",
                f"Receipt {stem.rpartition('-')[2]}",
                "Solar lamp Sol     39.00 EUR",
            ),
            "application",
            "pdf",
        )
    return _DRAWN[stem.partition("-")[0]](), "image", "png"
