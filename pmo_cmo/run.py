"""`make run`: the whole portal on one machine, until Ctrl-C.

Starts the local database, brings everything in step with the code, then keeps
a background worker and gunicorn alive. Every child is told by the kernel to
end when this process does, so kill -9 of any part leaves nothing behind.
Standard library only: this process does nothing but look after the others.
"""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from pmo_cmo import localdb
from pmo_cmo.processes import die_with_parent, end_with

ROOT = Path(__file__).resolve().parent.parent
LOOK_EVERY = 0.1  # seconds
LOOK_AT_DATABASE_EVERY = 1.0
LONGEST_PAUSE = 30.0  # seconds before a part that keeps ending is started again
STEADY_AFTER = 30.0  # a part that lived this long has not failed to start
WAIT_FOR_PORT = 5.0  # a killed run's gunicorn may still be closing
WAIT_FOR_ANSWER = 30.0
WAIT_FOR_END = 15.0  # gunicorn gives requests 10


class NotStartedError(Exception):
    """The portal cannot start, or its start was called off. The text says why and what now."""


@dataclass
class Stop:
    """What signals ask for: once to stop in order, twice at once."""

    asked: int = 0

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked += 1


@dataclass
class Part:
    """One child that is kept alive."""

    name: str
    command: Sequence[str]
    goes_by: signal.Signals  # what the kernel sends it when this process is killed
    pass_fds: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    pause: float = 0.0

    def keep(self) -> None:
        """Start it when it is due; when it has ended say so and make it due again, later each time."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due_at:
                self.process = _child(self.command, self.goes_by, pass_fds=self.pass_fds)
                self.started_at = now
            return
        ended = self.process.poll()
        if ended is None:
            return
        self.process = None
        self.pause = 0.0 if now - self.started_at > STEADY_AFTER else min(max(self.pause * 2, 0.25), LONGEST_PAUSE)
        self.due_at = now + self.pause
        _say(f"{self.name} ended ({_how(ended)}); it is started again.")

    def end(self, order: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(order)

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None


@dataclass
class Database:
    """The local server: ours, or one that somebody else had started and that is taken over when it goes."""

    var_dir: Path
    server: subprocess.Popen[bytes] | None = None
    look_at: float = 0.0
    pause: float = 0.0

    def start(self) -> None:
        at = localdb.place(self.var_dir)
        if not at.data.exists():
            _say(f"Making a database in {_short(at.data)} …")
        self.server = localdb.start(self.var_dir)

    def keep(self) -> None:
        now = time.monotonic()
        if now < self.look_at:
            return
        if self.server:
            runs = self.server.poll() is None
        else:
            runs = localdb.is_running(self.var_dir)
            self.look_at = now + LOOK_AT_DATABASE_EVERY
        if runs:
            return
        _say("The database ended; it is started again.")
        try:
            self.server = localdb.start(self.var_dir)
            self.pause = 0.0
        except localdb.LocalDatabaseError as reason:
            _say(str(reason))
            self.pause = min(max(self.pause * 2, 1.0), LONGEST_PAUSE)
        self.look_at = time.monotonic() + self.pause

    def end(self) -> None:
        if self.server:
            localdb.stop(self.server, patience=0)


def main() -> None:
    began = time.monotonic()
    os.umask(0o077)  # mail, logs and keys are nobody else's on this machine
    if "MAKELEVEL" in os.environ:  # ends with make, whatever ends that
        end_with(os.getppid(), signal.SIGTERM)
    stop = Stop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop.ask)
    var_dir = Path(os.environ.get("PORTAL_VAR", ROOT / "var")).resolve()
    localdb.own_folder(var_dir)
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    shown = f"[{host}]" if ":" in host else host
    os.environ.setdefault("SITE_URL", f"http://{'127.0.0.1' if host == '0.0.0.0' else shown}:{port}")  # noqa: S104 - compared, not bound
    os.environ["DJANGO_SETTINGS_MODULE"] = "pmo_cmo.settings"
    database = None if os.environ.get("DATABASE_URL") else Database(var_dir)
    with _only_one_runs(var_dir), _listening(host, port, stop) as listener:
        try:
            if database:
                database.start()
            sign_in = _prepare(stop)
            _serve(stop, listener, database, began=began, sign_in=sign_in, var_dir=var_dir)
        finally:
            if database:
                database.end()


# --- Before serving --------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def _only_one_runs(var_dir: Path) -> Iterator[None]:
    with (var_dir / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go by the kernel, even after kill -9
        except BlockingIOError:
            lock.seek(0)
            raise NotStartedError(
                f"The portal already runs ({lock.read().strip()}). Stop it first, or use the one that runs."
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {os.environ['SITE_URL']}")
        lock.flush()
        yield


@contextlib.contextmanager
def _listening(host: str, port: str, stop: Stop) -> Iterator[socket.socket]:
    """The listening socket, held here: while gunicorn is started anew, visitors wait and are not refused."""
    if not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise NotStartedError(f"PORT is “{port}”. Write a number between 1 and 65535.")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise NotStartedError(f"HOST is “{host}”, which is no address of this machine.") from None
    until = time.monotonic() + WAIT_FOR_PORT
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        while True:
            try:
                listener.bind(address)
                listener.listen(2048)
                break
            except PermissionError:
                raise NotStartedError(f"Port {port} may be used by root only. Choose one: make run PORT=8000") from None
            except OSError as reason:
                if time.monotonic() > until or stop.asked:
                    raise NotStartedError(
                        f"{host}:{port} cannot be listened on: {(reason.strerror or str(reason)).lower()}. Stop what "
                        "uses it, or choose another port: make run PORT=8001"
                    ) from None
                time.sleep(LOOK_EVERY)
        yield listener


def _prepare(stop: Stop) -> str:
    """Run `manage.py prepare` as the owner of the tables; how to sign in is what it says."""
    os.environ["PORTAL_ROLE"] = "owner"
    process = _child([sys.executable, "-m", "django", "prepare"], signal.SIGTERM, stdout=subprocess.PIPE)
    del os.environ["PORTAL_ROLE"]
    while process.poll() is None:
        if stop.asked:
            process.terminate()
        time.sleep(LOOK_EVERY / 2)
    said = process.communicate()[0].decode()
    if process.returncode and not stop.asked:
        raise NotStartedError(f"{said}The portal could not be prepared; the reason stands above.")
    return said


# --- Serving ---------------------------------------------------------------------------------------------------------
def _serve(
    stop: Stop, listener: socket.socket, database: Database | None, *, began: float, sign_in: str, var_dir: Path
) -> None:
    python = sys.executable
    web = Part(
        "The web server",
        [python, "-m", "gunicorn", "-c", "python:pmo_cmo.serving", "--bind", f"fd://{listener.fileno()}"],
        signal.SIGQUIT,
        pass_fds=[listener.fileno()],
    )
    worker = Part("The background worker", [python, "-m", "django", "worker"], signal.SIGTERM)
    parts = [web, worker]
    announced = False
    answer_by = time.monotonic() + WAIT_FOR_ANSWER
    try:
        while not stop.asked:
            if database:
                database.keep()
            for part in parts:
                part.keep()
            if not announced and (_answers(listener) or time.monotonic() > answer_by):
                announced = True
                _announce(began=began, sign_in=sign_in, var_dir=var_dir)
                if time.monotonic() > answer_by:
                    _say(f"But /healthz has not answered well within {WAIT_FOR_ANSWER:.0f} s; see what is said above.")
            time.sleep(LOOK_EVERY)
        if not announced and sign_in:
            _say(sign_in)  # a password shown once must not be lost to an early Ctrl-C
        _say("Stopping …")
    finally:
        _end(parts, stop)


def _end(parts: Sequence[Part], stop: Stop) -> None:
    asked, until = stop.asked, time.monotonic() + WAIT_FOR_END
    for part in parts:
        part.end(signal.SIGTERM)
    while not all(part.has_ended() for part in parts) and time.monotonic() < until and stop.asked == asked:
        time.sleep(LOOK_EVERY / 2)
    for part in parts:
        part.end(signal.SIGKILL)


def _answers(listener: socket.socket) -> bool:
    """Whether a page comes, and the database behind it."""
    host, port = listener.getsockname()[:2]
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    line = http.client.HTTPConnection(loopback, port, timeout=2.0)
    try:
        line.request("GET", "/healthz", headers={"Host": urlsplit(os.environ["SITE_URL"]).netloc})
        return line.getresponse().status < HTTPStatus.BAD_REQUEST
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _announce(*, began: float, sign_in: str, var_dir: Path) -> None:
    first, *more = sign_in.strip().splitlines() or ["Sign in: manage.py first_administrator makes an account."]
    data = "in the PostgreSQL of DATABASE_URL"
    if not os.environ.get("DATABASE_URL"):
        at = localdb.place(var_dir)
        data = f"in {_short(at.data)}, kept by a PostgreSQL of the portal’s own"
    mail = f"kept as files in {_short(var_dir / 'mail')}: EMAIL_HOST names no server"
    if os.environ.get("EMAIL_HOST"):
        mail = f"sent through {os.environ['EMAIL_HOST']}"
    lines = [
        "",
        f"The portal runs at {os.environ['SITE_URL']}/   (after {time.monotonic() - began:.1f} s)",
        "",
        f"  Data       {data}",
        f"  Mail       {mail}",
        f"  First use  {first}",
        *(f"             {line}" for line in more),
        "  Stop       Ctrl-C",
        "",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


# --- Small things ----------------------------------------------------------------------------------------------------
def _child(
    command: Sequence[str], goes_by: signal.Signals, *, pass_fds: Sequence[int] = (), stdout: int | None = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        pass_fds=pass_fds,
        start_new_session=True,  # Ctrl-C comes here, and from here in order
        preexec_fn=die_with_parent(goes_by),  # noqa: PLW1509 - this process has no threads
    )


def _how(ended: int) -> str:
    return signal.Signals(-ended).name if ended < 0 else f"status {ended}"


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        main()
    except (NotStartedError, localdb.LocalDatabaseError) as reason:
        sys.exit(str(reason))
    except PermissionError as reason:
        sys.exit(
            f"{reason.filename} belongs to another user. Run the portal as that user or as root, or name another "
            "folder: PORTAL_VAR=/path make run"
        )
