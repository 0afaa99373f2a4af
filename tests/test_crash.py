"""kill -9 of every part while replies are posted: what was acknowledged is there exactly once."""

import contextlib
import http.client
import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

import psycopg2
import pytest

from pmo_cmo import localdb

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120  # seconds until a step that never comes fails the test
NOT_FOR_THE_PORTAL = {"DATABASE_URL", "DATABASE_OWNER_URL", "DJANGO_ALLOW_ASYNC_UNSAFE", "MAKELEVEL", "SITE_URL"}


class Portal:
    """`make run` in a folder of its own."""

    def __init__(self, var_dir, port):
        self.var_dir, self.port = var_dir, port
        self.said = var_dir / "said.txt"
        self.process = None

    def start(self):
        given = {name: value for name, value in os.environ.items() if name not in NOT_FOR_THE_PORTAL}
        before = self.times_announced()
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pmo_cmo.run"],
                cwd=ROOT,
                env=given | {"PORTAL_VAR": str(self.var_dir), "PORT": str(self.port)},
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: self.times_announced() > before or self.process.poll() is not None)
        assert self.process.poll() is None, self.words()

    def words(self):
        return self.said.read_text(errors="replace") if self.said.exists() else ""

    def times_announced(self):
        return self.words().count("The portal runs at")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill_postgres(self):
        os.kill(child_of(self.process.pid, "bin/postgres"), signal.SIGKILL)

    def kill_gunicorn(self):
        os.kill(child_of(self.process.pid, "gunicorn"), signal.SIGKILL)

    def kill_a_web_worker(self):
        os.kill(child_of(child_of(self.process.pid, "gunicorn"), "gunicorn"), signal.SIGKILL)

    def kill_everything_and_start_again(self):
        self.process.kill()
        self.process.wait()
        self.start()


class Visitor:
    """A browser without its window: keeps cookies, follows nothing."""

    def __init__(self, port):
        self.address = f"http://127.0.0.1:{port}"
        self.cookies = http.cookiejar.CookieJar()

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        cookies = urllib.request.HTTPCookieProcessor(self.cookies)
        self.opener = urllib.request.build_opener(cookies, Stay, urllib.request.ProxyHandler({}))

    def get(self, path):
        with self.opener.open(self.address + path, timeout=30) as answer:
            return answer.read().decode()

    def post(self, path, **fields):
        """Status and Location of the answer."""
        token = next((cookie.value for cookie in self.cookies if cookie.name == "csrf"), "")
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        try:
            with self.opener.open(self.address + path, data, timeout=30) as answer:
                return answer.status, ""
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers.get("Location", "")


def wait_until(is_so):
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def children_of(parent):
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                yield int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()


def child_of(parent, word):
    found = []

    def is_there():
        found[:] = [pid for pid, command in children_of(parent) if word in command]
        return bool(found)

    wait_until(is_there)
    return found[0]


@pytest.fixture
def portal(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    portal = Portal(tmp_path, port)
    portal.start()
    yield portal
    if portal.process.poll() is None:
        portal.stop()
    print(portal.words())  # noqa: T201 - pytest shows it when the test fails


def test_no_acknowledged_reply_is_lost_or_doubled_whatever_is_killed(portal):
    password = re.search(r"with the password (\S+)", portal.words())[1]
    visitor = Visitor(portal.port)
    visitor.get("/accounts/login/")
    assert visitor.post("/accounts/login/", login="admin", password=password)[0] == 302
    status, address = visitor.post("/threads/new/", title="Does it survive?", body="Count the replies.", tags="pmo")
    assert status == 302
    thread = re.search(r"/threads/(\d+)/", address)[1]

    acknowledged = []

    def post_twenty():
        """Each until it is acknowledged, with the token of its form, as a reader who presses the button again."""
        for number in range(20):
            token = uuid.uuid4()
            acknowledged_now = False
            while not acknowledged_now:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    status, address = visitor.post(
                        f"/threads/{thread}/reply/", body=f"Reply {number:02} of twenty.", token=token
                    )
                    assert status in {302, 500, 502, 503}, status
                    acknowledged_now = "#post-" in address or "/posts/" in address
            acknowledged.append(number)

    poster = threading.Thread(target=post_twenty, daemon=True)
    poster.start()
    for after, kill in (
        (3, portal.kill_a_web_worker),
        (7, portal.kill_gunicorn),
        (11, portal.kill_postgres),
        (15, portal.kill_everything_and_start_again),
    ):
        wait_until(lambda after=after: len(acknowledged) >= after or not poster.is_alive())
        kill()
    poster.join(PATIENCE)
    assert acknowledged == list(range(20))

    with contextlib.closing(psycopg2.connect(localdb.url(portal.var_dir, role="owner"))) as line, line.cursor() as ask:
        ask.execute(
            "SELECT body, count(*) FROM threads_post WHERE body LIKE 'Reply % of twenty.' GROUP BY 1 ORDER BY 1"
        )
        assert ask.fetchall() == [(f"Reply {number:02} of twenty.", 1) for number in range(20)]
        ask.execute("SELECT post_count FROM threads_thread WHERE id = %s", [thread])
        assert ask.fetchone()[0] == 21

    assert portal.stop() == 0
    assert not localdb.is_running(portal.var_dir)
