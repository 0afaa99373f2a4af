"""How many pages a second, as part of what a trivial Django view reaches under the same server in the same run.

    make run                                              # in another terminal, on an otherwise idle machine
    .venv/bin/python bench/pages.py http://127.0.0.1:8000 / /threads/ /threads/1/…/

Needs `wrk` (Debian's package). The trivial view answers two bytes without any
middleware; it and the pages are loaded in turn, five times each, and the
medians are compared. A page is asked for as a visitor's browser does, which
takes gzip, and once more with the ETag it came with, which is answered by 304.
With --member the pages are those of somebody who is signed in: give the value
of their session cookie.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

TRIVIAL = """
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="bench", ALLOWED_HOSTS=["*"], MIDDLEWARE=[])
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("", lambda request: HttpResponse(b"ok"))]
application = get_wsgi_application()
"""
ROUNDS = 5
SECONDS = 3


def rate(address: str, headers: dict[str, str]) -> float:
    header = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    said = subprocess.run(
        ["wrk", "-t1", "-c8", f"-d{SECONDS}s", *header, address], capture_output=True, text=True, check=True
    ).stdout
    if "Non-2xx or 3xx" in said:
        sys.exit(f"{address} answered with an error.")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])


def trivial(folder: str) -> tuple[subprocess.Popen, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    Path(folder, "trivial.py").write_text(TRIVIAL)
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "2", "--threads", "4", "--preload"]
    command += ["--no-control-socket", "-b", f"127.0.0.1:{port}", "trivial:application"]
    server = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL, start_new_session=True)
    for _ in range(50):
        time.sleep(0.1)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
    return server, f"http://127.0.0.1:{port}/"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--member", metavar="SESSION", help="the value of a session cookie")
    args = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("Install wrk first: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        server, two_bytes = trivial(folder)
        try:
            compare(args.base, args.paths, two_bytes, args.member)
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def compare(base: str, paths: list[str], two_bytes: str, session: str | None) -> None:
    asked = {"Accept-Encoding": "gzip"} | ({"Cookie": f"session={session}"} if session else {})
    kinds: dict[str, tuple[str, dict[str, str]]] = {"trivial view": (two_bytes, {})}
    for path in paths:
        request = urllib.request.Request(base + path, headers=asked)  # noqa: S310 the address that was given
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            kinds[path] = (answer.url, asked)
            if etag := answer.headers["ETag"]:
                kinds[f"{path} (304)"] = (answer.url, asked | {"If-None-Match": etag})
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, (address, headers) in kinds.items():
            rates[kind].append(rate(address, headers))
    whole = statistics.median(rates["trivial view"])
    for kind, measured in rates.items():
        median = statistics.median(measured)
        print(f"{median / whole:7.1%}  {median:8.0f}/s  ({min(measured):.0f} to {max(measured):.0f})  {kind}")


if __name__ == "__main__":
    main()
