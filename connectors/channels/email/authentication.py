"""What our own receiving server found out about a mail's sender; all else is the sender's own word."""

from __future__ import annotations

import re
from typing import NamedTuple

from connectors.channels.email.addresses import domain
from connectors.channels.email.charsets import decode
from connectors.channels.email.headers import Headers, unfold

_RESULT = re.compile(r"^\s*([a-z0-9-]+)(?:/\d+)?\s*=\s*([a-z]+)\b(.*)$", re.DOTALL)
_PROPERTY = re.compile(r"\b([a-z]+\.[a-z0-9_-]+)\s*=\s*\"?([^\s\";]+)")


class Verdict(NamedTuple):
    """How the sender was proven ('' when not), or that proving was tried and failed."""

    method: str = ""
    failed: bool = False


class _Finding(NamedTuple):
    method: str
    result: str
    properties: dict[str, str]


def judge(headers: Headers, authserv_id: str, sender: str) -> Verdict:
    """The verdict on the address in From, from the results our server itself put on top of the mail."""
    findings = [each for text in _ours(headers, authserv_id) for each in _findings(text)]
    dmarc = [each for each in findings if each.method == "dmarc"]
    if any(each.result == "fail" for each in dmarc):
        return Verdict(failed=True)
    sender_domain = domain(sender)
    if not sender_domain:
        return Verdict()
    if dmarc and all(each.result == "pass" and _names(each, sender_domain) for each in dmarc):
        return Verdict("DMARC")
    if any(each.method == "dkim" and each.result == "pass" and _aligned(each, sender_domain) for each in findings):
        return Verdict("DKIM")
    return Verdict()


def _ours(headers: Headers, authserv_id: str) -> list[str]:
    """The topmost run of results that bear our server's name; below the next Received the sender may have written."""
    results: list[str] = []
    if not authserv_id:
        return results
    for name, value in headers.fields:
        if name == "received" and results:
            break
        if name != "authentication-results":
            continue
        text = _without_comments(decode(unfold(value)).text.lower())
        server, _, rest = text.partition(";")
        if (server.split() or [""])[0] != authserv_id:
            break
        results.append(rest)
    return results


def _findings(text: str) -> list[_Finding]:
    found = []
    for part in text.split(";")[:50]:
        match = _RESULT.match(part)
        if match:
            found.append(_Finding(match[1], match[2], dict(_PROPERTY.findall(match[3]))))
    return found


def _names(finding: _Finding, sender_domain: str) -> bool:
    """Some servers leave the domain out; where it is given it must be the one in From."""
    return domain("@" + finding.properties.get("header.from", sender_domain).rpartition("@")[2]) == sender_domain


def _aligned(finding: _Finding, sender_domain: str) -> bool:
    """A domain may sign for itself and for what lies below it; never a sub-domain for its parent."""
    signer = domain("@" + finding.properties.get("header.d", "").rpartition("@")[2])
    if not signer:
        signer = domain(finding.properties.get("header.i", ""))
    return "." in signer and (sender_domain == signer or sender_domain.endswith("." + signer))


def _without_comments(text: str) -> str:
    out, depth = [], 0
    for sign in text:
        depth += sign == "("
        if depth == 0:
            out.append(sign)
        depth -= sign == ")" and depth > 0
    return "".join(out)
