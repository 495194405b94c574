"""A real mail store, Dovecot: IMAP with IDLE and LMTP on loopback, every mailbox with the same password."""

import grp
import os
import pwd
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from smtplib import LMTP

from imapclient import IMAPClient

from tests.parts.process import answers, free_port, is_root, program, running, scratch_folder
from tests.parts.tls import Certificate, make_certificate

PASSWORD = "secret"


@dataclass(frozen=True)
class Dovecot:
    """A running server. A mailbox exists as soon as somebody signs in to it or something is delivered to it."""

    folder: Path
    pid: int
    imap_port: int
    lmtp_port: int
    imaps_port: int | None = None
    certificate: Certificate | None = None
    host: str = "127.0.0.1"
    password: str = PASSWORD

    def new_mailbox(self, name: str = "box") -> str:
        """An address that no other test has."""
        return f"{name}-{uuid.uuid4().hex[:12]}@example.org"

    def deliver(self, mailbox: str, raw: bytes, sender: str = "") -> None:
        """Delivers as a mail server does: with Return-Path and Delivered-To, waking those who IDLE."""
        with LMTP(self.host, self.lmtp_port, local_hostname="localhost", timeout=30) as connection:
            connection.sendmail(sender, [mailbox], raw)

    def append(self, mailbox: str, raw: bytes, folder: str = "INBOX", flags: Sequence[bytes] = ()) -> None:
        """Puts these very bytes into a folder, as a mail program does."""
        with self.signed_in(mailbox) as client:
            client.append(folder, raw, flags)

    @contextmanager
    def signed_in(self, mailbox: str) -> Iterator[IMAPClient]:
        """A second pair of eyes on a mailbox: reads, flags and deletes beside the hub."""
        client = IMAPClient(self.host, self.imap_port, use_uid=True, ssl=False, timeout=30)
        try:
            client.login(mailbox, self.password)
            yield client
        finally:
            client.shutdown()

    def mails(self, mailbox: str, folder: str = "INBOX") -> list[bytes]:
        """The raw mails of a folder, oldest first, without marking them as read."""
        with self.signed_in(mailbox) as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["BODY.PEEK[]"])
            return [found[uid][b"BODY[]"] for uid in sorted(found)]

    def kick(self, mailbox: str) -> None:
        """Ends every connection to a mailbox."""
        command = [program("doveadm"), "-c", str(self.folder / "dovecot.conf"), "kick", mailbox]
        subprocess.run(command, check=True, capture_output=True)

    def forget_uids(self, mailbox: str) -> None:
        """Rebuilds the inbox's index, so that UIDVALIDITY changes and UIDs start again."""
        for index in (self.folder / "mail" / mailbox).glob("dovecot*"):
            # Without its note of the last one Dovecot takes the second it is, which soon after may be the same.
            if not index.name.startswith("dovecot-uidvalidity"):
                index.unlink()


@contextmanager
def dovecot(*, tls: bool = False, idle_notice: str = "2 mins") -> Iterator[Dovecot]:
    """Runs Dovecot until the block ends; with `tls` it also speaks IMAPS and STARTTLS."""
    with scratch_folder("dovecot") as folder:
        certificate = make_certificate(folder) if tls else None
        imap_port, lmtp_port, imaps_port = free_port(), free_port(), free_port() if tls else None
        config = folder / "dovecot.conf"
        config.write_text(configuration(folder, imap_port, lmtp_port, imaps_port, certificate, idle_notice))
        for name in ("run", "state", "mail", "home"):
            (folder / name).mkdir()
        if is_root():
            for name in ("mail", "home"):
                subprocess.run(["chown", "mail:mail", folder / name], check=True)
        with running(
            [program("dovecot"), "-F", "-c", config],
            ready=lambda: answers(imap_port, b"* OK") and answers(lmtp_port, b"220"),
            log=folder / "dovecot.log",
        ) as pid:
            yield Dovecot(folder, pid, imap_port, lmtp_port, imaps_port, certificate)


def configuration(
    folder: Path, imap: int, lmtp: int, imaps: int | None, certificate: Certificate | None, idle_notice: str
) -> str:
    """The whole of dovecot.conf. Without root, every part runs as ourselves."""
    me, our_group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    mail, login, internal = ("mail", "dovenull", "dovecot") if is_root() else (me, me, me)
    group, internal_group = ("mail", "dovecot") if is_root() else (our_group, our_group)
    tls = f"ssl = yes\nssl_cert = <{certificate.chain}\nssl_key = <{certificate.key}" if certificate else "ssl = no"
    return f"""
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {folder.name}
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
{tls}
disable_plaintext_auth = no
auth_mechanisms = plain login
# Else every wrong password takes two seconds.
auth_failure_delay = 0
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {internal_group}
mail_location = maildir:{folder}/mail/%u
mail_uid = {mail}
mail_gid = {group}
# Debian's account `mail` is below Dovecot's usual floor of 500.
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 200
imap_idle_notify_interval = {idle_notice}
postmaster_address = postmaster@example.org
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps or 0}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service anvil {{
  chroot =
  # Else every sign-in after a refused one waits longer and longer.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={mail} gid={group} home={folder}/home/%u allow_all_users=yes
}}
"""
