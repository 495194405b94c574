"""A real mail server, Postfix: takes mail on loopback, fills Dovecot's mailboxes and passes the rest on."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from smtplib import SMTP

from tests.parts.dovecot import Dovecot
from tests.parts.process import PartFailed, answers, free_port, is_root, program, running, scratch_folder


@dataclass(frozen=True)
class Postfix:
    """A running server that relays for everybody on this machine."""

    folder: Path
    port: int
    pid: int
    host: str = "127.0.0.1"

    def send(self, sender: str, recipient: str, mail: bytes) -> None:
        """Hands one mail over by SMTP."""
        with SMTP(self.host, self.port, timeout=20) as line:
            line.sendmail(sender, [recipient], mail)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


@contextmanager
def postfix(store: Dovecot, *, domain: str = "example.org", passes_on_to: int | None = None) -> Iterator[Postfix]:
    """Runs Postfix until the block ends.

    Mail for `domain` goes into `store`; any other goes to the loopback port `passes_on_to`, or bounces without one.
    """
    if not is_root():
        raise PartFailed("Postfix can only be started by root")
    with scratch_folder("postfix") as folder:
        port = free_port()
        elsewhere = f"smtp:[127.0.0.1]:{passes_on_to}" if passes_on_to else "error:5.1.2 No such domain"
        (folder / "main.cf").write_text(settings(folder, store, domain, elsewhere))
        (folder / "master.cf").write_text(services(port))
        (folder / "queue").mkdir()
        (folder / "state").mkdir()
        subprocess.run(["chown", "postfix", folder / "state"], check=True)
        create_queues(folder)
        with running(
            [program("master"), "-c", folder, "-d"],
            ready=lambda: answers(port, b"220"),
            log=folder / "log",
        ) as pid:
            yield Postfix(folder, port, pid)


def create_queues(folder: Path) -> None:
    done = subprocess.run([program("postfix"), "-c", folder, "check"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PartFailed(f"postfix check: {done.stderr}")


def settings(folder: Path, store: Dovecot, domain: str, elsewhere: str) -> str:
    return f"""
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/state
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.{domain}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
virtual_mailbox_domains = {domain}
virtual_transport = lmtp:inet:127.0.0.1:{store.lmtp_port}
default_transport = {elsewhere}
smtp_tls_security_level = none
message_size_limit = 50000000
minimal_backoff_time = 2s
queue_run_delay = 2s
"""


def services(port: int) -> str:
    """Which parts of Postfix run, none of them in a chroot, which would need a copy of the system's files."""
    return f"""
127.0.0.1:{port} inet n - n - - smtpd
pickup  unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr    unix n - n 300 1 qmgr
showq   unix n - n - - showq
rewrite unix - - n - - trivial-rewrite
bounce  unix - - n - 0 bounce
defer   unix - - n - 0 bounce
trace   unix - - n - 0 bounce
smtp    unix - - n - - smtp
lmtp    unix - - n - - lmtp
error   unix - - n - - error
retry   unix - - n - - error
anvil   unix - - n - 1 anvil
scache  unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
