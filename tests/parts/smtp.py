"""A mail server that keeps what it is sent, refuses what it is told to, and may hand on into a real mail store."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.parts.dovecot import Dovecot
from tests.parts.process import PartFailed


@dataclass(frozen=True)
class ReceivedMail:
    """One mail as it was accepted: the envelope and the bytes."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    signed_in_as: str | None


HandOn = Callable[[ReceivedMail], Awaitable[None]]


@dataclass
class MailServer:
    """What a test sees of the server: what arrived, and how it is to answer from now on."""

    host: str = "127.0.0.1"
    port: int = 0
    mails: list[ReceivedMail] = field(default_factory=list)
    attempts: int = 0
    _recipient_answers: dict[str, str] = field(default_factory=dict)
    _mail_answer: str = ""
    _silent: bool = False
    _connections: list[SMTP] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def refuse(self, recipient: str, answer: str) -> None:
        """Answers this line (`550 5.1.1 No such mailbox`, `451 4.7.1 Try later`) whenever this recipient is named."""
        self._recipient_answers[recipient] = answer

    def accept(self, recipient: str) -> None:
        """Takes a refusal back."""
        self._recipient_answers.pop(recipient, None)

    def refuse_mails(self, answer: str) -> None:
        """Answers this line after the text of every mail; an empty one accepts again."""
        self._mail_answer = answer

    def hang_up_after_mails(self, silent: bool = True) -> None:
        """Keeps what is sent, but ends the connection instead of saying so: its sender cannot know."""
        self._silent = silent

    @property
    def connections(self) -> int:
        """How many there were so far."""
        return len(self._connections)

    def hang_up(self) -> None:
        """Ends every connection, as servers do with those that lie still."""
        for connection in self._connections:
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()

    async def wait_for(self, count: int, within: float = 10) -> list[ReceivedMail]:
        """The mails so far, as soon as there are this many."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(lambda: len(self.mails) >= count), within)
            except TimeoutError:
                raise PartFailed(f"{len(self.mails)} of {count} mails arrived within {within} s") from None
        return self.mails


class Conversation:
    """The server's side of an SMTP conversation, in the form that aiosmtpd calls."""

    def __init__(self, server: MailServer, hand_on: HandOn | None) -> None:
        self._server = server
        self._hand_on = hand_on

    async def handle_RCPT(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._server._recipient_answers.get(address)
        if refusal:
            self._server.attempts += 1
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        self._server.attempts += 1
        if self._server._mail_answer:
            return self._server._mail_answer
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = ReceivedMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, signed_in_as(session))
        if self._hand_on:
            await self._hand_on(mail)
        async with self._server._changed:
            self._server.mails.append(mail)
            self._server._changed.notify_all()
        if self._server._silent and isinstance(smtp.transport, asyncio.WriteTransport):
            smtp.transport.abort()
        return "250 2.0.0 Kept"


def signed_in_as(session: Session) -> str | None:
    known: object = session.auth_data
    return known.login.decode() if isinstance(known, LoginPassword) else None


@asynccontextmanager
async def mail_server(
    *,
    passwords: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    size_limit: int = 50_000_000,
    hand_on: HandOn | None = None,
) -> AsyncIterator[MailServer]:
    """Runs the server in the running loop. With `passwords` nobody may send without signing in."""
    server = MailServer()

    def check(smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
        right = (
            isinstance(given, LoginPassword) and (passwords or {}).get(given.login.decode()) == given.password.decode()
        )
        return AuthResult(success=right, handled=False, auth_data=given)

    def converse() -> SMTP:
        with warnings.catch_warnings():
            # It warns of passwords without TLS, which is how a test on loopback sends them.
            warnings.simplefilter("ignore", UserWarning)
            connection = SMTP(
                Conversation(server, hand_on),
                hostname="localhost",
                data_size_limit=size_limit,
                enable_SMTPUTF8=True,
                authenticator=check,
                auth_required=passwords is not None,
                auth_require_tls=False,
                tls_context=starttls,
                loop=asyncio.get_running_loop(),
            )
        server._connections.append(connection)
        return connection

    listener = await asyncio.get_running_loop().create_server(converse, server.host, 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()


def into(store: Dovecot) -> HandOn:
    """Hands every mail on into the mailboxes of a real mail store, as a company's mail server does."""

    async def hand_on(mail: ReceivedMail) -> None:
        for recipient in mail.recipients:
            await asyncio.to_thread(store.deliver, recipient, mail.raw, mail.sender)

    return hand_on
