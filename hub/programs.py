"""Recognises files that run when somebody opens them, by their names and by their first bytes."""

from __future__ import annotations

_ENDINGS = {
    "ade", "adp", "apk", "app", "appx", "bat", "cab", "chm", "cmd", "com", "command", "cpl", "deb", "desktop",
    "dll", "dmg", "ear", "exe", "gadget", "hta", "img", "inf", "ins", "iso", "isp", "jar", "jnlp", "js", "jse",
    "lnk", "mde", "msc", "msi", "msix", "msp", "mst", "pif", "pkg", "ps1", "ps1xml", "psc1", "psm1", "py", "pyc",
    "pyw", "reg", "rpm", "run", "scf", "scr", "sct", "sh", "shb", "sys", "url", "vb", "vbe", "vbs", "vhd", "vhdx",
    "vxd", "war", "wsc", "wsf", "wsh", "xbap", "xll",
}  # fmt: skip
_BEGINNINGS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    # A Windows shortcut.
    b"\x4c\x00\x00\x00\x01\x14\x02\x00",
)


def is_program(filename: str, head: bytes) -> bool:
    """Whether the file runs when it is opened on some machine; `filename` without what systems leave out of names."""
    _, dot, ending = filename.rpartition(".")
    return (bool(dot) and ending.strip().lower() in _ENDINGS) or head.startswith(_BEGINNINGS)
