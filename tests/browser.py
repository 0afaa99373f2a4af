"""The Chromium for the browser journeys: found, else installed, never skipped.

`python -m tests.browser` does so before `make test` starts the tests.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

APT_PACKAGES = ["chromium-headless-shell", "libatomic1"]
ON_PATH = ["chromium", "chromium-headless-shell", "google-chrome", "google-chrome-stable", "chromium-browser"]
# Nothing but the page under test: no first-run pages, no look-ups of its maker's hosts.
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


class NoBrowserError(Exception):
    """No Chromium was found and none could be installed. The text lists what was tried."""


def launch_arguments():
    """What Playwright is to start, and how. As root Chromium runs only without its sandbox."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": chromium(), "args": [*ARGUMENTS, *sandbox]}


def chromium():
    """The path of a Chromium that starts; installs one when there is none."""
    tried = []
    if path := _found(tried):
        return path
    with Path("/tmp/portal-browser.lock").open("a") as lock:  # noqa: S108 - holds nothing; two runs install one by one
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _found([]) or _installed(tried)


def _found(tried):
    named = os.environ.get("PORTAL_CHROMIUM")
    ways = [
        (f"$PORTAL_CHROMIUM ({named or 'not set'})", lambda: [named] if named else []),
        ("Playwright’s own browsers", _playwrights_own),
        (f"on PATH: {', '.join(ON_PATH)}", lambda: [path for name in ON_PATH if (path := shutil.which(name))]),
    ]
    for way, paths in ways:
        tried.append(way)
        for path in paths():
            if _starts(path):
                return path
    return None


def _installed(tried):
    if os.geteuid() == 0 and shutil.which("apt-get"):
        tried.append(f"apt-get install {' '.join(APT_PACKAGES)}")
        if _apt_installs():
            return _found([])
    tried.append("playwright install --only-shell chromium")
    _say("Installing Chromium with Playwright …")
    subprocess.run([sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"], check=False)
    if path := _found([]):
        return path
    lines = "\n".join(f"  - {way}" for way in tried)
    raise NoBrowserError(
        f"The browser tests need Chromium. Tried without success:\n{lines}\n"
        "Install Chromium, or name one: PORTAL_CHROMIUM=/path/to/chromium make test"
    )


def _playwrights_own():
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    folder = Path(named) if named not in {"", "0"} else Path.home() / ".cache" / "ms-playwright"
    patterns = ["chromium_headless_shell-*/*/*headless*shell", "chromium-*/*/chrome"]
    return [str(path) for pattern in patterns for path in sorted(folder.glob(pattern), reverse=True)]


def _starts(path):
    try:
        return subprocess.run([path, "--version"], capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _apt_installs():
    """The lists of a fresh machine are empty or old: asked for anew when the first attempt fails."""
    install = ["apt-get", "install", "-y", "--no-install-recommends", *APT_PACKAGES]
    _say("Installing Chromium with apt-get; this takes about half a minute …")
    for command in (install, ["apt-get", "update"], install):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if command is install and ran.returncode == 0:
            return True
    _say(ran.stderr.strip())
    return False


def _say(words):
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    try:
        chromium()
    except NoBrowserError as reason:
        sys.exit(str(reason))
