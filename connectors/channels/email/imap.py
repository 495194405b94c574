"""One connection to a mail store: blocking, used by one thread, reads only and leaves no trace in the mailbox."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from connectors.channels.email.parse import MAX_MAIL
from connectors.channels.email.settings import Mailbox, Server
from connectors.channels.email.smtp import tls_context
from hub.ports.errors import ConnectorError, Misconfigured, Unreachable

_TIMEOUT = SocketTimeout(connect=15, read=60)
_CHUNK = 1024 * 1024
# A server may say these for a while and then sign us in again.
_PASSING = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN", "temporar", "too many")


class Folder(msgspec.Struct, frozen=True):
    """What a folder says of itself when it is opened."""

    uidvalidity: int
    next_uid: int


class Fetched(msgspec.Struct, frozen=True):
    """One mail as it lies there; `size` is that of the whole mail, also when only its head was fetched."""

    raw: bytes
    size: int
    arrived: datetime | None
    whole: bool = True


class SignInRefused(Misconfigured):
    """The mail server refuses the account's user name or password."""


class MailRefused(Unreachable):
    """The mail server does not hand out this mail."""


class Store:
    """A signed-in connection with one folder open for reading."""

    def __init__(self, mailbox: Mailbox, server: Server) -> None:
        self._mailbox = mailbox
        self._server = server
        self._client: Any = None
        self._looked_twice = False

    def open(self) -> Folder:
        """Connect, sign in and open the folder, read-only. Raises `Unreachable` or `Misconfigured`."""
        with _translated(self._server):
            self._client = self._connected()
            self._sign_in()
        return self.reopen()

    def reopen(self) -> Folder:
        """Open the folder anew on the same connection: it may have been rebuilt meanwhile."""
        with _translated(self._server):
            try:
                told = self._client.select_folder(self._mailbox.folder, readonly=True)
            except IMAPClientError as error:
                if _is_passing(str(error)):
                    raise
                raise Misconfigured(f"The mailbox has no folder {self._mailbox.folder!r}.", code=str(error)) from error
            next_uid = told.get(b"UIDNEXT") or max(self._client.search(["UID", "*"]), default=0) + 1
        return Folder(int(told[b"UIDVALIDITY"]), int(next_uid))

    def can_idle(self) -> bool:
        """Whether the server tells of new mail by itself."""
        with _translated(self._server):
            return bool(self._client.has_capability("IDLE"))

    def uids(self, first: int, last: int | None = None) -> list[int]:
        """UIDs in the folder from `first` to `last`; `n:*` always names the last mail too, so they are compared."""
        with _translated(self._server):
            if last is None:
                self._told_of_mail()
            found = self._client.search(["UID", f"{first}:{last or '*'}"])
        return sorted(uid for uid in found if uid >= first and (last is None or uid <= last))

    def uids_since(self, day: date) -> list[int]:
        """UIDs of mails that the server took in on this day or later."""
        with _translated(self._server):
            return sorted(self._client.search(["SINCE", day]))

    def newest_arrival(self) -> datetime | None:
        """When the server took in the newest mail of the folder, None when there is none."""
        with _translated(self._server):
            last = max(self._client.search(["UID", "*"]), default=0)
            about = self._one(last, ["INTERNALDATE"]) if last else None
        return _utc(about[b"INTERNALDATE"]) if about else None

    def fetch(self, uid: int) -> Fetched | None:
        """One mail, None when it is gone. A mail over the limit comes as its head alone. Raises `MailRefused`."""
        with _translated(self._server, MailRefused):
            about = self._one(uid, ["RFC822.SIZE", "INTERNALDATE"])
            if about is None:
                return None
            size = int(about.get(b"RFC822.SIZE", 0))
            whole = size <= MAX_MAIL
            raw = self._whole(uid, size) if whole else self._head(uid)
        return None if raw is None else Fetched(raw, size, _utc(about.get(b"INTERNALDATE")), whole)

    def idle(self, seconds: float) -> None:
        """Wait until the server tells of something, at most this long."""
        with _translated(self._server):
            # What came while we looked may have been told with the answer, and is not told again. Looking twice is
            # enough, and keeps us from never waiting on a server that tells of mail with every answer.
            self._looked_twice = self._told_of_mail() and not self._looked_twice
            if self._looked_twice:
                return
            self._client.idle()
            try:
                self._client.idle_check(timeout=seconds)
            finally:
                self._client.idle_done()

    def append_sent(self, raw: bytes) -> None:
        """Put a mail of ours into the folder for sent mail, as read."""
        with _translated(self._server):
            folder = self._client.find_special_folder(b"\\Sent") or "Sent"
            self._client.append(folder, raw, (b"\\Seen",))

    def interrupt(self) -> None:
        """Cut the connection from another thread, so that whoever waits on it stops waiting."""
        if self._client is not None:
            with suppress(OSError):
                self._client.socket().shutdown(2)

    def close(self) -> None:
        """Sign out where that is still possible."""
        if self._client is not None:
            with suppress(OSError, IMAPClientError):
                self._client.logout()
            with suppress(OSError, IMAPClientError):
                self._client.shutdown()

    def _connected(self) -> Any:
        server = self._server
        context = tls_context(server) if server.security != "none" else None
        tls = server.security == "tls"
        client = IMAPClient(server.host, server.port, ssl=tls, ssl_context=context if tls else None, timeout=_TIMEOUT)
        client.normalise_times = False
        if server.security == "starttls":
            try:
                client.starttls(context)
            except BaseException:
                with suppress(OSError):
                    client.shutdown()
                raise
        return client

    def _sign_in(self) -> None:
        try:
            self._client.login(self._server.username, self._server.password)
        except LoginError as error:
            self.close()
            if _is_passing(str(error)):
                raise Unreachable("The mail server cannot check the sign-in just now.", code=str(error)) from error
            raise SignInRefused(code=str(error)) from error

    def _told_of_mail(self) -> bool:
        """Whether the server told of mail since this was last asked; IMAPClient hands out only what IDLE told."""
        _, told = self._client._imap.response("EXISTS")
        return bool(told != [None])

    def _one(self, uid: int, items: Sequence[str]) -> dict[bytes, Any] | None:
        """What the server says about this UID; answers about other mails come mixed in."""
        told: dict[bytes, Any] | None = self._client.fetch([uid], items).get(uid)
        wanted = items[0].replace(".PEEK", "").partition("<")[0].encode()
        return told if told is not None and any(name.startswith(wanted) for name in told) else None

    def _whole(self, uid: int, size: int) -> bytes | None:
        if size <= _CHUNK:
            return self._content(uid, "BODY.PEEK[]")
        pieces = []
        for start in range(0, MAX_MAIL, _CHUNK):
            piece = self._content(uid, f"BODY.PEEK[]<{start}.{_CHUNK}>")
            if piece is None:
                return None
            pieces.append(piece)
            if len(piece) < _CHUNK:
                break
        return b"".join(pieces)

    def _head(self, uid: int) -> bytes | None:
        return self._content(uid, f"BODY.PEEK[HEADER]<0.{_CHUNK}>")

    def _content(self, uid: int, item: str) -> bytes | None:
        told = self._one(uid, [item]) or {}
        content = next((value for name, value in told.items() if name.startswith(b"BODY[")), None)
        return content if isinstance(content, bytes) else None


def _utc(when: object) -> datetime | None:
    if not isinstance(when, datetime):
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _is_passing(said: str) -> bool:
    return any(word.lower() in said.lower() for word in _PASSING)


@contextmanager
def _translated(server: Server, refused: type[Unreachable] = Unreachable) -> Iterator[None]:
    try:
        yield
    except ConnectorError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise Misconfigured(f"The certificate of {server.host} is not valid for it.") from error
    except (OSError, EOFError, IMAPClientAbortError) as error:
        raise Unreachable(f"The mail server {server.host} does not answer.", code=str(error)) from error
    except IMAPClientError as error:
        raise refused(f"The mail server {server.host} gave an error.", code=str(error)) from error
    except Exception as error:  # the library's own parser fails in many ways on what a server should not say
        raise Unreachable(f"The mail server {server.host} said something unexpected.", code=repr(error)) from error
