"""What posting a reply costs beside a form post that inserts one row, alone and eight at once; fsync is on in both.

    .venv/bin/python -m bench.reply          # on an otherwise idle machine; needs `wrk` (Debian's package)

Both are what a browser waits for: a form sent by HTTP to gunicorn with the same workers and threads, on the same
database, by members who are signed in, with a CSRF token, until the redirect comes. The row is Django at its plainest
(bench/row.py): the middleware of `startproject`, a form of one field, one row in a transaction. The reply is the portal
as it is served. Nobody may post without being known, so a row without session, account and CSRF token is no form post
that a site could have; it is measured beside the others all the same (“bare”), as what HTTP, insert and fsync cost.

Each kind is sent for three seconds in turn, five times, by 300 members to 800 threads; what is said is the median of
the rounds' medians. That each request made a row of its own is counted afterwards.
"""

from bench.many import people, portal  # noqa: I001  first, for it sets Django up
import contextlib
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db.models import Model

from bench.many import ROOT
from bench.terms import TEXT
from threads.models import Draft, Post, Thread

POSTS, ROUNDS, SECONDS, AT_ONCE = 20_000, 5, 3, 8
CSRF = "c" * 32
OF_DJANGO = "django.contrib.auth.backends.ModelBackend"
# wrk calls `request` for each request: each has its own member, thread, text and form.
SCRIPT = """
local place, members, threads = 0, {%(members)s}, {%(threads)s}
function request()
    place = place + 1
    local member, thread = members[place %% #members + 1], threads[place %% #threads + 1]
    local body = "csrfmiddlewaretoken=%(csrf)s&shown_as=all&body=" .. place .. "+of+%(run)d:+%(text)s&token="
        .. string.format("%%08x-0000-4000-8000-%%012x", place, %(run)d)
    return wrk.format("POST", "%(path)s", {
        ["Content-Type"] = "application/x-www-form-urlencoded",
        ["Cookie"] = "%(csrf_cookie)s=%(csrf)s; %(session_cookie)s=" .. member.session,
    }, body)
end
function done(summary, latency, requests)
    print("MEDIAN " .. latency:percentile(50) / 1000)
end
"""


@dataclass
class Kind:
    """A form and where it is sent: `path` may name the member and the thread of a request, in wrk's language."""

    name: str
    application: str
    path: str
    makes: type[Model]
    backend: str = OF_DJANGO
    environment: dict[str, str] = field(default_factory=dict)
    took: dict[int, list[float]] = field(default_factory=lambda: {1: [], AT_ONCE: []})


KINDS = (
    Kind("a row, bare", "bench.row:application", '/bare/" .. member.id .. "/', Draft, environment={"BARE": "yes"}),
    Kind("a row", "bench.row:application", "/row/", Draft),
    Kind(
        "a reply",
        "pmo_cmo.wsgi:application",
        '/threads/" .. thread .. "/reply/',
        Post,
        "members.adapters.SignInBackend",
    ),
)


def signed_in(backend: str) -> str:
    """The members with a session each, as wrk's script lists them."""
    listed = []
    for member in people():
        session = SessionStore()
        session[SESSION_KEY] = str(member.pk)
        session[BACKEND_SESSION_KEY] = backend
        session[HASH_SESSION_KEY] = member.get_session_auth_hash()
        session.save()
        listed.append(f'{{id={member.pk}, session="{session.session_key}"}}')
    return ", ".join(listed)


@contextlib.contextmanager
def served(kind: Kind) -> Iterator[str]:
    """The address of a server of its own for the length of a block, with the workers that the portal has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", "python:pmo_cmo.serving", "-b", f"127.0.0.1:{port}"]
    environment = os.environ | kind.environment | {"SITE_URL": f"http://127.0.0.1:{port}"}
    server = subprocess.Popen([*command, kind.application], cwd=ROOT, env=environment, start_new_session=True)
    try:
        for _ in range(200):
            time.sleep(0.1)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield f"http://127.0.0.1:{port}/"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def send(kind: Kind, address: str, script: Path, at_once: int) -> float:
    """The median of some seconds in milliseconds; ends the bench where an answer made no row."""
    before = kind.makes.objects.count()
    said = subprocess.run(
        ["wrk", "-t1", f"-c{at_once}", f"-d{SECONDS}s", "-s", script, address],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    answered, made = int(re.search(r"(\d+) requests in", said)[1]), kind.makes.objects.count() - before
    if "Non-2xx or 3xx" in said or not answered <= made <= answered + 2 * at_once:  # some are not waited for at the end
        sys.exit(f"{kind.name}: {answered} answers, {made} rows.\n{said}")
    return float(re.search(r"MEDIAN ([\d.]+)", said)[1])


def main() -> None:
    with portal(POSTS), tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as until_done:
        cache.clear()
        threads = Thread.objects.filter(slug__startswith="one-of-many-").order_by("pk").values_list("pk", flat=True)
        said = {
            "threads": ", ".join(map(str, threads[:800])),
            "csrf": CSRF,
            "csrf_cookie": settings.CSRF_COOKIE_NAME,
            "session_cookie": settings.SESSION_COOKIE_NAME,
            "text": quote_plus(TEXT[:600]),
        }
        members = {backend: signed_in(backend) for backend in {kind.backend for kind in KINDS}}
        addresses = {kind.name: until_done.enter_context(served(kind)) for kind in KINDS}
        run = int(time.time())
        for _ in range(ROUNDS):
            for at_once in (1, AT_ONCE):
                for kind in KINDS:
                    run += 1
                    script = Path(folder, "script.lua")
                    script.write_text(
                        SCRIPT % {**said, "members": members[kind.backend], "path": kind.path, "run": run}
                    )
                    kind.took[at_once].append(send(kind, addresses[kind.name], script, at_once))
        Draft.objects.filter(member__in=people(), thread=None).delete()
    say()


def say() -> None:
    reply = KINDS[-1]
    for at_once in (1, AT_ONCE):
        print(f"{at_once} at once")
        median = statistics.median(reply.took[at_once])
        for kind in KINDS:
            took = kind.took[at_once]
            row = statistics.median(took)
            print(f"  {kind.name:12} {row:6.1f} ms  ({min(took):.1f} to {max(took):.1f})", end="")
            print(f"  a reply costs {median / row:.1f} ×" if kind is not reply else "")


if __name__ == "__main__":
    main()
